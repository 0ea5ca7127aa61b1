"""Notes on what makes the errors of a training smaller than they will be on new rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deltarule.runs import train_table
from deltarule.runs.repeats import repeats

QUICK = {"hidden": (), "rule": "lbfgs", "epochs": 3}
random = np.random.default_rng(0)
PATIENTS = random.standard_normal((40, 3))


def notes_of(folder: Path, columns: dict[str, object], **options: object) -> str:
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return "\n".join(train_table(folder / "t.csv", "y", **{**QUICK, **options}).notes)


def test_rows_that_judge_and_repeat_a_training_row_are_counted(tmp_path: Path) -> None:
    rows = np.repeat(PATIENTS, 5, axis=0)
    columns = {"a": rows[:, 0], "b": rows[:, 1], "c": rows[:, 2], "y": random.standard_normal(200)}
    assert "40 of the 40 rows that judge repeat the inputs of a row that trained" in notes_of(
        tmp_path, columns
    )
    columns["a"] = random.standard_normal(200)
    assert "repeat the inputs" not in notes_of(tmp_path, columns)


SMALL = random.integers(0, 5, (500, 3)).astype(float)
YEARS = np.column_stack([random.integers(20, 80, 900), random.integers(0, 2, 900)]).astype(float)
LENGTHS = np.round(random.normal(170, 8, (300, 1)))


@pytest.mark.parametrize("X", [SMALL, YEARS, LENGTHS], ids=["few values", "age and sex", "one column"])
def test_columns_whose_values_meet_by_chance_are_no_groups(X: np.ndarray) -> None:
    half = len(X) // 2
    assert repeats(X[:half], X[half:], [True] * X.shape[1]) == 0


def test_some_repeated_rows_among_many_others_are_left_alone() -> None:
    X = random.standard_normal((100, 3))
    assert repeats(X[:80], np.concatenate([X[80:97], X[:3]]), [True] * 3) == 0
    assert repeats(X[:80], np.concatenate([X[80:95], -0.0 + X[:5]]), [True] * 3) == 5


def test_rows_in_the_order_of_a_date_are_told_of_where_judging_rows_were_drawn(tmp_path: Path) -> None:
    days = np.datetime64("2024-01-01") + np.arange(60)
    columns = {"day": days, "x": random.standard_normal(60), "y": random.standard_normal(60)}
    told = "the rows stand in the order of 'day'"
    assert told in notes_of(tmp_path, columns)
    later = tmp_path / "later.csv"
    later.write_text("day,x,y\n2024-05-01,0.5,1\n2024-05-02,0.1,1\n")
    assert told not in notes_of(tmp_path, columns, test=str(later))
    columns["day"] = days[random.permutation(60)]
    assert told not in notes_of(tmp_path, columns)


def test_a_column_that_alone_tells_the_target_is_noted_in_the_words_of_diagnose(tmp_path: Path) -> None:
    x, y = random.standard_normal((2, 60))
    columns = {"x": x, "total_with_tax": 1.19 * y, "y": y}
    assert "the column 'total_with_tax' alone tells the target" in notes_of(tmp_path, columns)
    columns["total_with_tax"] = y + 0.2 * random.standard_normal(60)
    assert "alone tells" not in notes_of(tmp_path, columns)
