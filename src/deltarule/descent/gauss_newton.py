"""Gauss-Newton: the minimum of the model, with a line search for the length (Gauss 1809)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import numbers
from deltarule.descent.line_search import armijo
from deltarule.descent.telling import finite, standstill, told
from deltarule.objectives.objective import Iteration, State
from deltarule.objectives.quadratic import Quadratic, quadratic

Floats = NDArray[np.floating]

RIDGES = (0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0)  # shares of the gradient's size, for a matrix that is singular


@dataclass(frozen=True)
class GaussNewton:
    """θ ← θ + t x, x = −(G + Λ)⁻¹∇f, t the first of 1, ½, … by which f falls.

    A singular G gets the smallest ridge that makes it positive; the column `ridge` says which. Levenberg-Marquardt is
    the safer rule; this one is the textbook's.

    Parameters
    ----------
    gradient : converged when ‖∇f‖₂ is at most this; 1e-7.

    Raises InputError for a gradient that is no number.

    Source: Nocedal, Wright 2006, eq. 10.23, for squares; G is the curvature of any loss (`Network.gauss_newton`).

    A model that is linear in θ is fitted by one step:

    >>> from deltarule import Network, train
    >>> x = np.linspace(-1, 1, 8); d = np.exp(x)
    >>> line = train(Network([1, 1]), x[:, None], d, rule=GaussNewton(), epochs=1).network
    >>> bool(np.allclose(line.theta, np.polyfit(x, d, 1)))
    True
    """

    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)

    def begin(self, objective: Any, theta: Floats) -> Quadratic:
        """The model at the start."""
        return quadratic(objective, theta)

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One step with its line search."""
        model: Quadratic = state.search
        g, value = model.gradient, model.error + model.penalty
        if not finite(value, g):
            return told(objective, state.theta, value, g, "diverged")
        size = float(np.linalg.norm(g))
        if size <= self.gradient:
            return told(objective, state.theta, value, g, "converged", step=0.0, ridge=0.0)
        for share in RIDGES:
            x = model.step(share * size)
            found = None if x is None else armijo(objective, state.theta, value, g, x, halvings=30)
            if found is not None:
                state.theta[:] = found.theta
                state.search = quadratic(objective, state.theta)
                return told(objective, state.theta, found.value, found.g, step=found.t, ridge=share * size)
        return told(objective, state.theta, value, g, standstill(value, g), step=0.0, ridge=size)
