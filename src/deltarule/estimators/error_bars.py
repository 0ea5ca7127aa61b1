"""How sure a prediction is: Laplace's approximation around a minimum, and the spread of a committee.

    A = Σ_k β_k Σ_n J_nkᵀ J_nk + diag(α)         σ_k²(x) = 1/β_k + J_k(x) A⁻¹ J_k(x)ᵀ        (MacKay 1992)

α and β are those that evidence found; for lm α_w = β alpha and β = (N − γ)/Σ l², γ the number of weights that the data
determine. A committee's variance is the mean of its members' and the variance of their outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop, curvature
from deltarule.equations.shape import Shape
from deltarule.estimators.standardisation import Standardisation

Floats = NDArray[np.float64]
WEIGHTS = 2000  # A takes P² numbers: 32 MB
ENTRIES = 1 << 22  # of a block's Jacobian


@dataclass(frozen=True)
class ErrorBars:
    """One network's: θ and A's inverse root in the units it was trained in; inverse_root is None without curvature."""

    shape: Shape
    theta: Floats
    noise: Floats  # (K,) variance of the targets around the outputs
    inverse_root: Floats | None  # L⁻¹ (P, P), A = L Lᵀ
    scaling: Standardisation | None

    def moments(self, X: Floats) -> tuple[Floats, Floats]:
        """Outputs and variances (N, K) in the target's own unit."""
        x = X.astype(np.float64) if self.scaling is None else self.scaling.inputs(X)
        o = backprop.forward(self.shape, self.theta, x).o
        variance = np.broadcast_to(self.noise, o.shape)
        if self.inverse_root is not None:
            K, P = self.shape.sizes[-1], self.shape.size
            variance = variance.copy()
            block = max(ENTRIES // (K * P), 1)
            for at in range(0, len(x), block):
                J = curvature.jacobian(self.shape, self.theta, x[at : at + block])
                root = self.inverse_root @ J.reshape(-1, P).T
                variance[at : at + block] += (root * root).sum(axis=0).reshape(-1, K)
        if self.scaling is None:
            return o, variance
        spread = self.scaling.target_spread
        return o * spread + self.scaling.target_center, variance * spread**2


def error_bars(
    shape: Shape,
    theta: Floats,
    X: Floats,
    D: Floats,
    s: Floats | None,
    scaling: Standardisation | None,
    alpha: float,
    search: Any,
    curved: bool,
) -> ErrorBars:
    """Those of a trained network; `search` is what evidence kept, or another rule's; `curved`: whether A is wanted."""
    theta = theta.astype(np.float64)
    N = float(len(D) if s is None else s.sum())
    weight = np.ones(len(D)) if s is None else s.astype(np.float64)
    l = backprop.forward(shape, theta, X.astype(np.float64)).o - D
    squares = weight @ (l * l)
    least = 1e-10 * np.var(D, axis=0) + np.finfo(np.float64).tiny
    if not curved or shape.size > WEIGHTS:
        return ErrorBars(shape, theta, np.maximum(squares / N, least), None, scaling)
    estimate = getattr(search, "estimate", None)
    if estimate is not None:
        beta, ridge = estimate.beta, estimate.alpha[search.groups.index]
        curve = _curvature(shape, theta, X, weight[:, None] * beta)
    else:
        curve = _curvature(shape, theta, X, np.broadcast_to(weight[:, None], l.shape))
        mask = shape.weight_mask()
        values = np.linalg.eigvalsh(curve + alpha * np.diag(mask.astype(np.float64)))
        gamma = float((values / (values + max(alpha, 1e-12 * values[-1]))).sum())
        beta = np.maximum(N - gamma / len(squares), 1.0) / np.maximum(squares, N * least)
        curve = _curvature(shape, theta, X, weight[:, None] * beta)
        ridge = float(beta.mean()) * alpha * mask
    A = curve + np.diag(np.broadcast_to(ridge, len(theta)) + 1e-12 * np.trace(curve) / len(theta))
    values, vectors = np.linalg.eigh(A)
    root = (vectors / np.sqrt(np.maximum(values, 1e-12 * values[-1]))).T
    return ErrorBars(shape, theta, 1 / beta, root, scaling)


def together(bars: list[ErrorBars], X: Floats) -> Floats:
    """(N, K): the standard deviation of a prediction by all of these networks' mean."""
    outputs, variances = zip(*(member.moments(X) for member in bars), strict=True)
    return np.sqrt(np.mean(variances, axis=0) + np.var(outputs, axis=0))


def _curvature(shape: Shape, theta: Floats, X: Floats, weight: Floats) -> Floats:
    """Σ_n Σ_k weight_nk J_nkᵀ J_nk (P, P), a block of rows at a time."""
    K, P = shape.sizes[-1], shape.size
    found, block = np.zeros((P, P)), max(ENTRIES // (K * P), 1)
    for at in range(0, len(X), block):
        J = curvature.jacobian(shape, theta, X[at : at + block].astype(np.float64))
        J *= np.sqrt(weight[at : at + block, :, None])
        J = J.reshape(-1, P)
        found += J.T @ J
    return found
