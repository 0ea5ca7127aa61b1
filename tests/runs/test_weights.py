"""A column of weights decides how much each row matters in training, and in nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runs.tables_made import rings

from deltarule.cli import main
from deltarule.errors import InputError, TableError
from deltarule.runs import load, train_table
from deltarule.runs.checkup import checkup
from deltarule.runs.explanation import explain
from deltarule.runs.resuming import go_on
from deltarule.runs.run import table_of

ALL: dict[str, Any] = {"hidden": (4,), "test": 0.0, "validation": 0.0, "scale": "none", "epochs": 20}


def weighed(path: Path, repeated: bool = False, rows: int = 60) -> Path:
    random = np.random.default_rng(0)
    x, noise = random.normal(size=(2, rows))
    y, w = np.sin(2 * x) + 0.1 * noise, random.integers(0, 4, rows)
    lines = [f"{a:.6f},{b:.6f},{c}" for a, b, c in zip(x, y, w, strict=True)]
    if repeated:
        lines = [line for line, times in zip(lines, w, strict=True) for _ in range(times)]
    path.write_text("\n".join(["x,y,w", *lines]) + "\n")
    return path


@pytest.mark.parametrize("rule", ["lm", "lbfgs"])
def test_a_row_of_weight_three_is_three_rows(tmp_path: Path, rule: str) -> None:
    by_weight = train_table(weighed(tmp_path / "w.csv"), "y", weights="w", rule=rule, **ALL)
    by_rows = train_table(weighed(tmp_path / "r.csv", repeated=True), "y", features=("x",), rule=rule, **ALL)
    np.testing.assert_allclose(by_weight.network.theta, by_rows.network.theta, rtol=1e-5)
    assert by_weight.model.inputs.sources == ("x",)
    assert "column 'w' weighs the rows in training; errors count every row alike." in by_weight.notes
    assert by_weight.error_bars is not None


def test_the_rows_that_steer_are_weighed_and_auto_counts_no_input_too_many(tmp_path: Path) -> None:
    table = weighed(tmp_path / "w.csv")
    plain = train_table(table, "y", features=("x",), rule="adam", hidden=(4,), epochs=30)
    by_weight = train_table(table, "y", weights="w", rule="adam", hidden=(4,), epochs=30)
    assert (plain.split.validation == by_weight.split.validation).all()
    assert plain.history.validation_error[0] != by_weight.history.validation_error[0]
    chosen = train_table(table, "y", weights="w", hidden=(4,), epochs=5)
    assert any("13 weights" in note for note in chosen.notes)


def test_a_run_goes_on_is_judged_by_folds_and_diagnosed_with_its_weights(tmp_path: Path) -> None:
    table = weighed(tmp_path / "w.csv")
    options: dict[str, Any] = {"weights": "w", "rule": "adam", "hidden": (4,)}
    long = train_table(table, "y", epochs=12, **options)
    train_table(table, "y", epochs=6, **options).save(tmp_path / "short")
    assert np.array_equal(go_on(load(tmp_path / "short"), {"epochs": 12}).network.theta, long.network.theta)
    assert len(train_table(table, "y", folds=3, epochs=3, **options).metrics["folds"]) == 3
    case = checkup(long, table_of(long, None))
    column = table_of(long, None)["w"].values
    np.testing.assert_array_equal(case.sample_weight, column[long.split.train])
    np.testing.assert_array_equal(case.settings["validation"][2], column[long.split.validation])


@pytest.mark.usefixtures("two_pictures")
def test_classes_may_be_weighed_from_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = rings(tmp_path / "rings.csv").read_text().splitlines()
    heavy = [f"{line},{10 if line.endswith('outer') else 1}" for line in lines[1:]]
    (tmp_path / "w.csv").write_text("\n".join([f"{lines[0]},w", *heavy]) + "\n")
    words = [str(tmp_path / "w.csv"), "--target", "ring", "--weights", "w", "--hidden", "4", "--rule", "lm"]
    main(["train", *words, "--epochs", "5", "--out", str(tmp_path / "run")])
    assert "column 'w' weighs the rows in training" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "run")]) in (0, None)
    assert main(["diagnose", str(tmp_path / "run")]) in (0, None)


@pytest.mark.parametrize(
    ("cell", "sentence"), [("-1", "is -1, expected a number of 0 or more"), ("", "is missing")], ids=str
)
def test_a_weight_that_is_none_is_refused_with_its_place(tmp_path: Path, cell: str, sentence: str) -> None:
    lines = weighed(tmp_path / "w.csv").read_text().splitlines()
    lines[5] = f"{lines[5].rpartition(',')[0]},{cell}"
    (tmp_path / "w.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(TableError, match=f"line 6.*the weight 'w' {sentence}"):
        train_table(tmp_path / "w.csv", "y", weights="w", **ALL)


@pytest.mark.parametrize("more", [{"target": ("y", "w")}, {"target": "y", "features": ("w", "x")}], ids=str)
def test_a_weight_is_no_target_and_no_feature(tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="'w' weighs the rows, and is a target or a feature: name it once"):
        train_table(weighed(tmp_path / "w.csv"), weights="w", **more)


def test_a_step_that_is_explained_is_the_step_that_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ALL | {"rule": "gradient", "learning_rate": 0.1, "batch": "full", "epochs": 1}
    run = train_table(weighed(tmp_path / "w.csv"), "y", weights="w", **options)
    run.save(tmp_path / "run")
    told = explain(run, table_of(run, None), 1, at="start")
    np.testing.assert_allclose(told.step(0.1).after, run.network.theta, rtol=1e-12)
    words = [str(tmp_path / "run"), "--row", "1"]
    assert main(["explain", *words]) == 0
    assert (
        "(1/Σ_n s_n) Σ_n s_n ∂E_n/∂w" in (said := capsys.readouterr().out) and "from the column 'w'" in said
    )
    assert main(["derive", words[0], "w_11^(0,1)"]) == 0
    assert "here every row counts alike" in capsys.readouterr().err


def test_a_row_without_target_in_a_file_of_validation_rows_hinders_no_diagnosis(tmp_path: Path) -> None:
    table, lines = weighed(tmp_path / "w.csv"), weighed(tmp_path / "v.csv").read_text().splitlines()
    (tmp_path / "v.csv").write_text("\n".join([*lines[:20], "0.5,,1", *lines[20:]]) + "\n")
    run = train_table(table, "y", validation=str(tmp_path / "v.csv"), rule="adam", hidden=(4,), epochs=3)
    assert any("v.csv: 1 row of 61 without 'y' left out" in note for note in run.notes)
    X_held, *_ = checkup(run, table_of(run, None)).settings["validation"]
    assert len(X_held) == 60
