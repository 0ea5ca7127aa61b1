"""The stationary point that Newton's steps lead to: how far away it is, and whether f has curvature there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

# an eigenvalue so much smaller than the largest is zero as far as floats can tell; objectives whose Hessian is less
# exact say so by an attribute `hessian_accuracy`
FLAT = 1e-10
SHORT = 1e-9  # a step, relative to 1 + ‖x‖: there is no farther to go
GONE = 1e-6  # an eigenvalue, relative to what it was: it vanishes; of x⁴ one step leaves 4/9, of xⁿ more than 1/e
STEPS = 40


@dataclass(frozen=True)
class Quadratic:
    """f near x, from ∇f and H = ∇²f there: H's eigenvalues and eigenvectors, and which of them are zero."""

    curvatures: Floats
    axes: Floats
    flat: NDArray[np.bool_]
    step: Floats  # −H⁻¹∇f; along what is flat as if there were the least curvature that floats can tell

    @classmethod
    def of(cls, objective: Any, g: Floats, H: Floats) -> Quadratic:
        """By the eigenvalues of H, which is finite and not 0."""
        accuracy = getattr(objective, "hessian_accuracy", None)
        curvatures, axes = np.linalg.eigh(H)
        least = (accuracy or FLAT) * float(np.abs(curvatures).max())
        flat = np.abs(curvatures) <= least
        along = (axes.T @ g) / np.where(flat, least, curvatures)
        if accuracy is not None:  # differences: what they find along a flat direction may be noise
            along[flat] = 0.0
        return cls(curvatures, axes, flat, -axes @ along)


@dataclass(frozen=True)
class Nearby:
    """How far Newton's steps led from x, and whether an eigenvalue of ∇²f vanished on the way."""

    away: float
    vanishes: bool


def nearby(objective: Any, x: Floats, g: Floats, H: Floats) -> Nearby:
    """Where Newton's steps lead from x, for as long as f has curvature; H is finite and not 0.

    >>> from deltarule.objectives.formula import Formula
    >>> f, x = Formula("(x - 1)**4"), np.array([1.01])
    >>> found = nearby(f, x, f.gradient(x)[1], f.hessian(x))
    >>> round(found.away, 4), found.vanishes
    (0.01, True)
    """
    z = np.array(x, np.float64)
    at_x = Quadratic.of(objective, g, H)
    first, flat = np.sort(np.abs(at_x.curvatures)), int(at_x.flat.sum())
    vanishes, lengths = False, [np.inf]
    for _ in range(STEPS):
        if not (np.isfinite(g).all() and np.isfinite(H).all()) or not H.any():
            break
        model = Quadratic.of(objective, g, H)
        left = np.sort(np.abs(model.curvatures))
        vanishes = int(model.flat.sum()) > flat or bool((left < GONE * first).any())
        if vanishes or np.linalg.norm(model.step) <= SHORT * (1 + np.linalg.norm(z)):
            break
        z = z + model.step
        lengths.append(float(np.linalg.norm(model.step)))
        g, H = objective.gradient(z)[1], objective.hessian(z)
    return Nearby(float(np.linalg.norm(z - x)) + _rest(*lengths[-2:]), vanishes)


def _rest(before: float = 0.0, last: float = 0.0) -> float:
    """How long all further steps are together, if each is shorter than the one before by the same factor."""
    return last**2 / (before - last) if last < before else np.inf if last else 0.0
