"""BLAS and LAPACK on one thread while something is computed: their bits change with the number of threads, and two
that wait by spinning stand in each other's way where cores are shared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    """What BLAS there is: looked for again only when more was imported, since a look reads the process's whole map."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds every BLAS that is loaded to one thread, and puts back what was.

    OpenBLAS lets one thread of the process set this at a time: while it does, the others find it set.

    >>> import numpy as np
    >>> with one_thread():
    ...     float((np.ones((2, 2)) @ np.ones((2, 2))).sum())
    8.0
    """
    with _libraries(len(sys.modules)).limit(limits=1, user_api="blas"):
        yield
