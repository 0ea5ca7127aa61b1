"""A table → CSV or Parquet, whole or not at all."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from deltarule.errors import TableError
from deltarule.sentences import plain
from deltarule.tables.arrow import arrow, row_array
from deltarule.tables.column import Column
from deltarule.tables.sniffing import Dialect
from deltarule.whole_file import whole_file

TEXT = (".csv", ".tsv", ".txt")


def write_columns(columns: Sequence[Column], dialect: Dialect, path: str | Path, force: bool = False) -> None:
    """Write columns by the suffix of `path` (.csv .tsv .txt .parquet), or as CSV to the standard output for "-".

    Raises TableError where the file exists and `force` is not set, the suffix is unknown or the folder is not there.
    """
    if str(path) == "-":
        write_text(columns, dialect, sys.stdout)
        return
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix != ".parquet" and suffix not in TEXT:
        raise TableError(
            f"{path}: a table is written as .csv, .tsv, .txt or .parquet, not '{suffix}': name it so."
        )
    with whole_file(place, force, TableError) as unfinished:
        if suffix == ".parquet":
            arrow("parquet").write_table(to_arrow(columns), unfinished)
        else:
            encoding = "utf-8-sig" if dialect.bom else "utf-8"
            with unfinished.open("w", encoding=encoding, newline="") as text:
                write_text(columns, dialect_of(suffix, dialect), text)


def dialect_of(suffix: str, dialect: Dialect) -> Dialect:
    """The dialect for a suffix: .tsv has tabs, .csv has none, and a decimal comma needs another delimiter."""
    if suffix == ".tsv":
        return replace(dialect, delimiter="\t")
    if suffix == ".csv" and dialect.delimiter == "\t":
        return replace(dialect, delimiter=";" if dialect.decimal == "," else ",")
    return dialect


def write_text(columns: Sequence[Column], dialect: Dialect, file: IO[str]) -> None:
    """Delimited text in a dialect."""
    writer = csv.writer(file, delimiter=dialect.delimiter, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*(texts(column, dialect.decimal) for column in columns), strict=True))


def texts(column: Column, decimal: str) -> Iterable[str]:
    """The cells as they stood in the file, or in their shortest exact form."""
    if column.cells is not None and arrow().types.is_string(column.cells.type):
        return column.cells.to_pylist()
    if column.unusable and column.cells is not None:
        return ["" if cell is None else str(cell) for cell in column.cells.to_pylist()]
    if column.kind == "number":
        written = ["" if value != value else plain(value) for value in column.values.tolist()]
    else:
        written = ["" if word is None else word for word in column.words()]
    if column.held and column.cells is not None:  # what stood in the cells that count as missing
        rows = np.flatnonzero(column.missing)
        for row, cell in zip(rows, column.cells.take(row_array(rows)).to_pylist(), strict=True):
            if cell is not None and cell == cell:
                written[row] = plain(cell) if isinstance(cell, float) else str(cell).removesuffix(" 00:00:00")
    if column.kind == "number" and decimal != ".":
        written = [number.replace(".", decimal) for number in written]
    return written


def to_arrow(columns: Sequence[Column]) -> Any:
    """An Arrow table; columns that came from text are written in the type they were read as."""
    pa = arrow()
    arrays: list[Any] = []
    for column in columns:
        if column.cells is not None and (column.unusable or not pa.types.is_string(column.cells.type)):
            arrays.append(column.cells)
        elif column.kind == "boolean":
            arrays.append(
                pa.array([None if v != v else v == 1.0 for v in column.values.tolist()], pa.bool_())
            )
        elif column.kind == "category":
            arrays.append(pa.array(column.values.tolist(), pa.string()))
        else:
            arrays.append(pa.array(column.values, from_pandas=True))  # NaN becomes null
    return pa.table(arrays, names=[column.name for column in columns])
