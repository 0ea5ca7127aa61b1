"""What a training's course tells that is no fault, or none that can be proved."""

from __future__ import annotations

from collections.abc import Iterator

from deltarule.health.evidence import Evidence
from deltarule.health.steering import steering


def course_remarks(e: Evidence) -> Iterator[str]:
    """A sentence for each; none before a training, and of one that diverged."""
    if not e.trained or e.diverged:
        return
    yield from _went_on(e)


def _went_on(e: Evidence) -> Iterator[str]:
    """The validation error rose, but the weights of its lowest point were kept and are good."""
    course = steering(e)
    if course is not None and course.parted and course.kept_well:
        yield (
            f"After step {course.since} the training error alone fell, and the validation error rose "
            f"{course.rise:.2f}-fold: the weights of its lowest point were kept, and what came later is not in them."
        )
