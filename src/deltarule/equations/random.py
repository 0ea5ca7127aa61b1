"""The one small generator of training: SplitMix64 by counter (Steele, Lea, Flood 2014).

    r_c = mix(key + c · 0x9E3779B97F4A7C15 mod 2⁶⁴),  c = 1, 2, …

Its whole state is two integers, `key` and the counter c: a checkpoint holds it, compiled code repeats it bit for bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def key(seed: int) -> int:
    """The generator's key for a seed, spread by numpy's SeedSequence."""
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])


def draws(key: int, counter: int, count: int) -> NDArray[np.uint64]:
    """r_c for c = counter + 1 … counter + count, (count,) uint64.

    >>> [hex(r) for r in draws(0, 0, 2)]
    ['0xe220a8397b1dcdaf', '0x6e789e6aa1b965f4']
    """
    steps = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(counter)
    z = np.uint64(key) + steps * np.uint64(GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def shuffle(order: NDArray[np.int64], key: int, counter: int) -> int:
    """Shuffles order (N,) in place by Fisher and Yates; returns the counter after its N − 1 draws.

    i runs from N − 1 down to 1 and is swapped with j = ((r >> 32)·(i + 1)) >> 32 (a bias below N/2³²).

    >>> order = np.arange(5); counter = shuffle(order, key=7, counter=0)
    >>> counter, sorted(order.tolist())
    (4, [0, 1, 2, 3, 4])
    """
    N = len(order)
    if N < 2:
        return counter
    i = np.arange(N - 1, 0, -1, dtype=np.uint64)
    partners = ((draws(key, counter, N - 1) >> np.uint64(32)) * (i + np.uint64(1))) >> np.uint64(32)
    shuffled = order.tolist()
    for place, j in zip(range(N - 1, 0, -1), partners.tolist(), strict=True):
        shuffled[place], shuffled[j] = shuffled[j], shuffled[place]
    order[:] = shuffled
    return (counter + N - 1) & _MASK
