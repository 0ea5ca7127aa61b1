"""A table: named columns of one length, each of one kind, which know where they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.tables.arrow import row_array
from deltarule.tables.sentences import listed, plain

Kind = Literal["number", "boolean", "category", "date"]
Rows = NDArray[np.intp]


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
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    labels: tuple[str, ...] = ()
    cells: Any = None
    unusable: str = ""
    stray: str = ""

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """(N,) True where a cell holds nothing."""
        if self.kind == "category":
            return np.equal(self.values, None).astype(np.bool_)
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


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: what stands between its cells, its decimal sign, whether it opens with a BOM."""

    delimiter: str = ","
    decimal: str = "."
    bom: bool = False


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of one length.

    columns: in the order of the file.
    source: where the table came from, as sentences name it.
    lines: (N,) where each row stands in its source, counted from 1.
    unit: what `lines` counts: "line" in a text file, "row" elsewhere.
    dialect: how the text file was written, so that it is written back alike.
    notes: sentences on what reading had to decide.

    >>> from deltarule.tables import read_table
    >>> table = read_table({"x": [1.0, 2.0, 4.0], "colour": ["red", "blue", None]})
    >>> table.names, table.rows, table["colour"].kind
    (('x', 'colour'), 3, 'category')
    >>> table.take([2])["x"].values.tolist() == [4.0]
    True
    """

    columns: tuple[Column, ...]
    source: str
    lines: NDArray[np.int64]
    unit: Literal["line", "row"] = "row"
    dialect: Dialect = field(default_factory=Dialect)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        kinds = listed(f"{column.name} ({column.kind})" for column in self.columns)
        return f"Table of {self.rows} rows from {self.source}: {kinds}"

    def __post_init__(self) -> None:
        seen: dict[str, int] = {}
        for number, column in enumerate(self.columns, start=1):
            if column.name in seen:
                raise TableError(
                    f"{self.source}: columns {seen[column.name]} and {number} are both named "
                    f"'{column.name}': give each column a name of its own."
                )
            seen[column.name] = number
            if column.values.shape != (self.rows,):
                raise TableError(
                    f"{self.source}: column '{column.name}' has shape {column.values.shape}, expected "
                    f"({self.rows},) like the columns before it: give each row one value."
                )

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.lines)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Each column under its name."""
        return {column.name: column for column in self.columns}

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> Column:
        if name in self.by_name:
            return self.by_name[name]
        near = get_close_matches(name, self.names, n=1, cutoff=0.5) or [
            known for known in self.names if known.lower() == name.lower()
        ]
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise TableError(f"{self.source} has no column '{name}': {hint}It has {listed(self.names)}.")

    def place(self, row: int) -> str:
        """Where a row (counted from 0) stands, in words: `line 7 of data.csv`."""
        return f"{self.unit} {self.lines[row]} of {self.source}"

    def take(self, rows: Iterable[int] | NDArray[np.integer[Any]]) -> Table:
        """The table with these rows only (counted from 0), in this order."""
        index = np.asarray(rows if isinstance(rows, np.ndarray) else list(rows), dtype=np.intp)
        columns = tuple(column.take(index) for column in self.columns)
        return replace(self, columns=columns, lines=self.lines[index])

    def drop(self, names: Iterable[str]) -> Table:
        """The table without these columns."""
        left_out = {self[name].name for name in names}
        return replace(self, columns=tuple(c for c in self.columns if c.name not in left_out))

    def with_columns(self, columns: Mapping[str, Any] | Iterable[Column]) -> Table:
        """The table with these columns added at its end; one whose name is there already replaces it in place."""
        from deltarule.tables.arrays import column_of

        if isinstance(columns, Mapping):
            columns = [column_of(name, values, self.source) for name, values in columns.items()]
        together = {column.name: column for column in self.columns}
        together.update((column.name, column) for column in columns)
        return replace(self, columns=tuple(together.values()))

    def write(self, path: str | Path, force: bool = False) -> None:
        """Write the table as CSV or Parquet, by the suffix of `path`; "-" is CSV on the standard output.

        Columns read from a file are written as they stood there. An existing file is left alone unless `force`.
        """
        from deltarule.tables.writing import write_table

        write_table(self, path, force=force)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 (64 hex digits) of names, kinds and values: the same table has the same one in every format."""
        digest = sha256(str(self.rows).encode())
        for column in self.columns:
            digest.update(f"\x1d{column.name}\x1e{column.kind}\x1e".encode("utf-8", "surrogatepass"))
            if column.kind == "category":
                cells = ("\x00" if cell is None else cell for cell in column.values.tolist())
                digest.update("\x1f".join(cells).encode("utf-8", "surrogatepass"))
            else:
                digest.update(np.ascontiguousarray(column.values).tobytes())
        return digest.hexdigest()
