"""-999 and its like are told where they stand far from all others, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deltarule.tables import read_table

USUAL = np.random.default_rng(0).normal(50, 10, 60).round(1).tolist()


def told(values: list[float], **more: object) -> bool:
    return any("far from all others" in note for note in read_table({"x": values}, **more).notes)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("number", [-99.0, -999.0, 9999.0, 999999.0])
def test_a_number_of_nines_far_from_the_others_is_told(number: float) -> None:
    assert told([*USUAL, number, number])
    assert not told([*USUAL, number])  # once is a slip at most
    assert not told([*USUAL, number, number], missing=[number])


@pytest.mark.parametrize(
    "values",
    [
        [*USUAL, 99.0, 99.0],
        [*USUAL, -1000.0, -1000.0],
        [*(100.0 * np.arange(20)), 1999.0, 1999.0],
        [999.0] * 5,
        [*range(0, 1000, 9), 999.0, 999.0],
        [-9.0, -9.0, 1.0, 2.0, 1.5],
        [9.0, 99.0, 999.0, 9999.0, 9999.0, 99999.0],
    ],
    ids=["among them", "no nines", "no nines alone", "alone", "the last of many", "one nine", "all of nines"],
)
def test_numbers_that_may_be_meant_are_left_alone(values: list[float]) -> None:
    assert not told(values)


def test_a_files_column_is_told_with_the_words_said_so_far(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "x,y\n" + "".join(f"{x},{y}\n" for x, y in zip([*USUAL, "n/k", -999, -999], range(63), strict=True))
    )
    notes = read_table(path, missing=["n/k"]).notes
    assert any(note.endswith("holds -999 in 2 cells, far from all others: if that means a missing cell, say "
                             "--missing n/k,-999.") for note in notes)  # fmt: skip
