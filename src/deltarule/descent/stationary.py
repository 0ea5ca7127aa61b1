"""What kind of point a descent ended in, told by the eigenvalues of the Hessian; a kink of a formula has none."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deltarule.objectives.formula import Formula

Floats = NDArray[np.floating]
Kind = Literal["minimum", "maximum", "saddle", "degenerate", "kink", "not stationary"]

# an eigenvalue so much smaller than the largest is zero as far as floats can tell; objectives whose Hessian is less
# exact say so by an attribute `hessian_accuracy`
FLAT = 1e-10
# the Newton step from a point that is as good as stationary, relative to 1 + ‖x‖
NEAR = 1e-6
# to either side of a point, relative to 1 + |x_i|: a slope that changes by as much over the short way as over the long
# one jumps; that of a smooth f changes by a ten-thousandth of it
FAR, CLOSE = 1e-4, 1e-8
JUMP = 1e-3  # of the slopes on either side: less is rounding
POLE = 1e6  # a slope so many times larger than f and its surroundings, over a distance of 1 + |x|, leads to no bottom


def kind_of(objective: Any, x: Floats, g: Floats, H: Floats, tolerance: float) -> Kind:
    """minimum (all λ > 0), maximum (all λ < 0), saddle (both signs), degenerate (some λ = 0), kink, or not stationary.

    x counts as stationary where ‖g‖₂ ≤ tolerance or the Newton step is shorter than 1e-6 (1 + ‖x‖). An eigenvalue
    that changes by more than a tenth over the Newton step vanishes at the stationary point nearby: x⁴ is degenerate
    at 0, and is found so at 0.001 too. In a kink, as of |x| at 0, no second derivative tells the kind.
    """
    if _towards_a_pole(objective, x, CLOSE):
        return "not stationary"
    jumping = jumps(objective, x)
    if jumping.size:
        rest = np.delete(g, jumping[:, 0].astype(int))
        turns = bool((jumping[:, 1] * jumping[:, 2] <= 0).all())
        return "kink" if turns and float(np.linalg.norm(rest)) <= tolerance else "not stationary"
    if not (np.isfinite(g).all() and np.isfinite(H).all()) or _towards_a_pole(objective, x, 0.0):
        return "not stationary"
    curvatures, axes = np.linalg.eigh(H)
    largest = float(np.abs(curvatures).max())
    steep = float(np.linalg.norm(g))
    if largest == 0:
        return "degenerate" if steep <= tolerance else "not stationary"
    flat = np.abs(curvatures) <= getattr(objective, "hessian_accuracy", FLAT) * largest
    newton = axes @ np.where(flat, 0.0, (axes.T @ g) / np.where(flat, 1.0, curvatures))
    close = not flat.any() and np.linalg.norm(newton) <= NEAR * (1 + np.linalg.norm(x))
    if steep > tolerance and not close:
        return "not stationary"
    if flat.any() or _vanishes(objective.hessian(x - newton), curvatures):
        return "degenerate" if steep <= tolerance else "not stationary"
    return "minimum" if curvatures[0] > 0 else "maximum" if curvatures[-1] < 0 else "saddle"


def _towards_a_pole(objective: Any, x: Floats, off: float) -> bool:
    """Whether a formula is infinite close by, as ln x and 1/x at 0: so steep is it, so far off x, beside its values."""
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


def jumps(objective: Any, x: Floats) -> NDArray[np.float64]:
    """(kinks, 3): i, and ∂f/∂x_i just below and just above x, of each axis along which a formula's slope jumps at x.

    >>> jumps(Formula("abs(x1) + x2**2"), np.array([0.0, 0.0])).tolist()
    [[0.0, -1.0, 1.0]]
    """
    found: list[tuple[float, float, float]] = []
    for i in range(len(x)) if isinstance(objective, Formula) else ():
        unit = np.zeros(len(x))
        unit[i] = 1 + abs(x[i])
        far, close = (
            [float(objective.gradient(x + side * share * unit)[1][i]) for side in (-1, 1)]
            for share in (FAR, CLOSE)
        )
        jump = abs(close[1] - close[0])
        if (
            np.isfinite(jump)
            and jump > JUMP * (abs(close[0]) + abs(close[1]))
            and 2 * jump > abs(far[1] - far[0])
        ):
            found.append((float(i), close[0], close[1]))
    return np.array(found)


def _vanishes(H: Floats, curvatures: Floats) -> bool:
    if not np.isfinite(H).all():
        return False
    return bool(np.any(np.abs(np.linalg.eigvalsh(H) - curvatures) > 0.1 * np.abs(curvatures)))
