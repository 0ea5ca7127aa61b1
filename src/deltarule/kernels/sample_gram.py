"""Cholesky's factor of 1 + BΛ⁻¹Bᵀ over residuals, compiled: the matrix is a sum over layers of (ŷ Λ⁻¹ ŷᵀ) ∘ (ρ ρᵀ),
made tile by tile, without B.

Both products of a tile stay in L1 until they are multiplied, and so does the sum over layers. A panel's tiles are made
where the factor will stand, by the thread that eliminates them next (kernels/cholesky).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.calling import run_product
from deltarule.kernels.cholesky import Factor, eliminated, factorised, next_panel
from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.gauss_newton import PANEL
from deltarule.kernels.threads import available
from deltarule.kernels.triangular import BLOCK, start
from deltarule.kernels.vectors import at, lanes, load, numbers, store

Floats = NDArray[np.floating]


def in_blocks(layers: list[Floats]) -> Floats:
    """All layers' (features, R) one below the other, as (R / BLOCK, features, BLOCK), filled up with zeros."""
    features, R = sum(map(len, layers)), layers[0].shape[1]
    found = np.zeros((-(-R // BLOCK), features, BLOCK))
    whole, first = R // BLOCK * BLOCK, 0
    for layer in layers:
        here = slice(first, first + len(layer))
        found[: R // BLOCK, here] = layer[:, :whole].reshape(len(layer), -1, BLOCK).transpose(1, 0, 2)
        if whole < R:
            found[-1, here, : R - whole] = layer[:, whole:]
        first += len(layer)
    return found


def sample_factor(
    Y: Floats, rho: Floats, source: list[Floats], units: list[int], R: int, threads: int | None = None
) -> Factor | None:
    """Of 1 + Σ_m (Yᵀ diag(1/source) Y) ∘ (ρᵀρ), (R, R); Y and ρ `in_blocks`, with as many features a layer as
    `source` has entries and `units` says. None where it is not positive definite in floating point.

    >>> one = in_blocks([np.ones((1, 2))])
    >>> sample_factor(one, one, [np.ones(1)], [1], 2).whole_inverse().round(6).tolist()
    [[0.666667, -0.333333], [-0.333333, 0.666667]]
    """
    divided = Y / np.concatenate(source)[:, None]
    counts = np.array([[len(c), J] for c, J in zip(source, units, strict=True)], np.int64)
    room = np.zeros((threads or available(), PANEL + 2 * BLOCK * PANEL))
    given = Y, divided, rho, counts
    return factorised(R, threads, lambda *factor, k: _factorise_gram(*given, room[k], *factor))


@kernel
def _factorise_gram(
    Y: Any,
    divided: Any,
    rho: Any,
    counts: Any,
    room: Any,
    product: int,
    panels: Any,
    inverse: Any,
    control: Any,
) -> None:
    """Takes panel after panel: makes its tiles of −(1 + Σ_m …), then eliminates them."""
    while True:
        p = next_panel(inverse, control)
        if p < 0:
            return
        panel = at(numbers(panels), start(p))
        for b in range(p + 1):
            _add_layers(product, Y, divided, rho, counts, b, p, room, at(panel, b * BLOCK * BLOCK))
        for r in range(BLOCK):
            panel[(p * BLOCK + r) * BLOCK + r] -= 1.0
        eliminated(product, panels, inverse, control, p)


@inner
def _add_layers(
    product: int, Y: Any, divided: Any, rho: Any, counts: Any, b: int, p: int, room: Any, tile: Any
) -> None:
    """The tile of blocks b and p ← −Σ_m (Yᵀ divided) ∘ (ρᵀ ρ)."""
    zero, of_Y, of_rho = numbers(room), Y.shape[1] * BLOCK, rho.shape[1] * BLOCK
    one = at(zero, PANEL)
    other, step = at(one, BLOCK * PANEL), lanes(one)
    for c in range(0, BLOCK, PANEL):
        A, B = at(numbers(Y), b * of_Y), at(numbers(divided), p * of_Y + c)
        C, D = at(numbers(rho), b * of_rho), at(numbers(rho), p * of_rho + c)
        for m in range(len(counts)):
            I, J = counts[m, 0], counts[m, 1]
            run_product(product, A, 1, BLOCK, B, BLOCK, zero, 0, one, PANEL, BLOCK, PANEL, I)
            run_product(product, C, 1, BLOCK, D, BLOCK, zero, 0, other, PANEL, BLOCK, PANEL, J)
            for r in range(BLOCK):
                for q in range(0, PANEL, step):
                    v, here = load(one, r * PANEL + q) * load(other, r * PANEL + q), r * BLOCK + c + q
                    store(tile, here, -v if m == 0 else load(tile, here) - v)
            A, B, C, D = at(A, I * BLOCK), at(B, I * BLOCK), at(C, J * BLOCK), at(D, J * BLOCK)
