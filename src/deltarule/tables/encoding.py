"""Input columns → X: missing values filled, numbers scaled, categories as zeros and ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError, TableError, UnknownName
from deltarule.sentences import listed
from deltarule.tables.column import Column
from deltarule.tables.conversion import require_finite
from deltarule.tables.inputs import BooleanInput, CategoryInput, Input, NumberInput, input_from, numeric
from deltarule.tables.scaling import SCALES, Scale, Scaling
from deltarule.tables.skipping import copy_of, indicates, why_unusable
from deltarule.tables.table import Table

MOST_CATEGORIES = 100  # rarer ones share the all-zero row


@dataclass(frozen=True)
class InputEncoding:
    """How columns of a table become the columns of X, fitted on training rows only and applied row by row.

    columns: the settings of each source column that is used.
    skipped: name and reason of each that is not.
    scale: "standard", "minmax" (to [−1, 1]) or "none", for numbers and dates; zeros and ones stay.
    missing: the further words for missing of the table it was fitted on, which other tables are to be read with.

    >>> from deltarule.tables import read_table
    >>> table = read_table({"x": [1.0, 3.0, None], "colour": ["red", "blue", "red"], "unit": ["m", "m", "m"]})
    >>> encoding = InputEncoding.fit(table)
    >>> encoding.names, encoding.skipped
    (('x', 'colour=blue', 'colour=red'), (('unit', "constant: 'm' in every training row"),))
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
    missing: tuple[str, ...] = ()

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
            if column.kind == "number":
                require_finite(table, name, column.values)
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
        return cls(tuple(used), tuple(skipped), scale, table.missing)

    @property
    def names(self) -> tuple[str, ...]:
        """(I,) the names of X's columns."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the source columns in use."""
        return tuple(column.name for column in self.columns)

    @property
    def units(self) -> list[tuple[float, float]]:
        """(I,) center and spread of each of X's columns: x = (value − center)/spread; 0 and 1 of what is not scaled."""
        units: list[tuple[float, float]] = []
        for column in self.columns:
            scaled = isinstance(column, NumberInput)
            units.append((column.scaling.center, column.scaling.spread) if scaled else (0.0, 1.0))
            units += [(0.0, 1.0)] * (len(column.names) - 1)
        return units

    @property
    def numbers(self) -> list[bool]:
        """(I,) which of X's columns `scale` is for: numbers and dates, not the zeros and ones beside them."""
        scaled: list[bool] = []
        for column in self.columns:
            scaled += [isinstance(column, NumberInput), *[False] * (len(column.names) - 1)]
        return scaled

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

    def filled(self, table: Table) -> list[str]:
        """A sentence on the missing cells of numbers that `transform` fills, where there are any.

        >>> from deltarule.tables import read_table
        >>> encoding = InputEncoding.fit(read_table({"x": [1.0, 3.0]}))
        >>> encoding.filled(read_table({"x": [None, 2.0]}))
        ["the dictionary: missing cells are filled with the mean of the training rows: 1 of 'x' with 2."]
        """
        absent = [(column, int(table[column.name].missing.sum())) for column in self.columns]
        told = [f"{n} of '{column.name}' with {column.usual}" for column, n in absent if n and column.usual]
        means = "missing cells are filled with the mean of the training rows"
        return [f"{table.source}: {means}: {listed(told)}."] if told else []

    def to_json(self) -> dict[str, Any]:
        """Settings as plain values; floats survive JSON bit for bit."""
        return {
            "scale": self.scale,
            "columns": [column.to_json() for column in self.columns],
            "skipped": [{"name": name, "reason": reason} for name, reason in self.skipped],
            "missing": list(self.missing),
        }

    @classmethod
    def from_json(cls, settings: dict[str, Any]) -> InputEncoding:
        """The encoding that `to_json` wrote."""
        try:
            columns = tuple(input_from(column) for column in settings["columns"])
            skipped = tuple((str(item["name"]), str(item["reason"])) for item in settings["skipped"])
            missing = tuple(map(str, settings.get("missing", ())))  # runs of before have none
            return cls(columns, skipped, str(settings["scale"]), missing)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"these are no settings of an input encoding ({error!r}): train the run again."
            ) from error


def fit_column(table: Table, column: Column, scale: Scale | str) -> Input:
    """One column's settings from its training rows."""
    absent = column.missing
    full = column.values[~absent]
    if column.kind == "category":
        tally = Counter(full.tolist())
        frequent = [
            word for word, _ in sorted(tally.items(), key=lambda item: (-item[1], item[0]))[:MOST_CATEGORIES]
        ]
        others = len(tally) - len(frequent)
        return CategoryInput(column.name, tuple(sorted(frequent)), bool(absent.any()), others)
    if column.kind == "boolean":
        no, yes = column.labels
        return BooleanInput(column.name, (no, yes), float(full.mean()), indicates(absent))
    values = numeric(table, column.name, column.kind)[~absent]
    scaling = Scaling.fit(values, scale)
    return NumberInput(column.name, column.kind, scaling, float(values.mean()), indicates(absent))
