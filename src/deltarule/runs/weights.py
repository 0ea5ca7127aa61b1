"""The column that says how much each row matters: s of the training and of the rows that steer the stopping.

It is no input. Errors that are told count every row alike, as new rows come one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.runs.settings import Settings
from deltarule.sentences import plain
from deltarule.tables import Table
from deltarule.tables.conversion import cells_as, require_finite


def without_outcome(table: Table, settings: Settings) -> Table:
    """The columns that may be inputs: all but targets, weights and groups, unless the features are named."""
    if settings.features is not None:
        return table
    return table.drop(
        (*settings.target, *(name for name in (settings.weights, settings.groups) if name is not None))
    )


def row_weights(table: Table, name: str | None) -> NDArray[np.float64] | None:
    """s (N,), 0 or more, from the column of that name; None without one.

    >>> from deltarule.tables import read_table
    >>> row_weights(read_table({"x": [1.0, 2.0], "w": [3.0, 0.0]}), "w").tolist()
    [3.0, 0.0]
    """
    if name is None:
        return None
    s = cells_as(table, name, "number")
    require_finite(table, name, s)
    wrong = np.flatnonzero(~(s >= 0))
    if wrong.size:
        value = float(s[wrong[0]])
        found = "is missing" if np.isnan(value) else f"is {plain(value)}"
        raise TableError(
            f"{table.place(int(wrong[0]))}: the weight '{name}' {found}, expected a number of 0 or more: correct the "
            "cell."
        )
    return s
