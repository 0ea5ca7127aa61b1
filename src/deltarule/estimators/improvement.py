"""Whether a fit by gradients still gets better, as scikit-learn counts it: over warm starts and partial_fits too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.schedules import SMALLEST, Adaptive, Follower, Run, adapting
from deltarule.estimators.parameters import Parameters
from deltarule.estimators.solvers import schedule


class Improvement:
    """A schedule that ends once the error was above its lowest − tol for more than n_iter_no_change epochs running.

    lowest, flat : what was reached before: the lowest error (or minus the highest score), the epochs since.
    rate : η of the first epoch.  seen : samples before it, for invscaling.
    say : is told (epoch, sentence) where a fit ends or its rate falls; None where nobody listens.
    """

    def __init__(
        self,
        given: Parameters,
        solver: str,
        lowest: float,
        flat: int,
        rate: float,
        seen: int = 0,
        say: Callable[[int, str], None] | None = None,
    ) -> None:
        self.given, self.say, self.epochs = given, say, 0
        self.schedule = schedule(given, solver, seen)
        self.adaptive = isinstance(self.schedule, Adaptive)
        self.carried = lowest < np.inf or flat > 0
        # whether each epoch's end must be heard before the next: else the loop's own stopping knows the end
        self.reactive = self.adaptive or self.carried
        ends_at = SMALLEST if self.adaptive else np.inf
        self.watch = adapting(rate, given.tol, given.n_iter_no_change, ends_at)
        self.watch.best, self.watch.waited = lowest, flat
        self.followed: Follower = self.watch
        self.first_epoch = 0  # steps of it

    @property
    def rate(self) -> float:
        """η of the first epoch, of adaptive the one it has come to."""
        return self.watch.rate

    @property
    def flat(self) -> int:
        """Epochs without improvement."""
        return self.watch.waited

    def follow(self, run: Run) -> Improvement:
        if not self.adaptive:
            self.followed, self.first_epoch = self.schedule.follow(run), run.steps_an_epoch
        return self

    def rates(self, first: int, count: int) -> NDArray[np.float64]:
        """As scheduled, but that a warm start's first epoch has η₀ again."""
        rates = self.followed.rates(first, count)
        rates[: max(self.first_epoch - first, 0)] = self.rate
        return rates

    def epoch_end(self, error: float) -> bool:
        """Hears an epoch's error; True when the run should end."""
        self.epochs += 1
        before = self.rate
        if self.watch.epoch_end(error):
            self._tell("Learning rate too small. Stopping." if self.adaptive else "Stopping.")
            return True
        if self.rate < before:
            self._tell(f"Setting learning rate to {self.rate:f}")
        return False

    def _tell(self, end: str) -> None:
        if self.say is None:
            return
        what = "Validation score" if self.given.early_stopping else "Training loss"
        self.say(
            self.epochs,
            f"{what} did not improve more than tol={self.given.tol:f} for {self.given.n_iter_no_change} "
            f"consecutive epochs. {end}",
        )
