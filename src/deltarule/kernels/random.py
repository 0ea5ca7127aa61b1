"""`equations.random` and `equations.dropout` compiled: the same draws, bit for bit, whoever makes them.

A draw is a function of the key and of its number alone, so that any tile of rows knows its part of a batch's mask.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types

from deltarule.kernels import places as p
from deltarule.kernels.compiling import declared, inner, pointer_to
from deltarule.kernels.layout import FIELDS, J
from deltarule.kernels.vectors import at, pointer

MIX_1, MIX_2, GOLDEN = (
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
    np.uint64(0x9E3779B97F4A7C15),
)


@inner
def mix(z: Any) -> Any:
    """SplitMix64's output function (`equations.random`)."""
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


@inner
def shuffle(order: Any, count: int, key: int, counter: int) -> int:
    """`equations.random.shuffle`, bit for bit."""
    state = np.uint64(key) + np.uint64(counter) * GOLDEN
    for i in range(count - 1, 0, -1):
        state += GOLDEN
        j = np.int64(((mix(state) >> np.uint64(32)) * np.uint64(i + 1)) >> np.uint64(32))
        order[i], order[j] = order[j], order[i]
    return counter + max(count - 1, 0)


@inner
def draws_of_dropout(job: Any, reals: Any, rows: int) -> int:
    """How many draws a step on `rows` rows makes: one for every unit of a layer that may be left out."""
    if job[p.DROPS] == 0:
        return 0
    drops, layers, count = pointer(job[p.DROPS], reals), pointer(job[p.LAYER_TABLE], job), 0
    for m in range(job[p.LAYERS] - 1):
        if drops[2 * m] > 0.0:
            count += rows * at(layers, m * FIELDS)[J]
    return count


def leave_out(
    job: Any,
    reals: Any,
    m: int,
    y: Any,
    slope: Any,
    first: int,
    rows: int,
    length: int,
    strip: int,
    hop: int,
) -> None:
    """y and S' of hidden layer m times r/(1 − p), for the rows of the batch from order[first] on."""
    drops, layers = pointer(job[p.DROPS], reals), pointer(job[p.LAYER_TABLE], job)
    if drops[2 * m] <= 0.0:
        return
    batch = min(job[p.BATCH], job[p.N] - job[p.POSITION])
    c, units = job[p.COUNTER], at(layers, m * FIELDS)[J]
    for k in range(m):
        if drops[2 * k] > 0.0:
            c += batch * at(layers, k * FIELDS)[J]
    c += (first - job[p.POSITION]) * units
    limit, scale = np.uint64(drops[2 * m]), drops[2 * m + 1]
    state = np.uint64(job[p.KEY]) + np.uint64(c) * GOLDEN
    for n in range(rows):
        for j in range(units):
            state += GOLDEN
            factor = scale if mix(state) >= limit else 0.0
            q = n * length + j // strip * hop + j % strip
            y[q] *= factor
            slope[q] *= factor


@cache
def dropout_pass(dtype: str) -> Any:
    """The compiled `leave_out`: a network without dropout does not wait for it."""
    numbers, whole = pointer_to(dtype), types.intp
    return declared(
        leave_out, types.void, types.CPointer(types.int64), types.CPointer(types.float64), whole, numbers,
        numbers, whole, whole, whole, whole, whole,
    )  # fmt: skip
