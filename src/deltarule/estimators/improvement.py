"""Whether a fit by gradients still gets better, as scikit-learn counts it: over warm starts and partial_fits too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.schedules import Run
from deltarule.estimators.parameters import Parameters

SMALLEST = 1e-6  # adaptive ends once its rate is this


@dataclass
class Improvement:
    """A schedule that ends once the error was above `lowest` − tol for more than n_iter_no_change epochs running.

    lowest, flat : what was reached before: the lowest error (or minus the highest score), the epochs since.
    rate : η of the first epoch.  seen : samples before it, for invscaling.  scores : whether it hears minus scores.
    say : is told (epoch, sentence) where a fit ends or its rate falls; None where nobody listens.
    """

    given: Parameters
    solver: str
    lowest: float
    flat: int
    rate: float
    seen: int = 0
    scores: bool = False
    say: Callable[[int, str], None] | None = None
    carried: bool = False
    epochs: int = 0
    run: Run = field(default_factory=lambda: Run(1, 1, 1))
    latest: Improvement | None = None  # the one that follows the run

    @property
    def schedule(self) -> str:
        return self.given.learning_rate if self.solver == "sgd" else "constant"

    def __post_init__(self) -> None:
        # whether each epoch's end must be heard before the next: else the loop's own stopping knows the end
        self.reactive = self.schedule == "adaptive" or self.carried

    def follow(self, run: Run) -> Improvement:
        self.latest = replace(self, run=run)
        return self.latest

    def rates(self, first: int, count: int) -> NDArray[np.float64]:
        if self.schedule != "invscaling":
            return np.full(count, self.rate)
        epoch = np.arange(first, first + count) // self.run.steps_an_epoch
        t = self.seen + epoch * self.run.samples + 1.0
        return np.where(epoch == 0, self.rate, self.given.learning_rate_init / t**self.given.power_t)

    def epoch_end(self, error: float) -> bool:
        """Hears an epoch's error; True when the run should end."""
        given = self.given
        self.epochs += 1
        enough = error <= self.lowest - given.tol
        self.flat = 0 if enough else self.flat + 1
        self.lowest = min(self.lowest, error)
        if self.flat <= given.n_iter_no_change:
            return False
        if self.schedule != "adaptive":
            self._tell("Stopping.")
            return True
        if self.rate <= SMALLEST:
            self._tell("Learning rate too small. Stopping.")
            return True
        self.rate /= 5
        self._tell(f"Setting learning rate to {self.rate:f}")
        self.flat = 0
        return False

    def _tell(self, end: str) -> None:
        if self.say is None:
            return
        what = "Validation score" if self.scores else "Training loss"
        self.say(
            self.epochs,
            f"{what} did not improve more than tol={self.given.tol:f} for {self.given.n_iter_no_change} "
            f"consecutive epochs. {end}",
        )
