"""partial_fit: one epoch, with the rule's memory of the epochs before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.schedules import Adaptive, Run
from deltarule.equations.losses import Loss
from deltarule.equations.random import key
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.estimators.fitting import NOT_FINITE, Samples, batch_size, error_of
from deltarule.estimators.improvement import Improvement
from deltarule.estimators.parameters import Parameters
from deltarule.estimators.solvers import clipping, first_order_rule, schedule
from deltarule.objectives.objective import State

Floats = NDArray[np.floating]


@dataclass
class Descent:
    """What goes on from one partial_fit to the next: the rule's memory, steps, random counter, adaptive's rate."""

    key: int
    counter: int = 0
    step: int = 0
    memory: Floats | None = None
    rate: float | None = None

    @classmethod
    def new(cls, seed: int) -> Descent:
        return cls(key(seed))

    @classmethod
    def of(cls, state: State | None, improvement: Improvement | None) -> Descent | None:
        """Where a fit by gradients ended; None for other solvers."""
        if state is None or improvement is None:
            return None
        return cls(state.key, state.counter, state.step, state.memory, improvement.rate)

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Descent | None:
        """scikit-learn's optimiser as a memory; None where there is none (lbfgs), or its form is not known."""
        optimizer = getattr(fitted, "_optimizer", None)
        rows = [getattr(optimizer, name, None) for name in ("ms", "vs", "velocities")]
        kept = [row for row in rows if row is not None]
        if not kept:
            return None
        layers = len(fitted.coefs_)  # theirs: every W, then every b; ours: W and b layer by layer
        memory = np.array(
            [
                np.concatenate([row[at].ravel() for m in range(layers) for at in (m, layers + m)])
                for row in kept
            ]
        )
        rate = getattr(optimizer, "learning_rate", None)
        return cls(key(0), step=int(getattr(optimizer, "t", 0)), memory=memory, rate=rate)

    def epoch(
        self,
        given: Parameters,
        shape: Shape,
        loss: Loss,
        samples: Samples,
        theta: Floats,
        improvement: Improvement,
    ) -> tuple[Floats, float]:
        """θ after one epoch and its mean loss; `improvement` knows those before."""
        rule = first_order_rule(given, given.solver)
        objective = error_of(given, shape, loss, samples, batch_size(given, len(samples)))
        state = objective.begin(theta, rule, self.key)
        state.counter, state.step = self.counter, self.step
        if self.memory is not None and self.memory.shape == state.memory.shape:
            state.memory[:] = self.memory
        steps = objective.steps_an_epoch
        rates = np.full(steps, improvement.rate)
        with np.errstate(all="ignore"):
            burst = objective.advance(rule, state, steps, rates, clipping(given))
        if burst.fault:
            raise InputError(NOT_FINITE)
        self.counter, self.step, self.memory = state.counter, state.step, state.memory
        reached = float(burst.error[-1] + burst.penalty[-1])
        improvement.epoch_end(reached)
        self.rate = improvement.rate
        return state.theta, reached

    def rate_of(self, given: Parameters, seen: int) -> float:
        """η of an epoch that `seen` samples came before."""
        scheduled = schedule(given, given.solver, seen)
        if isinstance(scheduled, Adaptive) and self.rate is not None:
            return self.rate
        return float(scheduled.follow(Run(given.learning_rate_init, 1, 1)).rates(0, 1)[0])
