"""Learning rates over a run: η of every step from η₀, the epoch, the step, and for two of them the errors seen.

A schedule is settings; `follow` makes the follower that the loop asks for the rates of its next steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import above_zero, count, from_zero, share, shown
from deltarule.errors import InputError, UnknownName

Floats = NDArray[np.floating]

SMALLEST = 1e-6  # scikit-learn's adaptive ends once its rate is this


@dataclass(frozen=True)
class Run:
    """What a schedule may know beforehand: η₀, epochs asked for, steps and samples an epoch."""

    learning_rate: float
    epochs: int
    steps_an_epoch: int
    samples: int = 1


class Follower(Protocol):
    """Gives η for steps first, first + 1, … (counted from 0), and hears the error at each epoch's end."""

    reactive: bool  # whether epoch_end is called, before the next epoch's rates are asked for

    def rates(self, first: int, count: int) -> NDArray[np.float64]: ...
    def epoch_end(self, error: float) -> bool: ...


class Schedule(Protocol):
    """Settings that make a follower."""

    def follow(self, run: Run) -> Follower: ...


class _Formula:
    """A follower whose rates are a formula of the step alone."""

    reactive = False

    def __init__(self, rate: Any, run: Run) -> None:
        self._rate, self._run = rate, run

    def rates(self, first: int, count: int) -> NDArray[np.float64]:
        return np.asarray(
            self._rate(np.arange(first, first + count, dtype=np.float64), self._run), np.float64
        )

    def epoch_end(self, error: float) -> bool:
        return False


@dataclass(frozen=True)
class Constant:
    """η = η₀, `train`'s learning_rate, from the first step to the last; no parameters.

    >>> follower = Constant().follow(Run(0.8, epochs=2, steps_an_epoch=2))
    >>> follower.rates(0, 4).tolist() == [0.8] * 4
    True
    """

    def follow(self, run: Run) -> Follower:
        return _Formula(lambda s, run: np.full(len(s), run.learning_rate), run)


@dataclass(frozen=True)
class InverseScaling:
    """η = η₀/t^power, t = step + 1, with steps counted from 0.

    Parameters
    ----------
    power : 0 or more; 0.5 is scikit-learn's power_t, 0 holds η.
    unit : "step", or "sample": η is held over an epoch, and t = samples seen before it + 1 (scikit-learn's invscaling).
    seen : samples that came before the run, 0 or more; for unit="sample".

    Raises UnknownName for another unit, InputError for a number outside its range.

    >>> halves = InverseScaling(1.0).follow(Run(0.8, epochs=4, steps_an_epoch=1)).rates(0, 4)
    >>> bool(np.allclose(halves, [0.8, 0.8 / 2, 0.8 / 3, 0.8 / 4]))
    True
    >>> held = InverseScaling(1.0, unit="sample").follow(Run(0.8, epochs=2, steps_an_epoch=2, samples=9)).rates(0, 4)
    >>> bool(np.allclose(held, [0.8, 0.8, 0.8 / 10, 0.8 / 10]))
    True
    """

    power: float = 0.5
    unit: str = "step"
    seen: int = 0

    def __post_init__(self) -> None:
        if self.unit not in ("step", "sample"):
            raise UnknownName("unit", self.unit, ["step", "sample"])
        from_zero("power", self.power)
        count("seen", self.seen, 0)

    def follow(self, run: Run) -> Follower:
        if self.unit == "step":
            return _Formula(lambda s, run: run.learning_rate / (s + 1) ** self.power, run)
        return _Formula(
            lambda s, run: (
                run.learning_rate / (self.seen + s // run.steps_an_epoch * run.samples + 1) ** self.power
            ),
            run,
        )


@dataclass(frozen=True)
class Steps:
    """η = η₀ · factor^⌊epoch/every⌋, with epochs counted from 0.

    Parameters
    ----------
    every : epochs between two falls, 1 or more; 30 falls three times in the usual hundred.
    factor : above 0 and at most 1; 0.1.

    Raises InputError for a value outside its range.

    >>> from deltarule import Network, train
    >>> X = np.linspace(-1, 1, 8)[:, None]
    >>> result = train(Network([1, 1]), X, X, rule="gradient", learning_rate=0.8, schedule=Steps(every=2), epochs=5)
    >>> result.history.learning_rate.round(12).tolist()
    [0.8, 0.8, 0.08, 0.08, 0.008]
    """

    every: int = 30
    factor: float = 0.1

    def __post_init__(self) -> None:
        count("every", self.every)
        above_zero("factor", self.factor, most=1)

    def follow(self, run: Run) -> Follower:
        return _Formula(
            lambda s, run: run.learning_rate * self.factor ** (s // run.steps_an_epoch // self.every), run
        )


@dataclass(frozen=True)
class Exponential:
    """η = η₀ · factor^epoch, with epochs counted from 0.

    Parameters
    ----------
    factor : above 0 and at most 1; 0.99 leaves 37 % of η₀ after a hundred epochs.

    Raises InputError for a factor outside its range.

    >>> from deltarule import Network, train
    >>> X = np.linspace(-1, 1, 8)[:, None]
    >>> result = train(Network([1, 1]), X, X, rule="gradient", learning_rate=0.8, schedule=Exponential(0.5), epochs=4)
    >>> result.history.learning_rate.tolist()
    [0.8, 0.4, 0.2, 0.1]
    """

    factor: float = 0.99

    def __post_init__(self) -> None:
        above_zero("factor", self.factor, most=1)

    def follow(self, run: Run) -> Follower:
        return _Formula(lambda s, run: run.learning_rate * self.factor ** (s // run.steps_an_epoch), run)


@dataclass(frozen=True)
class Cosine:
    """η rises linearly over `warmup`, a share of the run, then falls as (1 + cos πp)/2 to η₀ · floor.

    Parameters
    ----------
    warmup : the share of the run's steps over which η rises to η₀, at least 0 and below 1; 0.
    floor : what is left of η₀ at the end, 0 to 1; 0.

    p is the share of the steps after the warm-up that were done.

    Raises InputError for a value outside its range.

    Source: Loshchilov, Hutter 2017, eq. 5, without restarts.

    >>> rates = Cosine(warmup=0.1).follow(Run(1.0, epochs=10, steps_an_epoch=10)).rates(0, 100)
    >>> float(rates[9]), bool(rates[-1] < 0.001)
    (1.0, True)
    """

    warmup: float = 0.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        share("warmup", self.warmup)
        share("floor", self.floor, one=True)

    def follow(self, run: Run) -> Follower:
        total = max(run.epochs * run.steps_an_epoch, 1)
        rising = round(self.warmup * total)

        def rate(s: Floats, run: Run) -> Floats:
            p = np.clip((s - rising) / max(total - rising, 1), 0, 1)
            falling = self.floor + (1 - self.floor) * (1 + np.array([cos(pi * q) for q in p])) / 2
            return run.learning_rate * np.where(s < rising, (s + 1) / max(rising, 1), falling)

        return _Formula(rate, run)


@dataclass(frozen=True)
class Plateau:
    """η ← η · factor each time the error has not fallen for `patience` epochs; it begins as η₀.

    The error is the validation rows', else the training error + penalty. It has fallen where it is at most
    lowest so far · (1 − tolerance).

    Parameters
    ----------
    factor : above 0 and at most 1; 0.1.
    patience : epochs, 1 or more; 10.
    tolerance : the share by which the error must fall, 0 or more; 1e-4.
    lowest : η goes no further down than this, 0 or more, and stays where it is below it; 0.

    The defaults are PyTorch's, whose patience waits for one epoch more.

    Raises InputError for a value outside its range.

    >>> follower, rates = Plateau(factor=0.5, patience=2).follow(Run(0.8, epochs=5, steps_an_epoch=1)), []
    >>> for error in (3.0, 2.0, 2.0, 2.0, 1.0):
    ...     _ = follower.epoch_end(error); rates += follower.rates(0, 1).tolist()
    >>> rates
    [0.8, 0.8, 0.8, 0.4, 0.4]
    """

    factor: float = 0.1
    patience: int = 10
    tolerance: float = 1e-4
    lowest: float = 0.0

    def __post_init__(self) -> None:
        above_zero("factor", self.factor, most=1)
        count("patience", self.patience)
        from_zero("tolerance", self.tolerance)
        from_zero("lowest", self.lowest)

    def follow(self, run: Run) -> Follower:
        return Reacting(
            run.learning_rate, self.factor, self.patience, relative=self.tolerance, lowest=self.lowest
        )


@dataclass(frozen=True)
class Adaptive:
    """η ← η/5 each time the error fails for more than `patience` epochs to fall by `tolerance`, as in scikit-learn.

    It begins as η₀. Where η is 1e-6 or less by then the run ends (`converged`). The error is the validation rows', else
    the training error + penalty.

    Parameters
    ----------
    tolerance : by how much the error must fall, in its own unit, 0 or more; 1e-4, scikit-learn's tol.
    patience : epochs, 1 or more; 10, scikit-learn's n_iter_no_change.

    Raises InputError for a value outside its range.

    >>> follower, rates = Adaptive(patience=1).follow(Run(0.5, epochs=5, steps_an_epoch=1)), []
    >>> for error in (3.0, 2.0, 2.0, 2.0, 1.0):
    ...     _ = follower.epoch_end(error); rates += follower.rates(0, 1).tolist()
    >>> rates
    [0.5, 0.5, 0.5, 0.1, 0.1]
    """

    tolerance: float = 1e-4
    patience: int = 10

    def __post_init__(self) -> None:
        from_zero("tolerance", self.tolerance)
        count("patience", self.patience)

    def follow(self, run: Run) -> Follower:
        return adapting(run.learning_rate, self.tolerance, self.patience)


class Reacting:
    """A follower that lowers η when the error stops falling, and ends the run where η is `ends_at` or less by then."""

    reactive = True

    def __init__(
        self,
        rate: float,
        factor: float,
        patience: float,
        relative: float = 0.0,
        absolute: float = 0.0,
        lowest: float = 0.0,
        ends_at: float = -1.0,
    ) -> None:
        self.rate, self.factor, self.patience = rate, factor, patience
        self.relative, self.absolute, self.lowest, self.ends_at = relative, absolute, lowest, ends_at
        self.best, self.waited = np.inf, 0

    def rates(self, first: int, count: int) -> NDArray[np.float64]:
        return np.full(count, self.rate)

    def epoch_end(self, error: float) -> bool:
        """Hears an epoch's error; True when the run should end."""
        needed = 0.0 if self.best == np.inf else self.absolute + self.relative * abs(self.best)
        enough = error <= self.best - needed
        self.waited = 0 if enough else self.waited + 1
        self.best = min(self.best, error)
        if self.waited < self.patience:
            return False
        if self.rate <= self.ends_at:
            return True
        self.rate, self.waited = min(self.rate, max(self.rate * self.factor, self.lowest)), 0
        return False


def adapting(rate: float, tolerance: float, patience: float, ends_at: float = SMALLEST) -> Reacting:
    """The follower of scikit-learn's adaptive; with ends_at=inf it only tells when the error stops falling."""
    return Reacting(rate, 1 / 5, patience + 1, absolute=tolerance, ends_at=ends_at)


SCHEDULES: dict[str, Any] = {
    "constant": Constant,
    "inverse_scaling": InverseScaling,
    "steps": Steps,
    "exponential": Exponential,
    "cosine": Cosine,
    "plateau": Plateau,
    "adaptive": Adaptive,
}
ALIASES = {"invscaling": "inverse_scaling", "step": "steps", "reduce_on_plateau": "plateau"}


def schedule(given: str | Schedule | None) -> Schedule:
    """A schedule from its name or settings; None is constant.

    >>> schedule("cosine")
    Cosine(warmup=0.0, floor=0.0)
    """
    if given is None:
        return Constant()
    if isinstance(given, str):
        found = SCHEDULES.get(ALIASES.get(given, given))
        if found is None:
            raise UnknownName("schedule", given, [*SCHEDULES, *ALIASES])
        return found()
    if isinstance(given, type) or not hasattr(given, "follow"):
        raise InputError(
            f"schedule must be a name or settings such as Cosine(warmup=0.1), got {shown(given)}"
        )
    return given
