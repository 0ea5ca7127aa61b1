"""`deltarule demo`: the acts run, and each prints the command that does it."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from tests.runs.tables_made import bowl

from deltarule.cli import main


def commands(screen: str) -> list[list[str]]:
    return [shlex.split(line[2:])[1:] for line in screen.splitlines() if line.startswith("$ deltarule ")]


RUNS = ("linnerud", "diabetes", "deep", "exploding-0", "exploding-1", "exploding-2")
OTHERS = ("linnerud.csv", "diabetes.csv", "diabetes-predicted.csv")


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Of a demo where an earlier one has left its tables and runs, as these stand for them: all are replaced."""
    monkeypatch.chdir(tmp_path)
    bowl(tmp_path / "bowl.csv")
    assert main(["train", "bowl.csv", "--target", "y", "--hidden", "2", "--epochs", "1", "--out", "old"]) == 0
    for name in RUNS:
        shutil.copytree("old", Path("demo-run") / name)
    for name in OTHERS:
        shutil.copy("bowl.csv", Path("demo-run") / name)
    capsys.readouterr()
    assert main(["demo"]) == 0
    assert {path.name for path in Path("demo-run").iterdir()} == {*RUNS, *OTHERS}
    assert all("bowl.csv" not in (Path("demo-run") / name / "run.json").read_text() for name in RUNS)
    assert all((Path("demo-run") / name).read_text() != Path("bowl.csv").read_text() for name in OTHERS)
    return capsys.readouterr().out


@pytest.mark.slow
def test_the_acts_run_and_the_commands_that_they_print_work(screen: str) -> None:
    assert [words[0] for words in commands(screen)] == [
        *("train", "explain", "train", "predict"),
        *("flow", "train", "diagnose", "train", "train", "train", "diagnose"),
    ]
    for part in (
        *("Act 1", "Act 2", "Act 3", "3-4-2", "difference quotient", "RMSE", "progression_predicted"),
        *("vanishing gradient", "exploding gradient", "helped", "clipped, with L2"),
    ):
        assert part in screen
    for words in commands(screen):
        explodes = any("exploding-0" in word for word in words) and words[0] == "train"
        forced = ["--force"] if words[0] in ("train", "predict") else []
        assert main([*words, *forced]) == (1 if explodes else 0)
