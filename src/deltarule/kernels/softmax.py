"""Softmax and its losses, which look at all units of a sample at once: by rows, or with the batch in the lanes.

    o_k = e^(net_k − top) / Σ_j e^(net_j − top)
    δ   = o ∘ (v − Σ_k o_k v_k)                       v = share · ∂e/∂o
and with cross_entropy, told from net,
    e   = Σ_k d_k (ln Σ_j e^net_j − net_k)
    δ   = share · (o Σd − d)
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiling import inner
from deltarule.kernels.elementary import exp, log
from deltarule.kernels.microkernel import transposed_block
from deltarule.kernels.vectors import at, fill, lanes, less, load, store, total


@inner
def softmax_in_lanes(net: Any, rows: int, units: int) -> None:
    """net → o; unit k's numbers start at k · rows."""
    for n in range(0, rows, lanes(net)):
        top = load(net, n)
        for k in range(1, units):
            z = load(net, k * rows + n)
            top = less(top, z, z, top) + 0.0 * z
        whole = 0.0 * top
        for k in range(units):
            e = exp(load(net, k * rows + n) - top)
            whole = whole + e
            store(net, k * rows + n, e)
        for k in range(units):
            store(net, k * rows + n, load(net, k * rows + n) / whole)


@inner
def softmax_product_in_lanes(o: Any, v: Any, rows: int, units: int) -> None:
    """v → o ∘ (v − Σ_k o_k v_k)."""
    for n in range(0, rows, lanes(o)):
        s = load(o, n) * load(v, n)
        for k in range(1, units):
            s = s + load(o, k * rows + n) * load(v, k * rows + n)
        for k in range(units):
            store(v, k * rows + n, load(o, k * rows + n) * (load(v, k * rows + n) - s))


@inner
def softmax_cross_entropy_in_lanes(net: Any, delta: Any, d: Any, share: Any, rows: int, units: int) -> float:
    """A vector holds one unit of LANES samples; unit k's numbers start at k · rows."""
    E = 0.0 * load(share, 0)
    for n in range(0, rows, lanes(net)):
        top = load(net, n)
        for k in range(1, units):
            z = load(net, k * rows + n)
            top = less(top, z, z, top) + 0.0 * z
        sum_e, sum_d = 0.0 * top, 0.0 * top
        for k in range(units):
            e = exp(load(net, k * rows + n) - top)
            sum_e, sum_d = sum_e + e, sum_d + load(d, k * rows + n)
            store(delta, k * rows + n, e)
        log_sum = top + log(sum_e)
        s = load(share, n)
        for k in range(units):
            q = k * rows + n
            D = load(d, q)
            E = E + s * less(0.0, D, D * (log_sum - load(net, q)), 0.0 * log_sum)
            o = load(delta, q) / sum_e
            store(net, q, o)
            store(delta, q, s * (sum_d * o - D))
    return float(total(E))


@inner
def turned(source: Any, width: int, room: Any) -> None:
    """A vector's length of samples, each `width` numbers, with the samples in the lanes."""
    step = lanes(source)
    for q in range(0, width, step):
        transposed_block(at(source, q), width, at(room, q * step), step)


@inner
def turned_back(room: Any, width: int, target: Any) -> None:
    """The same numbers sample by sample again."""
    step = lanes(target)
    for q in range(0, width, step):
        transposed_block(at(room, q * step), step, at(target, q), width)


@inner
def clear_lanes(room: Any, width: int, left: int) -> None:
    """Zeros where no sample lies: what is left there may be NaN."""
    step = lanes(room)
    for q in range(0, width * step, step):
        for n in range(left, step):
            room[q + n] = 0.0


@inner
def clear_padding(room: Any, units: int, width: int) -> None:
    """o = 0 of the units that fill a row up."""
    for k in range(units, width):
        store(room, k * lanes(room), fill(room, 0.0))


@inner
def softmax_cross_entropy_in_rows(
    net: Any, delta: Any, d: Any, share: Any, rows: int, units: int, width: int, room: Any
) -> float:
    """A row of `width` numbers holds one sample: as many as a vector is long are turned, and turned back.

    `room` holds 3 (width + 1) vectors of zeros.
    """
    E, step = 0.0, lanes(net)
    size = width * step
    o, back, D, s = room, at(room, size), at(room, 2 * size), at(room, 3 * size)
    for n in range(0, rows, step):
        here, left = n * width, rows - n
        turned(at(net, here), width, o)
        turned(at(d, here), width, D)
        for r in range(step):
            s[r] = share[here + r * width] if r < left else 0.0
        if left < step:
            clear_lanes(o, width, left)
            clear_lanes(D, width, left)
        E += softmax_cross_entropy_in_lanes(o, back, D, s, step, units)
        clear_padding(o, units, width)
        turned_back(o, width, at(net, here))
        turned_back(back, width, at(delta, here))
    return E


@inner
def softmax_in_rows(net: Any, rows: int, units: int, width: int, room: Any) -> None:
    """net → o; a row of `width` numbers holds one sample."""
    step = lanes(net)
    for n in range(0, rows, step):
        turned(at(net, n * width), width, room)
        softmax_in_lanes(room, step, units)
        clear_padding(room, units, width)
        turned_back(room, width, at(net, n * width))


@inner
def softmax_product_in_rows(o: Any, v: Any, rows: int, width: int) -> None:
    """v → o ∘ (v − Σ_k o_k v_k)."""
    for n in range(rows):
        y, g = at(o, n * width), at(v, n * width)
        s = 0.0 * load(y, 0)
        for q in range(0, width, lanes(o)):
            s = s + load(y, q) * load(g, q)
        whole = 0.0 * s + total(s)
        for q in range(0, width, lanes(o)):
            store(g, q, load(y, q) * (load(g, q) - whole))
