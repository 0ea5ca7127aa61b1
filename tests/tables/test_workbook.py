"""A sheet of a workbook is the table that its CSV file would be."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from tests.tables.workbooks import edited, workbook

from deltarule.errors import MissingPart, TableError
from deltarule.tables import Table, read_table
from deltarule.tables.reading import read_beside, read_bytes
from deltarule.tables.workbook import UNCOMPUTED, text_of

SHEET = "xl/worksheets/sheet1.xml"
HEADER = ["x", "y"]
CASES: dict[str, list[list[Any]]] = {
    "numbers": [HEADER, [1, 0.1], [-2.5, 1e300], [3.0, 1e19], [1.234, 5.678]],
    "dates": [["day", "y"], [datetime(2024, 5, 1), 1], [datetime(1999, 12, 31, 23, 59, 59), 2], [None, 3]],
    "booleans": [HEADER, [True, 1], [False, 2], [None, 3]],
    "texts": [HEADER, ["größe, 5", 1], ['say "so"', 2], ["two\nlines", 3], ["1,234", 4]],
    "numbers as texts": [HEADER, ["1,5", "a"], ["2,25", "b"]],
    "texts among numbers": [HEADER, [1.234, "a"], ["n/k", "b"], *[[n, "c"] for n in range(9)]],
    "missing": [HEADER, [None, "NA"], [1, None], [None, None], ["-", 4]],
    "no header": [[1, 2], [3, 4], [5, 6]],
    "a name missing": [["x", None, "z"], [1, 2, 3], [4, 5, 6]],
    "times": [HEADER, [time(12, 30), 1], [time(6), 2]],
    "one column": [["y"], [1], [2]],
}


def as_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([["" if cell is None else text_of(cell) for cell in row] for row in rows])
    return file.getvalue().encode()


def told(table: Table) -> list[str]:
    """Its notes, a sheet's rows called lines."""
    lines = (note.replace("sheet row", "line").replace(" row ", " line ") for note in table.notes)
    return [note.replace("t.xlsx", "t.csv") for note in lines]


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES)
def test_a_sheet_has_the_columns_of_its_csv_file(rows: list[list[Any]]) -> None:
    sheet = read_bytes(workbook({"Data": rows}), "t.xlsx")
    text = read_bytes(as_csv(rows), "t.csv")
    assert sheet.names == text.names and sheet.rows == text.rows
    for ours, theirs in zip(sheet.columns, text.columns, strict=True):
        assert (ours.kind, ours.labels, ours.form) == (theirs.kind, theirs.labels, theirs.form)
        assert ours.words().tolist() == theirs.words().tolist()
    assert sheet.fingerprint == text.fingerprint
    assert told(sheet) == told(text)


def test_a_point_in_a_number_is_no_mark_between_thousands_whatever_texts_there_are() -> None:
    rows = [["a", "b", "c"], ["1,5", 1.234, "2,5"], ["2,25", 5.678, 3.125]]
    table = read_bytes(workbook({"Data": rows}), "t.xlsx")
    assert table["a"].values.tolist() == [1.5, 2.25]
    assert table["b"].values.tolist() == [1.234, 5.678]
    assert table["c"].kind == "category"  # a text among numbers is one, wherever it has its comma


def test_a_table_may_begin_anywhere() -> None:
    rows = [[], [], [None, None, "x", None, "y"], [None, None, 1, None, 2], [None, None, 3, None, 5]]
    table = read_bytes(workbook({"Data": rows}), "t.xlsx")
    assert table.names == ("x", "y") and table["y"].values.tolist() == [2, 5]
    assert table.place(1) == "sheet row 5 of t.xlsx" and table.notes == ()


def test_blank_rows_are_left_out_at_the_end_only() -> None:
    rows = [HEADER, [1, 2], [None, None], [3, 4], [None, "  "], [None, None]]
    table = read_bytes(workbook({"Data": rows}), "t.xlsx")
    assert table["y"].words().tolist() == ["2", None, "4"] and table.notes == ()


def test_a_span_of_time_and_a_moment_not_quite_whole_are_told_to_the_second() -> None:
    assert text_of(timedelta(days=1, hours=2, seconds=5)) == "26:00:05"
    assert text_of(datetime(2024, 5, 1, 23, 59, 59, 999_999)) == "2024-05-02"


def test_a_formula_is_its_saved_value_and_nothing_is_computed() -> None:
    plain = workbook({"Data": [HEADER, [1, 3], [2, 4]]})
    saved = edited(
        plain, SHEET, lambda xml: xml.replace(b"<v>4</v>", b'<f>WEBSERVICE("http://x")+B2</f><v>4</v>')
    )
    table = read_bytes(saved, "t.xlsx")
    assert table["y"].values.tolist() == [3, 4] and table.notes == ()
    empty = edited(
        plain,
        SHEET,
        lambda xml: xml.replace(
            b'<c r="B3" t="n"><v>4</v>', b'<c r="B3" t="str"><f>IF(A3=2,"",1)</f><v></v>'
        ),
    )
    assert read_bytes(empty, "t.xlsx").notes == ()


def test_formulas_that_were_never_computed_are_told_of() -> None:
    data = workbook({"Data": [["x", "y"], [1, "=A2*2"], [2, "=A3*2"], [3, 6]]})
    (note,) = read_bytes(data, "t.xlsx").notes
    assert note.startswith(
        "t.xlsx: cell B2 holds the first of 2 formulas without a value, which counts as missing"
    )
    assert read_bytes(data, "t.xlsx")["y"].missing.tolist() == [True, True, False]


def test_a_cell_in_error_counts_as_missing_and_is_told_of() -> None:
    rows = [["load", "y"], [1, 2], ["#DIV/0!", 3], [4, "#N/A"]]
    table = read_bytes(workbook({"Data": rows}), "t.xlsx")
    assert table["load"].missing.tolist() == [False, True, False]
    assert table.notes == (
        "t.xlsx: cell A3, of 'load', holds the error #DIV/0!, as does 1 other: it counts as missing.",
    )


def test_the_first_sheet_that_is_shown_is_read_or_the_one_that_is_named() -> None:
    sheets = {"Notes": [["a"], [1]], "Data": [HEADER, [1, 2]], "Other": [HEADER, [3, 4]]}
    data = workbook(sheets, hidden=["Notes"])
    table = read_bytes(data, "t.xlsx")
    assert table["y"].values.tolist() == [2]
    assert table.notes == ("t.xlsx: sheet 'Data' was read, of Notes, Data and Other; --sheet takes another.",)
    for name in ("Other", "other"):
        assert read_bytes(data, "t.xlsx", name)["y"].values.tolist() == [4]
    assert read_bytes(data, "t.xlsx", "Other").notes == ()
    with pytest.raises(
        TableError, match="t.xlsx has no sheet 'Oter': did you mean 'Other'\\? It has Notes, Data and Other"
    ):
        read_bytes(data, "t.xlsx", "Oter")


def test_only_a_workbook_has_sheets(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,2\n")
    with pytest.raises(
        TableError, match="is no .xlsx workbook, and only that has sheets: leave out sheet='Data'"
    ):
        read_table(path, "Data")
    with pytest.raises(TableError, match="a dict is no .xlsx workbook"):
        read_table({"x": [1]}, "Data")
    assert read_beside(str(path), "Data", ()).rows == 1


def test_a_workbook_is_known_by_its_bytes() -> None:
    assert read_bytes(workbook({"Data": [HEADER, [1, 2]]}), "the standard input").names == ("x", "y")


def damaged(at: float) -> bytes:
    data = workbook({"Data": [HEADER, *[[n, n * n] for n in range(200)]]})
    cut = int(at * len(data))
    return data[:cut] + bytes(40) + data[cut + 40 :]


BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 40) for i in range(8))
    + b"]>"
)
GOOD = workbook({"Data": [HEADER, ["b", 2], ["c", 4]]})
REFUSED: dict[str, tuple[bytes, str]] = {
    "cut short": (GOOD[:2000], "no spreadsheet that can be read"),
    "a part missing": (
        edited(GOOD, "xl/workbook.xml", lambda _: b"<nothing/>"),
        "no sheet with cells|can be read",
    ),
    "broken XML": (edited(GOOD, SHEET, lambda xml: xml[:-50]), "no spreadsheet that can be read"),
    "numbers that are none": (
        edited(GOOD, SHEET, lambda xml: xml.replace(b"<v>4</v>", b"<v>four</v>")),
        "no spreadsheet that can be read",
    ),
    "rows without end": (
        edited(GOOD, SHEET, lambda xml: xml.replace(b'<row r="3"', b'<row r="99999999999"')),
        "below row 1,048,576",
    ),
    "entities without end": (
        edited(GOOD, SHEET, lambda xml: BOMB + xml.replace(b"<v>4</v>", b"<v>&i;</v>")),
        "no spreadsheet that can be read",
    ),
    "password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(50),
        "protected by a password: save it without one",
    ),
    "empty sheet": (workbook({"Data": []}), "sheet 'Data' of t.xlsx is empty"),
    "blank cells only": (workbook({"Data": [["", " "], [None, ""]]}), "sheet 'Data' of t.xlsx is empty"),
    "header only": (workbook({"Data": [HEADER]}), "sheet 'Data' of t.xlsx has column names but no rows"),
    "a name twice": (workbook({"Data": [["x", "x"], [1, 2]]}), "columns 1 and 2 are both named 'x'"),
}


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(TableError, match=said) as refused:
        read_bytes(data, "t.xlsx")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("at", [0.05, 0.2, 0.4, 0.6, 0.8, 0.95])
def test_a_damaged_workbook_is_refused_or_read(at: float) -> None:
    try:
        read_bytes(damaged(at), "t.xlsx")
    except TableError as refused:
        assert "\n" not in str(refused)


SLOW = [
    b"<c " * 60_000,
    b"<c " + b'r="A1" ' * 60_000,
    b'<c r="A1"><f></f>' + b" " * 60_000,
    b'<c r="A1"><f ' + b"/" * 60_000,
    b'<c r="A1"><f>' * 60_000,
]


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_what_stands_in_a_comment_of_a_sheet_is_passed_over_in_no_time(text: bytes) -> None:
    begun = perf_counter()
    assert not UNCOMPUTED.search(b"<!-- " + text + b" -->")
    assert perf_counter() - begun < 2.0


def test_without_openpyxl_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingPart, match=r"pip install 'deltarule\[excel\]'`, or save the sheet as CSV"):
        read_bytes(GOOD, "t.xlsx")


def test_other_tables_are_read_without_openpyxl() -> None:
    program = (
        "import sys; from deltarule.tables.reading import read_bytes; read_bytes(b'x,y\\n1,2\\n', 't.csv'); "
        "sys.exit('openpyxl' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
