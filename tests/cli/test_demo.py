"""`deltarule demo`: the acts run, and each prints the command that does it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from deltarule.cli import main


def commands(screen: str) -> list[list[str]]:
    return [shlex.split(line[2:])[1:] for line in screen.splitlines() if line.startswith("$ deltarule ")]


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
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
    assert main(["demo"]) == 0  # again, over its own tables
    for words in commands(screen):
        explodes = any("exploding-0" in word for word in words) and words[0] == "train"
        forced = ["--force"] if words[0] in ("train", "predict") else []
        assert main([*words, *forced]) == (1 if explodes else 0)
