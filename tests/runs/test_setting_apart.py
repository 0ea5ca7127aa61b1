"""Rows set apart by a column: groups that stay together, the last ones of an order; from a terminal and in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deltarule.cli import main
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
    words = [
        "train",
        str(table),
        "--target",
        "y",
        "--groups",
        "patient",
        "--hidden",
        "3",
        "--rule",
        "evidence",
    ]
    assert main([*words, "--epochs", "12", "--out", str(tmp_path / "run")]) == 0
    run = load(tmp_path / "run")
    assert run.settings["groups"] == "patient"
    assert run.split.test.tolist() == train_table(table, "y", groups="patient", **QUICK).split.test.tolist()
    case = diagnose(run).case
    who = column(table, "patient")[run.split.train]
    told = case.settings["groups"]
    assert all(len({*told[who == name]}) == 1 for name in set(who)) and len({*told}) == len({*who})


def test_groups_decide_what_is_kept(table: Path) -> None:
    plain, grouped = (
        train_table(table, "y", features=("a", "b"), **more, **QUICK) for more in ({}, {"groups": "patient"})
    )
    assert plain.history["log_score"][-1] != grouped.history["log_score"][-1]


def with_target(table: Path, folder: Path, told: Any) -> Path:
    """The table with another target, told of each row's number."""
    header, *lines = table.read_text().splitlines()
    rows = [f"{line.rsplit(',', 1)[0]},{told(float(line.rsplit(',', 1)[1]))}" for line in lines]
    path = folder / "other.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("told", "more"),
    [(lambda y: "yes" if y > 0 else "no", {}), (lambda y: int(2 * max(y, 0)), {"loss": "poisson"})],
    ids=["classes", "counts"],
)
def test_groups_of_classes_and_counts_are_held_out_to_stop_by(
    table: Path, tmp_path: Path, told: Any, more: dict[str, Any]
) -> None:
    path = with_target(table, tmp_path, told)
    assert len(train_table(path, "y", **more, **QUICK).split.validation) == 0
    run = train_table(path, "y", groups="patient", **more, **QUICK)
    who = column(path, "patient")
    assert len(run.split.validation) and not set(who[run.split.validation]) & set(who[run.split.train])
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:41]))  # few rows too
    assert len(train_table(path, "y", groups="patient", **more, **QUICK).split.validation)
    with pytest.raises(InputError, match="by heart unless rows held out stop it"):
        train_table(path, "y", groups="patient", validation=0, **more, **QUICK)


def test_one_patient_written_in_two_ways_is_one(table: Path, tmp_path: Path) -> None:
    """Numbers with and without a point, as a merge writes them; long ones that are one float64 are two all the same."""
    header, *lines = table.read_text().splitlines()
    path = tmp_path / "ids.csv"
    numbers = [int(line[1:].split(",")[0]) for line in lines]
    long = [str(9_007_199_254_740_992 + 4 * number + at % 2) for at, number in enumerate(numbers)]
    written = {
        20: [f"{number}{'.0' if at % 2 else ''}" for at, number in enumerate(numbers)],
        len({*long}): long,
    }
    for groups, names in written.items():
        rows = [f"{name},{line.split(',', 1)[1]}" for name, line in zip(names, lines, strict=True)]
        path.write_text("\n".join([header, *rows]) + "\n")
        run = train_table(path, "y", groups="patient", **QUICK)
        told = [note for note in run.notes if "stay together" in note]
        assert f"stay together: {groups} groups" in told[0]


def test_a_rare_class_stays_in_training_and_is_judged(table: Path, tmp_path: Path) -> None:
    """Three patients of twenty have it: some draws of groups would leave training or judging without."""
    header, *lines = table.read_text().splitlines()
    rows = [
        f"{line.rsplit(',', 1)[0]},{'ill' if line[1:].split(',')[0] in '012' else 'well'}" for line in lines
    ]
    path = tmp_path / "rare.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    illness = column(path, "y")
    for seed in range(6):
        run = train_table(path, "y", groups="patient", seed=seed, hidden=(2,), rule="adam", epochs=1)
        assert {*illness[run.split.train]} == {*illness[run.split.test]} == {"ill", "well"}


def test_a_class_that_no_part_can_have_is_told(table: Path, tmp_path: Path) -> None:
    header, *lines = table.read_text().splitlines()
    rows = [f"{line.rsplit(',', 1)[0]},{'ill' if line.startswith('P1,') else 'well'}" for line in lines]
    path = tmp_path / "one.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    run = train_table(path, "y", groups="patient", hidden=(2,), rule="adam", epochs=1)
    assert "none of the rows that judge is 'ill': too few groups have such rows." in run.notes


def test_groups_of_a_file_that_trained_too_are_told(table: Path, tmp_path: Path) -> None:
    header, *lines = table.read_text().splitlines()
    rest, later = tmp_path / "rest.csv", tmp_path / "later.csv"
    rest.write_text("\n".join([header, *lines[:100]]) + "\n")
    later.write_text("\n".join([header, *lines[100:], "P99,2024-05-01,1,1,1"]) + "\n")
    run = train_table(rest, "y", groups="patient", test=str(later), **QUICK)
    there = len({line.split(",")[0] for line in lines[100:]}) + 1
    told = f"{there - 1} of the {there} groups of {later} trained too, and its errors say little of new ones."
    assert told in run.notes
    later.write_text("\n".join(line.split(",", 1)[1] for line in [header, *lines[100:]]) + "\n")
    run = train_table(rest, "y", groups="patient", test=str(later), **QUICK)
    assert f"{later} has no column 'patient': whether its groups trained too is not known." in run.notes
    run = train_table(rest, "y", order="day", features=("a", "b"), test=str(later), **QUICK)
    assert "no rows were set apart, and the order of 'day' decided nothing." in run.notes


def test_a_share_that_groups_miss_by_far_is_told(table: Path, tmp_path: Path) -> None:
    header = table.read_text().splitlines()[0]
    path = tmp_path / "years.csv"
    path.write_text(
        "\n".join([header, *(f"P0,{2023 + (n > 20)}-01-01,1,{n},{n % 7}" for n in range(120))]) + "\n"
    )
    run = train_table(path, "y", order="day", **QUICK)
    assert "82% of the rows judge, not 20%: so many have the same 'day'." in run.notes
    assert not any(
        "of the rows judge" in note for note in train_table(table, "y", groups="patient", **QUICK).notes
    )


def test_of_two_wards_one_trains_and_the_other_judges(table: Path, tmp_path: Path) -> None:
    header, *lines = table.read_text().splitlines()
    path = tmp_path / "wards.csv"
    path.write_text(
        "\n".join([f"ward,{header}", *(f"{'AB'[n % 3 > 0]},{line}" for n, line in enumerate(lines))]) + "\n"
    )
    run = train_table(path, "y", groups="ward", **QUICK)
    assert {*column(path, "ward")[run.split.train]} == {"B"} and {*column(path, "ward")[run.split.test]} == {
        "A"
    }
    path.write_text(path.read_text().replace("\nB,", "\nA,"))
    with pytest.raises(TableError, match="column 'ward' holds one value, and rows that all belong together"):
        train_table(path, "y", groups="ward", **QUICK)


def test_no_note_recommends_what_is_refused(table: Path, tmp_path: Path) -> None:
    header, *lines = table.read_text().splitlines()
    path = tmp_path / "sorted.csv"
    path.write_text("\n".join([header, *sorted(lines, key=lambda line: line.split(",")[1])]) + "\n")
    for more, told in (
        ({}, "with --order day."),
        ({"groups": "patient"}, "with --order day in place of --groups."),
        ({"folds": 3}, "with --order day in place of --folds."),
        ({"order": "day"}, None),
    ):
        notes = " ".join(train_table(path, "y", **more, **QUICK).notes)
        assert told in notes if told else "later rows" not in notes


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"groups": "y"}, "'y' names groups of rows, and is a target, a feature or the weights"),
        (
            {"groups": "a", "features": ("a",)},
            "'a' names groups of rows, and is a target, a feature or the weights",
        ),
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
            "P1,2024-01-01,1,n/k,1",
            {"order": "b"},
            "column 'b' has 1 cell that is no number, the first 'n/k' in line 122, and --order needs numbers",
        ),
        (
            ",2024-01-01,1,1,1",
            {"groups": "patient"},
            r"line 122 of .*: column 'patient' holds nothing, and --groups",
        ),
        ("P1,,1,1,1", {"order": "day"}, r"line 122 of .*: column 'day' holds nothing, and --order"),
        ("P1,2024-01-01,1,1,1", {"groups": "patent"}, "has no column 'patent': did you mean 'patient'"),
        ("P1,2024-01-01,1,1,1", {"groups": "patient", "folds": 21}, "holds 20 values, too few for 21 folds"),
        ("P1,2024-01-01,1,1,1", {"groups": ""}, "has no column ''"),
    ],
)
def test_columns_that_cannot_part_rows_are_refused(
    table: Path, tmp_path: Path, row: str, options: dict[str, Any], told: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table.read_text() + row + "\n")
    with pytest.raises(TableError, match=told):
        train_table(path, "y", **{**QUICK, **options})
