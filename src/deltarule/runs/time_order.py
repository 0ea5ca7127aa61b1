"""Rows in the order of a date: those drawn to judge lie between those that train, and the future is not judged."""

from __future__ import annotations

import numpy as np

from deltarule.tables import Table

LEAST = 20  # different dates: fewer may well stand in order by chance, as groups do


def ordered_by(table: Table) -> str:
    """The name of the column of dates by which the rows stand in order, either way; empty where there is none.

    >>> from deltarule.tables import read_table
    >>> days = np.datetime64("2024-01-01") + np.arange(40)
    >>> ordered_by(read_table({"day": days, "y": np.arange(40.0)}))
    'day'
    >>> ordered_by(read_table({"day": days[np.random.default_rng(0).permutation(40)], "y": np.arange(40.0)}))
    ''
    """
    for column in table.columns:
        if column.kind != "date" or column.missing.any():
            continue
        steps = np.diff(column.values).astype(np.int64)
        if np.count_nonzero(steps) >= LEAST - 1 and ((steps >= 0).all() or (steps <= 0).all()):
            return column.name
    return ""
