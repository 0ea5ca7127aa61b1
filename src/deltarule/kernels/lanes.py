"""Forward and backward on a tile of rows, for layers too narrow to fill a vector: the batch lies in the lanes.

Every y^(m) lies as [units + 1][rows], its last row all ones, so that the bias is one more weight: θ needs no
other order.

    net_j = Σ_i w_ij y_i + b_j        one number of θ repeated, times a vector of samples
    δ_i   = (Σ_j w_ij δ_j) S'(net_i)
    ∂E/∂w_ij = Σ_n y_i δ_j            a sum along the lanes
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels import places as p
from deltarule.kernels.calling import run_activation
from deltarule.kernels.compiling import inner
from deltarule.kernels.layout import ACTIVATION, FIELDS, B, D, I, J, W, Y
from deltarule.kernels.random import leave_out
from deltarule.kernels.vectors import at, fill, lanes, load, store, total


@inner
def forward(
    job: Any, reals: Any, layers: Any, theta: Any, tile: Any, first: int, present: int, rows: int
) -> None:
    """y^(m), and S'(net) in δ's place, of every layer; the output's S is left to the loss.

    `present` rows of the batch, from order[first] on, lie in `rows` lanes."""
    below, step = tile, lanes(theta)
    L, bias, height = job[p.LAYERS], job[p.BIASED], job[p.HEIGHT]
    for m in range(L):
        layer = at(layers, m * FIELDS)
        units, before, y = layer[J], layer[I], at(tile, layer[Y])
        for j in range(units):
            w = at(theta, layer[W] + j)
            b = fill(theta, theta[layer[B] + j]) if bias else fill(theta, 0.0)
            for n in range(0, rows, step):
                net = b
                for i in range(before):
                    net = net + w[i * units] * load(below, i * height + n)
                store(y, j * height + n, net)
        if layer[ACTIVATION]:
            if rows == height:
                run_activation(layer[ACTIVATION], y, at(tile, layer[D]), units * height)
            else:
                for j in range(units):
                    run_activation(
                        layer[ACTIVATION], at(y, j * height), at(tile, layer[D] + j * height), rows
                    )
        if job[p.DROPS] != 0 and m < L - 1:
            leave_out(job, reals, m, y, at(tile, layer[D]), first, present, 1, 1, height)
        below = y


@inner
def backward(
    layers: Any,
    L: int,
    bias: int,
    theta: Any,
    tile: Any,
    g: Any,
    rows: int,
    height: int,
    single: bool,
    added: bool,
) -> None:
    """∂E/∂θ, and δ^(m) of every hidden layer, from δ^(L)."""
    step = lanes(theta)
    for m in range(L - 1, -1, -1):
        layer = at(layers, m * FIELDS)
        units, before, delta = layer[J], layer[I], at(tile, layer[D])
        below = tile if m == 0 else at(tile, at(layers, (m - 1) * FIELDS)[Y])
        for i in range(before + bias):
            target = at(g, layer[W] + i * units)
            if single and not added:  # one sample fills one lane: no sum to take
                for j in range(units):
                    target[j] = below[i * height] * delta[j * height]
                continue
            for j in range(units):
                s = load(below, i * height) * load(delta, j * height)
                for n in range(step, rows, step):
                    s = s + load(below, i * height + n) * load(delta, j * height + n)
                target[j] = target[j] + total(s) if added else total(s)
        if m > 0:
            slope = at(tile, at(layers, (m - 1) * FIELDS)[D])
            for i in range(before):
                w = at(theta, layer[W] + i * units)
                for n in range(0, rows, step):
                    s = w[0] * load(delta, n)
                    for j in range(1, units):
                        s = s + w[j] * load(delta, j * height + n)
                    store(slope, i * height + n, s * load(slope, i * height + n))
