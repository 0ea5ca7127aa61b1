"""`deltarule demo`: the acts run, and each prints the command that does it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from deltarule.cli import main


def test_the_acts_run_and_print_commands_that_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    screen = capsys.readouterr().out
    commands = [shlex.split(line[2:])[1:] for line in screen.splitlines() if line.startswith("$ deltarule ")]
    assert [words[0] for words in commands] == [
        *("train", "explain", "train", "predict"),
        *("flow", "train", "diagnose", "train", "train", "train", "diagnose"),
    ]
    for part in (
        *("Act 1", "Act 2", "Act 3", "3-4-2", "difference quotient", "RMSE", "progression_predicted"),
        *("vanishing gradient", "exploding gradient", "helped", "clipped, with L2"),
    ):
        assert part in screen
    assert main(["demo"]) == 0  # again, over its own tables
    for words in commands:
        assert main([*words, "--force"] if words[0] in ("train", "predict") else words) == 0
