"""Nonlinear conjugate gradients: each direction keeps part of the last (Fletcher, Reeves 1964; Polak, Ribière 1969)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import numbers
from deltarule.descent.line_search import strong_wolfe
from deltarule.descent.telling import finite, standstill, told
from deltarule.errors import UnknownName
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]

SHARES = ("polak_ribiere", "fletcher_reeves", "hestenes_stiefel")


@dataclass
class Direction:
    """f, ∇f at θ, the last direction d with its step length, and the iterations since d was −∇f."""

    value: float
    g: Floats
    d: Floats | None = None
    t: float = 1.0
    slope: float = 0.0
    since: int = 0


@dataclass(frozen=True)
class ConjugateGradient:
    """d ← −g + β d, θ ← θ + t d, t by the strong Wolfe conditions (c₂ = 0.1).

        polak_ribiere       β = max(0, g·(g − g₋)/g₋·g₋)
        fletcher_reeves     β = g·g/g₋·g₋
        hestenes_stiefel    β = max(0, g·(g − g₋)/d·(g − g₋))

    d starts anew at −g every P iterations, when successive gradients are far from orthogonal (Powell 1977),
    when d does not go down, and when no t lowers f.

    Parameters
    ----------
    share : the name of β; polak_ribiere by default, which after a step too short to change g starts anew by itself.
    gradient : converged when ‖∇f‖₂ is at most this; 1e-7.

    Raises UnknownName for another share, InputError for a gradient that is no number.

    Source: Nocedal, Wright 2006, eqs. 5.41a (fletcher_reeves), 5.45 (polak_ribiere), 5.46 (hestenes_stiefel) and 5.52
    with ν = 0.2 (starting anew).

    >>> from deltarule import descend
    >>> down = descend("(1-x)**2 + 100*(y-x**2)**2", [-1.2, 1], rule=ConjugateGradient())
    >>> down.outcome.name, down.x.round(6).tolist()
    ('converged', [1.0, 1.0])
    """

    share: str = "polak_ribiere"
    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)
        if self.share not in SHARES:
            raise UnknownName("share of a conjugate gradient", self.share, SHARES)

    def begin(self, objective: Any, theta: Floats) -> Direction:
        """f and ∇f at the start."""
        value, g = objective.gradient(theta)
        return Direction(float(value), g)

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One line search."""
        kept: Direction = state.search
        if not finite(kept.value, kept.g):
            return told(objective, state.theta, kept.value, kept.g, "diverged")
        size = float(np.linalg.norm(kept.g))
        if size <= self.gradient:
            return told(objective, state.theta, kept.value, kept.g, "converged", step=0.0)
        if kept.d is None or not kept.g @ kept.d < 0:
            kept.d, kept.since, first = -kept.g, 0, min(1.0, 1 / size)
        else:
            first = kept.t * kept.slope / float(kept.g @ kept.d)
        found = strong_wolfe(objective, state.theta, kept.value, kept.g, kept.d, first, c2=0.1)
        if found is None and kept.since:
            kept.d, kept.since = -kept.g, 0
            found = strong_wolfe(
                objective, state.theta, kept.value, kept.g, kept.d, min(1.0, 1 / size), c2=0.1
            )
        if found is None:
            return told(objective, state.theta, kept.value, kept.g, standstill(kept.value, kept.g), step=0.0)
        kept.t, kept.slope = found.t, float(kept.g @ kept.d)
        kept.d = self.next_direction(kept, found.g)
        kept.since += 1
        state.theta[:] = found.theta
        kept.value, kept.g = found.value, found.g
        return told(objective, state.theta, found.value, found.g, step=found.t)

    def next_direction(self, kept: Direction, g: Floats) -> Floats:
        """−g + β d; −g alone where it is time to start anew."""
        before, d = kept.g, kept.d
        assert d is not None
        if kept.since + 1 >= len(g) or abs(float(g @ before)) >= 0.2 * float(g @ g):
            kept.since = -1
            return -g
        change = g - before
        if self.share == "fletcher_reeves":
            beta = float(g @ g) / float(before @ before)
        elif self.share == "polak_ribiere":
            beta = max(0.0, float(g @ change) / float(before @ before))
        else:
            along = float(d @ change)
            beta = max(0.0, float(g @ change) / along) if along > 0 else 0.0
        return -g + np.asarray(beta * d, g.dtype)
