"""The register-tiled product under every wide layer: C = init + A·B, or C ← C ∘ (A·B).

One tile of C, `rows` × `vectors` registers, stays in registers while k runs:

    C[r, :] = init[r, :] + Σ_k A[r, k] · B[k, :]        A[r, k] one number repeated, B[k, :] whole vectors

A has free strides, so A may stand transposed; B's rows are vectors; init may be a bias (row stride 0), zeros, or C
itself. Every B[k, :] is read once for `rows` fused multiply-adds, and no edge is masked: the layout pads to whole
vectors. While it runs, the next tile's A is asked for, and the next k's of B, whose panels lie one behind the other.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import llvmlite.ir as ir
from numba import types

from deltarule.kernels.compiling import declared, inner, named, pointer_to
from deltarule.kernels.vectors import (
    BYTES,
    I64,
    REGISTERS,
    Vector,
    address,
    ask_for,
    at,
    call,
    intrinsic,
    lanes,
    llvm_float,
    llvm_vector,
    repeat,
)

VECTORS = 4 if REGISTERS == 32 else 2  # of a wide panel's row
DEPTH = 128 if BYTES == 64 else 256  # k's of one pass: a panel of them stays in L1


def _row_counts(vectors: int) -> tuple[int, int]:
    """Rows of a full tile and of the smaller one for what remains: with `vectors`, eight or more sums side by side."""
    if REGISTERS == 32:
        return {1: (8, 4), 2: (8, 4), 4: (6, 2)}[vectors]
    return {1: (8, 4), 2: (6, 4)}[vectors]  # twelve sums, two of B and one of A: fifteen of sixteen registers


def _tile(rows: int, vectors: int, scaled: bool) -> Any:
    """The intrinsic of one tile: (A, rs, cs, B, ldb, init, ldi, C, ldc, K, ahead); B + ahead is asked for."""

    @intrinsic
    def tile(
        typingctx: Any,
        A: Any,
        rs: Any,
        cs: Any,
        B: Any,
        ldb: Any,
        init: Any,
        ldi: Any,
        C: Any,
        ldc: Any,
        K: Any,
        ahead: Any,
    ) -> Any:
        kind = Vector(A.dtype)
        V = llvm_vector(kind)
        whole = types.intp
        sig = types.void(A, whole, whole, A, whole, A, whole, A, whole, whole, whole)

        def code(context: Any, b: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
            A, rs, cs, B, ldb, init, ldi, C, ldc, K, ahead = args
            zero, one = ir.Constant(I64, 0), ir.Constant(I64, 1)
            size = kind.element.bitwidth // 8
            down, along, below = (b.mul(x, ir.Constant(I64, size)) for x in (rs, cs, ldb))
            row = [b.mul(down, ir.Constant(I64, r)) for r in range(rows + 1)]
            later = b.mul(ahead, ir.Constant(I64, size))
            A_at, B_at, F = b.ptrtoint(A, I64), b.ptrtoint(B, I64), llvm_float(kind.element).as_pointer()
            column = [ir.Constant(I64, n * kind.lanes) for n in range(vectors)]

            def read(p: ir.Value, index: ir.Value) -> ir.Value:
                return b.load(address(b, p, index, kind), align=kind.element.bitwidth // 8)

            def of_row(ld: ir.Value, r: int, n: int) -> ir.Value:
                return b.add(b.mul(ld, ir.Constant(I64, r)), column[n])

            if scaled:
                first = [[ir.Constant(V, [0.0] * kind.lanes)] * vectors for _ in range(rows)]
            else:
                first = [[read(init, of_row(ldi, r, n)) for n in range(vectors)] for r in range(rows)]
            before, head, done = b.block, b.append_basic_block("k"), b.append_basic_block("done")
            b.branch(head)
            b.position_at_end(head)
            k, a, q = b.phi(I64), b.phi(I64), b.phi(I64)
            acc = [[b.phi(V) for _ in range(vectors)] for _ in range(rows)]
            # a made opaque: else LLVM walks from row to row and on to the next k, one long chain of additions
            a_k = b.call(ir.InlineAsm(ir.FunctionType(I64, [I64]), "", "=r,0"), [a])
            Bk = [read(b.inttoptr(q, F), column[n]) for n in range(vectors)]
            ask_for(b, b.add(a_k, row[rows]))
            ask_for(b, b.add(q, later))
            sums = []
            for r in range(rows):
                A_rk = repeat(b, kind, b.load(b.inttoptr(b.add(a_k, row[r]), F)))
                sums.append([call(b, kind, "fmuladd", A_rk, Bk[n], acc[r][n]) for n in range(vectors)])
            following = b.add(k, one), b.add(a, along), b.add(q, below)
            for phi, start, then in zip((k, a, q), (zero, A_at, B_at), following, strict=True):
                phi.add_incoming(start, before)
                phi.add_incoming(then, head)
            for r in range(rows):
                for n in range(vectors):
                    acc[r][n].add_incoming(first[r][n], before)
                    acc[r][n].add_incoming(sums[r][n], head)
            b.cbranch(b.icmp_signed("<", following[0], K), head, done)
            b.position_at_end(done)
            for r in range(rows):
                for n in range(vectors):
                    where = of_row(ldc, r, n)
                    result = b.fmul(sums[r][n], read(C, where)) if scaled else sums[r][n]
                    b.store(result, address(b, C, where, kind), align=kind.element.bitwidth // 8)
            return context.get_dummy_value()

        return sig, code

    return tile


def _strip(vectors: int, scaled: bool) -> Any:
    """All M rows of one panel of C, `vectors` wide."""
    full, fewer = _row_counts(vectors)
    tile, smaller, single = (_tile(rows, vectors, scaled) for rows in (full, fewer, 1))

    def strip(
        A: Any, rs: int, cs: int, B: Any, ldb: int, init: Any, ldi: int, C: Any, ldc: int, M: int, K: int
    ) -> None:
        i, ahead = 0, K * ldb if cs == 1 else 0  # where A stands transposed, B's rows are a batch's
        rest = M % full
        whole = M - rest
        if whole and rest < fewer and full < 2 * fewer <= full + rest:
            whole -= full  # two smaller tiles instead of a full one and single rows
        while i < whole:
            line = ahead + i // full % vectors * lanes(A) if ahead else 0
            tile(at(A, i * rs), rs, cs, B, ldb, at(init, i * ldi), ldi, at(C, i * ldc), ldc, K, line)
            i += full
        while i + fewer <= M:
            smaller(at(A, i * rs), rs, cs, B, ldb, at(init, i * ldi), ldi, at(C, i * ldc), ldc, K, ahead)
            i += fewer
        while i < M:
            single(at(A, i * rs), rs, cs, B, ldb, at(init, i * ldi), ldi, at(C, i * ldc), ldc, K, ahead)
            i += 1

    return inner(named(strip, vectors, "scaled" if scaled else "plain"))


_strip_1, _strip_2 = _strip(1, False), _strip(2, False)
_scaled_1, _scaled_2 = _strip(1, True), _strip(2, True)
_strip_4 = _strip(VECTORS, False) if VECTORS > 2 else _strip_2
_scaled_4 = _strip(VECTORS, True) if VECTORS > 2 else _scaled_2


def product(
    A: Any,
    rs: int,
    cs: int,
    B: Any,
    ldb: int,
    init: Any,
    ldi: int,
    C: Any,
    ldc: int,
    M: int,
    width: int,
    K: int,
) -> None:
    """C (M, width) = init + A (M, K) · B (K, width) for one panel: width is 1, 2 or VECTORS whole vectors."""
    vectors = width // lanes(A)
    k = 0
    while k < K:
        depth = min(DEPTH, K - k)
        a, b = at(A, k * cs), at(B, k * ldb)
        if vectors == 1:
            _strip_1(a, rs, cs, b, ldb, init, ldi, C, ldc, M, depth)
        elif vectors == 2:
            _strip_2(a, rs, cs, b, ldb, init, ldi, C, ldc, M, depth)
        else:
            _strip_4(a, rs, cs, b, ldb, init, ldi, C, ldc, M, depth)
        init, ldi = C, ldc
        k += depth


def scaled_product(
    A: Any,
    rs: int,
    cs: int,
    B: Any,
    ldb: int,
    init: Any,
    ldi: int,
    C: Any,
    ldc: int,
    M: int,
    width: int,
    K: int,
) -> None:
    """C (M, width) ← C ∘ (A (M, K) · B (K, width)) for one panel; init is not looked at."""
    vectors = width // lanes(A)
    if vectors == 1:
        _scaled_1(A, rs, cs, B, ldb, C, ldc, C, ldc, M, K)
    elif vectors == 2:
        _scaled_2(A, rs, cs, B, ldb, C, ldc, C, ldc, M, K)
    else:
        _scaled_4(A, rs, cs, B, ldb, C, ldc, C, ldc, M, K)


@cache
def product_pass(scaled: bool, dtype: str) -> Any:
    """The compiled product, to be called by its address: a kernel that only calls it compiles quickly."""
    p, whole = pointer_to(dtype), types.intp
    chosen = scaled_product if scaled else product
    return declared(chosen, types.void, p, whole, whole, p, whole, p, whole, p, whole, whole, whole, whole)


def _transposed_block() -> Any:
    @intrinsic
    def block(typingctx: Any, source: Any, ls: Any, target: Any, lt: Any) -> Any:
        """target[c, r] = source[r, c] for a square of LANES × LANES numbers; rows ls and lt apart."""
        kind = Vector(source.dtype)
        n = kind.lanes

        def code(context: Any, b: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
            source, ls, target, lt = args
            size = kind.element.bitwidth // 8

            def at_row(p: ir.Value, ld: ir.Value, r: int) -> ir.Value:
                return address(b, p, b.mul(ld, ir.Constant(I64, r)), kind)

            rows = [b.load(at_row(source, ls, r), align=size) for r in range(n)]
            half = 1
            while half < n:  # swap the off-diagonal halves of ever larger squares
                masks = [], []
                for c in range(n):
                    odd = bool(c & half)
                    masks[0].append(c - half + n if odd else c)
                    masks[1].append(c + n if odd else c + half)
                for r in range(n):
                    if not r & half:
                        x, y = rows[r], rows[r + half]
                        low, high = (ir.Constant(ir.VectorType(ir.IntType(32), n), m) for m in masks)
                        rows[r], rows[r + half] = b.shuffle_vector(x, y, low), b.shuffle_vector(x, y, high)
                half *= 2
            for r in range(n):
                b.store(rows[r], at_row(target, lt, r), align=size)
            return context.get_dummy_value()

        return types.void(source, types.intp, source, types.intp), code

    return block


transposed_block = _transposed_block()
