"""When to stop before all epochs are run: the settings, and the watch that keeps them over a run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deltarule.amounts import count, from_zero
from deltarule.descent.held_out import Score
from deltarule.errors import InputError


@dataclass(frozen=True)
class Stopping:
    """Every limit that is set counts; the first one reached ends the run, by name.

    Parameters
    ----------
    tolerance : ends (`converged`) once the training error + penalty has failed to fall by this much for more than
        `tolerance_epochs` epochs running, scikit-learn's tol and n_iter_no_change.
    gradient_norm : ends (`converged`) once ‖∂E/∂θ‖₂ at an epoch's last step is at most this.
    target : ends (`converged`) once the training error + penalty is at most this.
    patience : ends (`stopped_early`) after so many epochs without a lower validation error; needs validation rows.
    improvement : how much lower counts as lower, for patience; 0 takes any.
    score : what the validation rows are judged by instead of their error, for patience and for the weights that are
        kept: score(o, d, s), higher is better.
    seconds : ends (`time_limit`).
    steps : ends (`step_limit`).

    >>> Stopping(patience=10, seconds=60)
    Stopping(tolerance=None, tolerance_epochs=10, gradient_norm=None, target=None, patience=10,
    improvement=0.0, seconds=60, steps=None)
    """

    tolerance: float | None = None
    tolerance_epochs: int = 10
    gradient_norm: float | None = None
    target: float | None = None
    patience: int | None = None
    improvement: float = 0.0
    seconds: float | None = None
    steps: int | None = None
    score: Score | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("tolerance", "gradient_norm", "target", "improvement", "seconds"):
            value = getattr(self, name)
            if value is not None and value != np.inf:
                from_zero(name, value)
        for name in ("tolerance_epochs", "patience", "steps"):
            value = getattr(self, name)
            if value is not None:
                count(name, value)
        if self.score is not None and not callable(self.score):
            raise InputError(f"score must be a function of outputs, targets and weights, got {self.score!r}")

    @property
    def each_epoch(self) -> bool:
        """Whether the loop must look after each epoch."""
        return any(v is not None for v in (self.tolerance, self.gradient_norm, self.target, self.patience))


class Watch:
    """Keeps what `Stopping` needs to know over a run."""

    def __init__(self, stopping: Stopping) -> None:
        self._set = stopping
        self._lowest, self._flat = np.inf, 0
        self._lowest_validation, self._waited = np.inf, 0

    @property
    def epochs_sure(self) -> int:
        """How many epochs there will be at least before the end: the loop need not look before."""
        limits = self._set
        if limits.target is not None or limits.gradient_norm is not None or limits.patience is not None:
            return 1
        return limits.tolerance_epochs + 1 - self._flat

    def epoch_end(self, objective: float, gradient_norm: float, validation_error: float | None) -> str | None:
        """The outcome's name where this epoch is the last."""
        limits = self._set
        if limits.target is not None and objective <= limits.target:
            return "converged"
        if limits.gradient_norm is not None and gradient_norm <= limits.gradient_norm:
            return "converged"
        if limits.tolerance is not None:
            self._flat = self._flat + 1 if objective > self._lowest - limits.tolerance else 0
            self._lowest = min(self._lowest, objective)
            if self._flat > limits.tolerance_epochs:
                return "converged"
        if limits.patience is not None and validation_error is not None:
            lower = validation_error < self._lowest_validation - limits.improvement
            self._waited = 0 if lower else self._waited + 1
            self._lowest_validation = min(self._lowest_validation, validation_error)
            if self._waited >= limits.patience:
                return "stopped_early"
        return None
