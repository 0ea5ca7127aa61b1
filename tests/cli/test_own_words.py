"""What a floor below says of Python's arguments, the command line says of its options."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.test_main import options
from tests.runs.tables_made import bowl

from deltarule.cli import main
from deltarule.cli.own_words import OPTIONS, in_options

SAID = [
    (["--rule", "lm", "--batch", "5"], "leave --batch out, got 5"),
    (["--rule", "lm", "--learning-rate", "0.1"], "leave --learning-rate out"),
    (["--rule", "lm", "--clip", "1"], "leave --clip out"),
    (["--rule", "lm", "--distilled", "--restarts", "2"], "write --rule 'evidence', or --committee"),
    (
        ["--loss", "cross_entropy", "--output-activation", "tanh"],
        "use --output-activation 'softmax'",
    ),
]


@pytest.mark.parametrize(("words", "sentence"), SAID, ids=[" ".join(words) for words, _ in SAID])
def test_a_python_argument_is_told_as_its_option(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = bowl(tmp_path / "bowl.csv")
    assert main(["train", str(table), "--target", "y", *words, "--out", str(tmp_path / "run")]) == 2
    assert sentence in capsys.readouterr().err


def test_names_of_the_users_own_stay_as_they_are() -> None:
    for sentence in (
        "rule.csv has no column 'learning_rate'",
        "batch_size.csv: 'rule=x' is a path/batch_size",
    ):
        assert in_options(sentence) == sentence


def test_the_options_exist() -> None:
    assert {option.strip() for option in OPTIONS.values()} <= options()
