"""Arrays that begin on a line of the cache, which NumPy's own need not: a vector as long as a line never lies on two,
which would take twice as long to read.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from deltarule.kernels.vectors import LINE


def empty(*shape: int, dtype: DTypeLike = np.float64) -> Any:
    """An array in C order whose numbers are not set.

    >>> empty(3, 5).ctypes.data % LINE, empty(7, dtype="float32").ctypes.data % LINE
    (0, 0)
    """
    return _cut(np.empty, shape, np.dtype(dtype))


def zeros(*shape: int, dtype: DTypeLike = np.float64) -> Any:
    """An array of zeros in C order.

    >>> zeros(2, 3).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    return _cut(np.zeros, shape, np.dtype(dtype))


def _cut(make: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    raw = make(prod(shape) + LINE // dtype.itemsize, dtype)
    skip = -raw.ctypes.data % LINE // dtype.itemsize
    return raw[skip : skip + prod(shape)].reshape(shape)
