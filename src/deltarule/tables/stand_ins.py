"""Numbers that rather stand for nothing, as -999 does: nines alone, more than once, far from all others."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

import numpy as np

from deltarule.sentences import plain
from deltarule.tables.column import Column
from deltarule.tables.missing import USUAL, Missing

APART = 3.0  # times as far from the others' median as they lie apart, but for a tenth of them, or from 0 half as far


def stand_ins(columns: Iterable[Column], source: str, missing: Missing = USUAL) -> list[str]:
    """A sentence for each column of numbers whose lowest or highest is such a number.

    >>> print(*stand_ins([Column("crp", "number", np.array([4.1, 5.0, -999, 6.2, -999, 5.5]))], "t.csv"))
    t.csv: column 'crp' holds -999 in 2 cells, far from all others: if that means a missing cell, say --missing -999.
    >>> stand_ins([Column("share", "number", np.array([99, 97.5, 99, 98]))], "t.csv")
    []
    """
    notes: list[str] = []
    for column in columns:
        values = column.values[np.isfinite(column.values)] if column.kind == "number" else np.empty(0)
        for number in sorted({float(values.min()), float(values.max())}) if len(values) else ():
            others = values[values != number]
            cells = len(values) - len(others)
            if cells < 2 or not len(others) or not _nines(number):
                continue
            low, median, high = np.percentile(others, [5, 50, 95]).tolist()
            if abs(number - median) <= APART * max(high - low, abs(median) / 2):
                continue
            words = shlex.quote(",".join([*missing.further, plain(number)]))
            notes.append(
                f"{source}: column '{column.name}' holds {plain(number)} in {cells:,} cells, far from all others: if "
                f"that means a missing cell, say --missing {words}."
            )
    return notes


def _nines(number: float) -> bool:
    """Whether a number is written with nines alone, two or more."""
    return (
        number.is_integer() and abs(number) < 1e15 and set(str(abs(int(number)))) == {"9"} and abs(number) > 9
    )
