"""Further words for a missing cell, in whatever form a table comes."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from tests.tables.workbooks import workbook

from deltarule.errors import InputError
from deltarule.tables import InputEncoding, Table, read_table
from deltarule.tables.missing import Missing
from deltarule.tables.reading import read_bytes

WORDS = ("n/k", "-999", "Unknown", "9999-12-31")
NAN = np.nan
TEXT = """x,z,open,day,c
1.5,2,yes,2024-05-01,red
 N/K ,-999,n/k,9999-12-31,unknown
2.5,-999.0,no,n/k, UNKNOWN
3.5,7,-999.0,2024-05-02,blue
"""
GERMAN = TEXT.replace(",", ";").replace(".", ",").replace("-999;n/k", "-999,00;n/k")
SPACES = "1.5 2 8\nn/k -999 9\n2.5 -999.0 10\n3.5 7 11\n"


def text(data: str, missing: tuple[Any, ...] = WORDS) -> Table:
    return read_bytes(data.encode(), "t.csv", missing=Missing.of(missing))


def same(table: Table, x: list[float], z: list[float]) -> None:
    for name, values in (("x", x), ("z", z)):
        if name in table:
            assert table[name].kind == "number"
            np.testing.assert_array_equal(table[name].values, values)


@pytest.mark.parametrize("data", [TEXT, GERMAN], ids=["comma", "decimal comma"])
def test_words_are_taken_out_of_text_before_the_kinds_are_found_out(data: str) -> None:
    table = text(data)
    same(table, [1.5, NAN, 2.5, 3.5], [2, NAN, NAN, 7])
    assert table["day"].kind == "date" and np.isnat(table["day"].values).tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert table["c"].values.tolist() == ["red", None, None, "blue"]
    assert table["open"].missing.tolist()[1] and table.unheld == []
    assert not any("no number" in note for note in table.notes)
    assert text(data, ())["x"].kind == "category"


def test_a_truth_stays_one_beside_a_number_written_otherwise() -> None:
    column = text(TEXT)["open"]
    assert column.kind == "boolean" and column.labels == ("no", "yes")
    np.testing.assert_array_equal(column.values, [1, NAN, 0, NAN])


def test_a_table_of_spaces_and_one_without_names_are_told_from_words_too() -> None:
    table = text(SPACES)
    assert table.names == ("x1", "x2", "x3")
    np.testing.assert_array_equal(table["x1"].values, [1.5, NAN, 2.5, 3.5])
    assert text("n/k,5\n1,6\n2,7\n").rows == 3 and text("n/k,5\n1,6\n2,7\n", ()).rows == 2
    sheet = workbook({"Data": [["n/k", 5], [1, 6], [2, 7]]})
    assert [read_bytes(sheet, "t.xlsx", missing=Missing.of(words)).rows for words in (WORDS, ())] == [3, 2]


def test_thousands_are_not_taken_for_the_number_that_a_point_makes_of_them() -> None:
    table = text("x;y\n-9.000,5;1\n-9.000;2\n-9;3\n-9,0;4\n", (-9,))
    np.testing.assert_array_equal(table["x"].values, [-9000.5, -9000, NAN, NAN])


def test_a_sheet_is_read_as_its_text_is() -> None:
    rows = [
        ["x", "z", "c", "day"],
        [1.5, 2, "red", datetime(2024, 5, 1)],
        ["n/k", -999, "unknown", datetime(9999, 12, 31)],
        [2.5, -999.0, "Unknown", "n/k"],
        [3.5, 7, "blue", datetime(2024, 5, 2)],
    ]
    table = read_bytes(workbook({"Data": rows}), "t.xlsx", missing=Missing.of(WORDS))
    same(table, [1.5, NAN, 2.5, 3.5], [2, NAN, NAN, 7])
    assert table["c"].values.tolist() == ["red", None, None, "blue"]
    assert table["day"].kind == "date" and table["day"].missing.tolist() == [False, True, True, False]


COLUMNS: dict[str, Any] = {
    "z": [2.0, -999.0, -999.0, 7.0],
    "n": [2, -999, 3, 7],
    "c": ["red", "unknown", " UNKNOWN", "blue"],
    "day": np.array(["2024-05-01", "9999-12-31", "2024-05-03", "2024-05-02"], dtype="datetime64[ms]"),
    "open": [True, False, False, True],
}


def parquet() -> Any:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(COLUMNS), out)
    return out.getvalue(), "t.parquet"


def feather() -> Any:
    out = io.BytesIO()
    pyarrow.feather.write_feather(pa.table(COLUMNS), out)
    return out.getvalue(), "t.feather"


def npz() -> Any:
    out = io.BytesIO()
    np.savez(out, **{name: np.array(values) for name, values in COLUMNS.items()})
    return out.getvalue(), "t.npz"


TYPED: dict[str, Callable[[], Any]] = {
    "dictionary": lambda: COLUMNS,
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "Arrow": lambda: pa.table(COLUMNS),
    "Parquet": parquet,
    "Feather": feather,
    "NPZ": npz,
    "a table read before": lambda: read_table(COLUMNS),
}


@pytest.mark.parametrize("form", TYPED)
def test_words_are_taken_out_of_columns_that_have_a_type(form: str, tmp_path: Path) -> None:
    source = TYPED[form]()
    if isinstance(source, tuple):
        data, name = source
        (tmp_path / name).write_bytes(data)
        source = tmp_path / name
    table = read_table(source, missing=WORDS)
    np.testing.assert_array_equal(table["z"].values, [2, NAN, NAN, 7])
    np.testing.assert_array_equal(table["n"].values, [2, NAN, 3, 7])
    assert table["c"].values.tolist() == ["red", None, None, "blue"]
    assert table["day"].kind == "date" and table["day"].missing.tolist() == [False, True, False, False]
    assert table["open"].values.tolist() == [1, 0, 0, 1]
    assert table.unheld == ["n/k"]
    table.write(tmp_path / "out.csv")  # as it came
    back = pd.read_csv(tmp_path / "out.csv")
    assert back["z"].tolist() == COLUMNS["z"] and back["n"].tolist() == COLUMNS["n"]
    assert [word.strip() for word in back["c"]] == ["red", "unknown", "UNKNOWN", "blue"]
    assert back["day"][1].startswith("9999-12-31")


@pytest.mark.parametrize("make", [dict, lambda columns: pd.DataFrame(columns)])
def test_words_among_python_numbers_leave_a_column_of_numbers(make: Callable[[Any], Any]) -> None:
    table = read_table(make({"x": [1, "n/k", 2.5, "N/K ", -999], "y": [1, 2, 3, 4, 5]}), missing=WORDS)
    assert table["x"].kind == "number"
    np.testing.assert_array_equal(table["x"].values, [1, NAN, 2.5, NAN, NAN])


def test_python_values_are_written_as_they_came(capsys: pytest.CaptureFixture[str]) -> None:
    read_table(
        {"x": [None, np.nan, "n/k", -999, 2.5], "c": ["a", "n/k", None, "b", "NA"]}, missing=WORDS
    ).write("-")
    assert capsys.readouterr().out.splitlines() == ["x,c", ",a", ",n/k", "n/k,", "-999,b", "2.5,NA"]


@pytest.mark.parametrize("data", [TEXT, GERMAN], ids=["comma", "decimal comma"])
def test_a_text_that_was_read_without_the_words_is_read_again_with_them(data: str) -> None:
    before = text(data, ())
    again = read_table(before, missing=WORDS)
    same(again, [1.5, NAN, 2.5, 3.5], [2, NAN, NAN, 7])
    assert again.missing == WORDS and read_table(again, missing=["n/k"]) is again
    assert read_table(before) is before
    both = read_table(text(data, ("n/k",)), missing=WORDS[1:])
    assert both.fingerprint == text(data).fingerprint


def test_usual_words_stay_what_they_are_where_values_have_a_type() -> None:
    table = read_table({"c": ["NA", "a", "n/k"], "x": [1, 2, 3]}, missing=["n/k"])
    assert table["c"].values.tolist() == ["NA", "a", None]


def test_a_word_that_no_cell_holds_is_told_by_the_table() -> None:
    table = text(TEXT, (*WORDS, "unheard", "-99", "NA"))
    assert table.unheld == ["unheard", "-99", "NA"]
    assert table.take([0]).unheld == table.unheld
    assert text("x;y\n1,5;1\n-999,0;2\n", (-999,)).unheld == []


def test_a_stray_word_is_told_with_what_makes_it_missing() -> None:
    data = "x,y\n" + "".join(f"{n}.5,{n}\n" for n in range(9)) + "not known,9\n"
    (note,) = text(data, ("zz",)).notes
    assert note.endswith("correct or empty them, or say --missing 'zz,not known'.")
    assert text(data, ("not known",))["x"].kind == "number"
    (note,) = text(data.replace("not known", '"a,b"'), ()).notes
    assert note.endswith("correct or empty them.")


@pytest.mark.parametrize("words", [[""], ["n/k", "  "]])
def test_an_empty_word_is_refused(words: list[str]) -> None:
    with pytest.raises(InputError, match="a word for missing cells is empty"):
        read_table({"x": [1.0]}, missing=words)
    for alone in ("n/k", -999):
        wrong: Any = alone
        with pytest.raises(InputError, match=f"come in a list, got {alone!r}"):
            read_table({"x": [1.0]}, missing=wrong)


def test_an_encoding_keeps_the_words_of_its_table_and_older_ones_have_none() -> None:
    encoding = InputEncoding.fit(text(TEXT))
    settings = encoding.to_json()
    assert InputEncoding.from_json(settings) == encoding and encoding.missing == WORDS
    del settings["missing"]
    assert InputEncoding.from_json(settings).missing == ()
