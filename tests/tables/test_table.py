"""A table gives its columns by name and its rows with their places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deltarule.errors import TableError
from deltarule.tables import Column, read_table

COLUMNS = {"x": [1.0, 2.0, 4.0], "colour": ["red", None, "blue"]}


def test_rows_are_taken_in_the_order_asked_for() -> None:
    taken = read_table(COLUMNS).take([2, 0])
    assert taken["x"].values.tolist() == [4.0, 1.0]
    assert taken["colour"].values.tolist() == ["blue", "red"]
    assert taken.place(0) == "row 3 of the dictionary"


def test_rows_taken_from_a_file_keep_their_lines_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n01,1\n02,2\n03,3\n")
    taken = read_table(path).take(np.array([1]))
    assert taken.place(0) == f"line 3 of {path}"
    assert taken["x"].words().tolist() == ["02"]


def test_columns_are_dropped_and_added_and_replaced() -> None:
    table = read_table(COLUMNS)
    assert table.drop(["x"]).names == ("colour",)
    assert table.with_columns({"new": [1, 2, 3]}).names == ("x", "colour", "new")
    replaced = table.with_columns([Column("x", "number", np.zeros(3))])
    assert replaced.names == ("x", "colour")
    assert replaced["x"].values.tolist() == [0.0, 0.0, 0.0]


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(TableError, match=r"column 'new' has shape \(2,\), expected \(3,\)"):
        read_table(COLUMNS).with_columns({"new": [1, 2]})


def test_an_unknown_column_is_answered_with_the_nearest() -> None:
    table = read_table(COLUMNS)
    with pytest.raises(TableError, match=r"no column 'color': did you mean 'colour'\? It has x and colour\."):
        table["color"]
    assert "colour" in table and "color" not in table


def test_the_fingerprint_tells_tables_apart_by_content_only(tmp_path: Path) -> None:
    table = read_table(COLUMNS)
    table.write(tmp_path / "a.csv")
    table.write(tmp_path / "b.parquet")
    prints = {read_table(tmp_path / name).fingerprint for name in ("a.csv", "b.parquet")}
    assert prints == {table.fingerprint}
    others = [
        COLUMNS | {"x": [1.0, 2.0, 5.0]},
        COLUMNS | {"colour": ["red", "", "blue"]},
        {"z": COLUMNS["x"], "colour": COLUMNS["colour"]},
    ]
    assert len({read_table(other).fingerprint for other in others} | prints) == 4


def test_a_table_shows_what_it_holds() -> None:
    assert (
        repr(read_table(COLUMNS)) == "Table of 3 rows from the dictionary: x (number) and colour (category)"
    )


@pytest.mark.parametrize(
    "values, words",
    [
        ([1.0, 2.5, None], ["1", "2.5", None]),
        ([True, None, False], ["True", None, "False"]),
        (
            np.array(["2024-01-01", "2024-01-01T10:00", "NaT"], dtype="datetime64[s]"),
            ["2024-01-01", "2024-01-01T10:00:00", None],
        ),
        (["a", None, "b"], ["a", None, "b"]),
    ],
)
def test_every_kind_can_be_told_in_words(values: object, words: list[str | None]) -> None:
    assert read_table({"c": values})["c"].words().tolist() == words
