"""BLAS and LAPACK on one thread while something is computed: their bits change with the number of threads, and two
that wait by spinning stand in each other's way where cores are shared."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any


@lru_cache(maxsize=2)
def _blas(modules: int, by_thread: bool) -> list[Any]:
    """What BLAS there is: looked for again only when more was imported, since a look reads the process's whole map."""
    return [library for library in _libraries(modules) if (_layer(library) == "openmp") == by_thread]


@lru_cache(maxsize=1)
def _libraries(modules: int) -> list[Any]:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers


def _layer(library: Any) -> str:
    """How a BLAS makes its threads."""
    return getattr(library, "threading_layer", "")


class _Hold:
    """Who holds BLAS to one thread: the first in takes it, the last out puts back what was.

    With OpenMP the number is each thread's own; else it is the process's, and threadpoolctl lets one thread at a time
    change it, silently, which may have ended or be at other work when it is to be put back.
    """

    def __init__(self) -> None:
        self.lock, self.holders, self.modules = Lock(), 0, -1
        self.before: dict[str, tuple[Any, int]] = {}

    def take(self) -> None:
        with self.lock:
            if not self.holders or self.modules != len(sys.modules):  # a BLAS may have come since
                self.modules = len(sys.modules)
                for library in _blas(self.modules, by_thread=False):
                    if library.filepath not in self.before:
                        self.before[library.filepath] = library, library.num_threads
                        _set(library, 1)
            self.holders += 1

    def give_back(self) -> None:
        with self.lock:
            self.holders -= 1
            while self.before and not self.holders:
                _set(*self.before.popitem()[1])


def _set(library: Any, number: int) -> None:
    clear = getattr(library, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    library.set_num_threads(number)
    clear(force=True)


_hold = _Hold()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_hold.__init__)  # who held it is in the parent


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds every BLAS that is loaded to one thread, and puts back what was once no one needs it.

    It is set for the whole process: others that compute meanwhile find it set.

    >>> import numpy as np
    >>> with one_thread():
    ...     float((np.ones((2, 2)) @ np.ones((2, 2))).sum())
    8.0
    """
    _hold.take()
    own = [(library, library.num_threads) for library in _blas(len(sys.modules), by_thread=True)]
    for library, _ in own:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, number in own:
            library.set_num_threads(number)
        _hold.give_back()
