"""The questions an objective answers, the state that moves, and the burst in which it moves.

An objective is a function f of θ (P,): a typed formula, a formula fitted to data, a network's error. A rule moves θ.
The loop asks for bursts of steps; here is the burst that any objective and any first-order rule can run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass
class State:
    """Everything that moves while training; a checkpoint of it resumes bit for bit.

    theta (P,); memory (rule.memories, P), what the rule keeps; step, steps done; epoch, epochs done;
    order (N,) and position, the shuffled samples and the next one to be used; key and counter, the random generator;
    error_sum, penalty_sum, weight_sum, what the running epoch has added up; search, what a full-batch rule keeps.
    """

    theta: Floats
    memory: Floats
    step: int = 0
    epoch: int = 0
    position: int = 0
    order: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    key: int = 0
    counter: int = 0
    error_sum: float = 0.0
    penalty_sum: float = 0.0
    weight_sum: float = 0.0
    search: Any = None

    def copy(self) -> State:
        """The same with arrays of its own; what a full-batch rule keeps is shared."""
        return replace(self, theta=self.theta.copy(), memory=self.memory.copy(), order=self.order.copy())


@dataclass
class Burst:
    """What a burst did: steps, the fault that ended it, and one row for each epoch completed.

    steps are those done; fault is None or "not finite": that step was not applied. error (E,) is the epoch's mean
    error, each batch's before its step; penalty (E,) likewise; gradient_norm (E, layers) and learning_rate (E,) are
    those of the epoch's last step; ended is a full-batch rule's own verdict; columns what else it tells.
    """

    steps: int
    fault: str | None
    error: NDArray[np.float64]
    penalty: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]
    learning_rate: NDArray[np.float64]
    epoch_step: NDArray[np.int64]
    ended: str | None = None
    message: str | None = None
    columns: dict[str, NDArray[np.float64]] = field(default_factory=dict)


class Clip(Protocol):
    """Limits a gradient: first every entry to ±value, then the Euclidean norm of the whole to norm; inf: no limit."""

    @property
    def value(self) -> float: ...
    @property
    def norm(self) -> float: ...
    def apply(self, g: Floats) -> Floats: ...


class FirstOrderRule(Protocol):
    """A rule that moves θ by one gradient a step: gradient descent, Adam, …

    Its scalars stand in `constants`, for compiled code.
    """

    code: ClassVar[str]
    memories: ClassVar[int]

    @property
    def constants(self) -> tuple[float, ...]: ...
    def update(
        self,
        theta: Floats,
        g: Floats,
        memory: Floats,
        learning_rate: float,
        t: int,
        weights: NDArray[np.bool_],
    ) -> None: ...


@runtime_checkable
class Objective(Protocol):
    """A function of θ (P,) that can be minimised."""

    @property
    def size(self) -> int: ...
    def value(self, theta: Floats) -> float: ...
    def gradient(self, theta: Floats) -> tuple[float, Floats]: ...


@dataclass(frozen=True)
class Iteration:
    """What one iteration of a full-batch rule did.

    error and penalty at the θ it reached, the gradient's norm per layer, `ended` (an outcome's name, with `message`
    where the usual sentence is not enough) and whatever else it tells, by name.
    """

    error: float
    penalty: float
    gradient_norm: Sequence[float] | Floats
    ended: str | None = None
    message: str | None = None
    columns: dict[str, float] = field(default_factory=dict)


@runtime_checkable
class FullBatchRule(Protocol):
    """A rule that asks the objective its own questions each iteration: L-BFGS, Newton, Levenberg-Marquardt, …

    `begin` makes what the rule keeps (State.search); `iterate` moves state.theta in place by one iteration.
    Neither raises for singular, huge or non-finite values: the iteration says how it `ended`.
    """

    def begin(self, objective: Any, theta: Floats) -> Any: ...
    def iterate(self, objective: Any, state: State) -> Iteration: ...


class Records:
    """Collects one row for each epoch of a burst."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, Sequence[float] | Floats, float, int]] = []

    def add(
        self,
        error: float,
        penalty: float,
        gradient_norm: Sequence[float] | Floats,
        learning_rate: float,
        step: int,
    ) -> None:
        self.rows.append((error, penalty, gradient_norm, learning_rate, step))

    def burst(self, steps: int, fault: str | None, layers: int) -> Burst:
        error, penalty, norms, rates, ends = (
            zip(*self.rows, strict=True) if self.rows else ((), (), (), (), ())
        )
        return Burst(
            steps, fault, np.array(error, np.float64), np.array(penalty, np.float64),
            np.array(norms, np.float64).reshape(len(error), layers), np.array(rates, np.float64),
            np.array(ends, np.int64),
        )  # fmt: skip


def advance(
    objective: Objective, rule: FirstOrderRule, state: State, steps: int, rates: Floats, clip: Clip
) -> Burst:
    """The burst for any objective: full gradients, an epoch a step; θ and the rule's memory move in place."""
    records, everything = Records(), np.ones(len(state.theta), np.bool_)
    for s in range(steps):
        value, g = objective.gradient(state.theta)
        if not (np.isfinite(value) and np.isfinite(g).all()):
            return records.burst(s, "not finite", 1)
        norm = float(np.linalg.norm(g))
        state.step += 1
        state.epoch += 1
        rule.update(state.theta, clip.apply(g), state.memory, float(rates[s]), state.step, everything)
        records.add(value, 0.0, [norm], float(rates[s]), state.step)
    return records.burst(steps, None, 1)


def iterate(objective: Objective, rule: FullBatchRule, state: State, steps: int) -> Burst:
    """The burst of a full-batch rule: an iteration is a step and an epoch; it stops where the rule says it ended."""
    done: list[Iteration] = []
    for _ in range(steps):
        done.append(rule.iterate(objective, state))
        state.step += 1
        state.epoch += 1
        if done[-1].ended:
            break
    names = done[-1].columns
    return Burst(
        len(done),
        None,
        np.array([i.error for i in done]),
        np.array([i.penalty for i in done]),
        np.array([i.gradient_norm for i in done], np.float64).reshape(len(done), -1),
        np.full(len(done), np.nan),
        np.arange(state.step - len(done) + 1, state.step + 1),
        done[-1].ended,
        done[-1].message,
        {name: np.array([i.columns.get(name, np.nan) for i in done]) for name in names},
    )
