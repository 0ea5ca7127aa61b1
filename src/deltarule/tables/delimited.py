"""Delimited text → columns of texts, each row with the line it stands in."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.sentences import count, first_line
from deltarule.tables.arrow import arrow, text_array
from deltarule.tables.decoding import Text
from deltarule.tables.missing import USUAL, Missing
from deltarule.tables.sniffing import (
    SAMPLE,
    SPACES,
    Dialect,
    find_delimiter,
    has_header,
    lines_of,
    named,
    numbered,
    records,
    spaced,
)

NO_TEXT_TABLES = (
    (re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE), "a web page or XML, not a table"),
    (re.compile(rb"\s*[{\[]\s*[\"{\[]"), "JSON, not a table"),
)
BLOCK = 1 << 24  # bytes that pyarrow parses at once; a record must fit into one block
csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Cells:
    """What a text file or a sheet says before anything is read into it.

    columns: one Arrow string array (N,) a column.
    lines: (N,) the line each row begins in, counted from 1.
    numeric: the columns, from 0, of a sheet that hold numbers and not only texts: no text decides their decimal sign.
    """

    names: list[str]
    columns: list[Any]
    lines: NDArray[np.int64]
    dialect: Dialect
    notes: list[str]
    numeric: frozenset[int] = frozenset()


def read_cells(text: Text, source: str, missing: Missing = USUAL) -> Cells:
    """The cells of a text table; missing: what tells no header and no delimiter.

    Raises TableError where the file is empty, has a header only, rows of different lengths or a quote left open.

    >>> cells = read_cells(Text(b"a,b\\n1,2\\n\\n3,4\\n"), "data.csv")
    >>> cells.names, cells.columns[1].to_pylist(), cells.lines.tolist()
    (['a', 'b'], ['2', '4'], [2, 4])
    """
    for pattern, what in NO_TEXT_TABLES:
        if pattern.match(text.data[:512]):
            raise TableError(f"{source} is {what}: give a CSV, Parquet, Arrow or NPZ file.")
    data = text.data.rstrip(b" \n")
    start = re.match(rb"(?:[ \t]*\n)*", data)
    skipped = start.end() if start else 0
    line = data.count(b"\n", 0, skipped) + 1
    stated = re.match(rb"sep=(.)\n", data[skipped : skipped + 6])  # Excel's hint
    if stated:
        skipped, line = skipped + 6, line + 1
    data = data[skipped:]
    if not data.strip():
        raise TableError(
            f"{source} is empty: give a table with a line of column names and a line for each row."
        )
    # errors="replace" only bears on a character that the cut at 256 kB halves
    sample = lines_of(data[: 1 << 18].decode("utf-8", "replace"))[:SAMPLE]
    delimiter = stated[1].decode() if stated else find_delimiter(sample, missing)
    first = records(sample, delimiter)[:SAMPLE]
    if has_header(first, missing):
        record, length = header(data, delimiter, source, line)
        line += data.count(b"\n", 0, length)
        data = data[length:]
        names, notes = named(record, source, range(1, len(record) + 1))
    else:
        names, notes = numbered(len(first[0]), source, "line")
    if not data.strip(b" \n"):
        raise TableError(f"{source} has column names but no rows: add at least one line of data.")
    if delimiter == SPACES:
        data = re.sub(rb"(?m)^[ \t]+|[ \t]+$", b"", data)
        data, delimiter = re.sub(rb"[ \t]+", b"\t", data), "\t"
    columns, lines = split_cells(data, len(names), delimiter, source, line)
    kept = rows_with_content(columns, len(lines))
    if kept < len(lines):
        notes.append(f"{source}: {count(len(lines) - kept, 'row')} without any content at the end left out.")
        columns, lines = [column.slice(0, kept) for column in columns], lines[:kept]
    if not kept:
        raise TableError(
            f"{source} has column names but no rows with content: add at least one line of data."
        )
    return Cells(names, columns, lines, Dialect(delimiter, ".", text.bom), notes)


def header(data: bytes, delimiter: str, source: str, line: int) -> tuple[list[str], int]:
    """The record of column names, and how many bytes it takes."""
    if delimiter == SPACES:
        text, _, _ = data.partition(b"\n")
        return spaced(text.decode()), len(text) + 1
    lines = lines_of(data[: 1 << 20].decode("utf-8", "replace"))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        record = next(reader)
    except csv.Error as error:
        raise open_quote(source, line) from error
    return record, len("".join(lines[: reader.line_num]).encode())


def split_cells(
    data: bytes, width: int, delimiter: str, source: str, line: int
) -> tuple[list[Any], NDArray[np.int64]]:
    """Each column's cells and each row's line; `line` is that of the first."""
    pa, pacsv = arrow(), arrow("csv")
    quoted = b'"' in data
    names = [str(j) for j in range(width)]
    if quoted and data.count(b'"') % 2:  # a quote left open, or one inside a bare cell
        rows, lines = zip(*checked_records(data, width, delimiter, source, line, strict=True), strict=True)
        columns = [text_array(column) for column in zip(*rows, strict=True)]
        return columns, np.array(lines, dtype=np.int64)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(column_names=names, block_size=max(BLOCK, longest_record(data))),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=quoted, ignore_empty_lines=width > 1
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        for _ in checked_records(data, width, delimiter, source, line):
            pass
        raise TableError(
            f"{source} cannot be split into columns ({first_line(error)}): check its quotes."
        ) from error
    rows = table.num_rows
    if rows == data.count(b"\n") + (not data.endswith(b"\n")):
        lines = np.arange(line, line + rows, dtype=np.int64)
    else:  # empty lines, or cells with line ends
        counted = [at for _, at in checked_records(data, width, delimiter, source, line)]
        lines = np.array(counted, dtype=np.int64)
    if len(lines) != rows:
        raise TableError(
            f"{source}: its quotes can be read in two ways: double each quote inside a quoted cell."
        )
    return table.columns, lines


def longest_record(data: bytes) -> int:
    """An upper bound for a record's length where the file is small enough to be one block, else the block."""
    return len(data) + 1 if len(data) < BLOCK else BLOCK


def checked_records(
    data: bytes, width: int, delimiter: str, source: str, line: int, strict: bool = False
) -> Iterator[tuple[list[str], int]]:
    """Each record with its line, from the reader in Python's library: slower, and it knows where it is."""
    begins = line
    reader = csv.reader(lines_of(data.decode()), delimiter=delimiter, strict=strict)
    try:
        for record in reader:
            if not record and width == 1:
                record = [""]
            if record and len(record) != width:
                raise TableError(
                    f"{source}: line {begins} has {count(len(record), 'value')} where {width} "
                    f"{'is' if width == 1 else 'are'} expected: complete the line, or put quotes around a cell "
                    f"that holds {shown(delimiter)}."
                )
            if record:
                yield record, begins
            begins = line + reader.line_num
    except csv.Error as error:
        raise open_quote(source, begins) from error


def open_quote(source: str, line: int) -> TableError:
    """The sentence for a quoted cell that does not end."""
    return TableError(
        f'{source}: a quote (") opened in line {line} is not closed as it should be: close or double it.'
    )


def rows_with_content(columns: list[Any], rows: int) -> int:
    """How many rows are left when rows of empty cells at the end are dropped, as spreadsheets leave them."""
    while rows and len(columns) > 1 and all(not column[rows - 1].as_py().strip() for column in columns):
        rows -= 1
    return rows


def shown(delimiter: str) -> str:
    """A delimiter's name in a sentence."""
    return {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}.get(delimiter, f"'{delimiter}'")
