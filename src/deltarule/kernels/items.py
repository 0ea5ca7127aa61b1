"""What one item of a phase is: a group of tiles, one tile, one block of θ.

Any thread may do it; its result has a place of its own.
    SLOTTED   each group of tiles adds up a gradient of its own (small θ)
    SHARED    all tiles' y and δ are kept for the batch (or a part of it),
              and each block of θ takes its gradient from all of them (large θ)
Each item is compiled apart and called by its address: compiled together, they would take many times as long.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types

from deltarule.kernels import lanes as narrow
from deltarule.kernels import places as p
from deltarule.kernels import tiles
from deltarule.kernels.calling import run_gradient, run_item, run_loss, run_tile, run_update
from deltarule.kernels.compiling import declared, inner, pointer_to
from deltarule.kernels.gathering import TABLE_FIELDS, gather_columns, gather_rows, share_columns, share_rows
from deltarule.kernels.layout import BIAS, BLOCK_FIELDS, COUNT, FIELDS, KIND, LD, NARROW, START, D, J, Y
from deltarule.kernels.updates import SCALARS
from deltarule.kernels.vectors import absolute, at, lanes, less, load, pointer, store, total


@inner
def output_of(job: Any) -> Any:
    """The output layer's row of `layers`."""
    return at(pointer(job[p.LAYER_TABLE], job), (job[p.LAYERS] - 1) * FIELDS)


def tile_in_rows(job: Any, reals: Any, work: Any, tile: Any, first: int, rows: int) -> float:
    """Gather, forward, loss and backward for rows order[first : first + rows] of a tile; returns Σ share · e."""
    layers, tables, order = (
        pointer(job[p.LAYER_TABLE], job),
        pointer(job[p.TABLES], job),
        at(pointer(job[p.ORDER], job), first),
    )
    L, height, last, theta = job[p.LAYERS], job[p.HEIGHT], output_of(job), at(work, job[p.THETA])
    gather_rows(tables, order, tile, job[p.X_LENGTH], rows, job[p.X_STRIP], job[p.X_LENGTH] * job[p.HEIGHT])
    tiles.forward(job, reals, layers, theta, tile, first, rows)
    o, delta, d, share = (
        at(tile, last[Y]),
        at(tile, last[D]),
        at(tile, job[p.TARGETS]),
        at(tile, job[p.SHARES]),
    )
    K, across = last[J], last[NARROW] != 0
    count, width = (K * height, height) if across else (rows * last[LD], last[LD])
    if job[p.FORWARD_ONLY]:
        if job[p.LOSS]:
            across_rows, of_row = (height, 0) if across else (rows, width)
            run_loss(job[p.LOSS], o, o, o, o, count, across_rows, K, of_row, 0.0)
        return 0.0
    if across:
        gather_columns(at(tables, TABLE_FIELDS), order, d, height, rows)
        share_columns(
            job[p.WEIGHTS], order, share, at(tile, job[p.MARK]), height, rows, K, reals[p.PER_WEIGHT]
        )
    else:
        gather_rows(at(tables, TABLE_FIELDS), order, d, width, rows, width, width)
        share_rows(
            job[p.WEIGHTS], order, share, at(tile, job[p.MARK]), width, rows, height, K, reals[p.PER_WEIGHT]
        )
    E = run_loss(
        job[p.LOSS],
        o,
        delta,
        d,
        share,
        count,
        height if across else rows,
        K,
        0 if across else width,
        reals[p.CONSTANT],
    )
    tiles.backward(
        job[p.PRODUCT],
        job[p.SCALED],
        layers,
        L,
        job[p.PANEL],
        theta,
        at(work, job[p.TURNED]),
        tile,
        at(tile, job[p.SPARE]),
        rows,
        height,
    )
    return E


def block_in_rows(job: Any, work: Any, block: Any, tile: Any, g: Any, rows: int, added: int) -> None:
    """One block of ∂E/∂θ from one tile."""
    layers, zeros = pointer(job[p.LAYER_TABLE], job), at(work, job[p.ZEROS])
    tiles.weight_gradient(
        job[p.PRODUCT],
        layers,
        block,
        job[p.PANEL],
        tile,
        at(job, p.X_LENGTH),
        zeros,
        g,
        rows,
        job[p.HEIGHT],
        added != 0,
    )


@inner
def group_bounds(job: Any, item: int) -> Any:
    """Where a group's rows begin and end in `order`; inside it, even where the step has moved on meanwhile."""
    start, low = job[p.FIRST], item * job[p.GROUP] * job[p.HEIGHT]
    high = min(low + job[p.GROUP] * job[p.HEIGHT], job[p.ROWS])
    return start + low, min(start + high, job[p.N])


def group_in_tiles(job: Any, reals: Any, results: Any, work: Any, item: int, thread: int) -> None:
    """GROUPS: one tile after the other in this thread's room adds up slot `item`."""
    blocks, tile = pointer(job[p.BLOCK_TABLE], job), at(work, job[p.TILES] + thread * job[p.TILE])
    room = thread * job[p.MOST_SLOTS] + item  # no other thread writes there: a group may be done twice
    slot = at(work, job[p.GRADIENT] + room * job[p.SIZE])
    (first, high), E, added = group_bounds(job, item), 0.0, 0
    while first < high:
        rows = min(job[p.HEIGHT], high - first)
        E += run_tile(job[p.TILE_PASS], job, reals, work, tile, first, rows)
        if job[p.FORWARD_ONLY]:
            put_output(job, tile, first, rows, output_of(job)[NARROW] != 0)
        else:
            for b in range(job[p.BLOCKS]):
                run_gradient(
                    job[p.WEIGHT_GRADIENT], job, work, at(blocks, b * BLOCK_FIELDS), tile, slot, rows, added
                )
        first, added = first + rows, 1
    results[(job[p.E_AT] + room) * p.RESULTS + p.E_OF] = E


def group_in_lanes(job: Any, reals: Any, results: Any, work: Any, item: int, thread: int) -> None:
    """GROUPS, with the batch in the lanes."""
    layers, tables, tile = (
        pointer(job[p.LAYER_TABLE], job),
        pointer(job[p.TABLES], job),
        at(work, job[p.TILES] + thread * job[p.TILE]),
    )
    room = thread * job[p.MOST_SLOTS] + item
    slot, theta = at(work, job[p.GRADIENT] + room * job[p.SIZE]), at(work, job[p.THETA])
    height, last, zeros = job[p.HEIGHT], output_of(job), at(work, job[p.ZEROS])
    o, delta, d, share = (
        at(tile, last[Y]),
        at(tile, last[D]),
        at(tile, job[p.TARGETS]),
        at(tile, job[p.SHARES]),
    )
    (first, high), E, added = group_bounds(job, item), 0.0, False
    while first < high:
        rows = min(height, high - first)
        whole = (rows + lanes(tile) - 1) // lanes(tile) * lanes(tile)
        order = at(pointer(job[p.ORDER], job), first)
        gather_columns(tables, order, tile, height, rows)
        narrow.forward(job, reals, layers, theta, zeros, tile, first, rows, whole)
        if job[p.FORWARD_ONLY]:
            if job[p.LOSS]:
                run_loss(job[p.LOSS], o, o, o, o, last[J] * height, height, last[J], 0, 0.0)
            put_output(job, tile, first, rows, True)
        else:
            gather_columns(at(tables, TABLE_FIELDS), order, d, height, rows)
            share_columns(
                job[p.WEIGHTS],
                order,
                share,
                at(tile, job[p.MARK]),
                height,
                rows,
                last[J],
                reals[p.PER_WEIGHT],
            )
            E += run_loss(
                job[p.LOSS], o, delta, d, share, last[J] * height, height, last[J], 0, reals[p.CONSTANT]
            )
            narrow.backward(job, layers, theta, tile, whole)
            narrow.gradient(job, tile, slot, whole, rows == 1, added)
        first, added = first + rows, True
    results[(job[p.E_AT] + room) * p.RESULTS + p.E_OF] = E


@inner
def put_output(job: Any, tile: Any, first: int, rows: int, across: bool) -> None:
    """o of a tile into the caller's array, [row][unit]."""
    last, order = output_of(job), at(pointer(job[p.ORDER], job), first)
    o, K = at(tile, last[Y]), last[J]
    of_row, of_unit = (1, job[p.HEIGHT]) if across else (last[LD], 1)
    for n in range(rows):
        row = at(pointer(job[p.OUT], tile), order[n] * K)
        for k in range(K):
            row[k] = o[n * of_row + k * of_unit]


def one_tile(job: Any, reals: Any, results: Any, work: Any, item: int, thread: int) -> None:
    """TILES_OF_ROWS: one tile in its own place."""
    rows = min(job[p.HEIGHT], job[p.ROWS] - item * job[p.HEIGHT])
    tile = at(work, job[p.TILES] + item * job[p.TILE])
    results[item * p.RESULTS + p.E_OF] = run_tile(
        job[p.TILE_PASS], job, reals, work, tile, job[p.FIRST] + item * job[p.HEIGHT], rows
    )


def block_gradient(job: Any, reals: Any, results: Any, work: Any, item: int, thread: int) -> None:
    """GRADIENTS: one block of ∂E/∂θ from every tile of the part of the batch, in order."""
    block, g = at(pointer(job[p.BLOCK_TABLE], job), item * BLOCK_FIELDS), at(work, job[p.GRADIENT])
    if job[p.AT_ONCE]:  # the thread's own room, where the rule takes it at once
        g = at(g, thread * job[p.ROOM] - block[START])
    height, added, t = job[p.HEIGHT], job[p.ADDED], 0
    while t * height < job[p.ROWS]:
        rows = min(height, job[p.ROWS] - t * height)
        run_gradient(
            job[p.WEIGHT_GRADIENT], job, work, block, at(work, job[p.TILES] + t * job[p.TILE]), g, rows, added
        )
        t, added = t + 1, 1


def gather_gradient(job: Any, reals: Any, results: Any, work: Any, item: int, thread: int) -> None:
    """GATHERING: slots added up in order, penalty, limits.

    Gives Σ g² before and after clipping, 0 · Σ g (NaN: not finite), penalty.
    """
    block, found = at(pointer(job[p.BLOCK_TABLE], job), item * BLOCK_FIELDS), at(results, item * p.RESULTS)
    start, count = block[START], block[COUNT]
    g, theta = at(work, job[p.GRADIENT] + start), at(work, job[p.THETA] + start)
    l1, l2, limit = reals[p.L1], reals[p.L2], reals[p.CLIP_VALUE]
    slots, slot_0 = job[p.SLOTS], at(g, job[p.SLOT_AT])
    penalised = block[KIND] != BIAS and (l1 != 0.0 or l2 != 0.0)
    measured = job[p.WHOLE] != 0 or reals[p.CLIP_NORM] < np.inf
    zero = 0.0 * load(work, job[p.ZEROS])
    fault, squares, clipped, absolutes, w_squares = zero, zero, zero, zero, zero
    for q in range(0, count, lanes(g)):
        v = load(slot_0, q)
        for s in range(1, slots):
            v = v + load(g, job[p.SLOT_AT + s] + q)
        if penalised:
            w = load(theta, q)
            v = v + (l1 * less(0.0, w, 1.0, less(w, 0.0, -1.0, w)) + l2 * w)
            absolutes, w_squares = absolutes + absolute(w), w_squares + w * w
        fault = fault + 0.0 * v
        if measured:
            squares = squares + v * v
        v = less(limit, v, limit, less(v, -limit, -limit, v))
        if measured:
            clipped = clipped + v * v
        store(g, q, v)
    found[p.FAULT], found[p.SQUARES], found[p.CLIPPED] = total(fault), total(squares), total(clipped)
    found[p.PENALTY] = l1 * total(absolutes) + 0.5 * l2 * total(w_squares)


def update_block(job: Any, reals: Any, results: Any, work: Any, item: int, thread: int) -> None:
    """UPDATES: the rule's step on one block; Wᵀ follows. AT_ONCE: its gradient is made here, stays in a near cache."""
    block, scalars = (
        at(pointer(job[p.BLOCK_TABLE], job), item * BLOCK_FIELDS),
        at(pointer(job[p.SCALARS_AT], reals), job[p.STEP] * SCALARS),
    )
    start, count = block[START], block[COUNT]
    g, new, scale = at(work, job[p.GRADIENT] + start), at(work, job[p.NEW]), reals[p.SCALE]
    if job[p.AT_ONCE]:
        g = at(work, job[p.GRADIENT] + thread * job[p.ROOM])
        run_item(job[p.ITEMS + p.GRADIENTS], job, reals, results, work, item, thread)
    if scale != 1.0:
        for q in range(0, count, lanes(g)):
            store(g, q, scale * load(g, q))
    kept = 1.0 if job[p.DECAYS] and block[KIND] == BIAS else -1.0
    results[item * p.RESULTS + p.FAULT] = run_update(
        job[p.UPDATE],
        at(work, job[p.THETA] + start),
        at(new, start),
        g,
        at(work, job[p.MEMORY] + start),
        job[p.ROW],
        count,
        scalars,
        kept,
    )
    if job[p.TURNS]:
        tiles.turn(pointer(job[p.LAYER_TABLE], job), block, job[p.PANEL], new, at(work, job[p.TURNED]))


def turn_block(job: Any, reals: Any, results: Any, work: Any, item: int, thread: int) -> None:
    """TURNING: one block of W written into Wᵀ."""
    block = at(pointer(job[p.BLOCK_TABLE], job), item * BLOCK_FIELDS)
    tiles.turn(
        pointer(job[p.LAYER_TABLE], job), block, job[p.PANEL], at(work, job[p.THETA]), at(work, job[p.TURNED])
    )


_ITEMS = {
    p.TILES_OF_ROWS: one_tile, p.GRADIENTS: block_gradient, p.GATHERING: gather_gradient,
    p.UPDATES: update_block, p.TURNING: turn_block,
}  # fmt: skip


@cache
def item_pass(kind: int, in_lanes: bool, dtype: str) -> Any:
    """The compiled item of one kind: void(job, reals, results, work, item, thread)."""
    item = (group_in_lanes if in_lanes else group_in_tiles) if kind == p.GROUPS else _ITEMS[kind]
    whole, reals = types.CPointer(types.int64), types.CPointer(types.float64)
    return declared(item, types.void, whole, reals, reals, pointer_to(dtype), types.intp, types.intp)


@cache
def tile_pass(dtype: str) -> Any:
    """The compiled `tile_in_rows`."""
    whole, reals, numbers = types.CPointer(types.int64), types.CPointer(types.float64), pointer_to(dtype)
    return declared(tile_in_rows, types.double, whole, reals, numbers, numbers, types.intp, types.intp)


@cache
def gradient_pass(dtype: str) -> Any:
    """The compiled `block_in_rows`."""
    whole, numbers = types.CPointer(types.int64), pointer_to(dtype)
    return declared(
        block_in_rows, types.void, whole, numbers, whole, numbers, numbers, types.intp, types.intp
    )
