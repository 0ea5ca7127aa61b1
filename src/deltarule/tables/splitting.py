"""Rows set apart: training, validation and test, or folds, drawn by a seed and stratified by labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError, TableError
from deltarule.sentences import count

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row numbers, counted from 0, sorted, without a row in two parts.

    train, validation, test: (N_train,), (N_validation,), (N_test,) int64; the last two may be empty.

    Of a run, rows without a target were left out before: `run.source.numbers[run.split.test]` are rows of the file.
    """

    train: Rows
    validation: Rows
    test: Rows

    def __repr__(self) -> str:
        return f"<Split: {len(self.train)} train, {len(self.validation)} validation, {len(self.test)} test>"


def split(
    rows: int,
    *,
    test: float = 0.2,
    validation: float = 0.0,
    seed: int = 0,
    labels: NDArray[Any] | None = None,
    source: str = "",
) -> Split:
    """Set rows apart at random.

    rows: how many there are, at least 2.
    test, validation: shares of all rows, in [0, 1), with a sum below 1. A share above 0 is at least one row, and a
        row is left for training. 0.2 is what most published tables use.
    seed: the same seed gives the same rows.
    labels: (rows,) classes; each keeps its share in every part, as nearly as whole rows allow, and no class
        leaves training altogether.
    source: the table's name, for the sentences.
    Raises InputError for shares out of range, TableError for fewer than 2 rows.

    >>> parts = split(10, test=0.2, validation=0.1)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (7, 1, 2)
    >>> sorted([*parts.train, *parts.validation, *parts.test]) == list(range(10))
    True
    """
    refuse_shares(test, validation)
    wanted = [share_of(rows, test), share_of(rows, validation)]
    if rows < 2 or sum(wanted) >= rows:
        raise TableError(
            f"{_called(source)} of {count(rows, 'row')} cannot be split into training, validation and test rows: "
            "give more rows."
        )
    order = np.random.default_rng(seed).permutation(rows)
    if labels is None:
        test_rows, rest = order[: wanted[0]], order[wanted[0] :]
        validation_rows, train_rows = rest[: wanted[1]], rest[wanted[1] :]
    else:
        test_rows, rest = drawn(order, labels, wanted[0])
        validation_rows, train_rows = drawn(rest, labels, wanted[1])
    return Split(np.sort(train_rows), np.sort(validation_rows), np.sort(test_rows))


def refuse_shares(test: float, validation: float) -> None:
    """Shares that are none, or leave no row for training."""
    for name, share in (("test", test), ("validation", validation)):
        if not 0.0 <= share < 1.0:
            raise InputError(
                f"the {name} share must be in [0, 1), got {share}: 0.2 sets a fifth of the rows apart."
            )
    if test + validation >= 1.0:
        raise InputError(
            f"test {test} and validation {validation} leave no row for training: let them sum to below 1."
        )


def _called(source: str) -> str:
    return f"the table {source}" if source else "a table"


def share_of(rows: int, share: float) -> int:
    """Whole rows for a share: rounded, at least one where the share is above 0."""
    return max(1, round(rows * share)) if share else 0


def drawn(order: Rows, labels: NDArray[Any], wanted: int) -> tuple[Rows, Rows]:
    """`wanted` rows out of `order`, class by class, and the rest.

    Each class c of n_c rows gives ⌊wanted n_c / n⌋ and then, by largest remainder, one more, but never its last row
    unless there is no other way.
    """
    groups = by_class(order, labels)
    sizes = np.array([len(group) for group in groups])
    ideal = wanted * sizes / max(sizes.sum(), 1)
    take = np.minimum(np.floor(ideal).astype(np.int64), np.maximum(sizes - 1, 0))
    for least in (1, 0):  # rows that a class keeps
        while take.sum() < wanted and np.any(take + least < sizes):
            room = take + least < sizes
            take[np.argmax(np.where(room, ideal - take, -np.inf))] += 1
    first = [group[:n] for group, n in zip(groups, take, strict=True)]
    rest = [group[n:] for group, n in zip(groups, take, strict=True)]
    return np.concatenate(first), np.concatenate(rest)


def by_class(order: Rows, labels: NDArray[Any]) -> list[Rows]:
    """The rows of each class, in the drawn order."""
    texts = np.array([str(label) for label in labels], dtype=object)[order]
    return [order[texts == name] for name in sorted(set(texts))]


def folds(
    rows: int, k: int, seed: int = 0, labels: NDArray[Any] | None = None, source: str = ""
) -> list[Split]:
    """k splits in which each row is a test row once.

    rows: at least k. k: at least 2. labels: (rows,) classes, dealt evenly to the folds.
    source: the table's name, for the sentences.

    >>> parts = folds(7, 3)
    >>> sorted(row for part in parts for row in part.test.tolist()) == list(range(7))
    True
    """
    if k < 2:
        raise InputError(f"folds must be at least 2, got {k}: 5 is usual.")
    if rows < k:
        raise TableError(
            f"{_called(source)} of {count(rows, 'row')} cannot be dealt into {k} folds: give more rows or fewer folds."
        )
    order = np.random.default_rng(seed).permutation(rows)
    if labels is not None:
        order = np.concatenate(by_class(order, labels))
    empty = np.empty(0, dtype=np.int64)
    fold = np.empty(rows, dtype=np.int64)
    fold[order] = np.arange(rows) % k
    return [Split(np.flatnonzero(fold != j), empty, np.flatnonzero(fold == j)) for j in range(k)]
