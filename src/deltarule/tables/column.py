"""One column of a table: a name, a kind, and a value for each row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deltarule.sentences import plain
from deltarule.tables.arrow import row_array

Kind = Literal["number", "boolean", "category", "date"]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Form:
    """How a text file writes the numbers or dates of a column.

    decimal: the decimal sign. thousands: what stands between thousands, or nothing.
    sign: what stands before or after each number, as % or €, or nothing.
    date: the format, as strptime has it, or "ISO".
    """

    decimal: str = "."
    thousands: str = ""
    sign: str = ""
    date: str = "ISO"


@dataclass(frozen=True, eq=False)
class Column:
    """One column: its kind and its values.

    name: as in the file.
    kind: "number" and "boolean" hold float64 with NaN where a cell is missing, "category" an object array
        of str and None, "date" datetime64[s] with NaT.
    values: (N,).
    labels: what 0 and 1 are called in a boolean column; empty for other kinds.
    cells: (N,) Arrow array of the cells as they came, so that a table is written back unchanged; or None.
    unusable: the reason why no kind fits; empty where one does.
    stray: in a column that is numbers but for a few cells, what the first of those is and where.
    cure: what to say so that it counts as missing, to go on with a sentence.
    form: how its numbers or dates stand in the file, which a program must know that reads files alike.
    held: the further words for missing that stood in its cells.
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    labels: tuple[str, ...] = ()
    cells: Any = None
    unusable: str = ""
    stray: str = ""
    cure: str = ""
    form: Form = Form()
    held: frozenset[str] = frozenset()

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """(N,) True where a cell holds nothing."""
        if self.kind == "category":
            return np.array([cell is None for cell in self.values.tolist()], dtype=np.bool_)
        if self.kind == "date":
            return np.isnat(self.values)
        return np.isnan(self.values)

    def take(self, rows: Rows) -> Column:
        """The same column with these rows (counted from 0), in this order."""
        cells = None if self.cells is None else self.cells.take(row_array(rows))
        return replace(self, values=self.values[rows], cells=cells)

    def words(self) -> NDArray[np.object_]:
        """(N,) the cells as text, None where one is missing; whole numbers are written without a point."""
        if self.kind == "category":
            return self.values
        texts: list[str | None]
        if self.cells is not None and str(self.cells.type) == "string":
            texts = [str(cell).strip() for cell in self.cells.to_pylist()]
        elif self.kind == "boolean":
            texts = [self.labels[int(value == 1.0)] for value in self.values.tolist()]
        elif self.kind == "date":
            texts = [str(value).removesuffix("T00:00:00") for value in self.values]
        else:
            texts = [plain(value) for value in self.values.tolist()]
        words = np.array([*texts, None], dtype=object)[:-1]
        words[self.missing] = None
        return words
