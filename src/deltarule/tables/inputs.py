"""One input column's settings, plain and readable, and how they turn its cells into columns of X."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from deltarule.sentences import count, listed, quoted
from deltarule.tables.conversion import as_days, cells_as, require_finite
from deltarule.tables.scaling import Scaling
from deltarule.tables.table import Table

MISSING = "(missing)"


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

    @property
    def usual(self) -> str:
        """What stands for a missing cell, in words."""
        return str(np.datetime64(round(self.missing), "D")) if self.kind == "date" else f"{self.missing:.4g}"

    def encode(self, table: Table, notes: list[str]) -> NDArray[np.float64]:
        """(N, 1 or 2)"""
        values = numeric(table, self.name, self.kind)
        filled = _filled(values, self.missing, self.indicator)
        filled[:, 0] = self.scaling.scale(filled[:, 0])
        return filled

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

    @property
    def usual(self) -> str:
        """What stands for a missing cell, in words."""
        return f"{self.missing:.4g}, between {self.labels[0]} (0) and {self.labels[1]} (1)"

    def encode(self, table: Table, notes: list[str]) -> NDArray[np.float64]:
        """(N, 1 or 2)"""
        return _filled(cells_as(table, self.name, "boolean", self.labels), self.missing, self.indicator)

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
    others: how many rarer categories the training rows had, which are none of these.
    """

    name: str
    categories: tuple[str, ...]
    missing: bool
    others: int = 0
    kind: ClassVar[str] = "category"
    usual: ClassVar[str] = ""  # nothing stands for a missing cell: it is a category of its own, or none

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
            words = sorted({MISSING if cells[row] is None else quoted(cells[row]) for row in strange})
            notes.append(
                f"{table.source}: column '{self.name}' holds {listed(words, 3)} in {count(len(strange), 'row')} "
                f"(first: {table.unit} {table.lines[strange[0]]}), not among the {self._kept}: "
                "encoded as zeros only."
            )
        return encoded

    @property
    def _kept(self) -> str:
        if not self.others:
            return "trained categories"
        rarer = "the rarer one" if self.others == 1 else f"{self.others} rarer ones"
        return f"{len(self.categories)} most frequent categories of the training rows, which are kept without {rarer}"

    def to_json(self) -> dict[str, Any]:
        told = {
            "name": self.name,
            "kind": self.kind,
            "categories": list(self.categories),
            "missing": self.missing,
        }
        return {**told, "others": self.others} if self.others else told


Input = NumberInput | BooleanInput | CategoryInput


def numeric(table: Table, name: str, kind: str) -> NDArray[np.float64]:
    """(N,) a column of numbers, or of dates in days, NaN where missing; infinities refused."""
    values = as_days(cells_as(table, name, "date")) if kind == "date" else cells_as(table, name, "number")
    require_finite(table, name, values)
    return values


def input_from(settings: dict[str, Any]) -> Input:
    """One column's settings, read back."""
    name, kind = settings["name"], settings["kind"]
    if kind == "category":
        others = int(settings.get("others", 0))  # runs of before have none
        return CategoryInput(name, tuple(settings["categories"]), bool(settings["missing"]), others)
    if kind == "boolean":
        no, yes = settings["labels"]
        return BooleanInput(name, (no, yes), float(settings["missing"]), bool(settings["indicator"]))
    scaling = Scaling(float(settings["center"]), float(settings["spread"]))
    return NumberInput(name, kind, scaling, float(settings["missing"]), bool(settings["indicator"]))


def _filled(values: NDArray[np.float64], missing: float, indicator: bool) -> NDArray[np.float64]:
    """(N, 1 or 2): the cells, what stands for the missing ones put in; beside them where those were."""
    absent = np.isnan(values)
    return np.column_stack([np.where(absent, missing, values), *([absent] if indicator else [])])
