"""Predictions in the page are those of the run: one case, one column varied, a whole table."""

from __future__ import annotations

import pytest
from tests.studio.desk import Desk

from deltarule.runs import load
from deltarule.tables import read_table

CELLS = {"x1": 0.5, "x2": None, "colour": "green"}


def test_the_form_has_a_field_for_each_column_with_a_usual_value(workshop: Desk) -> None:
    form = workshop.read("form", run="bowl-run")
    fields = {field["name"]: field for field in form["fields"]}
    assert list(fields) == ["x1", "x2", "colour"]
    assert fields["colour"]["choices"] == ["blue", "green", "red"]
    assert fields["x1"]["low"] < fields["x1"]["value"] < fields["x1"]["high"]
    assert form["intervals"] is True


def test_one_case_is_predicted_with_its_interval(workshop: Desk) -> None:
    (told,) = workshop.act("predict", run="bowl-run", cells=CELLS)["targets"]
    run = load(workshop.folder / "bowl-run")
    row = read_table({"x1": [0.5], "x2": [float("nan")], "colour": ["green"]})
    assert told["value"] == run.predict(row)[0]
    bars = run.intervals(row, 0.95)
    assert (told["low"], told["high"]) == (bars["y_low"][0], bars["y_high"][0])


def test_a_number_beyond_the_rows_trained_on_is_said(workshop: Desk) -> None:
    assert workshop.act("predict", run="bowl-run", cells=CELLS)["outside"] == []
    run = load(workshop.folder / "bowl-run")
    trained = read_table(workshop.folder / "bowl.csv").take(run.split.train)["x1"].values
    told = workshop.act("predict", run="bowl-run", cells={**CELLS, "x1": 1e9})
    ends = f"({trained.min():.6g} to {trained.max():.6g})"
    assert told["outside"] == [f"x1 1000000000 is outside the rows trained on {ends}."]
    assert told["notes"][0].startswith("this row: missing cells are filled")  # x2, by no name of ours


def test_a_date_beyond_the_rows_trained_on_is_said_as_a_date(desk: Desk) -> None:
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in (1, 8, 15)]
    rows = "".join(f"{day},{at},{at * at}\n" for at, day in enumerate(days))
    (desk.folder / "days.csv").write_text(f"day,x,y\n{rows}")
    run = desk.trained("days.csv")["run"]
    (told,) = desk.act("predict", run=run, cells={"day": "2035-01-01", "x": 3})["outside"]
    assert told.startswith("day 2035-01-01 is outside the rows trained on (2024-01-")


def test_a_quantile_is_told_with_its_level(desk: Desk, workshop: Desk) -> None:
    run = desk.trained("bowl.csv", loss="quantile:0.9")["run"]
    assert desk.act("predict", run=run, cells=CELLS)["level"] == 0.9
    assert workshop.act("predict", run="bowl-run", cells=CELLS)["level"] is None


def test_a_class_is_predicted_with_all_probabilities(workshop: Desk) -> None:
    told = workshop.act("predict", run="rings-run", cells={"x1": 0.0, "x2": 0.1})
    assert told["targets"][0]["value"] == told["classes"][0]["label"]
    assert sum(entry["p"] for entry in told["classes"]) == pytest.approx(1.0)
    lines = workshop.act("what-if", run="rings-run", cells={"x1": 0.0, "x2": 0.1}, column="x1")["lines"]
    assert [line["name"] for line in lines] == ["inner", "middle", "outer"]


@pytest.mark.parametrize(("column", "kind"), [("x1", "number"), ("colour", "category")])
def test_a_what_if_curve_passes_through_the_prediction(workshop: Desk, column: str, kind: str) -> None:
    curve = workshop.act("what-if", run="bowl-run", cells=CELLS, column=column)
    assert curve["kind"] == kind
    (line,) = curve["lines"]
    x = curve["x"][1]
    (told,) = workshop.act("predict", run="bowl-run", cells={**CELLS, column: x})["targets"]
    assert line["y"][1] == pytest.approx(told["value"])
    assert line["low"][1] == pytest.approx(told["low"])


def test_a_cell_that_cannot_be_read_is_a_sentence(workshop: Desk) -> None:
    assert "'many' where a number was expected" in workshop.refused(
        "predict", run="bowl-run", cells={**CELLS, "x1": "many"}
    )
    assert "has no column 'x1'" in workshop.refused(
        "predict", run="bowl-run", cells={"colour": "red", "x2": 1}
    )
    assert "no input column 'y'" in workshop.refused("what-if", run="bowl-run", cells=CELLS, column="y")
    note = workshop.act("predict", run="bowl-run", cells={**CELLS, "colour": "mauve"})["notes"]
    assert "mauve" in note[0]


def test_a_whole_table_is_written_beside_it_and_never_over_another_unasked(workshop: Desk) -> None:
    told = workshop.act("predict-table", run="bowl-run", table="bowl.csv")
    assert (told["name"], told["rows"]) == ("bowl-predicted.csv", 80)
    written = read_table(workshop.folder / "bowl-predicted.csv")
    assert written.names == ("x1", "x2", "colour", "y", "y_predicted", "y_low", "y_high")
    assert "left as it is" in workshop.refused("predict-table", 409, run="bowl-run", table="bowl.csv")
    assert workshop.act("predict-table", run="bowl-run", table="bowl.csv", replace=True)["rows"] == 80
    assert "already has a column" in workshop.refused(
        "predict-table", run="bowl-run", table="bowl-predicted.csv"
    )
    assert "has no column" in workshop.refused("predict-table", run="bowl-run", table="rings.csv")
