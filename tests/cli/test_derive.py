"""`deltarule derive`, `check` and `exercise`: the lecture in a terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.runs.tables_made import bowl

from deltarule.cli import main
from deltarule.runs import load


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    captured = capsys.readouterr()
    return captured.out if code != 2 else captured.err


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    bowl(tmp_path / "bowl.csv")
    words = ["--hidden", "3,2", "--epochs", "10", "--penalty", "0.01", "--out", "run"]
    assert main(["train", "bowl.csv", "--target", "y", *words]) == 0
    capsys.readouterr()


def test_sizes_alone_are_the_lectures_network(capsys) -> None:
    text = said(capsys, "derive", "2-2-1", "0,1:1,2")
    assert (
        "∂E/∂w_12^(0,1) = mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*w_21^(1,2)*S'(net_n2^(0,1))*x_n1)" in text
    )
    assert "In numbers" not in text


def test_options_change_the_network_of_sizes(capsys) -> None:
    words = ["--activation", "tanh", "--output-activation", "softmax", "--bias", "--penalty", "l1:0.5"]
    text = said(capsys, "derive", "2-2-2", "1:1", "--notation", "textbook", *words)
    assert "1 - (a_n1^(1))**2" in text or "1 - a_n1^(1)**2" in text
    assert "cross_entropy and softmax" in text


def test_a_proof_is_shown_where_asked(capsys) -> None:
    assert (
        "Proof: SymPy differentiates the unfolded E; ours - SymPy's, over one denominator and expanded, is 0"
        in said(capsys, "derive", "2-2-1", "0,1:1,1", "--prove")
    )


def test_latex_and_json(capsys) -> None:
    assert said(capsys, "derive", "2-2-1", "0,1:1,1", "--latex").startswith(r"E = \frac{1}{N} \sum_{n=1}^{N}")
    record = json.loads(said(capsys, "derive", "2-2-1", "0,1:1,1", "--json", "--prove"))
    assert record["proved"] is True
    assert record["mathml"].startswith("<math")
    assert [step["title"] for step in record["steps"]][:2] == ["Paths", "Links"]


def test_a_runs_derivation_ends_in_its_own_number(trained, capsys) -> None:
    text = said(capsys, "derive", "run", "0,1:1,2", "--row", "3")
    run = load("run")
    table = np.genfromtxt("bowl.csv", delimiter=",", names=True)
    assert len(table)
    last = float(text.strip().splitlines()[-1].rpartition("=")[2])
    from deltarule.runs.run import table_of

    rows = table_of(run).take(run.split.train)
    X, D = run.model.inputs.transform(rows), run.model.targets.transform(rows)
    gradient = run.network.gradient(X, D, run.model.loss, run.penalty).W[0][0, 1]
    assert last == pytest.approx(gradient, rel=1e-5)


def test_the_picture_lights_the_path(tmp_path, capsys) -> None:
    file = tmp_path / "net.svg"
    said(capsys, "derive", "2-2-1", "0,1:1,1", "--picture", str(file))
    assert "#b0127b" in file.read_text()
    ElementTree.parse(file)
    assert "exists" in said(capsys, "derive", "2-2-1", "0,1:1,1", "--picture", str(file), code=2)
    assert "writes .svg or .tex" in said(capsys, "derive", "2-2-1", "0,1:1,1", "--picture", "net.png", code=2)


def test_a_run_is_checked_weight_by_weight(trained, capsys) -> None:
    text = said(capsys, "check", "run", "--rows", "20")
    assert text.strip().endswith("the gradient holds")
    record = json.loads(said(capsys, "check", "run", "--json"))
    assert record["holds"] is True
    assert len(record["weights"]) == load("run").network.shape.size


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["derive", "2-2-1", "w_11"], "a weight is written"),
        (["derive", "2-2-1", "0,1:3,1"], "goes from units 1 to 2"),
        (["derive", "2-2-1", "0,1:1,1", "--row", "2"], "has no rows"),
        (["derive", "2-2-1", "0,1:1,1", "--at", "start"], "--at is for a run; 2-2-1 is sizes alone"),
        (["derive", "2-2-1", "0,1:1,1", "--table", "t.csv"], "--table is for a run"),
        (["flow", "--activation", "foo"], "gelu, silu, softplus, sigmoid, linear, swish, tansig,"),
        (["flow", "--activation", "softmax"], "'softmax' is for the output only"),
        (["derive", "nowhere", "0,1:1,1"], "nowhere"),
        (["check", "2-2-1", "--rows", "0"], "at least 1"),
        (["exercise", "gradient"], "did you mean 'gradients'"),
        (["exercise", "--exam", "3"], "needs a folder"),
        (["exercise", "--out", "x"], "is for --exam"),
        (["exercise", "health", "--picture", "x.svg"], "has no picture"),
        (
            ["exercise", "--answers", "/nowhere/answers"],
            "(No such file or directory): give a file of answers",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(words, sentence, capsys) -> None:
    assert sentence in said(capsys, *words, code=2)


def test_options_of_sizes_are_refused_for_a_run(trained, capsys) -> None:
    assert "is a run and has its own" in said(capsys, "derive", "run", "0,1:1,1", "--loss", "mse", code=2)


@pytest.mark.parametrize("row", ["0", "500"])
def test_a_row_that_the_run_does_not_have_is_called_a_row(row, trained, capsys) -> None:
    sentence = said(capsys, "derive", "run", "0,1:1,1", "--row", row, code=2)
    assert "--row must be from 1 to" in sentence and f"got {row}" in sentence


def test_answers_are_marked_from_a_file_and_from_standard_input(tmp_path, monkeypatch, capsys) -> None:
    answers = "1=w_11^(0,1)\n"
    (tmp_path / "a.txt").write_text(answers)
    first = said(capsys, "exercise", "symbols", "--seed", "1", "--answers", str(tmp_path / "a.txt"))
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    assert said(capsys, "exercise", "symbols", "--seed", "1", "--answers", "-") == first
    assert first.startswith("1: right\n")


def test_the_solution_marks_itself(capsys, monkeypatch) -> None:
    solution = said(capsys, "exercise", "numbers", "--level", "3", "--seed", "4", "--solution")
    monkeypatch.setattr("sys.stdin", io.StringIO(solution))
    assert "Score: 100 %" in said(
        capsys, "exercise", "numbers", "--level", "3", "--seed", "4", "--answers", "-"
    )


def test_an_exam_is_written_and_not_overwritten(tmp_path, capsys) -> None:
    folder = tmp_path / "exam"
    assert "paper.md" in said(capsys, "exercise", "--exam", "2", "--seed", "7", "--out", str(folder))
    assert (folder / "moodle.xml").exists()
    assert "is not empty" in said(capsys, "exercise", "--exam", "2", "--out", str(folder), code=2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_dialogue_marks_each_line_helps_and_ends(monkeypatch, capsys) -> None:
    lines = iter(["?", "hint", "o_n1", "2*(o_n1 - d_n1)", "", "quit"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
    text = said(capsys, "exercise", "gradients", "--seed", "2")
    assert "mean_n(...)" in text  # the grammar
    assert "The path of item 1" in text  # the hint
    assert "   right" in text
    assert "Score: 33 %" in text
