"""`deltarule descend` as a person sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deltarule.cli import main

SHOWN = [
    ("∇f  = (2*x1 + 3*x2, 3*x1 + 10*x2)", ["x1**2+3*x1*x2+5*x2**2", "--from", "2,1"]),
    ("∇²f = ((2, 3), (3, 10))", ["x1**2+3*x1*x2+5*x2**2", "--from", "2,1"]),
    ("Minimum: f = ", ["x1**2+3*x1*x2+5*x2**2", "--from", "2,1"]),
    ("eigenvalues of ∇²f there: 1, 11", ["x1**2+3*x1*x2+5*x2**2", "--from", "x2=1,x1=2"]),
    ("     0    2     1    15  17.4642",
     ["x1**2+3*x1*x2+5*x2**2", "--from", "2,1", "--learning-rate", "0.1", "--steps", "1"]),
    ("deltarule.descend('x1**2+3*x1*x2+5*x2**2', [2, 1], learning_rate=0.1)",
     ["x1**2+3*x1*x2+5*x2**2", "--from", "2,1", "--learning-rate", "0.1"]),
    ("deltarule.descend('x^2', [3], rule='momentum', learning_rate=0.1, steps=7, tolerance=0.001)",
     ["x^2", "--from", "3", "--rule", "momentum", "--learning-rate", "0.1", "--steps", "7", "--tolerance", "1e-3"]),
    ("  step  x  f  |f'|\n", ["x^2", "--from", "0"]),
    ("Kink: f = 0 at x = 0\n  f has a kink there and no second derivative: f' jumps from -1 to 1\n",
     ["abs(x)", "--from", "0"]),
    ("f' jumps from -∞ to ∞", ["sqrt(abs(x))", "--from", "1"]),
    ("Not stationary: f = 5.16435e-09 at x = 19.0815\n", ["exp(-x)", "--from", "1"]),
    ("∂f/∂x1 jumps from -1 to 1", ["abs(x1-1)+x2**2", "--from", "3,1"]),
    ("Degenerate: f = 0 at x = 0\n  f'' there: 0; a 0 at the stationary point leaves its kind open",
     ["x**4", "--from", "1"]),
    ("diverged at step", ["x^2", "--from", "1", "--learning-rate", "1.1"]),
    ("f'  = 2*x", ["x^2", "--from", "-1.5"]),
    ("Saddle: f = 0 at x = 0  y = 0", ["x^2-y^2", "--from", "1,0"]),
    ("∂²f/∂x1∂x2 = ", ["exp(x1*x2)*sin(x1+x2)*cos(x1-x2)", "--from", "1,1"]),
    ("The path, 1 step\n", ["x^2", "--from", "3"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "words"), SHOWN)
def test_a_line_of_the_screen(line: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", *words]) == 0
    assert line in capsys.readouterr().out


def test_a_long_path_is_cut_unless_all_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    main(["descend", "x1**2+3*x1*x2+5*x2**2", "--from", "2,1"])
    short = capsys.readouterr().out
    main(["descend", "x1**2+3*x1*x2+5*x2**2", "--from", "2,1", "--all"])
    long = capsys.readouterr().out
    assert "…" in short and "…" not in long and len(long.splitlines()) > 90


def test_json_has_the_whole_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", "x1**2+3*x1*x2+5*x2**2", "--from", "2,1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gradient_formula"] == ["2*x1 + 3*x2", "3*x1 + 10*x2"]
    assert found["hessian"] == [[2.0, 3.0], [3.0, 10.0]]
    assert (
        found["path"][0] == [2.0, 1.0]
        and len(found["path"]) == len(found["values"]) == found["outcome"]["step"] + 1
    )
    assert (found["kind"], found["outcome"]["name"]) == ("minimum", "converged")


def test_a_formula_too_long_to_show_is_walked_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    formula = "*".join(f"(x{i}+{i})" for i in range(1, 60))
    assert main(["descend", formula, "--from", ",".join(["-1"] * 59), "--steps", "2"]) == 0
    assert "too many to be shown" in capsys.readouterr().out


def test_starts_that_reach_different_minima_are_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for start in ("2,1", "-2,1", "0.5,-3") for word in ("--from", start)]
    assert main(["descend", "(x^2-1)^2 + x/4 + y^2", *words]) == 0
    shown = capsys.readouterr().out
    assert "The 3 starts end in 2 places; the lowest f is -0.253791, at place 1." in shown
    assert (
        "[deltarule.descend('(x^2-1)^2 + x/4 + y^2', start) for start in ([2, 1], [-2, 1], [0.5, -3])]"
        in shown
    )
    assert main(["descend", "(x^2-1)^2 + x/4 + y^2", *words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [round(down["x"][0], 4) for down in found] == [-1.0299, 0.9671, 0.9671]


WRONG = [
    (["x^2+", "--from", "1"], "the formula breaks off after '+' at position 4"),
    (["__import__('os').system('x')", "--from", "1"], "at position 12"),
    (["x^2", "--from", "one"], "--from takes numbers such as 2,1"),
    (["x^2", "--from", "1,2"], "1 numbers are expected, the start has 2"),
    (["x^2", "--from", "1", "--rule", "adma"], "did you mean 'adam'"),
    (["x^2"], "--from"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_a_wrong_word_is_answered_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["descend", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and said in shown.err


def test_a_picture_of_the_paths_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [
        "descend",
        "(x**2-1)**2+y**2",
        "--from",
        "x=0.3,y=1",
        "--from",
        "x=-0.3,y=1",
        "--picture",
        "two.svg",
    ]
    assert main(words) == 0
    assert "Drawn in two.svg" in capsys.readouterr().out and "<svg" in Path("two.svg").read_text()
    assert main(words) == 2
    assert main([*words, "--force"]) == 0
    assert main(["descend", "x**2", "--from", "1", "--picture", "one.svg"]) == 2
    assert not Path("one.svg").exists()


def test_a_walk_down_to_the_end_of_the_numbers_is_drawn_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = str(tmp_path / "saddle.svg")
    assert main(["descend", "x1**2-x2**2", "--from", "1,0.1", "--steps", "600", "--picture", picture]) == 0
    assert "f falls without end" in capsys.readouterr().out and Path(picture).stat().st_size > 1000


def test_a_formula_may_begin_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", "-x1**2-x2**2", "--from", "-0,0"]) == 0
    said = capsys.readouterr().out
    assert "Maximum" in said and "descend('-x1**2-x2**2', [0, 0])" in said
