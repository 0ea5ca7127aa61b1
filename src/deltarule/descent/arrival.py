"""When a descent has arrived: ∇f is as small as asked for, and no long Newton step leads on from there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.loop import Moment
from deltarule.descent.stationary import endless, kind_of

Floats = NDArray[np.floating]


def arrived(objective: Any, x: Floats, g: Floats, tolerance: float) -> bool:
    """Whether x is as good as stationary, or f falls from there towards infinity only.

    >>> from deltarule.objectives.formula import Formula
    >>> f = Formula("1e-9*(x - 5)**2")
    >>> [arrived(f, x, f.gradient(x)[1], 1e-8) for x in (np.array([0.0]), np.array([5.0]))]
    [False, True]
    """
    if not float(np.linalg.norm(g)) <= tolerance:
        return False
    H = objective.hessian(x)
    return kind_of(objective, x, g, H, tolerance) != "not stationary" or endless(objective, x, g, H)


class Arrival:
    """Observes every step, and asks for the end once the descent has arrived."""

    every = 1

    def __init__(self, tolerance: float) -> None:
        self.tolerance = self._wanted = tolerance
        self.reached = False

    def __call__(self, moment: Moment) -> bool:
        x = moment.state.theta.astype(np.float64)
        g = moment.objective.gradient(x)[1]
        size = float(np.linalg.norm(g))
        if size <= self._wanted and not self.reached:
            self.reached = arrived(moment.objective, x, g, self.tolerance)
            self._wanted = size / 2  # what is found out there costs Hessians: not anew at each step
        return self.reached
