"""Whole groups of rows set apart: rows of one patient, machine or day train, steer or judge together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError, TableError
from deltarule.sentences import count
from deltarule.tables.splitting import Split, refuse_shares, share_of

Groups = NDArray[np.int64]

DRAWS = 60  # of the groups, of which the one is taken that leaves the classes most even


def group_split(
    groups: Groups, *, test: float = 0.2, validation: float = 0.0, seed: int | None = 0,
    labels: NDArray[Any] | None = None, called: str = "the table",
) -> Split:  # fmt: skip
    """Set whole groups apart.

    groups: (N,) a whole number for each row, the same for rows that stay together, counted from 0 without a gap.
    test, validation: shares of all rows, in [0, 1), with a sum below 1. A group is taken where that brings the rows
        nearer to the share; a share above 0 is at least one group, and a group is left for training.
    seed: the same seed gives the same rows. None takes the groups with the highest numbers to judge, and those just
        below them to validate: numbers that count days keep the future for judging.
    labels: (N,) classes: of many draws the one is taken whose parts hold them most evenly, training all of them.
    called: what the groups are of, for the sentence.
    Raises InputError for shares out of range, TableError where there are fewer groups than parts.

    >>> patients = np.repeat(np.arange(10), 3)
    >>> parts = group_split(patients, test=0.2, validation=0.1)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (21, 3, 6)
    >>> set(patients[parts.train]) & set(patients[parts.test])
    set()
    >>> patients[group_split(patients, seed=None).test].tolist()
    [8, 8, 8, 9, 9, 9]
    """
    refuse_shares(test, validation)
    sizes = np.bincount(groups)
    wanted = [share_of(len(groups), share) for share in (test, validation)]
    parts = 1 + sum(rows > 0 for rows in wanted)
    if len(sizes) < parts:
        raise TableError(
            f"{called} holds {count(len(sizes), 'value')}, and {parts} are needed, one for each part of the rows: "
            "take a column with more values."
        )

    def part_of(order: list[int]) -> NDArray[np.int64]:
        """(G,) 0, 1 or 2 of each group: it trains, validates or judges."""
        found, left = np.zeros(len(sizes), np.int64), order
        for part, rows in ((2, wanted[0]), (1, wanted[1])):
            later = 1 + (part == 2 and wanted[1] > 0)
            chosen = _taken(left, sizes, rows, later, seed is None)
            found[list(chosen)] = part
            left = [group for group in left if group not in chosen]
        return found

    if seed is None:
        part = part_of(list(range(len(sizes)))[::-1])
    else:
        part = _evenest(
            lambda random: part_of(random.permutation(len(sizes)).tolist()),
            lambda found: int((found[0] == 0).sum()), groups, labels, seed,
        )  # fmt: skip
    of_row = part[groups]
    return Split(*(np.flatnonzero(of_row == which) for which in range(3)))


def _taken(order: list[int], sizes: Groups, wanted: int, left: int, together: bool) -> set[int]:
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


def group_folds(
    groups: Groups, k: int, seed: int = 0, labels: NDArray[Any] | None = None, called: str = "the table"
) -> list[Split]:
    """k splits in which each group judges once: the largest are dealt first, each to the fold with the fewest rows.

    groups, seed, labels, called: as `group_split` has them. k: at least 2, and no more than there are groups.

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

    def dealt(random: np.random.Generator) -> NDArray[np.int64]:
        drawn = random.permutation(len(sizes))
        rows, fold = np.zeros(k, np.int64), np.empty(len(sizes), np.int64)
        for group in drawn[np.argsort(-sizes[drawn], kind="stable")]:
            fold[group] = np.argmin(rows)
            rows[fold[group]] += sizes[group]
        return fold

    fold = _evenest(dealt, lambda found: int((found == found.sum(axis=0)).sum()), groups, labels, seed)
    empty, of_row = np.empty(0, np.int64), fold[groups]
    return [Split(np.flatnonzero(of_row != j), empty, np.flatnonzero(of_row == j)) for j in range(k)]


def _evenest(
    draw: Callable[[np.random.Generator], NDArray[np.int64]], lost: Callable[[NDArray[np.float64]], int],
    groups: Groups, labels: NDArray[Any] | None, seed: int,
) -> NDArray[np.int64]:  # fmt: skip
    """(G,) the part of each group: the first draw, or with labels the one of many in which each class has most nearly
    the parts' shares of the rows.

    lost: of the rows of each part and class, how many classes some training does not see: that outweighs all else.
    """
    random = np.random.default_rng(seed)
    if labels is None:
        return draw(random)
    classes = np.unique(np.array([str(label) for label in labels]), return_inverse=True)[1]
    best, least = np.empty(0, np.int64), np.inf
    for _ in range(DRAWS):
        part = draw(random)
        found = np.zeros((int(part.max()) + 1, int(classes.max()) + 1))
        np.add.at(found, (part[groups], classes), 1.0)
        expected = np.outer(found.sum(axis=1), found.sum(axis=0)) / len(groups)
        uneven = float(((found - expected) ** 2 / np.maximum(expected, 1e-300)).sum())  # χ² of class and part
        uneven += found.size * len(groups) * lost(found)
        if uneven < least:
            best, least = part, uneven
    return best
