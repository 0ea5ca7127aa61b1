"""Short-lived threads beside the caller's: begun without waiting for them, ended before the call ends.

`threading.Thread.start` waits until the new thread runs, which on a busy machine takes longer than many a kernel.
"""

from __future__ import annotations

from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Work = Callable[[int], object]


def together(work: Work, team: int) -> None:
    """work(0) … work(team − 1), each in a thread of its own; the first is the caller's.

    >>> done = [0, 0, 0]
    >>> together(lambda k: done.__setitem__(k, k + 1), 3)
    >>> done
    [1, 2, 3]
    """
    with beside(work, team):
        work(0)


@contextmanager
def beside(work: Work, team: int) -> Iterator[None]:
    """While the caller does its own part, work(1) … work(team − 1) run; all have ended when it ends."""
    ended: list[LockType] = []
    try:
        for k in range(1, team):
            ended.append(_begin(work, k))
        yield
    finally:
        for lock in ended:
            lock.acquire()


def _begin(work: Work, k: int) -> LockType:
    """Begins work(k); the lock that comes back can be taken once it has ended."""
    running = allocate_lock()
    running.acquire()

    def run() -> None:
        try:
            work(k)
        finally:
            running.release()

    start_new_thread(run, ())
    return running
