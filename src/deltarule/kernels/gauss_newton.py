"""JᵀAJ and the Hessian's sum over samples without J, as matrix products of half the usual size.

A block of layers m ≤ m' is a sum of Kronecker products (equations/curvature),
    H[(i,j),(i',j')] = Σ_n (ŷ_i ŷ_i') C_jj'
    C_jj' = Σ_k R_kj (A R')_kj' + bend_j [j = j']        R = ∂net^(L)/∂net^(m)
so one product of (pairs jj') × n with n × (pairs ii') gives it. In a layer's own block both factors are symmetric: a
quarter of the pairs, half of a symmetric rank-N update. Pairs of the shorter list lie ready in panels; those of the
longer are made a few rows of the product at a time, each once. A thread owns rows of the product, so the same bits come
from any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.calling import run_product
from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.cores import available
from deltarule.kernels.microkernel import VECTORS, product_pass, transposed_block
from deltarule.kernels.room import empty, zeros
from deltarule.kernels.team import together
from deltarule.kernels.tiles import next_width
from deltarule.kernels.vectors import BYTES, at, lanes, load, numbers, store

Floats = NDArray[np.floating]
Whole = NDArray[np.int64]
Place = Callable[[Floats, int, int], object]

LANES = BYTES // 8
PANEL = VECTORS * LANES
ROWS = 24  # rows of the product made at a time, whole tiles of it: with DEEP samples each they stay in L1
DEEP = 128
APART = DEEP + LANES  # from one of them to the next: not all at the same few places of a cache
CHUNK = 1 << 23  # numbers of all panels at a time: 64 MB
NEAR = 1 << 16  # numbers of the panels in use: half a megabyte, a second-level cache's share
PAYS = 1e6  # multiplications a thread must have to be worth beginning


@dataclass(frozen=True)
class Pairs:
    """A list of products u_a v_b, summed over k: U (K, a, N), V (K, b, N), feature by feature; places a, b (pairs,)."""

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


def sums(
    rows: Pairs,
    columns: Pairs,
    diagonal: Floats | None = None,
    threads: int | None = None,
    place: Place | None = None,
) -> Floats:
    """Σ_n rows[r, n] columns[c, n] for all r and c: (rows, columns.width).

    `diagonal` (a, N) is added to the pairs a = b of `rows`.
    `place(sums, k, team)` is told when thread k's rows (`own_rows`) are ready.

    >>> one = np.ones((1, 2, 3))
    >>> sums(Pairs.lower(one, one), Pairs.every(one, one))[:, :4].tolist()
    [[3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0]]
    """
    N, where = rows.U.shape[2], product_pass(False, "float64").address
    out = zeros(len(rows), columns.width)
    added = np.zeros((0, N)) if diagonal is None else diagonal
    chunk = max(DEEP, CHUNK // columns.width // DEEP * DEEP)
    most = threads or available()
    team = min(most, max(1, int(len(rows) * columns.width * min(N, chunk) / PAYS)))
    fillers = min(most, max(1, int(columns.width * min(N, chunk) / PAYS)))
    for first in range(0, N, chunk):
        last = min(first + chunk, N)
        panels = empty((last - first) * columns.width)
        filling = columns.U, columns.V, columns.a, columns.b, first, last, columns.width, panels

        def multiply(k: int, first: int = first, last: int = last, panels: Floats = panels) -> None:
            _multiply(
                where, rows.U, rows.V, rows.a, rows.b, added, first, last, columns.width, panels, out, k, team
            )
            if place is not None and last == N:
                place(out, k, team)

        together(lambda k, filling=filling: _fill(*filling, k, fillers), fillers)
        together(multiply, team)
    return out


@inner
def own_rows(rows: int, k: int, team: int) -> tuple[int, int]:
    """The first and one past the last of a thread's rows, whole blocks of ROWS: in H they lie beside each other, and
    few of its cache lines are written by two threads. The caller's, k = 0, are not the fewest."""
    blocks = (rows + ROWS - 1) // ROWS
    return (blocks * k + team - 1) // team * ROWS, min((blocks * (k + 1) + team - 1) // team * ROWS, rows)


@inner
def _make(U: Any, V: Any, a: int, b: int, first: int, count: int, target: Any) -> None:
    """target[n] = Σ_q U[q, a, first + n] V[q, b, first + n], n below count."""
    step = lanes(target)
    _, units, N = U.shape
    for q in range(U.shape[0]):
        u = at(numbers(U), (q * units + a) * N + first)
        v = at(numbers(V), (q * V.shape[1] + b) * N + first)
        n = 0
        while n + step <= count:
            made = load(u, n) * load(v, n)
            store(target, n, made if q == 0 else load(target, n) + made)
            n += step
        while n < count:
            target[n] = u[n] * v[n] + (target[n] if q else 0.0)
            n += 1


@kernel
def _fill(
    U: Any, V: Any, a: Any, b: Any, first: int, last: int, width: int, panels: Any, k: int, team: int
) -> None:
    """The pairs of samples first … last in panels of up to PANEL pairs, sample by sample; every team-th from k."""
    N, start, turn, made = last - first, 0, 0, np.zeros((LANES, DEEP))
    while start < width:
        wide = next_width(width - start, PANEL, LANES)
        if turn % team == k:
            panel = at(numbers(panels), N * start)
            for c in range(0, wide, LANES):
                for n0 in range(0, N, DEEP):
                    count = min(DEEP, N - n0)
                    for r in range(LANES):
                        place = start + c + r
                        if place < len(a):
                            _make(U, V, a[place], b[place], first + n0, count, at(numbers(made), r * DEEP))
                        else:
                            made[r] = 0.0
                    n = 0
                    while n + LANES <= count:
                        transposed_block(at(numbers(made), n), DEEP, at(panel, (n0 + n) * wide + c), wide)
                        n += LANES
                    while n < count:
                        for r in range(LANES):
                            panel[(n0 + n) * wide + c + r] = made[r, n]
                        n += 1
        start += wide
        turn += 1


@kernel
def _multiply(
    product: int, U: Any, V: Any, a: Any, b: Any, added: Any,
    first: int, last: int, width: int, panels: Any, out: Any, k: int, team: int,
) -> None:  # fmt: skip
    """out += pairs · panels for thread k's pairs; panels of as many samples as L2 holds at a time."""
    N, made = last - first, np.empty((ROWS, APART))
    span = max(DEEP, NEAR // width // DEEP * DEEP)
    begin, end = own_rows(len(a), k, team)
    for s0 in range(0, N, span):
        for block in range(begin, end, ROWS):
            rows = min(ROWS, end - block)
            C = at(numbers(out), block * width)
            for n0 in range(s0, min(s0 + span, N), DEEP):
                deep = min(DEEP, N - n0)
                for r in range(rows):
                    u, v, s = a[block + r], b[block + r], first + n0
                    _make(U, V, u, v, s, deep, at(numbers(made), r * APART))
                    if u == v and len(added):
                        for n in range(deep):
                            made[r, n] += added[u, s + n]
                start = 0
                while start < width:
                    wide = next_width(width - start, PANEL, LANES)
                    B, here = at(numbers(panels), N * start + n0 * wide), at(C, start)
                    run_product(
                        product, numbers(made), APART, 1, B, wide, here, width, here, width, rows, wide, deep
                    )
                    start += wide


@kernel
def own_block(
    swapped: bool,
    ja: Any,
    jb: Any,
    ia: Any,
    ib: Any,
    J: int,
    first: int,
    H: Any,
    found: Any,
    k: int,
    team: int,
) -> None:
    """A layer's own block of H from its sums: (i,j),(i',j') for every order of i, i' and of j, j'.

    `swapped`: their rows are the pairs ii'.
    """
    rows, columns = (len(ia), len(ja)) if swapped else (len(ja), len(ia))
    begin, end = own_rows(rows, k, team)
    for row in range(begin, end):
        for column in range(columns):
            r, c = (column, row) if swapped else (row, column)
            _mirrored(found[row, column], ja[r], jb[r], first + ia[c] * J, first + ib[c] * J, H)


@inner
def _mirrored(value: float, j: int, jp: int, i: int, ip: int, H: Any) -> None:
    H[i + j, ip + jp] = value
    H[ip + jp, i + j] = value
    H[i + jp, ip + j] = value
    H[ip + j, i + jp] = value


@kernel
def cross_block(
    swapped: bool, ja: Any, jb: Any, ia: Any, ib: Any, J: int, Jp: int, first: int, firstp: int, H: Any,
    found: Any, k: int, team: int,
) -> None:  # fmt: skip
    """The block of two layers, and its mirror image, from their sums; `swapped`: their rows are the pairs ii'."""
    rows, columns = (len(ia), len(ja)) if swapped else (len(ja), len(ia))
    begin, end = own_rows(rows, k, team)
    for row in range(begin, end):
        for column in range(columns):
            r, c = (column, row) if swapped else (row, column)
            p, q = first + ia[c] * J + ja[r], firstp + ib[c] * Jp + jb[r]
            H[p, q] = found[row, column]
            H[q, p] = found[row, column]
