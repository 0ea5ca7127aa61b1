"""What a training's course tells that is no fault, or none that can be proved."""

from __future__ import annotations

from collections.abc import Iterator

from deltarule.health.evidence import Evidence
from deltarule.health.steering import steering
from deltarule.health.thresholds import NOTHING


def course_remarks(e: Evidence) -> Iterator[str]:
    """A sentence for each; none before a training, and of one that diverged."""
    if not e.trained or e.diverged:
        return
    yield from _went_on(e)
    yield from _nothing_to_learn(e)


def _went_on(e: Evidence) -> Iterator[str]:
    """The validation error rose, but the weights of its lowest point were kept and are good."""
    course = steering(e)
    if course is not None and course.parted and course.kept_well:
        yield (
            f"After step {course.since} the training error alone fell, and the validation error rose "
            f"{course.rise:.2f}-fold: the weights of its lowest point were kept, and what came later is not in them."
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
