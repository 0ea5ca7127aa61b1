"""The clock of a training, which stands still while kernels are compiled: that happens once, before all else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter

_lock = Lock()
_compiling, _since, _stood = 0, 0.0, 0.0  # how many compile, since when, and for how long in all before


def working_time() -> float:
    """Seconds, from some start, in which nothing was compiled.

    >>> with stands_still():
    ...     working_time() == working_time()
    True
    """
    with _lock:
        return (_since if _compiling else perf_counter()) - _stood


@contextmanager
def stands_still() -> Iterator[None]:
    """While something is compiled, in whichever thread."""
    global _compiling, _since, _stood
    with _lock:
        if not _compiling:
            _since = perf_counter()
        _compiling += 1
    try:
        yield
    finally:
        with _lock:
            _compiling -= 1
            if not _compiling:
                _stood += perf_counter() - _since
