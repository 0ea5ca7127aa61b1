"""1 + BΛ⁻¹Bᵀ over residuals, compiled: a sum over layers of (ŷ Λ⁻¹ ŷᵀ) ∘ (ρ ρᵀ), tile by tile, without B.

Both products of a tile stay in L1 until they are multiplied, and so does the sum over layers: a tile is written once.
Only tiles on and above the diagonal are made: what LAPACK reads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.calling import run_product
from deltarule.kernels.compiling import kernel
from deltarule.kernels.gauss_newton import PANEL, PAYS
from deltarule.kernels.microkernel import product_pass
from deltarule.kernels.team import together
from deltarule.kernels.threads import available
from deltarule.kernels.vectors import at, lanes, load, numbers, store

Floats = NDArray[np.floating]
BLOCK = PANEL * max(1, 48 // PANEL)  # residuals whose features lie together, few pages of memory


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


def sample_gram(
    Y: Floats, rho: Floats, source: list[Floats], units: list[int], R: int, threads: int | None = None
) -> Floats:
    """The upper triangle, in C order, of 1 + Σ_m (Yᵀ diag(1/source) Y) ∘ (ρᵀρ), (R, R); Y and ρ `in_blocks`, with as
    many features a layer as `source` has entries and `units` says.

    >>> one = in_blocks([np.ones((1, 2))])
    >>> np.triu(sample_gram(one, one, [np.ones(1)], [1], 2)).tolist()
    [[2.0, 1.0], [0.0, 2.0]]
    """
    out = np.empty((R, R))
    work = (Y.shape[1] + rho.shape[1]) * R * R / 2
    team = min(threads or available(), max(1, int(work / PAYS)))
    divided = Y / np.concatenate(source)[:, None]
    counts = np.array([[len(c), J] for c, J in zip(source, units, strict=True)], np.int64)
    room = np.zeros((team, PANEL + 3 * BLOCK * PANEL))
    given = (product_pass(False, "float64").address, Y, divided, rho, counts, out, room)
    together(lambda k: _add_layers(*given, k), team)
    return out


@kernel
def _add_layers(
    product: int, Y: Any, divided: Any, rho: Any, counts: Any, out: Any, room: Any, k: int
) -> None:
    """out = 1 + Σ_m (Yᵀ divided) ∘ (ρᵀ ρ) for every team-th row of blocks from k, on and above the diagonal."""
    R, team, of_Y, of_rho = len(out), len(room), Y.shape[1] * BLOCK, rho.shape[1] * BLOCK
    zero = at(numbers(room), k * room.shape[1])
    one = at(zero, PANEL)
    other, tile = at(one, BLOCK * PANEL), at(one, 2 * BLOCK * PANEL)
    Ys, over, rhos, step = numbers(Y), numbers(divided), numbers(rho), lanes(one)
    for n0 in range(k * BLOCK, R, team * BLOCK):
        for m0 in range(n0, R, PANEL):
            block, column = m0 // BLOCK, m0 % BLOCK
            A, B = at(Ys, n0 // BLOCK * of_Y), at(over, block * of_Y + column)
            C, D = at(rhos, n0 // BLOCK * of_rho), at(rhos, block * of_rho + column)
            for m in range(len(counts)):
                I, J = counts[m, 0], counts[m, 1]
                run_product(product, A, 1, BLOCK, B, BLOCK, zero, 0, one, PANEL, BLOCK, PANEL, I)
                run_product(product, C, 1, BLOCK, D, BLOCK, zero, 0, other, PANEL, BLOCK, PANEL, J)
                for q in range(0, BLOCK * PANEL, step):
                    v = load(one, q) * load(other, q)
                    store(tile, q, v if m == 0 else load(tile, q) + v)
                A, B, C, D = at(A, I * BLOCK), at(B, I * BLOCK), at(C, J * BLOCK), at(D, J * BLOCK)
            for r in range(min(BLOCK, R - n0)):
                for c in range(min(PANEL, R - m0)):
                    out[n0 + r, m0 + c] = tile[r * PANEL + c]
        for r in range(n0, min(n0 + BLOCK, R)):
            out[r, r] += 1.0
