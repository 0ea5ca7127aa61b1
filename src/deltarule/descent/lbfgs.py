"""L-BFGS: Newton's direction from the last m steps and changes of the gradient (Liu, Nocedal 1989)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import count, numbers
from deltarule.descent.line_search import strong_wolfe
from deltarule.descent.telling import finite, standstill, told
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]

CURVED = 1e-10  # s·y against ‖s‖‖y‖: less curvature than this is rounding, and would spoil the direction


@dataclass
class Memory:
    """f, ∇f at θ; the pairs s = Δθ, y = Δ∇f kept; how often the direction fell back to −∇f."""

    value: float
    g: Floats
    pairs: deque[tuple[Floats, Floats]] = field(default_factory=deque[tuple[Floats, Floats]])
    fallbacks: int = 0


@dataclass(frozen=True)
class LBFGS:
    """θ ← θ + t d, d = −H⁻¹∇f by the two-loop recursion over m pairs, t by the strong Wolfe conditions.

    A pair without curvature is not kept. Where no t lowers f the pairs are forgotten and −∇f is tried (`fallbacks`
    counts it); where that fails too the outcome is `stuck`, or `converged` where ∇f is next to nothing. θ is never NaN.

    Parameters: memory, the pairs kept (10); gradient, converged when ‖∇f‖₂ is at most this.

    >>> from deltarule.descent.loop import Settings, run
    >>> from deltarule.objectives.formula import Formula
    >>> f = Formula("(1-x)**2 + 100*(y-x**2)**2")
    >>> run(f, LBFGS(), np.array([-1.2, 1.0]), Settings(epochs=200)).theta.round(6).tolist()
    [1.0, 1.0]
    """

    memory: int = 10
    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)
        count("memory", self.memory)

    def begin(self, objective: Any, theta: Floats) -> Memory:
        """f and ∇f at the start."""
        value, g = objective.gradient(theta)
        return Memory(float(value), g, deque(maxlen=self.memory))

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One line search."""
        kept: Memory = state.search
        if not finite(kept.value, kept.g):
            return told(objective, state.theta, kept.value, kept.g, "diverged")
        size = float(np.linalg.norm(kept.g))
        if size <= self.gradient:
            return told(
                objective,
                state.theta,
                kept.value,
                kept.g,
                "converged",
                step=0.0,
                fallbacks=float(kept.fallbacks),
            )
        found = strong_wolfe(
            objective,
            state.theta,
            kept.value,
            kept.g,
            self.direction(kept),
            1.0 if kept.pairs else min(1.0, 1 / size),
        )
        if found is None and kept.pairs:
            kept.pairs.clear()
            kept.fallbacks += 1
            found = strong_wolfe(objective, state.theta, kept.value, kept.g, -kept.g, min(1.0, 1 / size))
        if found is None:
            ended = standstill(kept.value, kept.g)
            return told(
                objective, state.theta, kept.value, kept.g, ended, step=0.0, fallbacks=float(kept.fallbacks)
            )
        s, y = found.theta - state.theta, found.g - kept.g
        if s @ y > CURVED * np.linalg.norm(s) * np.linalg.norm(y):
            kept.pairs.append((s, y))
        state.theta[:] = found.theta
        kept.value, kept.g = found.value, found.g
        return told(
            objective, state.theta, found.value, found.g, step=found.t, fallbacks=float(kept.fallbacks)
        )

    def direction(self, kept: Memory) -> Floats:
        """−H⁻¹∇f, H₀ = y·y/s·y of the newest pair (Nocedal, Wright 2006, algorithm 7.4)."""
        q, shares = kept.g.copy(), []
        for s, y in reversed(kept.pairs):
            a = (s @ q) / (s @ y)
            q -= a * y
            shares.append(a)
        if kept.pairs:
            s, y = kept.pairs[-1]
            q *= (s @ y) / (y @ y)
        for (s, y), a in zip(kept.pairs, reversed(shares), strict=True):
            q += (a - (y @ q) / (s @ y)) * s
        return -q
