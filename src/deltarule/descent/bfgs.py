"""BFGS: the inverse Hessian itself, corrected after each step (Broyden, Fletcher, Goldfarb, Shanno 1970)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import numbers
from deltarule.descent import secant
from deltarule.equations.memory import refuse_beyond
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]


@dataclass
class Matrix:
    """B (P, P) in full; None before the first step.

    >>> B = Matrix()
    >>> B.learn(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    >>> B.times(np.array([2.0, 4.0])).tolist()
    [1.0, 2.0]
    """

    B: NDArray[np.float64] | None = None

    @property
    def known(self) -> bool:
        """Whether any step has told of it."""
        return self.B is not None

    def times(self, g: Floats) -> Floats:
        """B g."""
        return g if self.B is None else self.B @ g

    def learn(self, s: Floats, y: Floats) -> None:
        """B ← (1 − ρ s yᵀ) B (1 − ρ y sᵀ) + ρ s sᵀ, written out."""
        s, y = s.astype(np.float64), y.astype(np.float64)
        along = float(s @ y)
        if self.B is None:
            self.B = np.eye(len(s)) * (along / float(y @ y))
        By = self.B @ y
        self.B += ((along + y @ By) / along / along) * np.outer(s, s) - (
            np.outer(By, s) + np.outer(s, By)
        ) / along

    def forget(self) -> None:
        """B is 1 again."""
        self.B = None


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

    def begin(self, objective: Any, theta: Floats) -> secant.Search:
        """f and ∇f at the start; refuses, in one sentence, a matrix that would not fit."""
        P = len(theta)
        refuse_beyond(24 * P * P, f"BFGS's matrix of {P} × {P} numbers", "use rule='lbfgs', which needs none")
        return secant.begin(objective, theta, Matrix())

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One line search and one correction of B."""
        return secant.iterate(objective, state, self.gradient)
