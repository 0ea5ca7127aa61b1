"""Softmax and its losses, which look at all units of a sample at once: by rows, or with the batch in the lanes.

o_k = e^(net_k − top) / Σ_j e^(net_j − top)         δ = o ∘ (v − Σ_k o_k v_k),  v = share · ∂e/∂o
with cross_entropy, told from net: e = Σ_k d_k (ln Σ_j e^net_j − net_k),  δ = share · (o Σd − d)
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiling import inner
from deltarule.kernels.elementary import exp, log
from deltarule.kernels.vectors import at, greatest, lanes, less, load, store, total


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
def softmax_in_rows(net: Any, rows: int, width: int) -> None:
    """net → o; a row of `width` numbers holds one sample, its padding far below the others."""
    for n in range(rows):
        z = at(net, n * width)
        highest = load(z, 0)
        for q in range(lanes(net), width, lanes(net)):
            v = load(z, q)
            highest = less(highest, v, v, highest) + 0.0 * v
        top, whole = greatest(highest), 0.0 * highest
        for q in range(0, width, lanes(net)):
            e = exp(load(z, q) - top)
            whole = whole + e
            store(z, q, e)
        sum_e = 0.0 * whole + total(whole)
        for q in range(0, width, lanes(net)):
            store(z, q, load(z, q) / sum_e)


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
def softmax_cross_entropy_in_rows(net: Any, delta: Any, d: Any, share: Any, rows: int, width: int) -> float:
    """A row of `width` numbers holds one sample; padding units have net = −1e30, d = 0."""
    E = 0.0 * load(share, 0)
    step = lanes(net)
    for n in range(rows):
        z, g, D, s = at(net, n * width), at(delta, n * width), at(d, n * width), at(share, n * width)
        highest, sums, shares = load(z, 0), 0.0 * load(z, 0), 0.0 * load(z, 0)
        for q in range(step, width, step):
            v = load(z, q)
            highest = less(highest, v, v, highest) + 0.0 * v
        top = greatest(highest)
        for q in range(0, width, step):
            e = exp(load(z, q) - top)
            sums, shares = sums + e, shares + load(D, q)
            store(g, q, e)
        sum_e, sum_d = 0.0 * sums + total(sums), total(shares)
        log_sum = top + log(sum_e)
        for q in range(0, width, step):
            dq = load(D, q)
            E = E + load(s, q) * less(0.0, dq, dq * (log_sum - load(z, q)), 0.0 * log_sum)
            o = load(g, q) / sum_e
            store(z, q, o)
            store(g, q, load(s, q) * (sum_d * o - dq))
    return float(total(E))
