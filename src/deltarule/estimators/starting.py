"""The network of an estimator before its first step: its shape, and scikit-learn's starting weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from deltarule.amounts import is_count
from deltarule.equations.shape import Shape, make_shape
from deltarule.equations.starts import start
from deltarule.errors import InputError
from deltarule.estimators.parameters import Parameters
from deltarule.estimators.solvers import scales_inside

Floats = NDArray[np.floating]


def hidden_sizes(given: Any) -> list[int]:
    """Units of each hidden layer, from one number or several."""
    given = np.asarray(given).tolist() if hasattr(given, "__array__") else given
    sizes = list(given) if isinstance(given, Sequence) else [given]
    if not all(is_count(size) for size in sizes):
        raise InputError(f"hidden_layer_sizes must be whole numbers, got {sizes}")
    if not all(size > 0 for size in sizes):
        raise InputError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def hidden_activation(given: Parameters) -> str | Sequence[str]:
    """The hidden units' activation; the default, relu, means tanh for the solvers that scale inside."""
    if given.hidden_activation is not None:
        return given.hidden_activation
    if given.activation == "relu" and given.scale is None and scales_inside(given):
        return "tanh"
    return given.activation


def shape_of(given: Parameters, sizes: Sequence[int], output: str) -> Shape:
    """The shape of these units, with the activations that the parameters ask for."""
    return make_shape(sizes, hidden_activation(given), output)


def starting_theta(
    given: Parameters, shape: Shape, random: np.random.RandomState, dtype: DTypeLike
) -> Floats:
    """θ (P,): by name where `start` is given, else scikit-learn's, from the same draws in the same order.

    w, b ~ U(−r, r), r = √(6/(I + J)), or √(2/(I + J)) where the hidden units are logistic (Glorot, Bengio 2010).
    """
    if given.start is not None:
        generator = np.random.default_rng(random.randint(np.iinfo(np.int32).max))
        return start(given.start, shape, generator).astype(dtype)
    theta = np.empty(shape.size)
    W, b = shape.views(theta)
    factor = 2 if shape.activations[0] == "logistic" and shape.layers > 1 else 6
    for m in range(shape.layers):
        r = np.sqrt(factor / sum(W[m].shape))
        W[m][:] = random.uniform(-r, r, W[m].shape)
        b[m][:] = random.uniform(-r, r, b[m].shape)
    return theta.astype(dtype)
