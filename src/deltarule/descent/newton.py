"""Newton's method in a trust region: exact for few weights, by truncated conjugate gradients for many.

    x minimises ∇f·x + ½ xᵀHx over ‖x‖ ≤ r;      r grows where f falls as promised, and shrinks where not

H may be singular or have negative directions: the step then goes to the region's edge (Moré,
Sorensen 1983; Steihaug 1983).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import above_zero, count, numbers
from deltarule.descent.telling import finite, standstill, told
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]


@dataclass
class Region:
    """f, ∇f and the region's radius at θ; H's eigenvalues and eigenvectors once they are known there."""

    value: float
    g: Floats
    radius: float
    spectrum: tuple[Floats, Floats] | None = None


@dataclass(frozen=True)
class Newton:
    """θ ← θ + x, x the minimiser of the quadratic model in the trust region.

        min over ‖x‖ ≤ r of ∇f·x + ½ xᵀHx,  H = ∇²f

    Parameters
    ----------
    exact_up_to : with so many weights or fewer H is taken whole and x exact; with more H is only multiplied. 0 or
        more; 300, as H's eigenvalues cost P³ a step.
    radius : r to begin with, > 0, in the unit of θ; 1. It grows and shrinks with how well the model fits.
    gradient : converged when ‖∇f‖₂ is at most this; 1e-7.

    Raises InputError for a value outside its range.

    Source: Nocedal, Wright 2006, eq. 4.3 and Algorithm 4.1 (the region), Algorithm 7.2 (many weights).

    Of a quadratic whose minimum lies inside the region one step finds it:

    >>> from deltarule import descend
    >>> down = descend("x**2 + 3*x*y + 5*y**2", [0.2, 0.1], rule=Newton())
    >>> down.outcome.step, bool(np.allclose(down.x, 0, atol=1e-12))
    (1, True)
    """

    exact_up_to: int = 300
    radius: float = 1.0
    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)
        count("exact_up_to", self.exact_up_to, 0)
        above_zero("a trust region's radius", self.radius)

    def begin(self, objective: Any, theta: Floats) -> Region:
        """f and ∇f at the start."""
        value, g = objective.gradient(theta)
        return Region(float(value), np.asarray(g, np.float64), self.radius)

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One step, taken or refused."""
        kept: Region = state.search
        if not finite(kept.value, kept.g):
            return told(objective, state.theta, kept.value, kept.g, "diverged")
        x, promised, ended = self.step(objective, state.theta, kept)
        if ended:
            return told(objective, state.theta, kept.value, kept.g, ended, radius=kept.radius)
        theta = state.theta + np.asarray(x, state.theta.dtype)
        value, g = objective.gradient(theta) if np.isfinite(theta).all() else (np.inf, kept.g)
        # where f can no longer be told apart, a smaller gradient is taken for a fall
        alike = abs(value - kept.value) <= 8e-16 * abs(kept.value) and np.linalg.norm(g) < np.linalg.norm(
            kept.g
        )
        fallen = finite(value, g) and value < kept.value and promised > 0  # rounding may turn either round
        share = 1.0 if alike else (kept.value - value) / promised if fallen else -1.0
        length = float(np.linalg.norm(x))
        if share < 0.25:
            kept.radius = 0.25 * length
        elif share > 0.75 and length > 0.99 * kept.radius:
            kept.radius = min(2 * kept.radius, 1e12)
        if not share > 1e-4:
            tiny = np.array_equal(theta, state.theta)
            return told(
                objective,
                state.theta,
                kept.value,
                kept.g,
                standstill(kept.value, kept.g) if tiny else None,
                radius=kept.radius,
            )
        state.theta[:] = theta
        kept.value, kept.g, kept.spectrum = float(value), np.asarray(g, np.float64), None
        return told(objective, state.theta, kept.value, kept.g, radius=kept.radius)

    def step(self, objective: Any, theta: Floats, kept: Region) -> tuple[Floats, float, str | None]:
        """x, how much the model promises, and an outcome where θ is a minimum already."""
        small = float(np.linalg.norm(kept.g)) <= self.gradient
        if len(theta) > self.exact_up_to or not hasattr(objective, "hessian"):
            return *truncated(
                self.product(objective, theta), kept.g, kept.radius
            ), "converged" if small else None
        if kept.spectrum is None:
            H = objective.hessian(theta)
            if not np.isfinite(H).all():
                return -kept.g, 0.0, "diverged"
            kept.spectrum = np.linalg.eigh(H)
        values, Q = kept.spectrum
        # a saddle has no slope either, but a way down
        if small and values[0] >= -1e-8 * max(1.0, float(np.abs(values).max())):
            return np.zeros_like(kept.g), 0.0, "converged"
        slopes = Q.T @ kept.g
        z = in_region(values, slopes, kept.radius)
        return Q @ z, -float(slopes @ z + 0.5 * (values * z) @ z), None

    def product(self, objective: Any, theta: Floats) -> Any:
        """v ↦ ∇²f v."""
        if hasattr(objective, "hessian_vector"):
            return lambda v: objective.hessian_vector(theta, v)

        def differenced(v: Floats) -> Floats:
            h = 1e-6 * (1 + float(np.linalg.norm(theta))) / float(np.linalg.norm(v))
            return (objective.gradient(theta + h * v)[1] - objective.gradient(theta - h * v)[1]) / (2 * h)

        return differenced


def in_region(values: Floats, slopes: Floats, radius: float) -> Floats:
    """The minimiser of slopes·z + ½ Σ values z² over ‖z‖ ≤ radius, the hard case (no slope along the lowest) included.

    >>> in_region(np.array([-1.0, 2.0]), np.array([0.0, 4.0]), 5.0).round(4).tolist()
    [4.8189, -1.3333]
    """
    lowest = float(values[0])
    if lowest > 0:
        z = -slopes / values
        if np.linalg.norm(z) <= radius:
            return z
    scale = max(float(np.abs(values).max()), float(np.abs(slopes).max()) / radius, 1e-300)
    low = max(0.0, -lowest)
    edge = np.where(values + low > 1e-14 * scale, -slopes / np.maximum(values + low, 1e-300), 0.0)
    flat = values + low <= 1e-14 * scale
    if np.abs(slopes[flat]).max(initial=0.0) <= 1e-14 * scale * radius and np.linalg.norm(edge) <= radius:
        if lowest < 0:  # the hard case: the rest of the radius goes along the lowest direction
            edge[0] += np.sqrt(max(radius**2 - float(edge @ edge), 0.0))
        return edge
    high = low + float(np.linalg.norm(slopes)) / radius + 1e-14 * scale
    for _ in range(200):  # ‖z(λ)‖ falls from ∞ to below the radius between low and high
        lam = 0.5 * (low + high)
        below = values + lam
        if (below > 0).all() and np.linalg.norm(slopes / below) <= radius:
            high = lam
        else:
            low = lam
        if high - low <= 1e-15 * high:
            break
    return -slopes / np.maximum(values + high, 1e-300)


def truncated(product: Any, g: Floats, radius: float) -> tuple[Floats, float]:
    """x by conjugate gradients on Hx = −g, up to the region's edge or a direction bending down; the fall promised."""
    x, r = np.zeros_like(g), g.copy()
    d, size = -r, float(np.linalg.norm(g))
    goal = min(0.5, np.sqrt(size)) * size
    Hx = np.zeros_like(g)
    for _ in range(min(2 * len(g), 250)):
        Hd = product(d)
        bend = float(d @ Hd)
        square = float(r @ r)
        t = square / bend if bend > 0 else np.inf
        if not np.isfinite(Hd).all():
            break
        if bend <= 0 or np.linalg.norm(x + t * d) >= radius:
            t = _to_edge(x, d, radius)
            x, Hx = x + t * d, Hx + t * Hd
            break
        x, Hx = x + t * d, Hx + t * Hd
        r = r + t * Hd
        if np.linalg.norm(r) <= goal:
            break
        d = -r + (float(r @ r) / square) * d
    return x, -float(g @ x + 0.5 * (x @ Hx))


def _to_edge(x: Floats, d: Floats, radius: float) -> float:
    a, b, c = float(d @ d), float(x @ d), float(x @ x) - radius**2
    return (-b + np.sqrt(max(b * b - a * c, 0.0))) / a
