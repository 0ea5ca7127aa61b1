"""How the error bends: the Hessian's extreme eigenvalues; gradient descent's learning rate must stay below 2/λ_max."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop, curvature
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.spectrum import extreme_eigenvalues
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
    """λ_max and λ_min from Hessian·vector products.

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

        def product(v: NDArray[np.floating]) -> NDArray[np.floating]:
            Hv = curvature.hessian_vector(shape, theta, trace, d, v, loss, s, deltas) + added * v
            if not np.isfinite(Hv).all():
                raise FloatingPointError
            return Hv.astype(np.float64, copy=False)

        try:
            smallest, largest = extreme_eigenvalues(product, shape.size, PRODUCTS)
        except FloatingPointError:
            return Bend(float("nan"), float("nan"))
    return Bend(largest, smallest)
