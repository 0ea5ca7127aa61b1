"""The forward pass of `equations.backprop`, every layer kept: NumPy's products, S on whole vectors.

NumPy's tanh takes ten times as long where it has no vectors of its own (float64 without AVX-512), and then longer than
all products of a pass together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import activations
from deltarule.equations.backprop import Trace
from deltarule.equations.shape import Shape
from deltarule.kernels.activations import activation_pass
from deltarule.kernels.calling import run_activation
from deltarule.kernels.compiling import kernel
from deltarule.kernels.vectors import BYTES, numbers

Floats = NDArray[np.floating]
PAYS = 10_000  # values of S: below them NumPy takes less time than the first compilation is worth
# a pass of NumPy's over memory, or more than one unit at a time
CHEAP = (
    "identity",
    "relu",
    "leaky_relu",
    "softmax",
)


def pays(shape: Shape, rows: int) -> bool:
    """Whether compiled code is worth its first call."""
    return (
        rows * sum(J for J, S in zip(shape.sizes[1:], shape.activations, strict=True) if S not in CHEAP)
        >= PAYS
    )


def forward(shape: Shape, theta: Floats, X: Floats) -> Trace:
    """net and y of every layer for X (N, I), to a rounding of what `backprop.forward` gives.

    >>> from deltarule.equations import backprop
    >>> shape, theta, X = Shape((2, 3, 1), ("tanh", "logistic")), np.linspace(-1, 1, 13), np.ones((4, 2))
    >>> bool(np.allclose(forward(shape, theta, X).o, backprop.forward(shape, theta, X).o, rtol=1e-15))
    True
    """
    W, b = shape.views(theta)
    y, net = [X], []
    for m, S in enumerate(shape.activations):
        z = y[m] @ W[m]
        if shape.bias:
            z += b[m]
        net.append(z)
        y.append(activations.activation(S).S(z) if S in CHEAP else _over(S, z))
    return Trace(net, y)


def _over(name: str, net: Floats) -> Floats:
    lanes = BYTES // net.itemsize
    y = np.empty(-(-net.size // lanes) * lanes, net.dtype)
    y[: net.size] = net.ravel()
    y[net.size :] = 0
    _apply(activation_pass(name, net.dtype.name).address, y, np.empty_like(y))
    return y[: net.size].reshape(net.shape)


@kernel
def _apply(where: int, y: Any, slope: Any) -> None:
    """net → y in place; S'(net) into slope."""
    run_activation(where, numbers(y), numbers(slope), len(y))
