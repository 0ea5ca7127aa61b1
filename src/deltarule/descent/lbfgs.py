"""L-BFGS: Newton's direction from the last m steps and changes of the gradient (Liu, Nocedal 1989)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import count, numbers
from deltarule.descent import secant
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]


@dataclass
class Pairs:
    """B as the last m steps s = Δθ and changes y = Δ∇f tell of it.

    >>> B = Pairs(deque(maxlen=10))
    >>> B.learn(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    >>> B.times(np.array([2.0, 4.0])).tolist()
    [1.0, 2.0]
    """

    kept: deque[tuple[Floats, Floats]]

    @property
    def known(self) -> bool:
        """Whether any step has told of it."""
        return bool(self.kept)

    def times(self, g: Floats) -> Floats:
        """B g by the two-loop recursion from B₀ = s·y/y·y of the newest pair."""
        q, shares = g.copy(), []
        for s, y in reversed(self.kept):
            a = (s @ q) / (s @ y)
            q -= a * y
            shares.append(a)
        if self.kept:
            s, y = self.kept[-1]
            q *= (s @ y) / (y @ y)
        for (s, y), a in zip(self.kept, reversed(shares), strict=True):
            q += (a - (y @ q) / (s @ y)) * s
        return q

    def learn(self, s: Floats, y: Floats) -> None:
        """Keeps the pair; the oldest of more than m goes."""
        self.kept.append((s, y))

    def forget(self) -> None:
        """B is 1 again."""
        self.kept.clear()


@dataclass(frozen=True)
class LBFGS:
    """θ ← θ − t B ∇f, B ≈ (∇²f)⁻¹ by the two-loop recursion over m pairs, t by the strong Wolfe conditions.

    A pair without curvature is not kept. Where no t lowers f the pairs are forgotten and −∇f is tried (`fallbacks`
    counts it); where that fails too the outcome is `stuck`, or `converged` where ∇f is next to nothing. θ is never NaN.

    Parameters
    ----------
    memory : m, the pairs kept; 10, as in SciPy.
    gradient : converged when ‖∇f‖₂ is at most this; 1e-7.

    Raises InputError for a memory that is no whole number of 1 or more, or a gradient that is no number.

    Source: Nocedal, Wright 2006, Algorithms 7.4 (B∇f) and 7.5, and eq. 7.20 (B₀, H⁰ there).

    >>> from deltarule import descend
    >>> down = descend("(1-x)**2 + 100*(y-x**2)**2", [-1.2, 1], rule=LBFGS())
    >>> down.outcome.name, down.x.round(6).tolist()
    ('converged', [1.0, 1.0])
    """

    memory: int = 10
    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)
        count("memory", self.memory)

    def begin(self, objective: Any, theta: Floats) -> secant.Search:
        """f and ∇f at the start."""
        return secant.begin(objective, theta, Pairs(deque(maxlen=self.memory)))

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One line search."""
        return secant.iterate(objective, state, self.gradient)
