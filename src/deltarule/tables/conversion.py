"""A column read again as the kind that an encoding was fitted on: a file of three rows may look different."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.sentences import plain, quoted
from deltarule.tables.arrow import text_array
from deltarule.tables.column import Kind
from deltarule.tables.kinds import dates
from deltarule.tables.table import Table

LARGEST = 1e150  # its square is finite in float64
SMALLEST = 1e-150  # its square is above 0
SAME_AS_LABELS = ("0", "1", "false", "true")  # which a column of two words may hold as well, 0 before 1
KINDS: dict[Kind, str] = {
    "number": "a number",
    "boolean": "one of two words",
    "date": "a date",
    "category": "a text",
}


def cells_as(table: Table, name: str, kind: Kind, labels: tuple[str, ...] = ()) -> NDArray[Any]:
    """(N,) the values of a column as this kind: float64 with NaN, object with None, or datetime64[s] with NaT.

    labels: what 0 and 1 are called where the kind is boolean.
    Raises TableError with line and column for a cell that does not fit.

    >>> from deltarule.tables import read_table
    >>> cells_as(read_table({"grade": [1, 2, None]}), "grade", "category").tolist()
    ['1', '2', None]
    """
    column = table[name]
    if column.unusable:
        raise TableError(f"{table.source}: column '{name}' cannot be used: {column.unusable}.")
    if column.kind == kind and (kind != "boolean" or column.labels == labels):
        return column.values
    words = column.words()
    if kind == "category":
        return words
    here = [row for row, word in enumerate(words) if word is not None]
    if kind == "date":
        found = dates(text_array(words.tolist())) if here else None
        if here and found is None:
            raise misfit(table, name, here[0], words, kind)
        return np.full(table.rows, "NaT", dtype="datetime64[s]") if found is None else found[0]
    values = np.full(table.rows, np.nan)
    codes = {word.lower(): code % 2 for code, word in enumerate((*labels, *SAME_AS_LABELS))}
    for row in here:
        try:
            values[row] = (
                codes[words[row].lower()] if kind == "boolean" else float(words[row].replace("_", "?"))
            )
        except (KeyError, ValueError):
            raise misfit(table, name, row, words, kind, labels) from None
    return values


def misfit(
    table: Table, name: str, row: int, words: NDArray[np.object_], kind: Kind, labels: tuple[str, ...] = ()
) -> TableError:
    """The sentence for a cell of another kind; labels: the two words of a boolean."""
    expected = " or ".join(map(quoted, labels)) or KINDS[kind]
    return TableError(
        f"{table.place(row)}: column '{name}' holds {quoted(words[row])} where {expected} was expected: "
        "correct the cell."
    )


def require_finite(table: Table, name: str, values: NDArray[np.float64]) -> None:
    """Refuse infinities and numbers whose square overflows, with line and column; NaN is missing and passes."""
    bad = np.flatnonzero(np.abs(values) > LARGEST)
    if bad.size:
        value = float(values[bad[0]])
        what = "an infinite value" if np.isinf(value) else plain(value)
        raise TableError(
            f"{table.place(int(bad[0]))}: column '{name}' holds {what}, expected at most 1e150 in size: "
            "correct the cell, leave it empty, or use another unit."
        )


def as_days(moments: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """(N,) days since 1 January 1970, NaN for NaT.

    >>> as_days(np.array(["1970-01-02T12:00:00"], dtype="datetime64[s]")).tolist() == [1.5]
    True
    """
    days = moments.astype("datetime64[s]").astype(np.int64) / 86400.0
    days[np.isnat(moments)] = np.nan
    return days
