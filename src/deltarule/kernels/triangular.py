"""Tiles of a triangular factor: what Cholesky's factor, its solutions and its inverse are made of.

A matrix lies in panels of BLOCK columns, whose rows are BLOCK numbers apart; T is the factor of a diagonal tile, upper
triangular, with −1/t_rr beside it. Everything is told of −C, so that products are only ever added:
    C += AᵀB,      C ← −T⁻ᵀ C,      −A ← T with A = TᵀT
STRIP rows at a time are a product with the rows above them, then a substitution in registers.
"""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir
import numpy as np
from numba import types

from deltarule.kernels.calling import run_product
from deltarule.kernels.compiling import inner
from deltarule.kernels.gauss_newton import LANES, PANEL
from deltarule.kernels.tiles import next_width
from deltarule.kernels.vectors import I64, REGISTERS, Vector, address, at, call, intrinsic, repeat

BLOCK = 32  # columns of a panel
STRIP = 8  # rows that are solved together
DEEP = 64  # rows of a product's operands at a time: both stay in the nearest cache


def _substitution(vectors: int) -> Any:
    """The intrinsic of STRIP rows of C, `vectors` wide, in registers: x_r = (C_r + Σ_{s<r} u_sr x_s)(−1/u_rr)."""

    @intrinsic
    def strip(typingctx: Any, U: Any, inverse: Any, C: Any) -> Any:
        kind = Vector(C.dtype)

        def code(context: Any, b: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
            U, inverse, C = args
            align = kind.element.bitwidth // 8

            def place(r: int, n: int) -> ir.Value:
                return address(b, C, ir.Constant(I64, r * BLOCK + n * kind.lanes), kind)

            def number(p: ir.Value, index: int) -> ir.Value:
                return repeat(b, kind, b.load(b.gep(p, [ir.Constant(I64, index)])))

            x = [[b.load(place(r, n), align=align) for n in range(vectors)] for r in range(STRIP)]
            for s in range(STRIP):
                least = number(inverse, s)
                for n in range(vectors):
                    x[s][n] = b.fmul(x[s][n], least)
                    b.store(x[s][n], place(s, n), align=align)
                for r in range(s + 1, STRIP):
                    u = number(U, s * BLOCK + r)
                    for n in range(vectors):
                        x[r][n] = call(b, kind, "fmuladd", u, x[s][n], x[r][n])
            return context.get_dummy_value()

        return types.void(U, inverse, C), code

    return strip


WIDE = 2 if REGISTERS == 32 else 1
_strip_wide, _strip_one = _substitution(WIDE), _substitution(1)


@inner
def add(product: int, A: Any, B: Any, C: Any, rows: int, width: int, depth: int) -> None:
    """C (rows, width) += Aᵀ B, A (depth, rows) and B (depth, width); rows lie BLOCK numbers apart."""
    for k in range(0, depth, DEEP):
        deep, c = min(DEEP, depth - k), 0
        while c < width:
            wide, here = next_width(width - c, PANEL, LANES), at(C, c)
            run_product(
                product, at(A, k * BLOCK), 1, BLOCK, at(B, k * BLOCK + c), BLOCK, here, BLOCK, here, BLOCK,
                rows, wide, deep,
            )  # fmt: skip
            c += wide


@inner
def _solve_strip(U: Any, inverse: Any, C: Any, width: int) -> None:
    """STRIP rows of C, width columns, by the factor of their diagonal square."""
    c = 0
    while c + WIDE * LANES <= width:
        _strip_wide(U, inverse, at(C, c))
        c += WIDE * LANES
    while c < width:
        _strip_one(U, inverse, at(C, c))
        c += LANES


@inner
def solve_tile(product: int, T: Any, inverse: Any, C: Any, rows: int, width: int) -> None:
    """C (rows, width) ← −T⁻ᵀ C, T a diagonal tile of the factor."""
    for r in range(0, rows, STRIP):
        here = at(C, r * BLOCK)
        add(product, at(T, r), C, here, STRIP, width, r)
        _solve_strip(at(T, r * BLOCK + r), at(inverse, r), here, width)


@inner
def _factor_square(U: Any, inverse: Any) -> bool:
    """STRIP × STRIP numbers −a ← their factor; False where a is not positive definite."""
    for s in range(STRIP):
        d = -U[s * BLOCK + s]
        if not d > 0:
            return False
        root = np.sqrt(d)
        least = -1 / root
        U[s * BLOCK + s], inverse[s] = root, least
        for c in range(s + 1, STRIP):
            U[s * BLOCK + c] *= least
        for r in range(s + 1, STRIP):
            for c in range(r, STRIP):
                U[r * BLOCK + c] += U[s * BLOCK + r] * U[s * BLOCK + c]
    return True


@inner
def factor_tile(product: int, T: Any, inverse: Any, rows: int) -> bool:
    """The diagonal tile, −A + Σ, ← its factor."""
    for r in range(0, rows, STRIP):
        here = at(T, r * BLOCK + r)
        add(product, at(T, r), at(T, r), here, STRIP, rows - r, r)
        if not _factor_square(here, at(inverse, r)):
            return False
        _solve_strip(here, at(inverse, r), at(here, STRIP), rows - r - STRIP)
    return True


def room_of(panels: int) -> int:
    """How many numbers so many panels take: where the next one begins."""
    return BLOCK * BLOCK * (panels * (panels + 1) // 2)


start = inner(room_of)


@inner
def add_row(product: int, z: Any, B: Any, y: Any, width: int, depth: int) -> None:
    """y (width,) += z (depth,) B."""
    c = 0
    while c < width:
        wide = next_width(width - c, PANEL, LANES)
        run_product(product, z, depth, 1, at(B, c), BLOCK, at(y, c), BLOCK, at(y, c), BLOCK, 1, wide, depth)
        c += wide
