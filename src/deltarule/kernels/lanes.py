"""Forward and backward on a tile of rows, for layers with few units: the batch lies in the lanes.

Every y^(m) lies as [units + 1][rows], its last row all ones, so that the bias is one more weight: θ needs no
other order, and no layer any padding.

    net_j    = Σ_i w_ij y_i + b_j              a product: numbers of W times rows of y
    δ_i      = (Σ_j w_ij δ_j) S'(net_i)        a product, with W's two strides exchanged
    ∂E/∂w_ij = Σ_n y_i δ_j                     a sum along the lanes
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels import places as p
from deltarule.kernels.calling import run_activation, run_dropout, run_product
from deltarule.kernels.compiling import inner, inner_by_constants
from deltarule.kernels.dots import dots_of_one, dots_of_pairs, products_of_pairs
from deltarule.kernels.layout import ACTIVATION, FIELDS, D, I, J, W, Y
from deltarule.kernels.tiles import clear_from, next_width
from deltarule.kernels.vectors import at, lanes, load, pointer, store

FEW = 32  # numbers of W: a product of fewer is done before a call of the product's pass has begun


@inner_by_constants
def few_numbers(
    w: Any, rs: int, cs: int, below: Any, K: int, target: Any, M: int, height: int, scaled: bool
) -> None:
    """One vector of rows of `along_rows`."""
    for j in range(M):
        s = w[j * rs] * load(below, 0)
        for k in range(1, K):
            s = s + w[j * rs + k * cs] * load(below, k * height)
        store(target, j * height, s * load(target, j * height) if scaled else s)


@inner_by_constants
def along_rows(
    job: Any,
    scaled: bool,
    w: Any,
    rs: int,
    cs: int,
    below: Any,
    K: int,
    zeros: Any,
    target: Any,
    M: int,
    rows: int,
) -> None:
    """target[j, n] = Σ_k w[j rs + k cs] below[k, n], or that times what target holds."""
    height, start = job[p.HEIGHT], 0
    if M * K <= FEW:
        for n in range(0, rows, lanes(w)):
            few_numbers(w, rs, cs, at(below, n), K, at(target, n), M, height, scaled)
        return
    product = job[p.SCALED] if scaled else job[p.PRODUCT]
    while start < rows:
        wide, C = next_width(rows - start, job[p.PANEL], lanes(w)), at(target, start)
        run_product(product, w, rs, cs, at(below, start), height, zeros, 0, C, height, M, wide, K)
        start += wide


@inner
def forward(
    job: Any, reals: Any, layers: Any, theta: Any, zeros: Any, tile: Any, first: int, present: int, rows: int
) -> None:
    """y^(m), and S'(net) in δ's place, of every layer; the output's S is left to the loss.

    `present` rows of the batch, from order[first] on, lie in `rows` lanes."""
    below = tile
    L, bias, height = job[p.LAYERS], job[p.BIASED], job[p.HEIGHT]
    for m in range(L):
        layer = at(layers, m * FIELDS)
        units, y, w = layer[J], at(tile, layer[Y]), at(theta, layer[W])
        along_rows(job, False, w, 1, units, below, layer[I] + bias, zeros, y, units, rows)
        if layer[ACTIVATION]:
            slope = at(tile, layer[D])
            if rows == height:
                run_activation(layer[ACTIVATION], y, slope, units * height)
            else:
                for j in range(units):
                    run_activation(layer[ACTIVATION], at(y, j * height), at(slope, j * height), rows)
        if m == L - 1:
            for j in range(units):
                clear_from(at(y, j * height), rows, height)
        if job[p.DROPS] != 0 and m < L - 1:
            run_dropout(job[p.DROPOUT], job, reals, m, y, at(tile, layer[D]), first, present, 1, 1, height)
        below = y


@inner
def backward(job: Any, layers: Any, theta: Any, tile: Any, rows: int) -> None:
    """δ^(m) of every hidden layer, from δ^(L), in S's place."""
    for m in range(job[p.LAYERS] - 1, 0, -1):
        layer, lower = at(layers, m * FIELDS), at(layers, (m - 1) * FIELDS)
        w, delta, slope = at(theta, layer[W]), at(tile, layer[D]), at(tile, lower[D])
        along_rows(job, True, w, layer[J], 1, delta, layer[J], delta, slope, layer[I], rows)


@inner
def gradient(job: Any, tile: Any, g: Any, rows: int, single: bool, added: bool) -> None:
    """∂E/∂θ of a tile; added to what g holds, or put in its place."""
    pairs, height, step = pointer(job[p.PAIRS], job), job[p.HEIGHT], lanes(g)
    for q in range(0, job[p.SIZE], step):
        pair = at(pairs, 2 * q)
        last = at(pair, 2 * (step - 1))
        if single:
            s = products_of_pairs(tile, pair)
        elif pair[0] == last[0] and last[1] - pair[1] == (step - 1) * height:  # the weights of one unit below
            s = dots_of_one(at(tile, pair[0]), at(tile, pair[1]), height, rows)
        else:
            s = dots_of_pairs(tile, pair, rows)
        store(g, q, load(g, q) + s if added else s)
