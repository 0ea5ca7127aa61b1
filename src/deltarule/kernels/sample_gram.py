"""1 + BΛ⁻¹Bᵀ over residuals, compiled: a sum over layers of (ŷ Λ⁻¹ ŷᵀ) ∘ (ρ ρᵀ), tile by tile, without B.

Both products of a tile stay in L1 until they are multiplied. Only tiles on and above the diagonal are made:
what LAPACK reads.
"""

from __future__ import annotations

from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.calling import run_product
from deltarule.kernels.compiling import kernel
from deltarule.kernels.gauss_newton import PANEL, PAYS
from deltarule.kernels.microkernel import product_pass
from deltarule.kernels.threads import available
from deltarule.kernels.vectors import at, numbers

Floats = NDArray[np.floating]


def padded(values: Floats) -> Floats:
    """(features, R) with R filled up with zeros to whole panels."""
    features, R = values.shape
    found = np.zeros((features, -(-R // PANEL) * PANEL))
    found[:, :R] = values
    return found


def sample_gram(
    Y: list[Floats], slopes: list[Floats], source: list[Floats], R: int, threads: int | None = None
) -> Floats:
    """The upper triangle, in C order, of 1 + Σ_m (Yᵀ diag(1/source) Y) ∘ (ρᵀρ), (R, R); Y and ρ by feature,
    `padded`.

    >>> one = padded(np.ones((1, 2)))
    >>> np.triu(sample_gram([one], [one], [np.ones(1)], 2)).tolist()
    [[2.0, 1.0], [0.0, 2.0]]
    """
    out, width = np.zeros((R, R)), Y[0].shape[1]
    work = sum(len(y) + len(s) for y, s in zip(Y, slopes, strict=True)) * R * R / 2
    team = min(threads or available(), max(1, int(work / PAYS)))
    address = product_pass(False, "float64").address
    for y, rho, c in zip(Y, slopes, source, strict=True):
        divided = y / c[:, None]
        others = [
            Thread(target=_add_layer, args=(address, y, divided, rho, R, width, out, k, team))
            for k in range(1, team)
        ]
        for thread in others:
            thread.start()
        _add_layer(address, y, divided, rho, R, width, out, 0, team)
        for thread in others:
            thread.join()
    out.flat[:: R + 1] += 1
    return out


@kernel
def _add_layer(
    product: int, Y: Any, divided: Any, rho: Any, R: int, width: int, out: Any, k: int, team: int
) -> None:
    """out += (Yᵀ divided) ∘ (ρᵀ ρ) for every team-th row of tiles from k, on and above the diagonal."""
    one, other, zero = np.empty((PANEL, PANEL)), np.empty((PANEL, PANEL)), np.zeros(PANEL)
    for n0 in range(k * PANEL, R, team * PANEL):
        rows = min(PANEL, R - n0)
        for m0 in range(n0, R, PANEL):
            A, B = at(numbers(Y), n0), at(numbers(divided), m0)
            run_product(
                product, A, 1, width, B, width, numbers(zero), 0, numbers(one), PANEL, rows, PANEL, len(Y)
            )
            A, B = at(numbers(rho), n0), at(numbers(rho), m0)
            run_product(
                product, A, 1, width, B, width, numbers(zero), 0, numbers(other), PANEL, rows, PANEL, len(rho)
            )
            columns = min(PANEL, R - m0)
            for r in range(rows):
                for c in range(columns):
                    out[n0 + r, m0 + c] += one[r, c] * other[r, c]
