"""Which rows train, steer the stopping and judge: drawn one by one, by groups that stay together, or by an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.runs.settings import Settings
from deltarule.sentences import count
from deltarule.tables import Split, Table, folds, split
from deltarule.tables.conversion import cells_as
from deltarule.tables.grouping import group_folds, group_split


@dataclass(frozen=True)
class SettingApart:
    """How the rows of one training are set apart.

    validation : the share of rows that steer the stopping.  labels : (N,) classes, that each part gets its share of.
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
        if settings.groups:
            return cls(settings, table, validation, labels, _numbered(table, settings.groups, "groups"))
        if settings.order:
            found = _numbered(table, settings.order, "order")
            return cls(settings, table, validation, labels, found, ordered=True)
        return cls(settings, table, validation, labels, None)

    @property
    def column(self) -> str | None:
        """The column that says which rows stay together, or come last."""
        return self.settings.groups or self.settings.order

    def together(self, rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Which of these rows belong together, by a whole number each; None where each is by itself."""
        return None if self.groups is None or self.ordered else self.groups[rows]

    def once(self) -> Split:
        """The rows of the three parts; none judge where folds do, or a file."""
        test = 0.0 if self.settings.folds or isinstance(self.settings.test, str) else self.settings.test
        return self._split(np.arange(self.table.rows), test, self.table.source)

    def folded(self) -> list[Split]:
        """One split for each fold, validation rows drawn from the other folds."""
        k, seed = self.settings.folds or 0, self.settings.seed
        if self.groups is None:
            parts = folds(self.table.rows, k, seed, self.labels, self.table.source)
        else:
            parts = group_folds(self.groups, k, seed, self._called(self.table.source))
        return [self._validated(part) for part in parts]

    def _validated(self, fold: Split) -> Split:
        if not self.validation:
            return fold
        inner = self._split(fold.train, 0.0, f"{self.table.source} less a fold")
        return Split(fold.train[inner.train], fold.train[inner.validation], fold.test)

    def _split(self, rows: NDArray[np.int64], test: float, source: str) -> Split:
        """Of these rows, counted anew from 0."""
        seed = self.settings.seed
        if self.groups is not None:
            groups = np.unique(self.groups[rows], return_inverse=True)[1]
            return group_split(
                groups, test=test, validation=self.validation,
                seed=None if self.ordered else seed, called=self._called(source),
            )  # fmt: skip
        labels = None if self.labels is None else self.labels[rows]
        return split(
            len(rows), test=test, validation=self.validation, seed=seed, labels=labels, source=source
        )

    def _called(self, source: str) -> str:
        return f"{source}: column '{self.column}'"

    def note(self, parts: Split) -> list[str]:
        """What the column decided, in a sentence."""
        if self.groups is None or not (len(parts.test) or len(parts.validation) or self.settings.folds):
            return []
        if self.ordered:
            does, rows = (
                ("judge", parts.test) if len(parts.test) else ("steer the stopping", parts.validation)
            )
            first = self.table[self.column or ""].words()[rows[np.argmin(self.groups[rows])]]
            return [f"the rows that {does} are the last by '{self.column}', from {first} on."]
        told = [count(int(self.groups.max()) + 1, "group")]
        for rows, does in ((parts.test, "judge"), (parts.validation, "steer the stopping")):
            told += [f"{len(np.unique(self.groups[rows])):,} {does}"] if len(rows) else []
        return [f"rows with the same '{self.column}' stay together: {', '.join(told)}."]


def _numbered(table: Table, name: str, option: str) -> NDArray[np.int64]:
    """(N,) each row's place among the values of a column, in their order."""
    column = table[name]
    if option == "order" and column.kind == "category" and not column.stray:
        raise TableError(
            f"{table.source}: column '{name}' holds texts, and --order needs numbers or dates: name another column."
        )
    kind = "category" if option == "groups" else "date" if column.kind == "date" else "number"
    values = cells_as(table, name, kind)
    missing = np.flatnonzero(column.missing)
    if missing.size:
        raise TableError(
            f"{table.place(int(missing[0]))}: column '{name}' holds nothing, and --{option} needs a value in every "
            "row: fill it in, or leave the row out."
        )
    return np.unique(values.astype(str) if kind == "category" else values, return_inverse=True)[1].astype(
        np.int64
    )
