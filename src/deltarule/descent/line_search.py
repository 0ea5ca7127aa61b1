"""How far to go along a direction d with slope ∇f·d < 0: Armijo's rule, and the strong Wolfe conditions.

    falls       f(θ + td) ≤ f(θ) + c₁ t ∇f(θ)·d      (Armijo 1966)
    flattens    |∇f(θ + td)·d| ≤ c₂ |∇f(θ)·d|        (strong Wolfe; Nocedal, Wright 2006, algorithms 3.5, 3.6)

Where f(θ + td) and f(θ) can no longer be told apart in floats, the slopes decide (Hager, Zhang 2005).
A value that is not finite counts as too high: the step is shortened, nothing is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Point:
    """f and ∇f at θ + td; `t` is 0 at θ itself; `slope` is ∇f·d."""

    t: float
    theta: Floats
    value: float
    g: Floats
    slope: float


def armijo(
    objective: Any,
    theta: Floats,
    value: float,
    g: Floats,
    d: Floats,
    first: float = 1.0,
    c1: float = 1e-4,
    halvings: int = 60,
) -> Point | None:
    """The first of t = first, first/2, … that falls; None where none does, or d does not go down.

    >>> from deltarule.objectives.formula import Formula
    >>> f = Formula("x1**2"); value, g = f.gradient(np.array([3.0]))
    >>> armijo(f, np.array([3.0]), value, g, -g).theta.tolist()
    [0.0]
    """
    slope = float(g @ d)
    if not slope < 0:
        return None
    for halving in range(halvings):
        t = first * 0.5**halving
        there = theta + np.asarray(t * d, theta.dtype)
        highest = value + 4 * float_info.epsilon * abs(value)
        if not (np.isfinite(there).all() and objective.value(there) <= highest):
            continue  # not worth a gradient
        found = _look(objective, theta, d, t)
        if found is not None and _falls(value, slope, found, c1):
            return None if np.array_equal(found.theta, theta) else found
    return None


def strong_wolfe(
    objective: Any,
    theta: Floats,
    value: float,
    g: Floats,
    d: Floats,
    first: float = 1.0,
    c1: float = 1e-4,
    c2: float = 0.9,
    tries: int = 40,
) -> Point | None:
    """A step that falls and flattens; one that only falls where `tries` looks find no better; None where none falls.

    Parameters
    ----------
    d (P,) : the direction; first : the first t tried; c1 < c2 < 1 : 0.9 for quasi-Newton, 0.1 for conjugate gradients.
    """
    slope = float(g @ d)
    if not slope < 0:
        return None
    low, high, t = Point(0.0, theta, value, g, slope), None, first
    for _ in range(tries):
        found = _look(objective, theta, d, t)
        if found is None:
            high = Point(t, theta, np.inf, g, np.inf)
        elif not _falls(value, slope, found, c1) or (found.value > low.value and low.t > 0):
            high = found
        elif abs(found.slope) <= -c2 * slope:
            return found
        elif high is None:
            low, high = (found, low) if found.slope >= 0 else (found, None)
        else:
            low, high = found, low if found.slope * (high.t - low.t) >= 0 else high
        t = _farther(low) if high is None else _between(low, high)
        if high is not None and abs(high.t - low.t) <= float_info.epsilon * max(low.t, high.t):
            break
    return low if low.t > 0 and not np.array_equal(low.theta, theta) else None


def _look(objective: Any, theta: Floats, d: Floats, t: float) -> Point | None:
    there = theta + np.asarray(t * d, theta.dtype)
    if not np.isfinite(there).all():
        return None
    value, g = objective.gradient(there)
    if not (np.isfinite(value) and np.isfinite(g).all()):
        return None
    return Point(t, there, float(value), g, float(g @ d))


def _falls(value: float, slope: float, found: Point, c1: float) -> bool:
    if found.value <= value + c1 * found.t * slope:
        return True
    return found.value <= value + 4 * float_info.epsilon * abs(value) and found.slope <= (2 * c1 - 1) * slope


def _farther(low: Point) -> float:
    return 4 * low.t


def _between(low: Point, high: Point) -> float:
    """The minimum of the cubic through both ends' values and slopes, kept off the ends; the middle if there is none."""
    width = high.t - low.t
    if not np.isfinite(high.value):
        return low.t + 0.1 * width
    a = low.slope + high.slope - 3 * (high.value - low.value) / width
    root = a * a - low.slope * high.slope
    if not (np.isfinite(root) and root >= 0):
        return low.t + 0.5 * width
    b = np.copysign(np.sqrt(root), width)
    below = high.slope - low.slope + 2 * b
    share = 1 - (high.slope + b - a) / below if below else 0.5
    return low.t + width * min(max(float(share), 0.05), 0.95) if np.isfinite(share) else low.t + 0.5 * width
