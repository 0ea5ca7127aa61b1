"""Rows without a target are left out and told, up to half of them."""

from __future__ import annotations

import pytest

from deltarule.tables import Table, read_table
from deltarule.tables.targetless import with_targets


def table(y: list[float | None], z: list[float | None]) -> Table:
    return read_table({"x": list(range(len(y))), "y": y, "z": z})


def test_rows_without_one_of_the_targets_are_left_out_with_a_note() -> None:
    found = with_targets(table([1, None, 3, 4, 5, 6], [1, None, None, 4, 5, 6]), ["y", "z"])
    assert found["x"].values.tolist() == [0.0, 3.0, 4.0, 5.0]
    assert found.lines.tolist() == [1, 4, 5, 6]  # where they stand in the source
    assert found.left_out == (2, 3)
    assert found.notes == ("the dictionary: 2 rows of 6 without 'y' and 'z' left out, the first in row 2.",)


def test_gaps_in_other_columns_and_whole_tables_stay() -> None:
    whole = table([1, 2, 3], [None, None, 3])
    assert with_targets(whole, ["y"]) is whole
    assert with_targets(whole, ["nowhere"]) is whole  # said by what looks for it


@pytest.mark.parametrize(("gaps", "rows"), [(4, 6), (5, 10), (9, 10)])
def test_where_half_of_the_rows_lack_a_target_the_table_is_left_to_be_refused(gaps: int, rows: int) -> None:
    y = [None] * gaps + [1.0] * (10 - gaps)
    assert with_targets(table(y, y), ["y"]).rows == rows
