"""What a training would be: rule, picture, command; faults are the library's own sentences."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from tests.runs.tables_made import rings
from tests.studio.desk import QUICK, Desk

from deltarule.cli import main
from deltarule.runs import load
from deltarule.studio.folder import Folder
from deltarule.studio.studio import Studio


def test_the_rule_is_chosen_with_its_reason_and_the_network_drawn(desk: Desk) -> None:
    plan = desk.act("plan", table="bowl.csv", settings={"target": ["y"]})
    assert plan["rule"] == "evidence"
    assert "few enough" in plan["reason"]
    assert plan["line_possible"] is True
    assert plan["inputs"] == ["x1", "x2", "x2 is missing", "colour=blue", "colour=green", "colour=red"]
    assert plan["sizes"] == [6, 50, 1]
    assert len([line for line in plan["picture"]["lines"] if line["weight"]]) == 6 * 6 + 6


def test_rows_without_the_target_are_not_counted(desk: Desk) -> None:
    rows = desk.act("plan", table="bowl.csv", settings={"target": ["x2"]})["rows"]
    assert sum(rows.values()) == 80 - 7


def test_further_words_for_missing_cells_are_planned_trained_and_predicted_with(desk: Desk) -> None:
    file = desk.folder / "bowl.csv"
    text = file.read_text().replace(",red,", ",n/k,")
    header, first, *lines = text.splitlines()
    file.write_text("\n".join([header, f"-999,{first.split(',', 1)[1]}", *lines]) + "\n")
    asked = {"target": ["y"], "missing": "n/k,-999"}
    plan = desk.act("plan", table="bowl.csv", settings=asked)
    assert plan["inputs"][-3:] == ["colour=blue", "colour=green", "colour=(missing)"]
    assert "--missing n/k,-999" in plan["command"]
    assert "word for missing cells is empty" in desk.refused(
        "plan", table="bowl.csv", settings={**asked, "missing": " "}
    )
    done = desk.trained("bowl.csv", missing="n/k,-999")
    assert done["state"] == "done"
    run = load(desk.folder / done["run"])
    assert run.model.inputs.missing == ("n/k", "-999")
    gaps, empty = (
        desk.act("predict", run=done["run"], cells={"x1": x1, "x2": 0.5, "colour": colour})
        for x1, colour in ((-999, "n/k"), (None, None))
    )
    assert gaps == empty and gaps["outside"] == []
    written = desk.act("predict-table", run=done["run"], table="bowl.csv")
    lines = (desk.folder / written["name"]).read_text().splitlines()
    assert lines[1].startswith("-999,") and sum(",n/k," in line for line in lines) == text.count(",n/k,")
    assert desk.read("form", run=done["run"])["fields"][0]["low"] > -10


def test_a_picture_names_its_columns_and_weights(desk: Desk) -> None:
    picture = desk.act("plan", table="bowl.csv", settings={"target": ["y"], "hidden": [2]})["picture"]
    written = {piece[0] for text in picture["texts"] for piece in text["pieces"]}
    assert {"x1", "colour=blue", "y"} <= written
    assert "w_12^(0,1)" in {line["weight"] for line in picture["lines"]}


def test_classes_have_an_output_each(desk: Desk) -> None:
    rings(desk.folder / "rings.csv")
    plan = desk.act(
        "plan",
        table="rings.csv",
        settings={"target": ["ring"], "hidden": [3, 3], "activation": ["relu", "tanh"]},
    )
    assert (plan["kind"], plan["sizes"]) == ("classes", [2, 3, 3, 3])
    assert plan["activations"] == ["relu", "tanh", "softmax"]


def test_the_command_shown_is_what_the_command_line_takes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    desk = Desk(folder)
    settings = {
        **QUICK,
        "features": ["x1", "colour"],
        "activation": ["relu"],
        "bias": False,
        "seed": 3,
        "penalty": "0.01",
    }
    command = desk.act("plan", table="bowl.csv", settings=settings)["command"]
    assert command.startswith("deltarule train bowl.csv --target y")
    assert command.endswith("--out bowl-run")
    assert main(shlex.split(command)[1:]) == 0
    assert desk.act("plan", table="bowl.csv", settings=settings)["command"].endswith("--out bowl-run-2")
    run = load("bowl-run")
    assert run.network.sizes == (4, 4, 1)
    assert run.settings["features"] == ["x1", "colour"]
    assert not run.network.shape.bias
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"target": ["z"]}, "no column 'z'"),
        ({"target": []}, "needs a table and a target"),
        ({"target": ["y"], "hidden": [0]}, "greater than or equal to 1"),
        ({"target": ["y"], "hidden": "50;50"}, "expected units a layer"),
        ({"target": ["y"], "rule": "adm"}, "did you mean 'adam'?"),
        ({"target": ["y"], "activation": ["tahn"]}, "did you mean 'tanh'?"),
        ({"target": ["y"], "learning_rate": -1}, "greater than 0"),
        ({"target": ["y"], "budget": "soon"}, "expected a time such as 60s"),
        ({"target": ["y"], "frobnicate": 1}, "unknown setting 'frobnicate'"),
        ({"target": ["y"], "folds": 5}, "folds cannot be set in the studio"),
        ({"target": ["y"], "test": "/etc/passwd"}, "test cannot be set in the studio"),
        ({"target": ["y"], "validation": "../x.csv"}, "validation cannot be set in the studio"),
        ({"table": "/etc/passwd", "target": ["y"]}, "table cannot be set in the studio"),
    ],
)
def test_a_setting_that_cannot_be_used_is_the_librarys_own_sentence(
    desk: Desk, settings: dict[str, object], sentence: str
) -> None:
    assert sentence in desk.refused("plan", table="bowl.csv", settings=settings)
    assert sentence in desk.refused("train", table="bowl.csv", settings=settings)


def test_the_names_on_offer_are_those_that_the_library_knows(desk: Desk) -> None:
    choices = desk.read("folder")["choices"]
    for rule in choices["batch_rules"] + choices["full_rules"]:
        assert (
            desk.act("plan", table="bowl.csv", settings={"target": ["y"], "rule": rule, "hidden": [2]})[
                "rule"
            ]
            == rule
        )
    for name in choices["activations"]:
        assert desk.act(
            "plan", table="bowl.csv", settings={"target": ["y"], "activation": [name], "hidden": [2]}
        )


def test_a_fault_of_the_studio_is_a_sentence_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(self: Studio) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(Studio, "contents", broken)
    answer = desk.page.get("/api/folder")
    assert answer.status_code == 500
    assert "a fault of the studio" in answer.json()["error"]
    assert "inside" not in answer.text
    assert "ZeroDivisionError: inside" in capsys.readouterr().err


def test_paths_are_told_as_one_would_type_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Folder.of(folder)
    assert opened.told(opened.root / "bowl.csv") == str(opened.root / "bowl.csv")
    monkeypatch.chdir(folder)
    assert opened.told(opened.root / "bowl.csv") == "bowl.csv"
