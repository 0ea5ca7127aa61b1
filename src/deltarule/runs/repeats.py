"""Rows that judge whose inputs trained as well: what is learnt by heart then passes for learnt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SHARE = 0.2  # of the rows that judge: fewer leave the errors nearly as they are
VARIED = 20  # values of a column of numbers that is measured and not chosen from a few
CHANCE = 0.25  # of the share seen, that may come of columns with few values each
NUMBERS = 20_000_000  # of X, looked through


def repeats(train: Numbers, judging: Numbers, numbers: Sequence[bool]) -> int:
    """How many rows of `judging` (M, I) are rows of `train` (N, I) too; 0 where that is no wonder or are few.

    numbers : (I,) which columns are numbers. Columns whose values meet by chance as often, each drawn by itself, tell
    of no group: a class of a few values, an age in years, one column alone.

    >>> patients = np.random.default_rng(0).standard_normal((50, 3))
    >>> repeats(np.repeat(patients, 8, axis=0), np.repeat(patients, 2, axis=0), [True] * 3)
    100
    >>> years = np.random.default_rng(0).integers(20, 80, (400, 1)).astype(float)
    >>> repeats(years[:300], years[300:], [True])
    0
    """
    if train.size + judging.size > NUMBERS:
        return 0
    found = int(np.isin(_keys(judging), _keys(train)).sum())
    if found < SHARE * len(judging) or not found:
        return 0
    shares = [np.unique(column, return_counts=True)[1] / len(column) for column in train.T]
    if not any(len(p) >= VARIED for p, number in zip(shares, numbers, strict=True) if number):
        return 0
    meets = np.prod([float((p * p).sum()) for p in shares])  # two rows, were the columns independent
    expected = 1 - (1 - min(meets, 1.0)) ** len(train)
    return found if expected < CHANCE * found / len(judging) else 0


def _keys(X: Numbers) -> NDArray[np.uint64]:
    """(N,) a whole number for each row, the same for the same row: Σ of its bits times odd numbers, modulo 2⁶⁴."""
    odd = np.random.default_rng(0).integers(1, 2**63, X.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    keys = np.zeros(len(X), np.uint64)
    for column, factor in zip(X.T, odd, strict=True):
        bits = np.ascontiguousarray(column + 0.0).view(np.uint64)  # −0 is 0
        keys += (bits ^ (bits >> np.uint64(29))) * factor
    return keys
