"""Learning rates over a run: η of every step from η₀, the epoch, the step, and for two of them the errors seen.

A schedule is settings; `follow` makes the follower that the loop asks for the rates of its next steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.amounts import above_zero, count, from_zero, share
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

    reactive: bool  # whether epoch_end must be called before the next epoch's rates are asked for

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
    """η = η₀."""

    def follow(self, run: Run) -> Follower:
        return _Formula(lambda s, run: np.full(len(s), run.learning_rate), run)


@dataclass(frozen=True)
class InverseScaling:
    """η = η₀/t^power with t = step + 1; unit="sample" holds η over an epoch, t = samples seen before it + 1
    (scikit-learn's invscaling), `seen` of them before the run."""

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
    """η = η₀ · factor^⌊epoch/every⌋."""

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
    """η = η₀ · factor^epoch."""

    factor: float = 0.99

    def __post_init__(self) -> None:
        above_zero("factor", self.factor, most=1)

    def follow(self, run: Run) -> Follower:
        return _Formula(lambda s, run: run.learning_rate * self.factor ** (s // run.steps_an_epoch), run)


@dataclass(frozen=True)
class Cosine:
    """η rises linearly over `warmup`, a share of the run, then falls as (1 + cos πp)/2 to η₀ · floor.

    Source: Loshchilov, Hutter 2017.

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
    """η ← η · factor, but not below `lowest`, each time the error (validation's, where there is one) has not fallen by
    the share `tolerance` for `patience` epochs."""

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
    """scikit-learn's adaptive: η ← η/5 each time the error fails for more than `patience` epochs to fall by
    `tolerance`; ends when η ≤ 1e-6."""

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
    if not hasattr(given, "follow"):
        raise InputError(f"schedule must be a name or settings such as Cosine(warmup=0.1), got {given!r}")
    return given
