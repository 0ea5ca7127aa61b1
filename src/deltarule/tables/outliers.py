"""Numbers so far from the others of their column that they are rather slips, and alone decide what is learnt."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from deltarule.sentences import count, plain
from deltarule.tables.column import Column

FAR = 1e4  # interquartile ranges from the median
FEW = 0.01  # of the rows: a column with more is spread so widely
SAMPLE = 10_000  # rows that tell the quartiles


def outliers(columns: Iterable[Column], source: str, unit: str, lines: NDArray[np.int64]) -> list[str]:
    """A sentence for each column of numbers with a few cells beyond |x − median| = 1e4 (Q3 − Q1): the farthest.

    Columns of which half is one number are left alone, as their quartiles tell no spread.
    """
    notes: list[str] = []
    for column in columns:
        if column.kind != "number":
            continue
        finite = np.isfinite(column.values)
        rows = np.flatnonzero(finite)
        if not len(rows):
            continue
        some = column.values[rows[:: -(-len(rows) // SAMPLE)]]
        with np.errstate(over="ignore", invalid="ignore"):  # numbers near the end of the floats
            low, median, high = np.percentile(some, [25, 50, 75]).tolist()
            away = np.abs(np.where(finite, column.values, median) - median)
            far = np.flatnonzero(away > FAR * (high - low)) if high > low else rows[:0]
        if not 0 < len(far) <= max(1, FEW * len(rows)):
            continue
        row = int(far[np.argmax(away[far])])
        more = f" ({count(len(far) - 1, 'more cell')} like it)" if len(far) > 1 else ""
        notes.append(
            f"{source}: column '{column.name}' holds {plain(float(column.values[row]))} in {unit} {lines[row]}{more}, "
            f"while half of its cells lie between {low:.4g} and {high:.4g}: correct or empty it if it is a slip."
        )
    return notes
