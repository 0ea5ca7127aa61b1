"""Why a column cannot be used: constant, a copy, names of rows, without content."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.sentences import quoted
from deltarule.tables.column import Column
from deltarule.tables.kinds import is_sign
from deltarule.tables.sniffing import is_number

IDENTIFIER_SHARE = 0.9  # a text different in more than this share of rows names the rows
INDICATOR_SHARE = 0.01  # missing cells inform from this share of the rows on
ROW_NAMES = {"id", "index", "row", "nr", "no", "unnamed: 0", "rownames", "column_1"}


def why_unusable(column: Column) -> str:
    """The reason why nothing can be learnt from a column, or nothing."""
    if column.unusable:
        return column.unusable
    full = column.values[~column.missing]
    if not len(full):
        return "every cell is missing"
    same = bool(np.all(full == full[0]))
    if same and not column.missing.any():
        return f"constant: {shown(column)} in every training row"
    if same and not indicates(column.missing):
        return f"constant: {shown(column)} in every training row but the few missing"
    if column.kind == "number" and same_but_rounding(full):
        return f"constant: {shown(column)} in every training row, up to rounding"
    if column.kind == "number" and column.name.lower() in ROW_NAMES and counts_rows(full):
        return "a number for each row: it names rows and says nothing about others"
    if column.kind != "category":
        return ""
    distinct = len(set(full.tolist()))
    if column.stray and distinct > 5:
        return column.stray
    if distinct > max(5, IDENTIFIER_SHARE * len(full)):
        if word := signed_number(full.tolist()):
            return f"numbers with signs such as {quoted(word)}: give all of them the same sign in a text file, or none"
        return (
            f"a different text in {'every' if distinct == len(full) else 'nearly every'} row: it names rows"
        )
    return ""


def signed_number(words: list[str]) -> str:
    """The first word with a sign, % or a currency's, where all are numbers but for such signs; else nothing.

    >>> signed_number(["4", "4.6%"]), signed_number(["4", "A 4"])
    ('4.6%', '')
    """
    bare = ["".join(c for c in word if not is_sign(c)) for word in words]
    if not all(map(is_number, bare)):
        return ""
    return next((word for word, rest in zip(words, bare, strict=True) if word != rest), "")


def same_but_rounding(values: NDArray[np.float64]) -> bool:
    """Whether the values differ in their last digits only: by at most 1e-14 of the largest."""
    return 0.0 < np.ptp(values) <= 1e-14 * np.max(np.abs(values))


def counts_rows(values: NDArray[np.float64]) -> bool:
    """Whether these are whole numbers, no two alike and in order, as a table's row numbers are."""
    return len(values) > 2 and bool(np.all(values == np.floor(values)) and np.all(np.diff(values) > 0))


def shown(column: Column) -> str:
    """The first cell that is not missing, for a sentence."""
    word = next(word for word in column.words() if word is not None)
    return quoted(word) if column.kind == "category" else str(word)


def indicates(absent: NDArray[np.bool_]) -> bool:
    """Whether an indicator of missing cells can inform: at least two rows and one in a hundred, and not all."""
    missing = int(absent.sum())
    return max(2.0, INDICATOR_SHARE * len(absent)) <= missing < len(absent)


def copy_of(column: Column, seen: dict[tuple[str, bytes | tuple[Any, ...]], str]) -> str:
    """Says whether a column came before under another name; remembers it where not."""
    values = column.values
    key = (column.kind, tuple(values.tolist()) if column.kind == "category" else values.tobytes())
    if key in seen:
        return f"identical to '{seen[key]}'"
    seen[key] = column.name
    return ""
