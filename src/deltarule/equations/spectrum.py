"""Eigenvalues of a symmetric matrix that is known by its products with vectors: Lanczos, Hutchinson, and both together.

The matrix may be a Hessian of millions of weights: `product` is v ↦ Hv, at the price of two gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError

Floats = NDArray[np.floating]
Product = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Trace:
    """An estimate of Σ λ with its standard error (inf from a single probe)."""

    value: float
    standard_error: float


def tridiagonal(product: Product, start: Floats, steps: int) -> tuple[Floats, Floats]:
    """Lanczos' T with H ≈ Q T Qᵀ from a start vector: its diagonal (k,) and off-diagonal (k − 1,), k ≤ steps.

    Every new direction is made orthogonal to all before it, twice (Parlett 1998, §13): k·P numbers are kept.
    """
    q = start / np.linalg.norm(start)
    Q, diagonal, beside = [q], [], []
    for _ in range(min(steps, len(start))):
        w = np.asarray(product(Q[-1]), np.float64).copy()
        diagonal.append(float(Q[-1] @ w))
        basis = np.array(Q)
        for _ in range(2):
            w -= basis.T @ (basis @ w)
        size = float(np.linalg.norm(w))
        if len(Q) == min(steps, len(start)) or size <= 1e-12 * (1 + max(map(abs, diagonal))):
            break
        beside.append(size)
        Q.append(w / size)
    return np.array(diagonal), np.array(beside[: len(diagonal) - 1])


def extreme_eigenvalues(product: Product, size: int, steps: int = 60, seed: int = 0) -> tuple[float, float]:
    """The lowest and the highest eigenvalue, from inside: each estimate lies between the true ones.

    Parameters
    ----------
    product : v (P,) ↦ Hv; size, P.
    steps : products to spend; the ends of the spectrum come first, a few dozen give them to many digits.
    seed : of the start vector.

    >>> H = np.diag([-3.0, 1.0, 2.0, 10.0])
    >>> [round(value, 9) for value in extreme_eigenvalues(lambda v: H @ v, 4)]
    [-3.0, 10.0]
    """
    from scipy.linalg import eigvalsh_tridiagonal

    _refuse(size, steps)
    values = eigvalsh_tridiagonal(
        *tridiagonal(product, np.random.default_rng(seed).standard_normal(size), steps)
    )
    return float(values[0]), float(values[-1])


def trace(product: Product, size: int, probes: int = 30, seed: int = 0) -> Trace:
    """Σ λ = E[zᵀHz] over vectors z of random signs (Hutchinson 1990); exact for a diagonal H.

    >>> trace(lambda v: np.arange(1.0, 5) * v, 4, probes=3)
    Trace(value=10.0, standard_error=0.0)
    """
    _refuse(size, probes)
    random = np.random.default_rng(seed)
    z = random.choice((-1.0, 1.0), (probes, size))
    found = np.array([v @ product(v) for v in z])
    error = float(found.std(ddof=1) / np.sqrt(probes)) if probes > 1 else np.inf
    return Trace(float(found.mean()), error)


def density(
    product: Product, size: int, steps: int = 40, probes: int = 5, seed: int = 0
) -> tuple[Floats, Floats]:
    """The spectrum as points: eigenvalue estimates, ascending, and the share of all eigenvalues that each stands for.

    Stochastic Lanczos quadrature (Ubaru, Chen, Saad 2017): Σ share·f(value) ≈ (1/P) tr f(H) for any smooth f.

    >>> values, shares = density(lambda v: np.arange(1.0, 5) * v, 4, steps=4)
    >>> float((shares * values).sum().round(9)), float(shares.sum().round(9))
    (2.5, 1.0)
    """
    from scipy.linalg import eigh_tridiagonal

    _refuse(size, steps)
    random = np.random.default_rng(seed)
    values, shares = [], []
    for _ in range(probes):
        own, vectors = eigh_tridiagonal(*tridiagonal(product, random.choice((-1.0, 1.0), size), steps))
        values.append(own)
        shares.append(vectors[0] ** 2 / probes)
    all_values, all_shares = np.concatenate(values), np.concatenate(shares)
    order = np.argsort(all_values)
    return all_values[order], all_shares[order]


def _refuse(size: int, count: int) -> None:
    if size < 1 or count < 1:
        raise InputError(f"a spectrum needs a size and a count of 1 or more, got {size!r} and {count!r}")
