"""An absurd cell is named with its column, its line and what it holds; a wide spread is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deltarule.tables import read_table

RANDOM = np.random.default_rng(0)
USUAL = RANDOM.uniform(0, 10, 200).tolist()


def test_an_absurd_cell_is_named_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    cells = [*map(str, USUAL[:57]), "1e12", "NA", *map(str, USUAL[57:])]
    path.write_text("x,y\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate(cells)))
    (note,) = read_table(path).notes
    assert "column 'x' holds 1000000000000 in line 59, while half of its cells lie between" in note


@pytest.mark.parametrize("far", [1e12, -3e9, 1e15])
def test_the_farthest_is_named_and_the_others_counted(far: float) -> None:
    (note,) = read_table({"x": [*USUAL, 2e6, far]}).notes
    assert "in row 202 (1 more cell like it)" in note


def test_how_far_is_told_by_the_quartiles_and_not_by_where_they_lie() -> None:
    (note,) = read_table({"x": [*(1000 + number for number in USUAL), 1e6]}).notes
    assert "holds 1000000 in row 201, while" in note


@pytest.mark.parametrize(
    "values",
    [
        USUAL,
        [*USUAL, 5e4],
        [*USUAL, 1e12, 1e12, 1e12],
        np.exp(RANDOM.normal(0, 3, 5000)),
        [0.0] * 90 + [1.0] * 9 + [1e9],
        [None] * 5,
        [float("inf"), *USUAL],
        [3.0],
    ],
    ids=[
        "even",
        "far, not absurd",
        "more than one in a hundred",
        "lognormal",
        "mostly zero",
        "empty",
        "infinite",
        "one row",
    ],
)
def test_what_is_spread_or_refused_elsewhere_is_not_worth_a_note(values: list[float | None]) -> None:
    assert read_table({"x": values}).notes == ()


def test_an_absurd_cell_is_said_after_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from deltarule.cli import main

    path = tmp_path / "table.csv"
    path.write_text("x,y\n" + "".join(f"{x},{2 * x}\n" for x in [*USUAL, 1e12]))
    assert main(["train", str(path), "--target", "y", "--hidden", "none", "--out", str(tmp_path / "r")]) == 0
    assert "column 'x' holds 1000000000000 in line 202" in capsys.readouterr().out


def test_numbers_at_the_end_of_the_floats_are_read_without_a_warning() -> None:
    notes = read_table({"x": [1.6e308, 1.7e308, -1.5e308, 1.2e308]}).notes
    assert not any("a slip" in note for note in notes)
