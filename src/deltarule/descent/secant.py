"""What BFGS and L-BFGS share: a line search along −B∇f, where B y = s for each step s = Δθ that changed ∇f by y."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.line_search import strong_wolfe
from deltarule.descent.telling import finite, standstill, told
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]

CURVED = 1e-10  # s·y against ‖s‖‖y‖: less curvature than this is rounding, and would spoil the direction


class Inverse(Protocol):
    """B ≈ (∇²f)⁻¹, as far as steps have told of it."""

    @property
    def known(self) -> bool:
        """Whether any step has told of it; without, B is 1."""
        ...

    def times(self, g: Floats) -> Floats:
        """B g (P,)."""
        ...

    def learn(self, s: Floats, y: Floats) -> None:
        """Takes in a step s (P,) with s·y > 0."""
        ...

    def forget(self) -> None:
        """B is 1 again."""
        ...


@dataclass
class Search:
    """f, ∇f at θ; B; how often the direction fell back to −∇f."""

    value: float
    g: Floats
    B: Any  # an Inverse
    fallbacks: int = 0


def begin(objective: Any, theta: Floats, B: Inverse) -> Search:
    """f and ∇f at the start."""
    value, g = objective.gradient(theta)
    return Search(float(value), g, B)


def iterate(objective: Any, state: State, gradient: float) -> Iteration:
    """One line search by the strong Wolfe conditions; converged where ‖∇f‖₂ is at most `gradient`.

    A step without curvature teaches nothing. Where no t lowers f, B is forgotten and −∇f is tried (`fallbacks` counts
    it); where that fails too the outcome is `stuck`, or `converged` where ∇f is next to nothing. θ is never NaN.
    """
    kept: Search = state.search
    if not finite(kept.value, kept.g):
        return told(objective, state.theta, kept.value, kept.g, "diverged")
    size, B = float(np.linalg.norm(kept.g)), kept.B
    if size <= gradient:
        return _stays(objective, state, "converged")
    first = 1.0 if B.known else min(1.0, 1 / size)
    found = strong_wolfe(objective, state.theta, kept.value, kept.g, -B.times(kept.g), first)
    if found is None and B.known:
        B.forget()
        kept.fallbacks += 1
        found = strong_wolfe(objective, state.theta, kept.value, kept.g, -kept.g, min(1.0, 1 / size))
    if found is None:
        return _stays(objective, state, standstill(kept.value, kept.g))
    s, y = found.theta - state.theta, found.g - kept.g
    if s @ y > CURVED * np.linalg.norm(s) * np.linalg.norm(y):
        B.learn(s, y)
    state.theta[:] = found.theta
    kept.value, kept.g = found.value, found.g
    return told(objective, state.theta, found.value, found.g, step=found.t, fallbacks=float(kept.fallbacks))


def _stays(objective: Any, state: State, ended: str) -> Iteration:
    kept: Search = state.search
    return told(objective, state.theta, kept.value, kept.g, ended, step=0.0, fallbacks=float(kept.fallbacks))
