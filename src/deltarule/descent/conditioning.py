"""Inputs whose numbers make the error's valleys long and narrow, whatever there is to learn.

    (1/N) JᵀJ = [[r² + 1, r], [r, 1]]        of x/s and its bias, r = m/s, m the mean of x and s its spread

The determinant is 1 and the trace r² + 2, so that its condition is about r⁴; and hidden units begin saturated
(LeCun, Bottou, Orr, Müller 1998, section 4.3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FAR = 10.0  # spreads between a column's mean and 0
ODD = 100.0  # times a spread is larger or smaller than 1
REMEDY = "train on (X - X.mean(0)) / X.std(0)"


def conditioning(X: NDArray[np.floating], names: Sequence[str] = (), remedy: str = REMEDY) -> str:
    """A sentence where a column of X (N, I) lies far from 0 or has a spread far from 1; nothing where none does.

    names: what the columns are called, none for their numbers.

    >>> conditioning(np.array([[1999.0], [2000.0], [2001.0]]))
    'input 1 has mean 2000 and spread 0.816: train on (X - X.mean(0)) / X.std(0)'
    >>> conditioning(np.array([[-1.0], [0.0], [1.0]]))
    ''
    """
    with np.errstate(all="ignore"):
        mean, spread = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
        odd = (np.abs(mean) > FAR * spread) | (spread > ODD) | (spread < 1 / ODD)
    at = np.flatnonzero(odd & (spread > 0))
    if not at.size:
        return ""
    k = int(at[0])
    more = f" (and {at.size - 1} more)" if at.size > 1 else ""
    called = f"'{names[k]}'" if names else k + 1
    return f"input {called}{more} has mean {mean[k]:.4g} and spread {spread[k]:.3g}: {remedy}"
