"""BLAS and LAPACK on one thread while something is computed: their bits change with the number of threads, and two
that wait by spinning stand in each other's way where cores are shared."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds every BLAS that is loaded to one thread; the first to enter sets it, the last to leave puts it back.

    >>> import numpy as np
    >>> with one_thread():
    ...     float((np.ones((2, 2)) @ np.ones((2, 2))).sum())
    8.0
    """
    global _inside, _limit
    with _lock:
        _inside += 1
        if _inside == 1:
            from threadpoolctl import threadpool_limits

            _limit = threadpool_limits(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()
                _limit = None
