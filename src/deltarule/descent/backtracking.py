"""Gradient descent whose step length is found anew each time: halved until f falls enough (Armijo 1966)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]
EPSILON = float(np.finfo(np.float64).eps)


@dataclass
class Search:
    """What is kept between iterations: f and ∇f at θ, and the last step length that was taken."""

    value: float
    g: Floats
    eta: float


@dataclass(frozen=True)
class Backtracking:
    """θ ← θ − η g with the first η of 2η_last, η_last, η_last/2, … for which f(θ − η g) ≤ f(θ) − c η ‖g‖².

    Where f can no longer be told apart from f(θ) in floats, the slope decides: g(θ − η g)·g ≥ (2c − 1) ‖g‖²
    (Hager, Zhang 2005, the approximate Wolfe condition).

    Parameters
    ----------
    c : the share of the first-order decrease asked for, in (0, 1/2); 0.1 keeps steps near the valley's middle.
    first : the first η that is tried.
    """

    c: float = 0.1
    first: float = 1.0

    def begin(self, objective: Any, theta: Floats) -> Search:
        """f and ∇f at the start."""
        value, g = objective.gradient(theta)
        return Search(value, g, self.first / 2)

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One step; `stuck` where no length is short enough."""
        search: Search = state.search
        g, slope = search.g, float(search.g @ search.g)
        if slope == 0:
            return Iteration(search.value, 0.0, [0.0], "converged", columns={"eta": 0.0})
        eta = 2 * search.eta
        while eta * np.abs(g).max() > EPSILON * EPSILON and eta > 0:
            theta = state.theta - eta * g
            if np.array_equal(theta, state.theta):
                break
            value, g_new = objective.gradient(theta)
            if (
                np.isfinite(value)
                and np.isfinite(g_new).all()
                and self._falls(search.value, value, eta, slope, g_new @ g)
            ):
                state.theta[:] = theta
                state.search = Search(value, g_new, eta)
                return Iteration(value, 0.0, [float(np.linalg.norm(g_new))], columns={"eta": eta})
            eta /= 2
        return Iteration(search.value, 0.0, [float(np.sqrt(slope))], "stuck", columns={"eta": 0.0})

    def _falls(self, before: float, after: float, eta: float, slope: float, along: float) -> bool:
        if after <= before - self.c * eta * slope:
            return True
        return after <= before + 8 * EPSILON * abs(before) and slope * (2 * self.c - 1) <= along <= slope
