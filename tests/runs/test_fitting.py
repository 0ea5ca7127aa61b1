"""A table becomes a run, and each row plays one part only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runs.tables_made import bowl, rings

from deltarule.errors import InputError, TableError
from deltarule.runs import Run, load, train_table
from deltarule.runs.checkup import checkup
from deltarule.runs.run import table_of
from deltarule.tables import read_table


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train_table(
        bowl(tmp_path_factory.mktemp("bowl") / "bowl.csv"),
        "y",
        hidden=(8,),
        learning_rate=0.01,
        epochs=300,
        seed=3,
    )


def test_each_row_plays_one_part(run: Run) -> None:
    parts = [run.split.train, run.split.validation, run.split.test]
    assert [len(part) for part in parts] == [48, 16, 16]
    assert sorted(np.concatenate(parts).tolist()) == list(range(80))


def test_the_network_beats_the_line_on_a_bowl(run: Run) -> None:
    network, line = run.metrics["test"], run.metrics["baselines"]["linear"]
    assert network["targets"]["y"]["rmse"] < 0.6 * line["targets"]["y"]["rmse"]


def test_the_scaler_sees_training_rows_only(run: Run) -> None:
    """Other test rows change neither the encoding nor a single weight."""
    path = Path(run.source.path)
    lines = path.read_text().splitlines()
    for row in run.split.test:
        cells = lines[row + 1].split(",")
        lines[row + 1] = ",".join(["1000.0", "-1000.0", cells[2], "5000.0"])
    other = path.with_name("other.csv")
    other.write_text("\n".join(lines) + "\n")
    again = train_table(other, "y", hidden=(8,), learning_rate=0.01, epochs=300, seed=3)
    assert again.split.test.tolist() == run.split.test.tolist()
    assert again.model.inputs == run.model.inputs
    assert again.model.targets == run.model.targets
    assert (again.network.theta == run.network.theta).all()


def test_a_run_survives_its_folder_bit_for_bit(run: Run, tmp_path: Path) -> None:
    run.save(tmp_path / "run")
    back = load(tmp_path / "run")
    assert (back.network.theta == run.network.theta).all()
    assert (back.start.theta == run.start.theta).all()
    assert back.model.inputs == run.model.inputs
    assert back.model.targets == run.model.targets
    assert back.model.loss.name == "mse"
    assert back.history.to_csv() == run.history.to_csv()
    assert (back.outcome, back.rule, back.source, back.notes) == (
        run.outcome,
        run.rule,
        run.source,
        run.notes,
    )
    for part in ("train", "validation", "test"):
        assert (getattr(back.split, part) == getattr(run.split, part)).all()
    assert back.metrics["test"] == run.metrics["test"]
    assert (back.predict(run.source.path) == run.predict(run.source.path)).all()


def test_the_same_settings_give_the_same_run(run: Run) -> None:
    again = train_table(
        run.source.path, "y", **{k: v for k, v in run.settings.items() if k not in ("table", "target")}
    )
    assert (again.network.theta == run.network.theta).all()


@pytest.mark.parametrize("output", ["softmax", "logistic"])
def test_classes_are_told_apart(tmp_path: Path, output: str) -> None:
    run = train_table(
        rings(tmp_path / "rings.csv"),
        "ring",
        hidden=(16,),
        learning_rate=0.02,
        epochs=400,
        output_activation=output,
    )
    assert run.metrics["test"]["accuracy"] > run.metrics["baselines"]["logistic"]["accuracy"]
    run.save(tmp_path / "run")
    assert load(tmp_path / "run").predict(run.source.path).tolist() == run.predict(run.source.path).tolist()


def test_every_loss_is_kept_with_its_constants(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("x,y\n" + "".join(f"{n / 10},{n * n % 9}\n" for n in range(40)))
    for loss, output in (
        ("huber:2.5", "identity"),
        ("quantile:0.9", "identity"),
        ("poisson", "exp"),
        ("mae", "identity"),
    ):
        run = train_table(path, "y", loss=loss, hidden=(3,), epochs=3)
        run.save(tmp_path / loss.replace(":", "-"))
        back = load(tmp_path / loss.replace(":", "-"))
        assert back.network.shape.activations[-1] == output
        assert (back.model.loss.name, back.model.loss.constants) == (
            run.model.loss.name,
            run.model.loss.constants,
        )


def test_folds_judge_on_every_row_and_then_train_on_all(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 40), "y", hidden=(4,), epochs=20, folds=5)
    assert [fold["test"]["rows"] for fold in run.metrics["folds"]] == [8] * 5
    assert len(run.split.train) == 40
    assert "test" not in run.metrics


def test_a_training_of_the_same_again_has_the_seconds_that_the_first_had(tmp_path: Path) -> None:
    table = bowl(tmp_path / "bowl.csv", 50)
    run = train_table(table, "y", hidden=(3,), rule="adam", epochs=2, folds=2, budget=60)
    assert checkup(run, table_of(run)).settings["budget"] == 20


def test_a_run_and_its_parts_are_shown_in_a_line_each(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 60), "y", hidden=(4,), epochs=3)
    assert run.error_bars is not None
    for part in (run, run.model, run.split, run.error_bars):
        assert repr(part).startswith(f"<{type(part).__name__}") and "array" not in repr(part)
        assert len(repr(part).replace(str(tmp_path), "")) < 250 and "\n" not in repr(part)


def test_a_training_says_what_stands_for_missing_cells(tmp_path: Path) -> None:
    path = bowl(tmp_path / "bowl.csv", 40)
    head, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head, first[first.index(",") :], *rest]) + "\n")
    run = train_table(path, "y", hidden=(4,), epochs=3)
    assert any("missing cells are filled" in note and "1 of 'x1' with" in note for note in run.notes)


def test_validation_and_test_rows_may_come_from_files(tmp_path: Path) -> None:
    table, held, test = (
        bowl(tmp_path / f"{name}.csv", 60, seed) for seed, name in enumerate(("a", "b", "c"))
    )
    run = train_table(table, "y", hidden=(4,), epochs=20, validation=str(held), test=str(test))
    assert len(run.split.train) == 60
    assert run.metrics["test"]["rows"] == run.metrics["validation"]["rows"] == 60


def test_the_lecture_s_network_has_its_form(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv"), "y", lecture=True, hidden=(4,), epochs=5)
    assert run.network.shape.activations == ("logistic", "logistic")
    assert run.network.b == []
    assert run.rule == "GradientDescent()"
    assert run.model.targets.range == (0.1, 0.9)


def test_what_cannot_be_asked_is_said(tmp_path: Path) -> None:
    table = bowl(tmp_path / "bowl.csv")
    with pytest.raises(TableError, match="has no column 'z': .*It has x1, x2, colour and y"):
        train_table(table, "z")
    with pytest.raises(TableError, match="no column 'x3'"):
        train_table(table, "y", features=("x3",))
    with pytest.raises(InputError, match="--patience looks at validation rows.*--validation 0.2"):
        train_table(table, "y", validation=0.0, patience=5)


def test_whole_numbers_that_might_be_classes_are_said_to_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "\n".join(f"{x},{x % 3}" for x in range(30)))
    notes = " ".join(train_table(path, "y", hidden=(2,), epochs=3).notes)
    assert "3 different whole numbers" in notes and "kind 'classes'" in notes
    assert "whole numbers" not in " ".join(
        train_table(path, "y", hidden=(2,), epochs=3, kind="classes").notes
    )


def test_a_run_says_which_prior_its_rows_asked_for(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X, noise = random.uniform(0, 1, (250, 5)), random.standard_normal(250)
    steep = 3 * (X[:, 0] > 0.5) + 4 * (X[:, 1] > 0.3) * (X[:, 2] > 0.6) + X[:, 3] + 0.2 * noise
    smooth = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + X[:, 3:] @ [10, 5] + noise
    for name, d in (("steep", steep), ("smooth", smooth)):
        path = tmp_path / f"{name}.csv"
        np.savetxt(path, np.column_stack([X, d]), delimiter=",", header="a,b,c,d,e,y", comments="")
        run = train_table(path, "y", hidden=(20,), epochs=100, seed=1)
        said = [note for note in run.notes if "held 16 times as firmly" in note]
        assert len(said) == (run.history["outgoing"][-1] == 16) == (name == "steep")


def test_a_committee_is_sized_and_diagnosed(tmp_path: Path) -> None:
    from deltarule import diagnose

    path = bowl(tmp_path / "bowl.csv")
    run = train_table(path, "y", restarts=2, committee=True, seed=1)
    assert run.network.sizes[1] == 100
    assert any("speak for 50 hidden units" in note for note in run.notes)
    slow = train_table(
        path, "y", hidden=(6,), rule="gradient", learning_rate=1e-5, epochs=20, restarts=2, committee=True
    )
    assert "error" in diagnose(slow).report()


def test_an_odd_cell_among_decimal_commas_is_named(tmp_path: Path) -> None:
    path = tmp_path / "flats.csv"
    rows = [f"{n},5;{n % 7},25;{2 * n + n % 7},75" for n in range(40)]
    rows[11] = "k.A.;4,25;26,75"
    path.write_text("size;floor;rent\n" + "\n".join(rows) + "\n")
    note = next(note for note in train_table(path, "rent", epochs=3).notes if "size" in note)
    assert "1 cell that is no number, the first 'k.A.' in line 13" in note


@pytest.mark.parametrize(
    "rule", ["lm:x", "lm:mu=x", "momentum:x", "evidence:cost=x", "rprop:x", "lbfgs:x", "newton:x"]
)
def test_a_word_for_a_rule_s_number_is_one_sentence(tmp_path: Path, rule: str) -> None:
    with pytest.raises(InputError, match="is a number, got 'x'"):
        train_table(bowl(tmp_path / "bowl.csv"), "y", rule=rule)


def test_rows_without_a_target_are_left_out_of_every_file(tmp_path: Path) -> None:
    table, test = tmp_path / "table.csv", tmp_path / "test.csv"
    table.write_text(
        "x,y\n" + "".join(f"{n},{'' if n == 4 else 2 * n}\n" for n in range(20)), encoding="utf-8"
    )
    test.write_text("x,y\n1,2\n2,\n3,6\n5,10\n", encoding="utf-8")
    run = train_table(table, "y", hidden="none", test=str(test))
    assert run.notes[:2] == (
        f"{table}: 1 row of 20 without 'y' left out, in line 6.", f"{test}: 1 row of 4 without 'y' left out, in line 3."
    )  # fmt: skip
    assert run.metrics["test"]["rows"] == 3 and run.metrics["test"]["targets"]["y"]["rmse"] < 0.01


def test_a_table_that_is_no_file_is_refused() -> None:
    with pytest.raises(InputError, match="reads a file.*got dict: write the table to one"):
        train_table({"x": [1.0], "y": [2.0]}, "y")  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [{"rule": "lm", "hidden": 15}, {"rule": "lbfgs", "hidden": 20}], ids=str)
def test_intervals_of_a_network_with_more_weights_than_rows_are_those_of_its_held_out_rows(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    random = np.random.default_rng(0)

    def written(name: str, rows: int) -> Path:
        X, noise = random.uniform(-1, 1, (rows, 4)), random.normal(size=rows)
        t = X[:, 0] + np.sin(2 * X[:, 1]) + 0.3 * noise
        lines = [",".join(f"{v:.6f}" for v in (*x, y)) for x, y in zip(X, t, strict=True)]
        (tmp_path / name).write_text("\n".join(["a,b,c,d,t", *lines]) + "\n")
        return tmp_path / name

    inside, width = [], []
    for seed in range(4):
        run = train_table(written("s.csv", 80), "t", test=0.0, seed=seed, **more)
        new = read_table(written("new.csv", 1000))
        ends, t = run.intervals(new, 0.9), new["t"].values
        inside.append(float(((t >= ends["t_low"]) & (t <= ends["t_high"])).mean()))
        needed = 2 * np.quantile(np.abs(run.predict(new) - t), 0.9)
        width.append(float(np.median(ends["t_high"] - ends["t_low"]) / needed))
    assert 0.8 < np.mean(inside) < 0.97 and 0.6 < np.median(width) < 1.6, (inside, width)


def test_a_run_without_error_bars_says_which_reason_it_has(tmp_path: Path) -> None:
    table = bowl(tmp_path / "bowl.csv")
    wide = train_table(table, "y", hidden=(900,), rule="adam", epochs=1)
    with pytest.raises(InputError, match="for up to 2,000 weights, and this network has"):
        wide.intervals(table)
    with pytest.raises(InputError, match="learnt with mse, and this network learnt with mae"):
        train_table(table, "y", loss="mae", rule="adam", epochs=1).intervals(table)
