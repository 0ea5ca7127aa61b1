"""Whether a call is long enough for more than one thread: each call of compiled code begins its threads anew."""

from __future__ import annotations

ALONE = 1e8  # floating-point operations that one core does while another thread is begun and waited for


def threads_for(work: float, threads: int | None) -> int | None:
    """How many threads a call of so many operations may use, of those that the user allows (None: all there are).

    >>> threads_for(1e6, None), threads_for(1e9, None), threads_for(1e9, 2)
    (1, None, 2)
    """
    return 1 if work < ALONE else threads
