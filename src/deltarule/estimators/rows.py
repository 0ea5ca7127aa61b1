"""X and weights as the equations want them; rows of a large sparse X become dense a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Floats = NDArray[np.floating]
DENSE_BYTES = 1 << 30  # a sparse X is made dense at once when it then takes at most this (1 GiB)
BLOCK = 1 << 22  # entries of the rows made dense at a time otherwise (32 MiB of float64)


class SparseRows:
    """Rows of a sparse matrix (N, I): indexing makes the chosen rows dense, so that a batch costs only its own rows."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix.tocsr()

    @property
    def shape(self) -> tuple[int, int]:
        return self.matrix.shape

    @property
    def dtype(self) -> np.dtype[np.floating]:
        return self.matrix.dtype

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Floats:
        return self.matrix[rows].toarray()


def is_plain(X: Any, columns: int) -> bool:
    """Whether X is an array (N, columns) that can be used as it lies: native floats, every one finite."""
    if type(X) is not np.ndarray or X.ndim != 2 or X.shape[1] != columns or not len(X):
        return False
    if X.dtype.char not in "fd" or not X.dtype.isnative:
        return False
    with np.errstate(all="ignore"):
        return isfinite(np.add.reduce(X, axis=None))


def rows_of(X: Any) -> Floats | SparseRows:
    """X (N, I) as rows; a SciPy sparse matrix is made dense where it is small enough."""
    if isinstance(X, np.ndarray):
        return X
    if X.shape[0] * X.shape[1] * X.dtype.itemsize <= DENSE_BYTES:
        return np.ascontiguousarray(X.toarray())
    return SparseRows(X)


def blocks(X: Floats | SparseRows) -> Iterator[slice]:
    """Slices of rows that together are all; one of them for a dense X."""
    size = max(BLOCK // max(X.shape[1], 1), 1) if isinstance(X, SparseRows) else len(X)
    for first in range(0, len(X), size):
        yield slice(first, min(first + size, len(X)))


def weights_of(sample_weight: Any, rows: int, dtype: DTypeLike) -> Floats | None:
    """sample_weight (N,) as an array; a number is every row's weight.

    Raises ValueError for weights of another shape, negative ones, or none above 0.
    """
    from sklearn.utils.validation import check_array

    if sample_weight is None:
        return None
    if isinstance(sample_weight, (int, float)):
        sample_weight = np.full(rows, sample_weight)
    s: Any = check_array(
        sample_weight, ensure_2d=False, dtype="float64", input_name="sample_weight", order="C"
    )
    if s.shape != (rows,):
        raise ValueError(
            f"sample_weight.shape == {s.shape}, expected {(rows,)}: one weight for each row of X"
        )
    if s.min() < 0 or not s.any():
        raise ValueError("sample_weight must be zero or more in each row, and above zero in at least one")
    return s.astype(dtype, copy=False)
