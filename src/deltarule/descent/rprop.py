"""iRprop+: each weight has its own step, by its slope's sign alone (Riedmiller, Braun 1993; Igel, Hüsken 2003)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import numbers
from deltarule.descent.telling import finite, told
from deltarule.errors import InputError
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]


@dataclass
class Steps:
    """Each weight's step size Δ and last move; ∇f before it (0 where the move was taken back); f, ∇f at θ."""

    delta: Floats
    move: Floats
    before: Floats
    value: float
    g: Floats
    last: float = np.inf


@dataclass(frozen=True)
class Rprop:
    """θ ← θ − sign(∂f/∂θ) Δ, where each weight has a Δ of its own.

        Δ ← 1.2 Δ      where ∂f/∂θ kept its sign
        Δ ← 0.5 Δ      where it changed (and, where f rose, that weight's move is taken back)

    Parameters
    ----------
    delta : every Δ to begin with, in the unit of θ; 0.07 as MATLAB's trainrp has it.
    increase, decrease : Δ's factors, above 1 and between 0 and 1; 1.2 and 0.5, Riedmiller and Braun's.
    delta_max, delta_min : Δ's bounds, 0 < delta_min < delta ≤ delta_max; 50 and 1e-12. Converged when every Δ is at
        delta_min.
    gradient : converged when ‖∇f‖₂ is at most this; 1e-7.

    Raises InputError for a value outside its range.

    Source: iRprop⁺ of Igel, Hüsken 2003.

    >>> from deltarule import descend
    >>> path = descend("2*x", [1], rule=Rprop(), steps=2).path  # the same for any slope of that sign
    >>> bool(np.allclose(path.ravel(), [1, 1 - 0.07, 0.93 - 1.2 * 0.07]))
    True
    """

    delta: float = 0.07
    increase: float = 1.2
    decrease: float = 0.5
    delta_max: float = 50.0
    delta_min: float = 1e-12
    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)
        if not (
            0 < self.delta_min < self.delta <= self.delta_max and self.increase > 1 and 0 < self.decrease < 1
        ):
            raise InputError(
                "Rprop needs 0 < delta_min < delta ≤ delta_max, increase > 1 and 0 < decrease < 1; "
                f"got {self.delta_min!r}, {self.delta!r}, {self.delta_max!r}, {self.increase!r}, "
                f"{self.decrease!r}"
            )

    def begin(self, objective: Any, theta: Floats) -> Steps:
        """f and ∇f at the start."""
        value, g = objective.gradient(theta)
        return Steps(
            np.full_like(theta, self.delta), np.zeros_like(theta), np.zeros_like(theta), float(value), g
        )

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One move of every weight."""
        kept: Steps = state.search
        if not finite(kept.value, kept.g):
            return told(objective, state.theta, kept.value, kept.g, "diverged")
        if float(np.linalg.norm(kept.g)) <= self.gradient:
            return told(objective, state.theta, kept.value, kept.g, "converged")
        agree = kept.g * kept.before
        grown = np.minimum(kept.delta * self.increase, self.delta_max)
        shrunk = np.maximum(kept.delta * self.decrease, self.delta_min)
        kept.delta = np.where(agree > 0, grown, np.where(agree < 0, shrunk, kept.delta))
        back = -kept.move if kept.value > kept.last else np.zeros_like(kept.move)
        move = np.where(agree < 0, back, -np.sign(kept.g) * kept.delta)
        before = np.where(agree < 0, 0, kept.g).astype(kept.g.dtype)
        theta = state.theta + move
        value, g = objective.gradient(theta)
        if not finite(value, g):  # θ stays; every step is halved, and no sign is remembered
            kept.delta, kept.before, kept.move = shrunk, np.zeros_like(kept.g), np.zeros_like(kept.move)
            ended = "stuck" if (kept.delta <= self.delta_min).all() else None
            return told(objective, state.theta, kept.value, kept.g, ended, delta=float(kept.delta.mean()))
        state.theta[:] = theta
        kept.move, kept.before, kept.last, kept.value, kept.g = move, before, kept.value, float(value), g
        ended = "converged" if (kept.delta <= self.delta_min).all() else None
        return told(objective, state.theta, kept.value, g, ended, delta=float(kept.delta.mean()))
