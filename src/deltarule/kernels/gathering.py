"""A batch's rows brought from X, D and s into a tile, whatever their dtype and strides, without copying the table.

Rows lie in a tile as [rows][columns], or, with the batch in the lanes, as [columns][rows].
"""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir
from numba import types

from deltarule.kernels.compiling import inner
from deltarule.kernels.turning import turn_rows
from deltarule.kernels.vectors import at, fill, intrinsic, lanes, load, pointer, prefetch, store


def _reader(kind: types.Float, llvm_kind: ir.Type) -> Any:
    @intrinsic
    def read(typingctx: Any, where: Any) -> Any:
        """The number of this type at the address `where`."""

        def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
            return builder.load(builder.inttoptr(args[0], llvm_kind.as_pointer()), align=1)

        return kind(types.intp), code

    return read


_single, _double = _reader(types.float32, ir.FloatType()), _reader(types.float64, ir.DoubleType())
# a row of `tables`: an array's address, bytes from row to row, from column to column and of a number, columns
_AHEAD = 4
ADDRESS, ROW, COLUMN, SIZE, COLUMNS = range(5)
TABLE_FIELDS = 5


@inner
def gather_rows(table: Any, order: Any, tile: Any, length: int, rows: int, strip: int, hop: int) -> None:
    """tile[n, i] = table[order[n], i]; the tile's rows are `length` apart, its strips of columns `hop`."""
    count, column, size = table[COLUMNS], table[COLUMN], table[SIZE]
    lane = lanes(tile)
    alike = column == size and size == _size(tile)
    for n in range(rows):
        if column == size and n + _AHEAD < rows:  # rows lie anywhere: the next ones are asked for early
            ahead = table[ADDRESS] + order[n + _AHEAD] * table[ROW]
            for line in range(0, count * size, 64):
                prefetch(ahead + line)
        source, target = table[ADDRESS] + order[n] * table[ROW], at(tile, n * length)
        for start in range(0, count, strip):
            several, i = min(strip, count - start), 0
            if alike:
                row = pointer(source, tile)
                while i + lane <= several:
                    store(target, i, load(row, i))
                    i += lane
                while i + 16 // size <= several:
                    copy_16_bytes(row, target, i)
                    i += 16 // size
                while i < several:
                    target[i] = row[i]
                    i += 1
            elif size == 4:
                for c in range(several):
                    target[c] = _single(source + c * column)
            else:
                for c in range(several):
                    target[c] = _double(source + c * column)
            source, target = source + several * column, at(target, hop)


@inner
def gather_columns(table: Any, order: Any, tile: Any, length: int, rows: int) -> None:
    """tile[i, n] = table[order[n], i]; the rows of the tile are `length` apart. A single row fills its vector."""
    address, from_row, count = table[ADDRESS], table[ROW], table[COLUMNS]
    column, size = table[COLUMN], table[SIZE]
    lane, n = lanes(tile), 0
    if column == size and size == _size(tile) and lane >= 4:
        while n + lane <= rows:
            i, place, corner = 0, at(order, n), at(tile, n)
            while i + 4 <= count:
                turn_rows(address + i * size, from_row, place, at(corner, i * length), length, 4)
                i += 4
            if count - i == 1:
                turn_rows(address + i * size, from_row, place, at(corner, i * length), length, 1)
            elif count - i == 2:
                turn_rows(address + i * size, from_row, place, at(corner, i * length), length, 2)
            elif count - i == 3:
                turn_rows(address + i * size, from_row, place, at(corner, i * length), length, 3)
            n += lane
    if rows == 1:  # whole vectors: one number's store would keep the load of its vector waiting
        source = address + order[0] * from_row
        for i in range(count):
            number = _single(source + i * column) if size == 4 else _double(source + i * column)
            store(tile, i * length, fill(tile, number))
        return
    while n < rows:
        source = address + order[n] * from_row
        for i in range(count):
            tile[i * length + n] = _single(source + i * column) if size == 4 else _double(source + i * column)
        n += 1


@intrinsic
def _rounded(typingctx: Any, like: Any, number: Any) -> Any:
    """`number` in like's precision."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return context.cast(builder, args[1], number, like.dtype)

    return like.dtype(like, number), code


@intrinsic
def _size(typingctx: Any, p: Any) -> Any:
    """Bytes of a number that p points to."""
    return types.intp(p), lambda context, builder, sig, args: ir.Constant(
        ir.IntType(64), p.dtype.bitwidth // 8
    )


@intrinsic
def copy_16_bytes(typingctx: Any, source: Any, target: Any, q: Any) -> Any:
    """target[q …] = source[q …], four float32 or two float64 at once."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        bits = source.dtype.bitwidth
        four = ir.VectorType(ir.FloatType() if bits == 32 else ir.DoubleType(), 128 // bits).as_pointer()
        source_at, target_at = (builder.bitcast(builder.gep(p, [args[2]]), four) for p in args[:2])
        builder.store(builder.load(source_at, align=bits // 8), target_at, align=bits // 8)
        return context.get_dummy_value()

    return types.void(source, target, types.intp), code


@inner
def share_rows(
    weights: int,
    order: Any,
    tile: Any,
    mark: Any,
    length: int,
    rows: int,
    height: int,
    units: int,
    per_weight: float,
) -> None:
    """tile[n, k] = s_n/Σs for the output's units; the padding stays 0. `mark` holds the share all rows have, or −1."""
    if weights == 0 and rows == height and mark[0] == _rounded(mark, per_weight):
        return
    mark[0] = per_weight if weights == 0 and rows == height else -1.0
    for n in range(rows):
        s = per_weight * _double(weights + 8 * order[n]) if weights else per_weight
        for k in range(units):
            tile[n * length + k] = s


@inner
def share_columns(
    weights: int, order: Any, tile: Any, mark: Any, height: int, rows: int, units: int, per_weight: float
) -> None:
    """tile[k, n] = s_n/Σs, 0 for the lanes after the last row; `mark` as in `share_rows`."""
    if weights == 0 and rows == height and mark[0] == _rounded(mark, per_weight):
        return
    mark[0] = per_weight if weights == 0 and rows == height else -1.0
    for k in range(units):
        target = at(tile, k * height)
        if weights == 0:
            n = 0
            while n + lanes(tile) <= rows:
                store(target, n, fill(tile, per_weight))
                n += lanes(tile)
            while n < rows:
                target[n] = per_weight
                n += 1
        else:
            for n in range(rows):
                target[n] = per_weight * _double(weights + 8 * order[n])
        for n in range(rows, height):
            target[n] = 0.0


@inner
def weight_sum(weights: int, order: Any, rows: int) -> float:
    """Σ s_n of a batch."""
    total = 0.0
    for n in range(rows):
        total += _double(weights + 8 * order[n])
    return total
