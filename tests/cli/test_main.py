"""The command line as a whole: every failure is one sentence on stderr and exit code 2."""

from __future__ import annotations

import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.runs.tables_made import bowl

from deltarule import __version__
from deltarule.cli import main
from deltarule.cli.commands import COMMANDS, OPTIONS, app

WRONG = [
    (["fit", "cars.csv"], "there is no command 'fit': say deltarule train"),
    (["trian", "cars.csv"], "did you mean 'train'?"),
    (["train", "cars.csv", "--optimizer", "adam"], "there is no --optimizer: say --rule"),
    (["train", "cars.csv", "--solver=adam"], "there is no --solver: say --rule"),
    (["train", "cars.csv", "--alpha", "0.1"], "there is no --alpha: say --penalty, which is not divided"),
    (["train", "cars.csv", "--init", "he"], "there is no --init: say --start"),
    (["train", "cars.csv", "--tarjet", "x"], "No such option: --tarjet"),
    (
        ["train", "cars.csv", "--epochs", "many"],
        "Invalid value for '--epochs': input should be a whole number, got 'many'",
    ),
    (["train", "cars.csv", "--epochs", "1.5"], "input should be a whole number, got '1.5'"),
    (["flow", "--depth", "1"], "input should be greater than or equal to 2, got '1'"),
    (["derive", "2-2-1", "0,1:1,1", "--at", "foo"], "'--at': 'foo' is not one of 'start', 'end' ("),
    (["train"], "a training needs a table and a target: add FILE"),
    (["train", "cars.csv"], "add --target COLUMN"),
    (["predict", "run"], "Missing argument 'FILE'"),
    (["explain", "nowhere", "--row", "1"], "there is no folder 'nowhere'"),
    (["explain", "nowhere"], "Missing option '--row'"),
    (["explain", "nowhere", "--row", "1", "--at", "middle"], "'middle' is not one of 'start', 'end'"),
    (["--frobnicate"], "No such option: --frobnicate"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_a_wrong_word_is_answered_in_one_line(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("deltarule: ")
    assert said.err.count("\n") == 1
    assert sentence in said.err


def options() -> set[str]:
    import typer

    group = typer.main.get_command(app)
    return {
        name for command in group.commands.values() for parameter in command.params for name in parameter.opts
    }  # type: ignore[attr-defined]


def test_the_right_words_exist() -> None:
    """Each wrong word is answered with one that is there, and no right word is called wrong."""
    known = {info.callback.__name__ for info in app.registered_commands if info.callback}
    assert set(COMMANDS.values()) <= known
    assert {answer.split()[0].rstrip(",") for answer in OPTIONS.values()} <= options()
    assert not known & set(COMMANDS)
    assert not options() & set(OPTIONS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"deltarule {__version__}\n"


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("demo", "train", "predict", "explain"))


def test_completion_knows_the_commands() -> None:
    program = "from deltarule.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={"_DELTARULE_COMPLETE": "complete_bash", "COMP_WORDS": "deltarule tr", "COMP_CWORD": "1", "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.stdout.split() == ["train"]


@pytest.mark.slow
def test_help_answers_at_once() -> None:
    """In 0.3 s, or twice the time of importing typer, whichever is longer: the median of five."""

    def seconds(*words: str) -> float:
        times: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    assert seconds("-m", "deltarule", "--help") <= max(0.3, 2 * seconds("-c", "import typer"))


@pytest.mark.usefixtures("two_pictures")
def test_every_command_has_an_example_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As its --help shows it, in the order of the list: what a command needs, one before it has made."""
    monkeypatch.chdir(tmp_path)
    bowl(Path("cars.csv"))
    Path("new.csv").write_text(Path("cars.csv").read_text())
    shown: list[str] = []
    for info in app.registered_commands:
        assert info.callback is not None
        name = info.callback.__name__
        assert main([name, "--help"]) == 0
        screen = capsys.readouterr().out
        assert "Example:  deltarule " in screen, name
        shown.append(screen.split("Example:")[1].strip())
    for line in shown:
        words = shlex.split(line.replace("price", "y"))
        assert words[0] == "deltarule"
        if words[1] not in ("demo", "studio"):  # long, or without an end: they have tests of their own
            assert main(words[1:]) == 0, line
