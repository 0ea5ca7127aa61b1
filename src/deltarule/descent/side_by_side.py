"""Trainings that know nothing of each other, as many at a time as there are cores.

A small network leaves cores idle, however its steps are shared out; several starts do not wait for one another. What
each of them computes stays the same, bit for bit, whether they go side by side or one after another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from deltarule.descent.loop import interrupts
from deltarule.equations import memory
from deltarule.kernels.cores import available

MATRICES = 8  # (P, P), that a second-order rule may have at a time

T = TypeVar("T")
Begin = Callable[[int, int, threading.Event], T]


def at_once(number: int, threads: int | None = None, bytes_each: int = 0) -> int:
    """How many of so many trainings go side by side: one a core, fewer where half of the memory would not do.

    >>> at_once(5, threads=2), at_once(5, threads=8), at_once(5, threads=2, bytes_each=1 << 60)
    (2, 5, 1)
    """
    found = min(number, threads or available())
    if found > 1 and found * bytes_each > memory.TRIFLE:
        free = memory.available()
        found = found if free is None else min(found, free // 2 // bytes_each)
    return max(1, found)


def matrices(P: int) -> int:
    """The bytes that second derivatives of P weights may take in a training."""
    return 8 * MATRICES * P * P


def side_by_side(number: int, begin: Begin[T], threads: int | None = None, team: int = 1) -> list[T]:
    """begin(k, threads of its own, interrupted) for k = 0 … number − 1, `team` at a time: their results, in order.

    After Ctrl-C, which sets `interrupted`, and after an exception, which is raised once all have ended, no
    further one is begun.

    >>> side_by_side(3, lambda k, threads, interrupted: (k, threads), threads=4, team=2)
    [(0, 2), (1, 2), (2, 2)]
    """
    each = max(1, (threads or available()) // team)
    with interrupts() as interrupted:
        if team == 1:
            found: list[T] = []
            for k in range(number):
                found.append(begin(k, each, interrupted))
                if interrupted.is_set():
                    break
            return found
        return _by_threads(number, begin, each, team, interrupted)


def _by_threads(number: int, begin: Begin[T], each: int, team: int, interrupted: threading.Event) -> list[T]:
    from concurrent.futures import ThreadPoolExecutor

    failed = threading.Event()

    def next_one(k: int) -> list[T]:
        if failed.is_set() or (k and interrupted.is_set()):
            return []
        try:
            return [begin(k, each, interrupted)]
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(team) as pool:
        begun = [pool.submit(next_one, k) for k in range(number)]
    return [result for future in begun for result in future.result()]
