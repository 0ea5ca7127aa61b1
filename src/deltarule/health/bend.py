"""How the error bends: the Hessian's largest and smallest eigenvalue; gradient descent's learning rate must stay below 2/λ_max."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop, curvature
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.network import Network

Floats = NDArray[np.floating]

ROWS = 512  # samples that λ is estimated from
PRODUCTS = 24  # Hessian·vector products: λ_max to about 1 % for the spectra that networks have


@dataclass(frozen=True)
class Bend:
    """Extreme eigenvalues of ∂²(E + penalty)/∂θ², nan where the error is not finite."""

    largest: float
    smallest: float

    @property
    def edge(self) -> float:
        """2/λ_max: the learning rate beyond which gradient descent climbs; ∞ where nothing bends up."""
        return 2 / self.largest if self.largest > 0 else float("inf")


def bend(
    network: Network, X: Floats, D: Floats, loss: Loss, penalty: Penalty, weight: Floats | None = None
) -> Bend:
    """λ_max and λ_min by Lanczos with full re-orthogonalisation on Hessian·vector products.

    >>> from deltarule.equations.losses import LOSSES
    >>> network = Network([1, 1], bias=False); X = np.array([[3.0]])
    >>> bend(network, X, X, LOSSES["mse"], Penalty(l2=1.0)).largest  # ∂²E/∂w² = 2x² + λ
    19.0
    """
    rows = np.linspace(0, len(X) - 1, min(len(X), ROWS)).round().astype(np.intp)
    x, d = X[rows].astype(np.float64), D[rows].astype(np.float64)
    s = None if weight is None else weight[rows].astype(np.float64)
    s = None if s is None or not s.any() else s
    theta, shape = network.theta.astype(np.float64), network.shape
    with np.errstate(all="ignore"):
        trace = backprop.forward(shape, theta, x)
        delta = backprop.output_delta(shape, trace, d, loss, s)
        deltas = backprop.backward(shape, theta, trace, delta).delta
        added = penalty.curvature(shape.weight_mask())
        if not all(np.isfinite(part).all() for part in deltas):
            return Bend(float("nan"), float("nan"))

        def product(v: Floats) -> Floats:
            return curvature.hessian_vector(shape, theta, trace, d, v, loss, s, deltas) + added * v

        values = _lanczos(product, shape.size)
    return Bend(float(values[-1]), float(values[0])) if len(values) else Bend(float("nan"), float("nan"))


def _lanczos(product: Callable[[Floats], Floats], P: int) -> Floats:
    """The eigenvalues of the tridiagonal matrix after PRODUCTS steps; its ends tend to the matrix's own."""
    v = np.random.default_rng(0).standard_normal(P)
    basis, alpha, beta = [v / np.linalg.norm(v)], [], []
    for _ in range(min(PRODUCTS, P)):
        w = product(basis[-1])
        if not np.isfinite(w).all():
            return np.empty(0)
        alpha.append(float(w @ basis[-1]))
        for _ in range(2):  # twice is enough (Kahan, Parlett)
            for u in basis:
                w = w - (w @ u) * u
        size = float(np.linalg.norm(w))
        if size <= 1e-12 * max(1e-300, *np.abs(alpha)):
            break
        beta.append(size)
        basis.append(w / size)
    T = np.diag(alpha) + np.diag(beta[: len(alpha) - 1], 1) + np.diag(beta[: len(alpha) - 1], -1)
    return np.linalg.eigvalsh(T)
