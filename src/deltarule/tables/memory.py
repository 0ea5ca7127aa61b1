"""Values in memory → a column: lists and NumPy arrays of numbers, truths, texts, dates or a mixture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.sentences import listed
from deltarule.tables.arrow import text_array
from deltarule.tables.column import Column
from deltarule.tables.emptying import emptied
from deltarule.tables.missing import USUAL, Missing


def as_array(values: Any, name: str, source: str) -> NDArray[Any]:
    """Any sequence as an array; one with gaps or of several types as an array of objects."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    elif not isinstance(values, np.ndarray):
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise TableError(f"{source}: '{name}' is a single value, expected a column (N,): give it a list.")
        values = list(values)  # pyright: ignore[reportUnknownVariableType]
        if any(value is None for value in values) or len({type(value) for value in values}) > 1:
            values = np.array([*values, None], dtype=object)[:-1]
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise TableError(
            f"{source}: column '{name}' has rows of different lengths: give each one value."
        ) from error
    if not array.ndim:
        raise TableError(f"{source}: '{name}' is a single value, expected a column (N,): give it a list.")
    return array


def column_of(name: str, values: Any, source: str, missing: Missing = USUAL) -> Column:
    """A column of values in memory, its kind taken from their type; missing: further words count as none.

    >>> column = column_of("colour", ["red", None], "a dictionary")
    >>> column.kind, column.missing.tolist()
    ('category', [False, True])
    """
    array = as_array(values, name, source)
    if array.ndim != 1:
        raise TableError(
            f"{source}: column '{name}' has shape {array.shape}, expected (N,): give each row one value."
        )
    return emptied(_column_of(name, array, missing), missing)


def _column_of(name: str, array: NDArray[Any], missing: Missing) -> Column:
    kind = array.dtype.kind
    if kind == "b":
        return Column(name, "boolean", array.astype(np.float64), labels=("False", "True"))
    if kind in "iuf":
        return Column(name, "number", array.astype(np.float64))
    if kind == "M":
        return Column(name, "date", array.astype("datetime64[s]"))
    if kind in "UT":
        return Column(name, "category", np.array([*array.tolist(), None], dtype=object)[:-1])
    if kind == "O":
        return column_of_objects(name, array, missing)
    what = {"c": "complex numbers", "m": "durations", "S": "bytes", "V": "records"}.get(
        kind, str(array.dtype)
    )
    return without_kind(name, len(array), f"it holds {what}")


def column_of_objects(name: str, array: NDArray[Any], missing: Missing = USUAL) -> Column:
    """A column of Python objects: None, NaN, NaT and pandas' NA are missing, and texts that are further words."""
    absent = {"NoneType", "NAType", "NaTType"}
    cells: list[Any] = array.tolist()
    gone = [type(c).__name__ in absent or (isinstance(c, float) and c != c) for c in cells]
    words = {cell: missing.added(cell) for cell in cells if isinstance(cell, str)}
    held = frozenset[str]().union(*words.values())
    if held:
        stood = text_array([None if m else str(c) for c, m in zip(cells, gone, strict=True)])
        left = [None if isinstance(cell, str) and words[cell] else cell for cell in cells]
        column = column_of_objects(name, np.array([*left, None], dtype=object)[:-1])
        return replace(column, cells=stood, held=held)
    full = [cell for cell, missing in zip(cells, gone, strict=True) if not missing]
    if full and all(isinstance(cell, (bool, np.bool_)) for cell in full):
        values = np.array([np.nan if m else float(c) for c, m in zip(cells, gone, strict=True)])
        return Column(name, "boolean", values, labels=("False", "True"))
    if all(isinstance(cell, (Real, Decimal)) for cell in full):
        values = np.array(
            [np.nan if m else as_float(c) for c, m in zip(cells, gone, strict=True)], dtype=np.float64
        )
        return Column(name, "number", values)
    if all(isinstance(cell, (str, Real)) for cell in full):
        texts = [None if m else str(c) for c, m in zip(cells, gone, strict=True)]
        return Column(name, "category", np.array([*texts, None], dtype=object)[:-1])
    if all(isinstance(cell, (date, datetime, np.datetime64)) for cell in full):
        days = [None if m else day_of(c) for c, m in zip(cells, gone, strict=True)]
        return Column(name, "date", np.array(days, dtype="datetime64[s]"))
    types = sorted({type(cell).__name__ for cell in full})
    return without_kind(name, len(cells), f"it holds Python objects of type {listed(types)}")


def as_float(number: Any) -> float:
    """A number as float64; a Python integer beyond its range as infinity."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def day_of(day: Any) -> np.datetime64:
    """A date or moment as UTC seconds."""
    if getattr(day, "tzinfo", None) is not None:
        day = (day - day.utcoffset()).replace(tzinfo=None)
    return np.datetime64(day, "s")


def without_kind(name: str, rows: int, reason: str) -> Column:
    """A column that no kind fits: it is kept, named and left out of every encoding."""
    return Column(name, "category", np.full(rows, None, dtype=object), unusable=reason)
