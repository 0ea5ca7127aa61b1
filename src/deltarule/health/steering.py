"""The course of the error on validation rows beside that on training rows, both smoothed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.health.evidence import Evidence
from deltarule.health.thresholds import (
    KEPT_WELL,
    LEARNT_BY_HEART,
    RESTED,
    TRAINING_FALL,
    VALIDATION_RISE,
    VALIDATION_SWING,
)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Steering:
    """(epochs,): steps, and both errors at them. swing : the median change of the validation error, unsmoothed."""

    evidence: Evidence
    steps: Numbers
    training: Numbers
    validation: Numbers
    swing: float

    @property
    def at(self) -> int:
        """Where the validation error was lowest."""
        return int(np.argmin(self.validation))

    @property
    def lowest(self) -> float:
        return float(self.validation[self.at])

    @property
    def end(self) -> float:
        return float(self.validation[-1])

    @property
    def since(self) -> int:
        """The step of the lowest validation error."""
        return int(self.steps[self.at])

    @property
    def rise(self) -> float:
        """The validation error at the end over its lowest."""
        return self.end / self.lowest if self.lowest > 0 else 1.0

    @property
    def gap(self) -> float:
        """Validation error over training error, at the end."""
        return self.end / float(self.training[-1]) if self.training[-1] > 0 else float("inf")

    @property
    def rested(self) -> bool:
        """Whether the validation error was lowest long before the end: more of the same would not lower it."""
        return self.at < RESTED.value * (len(self.validation) - 1)

    @property
    def parted(self) -> bool:
        """Whether the validation error rose beyond its swing, and above the training error, which fell on."""
        lasts = (
            self.rise > VALIDATION_RISE.value and self.end - self.lowest > VALIDATION_SWING.value * self.swing
        )
        return bool(
            lasts and self.gap > 1 and self.training[-1] < TRAINING_FALL.value * self.training[self.at]
        )

    @property
    def handed_over(self) -> float:
        """The validation error of the weights that the training left."""
        return self.lowest if self.evidence.case.keeps_best else self.end

    @property
    def by_heart(self) -> bool:
        """Whether nearly all of the training error is gone and on others there was no gain to speak of."""
        left = self.evidence.scale.left(self.handed_over)
        return bool(self.training[-1] < LEARNT_BY_HEART.value * self.end and left > 0.5)

    @property
    def by_heart_since(self) -> int:
        """The step since when the training error has been that far below the validation error."""
        near = np.flatnonzero(~(self.training < LEARNT_BY_HEART.value * self.validation))
        return int(self.steps[near[-1] + 1]) if len(near) else int(self.steps[0])

    @property
    def kept_well(self) -> bool:
        """Whether the weights of the lowest validation error were kept, and it is a good one."""
        scale = self.evidence.scale
        plain = min(scale.line, 1.0) if np.isfinite(scale.line) else 1.0
        return self.evidence.case.keeps_best and scale.left(self.lowest) < KEPT_WELL.value * plain


def steering(e: Evidence) -> Steering | None:
    """None where fewer than four validation errors are known."""
    h = e.case.history
    known = np.zeros(0, bool) if h is None else np.isfinite(h.validation_error)
    if h is None or known.sum() < 4:
        return None
    steps, training, validation = (_smooth(v[known]) for v in (h.step, h.error, h.validation_error))
    swing = float(np.median(np.abs(np.diff(h.validation_error[known]))))
    return Steering(e, steps, training, validation, swing)


def _smooth(values: Numbers) -> Numbers:
    """The running median of a twentieth of the values, at least three."""
    window = max(3, len(values) // 20) | 1
    padded = np.pad(values, window // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, window), axis=1)
