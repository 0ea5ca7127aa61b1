"""Hessian·vector products at one θ, compiled: the forward pass, δ, S' and S'' are made once and kept.

    R{net}   = R{y} W + y V + c
    R{y}     = S' R{net}
    R{δ^(L)} = A R{net}
    R{δ}     = (R{δ} Wᵀ + δ Vᵀ) S' + bend R{net}        bend = (δ Wᵀ) S''
    H v      = yᵀ R{δ} + R{y}ᵀ δ

A few rows after the other go all the way forward and back, so that what R gives of them stays in the nearest cache.
Matrices that stand on a product's right are filled up to whole vectors; all others are read where they lie.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.backprop import Trace
from deltarule.equations.curvature import hidden_bend, hidden_slopes
from deltarule.equations.output_curvature import OutputCurvature
from deltarule.equations.shape import Shape
from deltarule.kernels.calling import run_product
from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.cores import available
from deltarule.kernels.gauss_newton import LANES, PANEL
from deltarule.kernels.microkernel import product_pass
from deltarule.kernels.planning import padded
from deltarule.kernels.room import zeros
from deltarule.kernels.second_order import all_deltas
from deltarule.kernels.team import together
from deltarule.kernels.tiles import next_width
from deltarule.kernels.vectors import at, load, numbers, pointer, store

Floats = NDArray[np.floating]
ROWS = 64  # of a tile
# a layer's row of `layers`: addresses of what is kept, sizes, and where R{net} and R{y} of a tile lie in the room
Y, SLOPE, BEND, DELTA, W, BACK, I, J, WIDTH, NET, MOVED = range(11)
FIELDS = 11


class StoredForward:
    """Everything about θ that H v needs, for X (N, I) of one forward pass.

    delta is δ^(L), A the exact output curvature.
    """

    def __init__(self, shape: Shape, theta: Floats, trace: Trace, delta: Floats, A: OutputCurvature) -> None:
        slopes, L = hidden_slopes(shape, trace), shape.layers
        deltas, (weights, _) = all_deltas(shape, theta, delta, slopes), shape.views(theta)
        bends = [(deltas[m] @ weights[m].T) * hidden_bend(shape, trace, m) for m in range(1, L)]
        self.A = np.ascontiguousarray(A.diagonal if A.full is None else A.full, np.float64)
        self.rows, self.shape, self.product_pass = len(delta), shape, product_pass(False, "float64").address
        self.layers, at = np.zeros((L, FIELDS), np.int64), 0
        self.kept: list[Floats] = []  # the addresses are theirs
        for m, (below, units) in enumerate(zip(shape.sizes[:-1], shape.sizes[1:], strict=True)):
            layer, width = self.layers[m], padded(units, LANES)
            layer[[I, J, WIDTH, NET, MOVED]] = below, units, width, at, at + ROWS * width
            at += 2 * ROWS * width
            arrays = {
                Y: np.ascontiguousarray(trace.y[m], np.float64), DELTA: filled(deltas[m]),
                W: filled(weights[m]), BACK: filled(weights[m].T),
            }  # fmt: skip
            if m < L - 1:
                arrays |= {SLOPE: filled(slopes[m]), BEND: filled(bends[m])}
            for field, array in arrays.items():
                layer[field] = array.ctypes.data
                self.kept.append(array)
        # in the room behind all R{net} and R{y}: two δ of a tile, and a row of zeros
        self.spare, self.one = at, ROWS * padded(max(shape.sizes), LANES)

    def product(self, way: Way) -> Floats:
        """Each layer's [yᵀR{δ} + R{y}ᵀδ; Σ_n R{δ}], its columns filled up, one behind the other."""
        found, room = zeros(int(way.places[-1])), zeros(self.spare + 3 * self.one)
        _over_rows(
            self.product_pass, self.layers, way.addresses, way.places, self.A.ravel(), self.A.ndim == 3,
            self.rows, room, self.spare, self.one, found,
        )  # fmt: skip
        return found


class Way:
    """v in the form that products read: V, Vᵀ and c of each layer, filled up."""

    def __init__(self, shape: Shape, v: Floats) -> None:
        V, c = shape.views(np.ascontiguousarray(v, np.float64))
        self.kept = [
            (filled(V[m]), filled(V[m].T), filled(c[m][None] if shape.bias else np.zeros((1, J))))
            for m, J in enumerate(shape.sizes[1:])
        ]
        self.addresses = np.array([[a.ctypes.data for a in arrays] for arrays in self.kept], np.int64)
        sizes = [(I + 1) * padded(J, LANES) for I, J in zip(shape.sizes[:-1], shape.sizes[1:], strict=True)]
        self.places = np.cumsum([0, *sizes])
        self.shape = shape

    def gathered(self, found: Floats) -> Floats:
        """(P,) in the order of θ."""
        Hv = np.empty(self.shape.size)
        dV, dc = self.shape.views(Hv)
        for m, (I, J) in enumerate(zip(self.shape.sizes[:-1], self.shape.sizes[1:], strict=True)):
            part = found[self.places[m] : self.places[m + 1]].reshape(I + 1, -1)
            dV[m][:] = part[:I, :J]
            if self.shape.bias:
                dc[m][:] = part[I, :J]
        return Hv


class Blocks:
    """Several forward passes, each of some rows: their products are summed in the rows' order, whoever makes them."""

    def __init__(self, blocks: list[StoredForward], threads: int | None = None) -> None:
        self.blocks, self.team = blocks, min(threads or available(), len(blocks) // 2) or 1

    def product(self, v: Floats) -> Floats:
        """∇²E v (P,)."""
        parts: list[Floats] = [np.empty(0)] * len(self.blocks)
        way = Way(self.blocks[0].shape, v)

        def work(k: int) -> None:
            for b in range(k, len(parts), self.team):
                parts[b] = self.blocks[b].product(way)

        together(work, self.team)
        total = parts[0]
        for part in parts[1:]:
            total += part
        return way.gathered(total)


def filled(values: Any) -> Floats:
    """(rows, columns) with zeros up to whole vectors."""
    rows, columns = values.shape
    found = zeros(rows, padded(columns, LANES))
    found[:, :columns] = values
    return found


@kernel
def _over_rows(
    product: int,
    layers: Any,
    way: Any,
    places: Any,
    A: Any,
    full: bool,
    N: int,
    room: Any,
    spare: int,
    one: int,
    found: Any,
) -> None:
    """Tile by tile: R forward, A, R backward; each layer's part of H v is added up in `found`."""
    L, first = layers.shape[0], 0
    layers, way, places = numbers(layers), numbers(way), numbers(places)
    A, room, found = numbers(A), numbers(room), numbers(found)
    last = at(layers, (L - 1) * FIELDS)
    while first < N:
        rows = min(ROWS, N - first)
        _forward(product, layers, L, way, room, first, rows)
        _curved(A, full, at(room, last[NET]), at(room, spare), first, rows, last[J], last[WIDTH])
        _backward(product, layers, L, way, places, room, spare, one, found, first, rows)
        first += rows


@inner
def _forward(product: int, layers: Any, L: int, way: Any, room: Any, first: int, rows: int) -> None:
    """R{net} and R{y} of every layer."""
    for m in range(L):
        layer, given = at(layers, m * FIELDS), at(way, 3 * m)
        width, net, moved = layer[WIDTH], at(room, layer[NET]), at(room, layer[MOVED])
        y, V, c = (
            at(pointer(layer[Y], room), first * layer[I]),
            pointer(given[0], room),
            pointer(given[2], room),
        )
        multiply(product, y, layer[I], 1, V, c, 0, net, width, rows, layer[I])
        if m:
            below = at(layers, (m - 1) * FIELDS)
            moved_below, W_at = at(room, below[MOVED]), pointer(layer[W], room)
            multiply(product, moved_below, below[WIDTH], 1, W_at, net, width, net, width, rows, layer[I])
        if m < L - 1:
            slope = at(pointer(layer[SLOPE], room), first * width)
            for q in range(0, rows * width, LANES):
                store(moved, q, load(net, q) * load(slope, q))


@inner
def _curved(A: Any, full: bool, net: Any, delta: Any, first: int, rows: int, K: int, width: int) -> None:
    """R{δ^(L)} = A R{net}, zeros up to whole vectors."""
    for n in range(rows):
        for k in range(width):
            s = 0.0
            if k < K and full:
                for j in range(K):
                    s += A[((first + n) * K + k) * K + j] * net[n * width + j]
            elif k < K:
                s = A[(first + n) * K + k] * net[n * width + k]
            delta[n * width + k] = s


@inner
def _backward(
    product: int,
    layers: Any,
    L: int,
    way: Any,
    places: Any,
    room: Any,
    spare: int,
    one: int,
    found: Any,
    first: int,
    rows: int,
) -> None:
    """R{δ} of one layer after the other, from the last one's at `spare`; their parts of H v are added to `found`."""
    delta, other, zeros = at(room, spare), at(room, spare + one), at(room, spare + 2 * one)
    for m in range(L - 1, -1, -1):
        layer = at(layers, m * FIELDS)
        width, part, kept = (
            layer[WIDTH],
            at(found, places[m]),
            at(pointer(layer[DELTA], room), first * layer[WIDTH]),
        )
        y = at(pointer(layer[Y], room), first * layer[I])
        multiply(product, y, 1, layer[I], delta, part, width, part, width, layer[I], rows)
        add_columns(at(part, layer[I] * width), delta, width, rows)
        if m:
            below = at(layers, (m - 1) * FIELDS)
            wide, net, moved = below[WIDTH], at(room, below[NET]), at(room, below[MOVED])
            slope = at(pointer(below[SLOPE], room), first * wide)
            bend = at(pointer(below[BEND], room), first * wide)
            multiply(product, moved, 1, wide, kept, part, width, part, width, layer[I], rows)
            multiply(
                product, delta, width, 1, pointer(layer[BACK], room), zeros, 0, other, wide, rows, layer[J]
            )
            V_back = pointer(way[3 * m + 1], room)
            multiply(product, kept, width, 1, V_back, other, wide, other, wide, rows, layer[J])
            for q in range(0, rows * wide, LANES):
                store(other, q, load(other, q) * load(slope, q) + load(bend, q) * load(net, q))
            delta, other = other, delta


@inner
def multiply(
    product: int,
    A: Any,
    rs: int,
    cs: int,
    B: Any,
    init: Any,
    ldi: int,
    C: Any,
    width: int,
    rows: int,
    depth: int,
) -> None:
    """C (rows, width) = init + A (rows, depth) · B (depth, width)."""
    start = 0
    while start < width:
        wide = next_width(width - start, PANEL, LANES)
        run_product(
            product,
            A,
            rs,
            cs,
            at(B, start),
            width,
            at(init, start),
            ldi,
            at(C, start),
            width,
            rows,
            wide,
            depth,
        )
        start += wide


@inner
def add_columns(sums: Any, delta: Any, width: int, rows: int) -> None:
    """sums += Σ_n δ_n."""
    for q in range(0, width, LANES):
        s = load(sums, q)
        for n in range(rows):
            s = s + load(delta, n * width + q)
        store(sums, q, s)
