"""Where a descent has no end: f falls ever more slowly towards infinity, or ever more steeply towards a pole."""

from __future__ import annotations

from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

WAYS = 10.0 ** np.arange(-2, 7)  # how far ahead f is looked at, relative to 1 + ‖x‖
INNER, OUTER = 1e6, 1e9  # how far off a pole its kind is told, in steps as short as floats are there
# s f'(s) of −1/s and ln s stays as it is or grows towards s = 0, that of √s falls to a 31st of it
SLOWER = 0.7


def falls_on(objective: Any, x: Floats, down: Floats) -> bool:
    """Whether f falls ever more slowly in a direction as far as it is looked at, as e⁻ˣ and −ln x do for large x.

    Parameters: x (P,); down (P,), in which f falls at x, of any length but 0.

    >>> from deltarule.objectives.formula import Formula
    >>> [falls_on(Formula(f), np.array([9.0]), np.array([1.0])) for f in ("exp(-x)", "(x - 10)**2", "-x")]
    [True, False, False]
    """
    length = float(np.linalg.norm(down))
    if not (length > 0 and np.isfinite(length)):
        return False
    u = down / length
    value, g = objective.gradient(x)
    first = before = float(g @ u)
    gone = 0.0
    for way in (WAYS * (1 + float(np.linalg.norm(x)))).tolist():
        there = float(objective.value(x + way * u))
        rounding = 8 * float_info.epsilon * abs(value)
        if not there <= value + rounding:
            return False  # it rises, or has no value
        slope = (there - value) / (way - gone)
        if slope < before * (1 + 1e-6) - rounding / (way - gone):
            return False  # it falls more steeply
        value, before, gone = there, min(slope, 0.0), way
    return bool(first / 2 < before)


def falls_into(objective: Any, x: Floats, g: Floats) -> bool:
    """Whether f falls without end down to the pole that lies close before x, as ln x at 0; √x only falls to 0.

    >>> from deltarule.objectives.formula import Formula
    >>> x = np.array([1e-25])
    >>> [falls_into(f, x, f.gradient(x)[1]) for f in map(Formula, ("log(x)", "sqrt(x)"))]
    [True, False]
    """
    length = float(np.linalg.norm(g))
    if not (length > 0 and np.isfinite(length)):
        return False
    up = g / length
    value, h = objective.value(x), float(np.spacing(np.abs(x).max()))
    while h < 1 and objective.value(x - h * up) <= value:
        h *= 2
    inner, outer = (s * abs(float(objective.gradient(x + s * up)[1] @ up)) for s in (INNER * h, OUTER * h))
    return bool(np.isfinite(inner) and inner > SLOWER * outer)
