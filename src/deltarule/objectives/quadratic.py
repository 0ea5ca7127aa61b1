"""The quadratic model of f at θ, with its damped minimisers: what Gauss-Newton and Levenberg-Marquardt ask for.

    f(θ + x) ≈ f + gᵀx + ½ xᵀ(G + Λ)x
    x(μ)     = −(G + Λ + μ M)⁻¹ g

G is the Gauss-Newton curvature of the data, Λ (P,) the penalty's, M the identity or, for a typed model, G's diagonal.
Three forms: `DenseQuadratic` holds G (P, P); `ResidualQuadratic` holds residuals and their Jacobian and solves by QR,
for few parameters and badly scaled ones; `SampleQuadratic` (its own file) works with as many equations as residuals,
for fewer residuals than weights. A matrix that is singular, huge or not positive gives None, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.objectives.cholesky import Factor, by_lapack, factor

Floats = NDArray[np.floating]


class Quadratic(Protocol):
    """f, its parts and gradient at θ; `step(μ)` minimises the damped model, None where that cannot be done."""

    @property
    def error(self) -> float: ...
    @property
    def penalty(self) -> float: ...
    @property
    def gradient(self) -> Floats: ...
    def step(self, mu: float) -> Floats | None: ...
    def bend(self, x: Floats) -> float: ...


@dataclass
class DenseQuadratic:
    """G / weight (P, P) in memory; `ridge` is Λ (P,). One Cholesky factor a step.

    >>> model = DenseQuadratic(1.0, 0.0, np.array([2.0, 0.0]), np.diag([4.0, 1.0]), np.zeros(2))
    >>> model.step(0.0).tolist()
    [-0.5, 0.0]
    """

    error: float
    penalty: float
    gradient: Floats
    G: Floats
    ridge: Floats
    weight: float = 1.0
    compiled: bool = False
    threads: int | None = None
    factor: Factor | None = None

    def step(self, mu: float) -> Floats | None:
        """x(μ) = −(G + Λ + μ)⁻¹ g."""
        found = self._factor(self.ridge + mu, np.ones(len(self.ridge)))
        x = None if found is None else found.solve(-self.gradient)
        return x if x is not None and np.isfinite(x).all() else None

    def effective(self) -> tuple[Floats, float] | None:
        """How much of each weight the data determine, γ_p = [(G + Λ)⁻¹G]_pp (P,), and ln |G + Λ|; None if not positive.

        From the factor of Λ^−½ G Λ^−½ + 1, whose inverse V is at most 1: γ_p = 1 − V_pp.
        """
        root = np.sqrt(self.ridge)
        self.factor = self._factor(np.ones(len(root)), 1 / root)
        if self.factor is None:
            return None
        logarithm = self.factor.logarithm + 2 * float(np.log(root).sum())
        gamma = np.clip(1 - self.factor.inverse_diagonal(), 0, 1)
        return (gamma, logarithm) if np.isfinite(logarithm) else None

    def variances(self, J: Floats) -> Floats:
        """J (G + Λ)⁻¹ Jᵀ of each row of J (R, P), once `effective` has been asked."""
        assert self.factor is not None
        return self.factor.squares(J / np.sqrt(self.ridge))

    def half(self) -> Callable[[Floats], Floats] | None:
        """What makes of rows of J (R, P) the Z (R, P) with ZZᵀ = J (G + Λ)⁻¹ Jᵀ; None where G + Λ is not positive."""
        root = np.sqrt(self.ridge)
        found = by_lapack(self.G, np.ones(len(root)), np.sqrt(self.weight) / root)
        return None if found is None else lambda J: found.half(J / root)

    def reweighted(self, ratio: float, ridge: Floats, theta: Floats) -> DenseQuadratic:
        """The model at the same θ for a data part `ratio` times as large and another ridge: no new pass."""
        g = ratio * (self.gradient - self.ridge * theta) + ridge * theta
        penalty = 0.5 * float(ridge @ (theta * theta))
        return DenseQuadratic(
            ratio * self.error, penalty, g, self.G, ridge, ratio * self.weight, self.compiled, self.threads
        )

    def bend(self, x: Floats) -> float:
        """xᵀ(G + Λ)x."""
        return float(self.weight * (x @ (self.G @ x)) + x @ (self.ridge * x))

    def _factor(self, diagonal: Floats, scale: Floats) -> Factor | None:
        return factor(self.G, diagonal, np.sqrt(self.weight) * scale, self.compiled, self.threads)


@dataclass
class ResidualQuadratic:
    """f = Σ r², r (R,) with Jacobian J (R, P): G = 2 JᵀJ is never formed.

    M = diag of the largest column norms squared so far.
    """

    residuals: Floats
    J: Floats
    scale: Floats
    penalty: float = 0.0

    @property
    def error(self) -> float:
        """Σ r²."""
        return float(self.residuals @ self.residuals)

    @property
    def gradient(self) -> Floats:
        """2 Jᵀr."""
        return 2 * (self.residuals @ self.J)

    def step(self, mu: float) -> Floats | None:
        """x minimises ‖r + Jx‖² + μ ‖M^½ x‖²: QR of J and the damping's rows, columns scaled to one size."""
        return self.solve(self.residuals, mu)

    def solve(self, residuals: Floats, mu: float) -> Floats | None:
        """The same step for other residuals (geodesic acceleration's)."""
        from scipy.linalg import LinAlgError, qr, solve_triangular

        J = np.vstack([self.J / self.scale, np.sqrt(mu) * np.eye(self.J.shape[1])])
        if not np.isfinite(J).all():
            return None
        try:
            factors: Any = qr(J, mode="economic", pivoting=True, check_finite=False)
            Q, R, order = factors
            z = np.empty(self.J.shape[1])
            z[order] = solve_triangular(R, -(residuals @ Q[: len(residuals)]), check_finite=False)
        except (LinAlgError, ValueError):
            return None
        x = z / self.scale
        return x if np.isfinite(x).all() else None

    def bend(self, x: Floats) -> float:
        """2 ‖Jx‖²."""
        moved = self.J @ x
        return 2 * float(moved @ moved)


def quadratic(objective: Any, theta: Floats, scale: Floats | None = None) -> Quadratic:
    """The model of an objective at θ, in the form that it answers; raises InputError where it answers none."""
    if hasattr(objective, "quadratic"):
        return objective.quadratic(theta)
    if not hasattr(objective, "residuals") or not hasattr(objective, "jacobian"):
        raise InputError(
            "this rule needs a sum of squares (residuals and their Jacobian), and this function is none: use "
            "rule='newton' or 'lbfgs'"
        )
    r, J = objective.residuals(theta), objective.jacobian(theta)
    size = np.sqrt((J * J).sum(axis=0))
    return ResidualQuadratic(
        r, J, np.where(size > 0, size, 1.0) if scale is None else np.maximum(size, scale)
    )
