"""A finished run in the page: scores, pictures, one row, one weight; and a run of the command line likewise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.studio.desk import Desk

from deltarule.cli import main
from deltarule.runs import load
from deltarule.runs.explanation import explain
from deltarule.runs.run import table_of


def texts(tree: list[Any]) -> str:
    return "".join(child if isinstance(child, str) else texts(child) for child in tree[2])


def test_a_run_is_told_with_its_rivals(workshop: Desk) -> None:
    told = workshop.read("run", run="bowl-run")
    assert told["headline"] == "y from 3 columns of bowl.csv"
    assert told["scores"][0] == ["", "rows", "RMSE", "mean |error|", "R²"]
    assert {row[0] for row in told["scores"][1:]} == {
        "network",
        "mean of the training rows",
        "linear regression",
    }
    assert told["curve"]["epoch"][-1] == 30
    assert told["verdict"].startswith("Nothing was learnt that helps")


def test_a_run_of_the_command_line_opens(
    workshop: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(workshop.folder)
    words = ["train", "rings.csv", "--target", "ring", "--hidden", "3", "--rule", "lbfgs", "--epochs", "20"]
    assert main([*words, "--folds", "2", "--out", "by/hand"]) == 0
    monkeypatch.chdir(workshop.folder.parent)
    assert "by/hand" in [run["name"] for run in workshop.read("folder")["runs"]]
    assert workshop.read("run", run="by/hand")["kind"] == "classes"
    assert workshop.read("row", run="by/hand", row=3)["row"] == 3
    assert workshop.read("diagnosis", run="by/hand")["about"]
    assert capsys.readouterr().out


@pytest.mark.parametrize("run", ["bowl-run", "rings-run"])
def test_every_picture_of_the_report_is_drawn(workshop: Desk, run: str) -> None:
    sections = workshop.read("figures", run=run)["sections"]
    names = [figure["name"] for section in sections for figure in section["figures"]]
    assert "error-curves" in names
    for name in names[:2]:
        answer = workshop.page.get("/api/figure", params={"run": run, "figure": name})
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.content.startswith(b"<svg")
    unknown = workshop.page.get("/api/figure", params={"run": run, "figure": "nothing"})
    assert unknown.status_code == 400


def test_a_rows_numbers_are_those_of_explain(workshop: Desk) -> None:
    run = load(workshop.folder / "bowl-run")
    e = explain(run, table_of(run), 5)
    told = workshop.read("row", run="bowl-run", row=5, weight="w_12^(0,1)")
    assert told["part"] == e.part
    assert told["predicted"] == e.predicted
    assert [unit["net"] for unit in told["layers"][0]["units"]] == e.trace.net[0][0].tolist()
    lit = [line["weight"] for line in told["picture"]["lines"] if line["lit"]]
    assert lit == ["w_12^(0,1)"]
    assert workshop.read("row", run="bowl-run", row=5, at="start")["error"] != told["error"]


def test_rows_are_numbered_as_in_the_file_also_where_some_were_left_out(desk: Desk) -> None:
    header, *rows = (desk.folder / "bowl.csv").read_text().splitlines()
    (desk.folder / "late.csv").write_text("\n".join([header, *rows[3:]]) + "\n")  # its first row lacks x2
    assert desk.trained("late.csv", target=["x2"])["state"] == "done"
    told = desk.read("run", run="late-run")
    assert (told["rows"], told["first_row"]) == (77, 2)
    assert desk.read("row", run="late-run", row=77)["wanted"]["x2"] == float(rows[-1].split(",")[1])
    assert desk.read("check", run="late-run")["rows"]
    assert "lacks a target" in str(desk.page.get("/api/row", params={"run": "late-run", "row": 1}).json())


@pytest.mark.parametrize("run", ["bowl-run", "rings-run"])
@pytest.mark.parametrize("address", ["w_12^(0,1)", "w_11^(1,2)", "b_1^(1)"])
def test_a_weights_derivative_is_a_formula_a_chain_and_one_number_twice(
    workshop: Desk, run: str, address: str
) -> None:
    told = workshop.read("weight", run=run, row=2, weight=address)
    assert told["address"] == address
    assert told["formula"][0] == "math"
    assert "∂E" in texts(told["formula"]).replace(" ", "")
    assert told["chain"][0]["digits"]
    given = [line["given"] for line in told["chain"] if line["given"]]  # a softmax's targets
    assert [texts(tree).replace(" ", "")[-2:] for tree in given] == ["=1"] * (run == "rings-run")
    assert told["backpropagation"] == pytest.approx(told["quotient"], abs=1e-6)
    assert len(told["steps"]) >= 3


def test_a_penalty_is_spoken_of_where_there_is_one(workshop: Desk) -> None:
    assert workshop.read("row", run="bowl-run", row=3)["penalised"] is False
    assert workshop.read("weight", run="bowl-run", row=3, weight="w_11^(0,1)")["penalised"] is False


def test_notation_and_moment_are_the_pages_choice(workshop: Desk) -> None:
    textbook = workshop.read(
        "weight", run="bowl-run", row=1, weight="w_11^(0,1)", notation="textbook", at="start"
    )
    assert "t_n1" in textbook["text"]


def test_every_gradient_of_the_network_is_checked(workshop: Desk) -> None:
    told = workshop.read("check", run="bowl-run")
    assert told["holds"] is True
    assert len(told["rows"]) == load(workshop.folder / "bowl-run").network.shape.size


@pytest.mark.parametrize(
    ("path", "values", "sentence"),
    [
        ("row", {"run": "bowl-run", "row": 0}, "rows 1 to 80"),
        ("row", {"run": "bowl-run", "row": 81}, "rows count from 1"),
        ("row", {"run": "bowl-run", "row": "many"}, "whole number"),
        ("row", {"run": "bowl-run", "at": "middle"}, "'start' or 'end'"),
        ("weight", {"run": "bowl-run", "weight": "w_99^(0,1)"}, "w_99"),
        ("weight", {"run": "bowl-run", "weight": "__import__('os')"}, "__import__"),
        ("run", {"run": "nowhere"}, "is not a run"),
        ("run", {"run": "bowl.csv"}, "is not a run"),
        ("run", {}, "run"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    workshop: Desk, path: str, values: dict[str, Any], sentence: str
) -> None:
    answer = workshop.page.get(f"/api/{path}", params=values)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_a_damaged_run_is_listed_with_what_is_wrong(workshop: Desk) -> None:
    (workshop.folder / "broken").mkdir()
    (workshop.folder / "broken" / "run.json").write_text("{}")
    (entry,) = [run for run in workshop.read("folder")["runs"] if run["name"] == "broken"]
    assert "was not written by deltarule" in entry["error"]
    (workshop.folder / "broken" / "run.json").unlink()


def test_a_column_name_with_markup_stays_a_text(desk: Desk) -> None:
    rows = "\n".join(f"{n % 7},{n % 5},{(n * 3) % 11}" for n in range(40))
    (desk.folder / "odd.csv").write_text(f"<img src=x onerror=alert(1)>,a_b,y\n{rows}\n")
    plan = desk.act("plan", table="odd.csv", settings={"target": ["y"], "hidden": [2]})
    assert plan["inputs"] == ["<img src=x onerror=alert(1)>", "a_b"]
    written = [piece[0] for text in plan["picture"]["texts"] for piece in text["pieces"]]
    assert "<img src=x on…" in written
    assert "a_b" in written  # no index


@pytest.mark.parametrize(("to", "begins", "file"), [
    ("report", "<!DOCTYPE html>", "bowl-run-report.html"), ("python", '"""', "bowl-run.py"),
    ("excel", "", "bowl-run.txt"), ("c", "", "bowl-run.c"), ("latex", "", "bowl-run.tex"),
])  # fmt: skip
@pytest.mark.usefixtures("two_pictures")
def test_a_run_is_taken_away_as_a_file(workshop: Desk, to: str, begins: str, file: str) -> None:
    answer = workshop.page.get("/api/export", params={"run": "bowl-run", "to": to})
    assert answer.status_code == 200
    assert answer.text.startswith(begins)
    assert answer.headers["content-disposition"] == f'attachment; filename="{file}"'


def test_exercises_are_asked_hinted_at_and_marked(desk: Desk) -> None:
    asked = desk.read("exercise", kind="gradients", level=2, seed=0, hints=1)
    assert len(asked["hints"]) == 1
    assert ["w", "11", "(1,2)"] in asked["hints"][0]
    assert asked["items"][0]["prompt"] == ["−∂E/∂", ["w", "11", "(1,2)"], " = "]
    assert ["o", "nk", ""] in asked["text"]
    assert asked["picture"]["units"]
    key = asked["items"][0]["key"]
    right = {key: "-mean_n(2*(o_n1 - d_n1)*o_n1*(1 - o_n1)*y_n1)"}
    marked = desk.act("mark", kind="gradients", level=2, seed=0, answers=right)
    assert marked["marks"][key] == {"score": 1.0, "feedback": "right"}
    capped = desk.act("mark", kind="gradients", level=2, seed=0, hints=4, answers=right)
    assert capped["score"] == 0.0
    wrong = desk.act("mark", kind="gradients", level=2, seed=0, answers={key: "__import__('os').system('x')"})
    assert wrong["marks"][key]["score"] == 0.0
    assert "unknown exercise" in desk.page.get("/api/exercise", params={"kind": "nothing"}).json()["error"]


def test_numbers_that_are_not_finite_are_null(workshop: Desk) -> None:
    rows = "\n".join(f"{np.sin(n):.3f},{n % 5}" for n in range(30))
    (workshop.folder / "thirty.csv").write_text(f"x,y\n{rows}\n")  # too few for validation rows
    over = workshop.trained("thirty.csv")
    assert over["starts"][0]["validation"][0] is None
    assert workshop.read("run", run=over["run"])["curve"]["validation"][0] is None
