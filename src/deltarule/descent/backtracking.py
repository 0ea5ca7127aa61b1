"""Gradient descent whose step length is found anew each time: halved until f falls enough (Armijo 1966)."""

from __future__ import annotations

from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.kinks import downhill, jumps
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]
CRAWL = 1e-8  # a step, relative to 1 + ‖θ‖: to and fro across a kink none longer lowers f


@dataclass
class Search:
    """What is kept between iterations: f and ∇f at θ, and the last step length that was taken."""

    value: float
    g: Floats
    eta: float


@dataclass(frozen=True)
class Reached:
    """θ − η g, with f and ∇f there."""

    eta: float
    theta: Floats
    value: float
    g: Floats


@dataclass(frozen=True)
class Backtracking:
    """θ ← θ − η g with the first η of 2η_last, η_last, η_last/2, … for which f(θ − η g) ≤ f(θ) − c η ‖g‖².

    After a steep place η_last may be far too short: as long as g(θ − η g)·g > 0.9 ‖g‖² there, f goes on falling as it
    does at θ, and 2η is tried too, up to a step as long as 1 + ‖θ‖ (Wolfe's second condition).
    Where f can no longer be told apart from f(θ) in floats, the slope decides: g(θ − η g)·g ≥ (2c − 1) ‖g‖²
    (Hager, Zhang 2005, the approximate Wolfe condition).
    In a kink of a formula, where −∇f leads to and fro, the step goes where f falls most steeply.

    Parameters
    ----------
    c : the share of the first-order decrease asked for, in (0, 1/2); 0.1 keeps steps near the valley's middle.
    straight : the share of the slope that is left where η is too short.
    first : the first η that is tried.

    >>> from deltarule import descend
    >>> down = descend("exp(10*x) + exp(-10*x)", [5])  # the first step takes η = 1e-22
    >>> down.kind, down.outcome.name, bool(abs(down.x[0]) < 1e-9)
    ('minimum', 'converged', True)
    """

    c: float = 0.1
    straight: float = 0.9
    first: float = 1.0

    def begin(self, objective: Any, theta: Floats) -> Search:
        """f and ∇f at the start."""
        value, g = objective.gradient(theta)
        return Search(value, g, self.first / 2)

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One step; `stuck` where no length is short enough."""
        search: Search = state.search
        slope = float(search.g @ search.g)
        if slope == 0:
            return Iteration(search.value, 0.0, [0.0], "converged", columns={"eta": 0.0})
        found = self._step(objective, state.theta, search, slope)
        short = CRAWL * (1 + float(np.linalg.norm(state.theta)))
        if found is None or found.eta * np.sqrt(slope) < short:
            found = self._out_of_a_kink(objective, state.theta, search.value) or found
        if found is None:
            return Iteration(search.value, 0.0, [float(np.sqrt(slope))], "stuck", columns={"eta": 0.0})
        state.theta[:] = found.theta
        state.search = Search(found.value, found.g, found.eta)
        return Iteration(found.value, 0.0, [float(np.linalg.norm(found.g))], columns={"eta": found.eta})

    def _step(self, objective: Any, theta: Floats, search: Search, slope: float) -> Reached | None:
        first = eta = _moving(theta, search.g, 2 * search.eta)
        if not np.isfinite(eta):
            return None
        found = None
        while eta * np.abs(search.g).max() > float_info.epsilon * float_info.epsilon:
            there = theta - eta * search.g
            if np.array_equal(there, theta):
                return None
            found = self._fallen(objective, there, eta, search, slope)
            if found is not None:
                break
            eta /= 2
        return self._longer(objective, theta, search, slope, found) if found and eta == first else found

    def _out_of_a_kink(self, objective: Any, theta: Floats, value: float) -> Reached | None:
        """A step in the direction that −∇f, the slope to one side of a kink, does not find."""
        down = downhill(objective, theta) if jumps(objective, theta).size else None
        if down is None:
            return None
        return self._step(objective, theta, Search(value, -down, self.first / 2), float(down @ down))

    def _longer(self, objective: Any, theta: Floats, search: Search, slope: float, found: Reached) -> Reached:
        """2η, 4η, … for as long as f falls as steeply as at θ."""
        longest = 1 + float(np.linalg.norm(theta))
        while found.g @ search.g > self.straight * slope and found.eta * np.sqrt(slope) < longest:
            eta = 2 * found.eta
            farther = self._fallen(objective, theta - eta * search.g, eta, search, slope)
            if farther is None or farther.value > found.value:
                break
            found = farther
        return found

    def _fallen(
        self, objective: Any, there: Floats, eta: float, search: Search, slope: float
    ) -> Reached | None:
        """What is found there, if f is low enough."""
        value, g = objective.gradient(there)
        if not (np.isfinite(value) and np.isfinite(g).all()):
            return None
        rounding = 8 * float_info.epsilon * abs(search.value)
        falls = value <= search.value - max(self.c * eta * slope, rounding)
        alike = value <= search.value + rounding and (2 * self.c - 1) * slope <= g @ search.g
        return (
            Reached(eta, there, value, g) if falls or (alike and self.c * eta * slope <= rounding) else None
        )


def _moving(theta: Floats, g: Floats, eta: float) -> float:
    """η, doubled until θ − η g is not θ in floats."""
    while np.isfinite(eta) and np.array_equal(theta - eta * g, theta):
        eta *= 2
    return eta
