"""Whole groups of rows set apart: rows of one patient, machine or day train, steer or judge together."""

from __future__ import annotations

import numpy as np

from deltarule.errors import InputError, TableError
from deltarule.sentences import count
from deltarule.tables.splitting import Rows, Split, share_of


def group_split(
    groups: Rows,
    *,
    test: float = 0.2,
    validation: float = 0.0,
    seed: int | None = 0,
    called: str = "the table",
) -> Split:
    """Set whole groups apart.

    groups: (N,) a whole number for each row, the same for rows that stay together, counted from 0 without a gap.
    test, validation: shares of all rows, in [0, 1). A group is taken where that brings the rows nearer to the share;
        a share above 0 is at least one group, and a group is left for training.
    seed: the same seed gives the same rows. None takes the groups with the highest numbers to judge, and those just
        below them to validate: numbers that count days keep the future for judging.
    called: what the groups are of, for the sentence.
    Raises TableError where there are fewer groups than parts.

    >>> patients = np.repeat(np.arange(10), 3)
    >>> parts = group_split(patients, test=0.2, validation=0.1)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (21, 3, 6)
    >>> set(patients[parts.train]) & set(patients[parts.test])
    set()
    >>> patients[group_split(patients, seed=None).test].tolist()
    [8, 8, 8, 9, 9, 9]
    """
    sizes = np.bincount(groups)
    wanted = [(share_of(len(groups), share)) for share in (test, validation)]
    parts = 1 + sum(rows > 0 for rows in wanted)
    if len(sizes) < parts:
        raise TableError(
            f"{called} holds {count(len(sizes), 'value')}, and {parts} are needed, one for each part of the rows: "
            "take a column with more values."
        )
    order = (
        np.arange(len(sizes))[::-1] if seed is None else np.random.default_rng(seed).permutation(len(sizes))
    )
    left, chosen = order.tolist(), []
    for place, rows in enumerate(wanted):
        later = 1 + sum(more > 0 for more in wanted[place + 1 :])
        chosen.append(_taken(left, sizes, rows, later, seed is None))
        left = [group for group in left if group not in chosen[-1]]
    return Split(*(np.flatnonzero(np.isin(groups, list(part))) for part in (left, chosen[1], chosen[0])))


def _taken(order: list[int], sizes: Rows, wanted: int, left: int, together: bool) -> set[int]:
    """Groups out of `order` with about `wanted` rows; so many are left over, and `together` passes none over."""
    found: set[int] = set()
    rows = 0
    for group in order if wanted else ():
        if len(order) - len(found) == left:
            break
        size = int(sizes[group])
        if abs(rows + size - wanted) < abs(rows - wanted) or (together and not found):
            found.add(group)
            rows += size
        elif together:
            break
    if wanted and not found:  # each is larger than what is wanted twice over
        found.add(min(order, key=lambda group: int(sizes[group])))
    return found


def group_folds(groups: Rows, k: int, seed: int = 0, called: str = "the table") -> list[Split]:
    """k splits in which each group judges once: the largest are dealt first, each to the fold with the fewest rows.

    groups, seed, called: as `group_split` has them. k: at least 2, and no more than there are groups.

    >>> parts = group_folds(np.array([0, 0, 0, 1, 1, 2]), 2)
    >>> sorted(len(part.test) for part in parts)
    [3, 3]
    """
    if k < 2:
        raise InputError(f"folds must be at least 2, got {k}: 5 is usual.")
    sizes = np.bincount(groups)
    if len(sizes) < k:
        raise TableError(
            f"{called} holds {count(len(sizes), 'value')}, too few for {k} folds: take fewer folds, or a column with "
            "more values."
        )
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    rows, fold = np.zeros(k, np.int64), np.empty(len(sizes), np.int64)
    for group in drawn[np.argsort(-sizes[drawn], kind="stable")]:
        fold[group] = np.argmin(rows)
        rows[fold[group]] += sizes[group]
    empty, of_row = np.empty(0, np.int64), fold[groups]
    return [Split(np.flatnonzero(of_row != j), empty, np.flatnonzero(of_row == j)) for j in range(k)]
