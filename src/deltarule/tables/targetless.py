"""Rows whose target is missing: nothing can be learnt from them, so they are left out, and that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deltarule.sentences import count, listed
from deltarule.tables.reading import read_beside
from deltarule.tables.table import Table


def read_with_targets(path: str, sheet: str | None, targets: Sequence[str], missing: Sequence[str]) -> Table:
    """A file of a training, where it is a workbook that sheet of it, without the rows that lack a target."""
    return with_targets(read_beside(path, sheet, missing), targets)


def with_targets(table: Table, targets: Sequence[str]) -> Table:
    """The rows that have all of these targets, with a note on how many have not and where the first stands.

    Where half of the rows or more lack a target the table comes back whole, to be refused: the target is then rather
    the wrong column than a column with gaps.

    >>> from deltarule.tables import read_table
    >>> table = with_targets(read_table({"x": [1.0, 2.0, 3.0], "y": [5.0, None, 7.0]}), ["y"])
    >>> table.rows, table.left_out, table.notes
    (2, (2,), ("the dictionary: 1 row of 3 without 'y' left out, in row 2.",))
    """
    columns = [table[name] for name in targets if name in table]
    lacking = np.flatnonzero(np.any([column.missing for column in columns], axis=0)) if columns else []
    if not len(lacking) or 2 * len(lacking) >= table.rows:
        return table
    short = listed(f"'{column.name}'" for column in columns if column.missing.any())
    where = f"{'in' if len(lacking) == 1 else 'the first in'} {table.unit} {table.lines[lacking[0]]}"
    note = f"{table.source}: {count(len(lacking), 'row')} of {table.rows} without {short} left out, {where}."
    kept = table.take(np.delete(np.arange(table.rows), lacking))
    return replace(kept, notes=(*table.notes, note), left_out=tuple(int(row) + 1 for row in lacking))
