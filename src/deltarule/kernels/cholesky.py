"""Cholesky's factor A = UᵀU, compiled, with the solutions, inverses and sums of squares that it gives.

U lies in panels of BLOCK columns, each with all its rows down to the diagonal. Tile b of panel p is
    U_bp = U_bb⁻ᵀ (A_bp − Σ_{a<b} U_abᵀ U_ap)
one register-tiled product, whose operands lie as it reads them, and a substitution (kernels/triangular). U⁻ᵀB is the
same for a panel of B in the place of A's: W = U⁻ᵀ gives A⁻¹ = WᵀW, and b A⁻¹ bᵀ is the sum of a column's squares.

A thread takes the next panel and waits, tile by tile, until the panel that the tile needs is ready: each tile is
computed in one way, whoever does it, so the bits are the same for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.cores import available
from deltarule.kernels.gauss_newton import LANES, PAYS
from deltarule.kernels.microkernel import product_pass
from deltarule.kernels.planning import padded
from deltarule.kernels.room import empty, zeros
from deltarule.kernels.team import together
from deltarule.kernels.threads import (
    CONTROL,
    SLEEP,
    YIELD,
    add_atomic,
    read_atomic,
    system_calls,
    wait,
    write_atomic,
)
from deltarule.kernels.triangular import BLOCK, STRIP, add, add_row, factor_tile, room_of, solve_tile, start
from deltarule.kernels.vectors import at, load, numbers, total

Floats = NDArray[np.floating]

TAKEN, STATES = CONTROL, CONTROL + 16  # behind what waiting needs, on cache lines of their own
READY, FAULT = 1, 2
SMALL = 192  # equations below which LAPACK's factor is as good


def pays(equations: int) -> bool:
    """Whether compiled code is worth its first call."""
    return equations >= SMALL


@dataclass(frozen=True)
class Factor:
    """U of A = UᵀU (n, n) in panels, and −1/u_rr."""

    size: int
    panels: Floats
    inverse: Floats
    team: int

    @property
    def logarithm(self) -> float:
        """ln |A|."""
        return -2 * float(np.log(-self.inverse[: self.size]).sum())

    def solve(self, b: Floats) -> Floats:
        """A⁻¹ b (n,)."""
        x = np.zeros(len(self.inverse))
        x[: self.size] = b
        _substitute(_product(), self.panels, self.inverse, x)
        return x[: self.size]

    def squares(self, B: Floats) -> Floats:
        """b A⁻¹ bᵀ of every row b of B (R, n)."""
        return self._sums(np.ascontiguousarray(B, np.float64), 0)[: len(B)]

    def inverse_diagonal(self) -> Floats:
        """The diagonal of A⁻¹ (n,)."""
        return self._sums(np.zeros((0, 0)), self.size)[: self.size]

    def whole_inverse(self) -> Floats:
        """A⁻¹ (n, n), symmetric to the last bit."""
        W, found = self.inverse_panels(), np.empty((self.size, self.size))
        self.share_out(lambda control, k: _multiply(_product(), W, len(self.inverse), found, control))
        return found

    def inverse_panels(self) -> Floats:
        """U⁻ᵀ, panel after panel, each from its diagonal down."""
        count = -(-len(self.inverse) // BLOCK)
        W = empty(room_of(count))
        self.share_out(lambda control, k: _invert(_product(), self.panels, self.inverse, W, control))
        return W

    def share_out(self, work: Callable[[NDArray[np.int64], int], object]) -> None:
        """work(control, k) in each of the threads: they take panels by `next_of`."""
        control = _control(0)
        together(lambda k: work(control, k), self.team)

    def _sums(self, B: Floats, unit: int) -> Floats:
        """Σ over rows of (U⁻ᵀ Bᵀ)², column by column, or of U⁻ᵀ where `unit` says how many."""
        found = np.zeros(padded(unit or len(B), BLOCK))
        team = max(1, min(self.team, len(found) // BLOCK))
        room, control, where = zeros(team, padded(self.size, BLOCK) * BLOCK), _control(0), _product()
        together(
            lambda k: _add_squares(where, self.panels, self.inverse, B, unit, room[k], found, control), team
        )
        return found


def factor(
    A: Floats, diagonal: Floats, scale: Floats | None = None, threads: int | None = None
) -> Factor | None:
    """Of s A s + diagonal, whose upper triangle A (n, n) holds in C order; None where it is not positive definite.

    >>> found = factor(np.array([[4.0, 2.0], [np.nan, 5.0]]), np.zeros(2))
    >>> found.solve(np.array([4.0, 6.0])).round(6).tolist(), round(found.logarithm, 6)
    ([0.5, 1.0], 2.772589)
    """
    scaled = np.ones(len(A)) if scale is None else scale
    return factorised(len(A), threads, lambda *factor, k: _factorise(A, scaled, diagonal, *factor))


def factorised(n: int, threads: int | None, work: Callable[..., object]) -> Factor | None:
    """The factor of n equations that `work(product, panels, inverse, control, k=…)` makes, in each of a few threads."""
    tall = padded(n, STRIP)
    count = -(-tall // BLOCK)
    panels, inverse, control = (
        empty(room_of(count)),
        np.ones(tall),
        _control(count),
    )
    team = min(threads or available(), max(1, int(n**3 / 6 / PAYS)), count)
    given = _product(), panels, inverse, control
    together(lambda k: work(*given, k=k), team)
    return Factor(n, panels, inverse, team) if control[STATES + count - 1] == READY else None


def _product() -> int:
    return product_pass(False, "float64").address


def _control(panels: int) -> NDArray[np.int64]:
    """How to wait, whether each panel is ready, and the next panel to be taken, on a cache line of its own."""
    control = np.zeros(STATES + panels, np.int64)
    control[YIELD], control[SLEEP], _ = system_calls()
    return control


@inner
def _negated(A: Any, scale: Any, diagonal: Any, p: int, width: int, panel: Any) -> None:
    """The panel ← −(s A s + diagonal), filled up with the identity's columns."""
    n, first = len(A), p * BLOCK
    columns = min(width, n - first)
    for r in range(min(first + width, n)):
        row, s = at(panel, r * BLOCK), -scale[r]
        for c in range(columns):
            row[c] = s * scale[first + c] * A[r, first + c]
        for c in range(columns, width):
            row[c] = 0.0
    for c in range(columns):
        panel[(first + c) * BLOCK + c] -= diagonal[first + c]
    for r in range(n, first + width):
        for c in range(width):
            panel[r * BLOCK + c] = -1.0 if r == first + c else 0.0


@kernel
def _factorise(
    A: Any, scale: Any, diagonal: Any, product: int, panels: Any, inverse: Any, control: Any
) -> None:
    """Takes panel after panel: packs it, then eliminates it."""
    while True:
        p = next_of(control, (len(inverse) + BLOCK - 1) // BLOCK)
        if p < 0:
            return
        width = min(BLOCK, len(inverse) - p * BLOCK)
        _negated(A, scale, diagonal, p, width, at(numbers(panels), start(p)))
        eliminated(product, panels, inverse, control, p)


@inner
def next_of(control: Any, count: int) -> int:
    """The next of `count` panels, −1 when all are taken."""
    p = add_atomic(at(numbers(control), TAKEN), 1)
    return p if p < count else -1


@inner
def eliminated(product: int, panels: Any, inverse: Any, control: Any, p: int) -> None:
    """Panel p, −A, ← its part of U, tile by tile, each when the panel that it needs is ready."""
    U, least, shared = numbers(panels), numbers(inverse), numbers(control)
    tall = len(inverse)
    ready, panel, width, fine = at(shared, STATES), at(U, start(p)), min(BLOCK, tall - p * BLOCK), True
    for b in range(p):
        turns, state = 0, read_atomic(at(ready, b))
        while state == 0:
            turns = wait(shared, turns)
            state = read_atomic(at(ready, b))
        if state == FAULT:
            fine = False
            break
        above, here = at(U, start(b)), at(panel, b * BLOCK * BLOCK)
        add(product, above, panel, here, BLOCK, width, b * BLOCK)
        solve_tile(product, at(above, b * BLOCK * BLOCK), at(least, b * BLOCK), here, BLOCK, width)
    if fine:
        here = at(panel, p * BLOCK * BLOCK)
        add(product, panel, panel, here, width, width, p * BLOCK)
        fine = factor_tile(product, here, at(least, p * BLOCK), width)
    write_atomic(at(ready, p), READY if fine else FAULT)


@kernel
def _substitute(product: int, panels: Any, inverse: Any, x: Any) -> None:
    """x ← A⁻¹ x: forward through U⁻ᵀ, back through U⁻¹, panel by panel."""
    U, least, X = numbers(panels), numbers(inverse), numbers(x)
    tall = len(inverse)
    count = (tall + BLOCK - 1) // BLOCK
    room = np.empty(BLOCK)
    y = numbers(room)
    for p in range(count):
        width, panel = min(BLOCK, tall - p * BLOCK), at(U, start(p))
        for c in range(width):
            y[c] = -X[p * BLOCK + c]
        add_row(product, X, panel, y, width, p * BLOCK)
        T = at(panel, p * BLOCK * BLOCK)
        for r in range(width):
            z = y[r] * least[p * BLOCK + r]
            X[p * BLOCK + r] = z
            for c in range(r + 1, width):
                y[c] += T[r * BLOCK + c] * z
    for p in range(count - 1, -1, -1):  # z: what is left of x, then x
        width, panel = min(BLOCK, tall - p * BLOCK), at(U, start(p))
        T, z = at(panel, p * BLOCK * BLOCK), at(X, p * BLOCK)
        for r in range(width - 1, -1, -1):
            value = -z[r]
            for c in range(r + 1, width):
                value += T[r * BLOCK + c] * z[c]
            z[r] = value * least[p * BLOCK + r]
        for r in range(p * BLOCK):
            row = at(panel, r * BLOCK)
            v = load(row, 0) * load(z, 0)
            for c in range(LANES, width, LANES):
                v = v + load(row, c) * load(z, c)
            X[r] -= total(v)


@inner
def _unit_panel(product: int, U: Any, least: Any, tall: int, q: int, W: Any) -> None:
    """W (tall − q BLOCK, BLOCK) ← columns of U⁻ᵀ, from row q BLOCK on: above it they are 0."""
    for b in range(q, (tall + BLOCK - 1) // BLOCK):
        rows, here = min(BLOCK, tall - b * BLOCK), at(W, (b - q) * BLOCK * BLOCK)
        for r in range(rows):
            for c in range(BLOCK):
                here[r * BLOCK + c] = -1.0 if b == q and r == c else 0.0
        _next_tile(product, U, least, b, q, W, here, rows)


@inner
def _next_tile(product: int, U: Any, least: Any, b: int, first: int, W: Any, here: Any, rows: int) -> None:
    """Tile b of a panel W that begins with tile `first`."""
    panel = at(U, start(b))
    add(product, at(panel, first * BLOCK * BLOCK), W, here, rows, BLOCK, (b - first) * BLOCK)
    solve_tile(product, at(panel, b * BLOCK * BLOCK), at(least, b * BLOCK), here, rows, BLOCK)


@kernel
def _invert(product: int, panels: Any, inverse: Any, W: Any, control: Any) -> None:
    """Every panel of U⁻ᵀ, one behind the other."""
    tall = len(inverse)
    count = (tall + BLOCK - 1) // BLOCK
    while True:
        q = next_of(control, count)
        if q < 0:
            return
        place = at(numbers(W), start(count) - start(count - q))
        _unit_panel(product, numbers(panels), numbers(inverse), tall, q, place)


@inner
def inverse_tile(product: int, W: Any, tall: int, i: int, j: int, C: Any) -> None:
    """C (BLOCK, BLOCK) ← tile i ≤ j of WᵀW: both panels from where the later one begins."""
    count = (tall + BLOCK - 1) // BLOCK
    A = at(W, start(count) - start(count - i) + (j - i) * BLOCK * BLOCK)
    for q in range(BLOCK * BLOCK):
        C[q] = 0.0
    add(product, A, at(W, start(count) - start(count - j)), C, BLOCK, BLOCK, tall - j * BLOCK)


@kernel
def _multiply(product: int, W: Any, tall: int, found: Any, control: Any) -> None:
    """WᵀW, tile by tile."""
    n, room = len(found), np.empty(BLOCK * BLOCK)
    count, C = (tall + BLOCK - 1) // BLOCK, numbers(room)
    while True:
        j = next_of(control, count)
        if j < 0:
            return
        for i in range(j + 1):
            inverse_tile(product, numbers(W), tall, i, j, C)
            for r in range(min(BLOCK, n - i * BLOCK)):
                for c in range(min(BLOCK, n - j * BLOCK)):
                    found[i * BLOCK + r, j * BLOCK + c] = C[r * BLOCK + c]
            for c in range(min(BLOCK, n - j * BLOCK)):
                for r in range(min(BLOCK, n - i * BLOCK)):
                    found[j * BLOCK + c, i * BLOCK + r] = C[r * BLOCK + c]


@kernel
def _add_squares(
    product: int, panels: Any, inverse: Any, B: Any, unit: int, room: Any, found: Any, control: Any
) -> None:
    """Σ over rows of (U⁻ᵀ Bᵀ)², column by column, or of U⁻ᵀ where `unit` says how many; panel after panel of B's."""
    U, least, W = numbers(panels), numbers(inverse), numbers(room)
    tall, count = len(inverse), len(found) // BLOCK
    while True:
        q = next_of(control, count)
        if q < 0:
            return
        if unit:
            _unit_panel(product, U, least, tall, q, W)
        else:
            _solve_rows(product, U, least, tall, B, q, W)
        for i in range((tall - q * BLOCK if unit else tall) * BLOCK):
            found[q * BLOCK + i % BLOCK] += W[i] * W[i]


@inner
def _solve_rows(product: int, U: Any, least: Any, tall: int, B: Any, q: int, W: Any) -> None:
    """W (tall, BLOCK) ← U⁻ᵀ Bᵀ for BLOCK rows of B, from row q BLOCK on."""
    n, left = B.shape[1], len(B) - q * BLOCK
    for b in range((tall + BLOCK - 1) // BLOCK):
        rows, here = min(BLOCK, tall - b * BLOCK), at(W, b * BLOCK * BLOCK)
        for c in range(BLOCK):
            for r in range(rows):
                inside = c < left and b * BLOCK + r < n
                here[r * BLOCK + c] = -B[q * BLOCK + c, b * BLOCK + r] if inside else 0.0
        _next_tile(product, U, least, b, 0, W, here, rows)
