"""A file, a data frame or a dictionary → a table."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from deltarule.errors import TableError
from deltarule.sentences import count, first_line, plain, quoted
from deltarule.tables.arrays import read_npz, rounded, table_of, table_of_arrow
from deltarule.tables.arrow import arrow
from deltarule.tables.column import Column
from deltarule.tables.decoding import decode, refuse_too_much, unpack
from deltarule.tables.delimited import Cells, read_cells
from deltarule.tables.emptying import emptied
from deltarule.tables.kinds import decimal_sign, present, stray_cell, typed, ungrouped, unit_beside, unsigned
from deltarule.tables.missing import USUAL, Missing
from deltarule.tables.outliers import outliers
from deltarule.tables.stand_ins import stand_ins
from deltarule.tables.table import Table
from deltarule.tables.workbook import (
    SUFFIXES,
    ZIP,
    holds_workbook,
    is_workbook,
    read_sheet,
    refuse_protected,
)

PARQUET, FEATHER_1, ARROW_FILE = b"PAR1", b"FEA1", b"ARROW1"
ARROW_SUFFIXES = {".arrow", ".feather", ".ipc", ".arrows"}


def read_table(source: Any, sheet: str | None = None, missing: Iterable[object] = ()) -> Table:
    """Read a table, whatever it comes in.

    source: a path (CSV, TSV, other delimited text, each also packed by gzip; an Excel workbook, .xlsx; Parquet,
        Arrow, Feather, NPZ), "-" for text on the standard input, a pandas or polars frame, an Arrow table, or
        a dictionary of columns. Delimiter, decimal sign, encoding, header and each column's kind are found out,
        and % or a currency's sign beside every number of a column is left out; what had to be decided stands
        in the table's notes.
    sheet: of a workbook; None for its first.
    missing: further words for a missing cell, beside NA, ? and such; in any case, and of a number every cell equal to
        it. They are taken out before a column's kind is found out.
    Returns a Table. Raises TableError, in one sentence with file, line and column, where that cannot be done.

    >>> read_table({"x": [0.5, None], "smoker": [True, False]})["smoker"].kind
    'boolean'
    >>> read_table({"x": [0.5, "n/k", -999]}, missing=["n/k", -999])["x"].values.tolist()
    [0.5, nan, nan]
    """
    absent = Missing.of(missing)
    if isinstance(source, (str, PathLike)):
        return read_bytes(*contents(str(source)), sheet, absent)  # pyright: ignore[reportUnknownArgumentType]
    if sheet is not None:
        raise _no_sheets(f"a {type(source).__name__}", sheet)
    if isinstance(source, Table):
        return read_again(source, absent)
    if isinstance(source, Mapping):
        return table_of(source, "the dictionary", missing=absent)  # pyright: ignore[reportUnknownArgumentType]
    if hasattr(source, "__arrow_c_stream__"):
        return read_frame(source, absent)
    if hasattr(source, "to_dict"):
        return table_of(source.to_dict("list"), "the frame", missing=absent)
    raise TableError(
        f"a table is read from a path, a data frame or a dictionary of columns, not from {type(source).__name__}."
    )


def read_beside(path: str, sheet: str | None, missing: Iterable[str]) -> Table:
    """Another file of one training, such as its test rows: where it is a workbook too, the same sheet of it."""
    return read_table(path, sheet if is_workbook(path) else None, missing)


def read_again(table: Table, missing: Missing) -> Table:
    """A table that was read before, without what these further words name."""
    if set(missing.further) <= set(table.missing):
        return table
    every = Missing.of((*table.missing, *missing.further))
    columns: list[Column] = []
    for column in table.columns:
        if column.kind == "category" and column.cells is not None and str(column.cells.type) == "string":
            here = present(column.cells, every)
            decimal = "," if table.dialect.decimal == "," else decimal_sign([here], table.dialect.delimiter)
            columns.append(typed(column.name, column.cells, here, decimal, every))
        else:
            columns.append(emptied(column, every))
    return replace(table, columns=tuple(columns), missing=every.further)


def _no_sheets(source: str, sheet: str) -> TableError:
    return TableError(f"{source} is no .xlsx workbook, and only that has sheets: leave out sheet={sheet!r}.")


def contents(path: str) -> tuple[bytes, str]:
    """A file's bytes and its name in sentences."""
    if path == "-":
        return sys.stdin.buffer.read(), "the standard input"
    place = Path(path)
    try:
        return place.read_bytes(), path
    except IsADirectoryError as error:
        raise TableError(f"{path} is a folder, expected a file: name a table in it.") from error
    except FileNotFoundError as error:
        around = list(place.parent.iterdir()) if place.parent.is_dir() else []
        files = sorted(item.name for item in around if os.path.isfile(item))
        near = get_close_matches(place.name, files, n=1)
        hint = f"did you mean '{place.parent / near[0]}'?" if near else "check its name and folder."
        raise TableError(f"there is no file {path}: {hint}") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise TableError(f"{path!r} cannot be opened ({why}): check its name and your permission.") from error


def read_bytes(data: bytes, source: str, sheet: str | None = None, missing: Missing = USUAL) -> Table:
    """A table from a file's bytes: what they are is told from their first ones."""
    suffixes = [suffix.lower() for suffix in Path(source).suffixes]
    data = unpack(data, source)
    if not data:
        raise TableError(
            f"{source} is empty: give a table with a line of column names and a line for each row."
        )
    suffix = next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")
    if data.startswith(ZIP) and suffix != ".npz" and (suffix in SUFFIXES or holds_workbook(data)):
        return table_of_cells(read_sheet(data, source, sheet, missing), source, "sheet row", (), missing)
    refuse_protected(data, source)
    if sheet is not None:
        raise _no_sheets(source, sheet)
    if data.startswith(PARQUET) or suffix == ".parquet":
        return read_arrow(data, source, "Parquet", missing)
    if data.startswith((FEATHER_1, ARROW_FILE)) or suffix in ARROW_SUFFIXES:
        return read_arrow(data, source, "Arrow", missing)
    if suffix == ".npz" or (data.startswith(ZIP) and b".npy" in data[:200]):
        return read_npz(data, source, missing)
    return read_text(data, source, missing)


def read_arrow(data: bytes, source: str, form: str, missing: Missing = USUAL) -> Table:
    """A table from the bytes of a Parquet, Arrow or Feather file."""
    pa = arrow()
    buffer = pa.BufferReader(data)
    try:
        if form == "Parquet":
            refuse_too_much(unpacked_parquet(data), len(data), source)
            table = arrow("parquet").read_table(buffer)
        elif data.startswith((FEATHER_1, ARROW_FILE)):
            table = arrow("feather").read_table(buffer)
        else:
            table = pa.ipc.open_stream(buffer).read_all()
    except TableError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TableError(
            f"{source} is no {form} file that can be read ({first_line(error)}): write it again, or give CSV."
        ) from error
    return table_of_arrow(table, source, missing)


def unpacked_parquet(data: bytes) -> int:
    """Bytes that a Parquet file's columns take, told by its metadata: 8 a cell, or more where texts are longer."""
    about = arrow("parquet").read_metadata(arrow().BufferReader(data))
    written = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    return max(written, 8 * about.num_rows * about.num_columns)


def read_frame(frame: Any, missing: Missing = USUAL) -> Table:
    """A table from a pandas or polars frame or an Arrow table."""
    pa = arrow()
    try:
        table = pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        if hasattr(frame, "items") and len(set(frame.columns)) == len(frame.columns):
            return table_of(dict(frame.items()), "the frame", missing=missing)  # columns of mixed objects
        raise TableError(
            f"the frame cannot be read ({first_line(error)}): give each column one name and one type."
        ) from error
    return table_of_arrow(table, "the frame", missing)


def read_text(data: bytes, source: str, missing: Missing = USUAL) -> Table:
    """A table from the bytes of delimited text."""
    text = decode(data, source)
    return table_of_cells(read_cells(text, source, missing), source, "line", text.notes, missing)


def table_of_cells(
    cells: Cells,
    source: str,
    unit: Literal["line", "sheet row"],
    notes: Sequence[str] = (),
    missing: Missing = USUAL,
) -> Table:
    """A table from its cells as texts: each column's kind is found out."""
    there = [present(column, missing) for column in cells.columns]
    here = [(*ungrouped(full), sign) for full, sign in map(unsigned, there)]
    texts = [full for at, (full, *_) in enumerate(here) if at not in cells.numeric]
    sign_of_texts = decimal_sign(texts, cells.dialect.delimiter)
    columns: list[Column] = []
    notes = [*notes, *cells.notes]
    for at, (name, column, (full, mark, sign)) in enumerate(
        zip(cells.names, cells.columns, here, strict=True)
    ):
        decimal = "." if at in cells.numeric else sign_of_texts
        made = typed(name, column, full, decimal, missing)
        if (sign or mark) and made.kind != "number":  # the decimal sign of the other columns does not fit
            full, mark, sign = there[at], "", ""
            made = typed(name, column, full, decimal, missing)
        if sign or mark:
            made = replace(made, form=replace(made.form, sign=sign, thousands=mark or made.form.thousands))
            words = made.words()
            row = next((row for row, word in enumerate(words) if word and (mark or sign) in word), None)
            read = "" if row is None else f": {quoted(words[row])} is {plain(float(made.values[row]))}"
            less = sign or ("apostrophes" if mark in "'’" else "spaces")
            notes.append(f"{source}: the numbers in '{name}' were read without their {less}{read}.")
        if made.form.date.startswith("%m/%d"):
            notes.append(f"{source}: the dates in '{name}' were read as month/day/year.")
        if made.kind == "category" and (unit_here := unit_beside(full)):
            notes.append(
                f"{source}: column '{name}' is text, as '{unit_here}' stands behind each of its numbers: write them "
                "without it to count with them."
            )
        stray = stray_cell(full, decimal) if made.kind == "category" else None
        if stray:
            row, word, others = stray
            words = shlex.quote(",".join([*missing.further, word]))
            strange = f"{count(others, 'cell')} that {'is' if others == 1 else 'are'} no number"
            made = Column(
                name,
                "category",
                made.values,
                cells=column,
                stray=f"{strange}, the first {quoted(word)} in {unit} {cells.lines[row]}",
                cure="" if "," in word else f", or say --missing {words}",
                held=made.held,
            )
            notes.append(f"{source}: column '{name}' has {made.stray}: correct or empty them{made.cure}.")
        columns.append(made)
    notes += rounded(columns, source, unit, cells.lines) + outliers(columns, source, unit, cells.lines)
    notes += stand_ins(columns, source, missing)
    dialect = cells.dialect if cells.numeric else replace(cells.dialect, decimal=sign_of_texts)
    return Table(tuple(columns), source, cells.lines, unit, dialect, tuple(notes), missing=missing.further)
