"""The machine's FMA ceiling: independent fused multiply-adds in registers, on one core and on all of them at once."""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import Any

import numpy as np

SUMS = 12  # side by side: a fused multiply-add takes four cycles, and two begin in each


@cache
def _kernel() -> Any:
    from deltarule.kernels.compiling import kernel
    from deltarule.kernels.vectors import lanes, load, numbers, store

    @kernel
    def spin(room: Any, times: int) -> None:
        p = numbers(room)
        n = lanes(p)
        x, y = load(p, 12 * n), load(p, 13 * n)
        a, b, c, d, e, f = (
            load(p, 0),
            load(p, n),
            load(p, 2 * n),
            load(p, 3 * n),
            load(p, 4 * n),
            load(p, 5 * n),
        )
        g, h, i = load(p, 6 * n), load(p, 7 * n), load(p, 8 * n)
        j, k, l = load(p, 9 * n), load(p, 10 * n), load(p, 11 * n)
        for _ in range(times):
            a, b, c, d, e, f = a * x + y, b * x + y, c * x + y, d * x + y, e * x + y, f * x + y
            g, h, i, j, k, l = g * x + y, h * x + y, i * x + y, j * x + y, k * x + y, l * x + y
        store(p, 0, ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l)))

    return spin


def measure(dtype: str, threads: int, seconds: float = 0.2) -> float:
    """GFLOP/s of `threads` threads together, the best of several tries."""
    from deltarule.kernels.vectors import BYTES

    spin, times = _kernel(), 1_000_000
    width = BYTES // np.dtype(dtype).itemsize
    rooms = [np.full((SUMS + 2) * width, 0.5, dtype) for _ in range(threads)]
    operations = threads * times * 2 * SUMS * width
    spin(rooms[0], 1)
    best, until = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        helpers = [threading.Thread(target=spin, args=(room, times)) for room in rooms[1:]]
        began = time.perf_counter()
        for helper in helpers:
            helper.start()
        spin(rooms[0], times)
        for helper in helpers:
            helper.join()
        best = max(best, operations / (time.perf_counter() - began) / 1e9)
    return best
