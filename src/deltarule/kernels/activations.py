"""S and S' of every activation on whole vectors, by the names of `equations.activations`: each gives (S(z), S'(z)).

A pass replaces net by y and leaves S'(net) beside it, where the backward pass multiplies it into δ.
A y that is z itself in some lanes is written z + 0: else LLVM stores the other lanes alone, through a mask, which takes
an AMD processor ten times as long as a whole vector.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from numba import types
from numba.extending import overload

from deltarule.equations.activations import LEAK, SELU_ALPHA, SELU_SCALE
from deltarule.kernels.compiling import declared, inner, named, pointer_to
from deltarule.kernels.elementary import (
    exp,
    exp_and_expm1,
    falling,
    largest_exponent,
    log1p,
    normal_below,
    tanh_and_slope,
)
from deltarule.kernels.vectors import lanes, less, load, store


def identity(z: Any) -> Any:
    return z, 1.0 + 0.0 * z


def logistic(z: Any) -> Any:
    e, _ = falling(z, 1.0)
    r = 1.0 / (1.0 + e)
    return less(z, 0.0, e, 1.0) * r, e * r * r


def tanh(z: Any) -> Any:
    return tanh_and_slope(z)


def relu(z: Any) -> Any:
    return less(z, 0.0, 0.0, z) + 0.0, less(0.0, z, 1.0, 0.0 * z)


def leaky_relu(z: Any) -> Any:
    return less(0.0, z, z, LEAK * z) + 0.0, less(0.0, z, 1.0, LEAK + 0.0 * z)


def elu(z: Any) -> Any:
    below = less(0.0, z, 0.0, z)
    e, q = exp_and_expm1(below)
    return less(0.0, z, z, q), e


def selu(z: Any) -> Any:
    below = less(0.0, z, 0.0, z)
    e, q = exp_and_expm1(below)
    return SELU_SCALE * less(0.0, z, z, SELU_ALPHA * q), SELU_SCALE * less(0.0, z, 1.0, SELU_ALPHA * e)


def gelu(z: Any) -> Any:
    below = normal_below(z)
    return z * below, below + z * (0.3989422804014327 * exp(-0.5 * z * z))


def silu(z: Any) -> Any:
    e, _ = falling(z, 1.0)
    r = 1.0 / (1.0 + e)
    s = less(z, 0.0, e, 1.0) * r
    return z * s, s + z * (e * r * r)


def softplus(z: Any) -> Any:
    e, _ = falling(z, 1.0)
    return less(z, 0.0, 0.0, z) + log1p(e), less(z, 0.0, e, 1.0) / (1.0 + e)


def exponential(z: Any) -> Any:
    # e^z = (e^(z/2))²: the whole range of z
    half = exp(0.5 * less(largest_exponent(z), z, largest_exponent(z), z))
    y = half * half
    return y, y


FORMULAS = {
    "identity": identity, "logistic": logistic, "tanh": tanh,
    "relu": relu, "leaky_relu": leaky_relu, "elu": elu, "selu": selu,
    "gelu": gelu, "silu": silu, "softplus": softplus, "exp": exponential,
}  # fmt: skip


def S_and_slope(name: str, z: Any) -> Any:
    """(S(z), S'(z)) of the activation of that name."""
    raise NotImplementedError


@overload(S_and_slope, prefer_literal=True, jit_options={"error_model": "numpy"})
def _S_and_slope(name: Any, z: Any) -> Any:
    if not isinstance(name, types.StringLiteral):
        return None
    formula = inner(FORMULAS[name.literal_value])

    def chosen(name: Any, z: Any) -> Any:
        return formula(z)

    return chosen


@cache
def activation_pass(name: str, dtype: str) -> Any:
    """The compiled pass of one activation: void(net → y, slope, count), count a multiple of the vector."""
    pointer = pointer_to(dtype)

    def over(net: Any, slope: Any, count: int) -> None:
        for q in range(0, count, lanes(net)):
            y, prime = S_and_slope(name, load(net, q))
            store(net, q, y)
            store(slope, q, prime)

    return declared(named(over, name, dtype), types.void, pointer, pointer, types.intp)
