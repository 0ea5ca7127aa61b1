"""A run that was stopped goes on in its folder, and where it cannot, a sentence says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runs.tables_made import bowl, rings

from deltarule.cli import main
from deltarule.runs import Run, load
from deltarule.runs.resuming import go_on

CASES = {
    "numbers": ["bowl.csv", "--target", "y", "--rule", "adam"],
    "no validation rows": [
        "bowl.csv",
        "--target",
        "y",
        "--rule",
        "gradient",
        "--validation",
        "0",
        "--batch",
        "7",
    ],
    "classes": ["rings.csv", "--target", "ring", "--rule", "rmsprop"],
    "the rule found out": ["rings.csv", "--target", "ring", "--learning-rate", "0.01"],
    "the lecture's": ["bowl.csv", "--target", "y", "--lecture", "--learning-rate", "1"],
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bowl(tmp_path / "bowl.csv")
    rings(tmp_path / "rings.csv")


def trained(*words: str, out: str, epochs: int) -> Run:
    assert main(["train", *words, "--hidden", "4", "--epochs", str(epochs), "--out", out]) == 0
    return load(out)


@pytest.mark.parametrize("case", CASES)
def test_more_epochs_are_those_of_one_long_run(case: str) -> None:
    whole = trained(*CASES[case], out="whole", epochs=9)
    trained(*CASES[case], out="part", epochs=4)
    assert main(["train", "--resume", "part", "--epochs", "9"]) == 0
    both = load("part")
    assert both.network.theta.tobytes() == whole.network.theta.tobytes()
    assert both.start.theta.tobytes() == whole.start.theta.tobytes()
    assert both.metrics == whole.metrics
    assert both.outcome == whole.outcome
    assert both.history.error.tolist() == whole.history.error.tolist()
    assert {**both.settings} == {**whole.settings}


def test_a_budget_that_ran_out_and_a_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*CASES["numbers"], "--patience", "1000"]
    whole = trained(*words, out="whole", epochs=1000)
    words += ["--hidden", "4", "--epochs", "1000", "--budget", "0.001s", "--out", "part"]
    assert main(["train", *words]) == 0
    assert "Go on        deltarule train --resume part" in capsys.readouterr().out
    assert len(load("part").history) < 1000
    assert main(["train", "--resume", "part", "--budget", "60s"]) == 0
    assert load("part").network.theta.tobytes() == whole.network.theta.tobytes()
    assert "--resume" not in capsys.readouterr().out


def test_what_goes_on_may_go_elsewhere_and_its_table_may_have_moved() -> None:
    trained(*CASES["numbers"], out="part", epochs=3)
    before = json.loads(Path("part/run.json").read_text())
    Path("bowl.csv").rename("moved.csv")
    assert main(["train", "moved.csv", "--resume", "part", "--epochs", "5", "--out", "further"]) == 0
    assert json.loads(Path("part/run.json").read_text()) == before
    assert len(load("further").history) == 5
    assert load("further").source.path == "moved.csv"


REFUSED: dict[str, tuple[list[str], list[str], str]] = {
    "second order": (["--rule", "lm"], ["--epochs", "9"], "only one start by a first-order rule"),
    "folds": (["--rule", "adam", "--folds", "3"], ["--epochs", "9"], "its folds judged trainings as short"),
    "several starts": (["--rule", "adam", "--restarts", "2"], ["--epochs", "9"], "only one start"),
    "all epochs done": (
        ["--rule", "adam"],
        [],
        "has done 3 of 3 epochs: ask for more of them in all, as in --epochs 6",
    ),
    "fewer epochs": (["--rule", "adam"], ["--epochs", "2"], "has done 3 of 2 epochs"),
    "another seed": (
        ["--rule", "adam"],
        ["--seed", "4"],
        "leave out --seed; only --epochs, --budget, --threads",
    ),
    "a cosine": (
        ["--rule", "adam", "--schedule", "cosine"],
        ["--epochs", "9"],
        "was laid out for the epochs",
    ),
    "diverged": (
        ["--rule", "gradient", "--learning-rate", "1e30"],
        ["--epochs", "9"],
        "has ended by itself (diverged",
    ),
    "a file": (["--rule", "adam"], ["--config", "more.toml"], "leave out --config"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_go_on_says_why(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, more, sentence = REFUSED[case]
    main(["train", "bowl.csv", "--target", "y", "--hidden", "4", "--epochs", "3", "--out", "part", *words])
    before = json.loads(Path("part/run.json").read_text())
    capsys.readouterr()
    assert main(["train", "--resume", "part", *more]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert json.loads(Path("part/run.json").read_text()) == before


@pytest.mark.parametrize("what", ["bowl.csv", "nowhere"])
def test_what_is_no_run_does_not_go_on(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--resume", what]) == 2
    assert f"'{what}'" in (said := capsys.readouterr().err)
    assert "give the folder that `deltarule train` wrote" in said


def test_a_table_that_changed_does_not_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    trained(*CASES["numbers"], out="part", epochs=3)
    bowl(Path("bowl.csv"), seed=9)
    assert main(["train", "--resume", "part", "--epochs", "9"]) == 2
    assert "has changed since this run was trained on" in capsys.readouterr().err


def test_an_interrupted_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after some bursts, as the loop sees it."""
    from deltarule.descent import loop

    whole = trained(*CASES["numbers"], out="whole", epochs=30)
    told: list[int] = []
    original: Any = loop._Loop.until_outcome  # pyright: ignore[reportPrivateUsage]

    def pressed(self: Any, interrupted: Any) -> Any:
        told.append(1)
        interrupted.set()
        return original(self, interrupted)

    with monkeypatch.context() as patched:
        patched.setattr(loop._Loop, "until_outcome", pressed)  # pyright: ignore[reportPrivateUsage]
        words = [*CASES["numbers"], "--hidden", "4", "--epochs", "30", "--out", "part"]
        assert main(["train", *words]) == 130
    run = load("part")
    assert told
    assert run.outcome.name == "interrupted"
    assert len(run.history) < 30
    both = go_on(run)
    assert both.network.theta.tobytes() == whole.network.theta.tobytes()
    np.testing.assert_array_equal(both.history.validation_error, whole.history.validation_error)
