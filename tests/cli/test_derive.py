"""`deltarule derive`, `check` and `exercise`: the lecture in a terminal."""

from __future__ import annotations

import io
import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.cli.runs_made import bowl_run_in

from deltarule.cli import main
from deltarule.lecture.exam import compose
from deltarule.lecture.exercises import KINDS
from deltarule.runs import load


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    captured = capsys.readouterr()
    return captured.out if code != 2 else captured.err


@pytest.fixture(scope="module")
def bowl_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bowl_run_in(
        tmp_path_factory.mktemp("bowl"), "--hidden", "3,2", "--epochs", "10", "--penalty", "0.01"
    )


@pytest.fixture
def trained(bowl_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(bowl_run, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


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
    run = load("run")
    text = said(capsys, "derive", "run", "0,1:1,2", "--row", str(run.split.train[3] + 1))
    table = np.genfromtxt("bowl.csv", delimiter=",", names=True)
    assert len(table)
    *_, number, _, whose = text.strip().splitlines()
    assert whose == f"Sample 4 is row {run.split.train[3] + 1} of bowl.csv."
    last = float(number.rpartition("=")[2])
    from deltarule.runs.run import table_of

    rows = table_of(run).take(run.split.train)
    X, D = run.model.inputs.transform(rows), run.model.targets.transform(rows)
    gradient = run.network.gradient(X, D, run.model.loss, run.penalty).W[0][0, 1]
    assert last == pytest.approx(gradient, rel=1e-5)


def test_a_row_is_the_tables_row_as_in_explain(trained, capsys) -> None:
    row = load("run").split.train[-1] + 1
    derived = said(capsys, "derive", "run", "1,2:1,1", "--row", str(row), "--notation", "layer")
    explained = json.loads(said(capsys, "explain", "run", "--row", str(row), "--json"))
    assert f"    d_n1 = {explained['d'][0]:.6g}\n" in derived
    assert f"    y_n1^(1) = {explained['y'][1][0]:.6g}\n" in derived


def test_a_test_row_is_refused_with_a_training_row_beside_it(trained, capsys) -> None:
    row = load("run").split.test[0] + 1
    sentence = said(capsys, "derive", "run", "0,1:1,1", "--row", str(row), code=2)
    assert f"row {row} is a test row" in sentence and "deltarule explain" in sentence


def test_a_proof_beside_latex_is_a_comment(capsys) -> None:
    text = said(capsys, "derive", "2-2-1", "0,1:1,1", "--prove", "--latex")
    assert text.splitlines()[-1].startswith("% Proof: SymPy differentiates")


def test_a_loss_with_its_constant_is_understood_as_by_train(capsys) -> None:
    text = said(capsys, "derive", "2-2-1", "1,2:1,1", "--loss", "huber:2")
    assert "step(2 - abs(o_n1 - d_n1))" in text and "step(z) is 1 for z > 0 and 0 for z ≤ 0." in text


def test_every_way_to_write_a_weight_is_understood(capsys) -> None:
    first = said(capsys, "derive", "2-2-1", "0,1:1,2", "--notation", "textbook")
    for address in ("w_12^(0,1)", "w12(0,1)", "w_12^(1)", "w_{12}^{(1)}", "w12^(1)"):
        assert said(capsys, "derive", "2-2-1", address, "--notation", "textbook") == first


@pytest.mark.parametrize("sizes", ["2x2", "2,2,1", "2-2-", "2 2 1"])
def test_sizes_written_otherwise_are_told_how_they_are_written(sizes, capsys) -> None:
    assert "sizes are written 2-2-1" in said(capsys, "derive", sizes, "0,1:1,1", code=2)


def test_a_check_of_one_row_is_of_one_row(capsys) -> None:
    assert said(capsys, "check", "2-2-1", "--rows", "1").startswith("∂E/∂w on 1 row of random numbers\n")


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
        (["exercise", "--exam", "3", "--out", "x", "--answers", "-"], "give one of them"),
        (["exercise", "--exam", "3", "--out", "x", "--solution"], "--solution is for one exercise"),
        (["exercise", "nothing", "--exam", "3", "--out", "x"], "unknown exercise 'nothing'"),
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
    assert "has rows 1 to" in sentence and f"got row {row}" in sentence


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
    assert "paper.md" in said(capsys, "exercise", "--exam", "3", "--seed", "7", "--out", str(folder))
    assert (folder / "moodle.xml").exists()
    assert "is not empty" in said(capsys, "exercise", "--exam", "2", "--out", str(folder), code=2)


def test_a_paper_is_marked_by_its_number_of_exercises_and_its_seed(capsys, monkeypatch) -> None:
    keys = [
        f"{at}.{line}"
        for at, exercise in enumerate(compose(3, 7), 1)
        for line in exercise.solution.splitlines()
    ]
    paper = ("exercise", "--exam", "3", "--seed", "7", "--answers", "-")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(keys)))
    assert "Score: 100 %" in said(capsys, *paper)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{keys[0]}\n9.1=o_n1"))
    text = said(capsys, *paper)
    assert "1. Identify the gradients, link by link: 33 %\n1.1: right\n1.2: no answer" in text
    assert "9.1: there is no such item\nScore: 11 %" in text
    monkeypatch.setattr("sys.stdin", io.StringIO("2.1=o_n1\no_n1"))
    assert "line 2 of the answers" in said(capsys, *paper, code=2)


def test_a_question_that_is_printed_says_how_to_answer_without_an_answer(capsys) -> None:
    for kind in KINDS:
        text = said(capsys, "exercise", kind)
        assert "One answer a line, KEY=…" in text and "as g1=" not in text and "1=w_11" not in text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_dialogue_marks_each_line_helps_and_ends(monkeypatch, capsys) -> None:
    lines = iter(["?", "hint", "o_n1", "2*(o_n1 - d_n1)", "", "quit"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
    monkeypatch.delitem(sys.modules, "readline", raising=False)
    text = said(capsys, "exercise", "gradients", "--seed", "2")
    assert find_spec("readline") is None or "readline" in sys.modules  # arrows work in the line
    assert "mean_n(...)" in text  # the grammar
    assert "The path: w_11^(0,1) → " in text  # the hint
    assert "   right" in text
    assert "Score: 33 %" in text
