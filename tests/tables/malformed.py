"""Tables that cannot be trained on, each with what the one sentence about it must contain.

`CASES` is shared: here the sentence comes from reading, splitting and encoding with target y; the command line's tests
run each case through `deltarule train FILE --target y`.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from tests.tables.workbooks import workbook


class Malformed(NamedTuple):
    """name: what is wrong. content: the file's bytes; None where there is no file. says: parts of the sentence."""

    name: str
    content: bytes | None
    suffix: str
    says: tuple[str, ...]


TARGET = "y"
FOLDER = "/"  # the suffix of a case that is a folder


def place(case: Malformed, folder: Path) -> Path:
    """Writes the case into `folder`; the path to hand to whatever reads it."""
    if case.suffix == FOLDER:
        path = folder / "table"
        path.mkdir()
        return path
    path = folder / f"table{case.suffix}"
    if case.content is not None:
        path.write_bytes(case.content)
    return path


def csv(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def with_target(*y: str) -> bytes:
    """A good table but for these targets, the first in line 2."""
    return csv("x,y", *(f"{n * n % 7 + n},{value}" for n, value in enumerate(y)))


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
    return file.getvalue()


def packed_npz(x: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, x=x)
    return file.getvalue()


def damaged_npz(mark: bytes, at: int, *instead: int) -> bytes:
    """A packed archive of one array with these bytes in place of its own, so far behind a mark."""
    data = bytearray(packed_npz(np.arange(300.0)))
    at += data.index(mark)
    data[at : at + len(instead)] = bytes(instead)
    return bytes(data)


def parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()


def feather(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pyarrow.feather.write_feather(table, file)
    return file.getvalue()


GOOD = csv("x,y", *(f"{n},{n * n}" for n in range(12)))
FRAME = pa.table({"x": [1.0, 2.0, 4.0], "y": [1.0, 4.0, 16.0]})
NUMBERS = [str(n * n) for n in range(10)]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROTECTED = bytes(500) + "EncryptedPackage".encode("utf-16-le")
np.save(SINGLE := io.BytesIO(), np.arange(9.0))
TEXTS = npz(x=np.array([[1], "a"], dtype=object), y=np.arange(2))

CASES = [
    # no file, no table
    Malformed("no such file", None, ".csv", ("there is no file", "table.csv")),
    Malformed("a folder", None, FOLDER, ("is a folder",)),
    Malformed("empty", b"", ".csv", ("is empty",)),
    Malformed("empty parquet", b"", ".parquet", ("is empty",)),
    Malformed("blank lines only", b"\n\n   \n", ".csv", ("is empty",)),
    Malformed("BOM only", b"\xef\xbb\xbf", ".csv", ("is empty",)),
    Malformed("header only", b"x,y\n", ".csv", ("no rows",)),
    Malformed("header and blank lines", b"x,y\n\n\n", ".csv", ("no rows",)),
    Malformed("header and empty cells", b"x,y\n,\n,\n", ".csv", ("no rows",)),
    # not text
    Malformed("random bytes", np.random.default_rng(0).bytes(4000), ".csv", ("binary",)),
    Malformed("zero byte", GOOD.replace(b"3,9", b"3,\x00"), ".csv", ("binary", "line 5")),
    Malformed("control characters", GOOD.replace(b",", b"\x01"), ".csv", ("binary",)),
    Malformed("picture", b"\x89PNG\r\n\x1a\n" + bytes(50), ".csv", ("a picture",)),
    Malformed("PDF", b"%PDF-1.7\n%\xe2\xe3", ".csv", ("PDF",)),
    Malformed(
        "spreadsheet", b"PK\x03\x04" + b"\x14\x00" * 20 + b"xl/workbook.xml", ".xlsx", ("spreadsheet", "CSV")
    ),
    Malformed("old spreadsheet", OLE + bytes(50), ".xls", ("old Excel", "CSV")),
    Malformed("workbook behind a password", OLE + PROTECTED, ".xlsx", ("password", "CSV")),
    Malformed("workbook without cells", workbook({"Data": []}), ".xlsx", ("'Data'", "is empty")),
    Malformed(
        "workbook with a header only", workbook({"Data": [["x", "y"]]}), ".xlsx", ("'Data'", "no rows")
    ),
    Malformed("workbook cut short", workbook({"Data": [["x", "y"], [1, 2]]})[:900], ".xlsx", ("CSV",)),
    Malformed(
        "slip in a workbook",
        workbook({"Data": [["x", "y"], *([n, n * n] for n in range(10)), [10, "1o"]]}),
        ".xlsx",
        ("'y'", "'1o' in sheet row 12"),
    ),
    Malformed("database", b"SQLite format 3\x00" + bytes(50), ".db", ("SQLite",)),
    Malformed("HDF5", b"\x89HDF\r\n\x1a\n" + bytes(50), ".h5", ("HDF5",)),
    Malformed("pickle", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00.", ".pkl", ("pickle", "never opened")),
    Malformed("bzip2", b"BZh91AY&SY", ".csv.bz2", ("bzip2",)),
    Malformed("single NumPy array", b"\x93NUMPY\x01\x00" + bytes(50), ".npy", ("single NumPy array",)),
    Malformed("web page", b"<!DOCTYPE html><html><body>404</body></html>", ".csv", ("web page",)),
    Malformed("JSON", b'{"x": [1, 2], "y": [3, 4]}', ".csv", ("JSON",)),
    # gzip and encodings
    Malformed("gzip cut short", gzip.compress(GOOD * 50)[:60], ".csv.gz", ("damaged gzip",)),
    Malformed("gzip of nothing", gzip.compress(b""), ".csv.gz", ("is empty",)),
    Malformed("gzip of bytes", gzip.compress(bytes(100)), ".csv.gz", ("binary",)),
    Malformed("UTF-16 cut short", GOOD.decode().encode("utf-16")[:-1], ".csv", ("UTF-16", "UTF-8")),
    Malformed("UTF-8 that is not", b"\xef\xbb\xbfx,y\n1,2\ngr\xf6\xdfe,3\n", ".csv", ("line 3", "0xF6")),
    # lines
    Malformed("short line", b"x,z,y\n1,2,3\n4,5\n6,7,8\n", ".csv", ("line 3 has 2 values", "3 are expected")),
    Malformed("long line", b"x,y\n1,2\n3,4\n5,6,7\n", ".csv", ("line 4 has 3 values", "2 are expected")),
    Malformed(
        "short line after a cell of two lines", b'x,y\n"1\n",2\n3,4\n5\n', ".csv", ("line 5 has 1 value",)
    ),
    Malformed(
        "title above the header", b"My table\nx,y\n1,2\n3,4\n", ".csv", ("line 2 has 2 values", "1 is")
    ),
    Malformed("semicolons and one short", b"x;y\n1,5;2\n2,5\n", ".csv", ("line 3 has 1 value",)),
    Malformed("open quote", b'x,y\n1,2\n"3,4\n5,6\n', ".csv", ("quote", "line 3")),
    Malformed("open quote in the header", b'"x,y\n1,2\n3,4\n', ".csv", ("quote", "line 1")),
    Malformed("column name twice", b"x,z,x,y\n1,2,3,4\n2,3,5,6\n", ".csv", ("columns 1 and 3", "'x'")),
    # targets
    Malformed("no target column", b"x,Y\n1,2\n3,4\n5,7\n", ".csv", ("no column 'y'", "did you mean 'Y'")),
    Malformed("no header", b"1,2\n3,4\n5,7\n", ".csv", ("no column 'y'", "x1 and x2")),
    # fewer than half of the rows without a target are left out with a note: see test_targetless
    Malformed("target missing", with_target("1", "4", "", ""), ".csv", ("line 4", "'y' is missing")),
    Malformed("target NaN", with_target("1", "4", "9", *["NaN"] * 3), ".csv", ("line 5", "'y' is missing")),
    Malformed("class missing", with_target("a", "b", "?", "?"), ".csv", ("line 4", "'y' is missing")),
    Malformed(
        "target column empty", b"x,y\n1,\n2,\n3,\n", ".csv", ("line 2", "'y' is missing", "2 more rows")
    ),
    Malformed("target infinite", with_target(*NUMBERS, "inf"), ".csv", ("line 12", "'y'", "infinite")),
    Malformed("target 1e308", with_target(*NUMBERS, "1e308"), ".csv", ("line 12", "'y'", "1e+308")),
    Malformed("target -1e400", with_target(*NUMBERS, "-1e400"), ".csv", ("line 12", "'y'", "infinite")),
    Malformed("slip in a target", with_target(*NUMBERS, "1o", "7"), ".csv", ("'y'", "'1o' in line 12")),
    Malformed("one class", with_target("a", "a", "a", "a", "a"), ".csv", ("'y'", "one class only", "'a'")),
    Malformed("target constant", with_target(*["5"] * 8), ".csv", ("'y' is 5 in every row",)),
    Malformed(
        "target of names",
        with_target(*(f"name {n}" for n in range(30))),
        ".csv",
        ("'y'", "30 different texts"),
    ),
    Malformed(
        "target of dates", with_target("2024-01-31", "2024-02-29", "2024-03-31"), ".csv", ("'y'", "is a date")
    ),
    # rows and inputs
    Malformed("one row", b"x,y\n1,2\n", ".csv", ("1 row",)),
    Malformed("input infinite", GOOD.replace(b"\n5,", b"\n-inf,"), ".csv", ("line 7", "'x'", "infinite")),
    Malformed("input 1e300", GOOD.replace(b"\n5,", b"\n1e300,"), ".csv", ("line 7", "'x'", "1e+300")),
    Malformed(
        "inputs constant", csv("x,y", *(f"3,{n}" for n in range(9))), ".csv", ("no column to learn", "'x'")
    ),
    Malformed(
        "inputs missing", csv("x,y", *(f"NA,{n}" for n in range(9))), ".csv", ("no column to learn", "'x'")
    ),
    Malformed(
        "inputs names",
        csv("x,y", *(f"n{n},{n}" for n in range(30))),
        ".csv",
        ("no column to learn", "names rows"),
    ),
    Malformed("target alone", csv("y", *map(str, range(9))), ".csv", ("no column to learn",)),
    # Parquet, Arrow, NPZ
    Malformed("Parquet cut short", parquet(FRAME)[:-20], ".parquet", ("no Parquet file",)),
    Malformed("CSV called Parquet", GOOD, ".parquet", ("no Parquet file",)),
    Malformed("Parquet without rows", parquet(FRAME.slice(0, 0)), ".parquet", ("no rows",)),
    Malformed(
        "Parquet, target null",
        parquet(pa.table({"x": [1, 2, 3], "y": [1, None, None]})),
        ".parquet",
        ("row 2", "'y'"),
    ),
    Malformed("Feather cut short", feather(FRAME)[:-20], ".feather", ("no Arrow file",)),
    Malformed("CSV called Arrow", GOOD, ".arrow", ("no Arrow file",)),
    Malformed("NPZ cut short", npz(x=np.arange(9), y=np.arange(9))[:100], ".npz", ("no NumPy archive",)),
    Malformed("NPZ packed badly", damaged_npz(b"x.npy", 60, *[255] * 20), ".npz", ("no NumPy archive",)),
    Malformed("NPZ of another age", damaged_npz(b"PK\x01\x02", 6, 132), ".npz", ("no NumPy archive", "13.2")),
    Malformed("NPZ behind a password", damaged_npz(b"PK\x01\x02", 8, 1), ".npz", ("no NumPy archive",)),
    Malformed("CSV called NPZ", GOOD, ".npz", ("no NumPy archive",)),
    Malformed("a single NumPy array called NPZ", SINGLE.getvalue(), ".npz", ("no NumPy archive",)),
    Malformed("NPZ of objects", TEXTS, ".npz", ("Python objects",)),
    Malformed(
        "NPZ of two lengths",
        npz(x=np.arange(9), y=np.arange(8)),
        ".npz",
        ("different lengths", "x 9 and y 8"),
    ),
    Malformed("NPZ of a number", npz(x=np.arange(9), y=np.array(3)), ".npz", ("'y' is a single number",)),
    Malformed("NPZ without arrays", npz(), ".npz", ("no arrays",)),
    Malformed(
        "NPZ, target NaN", npz(x=np.arange(3), y=np.array([1, np.nan, np.nan])), ".npz", ("row 2", "'y'")
    ),
]
