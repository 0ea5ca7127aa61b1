"""BFGS: the inverse Hessian itself, corrected after each step (Broyden, Fletcher, Goldfarb, Shanno 1970)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import numbers
from deltarule.descent.lbfgs import CURVED
from deltarule.descent.line_search import strong_wolfe
from deltarule.descent.telling import finite, standstill, told
from deltarule.equations.memory import refuse_beyond
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]


@dataclass
class Inverse:
    """f, ∇f at θ and B ≈ (∇²f)⁻¹ (P, P), None before the first step."""

    value: float
    g: Floats
    B: Floats | None = None
    fallbacks: int = 0


@dataclass(frozen=True)
class BFGS:
    """θ ← θ − t B ∇f;  B ← (1 − ρ s yᵀ) B (1 − ρ y sᵀ) + ρ s sᵀ, ρ = 1/(y·s), s = Δθ, y = Δ∇f.

    B starts at (s·y/y·y) 1. For P up to a few thousand; L-BFGS needs no matrix. Falls back to −∇f as L-BFGS does.

    Parameters
    ----------
    gradient : converged when ‖∇f‖₂ is at most this; 1e-7.

    Raises InputError for a gradient that is no number, and when it begins TooLarge for a B that does not fit.

    Source: Nocedal, Wright 2006, eqs. 6.17 (B, H there) and 6.20 (its start).

    >>> from deltarule import descend
    >>> down = descend("(1-x)**2 + 100*(y-x**2)**2", [-1.2, 1], rule=BFGS())
    >>> down.outcome.name, down.x.round(6).tolist()
    ('converged', [1.0, 1.0])
    """

    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)

    def begin(self, objective: Any, theta: Floats) -> Inverse:
        """f and ∇f at the start; refuses, in one sentence, a matrix that would not fit."""
        P = len(theta)
        refuse_beyond(24 * P * P, f"BFGS's matrix of {P} × {P} numbers", "use rule='lbfgs', which needs none")
        value, g = objective.gradient(theta)
        return Inverse(float(value), g)

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One line search and one correction of B."""
        kept: Inverse = state.search
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
        d = -kept.g if kept.B is None else -(kept.B @ kept.g)
        found = strong_wolfe(
            objective, state.theta, kept.value, kept.g, d, min(1.0, 1 / size) if kept.B is None else 1.0
        )
        if found is None and kept.B is not None:
            kept.B, kept.fallbacks = None, kept.fallbacks + 1
            found = strong_wolfe(objective, state.theta, kept.value, kept.g, -kept.g, min(1.0, 1 / size))
        if found is None:
            ended = standstill(kept.value, kept.g)
            return told(
                objective, state.theta, kept.value, kept.g, ended, step=0.0, fallbacks=float(kept.fallbacks)
            )
        self.correct(
            kept, np.asarray(found.theta - state.theta, np.float64), np.asarray(found.g - kept.g, np.float64)
        )
        state.theta[:] = found.theta
        kept.value, kept.g = found.value, found.g
        return told(
            objective, state.theta, found.value, found.g, step=found.t, fallbacks=float(kept.fallbacks)
        )

    def correct(self, kept: Inverse, s: Floats, y: Floats) -> None:
        """B after the step s, unless it shows no curvature."""
        along = float(s @ y)
        if not along > CURVED * np.linalg.norm(s) * np.linalg.norm(y):
            return
        if kept.B is None:
            kept.B = np.eye(len(s)) * (along / float(y @ y))
        By = kept.B @ y
        kept.B += ((along + y @ By) / along / along) * np.outer(s, s) - (
            np.outer(By, s) + np.outer(s, By)
        ) / along
