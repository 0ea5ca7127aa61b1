"""How far apart two cores lie: the time of a message from one to the other and back, through a line of the cache.

On a machine that is shared with others it changes while one looks: two cores of one cluster answer each other in some
tens of nanoseconds, cores of different ones in some hundreds. Steps of a few tens of microseconds are worth sharing
out between the first only.
"""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import Any

import numpy as np

MESSAGES = 20_000


@cache
def _kernel() -> Any:
    from deltarule.kernels.compiling import kernel
    from deltarule.kernels.threads import read_atomic, write_atomic
    from deltarule.kernels.vectors import numbers

    @kernel
    def answer(line: Any, player: int, times: int) -> None:
        p = numbers(line)
        for n in range(times):
            while read_atomic(p) != 2 * n + player:
                pass
            write_atomic(p, 2 * n + player + 1)

    return answer


def measure() -> float:
    """Nanoseconds of a message there and back."""
    answer, line = _kernel(), np.zeros(64, np.int64)
    answer(line, 0, 0)
    other = threading.Thread(target=answer, args=(line, 1, MESSAGES))
    other.start()
    began = time.perf_counter()
    answer(line, 0, MESSAGES)
    took = time.perf_counter() - began
    other.join()
    return 1e9 * took / MESSAGES
