"""Arrow arrays are made and read through plain buffers, and without pyarrow one sentence says what to install."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
import pytest

from deltarule.errors import MissingPart
from deltarule.tables import read_table
from deltarule.tables.arrow import arrow, text_array, to_floats, to_seconds

WORDS = ["", "a", None, "größe", "line\nend", "😀", None] * 3


def test_texts_are_pyarrow_s_own() -> None:
    assert text_array(WORDS).equals(pa.array(WORDS, pa.string()))
    assert text_array([]).equals(pa.array([], pa.string()))


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1, None, 3]),
        pa.array([True, None, False]),
        pa.array([1.5, None, float("inf")], pa.float32()),
        pa.chunked_array([[1.0, 2.0], [None]]),
        pa.array([None, None], pa.float64()),
        pa.array([1.0, 2.0, 3.0]).slice(1),
    ],
)
def test_numbers_are_what_pandas_would_see(cells: pa.Array) -> None:
    wanted = [np.nan if value is None else float(value) for value in cells.to_pylist()]
    found = to_floats(cells)
    assert np.array_equal(found, wanted, equal_nan=True)
    assert found.flags.writeable


def test_moments_are_utc_seconds() -> None:
    moments = pa.array([0, None, 86_400_000_000], pa.timestamp("us", "Europe/Berlin"))
    assert to_seconds(moments).astype(str).tolist() == ["1970-01-01T00:00:00", "NaT", "1970-01-02T00:00:00"]


def test_without_pyarrow_dictionaries_are_read_and_files_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,2\n3,4\n")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert read_table({"x": [1.0, 2.0]}).take([0]).rows == 1
    with pytest.raises(MissingPart, match="pip install pyarrow"):
        arrow()
    with pytest.raises(MissingPart, match="pip install pyarrow"):
        read_table(tmp_path / "t.csv")
