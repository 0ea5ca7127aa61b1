"""Where everything lies: θ, its memories and gradient in panels; activations in tiles of rows.

Compiled steps move θ by the element, so its order is free: each layer's W lies in panels of whole vectors, as the
product reads them, and only at a burst's start and end does it meet the order of `equations.shape`.

    W^(m−1,m)   panels [units of m / PANEL][units of m−1][PANEL], the last panel narrower, columns padded with zeros
    output      with few units: transposed, [units][units before, padded]: dot products instead of padded columns
    y^(m)       strips of at most DEPTH units, the k's of one pass of the product: [units / STRIP][rows][STRIP, padded];
                an output with few units: [units][rows], so that no lane is empty
    lanes       few units: θ as it is, every y [units + 1][rows], the last row all ones for the bias
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.kernels.planning import padded

Whole = NDArray[np.int64]

# one row of `layers`: sizes, then offsets into θ (W, B), into the transposed weights (WT) and into a tile (Y, D);
# STRIP units of a row lie together, rows LD apart
I, J, WIDTH, LD, STRIP, W, B, WT, Y, D, ACTIVATION, NARROW = range(12)
FIELDS = 12
# one row of `blocks`: a run of θ that is updated at once
LAYER, KIND, START, COUNT, PANEL_AT, FROM, TO = range(7)
BLOCK_FIELDS = 7
PANELS, BIAS, TRANSPOSED = range(3)  # KIND


@dataclass(frozen=True)
class Layout:
    """Offsets, in numbers, for one shape, one tile height and one vector width."""

    lanes: bool  # the narrow form: batch in the lanes
    rows: int  # rows of a tile
    panel: int  # numbers in a full panel's row
    layers: Whole  # (L, FIELDS)
    blocks: Whole  # (blocks, BLOCK_FIELDS)
    size: int  # numbers of θ, padding included
    transposed: int  # numbers of all WT
    row: int  # numbers of a tile for each of its rows
    x: tuple[int, int]  # X's strip and the distance of its rows
    spare: int  # offset of room for one product
    targets: int  # offset of D in a tile
    share: int  # offset of s_n/Σs
    # (runs, 4): of θ in the equations' order: first entry, place here, length, distance between entries here
    runs: Whole
    # (size, 2), in the lanes: where in a tile the two rows lie whose product summed is ∂E/∂θ of each entry
    pairs: Whole


def lanes_layout(shape: Shape, lanes: int, rows: int, panel: int) -> Layout:
    """Every y^(m) as [units + 1][rows]; θ in its own order."""
    sizes, L = shape.sizes, shape.layers
    layers = np.zeros((L, FIELDS), np.int64)
    size = padded(shape.size, lanes)
    pairs = np.zeros((size, 2), np.int64)
    below, at, place = 0, (sizes[0] + 1) * rows, 0
    for m in range(1, L + 1):
        before, units = sizes[m - 1], sizes[m]
        layer, count = layers[m - 1], (before + shape.bias) * units
        layer[[I, J, WIDTH, LD, STRIP]] = before, units, rows, rows, 1
        layer[W], layer[B] = place, place + before * units
        layer[Y], layer[D] = at, at + (units + 1) * rows
        i, j = np.divmod(np.arange(count), units)
        pairs[place : place + count] = np.column_stack([below + i * rows, layer[D] + j * rows])
        below, at, place = at, at + (2 * units + 1) * rows, place + count
    K = sizes[-1]
    # not penalised or decayed here: weights and biases share vectors
    block = np.array([[0, BIAS, 0, size, 0, 0, 0]], np.int64)
    targets, share, zeros = at, at + K * rows, at + 2 * K * rows
    pairs[place:] = zeros  # the padding's gradient
    return Layout(
        True, rows, panel, layers, block, size, 0, zeros // rows + 1, (1, rows),
        0, targets, share, np.array([[0, 0, place, 1]], np.int64), pairs,
    )  # fmt: skip


def tiles_layout(shape: Shape, lanes: int, rows: int, panel: int, line: int, depth: int) -> Layout:
    """Panels of W, tiles of rows.

    `rows` is a multiple of `lanes`, `depth` of `panel`, and `line` numbers of the cache come and go together.
    """
    sizes, L = shape.sizes, shape.layers
    layers = np.zeros((L, FIELDS), np.int64)
    blocks: list[tuple[int, ...]] = []
    runs: list[NDArray[np.int64]] = []
    place = transposed = 0
    strip, length = _strips(sizes[0], line, panel, depth)
    x, at = (strip, length), -(-sizes[0] // strip) * length * rows
    for m in range(1, L + 1):
        before, units = sizes[m - 1], sizes[m]
        layer, width, deep = layers[m - 1], padded(units, lanes), padded(before, lanes)
        narrow = m == L and _few(units, before, lanes)
        below = strip
        strip, length = (
            (1, rows) if narrow else (width, width) if m == L else _strips(units, line, panel, depth)
        )
        layer[[I, J, WIDTH, LD, STRIP, NARROW]] = (
            before, units, deep if narrow else width, length, strip, narrow,
        )  # fmt: skip
        layer[W] = place
        i, from_W = np.arange(before), shape.W_at(m).start
        if narrow:
            runs.append(_runs_of(from_W + i * units, place + i, units, deep))
            blocks.append((m - 1, TRANSPOSED, place, units * deep, 0, 0, before))
            place += units * deep
        else:
            for start, wide in panels(width, lanes, panel):
                runs.append(
                    _runs_of(from_W + i * units + start, place + i * wide, min(wide, units - start), 1)
                )
                for low, high in _stretches(before, wide, below):
                    blocks.append((m - 1, PANELS, place + low * wide, (high - low) * wide, start, low, high))
                place += before * wide
            if m > 1:
                layer[WT] = transposed
                transposed += deep * width
        layer[B] = place
        if shape.bias:
            runs.append(_runs_of(np.array([shape.b_at(m).start]), np.array([place]), units, 1))
            blocks.append((m - 1, BIAS, place, width, 0, 0, 0))
        place += width
        high = -(-units // strip) * length * rows
        layer[Y], layer[D] = at, at + high
        at += 2 * high
    last = layers[-1]
    high = -(-int(last[J]) // strip) * length * rows
    targets, share, spare = at, at + high, at + 2 * high
    at = spare + 2 * panel * rows
    return Layout(
        False, rows, panel, layers, np.array(blocks, np.int64), place, transposed, -(-at // rows), x,
        spare, targets, share, _in_order(runs), np.zeros((0, 2), np.int64),
    )  # fmt: skip


def _in_order(runs: list[Whole]) -> Whole:
    """All runs, θ's entries in order: read or written one behind the other."""
    found = np.concatenate(runs)
    return np.ascontiguousarray(found[np.argsort(found[:, 0], kind="stable")])


def _runs_of(first: Whole, place: Whole, length: int, distance: int) -> Whole:
    return np.column_stack([first, place, np.full(len(first), length), np.full(len(first), distance)]).astype(
        np.int64
    )


def panels(width: int, lanes: int, panel: int) -> list[tuple[int, int]]:
    """(start, width) of each panel: full ones, then two vectors, then one."""
    found, start = [], 0
    for wide in (panel, 2 * lanes, lanes):
        while start + wide <= width:
            found.append((start, wide))
            start += wide
    return found


def _strips(units: int, line: int, panel: int, depth: int) -> tuple[int, int]:
    """How many units of a row lie together, and how far apart rows lie: whole lines of the cache, and not a multiple of
    four of them, which would put all rows at the same few places of it."""
    strip = padded(units, line) if units <= depth else padded(-(-units // -(-units // depth)), panel)
    return strip, strip + line if strip % (4 * line) == 0 else strip


def _few(units: int, before: int, lanes: int) -> bool:
    """Whether dot products (a sum over a vector's lanes each) cost less than padded columns."""
    return units * (before / lanes + 8) < before * padded(units, lanes) / lanes


def _stretches(before: int, wide: int, strip: int) -> list[tuple[int, int]]:
    """A panel's rows in runs of about 4,096 numbers, none of two strips.

    It is what one thread updates, or makes the gradient of, at a time.
    """
    step = max(16, 4096 // wide // 16 * 16)
    ends = [(first, min(first + strip, before)) for first in range(0, before, strip)]
    return [(low, min(low + step, last)) for first, last in ends for low in range(first, last, step)]
