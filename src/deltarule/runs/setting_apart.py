"""Which rows train, steer the stopping and judge: drawn one by one, by groups that stay together, or by an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.runs.settings import Settings
from deltarule.samples import numbered
from deltarule.sentences import count
from deltarule.tables import Split, Table, folds, split
from deltarule.tables.column import Column, Kind
from deltarule.tables.conversion import cells_as
from deltarule.tables.grouping import group_folds, group_split

Rows = NDArray[np.int64]


LARGEST_WHOLE = 2.0**53  # from which on numbers of different digits may be one float64
FAR_OFF = 0.5  # of the share asked for, by which rows that stay together may miss it without a word


@dataclass(frozen=True)
class SettingApart:
    """How the rows of one training are set apart.

    validation : the share of rows that steer the stopping.  labels : (N,) classes, that each part gets its share of,
    as nearly as groups allow.
    groups : (N,) a whole number for each row, the same for those that stay together.  ordered : whether they count up.
    """

    settings: Settings
    table: Table
    validation: float
    labels: NDArray[Any] | None
    groups: NDArray[np.int64] | None
    ordered: bool = False

    @classmethod
    def of(
        cls, settings: Settings, table: Table, validation: float, labels: NDArray[Any] | None
    ) -> SettingApart:
        """As the settings have it."""
        if settings.order is not None:
            return cls(
                settings, table, validation, labels, _places(table, settings.order, "order"), ordered=True
            )
        if settings.groups is None:
            return cls(settings, table, validation, labels, None)
        found = _places(table, settings.groups, "groups")
        if not found.any():
            raise TableError(
                f"{table.source}: column '{settings.groups}' holds one value, and rows that all belong together cannot "
                "be set apart: leave out --groups."
            )
        return cls(settings, table, validation, labels, found)

    @property
    def column(self) -> str:
        """The column that says which rows stay together, or come last; empty where none does."""
        return self.settings.order or self.settings.groups or ""

    def together(self, rows: Rows) -> NDArray[np.int64] | None:
        """Which of these rows belong together, by a whole number each; None where each is by itself, or all do."""
        if self.groups is None or self.ordered or not np.ptp(self.groups[rows]):
            return None
        return self.groups[rows]

    def once(self) -> Split:
        """The rows of the three parts; none judge where folds do, or a file."""
        return self._split(np.arange(self.table.rows), self._test, self.table.source)

    @property
    def _test(self) -> float:
        test = self.settings.test
        return 0.0 if self.settings.folds or isinstance(test, str) else test

    def folded(self) -> list[Split]:
        """One split for each fold, validation rows drawn from the other folds."""
        k, seed = self.settings.folds or 0, self.settings.seed
        if self.groups is None:
            parts = folds(self.table.rows, k, seed, self.labels, self.table.source)
        else:
            parts = group_folds(self.groups, k, seed, self.labels, self._called(self.table.source))
        return [self._validated(part) for part in parts]

    def _validated(self, fold: Split) -> Split:
        if not self.validation:
            return fold
        inner = self._split(fold.train, 0.0, f"{self.table.source} less a fold")
        return Split(fold.train[inner.train], fold.train[inner.validation], fold.test)

    def _split(self, rows: Rows, test: float, source: str) -> Split:
        """Of these rows, counted anew from 0."""
        seed, labels = self.settings.seed, None if self.labels is None else self.labels[rows]
        if self.groups is None:
            return split(
                len(rows), test=test, validation=self.validation, seed=seed, labels=labels, source=source
            )
        return group_split(
            numbered(self.groups[rows]), test=test, validation=self.validation,
            seed=None if self.ordered else seed, labels=labels, called=self._called(source),
        )  # fmt: skip

    def _called(self, source: str) -> str:
        return f"{source}: column '{self.column}'"

    def notes(self, parts: Split, files: Sequence[Table]) -> list[str]:
        """What the column decided, in sentences, of the rows set apart and of files given instead of such."""
        if self.groups is None:
            return []
        told = [
            (does, rows, share)
            for does, rows, share in (
                ("judge", parts.test, self._test),
                ("steer the stopping", parts.validation, self.validation),
            )
            if len(rows)
        ]
        if not self.ordered:
            counts = [count(int(self.groups.max()) + 1, "group")]
            counts += [f"{len(np.unique(self.groups[rows])):,} {does}" for does, rows, _ in told]
            notes = [f"rows with the same '{self.column}' stay together: {', '.join(counts)}."]
        elif not told:
            return [f"no rows were set apart, and the order of '{self.column}' decided nothing."]
        else:
            does, rows, _ = told[0]
            first = self.table[self.column].words()[rows[np.argmin(self.groups[rows])]]
            notes = [f"the rows that {does} are the last by '{self.column}', from {first} on."]
        for does, rows, share in told:
            found = len(rows) / self.table.rows
            if abs(found - share) > FAR_OFF * share:
                notes.append(
                    f"{found:.0%} of the rows {does}, not {share:.0%}: so many have the same '{self.column}'."
                )
        notes += self._lost("train", parts.train) + (
            self._lost("judge", parts.test) if len(parts.test) else []
        )
        return notes + [self._of_file(parts, file) for file in files if not self.ordered]

    def _lost(self, does: str, rows: Rows) -> list[str]:
        """The classes that no row of a part has."""
        if self.labels is None:
            return []
        lost = sorted({str(label) for label in self.labels} - {str(label) for label in self.labels[rows]})
        return [f"none of the rows that {does} is '{name}': too few groups have such rows." for name in lost]

    def _of_file(self, parts: Split, file: Table) -> str:
        """How many of a file's groups trained."""
        if self.column not in file:
            return (
                f"{file.source} has no column '{self.column}': whether its groups trained too is not known."
            )
        kind = _kind(self.table[self.column])
        trained = set(_keys(self.table, self.column, kind)[parts.train].tolist())
        there = set(_keys(file, self.column, kind).tolist())
        seen = len(there & trained)
        again = ", and its errors say little of new ones" if seen else ""
        return f"{seen:,} of the {count(len(there), 'group')} of {file.source} trained too{again}."


def _places(table: Table, name: str, option: str) -> NDArray[np.int64]:
    """(N,) each row's place among the values of a column, in their order."""
    column = table[name]
    if option == "order" and column.kind == "category":
        holds = f"has {column.stray}" if column.stray else "holds texts"
        raise TableError(
            f"{table.source}: column '{name}' {holds}, and --order needs numbers or dates, such as 2024-01-31: name "
            f"another column, or correct its cells{column.cure}."
        )
    keys = _keys(table, name, _kind(column))
    missing = np.flatnonzero(column.missing)
    if missing.size:
        raise TableError(
            f"{table.place(int(missing[0]))}: column '{name}' holds nothing, and --{option} needs a value in every "
            "row: fill it in, or leave the row out."
        )
    return numbered(keys.astype(str) if keys.dtype == object else keys)


def _kind(column: Column) -> Kind:
    """As what the values of a column are told apart: 7 and 7.0 are one number, and longer ones are texts."""
    large = column.kind == "number" and bool((np.abs(column.values) >= LARGEST_WHOLE).any())
    return "category" if large else column.kind


def _keys(table: Table, name: str, kind: Kind) -> NDArray[Any]:
    return cells_as(table, name, kind, table[name].labels)
