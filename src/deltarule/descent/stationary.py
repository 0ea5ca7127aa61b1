"""What kind of point a descent ended in, told by the eigenvalues of the Hessian; a kink of a formula has none."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.endless import falls_on
from deltarule.descent.kinks import CLOSE, FAR, downhill, jumps
from deltarule.descent.nearby import Quadratic, nearby
from deltarule.objectives.formula import Formula

Floats = NDArray[np.floating]
Kind = Literal["minimum", "maximum", "saddle", "degenerate", "kink", "not stationary"]

# the Newton step from a point that is as good as stationary, relative to 1 + ‖x‖
NEAR = 1e-6
# the way to a stationary point without curvature, likewise: its neighbourhood is flat, and a descent hardly moves there
FLATTER = 0.03
POLE = 1e6  # a slope so many times larger than f and its surroundings, over a distance of 1 + |x|, leads to no bottom


def kind_of(objective: Any, x: Floats, g: Floats, H: Floats, tolerance: float) -> Kind:
    """minimum (all λ > 0), maximum (all λ < 0), saddle (both signs), degenerate (some λ = 0), kink, or not stationary.

    x counts as stationary where the Newton step is shorter than 1e-6 (1 + ‖x‖): however small ∇f is, a long Newton
    step leads to a stationary point elsewhere, as from 0 in 1e-9 (x − 5)². But where ‖g‖₂ ≤ tolerance and λ vanishes
    on Newton's way to a point within 0.03 (1 + ‖x‖), x is as good as that: x⁴ is degenerate at 0, and is found so at
    0.001 too. In a kink, as of |x| at 0, no second derivative tells the kind; the slopes around it cancel.
    """
    if towards_a_pole(objective, x):
        return "not stationary"
    jumping = jumps(objective, x)
    if jumping.size:
        rest = np.delete(g, jumping[:, 0].astype(int))
        turns = bool((jumping[:, 1] * jumping[:, 2] <= 0).all()) and float(np.linalg.norm(rest)) <= tolerance
        return "kink" if turns and downhill(objective, x) is None else "not stationary"
    if not (np.isfinite(g).all() and np.isfinite(H).all()):
        return "not stationary"
    steep = float(np.linalg.norm(g))
    if not H.any():
        return "degenerate" if not g.any() else "not stationary"
    model = Quadratic.of(objective, g, H)
    way = float(np.linalg.norm(model.step))
    if np.isfinite(way) and way <= NEAR * (1 + float(np.linalg.norm(x))):
        if model.flat.any() or _vanishes(objective.hessian(x + model.step), model.curvatures):
            return "degenerate" if steep <= tolerance else "not stationary"
        return _by_sign(model.curvatures)
    return "degenerate" if steep <= tolerance and _is_flat(objective, x, g, H) else "not stationary"


def endless(objective: Any, x: Floats, g: Floats, H: Floats) -> bool:
    """Whether f falls ever more slowly from x towards infinity, along what the Newton step is long in.

    >>> f, x = Formula("exp(-x) + y**2"), np.array([20.0, 1e-9])
    >>> endless(f, x, f.gradient(x)[1], f.hessian(x))
    True
    """
    if not (np.isfinite(g).all() and np.isfinite(H).all()):
        return False
    if not H.any():
        return falls_on(objective, x, -g)
    model = Quadratic.of(objective, g, H)
    slopes = model.axes.T @ g
    long = np.abs(model.axes.T @ model.step) > NEAR * (1 + np.linalg.norm(x))
    return falls_on(objective, x, -model.axes @ np.where(long, slopes, 0.0))


def towards_a_pole(objective: Any, x: Floats) -> bool:
    """Whether a formula is infinite close by, or its slope is, as ln x, 1/x and √x at 0; not so a kink's, as of √|x|.

    >>> [towards_a_pole(Formula(f), np.array([1e-20])) for f in ("log(x)", "sqrt(x)", "sqrt(abs(x))", "1e9*x")]
    [True, True, False, False]
    """
    return _steep(objective, x, CLOSE) or (not jumps(objective, x).size and _steep(objective, x, 0.0))


def _steep(objective: Any, x: Floats, off: float) -> bool:
    """Whether the slope so far off x is too large beside f's values around to be that of a smooth f."""
    if not isinstance(objective, Formula):
        return False
    for i in range(len(x)):
        unit = np.zeros(len(x))
        unit[i] = 1 + abs(x[i])
        values = [abs(float(objective.value(x + side * FAR * unit))) for side in (-1, 1)]
        slopes = [abs(float(objective.gradient(x + side * off * unit)[1][i])) for side in (-1, 1)]
        high, steep = (max((v for v in found if np.isfinite(v)), default=0.0) for found in (values, slopes))
        if steep * unit[i] > POLE * (1 + high):
            return True
    return False


def _by_sign(curvatures: Floats) -> Kind:
    return "minimum" if curvatures[0] > 0 else "maximum" if curvatures[-1] < 0 else "saddle"


def _is_flat(objective: Any, x: Floats, g: Floats, H: Floats) -> bool:
    """Whether Newton's steps lead to a point nearby that has no curvature, and not towards infinity."""
    if endless(objective, x, g, H):
        return False
    found = nearby(objective, x, g, H)
    return found.vanishes and found.away <= FLATTER * (1 + float(np.linalg.norm(x)))


def _vanishes(H: Floats, curvatures: Floats) -> bool:
    """Whether an eigenvalue changes by more than a tenth over so short a step."""
    if not np.isfinite(H).all():
        return False
    return bool(np.any(np.abs(np.linalg.eigvalsh(H) - curvatures) > 0.1 * np.abs(curvatures)))
