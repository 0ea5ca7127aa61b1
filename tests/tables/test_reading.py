"""A table is read alike in whatever form it comes."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from tests.tables import malformed
from tests.tables.workbooks import workbook

from deltarule.errors import TableError
from deltarule.tables import Table, read_table
from deltarule.tables.reading import read_bytes

X = [1.5, -2.25, 1000.0, 0.001]
COLOUR = ["rot", "grün", "blau", "grün"]
PLAIN = "x,colour\n1.5,rot\n-2.25,grün\n1000,blau\n0.001,grün\n"
GERMAN = PLAIN.replace(",", ";").replace(".", ",")
FRAME = {"x": X, "colour": COLOUR}

TEXTS: dict[str, tuple[bytes, str]] = {
    "comma": (PLAIN.encode(), ".csv"),
    "semicolon and decimal comma": (GERMAN.encode(), ".csv"),
    "thousands and decimal comma": (GERMAN.replace("1000", "1.000").encode(), ".csv"),
    "thousands in quotes": (PLAIN.replace("1000", '"1,000"').encode(), ".csv"),
    "apostrophes": (PLAIN.replace("1000", "1'000").encode(), ".csv"),
    "spaces between thousands": (GERMAN.replace("1000", "1\u202f000").encode(), ".csv"),
    "tab": (PLAIN.replace(",", "\t").encode(), ".tsv"),
    "tab and decimal comma": (PLAIN.replace(",", "\t").replace(".", ",").encode(), ".txt"),
    "bar": (PLAIN.replace(",", "|").encode(), ".txt"),
    "Excel's hint": (b"sep=;\n" + GERMAN.encode(), ".csv"),
    "all in quotes": ("\n".join('"' + r.replace(",", '","') + '"' for r in PLAIN.split()).encode(), ".csv"),
    "BOM": (PLAIN.encode("utf-8-sig"), ".csv"),
    "UTF-16 with BOM": (PLAIN.encode("utf-16"), ".csv"),
    "UTF-16 big-endian with BOM": (b"\xfe\xff" + PLAIN.encode("utf-16-be"), ".csv"),
    "UTF-16 without BOM": (PLAIN.encode("utf-16-le"), ".csv"),
    "UTF-32": (PLAIN.encode("utf-32"), ".csv"),
    "Windows-1252": (PLAIN.encode("cp1252"), ".csv"),
    "Windows line ends": (PLAIN.replace("\n", "\r\n").encode(), ".csv"),
    "old Mac line ends": (PLAIN.replace("\n", "\r").encode(), ".csv"),
    "no line end at the end": (PLAIN.rstrip().encode(), ".csv"),
    "empty lines": (PLAIN.replace("\n", "\n\n").encode(), ".csv"),
    "spaces around cells": (PLAIN.replace(",", " , ").encode(), ".csv"),
    "empty rows of a spreadsheet": (PLAIN.encode() + b",\n,\n", ".csv"),
    "gzip": (gzip.compress(PLAIN.encode()), ".csv.gz"),
    "gzip under another name": (gzip.compress(PLAIN.encode()), ".csv"),
}


@pytest.mark.parametrize("content, suffix", TEXTS.values(), ids=TEXTS)
def test_text_is_read_alike_however_it_is_written(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content)
    assert_same(read_table(path))


def parquet(path: Path) -> None:
    pyarrow.parquet.write_table(pa.table(FRAME), path)


def feather(path: Path) -> None:
    pyarrow.feather.write_feather(pa.table(FRAME), path)


def stream(path: Path) -> None:
    table = pa.table(FRAME)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def npz(path: Path) -> None:
    np.savez(path, x=np.array(X), colour=np.array(COLOUR))


@pytest.mark.parametrize(
    "write, suffix",
    [(parquet, ".parquet"), (feather, ".feather"), (feather, ".arrow"), (stream, ".arrows"), (npz, ".npz")],
    ids=["Parquet", "Feather", "Arrow file", "Arrow stream", "NPZ"],
)
def test_binary_files_are_read_as_text_is(write: Callable[[Path], None], suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    write(path)
    assert_same(read_table(path))


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        pd.DataFrame(FRAME),
        pd.DataFrame(FRAME, index=list("abcd")),
        pd.DataFrame({"x": X, "colour": pd.Categorical(COLOUR)}),
        pd.DataFrame({"x": pd.array(X, dtype="Float64"), "colour": pd.array(COLOUR, dtype="string")}),
        pl.DataFrame(FRAME),
        pl.DataFrame(FRAME, schema_overrides={"colour": pl.Categorical, "x": pl.Float64}),
        pa.table(FRAME),
        {"x": pd.Series(X), "colour": pl.Series(COLOUR)},
        {"x": np.array(X), "colour": np.array(COLOUR, dtype=object)},
    ],
    ids=lambda frame: type(frame).__module__.split(".")[0],
)
def test_frames_are_read_as_text_is(frame: object) -> None:
    assert_same(read_table(frame))


def assert_same(table: Table) -> None:
    assert table.names == ("x", "colour")
    assert [column.kind for column in table.columns] == ["number", "category"]
    assert table["x"].values.tolist() == X
    assert table["colour"].values.tolist() == COLOUR
    assert table.fingerprint == read_table(FRAME).fingerprint


def test_the_standard_input_is_read_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PLAIN.encode())))
    assert_same(read_table("-"))


@pytest.mark.parametrize(
    "cells, kind, values",
    [
        (["1", "2.5", "NA"], "number", [1.0, 2.5, None]),
        (["+1", "-2e3", ".5"], "number", [1.0, -2000.0, 0.5]),
        (["1", "nan", "#N/A"], "number", [1.0, None, None]),
        (["−1", "2", "3"], "number", [-1.0, 2.0, 3.0]),
        (["4.6%", "-12 %", "n/a"], "number", [4.6, -12.0, None]),
        (["$1,234", "-$5", "$0.50"], "number", [1234.0, -5.0, 0.5]),
        (["€ 3,50", "€\u00a01.000", "-€2"], "number", [3.5, 1000.0, -2.0]),
        (["12\u202f£", "¥3", ""], "category", ["12\u202f£", "¥3", None]),
        (["5%", "6", "7%"], "category", ["5%", "6", "7%"]),
        (["", " ", "?"], "number", [None, None, None]),
        (["007", "008", "009"], "number", [7.0, 8.0, 9.0]),
        (["yes", "No", "NULL"], "boolean", [1.0, 0.0, None]),
        (["TRUE", "FALSE", "TRUE"], "boolean", [1.0, 0.0, 1.0]),
        (["ja", "nein", "-"], "boolean", [1.0, 0.0, None]),
        (["t", "f", "maybe"], "category", ["t", "f", "maybe"]),
        (["red", "none", "Blue"], "category", ["red", None, "Blue"]),
        (["0x10", "1_000", "1e"], "category", ["0x10", "1_000", "1e"]),
        (["2024-01-31", "NaT", "2024-02-29"], "date", ["2024-01-31", None, "2024-02-29"]),
        (["2024-01-31 12:30", "2024-02-01 00:00", ""], "date", ["2024-01-31T12:30", "2024-02-01", None]),
        (["2024-01-31T12:30:15Z"] * 3, "date", ["2024-01-31T12:30:15"] * 3),
        (["31.1.2024", "1.02.2024", "28.02.2024"], "date", ["2024-01-31", "2024-02-01", "2024-02-28"]),
        (["1/31/2024", "2/1/2024", ""], "date", ["2024-01-31", "2024-02-01", None]),
        (["31/1/2024", "1/2/2024", ""], "date", ["2024-01-31", "2024-02-01", None]),
        (["31.02.2024", "1.02.2024", "28.02.2024"], "category", ["31.02.2024", "1.02.2024", "28.02.2024"]),
    ],
    ids=lambda case: "|".join(map(str, case)) if isinstance(case, list) else case,
)
def test_a_column_s_kind_is_told_from_its_cells(
    cells: list[str], kind: str, values: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    text = "\n".join(["cell\tother", *(f"{cell}\tz" for cell in cells)]) + "\n"
    path.write_text(text, encoding="utf-8")
    column = read_table(path)["cell"]
    assert column.kind == kind
    wanted: Any = np.array(values, "datetime64[s]") if kind == "date" else values
    cells_read: Any = column.values
    for found, value, missing in zip(cells_read, wanted, column.missing, strict=True):
        if missing:
            assert value is None or np.isnat(value)
        else:
            assert found == value


@pytest.mark.parametrize(
    "frame, name, kind",
    [
        ({"c": [True, False]}, "c", "boolean"),
        ({"c": [True, None]}, "c", "boolean"),
        ({"c": [1, None]}, "c", "number"),
        ({"c": [1, 2.5]}, "c", "number"),
        ({"c": ["a", 1]}, "c", "category"),
        ({"c": np.array(["2024-01-01"], dtype="datetime64[D]")}, "c", "date"),
        (pd.DataFrame({"c": pd.to_datetime(["2024-01-01", None])}), "c", "date"),
        (pd.DataFrame({"c": pd.to_datetime(["2024-01-01"]).tz_localize("Europe/Berlin")}), "c", "date"),
        (pd.DataFrame({"c": [pd.NA, 1]}), "c", "number"),
        (pd.DataFrame({"c": ["a", 1]}), "c", "category"),
        (pl.DataFrame({"c": [None, None]}), "c", "number"),
        (pl.DataFrame({"c": [1, None]}, schema={"c": pl.UInt8}), "c", "number"),
        (pa.table({"c": pa.array([1, 2], pa.decimal128(5, 2))}), "c", "number"),
        (pd.DataFrame({0: [1.0, 2.0]}), "0", "number"),
    ],
)
def test_values_in_memory_have_the_kind_of_their_type(frame: object, name: str, kind: str) -> None:
    assert read_table(frame)[name].kind == kind


@pytest.mark.parametrize(
    "frame, reason",
    [
        ({"c": [1j, 2j]}, "complex"),
        ({"c": [b"a", b"b"]}, "bytes"),
        (pa.table({"c": [[1], [2, 3]]}), "list<"),
        ({"c": np.array([{}, {}], dtype=object)}, "Python objects of type dict"),
    ],
)
def test_a_column_of_no_kind_is_kept_and_says_why(frame: object, reason: str) -> None:
    assert reason in read_table(frame)["c"].unusable


@pytest.mark.parametrize(
    "frame, part",
    [
        ({}, "no columns"),
        ({"a": []}, "no rows"),
        ({"a": [1], "b": [1, 2]}, "different lengths (a 1 and b 2)"),
        ({"a": [[1], [1, 2]]}, "rows of different lengths"),
        ({"a": 3}, "single value"),
        (pd.DataFrame({"a": [], "b": []}), "no rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "the frame"),
        (pa.table([[1], [2]], names=["a", "a"]), "columns 1 and 2 are both named 'a'"),
        (42, "not from int"),
    ],
)
def test_what_is_no_table_is_refused(frame: object, part: str) -> None:
    with pytest.raises(TableError) as refused:
        read_table(frame)
    assert part in str(refused.value)


@pytest.mark.parametrize(
    "text, names",
    [
        ("1,2\n3,4\n", ("x1", "x2")),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n", ("x1", "x2", "x3")),
        ("5.1 3.5  1\n4.9 3.0  0\n", ("x1", "x2", "x3")),
        ("1\n2\n", ("x1",)),
    ],
)
def test_a_file_without_header_names_its_columns_and_says_so(
    text: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    table = read_table(path)
    assert table.names == names
    assert table.rows == len(text.splitlines())
    assert table.lines[0] == 1
    assert any("no line of column names" in note and "x1" in note for note in table.notes)


@pytest.mark.parametrize(
    "text, note",
    [
        ("id,y\n9007199254740993,1\n2,3\n", "'id' holds whole numbers beyond 2^53 (first in line 2)"),
        ("a,y\n1,2\n3,4\n5,6\n7,8\nx,9\n", "1 cell that is no number, the first 'x' in line 6"),
        ("a,y\n12,1\n1'500,2\n", "'a' were read without their apostrophes: '1'500' is 1500."),
        ("a,y\n?,1\n4.60%,2\n5%,3\n", "'a' were read without their %: '4.60%' is 4.6."),
        ("a,,y\n1,2,3\n", "column 2 has no name, it is called 'column_2'"),
        ("a,y\n1/2/2024,1\n2/3/2024,2\n", "'a' were read as month/day/year"),
        ("a,y\n1,2\n,\n", "1 row without any content"),
    ],
)
def test_what_reading_decided_is_said(text: str, note: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert note in " ".join(read_table(path).notes)


def test_windows_1252_is_said_with_the_line_that_showed_it(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(PLAIN.encode("cp1252"))
    assert any("line 3" in note and "Windows-1252" in note for note in read_table(path).notes)


@pytest.mark.parametrize("quoted", [True, False])
def test_each_row_knows_its_line(quoted: bool, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    cell = '"two\nlines"' if quoted else "one"
    path.write_text(f"\nname,y\n{cell},1\n\n{cell},2\nz,3\n")
    assert read_table(path).lines.tolist() == ([3, 6, 8] if quoted else [3, 5, 6])


def test_a_lone_quote_inside_a_cell_is_a_character(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('size,y\n5" pipe,1\nflat,2\n')
    assert read_table(path)["size"].values.tolist() == ['5" pipe', "flat"]


def test_a_single_column_keeps_its_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("x\n1\n\n3\n")
    table = read_table(path)
    assert table["x"].missing.tolist() == [False, True, False]
    assert table.lines.tolist() == [2, 3, 4]


def test_an_array_of_two_axes_is_a_column_for_each_of_its_own(tmp_path: Path) -> None:
    np.savez(tmp_path / "table.npz", X=np.arange(6.0).reshape(2, 3), y=np.array([0, 1]))
    table = read_table(tmp_path / "table.npz")
    assert table.names == ("X1", "X2", "X3", "y")
    assert table["X2"].values.tolist() == [1.0, 4.0]


def test_a_wrong_name_is_answered_with_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / "houses.csv").write_text(PLAIN)
    with pytest.raises(TableError, match=r"did you mean '.*houses\.csv'"):
        read_table(tmp_path / "house.csv")


def test_a_folder_is_not_suggested_where_a_file_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "houses").mkdir()
    with pytest.raises(TableError, match="check its name and folder"):
        read_table(tmp_path / "house")


def test_reading_text_leaves_pandas_alone(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(PLAIN + "NA,rot\n")
    code = f"""
import sys
from deltarule.tables import read_table
read_table({str(path)!r}).take([0])
assert 'pandas' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_number_that_begins_with_zero_has_no_thousands(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"0,794",1\n"-0,131",2\n"1,288",3\n')
    assert read_table(path)["a"].values.tolist() == [0.794, -0.131, 1.288]
    path.write_text("a;b\n1.288;7,89\n0.500;5,1\n")
    assert read_table(path)["a"].values.tolist() == [1.288, 0.5]


def test_a_unit_behind_every_number_is_told_and_nothing_else_is_taken_for_one(tmp_path: Path) -> None:
    rows = [f"{50 + n}.5 kg,{n}a,{n}{'ab'[n % 2]},red,{n}" for n in range(1, 30)]
    (tmp_path / "t.csv").write_text("\n".join(["weight,house,code,colour,n", *rows]) + "\n")
    notes = read_table(tmp_path / "t.csv").notes
    told = [note for note in notes if "stands behind each of its numbers" in note]
    assert len(told) == 2 and "'weight' is text, as 'kg'" in told[0] and "'house' is text, as 'a'" in told[1]


PACKED = {
    "t.csv.gz": gzip.compress(b"x,y\n" + b"1,2\n" * 30000),
    "t.npz": malformed.packed_npz(np.zeros(30000)),
    "t.parquet": malformed.parquet(pa.table({"x": np.zeros(30000)})),
    "t.xlsx": workbook({"Data": [["x", "y"], *[[1, 2]] * 1000]}),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_file_that_unpacks_to_too_much_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_bytes(PACKED[name], name).rows >= 1000
    monkeypatch.setattr("deltarule.tables.decoding.UNPACKED", 30000)
    monkeypatch.setattr("deltarule.tables.decoding.TIMES", 1)
    with pytest.raises(TableError, match=f"{name} unpacks to more than .* GB"):
        read_bytes(PACKED[name], name)
    monkeypatch.setattr("deltarule.tables.decoding.TIMES", 10**6)
    assert read_bytes(PACKED[name], name).rows >= 1000


def test_gzip_is_not_unpacked_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deltarule.tables.decoding.UNPACKED", 1 << 20)
    data = gzip.compress(bytes(1 << 26))
    tracemalloc.start()
    with pytest.raises(TableError, match="unpacks to more than"):
        read_bytes(data, "t.csv.gz")
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c"])
def test_only_a_line_end_ends_a_line(end: str) -> None:
    text = f"na{end}me,b\n" + "".join(f"te{end}xt {n % 3},{n}\n" for n in range(9))
    table = read_bytes(text.encode(), "t.csv")
    assert table.names == ("na me", "b") and table.rows == 9
    assert table["na me"].words()[0] == f"te{end}xt 0"


def test_a_name_with_a_space_that_does_not_break_is_one_name() -> None:
    table = read_bytes("no\u00a0break b\n1 2\n3 4\n".encode(), "t.txt")
    assert table.names == ("no break", "b") and table["b"].values.tolist() == [2, 4]


def test_a_cell_of_two_lines_keeps_its_line_end_beside_an_odd_quote() -> None:
    table = read_bytes(b'a,b\n"two\nlines",5"\n"two\nlines",6\n', "t.csv")
    assert table["a"].words().tolist() == ["two\nlines"] * 2
