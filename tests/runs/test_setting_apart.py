"""Rows set apart by a column: groups that stay together, the last ones of an order; from a terminal and in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deltarule.errors import InputError, TableError
from deltarule.health.diagnosis import diagnose
from deltarule.runs import load, train_table

QUICK: dict[str, Any] = {"hidden": (3,), "rule": "evidence", "epochs": 12}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 rows of 20 patients on 60 days, in no order of either."""
    random = np.random.default_rng(0)
    order = random.permutation(120)
    who, day = (np.arange(120) % 20)[order], np.datetime64("2024-01-01") + (np.arange(120) // 2)[order]
    x = random.standard_normal((120, 2))
    y = x[:, 0] + random.standard_normal(20)[who] + 0.1 * random.standard_normal(120)
    lines = [f"P{p},{d},{a:.4f},{b:.4f},{t:.4f}" for p, d, (a, b), t in zip(who, day, x, y, strict=True)]
    path = tmp_path_factory.mktemp("tables") / "visits.csv"
    path.write_text("patient,day,a,b,y\n" + "\n".join(lines) + "\n")
    return path


def column(table: Path, name: str) -> np.ndarray:
    header, *lines = table.read_text().splitlines()
    at = header.split(",").index(name)
    return np.array([line.split(",")[at] for line in lines])


def test_no_patient_is_in_two_parts_and_none_is_an_input(table: Path) -> None:
    run = train_table(table, "y", groups="patient", validation=0.2, **QUICK)
    who, split = column(table, "patient"), run.split
    parts = [set(who[rows]) for rows in (split.train, split.validation, split.test)]
    assert [len(part) for part in parts] == [12, 4, 4] and len(set.union(*parts)) == 20
    assert run.model.inputs.names == ("day", "a", "b")
    assert (
        "rows with the same 'patient' stay together: 20 groups, 4 judge, 4 steer the stopping." in run.notes
    )


def test_folds_keep_patients_together(table: Path) -> None:
    run = train_table(table, "y", groups="patient", folds=4, **QUICK)
    assert [fold["test"]["rows"] for fold in run.metrics["folds"]] == [30] * 4
    assert "rows with the same 'patient' stay together: 20 groups." in run.notes


def test_the_last_days_judge_and_those_before_them_steer(table: Path) -> None:
    run = train_table(table, "y", order="day", validation=0.2, **QUICK)
    day, split = column(table, "day").astype("datetime64[D]"), run.split
    train, validation, test = (day[rows] for rows in (split.train, split.validation, split.test))
    assert train.max() < validation.min() <= validation.max() < test.min()
    assert f"the rows that judge are the last by 'day', from {test.min()} on." in run.notes
    assert not any("stand in the order of" in note for note in run.notes)


def test_it_can_be_said_in_a_terminal_kept_and_diagnosed(table: Path, tmp_path: Path) -> None:
    run = train_table(table, "y", groups="patient", **QUICK)
    run.save(tmp_path / "run")
    again = load(tmp_path / "run")
    assert again.settings["groups"] == "patient"
    found = diagnose(again)
    trial = found.attempt()[0] if found.verdicts else None
    assert trial is None or np.isfinite(trial.original.reached)
    np.testing.assert_array_equal(found.case.settings["groups"].size, len(run.split.train))


def test_groups_decide_what_is_kept(table: Path) -> None:
    plain, grouped = (
        train_table(table, "y", features=("a", "b"), **more, **QUICK) for more in ({}, {"groups": "patient"})
    )
    assert plain.history["log_score"][-1] != grouped.history["log_score"][-1]


def test_classes_of_groups_are_steered_by_groups_held_out(table: Path, tmp_path: Path) -> None:
    lines = table.read_text().replace(",y\n", ",y\n", 1).splitlines()
    sick = [
        line.rsplit(",", 1)[0] + (",yes" if float(line.rsplit(",", 1)[1]) > 0 else ",no")
        for line in lines[1:]
    ]
    path = tmp_path / "classes.csv"
    path.write_text("\n".join([lines[0], *sick]) + "\n")
    assert len(train_table(path, "y", **QUICK).split.validation) == 0
    run = train_table(path, "y", groups="patient", **QUICK)
    who = column(path, "patient")
    assert len(run.split.validation) and not set(who[run.split.validation]) & set(who[run.split.train])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"groups": "y"}, "'y' names groups of rows, and is a target or a feature"),
        ({"groups": "a", "features": ("a",)}, "'a' names groups of rows, and is a target or a feature"),
        ({"order": "y"}, "'y' is a target and the order of the rows"),
        (
            {"order": "day", "groups": "patient"},
            "order judges by the last rows, and groups draws whole groups",
        ),
        ({"order": "day", "folds": 3}, "order judges by the last rows, and folds takes every row"),
    ],
)
def test_what_does_not_go_together_is_refused(table: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        train_table(table, "y", **{**QUICK, **options})


@pytest.mark.parametrize(
    ("row", "options", "told"),
    [
        (
            "P1,2024-01-01,1,1,1",
            {"order": "patient"},
            "column 'patient' holds texts, and --order needs numbers or dates",
        ),
        (
            ",2024-01-01,1,1,1",
            {"groups": "patient"},
            r"line 122 of .*: column 'patient' holds nothing, and --groups",
        ),
        ("P1,,1,1,1", {"order": "day"}, r"line 122 of .*: column 'day' holds nothing, and --order"),
        ("P1,2024-01-01,1,1,1", {"groups": "patent"}, "has no column 'patent': did you mean 'patient'"),
        ("P1,2024-01-01,1,1,1", {"groups": "patient", "folds": 21}, "holds 20 values, too few for 21 folds"),
    ],
)
def test_columns_that_cannot_part_rows_are_refused(
    table: Path, tmp_path: Path, row: str, options: dict[str, Any], told: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table.read_text() + row + "\n")
    with pytest.raises(TableError, match=told):
        train_table(path, "y", **{**QUICK, **options})
