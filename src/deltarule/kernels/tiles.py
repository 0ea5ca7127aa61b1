"""Forward and backward on a tile of rows, for layers wide enough to fill vectors with units.

net^(m) = y^(m−1) W + b        panels of W times rows of y; then S and S' over the tile
δ^(m−1) = (δ^(m) Wᵀ) ∘ S'      Wᵀ kept beside W; δ takes the place of S'
∂E/∂W   = y^(m−1)ᵀ δ^(m)       the tile's rows are the product's k
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels import places as p
from deltarule.kernels.calling import run_activation, run_dropout, run_product
from deltarule.kernels.compiling import inner
from deltarule.kernels.layout import (
    ACTIVATION,
    FIELDS,
    FROM,
    KIND,
    LAYER,
    LD,
    NARROW,
    PANEL_AT,
    PANELS,
    START,
    STRIP,
    TO,
    WIDTH,
    WT,
    B,
    D,
    I,
    J,
    W,
    Y,
)
from deltarule.kernels.layout import BIAS as BIASES
from deltarule.kernels.microkernel import DEPTH, transposed_block
from deltarule.kernels.vectors import at, fill, lanes, load, store, total


@inner
def next_width(left: int, panel: int, lane: int) -> int:
    """How wide the panel is that starts where `left` columns are left (`layout.panels`)."""
    return panel if left >= panel else 2 * lane if left >= 2 * lane else lane


@inner
def unit_at(rows_of: Any, j: int, strip: int, length: int, height: int) -> Any:
    """Where unit j of a tile's first row lies."""
    return at(rows_of, j // strip * length * height + j % strip)


@inner
def by_strips(
    product: int, A: Any, ld: int, strip: int, hop: int, B: Any, ldb: int,
    init: Any, ldi: int, C: Any, ldc: int, rows: int, wide: int, K: int,
) -> None:  # fmt: skip
    """C = init + A·B for one panel; A's k's lie in strips, `hop` apart."""
    k = 0
    while k < K:
        deep = min(strip, K - k)
        run_product(product, A, ld, 1, at(B, k * ldb), ldb, init, ldi, C, ldc, rows, wide, deep)
        A, init, ldi, k = at(A, hop), C, ldc, k + deep


@inner
def forward(
    job: Any,
    reals: Any,
    layers: Any,
    theta: Any,
    tile: Any,
    first: int,
    rows: int,
) -> None:
    """y^(m), and S'(net) in δ's place, of every layer for the rows order[first : first + rows].

    The output's S is left to the loss.
    """
    product, L, panel, height = job[p.PRODUCT], job[p.LAYERS], job[p.PANEL], job[p.HEIGHT]
    below, ld, deep = tile, job[p.X_LENGTH], job[p.X_STRIP]
    for m in range(L):
        layer = at(layers, m * FIELDS)
        y, slope, length, strip = at(tile, layer[Y]), at(tile, layer[D]), layer[LD], layer[STRIP]
        if layer[NARROW]:
            dot_products(layer, theta, below, ld, deep, y, rows, height)
        else:
            start = 0
            while start < layer[WIDTH]:
                wide = next_width(layer[WIDTH] - start, panel, lanes(theta))
                weights = at(theta, layer[W] + start * layer[I])
                by_strips(
                    product, below, ld, deep, ld * height, weights, wide, at(theta, layer[B] + start), 0,
                    unit_at(y, start, strip, length, height), length, rows, wide, layer[I],
                )  # fmt: skip
                start += wide
        if layer[ACTIVATION] and layer[NARROW]:
            run_activation(layer[ACTIVATION], y, slope, layer[J] * height)
        elif layer[ACTIVATION]:
            for hop in range(0, (layer[J] + strip - 1) // strip * length * height, length * height):
                run_activation(layer[ACTIVATION], at(y, hop), at(slope, hop), rows * length)
        if job[p.DROPS] != 0 and m < L - 1:
            run_dropout(job[p.DROPOUT], job, reals, m, y, slope, first, rows, length, strip, length * height)
        below, ld, deep = y, length, strip


@inner
def dot_products(
    layer: Any, theta: Any, below: Any, ld: int, strip: int, net: Any, rows: int, height: int
) -> None:
    """net[j, n] = Σ_i y[n, i] w[j, i] + b[j]: the sum runs along the lanes."""
    step, deep = lanes(theta), layer[WIDTH]
    for j in range(layer[J]):
        weights, b = at(theta, layer[W] + j * deep), theta[layer[B] + j]
        n = 0
        while n + 4 <= rows:
            y0 = at(below, n * ld)
            y1, y2, y3 = at(y0, ld), at(y0, 2 * ld), at(y0, 3 * ld)
            s0 = fill(net, 0.0)
            s1, s2, s3 = s0, s0, s0
            for from_unit in range(0, deep, strip):
                hop = from_unit // strip * ld * height
                for i in range(0, min(strip, deep - from_unit), step):
                    w, q = load(weights, from_unit + i), hop + i
                    s0, s1 = s0 + load(y0, q) * w, s1 + load(y1, q) * w
                    s2, s3 = s2 + load(y2, q) * w, s3 + load(y3, q) * w
            net[j * height + n], net[j * height + n + 1] = total(s0) + b, total(s1) + b
            net[j * height + n + 2], net[j * height + n + 3] = total(s2) + b, total(s3) + b
            n += 4
        while n < rows:
            y0 = at(below, n * ld)
            s0 = fill(net, 0.0)
            for from_unit in range(0, deep, strip):
                hop = from_unit // strip * ld * height
                for i in range(0, min(strip, deep - from_unit), step):
                    s0 = s0 + load(y0, hop + i) * load(weights, from_unit + i)
            net[j * height + n] = total(s0) + b
            n += 1
        clear_from(at(net, j * height), rows, height)


@inner
def clear_from(net: Any, rows: int, height: int) -> None:
    """Zeros where no row of the batch lies: the loss runs over whole tiles, and 0 · NaN, left by another θ, is no 0."""
    for n in range(rows, height):
        net[n] = 0.0


@inner
def backward(
    product: int,
    scaled: int,
    layers: Any,
    L: int,
    panel: int,
    theta: Any,
    turned: Any,
    tile: Any,
    spare: Any,
    rows: int,
    height: int,
) -> None:
    """δ^(m) of every hidden layer, from δ^(L); `turned` holds every Wᵀ."""
    for m in range(L - 1, 0, -1):
        layer, lower = at(layers, m * FIELDS), at(layers, (m - 1) * FIELDS)
        delta, slope = at(tile, layer[D]), at(tile, lower[D])
        weights, columns, K = at(turned, layer[WT]), lower[WIDTH], layer[J]
        rs, cs = layer[LD], 1
        if layer[NARROW]:
            weights, rs, cs = at(theta, layer[W]), 1, height
        start = 0
        while start < columns:
            wide = next_width(columns - start, panel, lanes(theta))
            if layer[NARROW]:
                B_panel, ldb = at(weights, start), layer[WIDTH]
            else:
                B_panel, ldb = at(weights, start * layer[WIDTH]), wide
            length = lower[LD]
            target = unit_at(slope, start, lower[STRIP], length, height)
            if K <= DEPTH:
                run_product(
                    scaled, delta, rs, cs, B_panel, ldb, target, length, target, length, rows, wide, K
                )
            else:
                fill_row(spare, wide)
                by_strips(
                    product, delta, rs, layer[STRIP], rs * height, B_panel, ldb,
                    spare, 0, at(spare, wide), wide, rows, wide, K,
                )  # fmt: skip
                multiply(target, length, at(spare, wide), rows, wide)
            start += wide


@inner
def fill_row(row: Any, count: int) -> None:
    """row[:count] = 0."""
    for q in range(0, count, lanes(row)):
        store(row, q, fill(row, 0.0))


@inner
def multiply(target: Any, ld: int, by: Any, rows: int, wide: int) -> None:
    """target[n, :] ← target[n, :] ∘ by[n, :]."""
    for n in range(rows):
        for q in range(0, wide, lanes(target)):
            store(target, n * ld + q, load(target, n * ld + q) * load(by, n * wide + q))


@inner
def weight_gradient(
    product: int,
    layers: Any,
    block: Any,
    panel: int,
    tile: Any,
    x: Any,
    zeros: Any,
    g: Any,
    rows: int,
    height: int,
    added: bool,
) -> None:
    """One block of ∂E/∂θ from a tile's y and δ; added to what g holds, or put in its place."""
    m = block[LAYER]
    layer = at(layers, m * FIELDS)
    below, ld, strip = tile, x[0], x[1]
    if m > 0:
        lower = at(layers, (m - 1) * FIELDS)
        below, ld, strip = at(tile, lower[Y]), lower[LD], lower[STRIP]
    delta, target = at(tile, layer[D]), at(g, block[START])
    if block[KIND] == PANELS:
        start = block[PANEL_AT]
        wide = next_width(layer[WIDTH] - start, panel, lanes(g))
        init, ldi = (target, wide) if added else (zeros, 0)
        run_product(
            product,
            unit_at(below, block[FROM], strip, ld, height),
            1,
            ld,
            unit_at(delta, start, layer[STRIP], layer[LD], height),
            layer[LD],
            init,
            ldi,
            target,
            wide,
            block[TO] - block[FROM],
            wide,
            rows,
        )
    elif block[KIND] == BIASES:
        bias_gradient(layer, delta, target, rows, height, added)
    else:
        deep, start = layer[WIDTH], 0
        while start < deep:
            wide = next_width(deep - start, panel, lanes(g))
            init, ldi = (at(target, start), deep) if added else (zeros, 0)
            run_product(
                product,
                delta,
                height,
                1,
                unit_at(below, start, strip, ld, height),
                ld,
                init,
                ldi,
                at(target, start),
                deep,
                layer[J],
                wide,
                rows,
            )
            start += wide
        for j in range(layer[J]):
            for i in range(layer[I], deep):
                target[j * deep + i] = 0.0  # y's padding is S(0), its weights stay 0


@inner
def bias_gradient(layer: Any, delta: Any, target: Any, rows: int, height: int, added: bool) -> None:
    """∂E/∂b_j = Σ_n δ_nj."""
    if layer[NARROW]:
        for j in range(layer[J]):
            s = 0.0 * load(delta, 0)
            for n in range(0, height, lanes(delta)):
                s = s + load(delta, j * height + n)
            target[j] = target[j] + total(s) if added else total(s)
        return
    ld = layer[LD]
    for q in range(0, layer[WIDTH], lanes(delta)):
        s0 = load(target, q) if added else 0.0 * load(delta, q)
        s1, n = 0.0 * s0, 0
        s2, s3, column = s1, s1, unit_at(delta, q, layer[STRIP], ld, height)
        while n + 4 <= rows:  # four sums at once: an addition takes longer than a load
            s0, s1 = s0 + load(column, n * ld), s1 + load(column, (n + 1) * ld)
            s2, s3 = s2 + load(column, (n + 2) * ld), s3 + load(column, (n + 3) * ld)
            n += 4
        while n < rows:
            s0 = s0 + load(column, n * ld)
            n += 1
        store(target, q, (s0 + s1) + (s2 + s3))


@inner
def turn(layers: Any, block: Any, panel: int, theta: Any, turned: Any) -> None:
    """Writes one block of W into Wᵀ."""
    m = block[LAYER]
    layer = at(layers, m * FIELDS)
    if m == 0 or block[KIND] != PANELS:
        return
    lane, start, width = lanes(theta), block[PANEL_AT], layer[WIDTH]
    wide = next_width(width - start, panel, lane)
    source = at(theta, layer[W] + start * layer[I])
    deep = (layer[I] + lane - 1) // lane * lane
    full = deep // panel * panel
    i = block[FROM]
    while i < block[TO]:
        if i < full:
            at_panel, tall = i // panel * panel, panel
        else:
            two = 2 * lane <= deep - full
            at_panel = full if not two or i < full + 2 * lane else full + 2 * lane
            tall = 2 * lane if two and i < full + 2 * lane else lane
        target = at(turned, layer[WT] + at_panel * width + start * tall + i - at_panel)
        if i + lane <= layer[I]:
            for j in range(0, wide, lane):
                transposed_block(at(source, i * wide + j), wide, at(target, j * tall), tall)
        else:
            for r in range(layer[I] - i):
                for j in range(wide):
                    target[j * tall + r] = source[(i + r) * wide + j]
        i += lane
