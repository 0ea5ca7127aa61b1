"""`deltarule export`: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deltarule.cli import main
from deltarule.runs import load


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    random = np.random.default_rng(0)
    lines = ["age,colour,price"]
    for age in random.uniform(20, 60, 40):
        lines.append(f"{age:.2f},{random.choice(['red', 'blue', ''])},{2 * age + random.normal():.3f}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    arguments = ["train", str(folder / "table.csv"), "--target", "price", "--hidden", "3", "--epochs", "5"]
    assert main([*arguments, "--out", str(folder / "run")]) == 0
    return folder


def test_the_exported_file_predicts_alone(run, capsys):
    assert main(["export", str(run / "run"), "--to", "python", "--out", str(run / "model.py")]) == 0
    assert "run by a bare Python" in capsys.readouterr().err
    command = [sys.executable, "-I", "-S", str(run / "model.py")]
    done = subprocess.run(command, input="age,colour\n33.3,red\n", capture_output=True, text=True, check=True)
    expected = load(run / "run").predict({"age": [33.3], "colour": ["red"]})[0]
    assert float(done.stdout) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("to", ["python", "excel", "latex", "c"])
def test_every_language_says_its_largest_difference(run, capsys, to):
    assert main(["export", str(run / "run"), "--to", to, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["text"] and found["rows"] > 0
    assert found["difference"] < (0.05 if to == "latex" else 1e-10)


def test_a_table_that_is_gone_is_said_and_the_model_still_written(run, capsys):
    away = run / "away.csv"
    (run / "table.csv").rename(away)
    try:
        assert main(["export", str(run / "run"), "--to", "c"]) == 0
        told = capsys.readouterr()
        assert "predict(" in told.out and "no rows at hand" in told.err
    finally:
        away.rename(run / "table.csv")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--to", "pyhton"], "did you mean 'python'"),
        (["--to", "c", "--out", "."], "--force"),
        (["--to", "c", "--table", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run, capsys, more, sentence):
    assert main(["export", str(run / "run"), *more]) == 2
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


def test_rows_of_another_file_are_read_with_the_run_s_words_for_missing_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{n},5;{n * n},25" for n in range(20)]
    for name in ("t.csv", "more.csv"):
        Path(name).write_text("\n".join(["x;y", *lines, "n/k;7,5", "-999,0;3", "-999;4"]) + "\n")
    given = ["--target", "y", "--hidden", "2", "--epochs", "5", "--test", "0", "--missing", "n/k,-999"]
    assert main(["train", "t.csv", *given, "--out", "run"]) == 0
    for more in ([], ["--table", "more.csv"]):
        capsys.readouterr()
        assert main(["export", "run", "--to", "python", "--json", *more]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["rows"] == 23 and told["difference"] < 1e-9
