"""pyarrow, the one reader behind CSV, Parquet, Arrow and Feather: imported when it is first needed.

pyarrow imports pandas, where it is installed, as soon as a Python value is turned into an Arrow one or an Arrow array
into a NumPy one: 0.4 s for nothing. So both go through plain buffers here.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import MissingPart


def arrow(part: str = "") -> Any:
    """pyarrow, or a part of it such as `csv`: 0.3 s on the first call, nothing after."""
    try:
        return import_module(f"pyarrow.{part}" if part else "pyarrow")
    except ImportError as error:
        raise MissingPart("reading files needs pyarrow: `pip install pyarrow`.") from error


def text_array(words: Sequence[str | None]) -> Any:
    """An Arrow string array (N,), null for None.

    >>> text_array(["a", None, "größe"]).to_pylist()
    ['a', None, 'größe']
    """
    pa = arrow()
    encoded = [b"" if word is None else word.encode("utf-8", "replace") for word in words]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    valid = np.packbits(np.array([word is not None for word in words], dtype=np.bool_), bitorder="little")
    buffers = [pa.py_buffer(part) for part in (valid.tobytes(), ends.tobytes(), b"".join(encoded))]
    cells = pa.Array.from_buffers(pa.large_string(), len(encoded), buffers)
    return arrow("compute").cast(cells, pa.string())


def text_scalar(word: str) -> Any:
    """One Arrow string."""
    return text_array([word])[0]


def row_array(rows: NDArray[np.integer[Any]]) -> Any:
    """An Arrow int64 array (N,), to take rows by."""
    pa = arrow()
    return pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows.astype(np.int64).tobytes())])


def float_array(values: NDArray[np.float64]) -> Any:
    """An Arrow float64 array (N,), NaN and all."""
    pa = arrow()
    return pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values.tobytes())])


def to_numpy(cells: Any) -> NDArray[Any]:
    """(N,) a NumPy copy of an Arrow array of numbers without nulls."""
    whole = cells.combine_chunks() if hasattr(cells, "combine_chunks") else cells
    return np.array(np.from_dlpack(whole))


def to_floats(cells: Any) -> NDArray[np.float64]:
    """(N,) float64 of an Arrow array of numbers or booleans, NaN where null."""
    pa, pc = arrow(), arrow("compute")
    cells = pc.cast(cells, pa.float64(), safe=False)
    return to_numpy(pc.coalesce(cells, float_array(np.array([np.nan]))[0]) if cells.null_count else cells)


def to_seconds(cells: Any) -> NDArray[np.datetime64]:
    """(N,) datetime64[s] of an Arrow array of dates or timestamps, NaT where null."""
    pa, pc = arrow(), arrow("compute")
    ticks = pc.cast(pc.cast(cells, pa.timestamp("us"), safe=False), pa.int64())
    absent = np.iinfo(np.int64).min  # NumPy's NaT
    moments = to_numpy(pc.coalesce(ticks, row_array(np.array([absent]))[0]) if ticks.null_count else ticks)
    return moments.view("datetime64[us]").astype("datetime64[s]")
