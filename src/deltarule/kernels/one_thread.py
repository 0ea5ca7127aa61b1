"""BLAS and LAPACK on one thread while something is computed: their bits change with the number of threads, and two
that wait by spinning stand in each other's way where cores are shared."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    """What BLAS there is: looked for again only when more was imported, since a look reads the process's whole map."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


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
            _limit = _libraries(len(sys.modules)).limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()
                _limit = None
