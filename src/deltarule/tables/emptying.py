"""Cells that hold a further word for missing are taken out of a column whose kind is known; what it held is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deltarule.tables.arrow import arrow, float_array, row_array, text_array
from deltarule.tables.column import Column
from deltarule.tables.missing import Missing


def emptied(column: Column, missing: Missing) -> Column:
    """The column without what the further words name; the cells as they came are kept beside it.

    >>> column = emptied(Column("x", "number", np.array([1.0, -999.0])), Missing.of([-999]))
    >>> column.values.tolist(), column.cells.to_pylist(), column.held
    ([1.0, nan], [1.0, -999.0], frozenset({'-999'}))
    """
    if not missing.further or column.unusable:
        return column
    if column.kind == "number":
        held = {word for word, number in missing.numbers.items() if (column.values == number).any()}
        gone = np.isin(column.values, missing.values) if held else None
    else:
        words = column.words().tolist()
        found = {word: missing.added(word) for word in set(words) - {None}}
        held = set[str]().union(*found.values())
        gone = np.array([bool(word and found[word]) for word in words]) if held else None
    if gone is None:
        return column
    cells = column.cells
    if cells is None:
        number = column.kind == "number"
        cells = float_array(column.values) if number else text_array(column.words().tolist())
    values = column.values.copy()
    values[gone] = {"category": None, "date": np.datetime64("NaT")}.get(column.kind, np.nan)
    return replace(column, values=values, cells=cells, held=column.held | held)


def held_told(column: Column, missing: Missing) -> Column:
    """A column of texts, with the further words among the cells that were taken for missing."""
    if not missing.further:
        return column
    absent = column.cells.take(row_array(np.flatnonzero(column.missing)))
    held = set[str]().union(*map(missing.added, arrow("compute").unique(absent).to_pylist()))
    return replace(column, held=column.held | held)
