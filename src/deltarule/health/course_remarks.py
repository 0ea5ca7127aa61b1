"""What a training's course tells that is no fault, or none that can be proved."""

from __future__ import annotations

from collections.abc import Iterator

from deltarule.descent.evidence import Evidence as ByEvidence
from deltarule.health.evidence import Evidence
from deltarule.health.judged_rows import far_column, lone_row, share_of
from deltarule.health.steering import steering
from deltarule.health.thresholds import ALIKE, NOTHING, WORSE_THAN_LINE
from deltarule.sentences import count

LEAD = 0.05  # of what the targets differ by: a smaller share is not worth a remark


def course_remarks(e: Evidence, healthy: bool) -> Iterator[str]:
    """A sentence for each; none before a training, and of one that diverged. healthy : no fault was found."""
    if not e.trained or e.diverged:
        return
    yield from _went_on(e)
    yield from _nothing_to_learn(e)
    yield from _unseen(e)
    yield from _one_row(e)
    if healthy:
        yield from _beside_the_line(e)


def _went_on(e: Evidence) -> Iterator[str]:
    """The validation error rose, but the weights of its lowest point were kept and are good."""
    course = steering(e)
    if course is not None and course.parted and course.kept_well:
        yield (
            f"After step {course.since} the training error alone fell, and the validation error rose "
            f"{course.rise:.2f}-fold: the weights of its lowest point were kept, and what came later is not in them."
        )


def _unseen(e: Evidence) -> Iterator[str]:
    """More weights than targets, and no row set apart: whether it is learnt by heart cannot be seen."""
    c = e.case
    alone = c.validation is None and c.unseen is None and steering(e) is None
    if alone and c.network.shape.size > c.D.size and not isinstance(c.rule, ByEvidence):
        yield (
            f"{c.network.shape.size:,} weights learnt from {count(len(c.X), 'row')} and none was set apart: whether "
            "they are learnt by heart cannot be seen here."
        )


def _one_row(e: Evidence) -> Iterator[str]:
    """Of the rows that judged, or were held out, one makes up most of the error."""
    c, rows = e.case, e.case.unseen or e.case.validation
    n = None if rows is None else lone_row(c, rows)
    if rows is None or n is None:
        return
    p, judged = far_column(rows[0], n), "judged" if c.unseen else "were held out"
    name = "" if p is None else f"'{c.names[p]}'" if p < len(c.names) else f"x_{p + 1}"
    far = f"; its {name} lies far from all others" if name else ""
    yield (
        f"One row, number {n + 1} of the {len(rows[0])} that {judged}, makes up {share_of(c, rows, n):.0%} of their "
        f"error{far}: see whether it is what it should be."
    )


def _beside_the_line(e: Evidence) -> Iterator[str]:
    """What a straight line leaves is no more than what the network leaves of its own training samples."""
    times, line = e.beside_line, e.scale.line
    if times > WORSE_THAN_LINE.value and (times - 1) * line > LEAD:
        yield (
            f"A straight line does better on the samples that trained: it leaves {line:.0%} of what the targets differ "
            f"by, the network {times * line:.0%}."
        )
    elif times > ALIKE.value and LEAD < line < 1 - LEAD and e.case.network.shape.layers > 1:
        yield (
            f"A straight line does about as well: it leaves {line:.0%} of what the targets differ by, the network "
            f"{times * line:.0%}; its hidden layers add next to nothing, for want of units or because there is no more."
        )


def _nothing_to_learn(e: Evidence) -> Iterator[str]:
    """Neither this training nor a line nor neighbours see a rule in the samples."""
    course = steering(e)
    if course is None or not course.rested or e.scale.structured:
        return
    left = e.other_scale.left(course.lowest)
    if left > NOTHING.value:
        yield (
            f"Nothing learnable was seen: on the rows held out the error is {left:.2f} times that of the best constant "
            f"at its lowest, a straight line leaves {e.scale.line:.0%} of what the targets differ by, and neighbouring "
            "samples are no more alike than others. Other columns may tell more."
        )
