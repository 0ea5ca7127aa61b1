"""Input columns → X: missing values filled, numbers scaled, categories as zeros and ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError, TableError, UnknownName
from deltarule.tables.conversion import as_days, cells_as, require_finite
from deltarule.tables.scaling import SCALES, Scale, Scaling
from deltarule.tables.sentences import count, listed
from deltarule.tables.table import Column, Table

MOST_CATEGORIES = 100  # rarer ones share the all-zero row
IDENTIFIER_SHARE = 0.9  # a text different in more than this share of rows names the rows
INDICATOR_SHARE = 0.01  # a missing-indicator is kept from this share of missing rows on
MISSING = "(missing)"
ROW_NAMES = {"id", "index", "row", "nr", "no", "unnamed: 0", "rownames", "column_1"}


@dataclass(frozen=True)
class NumberInput:
    """A column of numbers, or of dates counted in days since 1970: one encoded column, two with an indicator.

    missing: what stands for a missing cell, in the column's own unit (the mean of the training rows).
    indicator: whether a second column says 1 where the cell was missing.
    """

    name: str
    kind: str
    scaling: Scaling
    missing: float
    indicator: bool

    @property
    def names(self) -> list[str]:
        return [self.name, f"{self.name} is missing"] if self.indicator else [self.name]

    def encode(self, table: Table, notes: list[str]) -> NDArray[np.float64]:
        """(N, 1 or 2)"""
        values = numeric(table, self.name, self.kind)
        absent = np.isnan(values)
        encoded = np.empty((table.rows, len(self.names)))
        encoded[:, 0] = self.scaling.scale(np.where(absent, self.missing, values))
        if self.indicator:
            encoded[:, 1] = absent
        return encoded

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            **self.scaling.to_json(),
            "missing": self.missing,
            "indicator": self.indicator,
        }


@dataclass(frozen=True)
class BooleanInput:
    """A column of two words: one encoded column of 0 and 1, two with an indicator; unscaled.

    missing: what stands for a missing cell: the share of ones in the training rows.
    """

    name: str
    labels: tuple[str, str]
    missing: float
    indicator: bool
    kind: ClassVar[str] = "boolean"

    @property
    def names(self) -> list[str]:
        first = f"{self.name}={self.labels[1]}"
        return [first, f"{self.name} is missing"] if self.indicator else [first]

    def encode(self, table: Table, notes: list[str]) -> NDArray[np.float64]:
        """(N, 1 or 2)"""
        values = cells_as(table, self.name, "boolean", self.labels)
        absent = np.isnan(values)
        encoded = np.empty((table.rows, len(self.names)))
        encoded[:, 0] = np.where(absent, self.missing, values)
        if self.indicator:
            encoded[:, 1] = absent
        return encoded

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "labels": list(self.labels),
            "missing": self.missing,
            "indicator": self.indicator,
        }


@dataclass(frozen=True)
class CategoryInput:
    """A column of texts: one encoded column of 0 and 1 for each category; a text not among them has zeros only.

    categories: the texts of the training rows, sorted; the 100 most frequent where there are more.
    missing: whether a last column says 1 where the cell is missing.
    """

    name: str
    categories: tuple[str, ...]
    missing: bool
    kind: ClassVar[str] = "category"

    @property
    def names(self) -> list[str]:
        own = [f"{self.name}={category}" for category in self.categories]
        return [*own, f"{self.name}={MISSING}"] if self.missing else own

    def encode(self, table: Table, notes: list[str]) -> NDArray[np.float64]:
        """(N, categories, and one more where missing cells have their own)"""
        cells = cells_as(table, self.name, "category")
        place: dict[str | None, int] = {category: j for j, category in enumerate(self.categories)}
        if self.missing:
            place[None] = len(self.categories)
        encoded = np.zeros((table.rows, len(self.names)))
        found = np.array([place.get(cell, -1) for cell in cells.tolist()], dtype=np.intp)
        known = np.flatnonzero(found >= 0)
        encoded[known, found[known]] = 1.0
        strange = np.flatnonzero(found < 0)
        if strange.size:
            words = sorted({MISSING if cells[row] is None else f"'{cells[row]}'" for row in strange})
            notes.append(
                f"{table.source}: column '{self.name}' holds {listed(words, 3)} in {count(len(strange), 'row')} "
                f"(first: {table.unit} {table.lines[strange[0]]}), not among the trained categories: "
                "encoded as zeros only."
            )
        return encoded

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "kind": self.kind, "categories": list(self.categories), "missing": self.missing}


Input = NumberInput | BooleanInput | CategoryInput


def numeric(table: Table, name: str, kind: str) -> NDArray[np.float64]:
    """(N,) a column of numbers, or of dates in days, NaN where missing; infinities refused."""
    values = as_days(cells_as(table, name, "date")) if kind == "date" else cells_as(table, name, "number")
    require_finite(table, name, values)
    return values


@dataclass(frozen=True)
class InputEncoding:
    """How columns of a table become the columns of X, fitted on training rows only and applied row by row.

    columns: the settings of each source column that is used.
    skipped: name and reason of each that is not.
    scale: "standard", "minmax" (to [−1, 1]) or "none", for numbers and dates; zeros and ones stay.

    >>> from deltarule.tables import read_table
    >>> table = read_table({"x": [1.0, 3.0, None], "colour": ["red", "blue", "red"], "unit": ["m", "m", "m"]})
    >>> encoding = InputEncoding.fit(table)
    >>> encoding.names, encoding.skipped
    (('x', 'colour=blue', 'colour=red'), (('unit', "constant: 'm' in every row"),))
    >>> encoding.transform(table)
    array([[-1.,  0.,  1.],
           [ 1.,  1.,  0.],
           [ 0.,  0.,  1.]])
    >>> InputEncoding.from_json(encoding.to_json()) == encoding
    True
    """

    columns: tuple[Input, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    scale: str = "standard"

    @classmethod
    def fit(
        cls, table: Table, features: Sequence[str] | None = None, scale: Scale | str = "standard"
    ) -> InputEncoding:
        """Learn means, spreads and categories from these rows, which should be the training rows only.

        features: names of the columns to use; None for all.
        Raises TableError where a column is not there, where a cell is infinite, or where no column can be used.
        """
        if scale not in SCALES:
            raise UnknownName("scaling", scale, SCALES)
        names = list(table.names if features is None else dict.fromkeys(features))
        used: list[Input] = []
        skipped: list[tuple[str, str]] = []
        seen: dict[tuple[str, bytes | tuple[Any, ...]], str] = {}
        for name in names:
            column = table[name]
            reason = why_unusable(column) or copy_of(column, seen)
            if reason:
                skipped.append((name, reason))
            else:
                used.append(fit_column(table, column, scale))
        if not used:
            reasons = listed((f"'{name}' ({reason})" for name, reason in skipped), 5)
            raise TableError(
                f"{table.source} has no column to learn from{f': {reasons}' if reasons else ''}: "
                "add a column of numbers or categories that differ between rows."
            )
        return cls(tuple(used), tuple(skipped), scale)

    @property
    def names(self) -> tuple[str, ...]:
        """(I,) the names of X's columns."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the source columns in use."""
        return tuple(column.name for column in self.columns)

    def transform(self, table: Table, notes: list[str] | None = None) -> NDArray[np.float64]:
        """X (N, I) float64 of a table that has the source columns, in any order.

        notes: a list that gets a sentence for each column with categories that were not among the training rows;
            those are encoded as zeros only.
        Raises TableError for a column that is not there and for a cell of another kind, with its line.
        """
        heard: list[str] = [] if notes is None else notes
        X = np.empty((table.rows, len(self.names)))
        at = 0
        for column in self.columns:
            encoded = column.encode(table, heard)
            X[:, at : at + encoded.shape[1]] = encoded
            at += encoded.shape[1]
        return X

    def to_json(self) -> dict[str, Any]:
        """Settings as plain values; floats survive JSON bit for bit."""
        return {
            "scale": self.scale,
            "columns": [column.to_json() for column in self.columns],
            "skipped": [{"name": name, "reason": reason} for name, reason in self.skipped],
        }

    @classmethod
    def from_json(cls, settings: dict[str, Any]) -> InputEncoding:
        """The encoding that `to_json` wrote."""
        try:
            columns = tuple(input_from(column) for column in settings["columns"])
            skipped = tuple((str(item["name"]), str(item["reason"])) for item in settings["skipped"])
            return cls(columns, skipped, str(settings["scale"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"these are no settings of an input encoding ({error!r}): train the run again.") from error


def input_from(settings: dict[str, Any]) -> Input:
    """One column's settings, read back."""
    name, kind = settings["name"], settings["kind"]
    if kind == "category":
        return CategoryInput(name, tuple(settings["categories"]), bool(settings["missing"]))
    if kind == "boolean":
        no, yes = settings["labels"]
        return BooleanInput(name, (no, yes), float(settings["missing"]), bool(settings["indicator"]))
    scaling = Scaling(float(settings["center"]), float(settings["spread"]))
    return NumberInput(name, kind, scaling, float(settings["missing"]), bool(settings["indicator"]))


def why_unusable(column: Column) -> str:
    """The reason why nothing can be learnt from a column, or nothing."""
    if column.unusable:
        return column.unusable
    full = column.values[~column.missing]
    if not len(full):
        return "every cell is missing"
    same = bool(np.all(full == full[0]))
    if same and not column.missing.any():
        return f"constant: {shown(column)} in every row"
    if same and not indicates(column.missing):
        return f"constant: {shown(column)} in every row but the few missing"
    if column.kind == "number" and same_but_rounding(full):
        return f"constant: {shown(column)} in every row, up to rounding"
    if column.kind == "number" and column.name.lower() in ROW_NAMES and counts_rows(full):
        return "a number for each row: it names rows and says nothing about others"
    if column.kind != "category":
        return ""
    distinct = len(set(full.tolist()))
    if column.stray and distinct > 5:
        return column.stray
    if distinct > max(5, IDENTIFIER_SHARE * len(full)):
        return f"a different text in {'every' if distinct == len(full) else 'nearly every'} row: it names rows"
    return ""


def same_but_rounding(values: NDArray[np.float64]) -> bool:
    """Whether the values differ in their last digits only: by at most 1e-14 of the largest."""
    return 0.0 < np.ptp(values) <= 1e-14 * np.max(np.abs(values))


def counts_rows(values: NDArray[np.float64]) -> bool:
    """Whether these are whole numbers, no two alike and in order, as a table's row numbers are."""
    return len(values) > 2 and bool(np.all(values == np.floor(values)) and np.all(np.diff(values) > 0))


def shown(column: Column) -> str:
    """The first cell that is not missing, for a sentence."""
    word = next(word for word in column.words() if word is not None)
    return f"'{word}'" if column.kind == "category" else str(word)


def indicates(absent: NDArray[np.bool_]) -> bool:
    """Whether an indicator of missing cells can inform: at least two rows and one in a hundred, and not all."""
    missing = int(absent.sum())
    return max(2.0, INDICATOR_SHARE * len(absent)) <= missing < len(absent)


def copy_of(column: Column, seen: dict[tuple[str, bytes | tuple[Any, ...]], str]) -> str:
    """Says whether a column came before under another name; remembers it where not."""
    values = column.values
    key = (column.kind, tuple(values.tolist()) if column.kind == "category" else values.tobytes())
    if key in seen:
        return f"identical to '{seen[key]}'"
    seen[key] = column.name
    return ""


def fit_column(table: Table, column: Column, scale: Scale | str) -> Input:
    """One column's settings from its training rows."""
    absent = column.missing
    full = column.values[~absent]
    if column.kind == "category":
        tally = Counter(full.tolist())
        frequent = [word for word, _ in sorted(tally.items(), key=lambda item: (-item[1], item[0]))[:MOST_CATEGORIES]]
        return CategoryInput(column.name, tuple(sorted(frequent)), bool(absent.any()))
    if column.kind == "boolean":
        no, yes = column.labels
        return BooleanInput(column.name, (no, yes), float(full.mean()), indicates(absent))
    values = numeric(table, column.name, column.kind)[~absent]
    scaling = Scaling.fit(values, scale)
    return NumberInput(column.name, column.kind, scaling, float(values.mean()), indicates(absent))


