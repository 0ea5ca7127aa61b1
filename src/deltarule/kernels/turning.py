"""A table's rows become columns of a tile, as many rows at once as a vector has lanes."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir
from numba import types

from deltarule.kernels.vectors import I32, I64, Vector, address, intrinsic, llvm_float


@intrinsic(prefer_literal=True)
def turn_rows(
    typingctx: Any, start: Any, from_row: Any, order: Any, target: Any, length: Any, columns: Any
) -> Any:
    """target[c, n] = the c-th number from `start` on of row order[n]: one to four columns of a vector's rows.

    Read as rows, turned in registers, stored as columns.
    """
    kind, few = Vector(target.dtype), columns.literal_value

    def code(context: Any, b: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        start, from_row, order, target, length, _ = args
        number, lanes, bytes = llvm_float(kind.element), kind.lanes, kind.element.bitwidth // 8
        four = ir.VectorType(number, 4)

        def row(n: int) -> ir.Value:
            where = b.add(start, b.mul(b.load(b.gep(order, [ir.Constant(I64, n)])), from_row))
            if few == 4:
                return b.load(b.inttoptr(where, four.as_pointer()), align=bytes)
            found = ir.Constant(four, ir.Undefined)
            for c in range(few):
                place = b.add(where, ir.Constant(I64, c * bytes))
                one = b.load(b.inttoptr(place, number.as_pointer()), align=bytes)
                found = b.insert_element(found, one, ir.Constant(I32, c))
            return found

        def picked(x: ir.Value, y: ir.Value, places: list[int]) -> ir.Value:
            return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(places)), places))

        # quarter k of a vector holds rows k, k + 4, …: turned four by four, columns have the rows in order
        quarters = []
        for k in range(4):
            parts = [row(n) for n in range(k, lanes, 4)]
            while len(parts) > 1:
                wide = parts[0].type.count
                pairs = zip(parts[::2], parts[1::2], strict=True)
                parts = [picked(x, y, [*range(2 * wide)]) for x, y in pairs]
            quarters.append(parts[0])
        groups = range(0, lanes, 4)
        low = [f for g in groups for f in (g, lanes + g, g + 1, lanes + g + 1)]
        high = [f + 2 for f in low]
        halves = [[picked(quarters[k], quarters[k + 2], half) for k in (0, 1)] for half in (low, high)]
        for c in range(few):
            x, y = halves[c // 2]
            column = picked(x, y, low if c % 2 == 0 else high)
            place = address(b, target, b.mul(length, ir.Constant(I64, c)), kind)
            b.store(column, place, align=bytes)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, order, target, types.intp, columns), code
