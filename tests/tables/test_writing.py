"""A table is written back as it stood, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltarule.errors import TableError
from deltarule.tables import read_table

TEXT = 'id;a name;b;day;cell\n007;1,50;yes;31.01.2024;"one;two"\n008;NA;no;;"say ""so"""\n'


def test_cells_are_written_as_they_stood(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(TEXT)
    read_table(source).write(target)
    assert target.read_text() == TEXT


def test_new_columns_are_written_in_the_file_s_own_dialect(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("x;y\n1,5;2\n2,5;4\n", encoding="utf-8-sig")
    read_table(source).with_columns({"y_predicted": [2.25, np.nan]}).write(target)
    assert target.read_text(encoding="utf-8") == "\ufeffx;y;y_predicted\n1,5;2;2,25\n2,5;4;\n"


def test_a_tsv_has_tabs_and_a_csv_has_none(tmp_path: Path) -> None:
    table = read_table({"x": [1.5], "y": ["a"]})
    table.write(tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text() == "x\ty\n1.5\ta\n"
    read_table(tmp_path / "t.tsv").write(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "x,y\n1.5,a\n"


def test_the_standard_output_gets_csv(capsys: pytest.CaptureFixture[str]) -> None:
    read_table({"x": [1.0, None], "b": [True, False]}).write("-")
    assert capsys.readouterr().out == "x,b\n1,True\n,False\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False) | st.none(),
            st.booleans() | st.none(),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=5).filter(
                str.strip
            ),
            st.datetimes().map(lambda moment: moment.replace(microsecond=0)) | st.none(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_parquet_keeps_every_value(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    table = read_table(dict(zip(["x", "b", "c", "d"], map(list, zip(*rows, strict=True)), strict=True)))
    table.write(tmp_path / "t.parquet", force=True)
    again = read_table(tmp_path / "t.parquet")
    for column, other in zip(table.columns, again.columns, strict=True):
        same = column.values == other.values
        assert np.all(same | column.missing & other.missing)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=6))
def test_csv_keeps_every_bit_of_a_number(tmp_path: Path, values: list[float]) -> None:
    table = read_table({"x": values, "y": values[::-1]})
    table.write(tmp_path / "t.csv", force=True)
    assert read_table(tmp_path / "t.csv")["x"].values.tolist() == values


def test_a_column_of_no_kind_comes_back_from_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    parquet.write_table(pa.table({"x": [1, 2], "list": [[1], [2, 3]]}), tmp_path / "in.parquet")
    read_table(tmp_path / "in.parquet").write(tmp_path / "out.parquet")
    assert parquet.read_table(tmp_path / "out.parquet").column("list").to_pylist() == [[1], [2, 3]]
    read_table(tmp_path / "in.parquet").write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == 'x,list\n1,[1]\n2,"[2, 3]"\n'


@pytest.mark.parametrize(
    "name, part",
    [
        ("there.csv", "exists and is left as it is"),
        ("new.xlsx", "written as .csv, .tsv, .txt or .parquet, not '.xlsx'"),
        ("no such folder/new.csv", "cannot be written (No such file or directory)"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(name: str, part: str, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(TableError) as refused:
        read_table({"x": [1.0]}).write(tmp_path / name)
    assert part in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_force_replaces_a_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")
    read_table({"x": [1.0]}).write(path, force=True)
    assert path.read_text() == "x\n1\n"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask()


def mask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found
