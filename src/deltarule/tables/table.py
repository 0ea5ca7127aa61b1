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
from deltarule.sentences import listed
from deltarule.tables.column import Column
from deltarule.tables.memory import column_of
from deltarule.tables.sniffing import Dialect
from deltarule.tables.writing import write_columns


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of one length.

    columns: in the order of the file.
    source: where the table came from, as sentences name it.
    lines: (N,) where each row stands in its source, counted from 1.
    unit: what `lines` counts: "line" in a text file, "sheet row" in a workbook (its header counts), "row" elsewhere.
    dialect: how the text file was written, so that it is written back alike.
    notes: sentences on what reading had to decide.
    left_out: which rows of the source, counted from 1, are not here as they lack a target.
    missing: the further words that mean a missing cell in it.

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
    unit: Literal["line", "sheet row", "row"] = "row"
    dialect: Dialect = field(default_factory=Dialect)
    notes: tuple[str, ...] = ()
    left_out: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()

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

    @property
    def unheld(self) -> list[str]:
        """The further words for missing that no cell held."""
        return [word for word in self.missing if not any(word in column.held for column in self.columns)]

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
        if isinstance(columns, Mapping):
            made = [column_of(str(name), values, self.source) for name, values in columns.items()]
        else:
            made = list(columns)
        together = {column.name: column for column in (*self.columns, *made)}
        return replace(self, columns=tuple(together.values()))

    def write(self, path: str | Path, force: bool = False) -> None:
        """Write the table as CSV or Parquet, by the suffix of `path`; "-" is CSV on the standard output.

        Columns read from a file are written as they stood there. An existing file is left alone unless `force`.
        """
        write_columns(self.columns, self.dialect, path, force=force)

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
