"""JᵀAJ and the Hessian's sum over samples without J, as matrix products of half the usual size.

A block of layers m ≤ m' is a sum of Kronecker products (equations/curvature),
    H[(i,j),(i',j')] = Σ_n (ŷ_i ŷ_i') C_jj',      C_jj' = Σ_k R_kj (A R')_kj' + bend_j [j = j']      R =
    ∂net^(L)/∂net^(m)
so one product of (pairs jj') × n with n × (pairs ii') gives it. In a layer's own block both factors are
symmetric: a quarter of
the pairs, half of a symmetric rank-N update. Pairs of the shorter list lie ready in panels; those of the
longer are made a few
rows of the product at a time, each once. A thread owns rows of the product, so the same bits come from any
number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.calling import run_product
from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.microkernel import VECTORS, product_pass
from deltarule.kernels.team import together
from deltarule.kernels.threads import available
from deltarule.kernels.vectors import BYTES, at, numbers

Floats = NDArray[np.floating]
Whole = NDArray[np.int64]

LANES = BYTES // 8
PANEL = VECTORS * LANES
ROWS = 32  # rows of the product made at a time: with DEEP samples each they stay in L1
DEEP = 128
CHUNK = 1 << 23  # numbers of all panels at a time: 64 MB
NEAR = 1 << 16  # numbers of the panels in use: half a megabyte, a second-level cache's share
PAYS = 1e6  # multiplications a thread must have to be worth beginning


@dataclass(frozen=True)
class Pairs:
    """A list of products u_a v_b, summed over k: U (K, a, N) and V (K, b, N), feature by feature; places a,
    b (pairs,)."""

    U: Floats
    V: Floats
    a: Whole
    b: Whole

    @classmethod
    def lower(cls, U: Floats, V: Floats) -> Pairs:
        """The pairs a ≥ b of a symmetric product."""
        a, b = np.tril_indices(U.shape[1])
        return cls(U, V, a.astype(np.int64), b.astype(np.int64))

    @classmethod
    def every(cls, U: Floats, V: Floats) -> Pairs:
        """All pairs, b fastest."""
        a, b = np.indices((U.shape[1], V.shape[1])).reshape(2, -1)
        return cls(U, V, a.astype(np.int64), b.astype(np.int64))

    def __len__(self) -> int:
        return len(self.a)

    @cached_property
    def width(self) -> int:
        """Its length in whole vectors."""
        return -(-len(self.a) // LANES) * LANES


def sums(rows: Pairs, columns: Pairs, diagonal: Floats | None = None, threads: int | None = None) -> Floats:
    """Σ_n rows[r, n] columns[c, n] for all r and c: (rows, columns.width); `diagonal` (a, N) is added to the
    pairs a = b of `rows`.

    >>> one = np.ones((1, 2, 3))
    >>> sums(Pairs.lower(one, one), Pairs.every(one, one))[:, :4].tolist()
    [[3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0]]
    """
    N, where = rows.U.shape[2], product_pass(False, "float64").address
    out = np.zeros((len(rows), columns.width))
    added = np.zeros((0, N)) if diagonal is None else diagonal
    chunk = max(DEEP, CHUNK // columns.width // DEEP * DEEP)
    team = min(threads or available(), max(1, int(len(rows) * columns.width * min(N, chunk) / PAYS)))
    for first in range(0, N, chunk):
        last = min(first + chunk, N)
        panels = np.empty((last - first) * columns.width)

        def fill(k: int, first: int = first, last: int = last, panels: Floats = panels) -> None:
            _fill(columns.U, columns.V, columns.a, columns.b, first, last, columns.width, panels, k, team)

        def multiply(k: int, first: int = first, last: int = last, panels: Floats = panels) -> None:
            _multiply(
                where, rows.U, rows.V, rows.a, rows.b, added, first, last, columns.width, panels, out, k, team
            )

        together(fill, team)
        together(multiply, team)
    return out


@inner
def _panel(left: int) -> int:
    return PANEL if left >= PANEL else 2 * LANES if left >= 2 * LANES else LANES


@kernel
def _fill(
    U: Any, V: Any, a: Any, b: Any, first: int, last: int, width: int, panels: Any, k: int, team: int
) -> None:
    """The pairs of samples first … last in panels of up to PANEL pairs, sample by sample; every team-th
    panel from k."""
    N, start, turn = last - first, 0, 0
    while start < width:
        wide = _panel(width - start)
        if turn % team == k:
            where = N * start
            for c in range(wide):
                if start + c >= len(a):
                    for n in range(N):
                        panels[where + n * wide + c] = 0.0
                    continue
                u, v = a[start + c], b[start + c]
                for n in range(N):
                    panels[where + n * wide + c] = U[0, u, first + n] * V[0, v, first + n]
                for q in range(1, U.shape[0]):
                    for n in range(N):
                        panels[where + n * wide + c] += U[q, u, first + n] * V[q, v, first + n]
        start += wide
        turn += 1


@kernel
def _multiply(
    product: int, U: Any, V: Any, a: Any, b: Any, added: Any,
    first: int, last: int, width: int, panels: Any, out: Any, k: int, team: int,
) -> None:  # fmt: skip
    """out += pairs · panels for every team-th block of ROWS pairs from k; panels of as many samples as L2
    holds at a time."""
    N, made = last - first, np.empty((ROWS, DEEP))
    span = max(DEEP, NEAR // width // DEEP * DEEP)
    for s0 in range(0, N, span):
        for block in range(k * ROWS, len(a), team * ROWS):
            rows = min(ROWS, len(a) - block)
            C = at(numbers(out), block * width)
            for n0 in range(s0, min(s0 + span, N), DEEP):
                deep = min(DEEP, N - n0)
                for r in range(rows):
                    u, v, s = a[block + r], b[block + r], first + n0
                    for n in range(deep):
                        made[r, n] = U[0, u, s + n] * V[0, v, s + n]
                    for q in range(1, U.shape[0]):
                        for n in range(deep):
                            made[r, n] += U[q, u, s + n] * V[q, v, s + n]
                    if u == v and len(added):
                        for n in range(deep):
                            made[r, n] += added[u, s + n]
                start = 0
                while start < width:
                    wide = _panel(width - start)
                    B, here = at(numbers(panels), N * start + n0 * wide), at(C, start)
                    run_product(
                        product, numbers(made), DEEP, 1, B, wide, here, width, here, width, rows, wide, deep
                    )
                    start += wide


@kernel
def own_block(found: Any, ja: Any, jb: Any, ia: Any, ib: Any, J: int, first: int, H: Any) -> None:
    """A layer's own block of H from its sums: (i,j),(i',j') for every order of i, i' and of j, j'."""
    for r in range(len(ja)):
        j, jp = ja[r], jb[r]
        for c in range(len(ia)):
            value, i, ip = found[r, c], first + ia[c] * J, first + ib[c] * J
            H[i + j, ip + jp] = value
            H[ip + jp, i + j] = value
            H[i + jp, ip + j] = value
            H[ip + j, i + jp] = value


@kernel
def cross_block(
    found: Any,
    swapped: bool,
    ja: Any,
    jb: Any,
    ia: Any,
    ib: Any,
    J: int,
    Jp: int,
    first: int,
    firstp: int,
    H: Any,
) -> None:
    """The block of two layers, and its mirror image, from their sums; `swapped`: its rows are the pairs
    ii'."""
    for r in range(len(ja)):
        for c in range(len(ia)):
            value = found[c, r] if swapped else found[r, c]
            p, q = first + ia[c] * J + ja[r], firstp + ib[c] * Jp + jb[r]
            H[p, q] = value
            H[q, p] = value
