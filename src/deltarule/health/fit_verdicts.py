"""Verdicts on what was learnt: too much of the noise, or too little of what there is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deltarule.health.evidence import Evidence
from deltarule.health.judged_rows import lone_row, without
from deltarule.health.steering import Steering, steering
from deltarule.health.thresholds import (
    ABOVE_NEIGHBOURS,
    FAR_WORSE,
    FLAT_COURSE,
    HEAVY_PENALTY,
    LEARNT_BY_HEART,
    MUCH_LEFT,
    NOTHING,
    VALIDATION_RISE,
    WORSE_THAN_LINE,
)
from deltarule.health.verdict import Verdict, Where, above
from deltarule.health.yardsticks import yardsticks

FEW = 30  # samples below which neighbours say nothing
LEAST = 5  # rows below which an error on them says nothing


def overfitting(e: Evidence) -> Iterator[Verdict]:
    """The validation error rose while the training error fell on, and the weights kept are none too good; or on other
    rows the error never was much better than a constant's."""
    if not e.trained or e.diverged:
        return
    course = steering(e)
    learnt = course is not None and not e.scale.left(float(course.training[-1])) > NOTHING.value
    if course is not None and learnt and course.parted and not course.kept_well:
        yield from _parted(e, course)
    elif course is not None and learnt and course.by_heart:
        yield from _never_better(e, course)
    else:
        yield from _by_heart(e)


def _parted(e: Evidence, course: Steering) -> Iterator[Verdict]:
    gap = above(course.gap * LEARNT_BY_HEART.value, LEARNT_BY_HEART) if course.by_heart else 0.0
    kept = ""
    if e.case.keeps_best:
        kept = (
            f" The weights of the lowest validation error were kept; it is {e.scale.left(course.lowest):.2g} times "
            "that of the best constant."
        )
    yield Verdict(
        "overfitting",
        Where(),
        course.since,
        max(above(course.rise, VALIDATION_RISE), gap),
        (
            f"validation error {course.end:.3g} at the end, {course.rise:.2f} times its lowest, "
            f"threshold {VALIDATION_RISE.value:g}",
            _gap(course),
        ),
        f"Since step {course.since} the network learns its training samples by heart: on others its error rose "
        f"{course.rise:.2f}-fold while the training error fell to {course.training[-1]:.2g}.{kept}",
    )


def _never_better(e: Evidence, course: Steering) -> Iterator[Verdict]:
    left = f"{e.scale.left(course.handed_over):.2g} times that of the best constant"
    lowest = " at its lowest" if e.case.keeps_best else ""
    yield Verdict(
        "overfitting",
        Where(),
        course.by_heart_since,
        above(course.gap * LEARNT_BY_HEART.value, LEARNT_BY_HEART),
        (
            _gap(course),
            f"validation error {course.handed_over:.3g}{lowest}, {left}, threshold 0.5",
        ),
        f"The network has learnt its training samples by heart: the error on them is down to "
        f"{course.training[-1]:.2g}, on others it is {left}{lowest}.",
    )


def _gap(course: Steering) -> str:
    return (
        f"training error {course.training[-1]:.3g}: the validation error is {course.gap:.3g} times as large"
    )


def _by_heart(e: Evidence) -> Iterator[Verdict]:
    """By rows that neither trained nor steered: the error on them is many times that on the training samples.

    Few rows, and rows that contradict those which steered, must do far worse than a constant.
    """
    c = e.case
    steered = steering(e) is not None
    rows = c.unseen or (None if steered else c.validation)
    if rows is None or len(rows[0]) < LEAST:
        return
    rows = without(rows, lone_row(c, rows))  # one row alone tells nothing of what was learnt
    with np.errstate(all="ignore"):
        own, other = (float(c.network.error(X, D, c.loss)) for X, D in ((c.X, c.D), rows))
    plain = yardsticks(*rows, c.loss, c.network.shape.activations[-1])
    limit = FAR_WORSE.value if steered or len(rows[0]) < FEW else 0.5
    if not (own < LEARNT_BY_HEART.value * other and plain.left(other) > limit):
        return
    if e.scale.left(own) > NOTHING.value:  # nothing was learnt, by heart or else
        return
    gap = other / own if own > 0 else float("inf")
    yield Verdict(
        "overfitting",
        Where(),
        e.case.steps,
        above(gap * LEARNT_BY_HEART.value, LEARNT_BY_HEART),
        (
            f"error {own:.3g} on the samples that trained, {other:.3g} on {len(rows[0])} others",
            f"E of the best constant on those {plain.constant:.3g}: {plain.left(other):.3g} times, threshold {limit:g}",
        ),
        f"The network has learnt its training samples by heart: on others its error is {gap:.3g} times as large, "
        f"{plain.left(other):.3g} times that of the best constant.",
        cause="" if c.unseen is None else "unseen",
    )


def underfitting(e: Evidence) -> Iterator[Verdict]:
    """At rest, far above what neighbouring samples say is noise, for want of units or for too much penalty."""
    if (
        not e.trained
        or e.diverged
        or not (e.fall == e.fall and e.fall < FLAT_COURSE.value)
        or e.left < MUCH_LEFT.value
    ):
        return
    c = e.case
    if e.stalled and c.penalty.l2 > 0:
        share = c.penalty.l2 / e.bend_first.largest if e.bend_first.largest > 0 else 0.0
        if share > HEAVY_PENALTY.value and e.left > WORSE_THAN_LINE.value * min(
            e.scale.line, 1 / WORSE_THAN_LINE.value
        ):
            yield Verdict(
                "underfitting",
                Where(),
                0,
                above(share, HEAVY_PENALTY),
                (
                    f"λ = {c.penalty.l2:.3g} is {share:.2g} of λ_max = {e.bend_first.largest:.3g}, "
                    f"threshold {HEAVY_PENALTY.value:g}",
                ),
                f"The penalty of {c.penalty.l2:.3g} keeps the weights so small that {e.left:.0%} of the error stays.",
                cause="penalty",
            )
            return
    noise = max(e.scale.neighbour, 1e-12)
    if (
        len(c.X) < FEW
        or not e.left > ABOVE_NEIGHBOURS.value * noise
        or e.left > WORSE_THAN_LINE.value * e.scale.line
    ):
        return
    yield Verdict(
        "underfitting",
        Where(),
        0,
        above(e.left / noise, ABOVE_NEIGHBOURS),
        (
            f"E is {e.left:.2f} of the best constant's; neighbouring samples leave {noise:.2g}: "
            f"{e.left / noise:.3g} times as much, threshold {ABOVE_NEIGHBOURS.value:g}",
            f"E fell by {e.fall:.2%} over the second half",
        ),
        f"The network is too small for what the samples show: it rests at {e.left:.0%} of the error of a constant, "
        f"where neighbouring samples differ by {noise:.1%} only.",
        cause="size",
    )
