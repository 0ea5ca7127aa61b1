"""The rows that judged, one by one: their errors, and the row that makes up most of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deltarule.health.case import Case
from deltarule.health.thresholds import ONE_ROW

Numbers = NDArray[np.float64]
Floats = NDArray[np.floating]
Rows = tuple[Floats, Floats]

FEW = 10  # rows of which one may well make up half of the error
FAR = 30  # median distances from the median: a normal column reaches 6


def lone_row(case: Case, rows: Rows) -> int | None:
    """Which of many rows X, D alone makes up most of their error; None where none does."""
    if len(rows[0]) < FEW:
        return None
    errors = _errors(case, rows)
    return int(errors.argmax()) if errors.max() > ONE_ROW.value * errors.sum() else None


def without(rows: Rows, n: int | None) -> Rows:
    """The other rows."""
    return rows if n is None else (np.delete(rows[0], n, axis=0), np.delete(rows[1], n, axis=0))


def share_of(case: Case, rows: Rows, n: int) -> float:
    """That row's share in the error of all."""
    errors = _errors(case, rows)
    return float(errors[n] / errors.sum())


def far_column(X: Floats, n: int) -> int | None:
    """The column in which row n lies far from all others, None where it does in none.

    >>> far_column(np.c_[np.arange(40.0), np.r_[np.arange(39.0), 1e9]], 39)
    1
    """
    middle = np.median(X, axis=0)
    away = np.abs(X - middle)
    usual = np.median(away, axis=0)
    far = away[n] / np.where(usual > 0, usual, np.inf)
    p = int(far.argmax())
    return p if far[p] > FAR else None


def _errors(case: Case, rows: Rows) -> Numbers:
    X, D = rows
    with np.errstate(all="ignore"):
        return np.asarray(case.loss.e(case.network.predict(X), D), np.float64).sum(axis=1)
