"""Weight penalties, added to the loss as they are (not divided by N); biases are left alone.

L2(λ)           = (λ/2) Σ w²
L1(λ)           = λ Σ |w|
Elastic(λ₁, λ₂) = λ₁ Σ |w| + (λ₂/2) Σ w²
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import from_zero
from deltarule.errors import InputError

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Penalty:
    """λ₁ Σ|w| + (λ₂/2) Σ w² over the weights W; made by L1, L2 and Elastic.

    The gradient is λ₁ sign(w) + λ₂ w, with sign(0) = 0; the Hessian's diagonal is λ₂.

    >>> import numpy as np
    >>> Elastic(l1=1.0, l2=2.0).value(np.array([3.0, -1.0]), np.array([True, True]))
    14.0
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name, strength in (("l1", self.l1), ("l2", self.l2)):
            object.__setattr__(self, name, from_zero(f"a penalty's strength {name}", strength))

    def value(self, theta: Floats, weights: NDArray[np.bool_]) -> float:
        """The penalty at θ (P,); weights (P,) is True where θ holds a weight."""
        if not (self.l1 or self.l2):
            return 0.0
        w = theta[weights]
        return self.l1 * float(np.abs(w).sum()) + 0.5 * self.l2 * float(w @ w)

    def gradient(self, theta: Floats, weights: NDArray[np.bool_]) -> Floats:
        """(P,): λ₁ sign(w) + λ₂ w, 0 for biases."""
        if not (self.l1 or self.l2):
            return np.zeros_like(theta)
        return np.where(weights, self.l1 * np.sign(theta) + self.l2 * theta, theta.dtype.type(0))

    def curvature(self, weights: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(P,): the diagonal of the penalty's Hessian, λ₂ for weights and 0 for biases."""
        return self.l2 * weights.astype(np.float64)


def L2(strength: float) -> Penalty:
    """(λ/2) Σ w²: weight decay; its gradient is λ w. scikit-learn's alpha is λ·Σs.

    Parameters
    ----------
    strength : λ, 0 or more, in the unit of E; it is not divided by N.

    Returns a Penalty. Raises InputError for a strength below 0 or not finite.

    >>> from deltarule import Network
    >>> network = Network([2, 1]); network.theta[:] = 3, -1, 7  # two weights and a bias
    >>> X, d = [[1.0, 2.0]], [8.0]  # o = 3 − 2 + 7, and so E = 0
    >>> network.error(X, d, penalty=L2(0.5)), network.gradient(X, d, penalty=L2(0.5)).theta.tolist()
    (2.5, [1.5, -0.5, 0.0])
    """
    return Penalty(l2=strength)


def L1(strength: float) -> Penalty:
    """λ Σ |w|: its gradient is λ sign(w), 0 at w = 0.

    Parameters
    ----------
    strength : λ, 0 or more, in the unit of E; it is not divided by N.

    Returns a Penalty. Raises InputError for a strength below 0 or not finite.

    Source: Tibshirani 1996.

    >>> from deltarule import Network
    >>> network = Network([2, 1]); network.theta[:] = 3, -1, 7  # two weights and a bias
    >>> X, d = [[1.0, 2.0]], [8.0]  # o = 3 − 2 + 7, and so E = 0
    >>> network.error(X, d, penalty=L1(0.5)), network.gradient(X, d, penalty=L1(0.5)).theta.tolist()
    (2.0, [0.5, -0.5, 0.0])
    """
    return Penalty(l1=strength)


def Elastic(l1: float, l2: float) -> Penalty:
    """λ₁ Σ |w| + (λ₂/2) Σ w²: its gradient is λ₁ sign(w) + λ₂ w.

    Parameters
    ----------
    l1, l2 : λ₁ and λ₂, 0 or more, in the unit of E; they are not divided by N.

    Returns a Penalty. Raises InputError for a strength below 0 or not finite.

    Source: Zou, Hastie 2005, eq. 3, whose λ₂ is half of this one.

    >>> from deltarule import Network
    >>> network = Network([2, 1]); network.theta[:] = 3, -1, 7  # two weights and a bias
    >>> X, d = [[1.0, 2.0]], [8.0]  # o = 3 − 2 + 7, and so E = 0
    >>> network.error(X, d, penalty=Elastic(1, 2)) == network.error(X, d, penalty=L1(1)) + 4 * 0.5 * (3**2 + 1**2) / 2
    True
    """
    return Penalty(l1, l2)


def penalty(given: Penalty | float | None) -> Penalty:
    """A penalty from what was given: None is none, a number λ is L2(λ)."""
    if given is None:
        return Penalty()
    if isinstance(given, Penalty):
        return given
    if isinstance(given, (int, float, np.number)) and not isinstance(given, bool):
        return L2(float(given))
    raise InputError(
        f"penalty must be L2(…), L1(…), Elastic(…), a number or None, got {given!r}: write penalty=L2(1e-3)"
    )
