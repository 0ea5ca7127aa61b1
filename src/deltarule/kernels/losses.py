"""e and ∂e/∂o of every loss on whole vectors, by the names of `equations.losses`; and the pass that makes δ of them.

δ = share · ∂e/∂o · S'(net)         share = s_n/Σs, 0 where the layout has padding; o = S(net) is made here too
δ = share · (o − d)                 for the pairs told from net: logistic + binary_cross_entropy, exp + poisson,
                                    softmax + cross_entropy (δ = share · (o Σd − d))
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from deltarule.kernels.activations import S_and_slope
from deltarule.kernels.compiling import declared, inner, named, pointer_to
from deltarule.kernels.elementary import exp, falling, largest_exponent, log, log1p, tiny
from deltarule.kernels.softmax import (
    softmax_cross_entropy_in_lanes,
    softmax_cross_entropy_in_rows,
    softmax_in_lanes,
    softmax_in_rows,
    softmax_product_in_lanes,
    softmax_product_in_rows,
)
from deltarule.kernels.vectors import absolute, lanes, less, load, numbers, store, total


def mse(o: Any, d: Any, c: float) -> Any:
    l = o - d
    return l * l, 2.0 * l


def half_mse(o: Any, d: Any, c: float) -> Any:
    l = o - d
    return 0.5 * l * l, l


def mae(o: Any, d: Any, c: float) -> Any:
    l = o - d
    return absolute(l), less(0.0, l, 1.0, less(l, 0.0, -1.0, l))


def huber(o: Any, d: Any, c: float) -> Any:
    l = o - d
    size = absolute(l)
    return less(c, size, c * (size - 0.5 * c), 0.5 * size * size), less(c, l, c, less(l, -c, -c, l))


def quantile(o: Any, d: Any, c: float) -> Any:
    l = o - d
    return less(l, 0.0, -c * l, (1.0 - c) * l), less(0.0, l, 1.0 - c, less(l, 0.0, -c, 0.0 * l))


def poisson(o: Any, d: Any, c: float) -> Any:
    o = less(o, tiny(o), tiny(o), o)
    ratio = less(0.0, d, d, 1.0) / o
    return o - d + d * log(ratio), 1.0 - d / o


def logistic_binary_cross_entropy(net: Any, d: Any, c: float) -> Any:
    e, _ = falling(net, 1.0)
    o = less(net, 0.0, e, 1.0) / (1.0 + e)
    return less(net, 0.0, 0.0, net) + log1p(e) - d * net, o, o - d


def exp_poisson(net: Any, d: Any, c: float) -> Any:
    half = exp(0.5 * less(largest_exponent(net), net, largest_exponent(net), net))
    o = half * half
    held = less(o, tiny(o), tiny(o), o)
    return held - d + d * log(less(0.0, d, d, 1.0) / held), o, o - d


FROM_OUTPUT = {
    "mse": mse,
    "half_mse": half_mse,
    "mae": mae,
    "huber": huber,
    "quantile": quantile,
    "poisson": poisson,
}
FROM_NET = {
    ("binary_cross_entropy", "logistic"): logistic_binary_cross_entropy,
    ("poisson", "exp"): exp_poisson,
}


def e_and_prime(name: str, o: Any, d: Any, c: float) -> Any:
    """(e, ∂e/∂o) of the loss of that name; c is its constant."""
    raise NotImplementedError


@overload(e_and_prime, prefer_literal=True, jit_options={"error_model": "numpy"})
def _e_and_prime(name: Any, o: Any, d: Any, c: Any) -> Any:
    if not isinstance(name, types.StringLiteral):
        return None
    formula = inner(FROM_OUTPUT[name.literal_value])

    def chosen(name: Any, o: Any, d: Any, c: Any) -> Any:
        return formula(o, d, c)

    return chosen


def e_o_and_delta(name: str, output: str, net: Any, d: Any, c: float) -> Any:
    """(e, o, o − d) of a loss told from net."""
    raise NotImplementedError


@overload(e_o_and_delta, prefer_literal=True, jit_options={"error_model": "numpy"})
def _e_o_and_delta(name: Any, output: Any, net: Any, d: Any, c: Any) -> Any:
    if not isinstance(name, types.StringLiteral):
        return None
    formula = inner(FROM_NET[name.literal_value, output.literal_value])

    def chosen(name: Any, output: Any, net: Any, d: Any, c: Any) -> Any:
        return formula(net, d, c)

    return chosen


@cache
def loss_pass(name: str, output: str, dtype: str) -> Any:
    """The compiled pass of one loss and output: double(net → o, δ, d, share, rows, units, width, c).

    It returns Σ share · e over `count` numbers. Softmax goes through the units of each of `rows` samples:
    they lie `width` numbers a sample, or, where that is 0, as `units` runs of `rows` numbers.
    """
    pointer = pointer_to(dtype)
    told, kind, to_softmax = (name, output) in FROM_NET, _number(dtype), _softmax(dtype)

    def from_output(
        o: Any, delta: Any, d: Any, share: Any, count: int, rows: int, units: int, width: int, c: float
    ) -> float:
        E = 0.0 * load(share, 0)
        for q in range(0, count, lanes(o)):
            y, slope = S_and_slope(output, load(o, q))
            e, prime = e_and_prime(name, y, load(d, q), c)
            E = E + load(share, q) * e
            store(o, q, y)
            store(delta, q, load(share, q) * prime * slope)
        return float(total(E))

    def from_net(
        o: Any, delta: Any, d: Any, share: Any, count: int, rows: int, units: int, width: int, c: float
    ) -> float:
        E = 0.0 * load(share, 0)
        for q in range(0, count, lanes(o)):
            e, y, l = e_o_and_delta(name, output, load(o, q), load(d, q), c)
            E = E + load(share, q) * e
            store(o, q, y)
            store(delta, q, load(share, q) * l)
        return float(total(E))

    def from_softmax(
        o: Any, delta: Any, d: Any, share: Any, count: int, rows: int, units: int, width: int, c: float
    ) -> float:
        if not width:
            return softmax_cross_entropy_in_lanes(o, delta, d, share, rows, units)
        room = np.zeros(3 * (width + 1) * lanes(o), kind)
        return softmax_cross_entropy_in_rows(o, delta, d, share, rows, units, width, numbers(room))

    def over_softmax(
        o: Any, delta: Any, d: Any, share: Any, count: int, rows: int, units: int, width: int, c: float
    ) -> float:
        to_softmax(o, rows, units, width)
        E = 0.0 * load(share, 0)
        for q in range(0, count, lanes(o)):
            e, prime = e_and_prime(name, load(o, q), load(d, q), c)
            E = E + load(share, q) * e
            store(delta, q, load(share, q) * prime)
        if not width:
            softmax_product_in_lanes(o, delta, rows, units)
        else:
            softmax_product_in_rows(o, delta, rows, width)
        return float(total(E))

    if output == "softmax":
        chosen = from_softmax if name == "cross_entropy" else over_softmax
    else:
        chosen = from_net if told else from_output
    return declared(named(chosen, name, output, dtype), *_signature(pointer))


@cache
def softmax_pass(dtype: str) -> Any:
    """The compiled softmax of a prediction, called as a loss pass is: net → o, the other arrays are not looked at."""
    pointer, to_softmax = pointer_to(dtype), _softmax(dtype)

    def only_softmax(
        o: Any, delta: Any, d: Any, share: Any, count: int, rows: int, units: int, width: int, c: float
    ) -> float:
        to_softmax(o, rows, units, width)
        return 0.0

    return declared(named(only_softmax, dtype), *_signature(pointer))


@cache
def _softmax(dtype: str) -> Any:
    """net → o of a tile, whichever way its units lie."""
    kind = _number(dtype)

    def to_softmax(o: Any, rows: int, units: int, width: int) -> None:
        if not width:
            softmax_in_lanes(o, rows, units)
        else:
            room = np.empty(width * lanes(o), kind)
            softmax_in_rows(o, rows, units, width, numbers(room))

    return inner(named(to_softmax, dtype))


def _number(dtype: str) -> Any:
    return np.float32 if dtype == "float32" else np.float64


def _signature(pointer: Any) -> tuple[Any, ...]:
    whole = types.intp
    return types.double, pointer, pointer, pointer, pointer, whole, whole, whole, whole, types.double
