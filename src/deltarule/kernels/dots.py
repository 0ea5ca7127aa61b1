"""As many dot products as a vector has lanes, side by side: ∂E/∂θ where the batch lies in the lanes.

    lane r of the result = Σ_n y_r[n] δ_r[n]

Each has a vector of its own that runs along the rows; at the end all are summed across their lanes at once, by halves,
in the tree of `vectors.total`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.ir as ir
from numba import types

from deltarule.kernels.vectors import I32, I64, Vector, address, call, intrinsic, llvm_vector


def _totals(b: ir.IRBuilder, kind: Vector, vectors: list[Any]) -> ir.Value:
    """Lane r: the sum of the lanes of vector r."""
    n, width = kind.lanes, kind.lanes
    while width > 1:
        half = width // 2
        both = range(0, 2 * n, width)  # of two vectors, each sum's share
        low, high = (
            ir.Constant(ir.VectorType(I32, n), [at + place + q for at in both for q in range(half)])
            for place in (0, half)
        )
        vectors = [
            b.fadd(b.shuffle_vector(x, y, low), b.shuffle_vector(x, y, high))
            for x, y in zip(vectors[::2], vectors[1::2], strict=True)
        ]
        width = half
    return vectors[0]


def _along(
    b: ir.IRBuilder, kind: Vector, rows: ir.Value, count: int, read: Callable[[ir.Value], list[Any]]
) -> list[ir.Value]:
    """`count` vectors: Σ_n of the products that `read` gives at n."""
    V, zero = llvm_vector(kind), ir.Constant(I64, 0)
    before, head, done = b.block, b.append_basic_block("n"), b.append_basic_block("summed")
    b.branch(head)
    b.position_at_end(head)
    n, sums = b.phi(I64), [b.phi(V) for _ in range(count)]
    n.add_incoming(zero, before)
    following = b.add(n, ir.Constant(I64, kind.lanes))
    reached = [call(b, kind, "fmuladd", x, y, s) for (x, y), s in zip(read(n), sums, strict=True)]
    n.add_incoming(following, head)
    for s, then in zip(sums, reached, strict=True):
        s.add_incoming(ir.Constant(V, [0.0] * kind.lanes), before)
        s.add_incoming(then, head)
    b.cbranch(b.icmp_signed("<", following, rows), head, done)
    b.position_at_end(done)
    return reached


def _vector_at(b: ir.IRBuilder, kind: Vector, base: ir.Value, n: ir.Value) -> ir.Value:
    return b.load(address(b, base, n, kind), align=kind.element.bitwidth // 8)


@intrinsic
def dots_of_one(typingctx: Any, y: Any, delta: Any, height: Any, rows: Any) -> Any:
    """Lane r: Σ_n y[n] · delta[r · height + n]."""
    kind = Vector(y.dtype)

    def code(context: Any, b: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        y, delta, height, rows = args
        starts = [b.gep(delta, [b.mul(height, ir.Constant(I64, r))]) for r in range(kind.lanes)]

        def read(n: ir.Value) -> list[tuple[ir.Value, ir.Value]]:
            shared = _vector_at(b, kind, y, n)
            return [(shared, _vector_at(b, kind, start, n)) for start in starts]

        return _totals(b, kind, _along(b, kind, rows, kind.lanes, read))

    return kind(y, delta, types.intp, types.intp), code


def _offsets(b: ir.IRBuilder, pairs: ir.Value, r: int) -> tuple[ir.Value, ir.Value]:
    first, second = (b.load(b.gep(pairs, [ir.Constant(I64, 2 * r + k)])) for k in (0, 1))
    return first, second


@intrinsic
def dots_of_pairs(typingctx: Any, tile: Any, pairs: Any, rows: Any) -> Any:
    """Lane r: Σ_n tile[pairs[r, 0] + n] · tile[pairs[r, 1] + n]."""
    kind = Vector(tile.dtype)

    def code(context: Any, b: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        tile, pairs, rows = args
        sums: list[Any] = []
        for r in range(kind.lanes):
            y, delta = (b.gep(tile, [at]) for at in _offsets(b, pairs, r))

            def read(n: ir.Value, y: ir.Value = y, delta: ir.Value = delta) -> list[Any]:
                return [(_vector_at(b, kind, y, n), _vector_at(b, kind, delta, n))]

            sums += _along(b, kind, rows, 1, read)
        return _totals(b, kind, sums)

    return kind(tile, pairs, types.intp), code


@intrinsic
def products_of_pairs(typingctx: Any, tile: Any, pairs: Any) -> Any:
    """Lane r: tile[pairs[r, 0]] · tile[pairs[r, 1]]: of one sample, no sum is to be taken."""
    kind = Vector(tile.dtype)

    def code(context: Any, b: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        tile, pairs = args
        sides: list[ir.Value] = [ir.Constant(llvm_vector(kind), ir.Undefined)] * 2
        for r in range(kind.lanes):
            for k, at in enumerate(_offsets(b, pairs, r)):
                number = b.load(b.gep(tile, [at]), align=kind.element.bitwidth // 8)
                sides[k] = b.insert_element(sides[k], number, ir.Constant(I32, r))
        return b.fmul(*sides)

    return kind(tile, pairs), code
