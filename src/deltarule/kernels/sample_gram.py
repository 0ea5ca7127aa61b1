"""Cholesky's factor of 1 + BΛ⁻¹Bᵀ over residuals, compiled: the matrix is a sum over layers of (ŷ Λ⁻¹ ŷᵀ) ∘ (ρ ρᵀ),
made tile by tile, without B; and what its inverse says of each source unit.

Both products of a tile stay in L1 until they are multiplied, and so does the sum over layers. A panel's tiles are made
where the factor will stand, by the thread that eliminates them next (kernels/cholesky).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.calling import run_product
from deltarule.kernels.cholesky import Factor, eliminated, factorised, inverse_tile, next_of
from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.cores import available
from deltarule.kernels.gauss_newton import PANEL
from deltarule.kernels.microkernel import product_pass
from deltarule.kernels.room import empty, zeros
from deltarule.kernels.triangular import BLOCK, start
from deltarule.kernels.vectors import at, lanes, load, numbers, store, total

Floats = NDArray[np.floating]


def in_blocks(layers: list[Floats]) -> Floats:
    """All layers' (features, R) one below the other, as (R / BLOCK, features, BLOCK), filled up with zeros."""
    features, R = sum(map(len, layers)), layers[0].shape[1]
    found = zeros(-(-R // BLOCK), features, BLOCK)
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
    """Of 1 + Σ_m (Yᵀ diag(1/source) Y) ∘ (ρᵀρ), (R, R); None where it is not positive definite in floating point.

    Y and ρ `in_blocks`, with as many features a layer as `source` has entries and `units` says.

    >>> one = in_blocks([np.ones((1, 2))])
    >>> sample_factor(one, one, [np.ones(1)], [1], 2).whole_inverse().round(6).tolist()
    [[0.666667, -0.333333], [-0.333333, 0.666667]]
    """
    divided = np.divide(Y, np.concatenate(source)[:, None], out=empty(*Y.shape))
    counts = np.array([[len(c), J] for c, J in zip(source, units, strict=True)], np.int64)
    room = zeros(threads or available(), PANEL + 2 * BLOCK * PANEL)
    given = Y, divided, rho, counts
    return factorised(R, threads, lambda *factor, k: _factorise_gram(*given, room[k], *factor))


def known(of: Factor, Y: Floats, rho: Floats, counts: list[tuple[int, int]]) -> tuple[Floats, Floats]:
    """Σ over pairs of residuals of (V ∘ ρᵀρ) ∘ y_iᵀy_i for every source unit i of every layer, and V's diagonal (R,).

    V is the inverse of what was factorised, `counts` each layer's (source units, units).

    >>> one = in_blocks([np.ones((1, 2))])
    >>> factor = sample_factor(one, one, [np.ones(1)], [1], 2)
    >>> [found.round(6).tolist() for found in known(factor, one, one, [(1, 1)])]
    [[0.666667], [0.666667, 0.666667]]
    """
    W, sizes = of.inverse_panels(), np.array(counts, np.int64)
    found, diagonal = np.zeros((len(Y), Y.shape[1])), np.empty(len(Y) * BLOCK)
    rooms = zeros(of.team, PANEL + BLOCK * (2 * BLOCK + int(sizes[:, 0].max())))
    where, tall = product_pass(False, "float64").address, len(of.inverse)
    given = where, W, tall, Y, rho, sizes, found, diagonal
    of.share_out(lambda control, k: _add_known(*given, rooms[k], control))
    return found.sum(axis=0), diagonal[: of.size]


@kernel
def _add_known(
    product: int, W: Any, tall: int, Y: Any, rho: Any, counts: Any, found: Any, diagonal: Any, room: Any,
    control: Any,
) -> None:  # fmt: skip
    """found[j] ← the sums over the tiles i ≤ j of V, those above the diagonal twice."""
    zero, of_Y, of_rho = numbers(room), Y.shape[1] * BLOCK, rho.shape[1] * BLOCK
    V = at(zero, PANEL)
    Q, step = at(V, BLOCK * BLOCK), lanes(V)
    Z = at(Q, BLOCK * BLOCK)
    while True:
        j = next_of(control, len(Y))
        if j < 0:
            return
        for i in range(j + 1):
            inverse_tile(product, numbers(W), tall, i, j, V)
            if i == j:
                for r in range(BLOCK):
                    diagonal[j * BLOCK + r] = V[r * BLOCK + r]
            A, B = at(numbers(Y), i * of_Y), at(numbers(Y), j * of_Y)
            C, D, first = at(numbers(rho), i * of_rho), at(numbers(rho), j * of_rho), 0
            for m in range(len(counts)):
                I, J = counts[m, 0], counts[m, 1]
                for c in range(0, BLOCK, PANEL):
                    run_product(
                        product, C, 1, BLOCK, at(D, c), BLOCK, zero, 0, at(Q, c), BLOCK, BLOCK, PANEL, J
                    )
                for q in range(0, BLOCK * BLOCK, step):
                    store(Q, q, load(Q, q) * load(V, q))
                for c in range(0, BLOCK, PANEL):
                    run_product(
                        product, A, BLOCK, 1, at(Q, c), BLOCK, zero, 0, at(Z, c), BLOCK, I, PANEL, BLOCK
                    )
                for f in range(I):
                    v = load(Z, f * BLOCK) * load(B, f * BLOCK)
                    for q in range(step, BLOCK, step):
                        v = v + load(Z, f * BLOCK + q) * load(B, f * BLOCK + q)
                    found[j, first + f] += total(v) if i == j else 2 * total(v)
                A, B, C, D = at(A, I * BLOCK), at(B, I * BLOCK), at(C, J * BLOCK), at(D, J * BLOCK)
                first += I


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
        p = next_of(control, (len(inverse) + BLOCK - 1) // BLOCK)
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
