"""What the README prints is what the commands and the code print."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from deltarule.cli import main

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e[+-]?\d+)?")
SECONDS = re.compile(r"\d+\.\d s")


def blocks(kind: str) -> list[str]:
    return [text for name, text in BLOCK.findall(README.read_text(encoding="utf-8")) if name == kind]


def same(shown: str, printed: str) -> bool:
    """Word for word; numbers to three digits, for another machine's last bits; times not at all."""
    shown, printed = SECONDS.sub("T s", shown), SECONDS.sub("T s", printed)
    if re.sub(r"\s+", " ", NUMBER.sub("#", shown)) != re.sub(r"\s+", " ", NUMBER.sub("#", printed)):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(
        a == b or float(a.replace(",", "")) == pytest.approx(float(b.replace(",", "")), rel=2e-3, abs=1e-11)
        for a, b in pairs
    )


def test_the_python_examples_print_what_they_show() -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    parser, names = doctest.DocTestParser(), {}
    assert len(blocks("python")) >= 2
    for number, text in enumerate(blocks("python")):
        test = parser.get_doctest(text, names, f"README block {number + 1}", str(README), 0)
        assert test.examples
        runner.run(test, clear_globs=False)
    assert runner.summarize().failed == 0


def test_the_commands_print_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line after a command, up to the next blank one in the output or to an ellipsis, is what it prints."""
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    capsys.readouterr()
    assert len(blocks("console")) >= 2
    for block in blocks("console"):
        command, _, shown = block.partition("\n")
        assert command.startswith("$ deltarule ")
        assert main(shlex.split(command[2:])[1:]) == 0
        printed = capsys.readouterr().out
        for part in shown.strip("\n").split("\n…\n"):
            lines = part.strip("\n").splitlines()
            told = printed.splitlines()
            first = next((n for n, line in enumerate(told) if same(lines[0], line)), None)
            assert first is not None, f"{command} does not print: {lines[0]}"
            for line, really in zip(lines, told[first : first + len(lines)], strict=True):
                assert same(line, really), f"{command} prints: {really}"


def test_a_line_that_is_not_printed_would_be_noticed() -> None:
    assert same("after 286 epochs (0.4 s): RMSE 53.34", "after 286 epochs (1.2 s): RMSE  53.341")
    assert not same("RMSE 53.34", "RMSE 54.34")
    assert not same("RMSE 53.34", "MSE 53.34")
