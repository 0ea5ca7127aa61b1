"""Cholesky's factor of a positive definite matrix and what it answers: by LAPACK, or compiled where that is faster.

LAPACK, held to one thread so that its bits stay, is the plain telling; `kernels/cholesky`, from some two hundred
equations on, the compiled one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class Factor(Protocol):
    """What is known of A (n, n) once it is factorised."""

    @property
    def logarithm(self) -> float:
        """ln |A|."""
        ...

    def solve(self, b: Floats) -> Floats:
        """A⁻¹ b (n,)."""
        ...

    def squares(self, B: Floats) -> Floats:
        """b A⁻¹ bᵀ of every row b of B (R, n)."""
        ...

    def inverse_diagonal(self) -> Floats:
        """The diagonal of A⁻¹ (n,)."""
        ...

    def whole_inverse(self) -> Floats:
        """A⁻¹ (n, n), symmetric to the last bit."""
        ...


def factor(
    A: Floats,
    diagonal: Floats,
    scale: Floats | None = None,
    compiled: bool = False,
    threads: int | None = None,
) -> Factor | None:
    """Of s A s + diagonal, whose upper triangle A (n, n) holds in C order; None where it is not positive definite.

    >>> found = factor(np.array([[4.0, 2.0], [np.nan, 5.0]]), np.zeros(2))
    >>> found.solve(np.array([4.0, 6.0])).round(6).tolist(), found.inverse_diagonal().round(6).tolist()
    ([0.5, 1.0], [0.3125, 0.25])
    """
    if compiled:
        try:
            from deltarule.kernels import cholesky
        except ImportError:
            pass
        else:
            if cholesky.pays(len(A)):
                return cholesky.factor(A, diagonal, scale, threads)
    return by_lapack(A, diagonal, scale)


def by_lapack(A: Floats, diagonal: Floats, scale: Floats | None) -> Lapack | None:
    """The same by LAPACK, whatever the size."""
    from scipy.linalg.lapack import dpotrf  # pyright: ignore[reportAttributeAccessIssue]  # no stubs

    A = A.copy() if scale is None else scale[:, None] * A * scale
    A.flat[:: len(A) + 1] += diagonal
    L, fault = dpotrf(A.T, lower=1, overwrite_a=1, clean=1)
    return None if fault else Lapack(L)


@dataclass(frozen=True)
class Lapack:
    """A = LLᵀ, L (n, n) in Fortran's order."""

    L: Floats

    @property
    def logarithm(self) -> float:
        return 2 * float(np.log(np.diag(self.L)).sum())

    def solve(self, b: Floats) -> Floats:
        return _lapack("dpotrs")(self.L, b, lower=1)[0]

    def squares(self, B: Floats) -> Floats:
        moved = _lapack("dtrtrs")(self.L, B.T, lower=1)[0]
        return np.einsum("pr,pr->r", moved, moved)

    def half(self, B: Floats) -> Floats:
        """Z (R, n) with ZZᵀ = B A⁻¹ Bᵀ."""
        return _lapack("dtrtrs")(self.L, B.T, lower=1)[0].T

    def inverse_diagonal(self) -> Floats:
        inverse = _lapack("dtrtri")(self.L, lower=1)[0]
        return np.einsum("qp,qp->p", inverse, inverse)

    def whole_inverse(self) -> Floats:
        inverse = np.tril(_lapack("dpotri")(self.L, lower=1)[0])
        return inverse + np.tril(inverse, -1).T


def _lapack(name: str) -> Any:
    import scipy.linalg.lapack

    return getattr(scipy.linalg.lapack, name)
