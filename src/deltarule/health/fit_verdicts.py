"""Verdicts on what was learnt: too much of the noise, or too little of what there is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deltarule.health.evidence import Evidence
from deltarule.health.thresholds import (
    ABOVE_NEIGHBOURS,
    FLAT_COURSE,
    HEAVY_PENALTY,
    LEARNT_BY_HEART,
    MUCH_LEFT,
    TRAINING_FALL,
    VALIDATION_RISE,
    VALIDATION_SWING,
    WORSE_THAN_LINE,
)
from deltarule.health.verdict import Verdict, Where, above
from deltarule.health.yardsticks import yardsticks

Numbers = NDArray[np.float64]
FEW = 30  # samples below which neighbours say nothing


def overfitting(e: Evidence) -> Iterator[Verdict]:
    """The validation error rises while the training error falls on; or on other rows it never was better than a
    constant's."""
    h = e.case.history
    if h is None or len(h) < 4 or e.diverged:
        return
    known = np.isfinite(h.validation_error)
    if known.sum() < 4:
        yield from _by_heart(e)
        return
    validation, training, steps = (_smooth(v[known]) for v in (h.validation_error, h.error, h.step))
    lowest = int(np.argmin(validation))
    rise = float(validation[-1] / validation[lowest]) if validation[lowest] > 0 else 1.0
    swing = float(np.median(np.abs(np.diff(h.validation_error[known]))))
    lasts = validation[-1] - validation[lowest] > VALIDATION_SWING.value * swing
    falls = lasts and training[-1] < TRAINING_FALL.value * training[lowest]
    by_heart = (
        training[-1] < LEARNT_BY_HEART.value * validation[-1] and e.scale.left(float(validation[-1])) > 0.5
    )
    if not ((rise > VALIDATION_RISE.value and falls) or by_heart):
        return
    gap = float(validation[-1] / training[-1]) if training[-1] > 0 else float("inf")
    yield Verdict(
        "overfitting",
        Where(),
        int(steps[lowest]),
        max(
            above(rise, VALIDATION_RISE),
            above(gap * LEARNT_BY_HEART.value, LEARNT_BY_HEART) if by_heart else 0.0,
        ),
        (
            f"validation error {validation[-1]:.3g} at the end, {rise:.2f} times its lowest, "
            f"threshold {VALIDATION_RISE.value:g}",
            f"training error {training[-1]:.3g}: the validation error is {gap:.3g} times as large",
        ),
        f"Since step {int(steps[lowest])} the network learns its training samples by heart: on others its error rose "
        f"{rise:.2f}-fold while the training error fell to {training[-1]:.2g}. The weights of the "
        f"lowest validation error were kept.",
    )


def _by_heart(e: Evidence) -> Iterator[Verdict]:
    """Of a training that no rows steered: its error on rows that it has not seen is many times that on its own."""
    c = e.case
    if c.validation is None or len(c.validation[0]) < FEW:
        return
    with np.errstate(all="ignore"):
        own, other = (float(c.network.error(X, D, c.loss)) for X, D in ((c.X, c.D), c.validation))
    plain = yardsticks(*c.validation, c.loss, c.network.shape.activations[-1])
    if not (own < LEARNT_BY_HEART.value * other and plain.left(other) > 0.5):
        return
    gap = other / own if own > 0 else float("inf")
    yield Verdict(
        "overfitting",
        Where(),
        e.case.steps,
        above(gap * LEARNT_BY_HEART.value, LEARNT_BY_HEART),
        (
            f"error {own:.3g} on the samples that trained, {other:.3g} on {len(c.validation[0])} others",
            f"E of the best constant on those {plain.constant:.3g}",
        ),
        f"The network has learnt its training samples by heart: on others its error is {gap:.3g} times as large, "
        f"{plain.left(other):.3g} times that of the best constant.",
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


def _smooth(values: Numbers) -> Numbers:
    """The running median of a twentieth of the values, at least three."""
    window = max(3, len(values) // 20) | 1
    padded = np.pad(values, window // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, window), axis=1)
