"""What kind of point a descent ended in, told by the eigenvalues of the Hessian."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Kind = Literal["minimum", "maximum", "saddle", "degenerate", "not stationary"]

# an eigenvalue so much smaller than the largest is zero as far as floats can tell; objectives whose Hessian is less
# exact say so by an attribute `hessian_accuracy`
FLAT = 1e-10
# the Newton step from a point that is as good as stationary, relative to 1 + ‖x‖
NEAR = 1e-6


def kind_of(objective: Any, x: Floats, g: Floats, H: Floats, tolerance: float) -> Kind:
    """minimum (all λ > 0), maximum (all λ < 0), saddle (both signs), degenerate (some λ = 0), or not stationary.

    x counts as stationary where ‖g‖₂ ≤ tolerance or the Newton step is shorter than 1e-6 (1 + ‖x‖). An eigenvalue
    that changes by more than a tenth over the Newton step vanishes at the stationary point nearby: x⁴ is degenerate
    at 0, and is found so at 0.001 too.
    """
    if not (np.isfinite(g).all() and np.isfinite(H).all()):
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


def _vanishes(H: Floats, curvatures: Floats) -> bool:
    if not np.isfinite(H).all():
        return False
    return bool(np.any(np.abs(np.linalg.eigvalsh(H) - curvatures) > 0.1 * np.abs(curvatures)))
