"""A sheet of an Excel workbook (.xlsx) → the texts that a CSV file of the same table would hold.

Nothing in the file is computed or followed: a formula gives the value that was saved with it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from deltarule.errors import MissingPart, TableError
from deltarule.sentences import count, first_line, listed, plain
from deltarule.tables.arrow import text_array
from deltarule.tables.decoding import refuse_too_much
from deltarule.tables.delimited import Cells
from deltarule.tables.missing import USUAL, Missing
from deltarule.tables.sniffing import SAMPLE, Dialect, has_header, named, numbered

SUFFIXES = (".xlsx", ".xlsm")
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
PROTECTED = "EncryptedPackage".encode("utf-16-le")  # what an OLE file calls a workbook behind a password
ROWS = 1 << 20  # that a sheet can have
ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
# a formula without a value; one whose value is the empty text says t="str". Nothing is tried twice: in time linear in
# the sheet, whatever it holds
UNCOMPUTED = re.compile(
    rb'<c\b(?![^<>]*\bt="str")(?>[^<>]*?\br="(\w+)")[^<>]*+>\s*+<f\b[^<>]*+(?:(?<=/)>|>[^<]*+</f>)'
    rb"\s*+(?:<v\s*+/>|<v>\s*+</v>)?+\s*+</c>"
)


def is_workbook(path: str) -> bool:
    """Whether a file is called as workbooks are."""
    return Path(path).suffix.lower() in SUFFIXES


def holds_workbook(data: bytes) -> bool:
    """Whether a file's bytes are those of a workbook, whatever it is called."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except BadZipFile:
        return False


def refuse_protected(data: bytes, source: str) -> None:
    """A workbook behind a password is not asked for it."""
    if data.startswith(OLE) and PROTECTED in data:
        raise TableError(
            f"{source} is protected by a password: save it without one (File, Info, Protect Workbook), or as CSV."
        )


def read_sheet(data: bytes, source: str, sheet: str | None = None, missing: Missing = USUAL) -> Cells:
    """The cells of a workbook's sheet, the first that is shown where none is named.

    Raises TableError where the file is damaged, has no such sheet, or one without rows; MissingPart without openpyxl.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's, of styles and extensions that no cell needs
            return _read(data, source, sheet, missing)
    except (TableError, MissingPart, MemoryError):
        raise
    except Exception as error:  # there is no end to what openpyxl stumbles over in a damaged file
        raise TableError(
            f"{source} is no spreadsheet that can be read ({first_line(error)}): save it again as .xlsx, or as CSV."
        ) from error


def sheets(path: Path) -> tuple[str, ...]:
    """The names of a workbook's sheets that are shown, the first of them read where none is named; () where damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = _openpyxl().load_workbook(path, read_only=True, keep_links=False)
            try:
                return tuple(str(page.title) for page in _shown(book.worksheets))
            finally:
                book.close()
    except Exception:  # `read_sheet` says what is wrong
        return ()


@dataclass
class Grid:
    """What a sheet holds: the texts of each column that has any, as far down as it has.

    first: the row of the first text, counted from 0 as all here; rows: how many there are to the last text.
    numeric: columns in which numbers stand as numbers.  errors: row, column and text of the cells in error.
    """

    columns: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    first: int = -1
    rows: int = 0
    numeric: set[int] = field(default_factory=set[int])
    errors: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])

    def put(self, row: int, at: int, value: Any, text: str) -> None:
        """Takes one more cell, below or right of those before."""
        self.first, self.rows = self.first if self.rows else row, row + 1
        column = self.columns.setdefault(at, [])
        column += [""] * (row - len(column)) + [text]
        if row > self.first and isinstance(value, (int, float)) and not isinstance(value, bool):
            self.numeric.add(at)
        if text in ERRORS:
            self.errors.append((row, at, text))

    def column(self, at: int) -> list[str]:
        """The texts of a column in all rows from the first on."""
        column = self.columns[at]
        return column[self.first :] + [""] * (self.rows - max(len(column), self.first))


def _read(data: bytes, source: str, sheet: str | None, missing: Missing) -> Cells:
    with ZipFile(BytesIO(data)) as archive:
        refuse_too_much(sum(part.file_size for part in archive.infolist()), len(data), source)
        book = _openpyxl().load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            page, notes = _chosen(book.worksheets, source, sheet)
            page.reset_dimensions()  # some programs write wrong ones
            grid = _grid(page.iter_rows(values_only=True), source)
            part = str(getattr(page, "_worksheet_path", ""))  # the one way to the sheet's own XML
        finally:
            book.close()
        uncomputed = UNCOMPUTED.findall(archive.read(part)) if part in archive.namelist() else []
    if not grid.rows:
        raise TableError(
            f"sheet '{page.title}' of {source} is empty: give a table with a row of column names and a row for each "
            "sample, or another sheet."
        )
    if uncomputed:
        holds = "a formula" if len(uncomputed) == 1 else f"the first of {len(uncomputed)} formulas"
        notes.append(
            f"{source}: cell {uncomputed[0].decode()} holds {holds} without a value, which counts as missing: save the "
            "file in a spreadsheet program, which computes it."
        )
    return _cells(grid, source, str(page.title), notes, missing)


def _openpyxl(part: str = "") -> Any:
    try:
        return import_module(f"openpyxl{part}")
    except ImportError as error:
        raise MissingPart(
            "reading .xlsx needs openpyxl: `pip install 'deltarule[excel]'`, or save the sheet as CSV."
        ) from error


def _chosen(pages: Sequence[Any], source: str, sheet: str | None) -> tuple[Any, list[str]]:
    """The sheet of that name, or the first that is not hidden, with a note where there are others."""
    names = [str(page.title) for page in pages]
    if sheet is not None:
        for alike in (lambda name: name == sheet, lambda name: name.lower() == sheet.lower()):
            for page, name in zip(pages, names, strict=True):
                if alike(name):
                    return page, []
        near = get_close_matches(sheet, names, n=1)
        hint = f"did you mean '{near[0]}'? It" if near else "it"
        raise TableError(f"{source} has no sheet '{sheet}': {hint} has {listed(names)}.")
    if not pages:
        raise TableError(f"{source} has no sheet with cells: give a workbook with a table, or CSV.")
    page = _shown(pages)[0]
    if len(pages) == 1:
        return page, []
    return page, [f"{source}: sheet '{page.title}' was read, of {listed(names)}; --sheet takes another."]


def _shown(pages: Sequence[Any]) -> Sequence[Any]:
    return [page for page in pages if page.sheet_state == "visible"] or pages


def _grid(rows: Iterable[Sequence[Any]], source: str) -> Grid:
    grid = Grid()
    for row, values in enumerate(rows):
        if row >= ROWS:
            raise TableError(
                f"{source} has cells below row {ROWS:,}, where a sheet ends: save the table as CSV."
            )
        for at, value in enumerate(values):
            if value is not None and (text := text_of(value)).strip():
                grid.put(row, at, value, text)
    return grid


def text_of(value: Any) -> str:
    """A cell's value as a CSV file has it: numbers with a point, dates as in ISO 8601, TRUE and FALSE.

    >>> [text_of(value) for value in (3.0, 0.1, True, datetime(2024, 5, 1), datetime(2024, 5, 1, 12, 30), "a b")]
    ['3', '0.1', 'TRUE', '2024-05-01', '2024-05-01 12:30:00', 'a b']
    """
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return plain(value)
        case datetime():
            # to whole seconds: a day's fraction is not exact
            moment = value + timedelta(microseconds=500_000)
            return moment.replace(microsecond=0).isoformat(" ").removesuffix(" 00:00:00")
        case time():
            return value.isoformat("seconds")
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(value)


def _cells(grid: Grid, source: str, title: str, notes: list[str], missing: Missing) -> Cells:
    places = sorted(grid.columns)
    columns = [grid.column(at) for at in places]
    records = [list(record) for record in zip(*(column[:SAMPLE] for column in columns), strict=True)]
    header = has_header(records, missing)
    if header:
        names, told = named(records[0], source, [at + 1 for at in places])
    else:
        names, told = numbered(len(columns), source, "row")
    below = grid.first + header
    if below == grid.rows:
        raise TableError(
            f"sheet '{title}' of {source} has column names but no rows: add at least one row of data."
        )
    errors = [found for found in grid.errors if found[0] >= below]
    if errors:
        row, at, text = errors[0]
        more = len(errors) - 1
        others = f", as {'does' if more == 1 else 'do'} {count(more, 'other')}" if more else ""
        told.append(
            f"{source}: cell {_openpyxl('.utils').get_column_letter(at + 1)}{row + 1}, of "
            f"'{names[places.index(at)]}', holds the error {text}{others}: it counts as missing."
        )
    return Cells(
        names,
        [text_array(column[header:]) for column in columns],
        np.arange(below, grid.rows, dtype=np.int64) + 1,
        Dialect(),
        [*notes, *told],
        frozenset(number for number, at in enumerate(places) if at in grid.numeric),
    )
