"""Dropout: in each training step every hidden unit is left out with probability p (Srivastava et al. 2014).

    y_nj ← y_nj r_nj/(1 − p),  r_nj ∈ {0, 1} with P(r_nj = 1) = 1 − p

Dividing by 1 − p while training keeps each mean, so that nothing changes when the network is used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import is_number, shown
from deltarule.equations.random import draws
from deltarule.equations.shape import Shape
from deltarule.errors import InputError

Floats = NDArray[np.floating]


def rates(given: float | tuple[float, ...] | list[float] | None, shape: Shape) -> tuple[float, ...]:
    """p of each hidden layer, from one number for all or one for each; () where nothing is left out.

    >>> rates(0.5, Shape((2, 8, 4, 1), ("tanh", "tanh", "identity")))
    (0.5, 0.5)
    """
    hidden = shape.layers - 1
    if given is None:
        return ()
    p = tuple(given) if isinstance(given, (tuple, list)) else (given,) * hidden
    if len(p) != hidden or not all(is_number(rate) and 0 <= rate < 1 for rate in p):
        raise InputError(
            f"dropout must be at least 0 and below 1, one number or one for each of {hidden} hidden layers; "
            f"got {shown(given)}"
        )
    return tuple(map(float, p)) if any(p) else ()


def masks(
    p: tuple[float, ...], shape: Shape, rows: int, dtype: np.dtype[np.floating], key: int, counter: int
) -> tuple[list[Floats], int]:
    """r/(1 − p) of each hidden layer, (N, units), from the counter-based generator; and the counter after the draws.

    >>> shape = Shape((2, 1000, 1), ("tanh", "identity"))
    >>> (r,), _ = masks((0.25,), shape, 10, np.dtype("float64"), key=1, counter=0)
    >>> sorted(set(r.ravel().round(6))), bool(abs(r.mean() - 1) < 0.02)
    ([np.float64(0.0), np.float64(1.333333)], True)
    """
    found: list[Floats] = []
    for rate, units in zip(p, shape.sizes[1:-1], strict=True):
        if not rate:
            found.append(np.ones((rows, units), dtype))
            continue
        kept = draws(key, counter, rows * units) >= np.uint64(int(rate * 2.0**64))
        counter += rows * units
        found.append(kept.reshape(rows, units).astype(dtype) / dtype.type(1 - rate))
    return found, counter
