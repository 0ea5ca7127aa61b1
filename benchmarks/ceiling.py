"""The machine's FMA ceiling: independent fused multiply-adds in registers, on one core and on all of them at once."""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import Any

import numpy as np


@cache
def _kernel() -> Any:
    from deltarule.kernels.calling import run_product
    from deltarule.kernels.compiling import kernel
    from deltarule.kernels.microkernel import product_pass
    from deltarule.kernels.vectors import at, numbers

    @kernel
    def spin(where: int, work: Any, panel: int, times: int) -> None:
        p = numbers(work)
        for _ in range(times):  # A's column and B's row stand still: nothing but FMAs
            run_product(where, p, 0, 0, at(p, 256), 0, at(p, 256), 0, at(p, 512), panel, 64, panel, 128)

    return spin, product_pass


def measure(dtype: str, threads: int, seconds: float = 0.2) -> float:
    """GFLOP/s of `threads` threads together, the best of several tries."""
    from deltarule.kernels.microkernel import VECTORS
    from deltarule.kernels.vectors import BYTES

    spin, product_pass = _kernel()
    panel = VECTORS * BYTES // np.dtype(dtype).itemsize
    where = product_pass(False, dtype).address
    room = [_aligned(dtype) for _ in range(threads)]
    times = 2000
    spin(where, room[0], panel, 1)
    best, until = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        helpers = [threading.Thread(target=spin, args=(where, w, panel, times)) for w in room[1:]]
        began = time.perf_counter()
        for helper in helpers:
            helper.start()
        spin(where, room[0], panel, times)
        for helper in helpers:
            helper.join()
        best = max(best, threads * times * 2 * 64 * 128 * panel / (time.perf_counter() - began) / 1e9)
    return best


def _aligned(dtype: str) -> Any:
    raw = np.zeros(512 + 64 * 64 + 64, dtype)
    return raw[-raw.ctypes.data % 64 // raw.itemsize :][: 512 + 64 * 64]
