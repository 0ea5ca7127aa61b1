"""Diagnosis in words, and a remedy tried beside the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.studio.desk import Desk, until_over

from deltarule.health.diagnosis import diagnose
from deltarule.runs import load

SICK = {
    "hidden": [4, 4, 4, 4, 4, 4, 4],
    "activation": ["logistic"],
    "rule": "gradient",
    "learning_rate": 0.1,
    "epochs": 15,
}


@pytest.fixture(scope="module")
def sick(workshop: Desk) -> str:
    """A run whose gradient vanishes."""
    return workshop.trained("bowl.csv", **SICK)["run"]


def test_a_fault_is_named_with_what_helps(workshop: Desk, sick: str) -> None:
    told = workshop.read("diagnosis", run=sick)
    found = diagnose(load(workshop.folder / sick))
    assert [verdict["name"] for verdict in told["verdicts"]] == [verdict.name for verdict in found.verdicts]
    assert told["verdicts"][0]["name"] == "vanishing_gradient"
    assert told["verdicts"][0]["remedies"][0]["reason"]
    assert [sentence[-1] for sentence in told["about"]] == [".", "."]  # whole, not a terminal's lines


def test_a_remedy_is_tried_beside_the_run_which_stays_as_it_is(workshop: Desk, sick: str) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (workshop.folder / sick).iterdir()}
    with workshop.socket() as socket:
        socket.receive_json()
        assert workshop.act("try", run=sick, verdict=0, remedy=0)["kind"] == "try"
        over = until_over(socket)
    trial = over["result"]["trial"]
    assert trial["helped"] is True
    assert "helped" in trial["sentence"]
    assert len(trial["without"]["error"]) == len(trial["without"]["epoch"]) == 15
    assert trial["with"]["reached"] < trial["without"]["reached"]
    assert trial["judged_on"] == "validation"  # and what the sentence says is a point of that curve
    for side in (trial["without"], trial["with"]):
        assert any(value == pytest.approx(side["reached"]) for value in side["validation"])
    assert len(over["starts"]) == 2
    assert {path.name: path.stat().st_mtime_ns for path in Path(workshop.folder / sick).iterdir()} == before


def test_a_remedy_that_is_not_there_is_a_sentence(workshop: Desk, sick: str) -> None:
    with workshop.socket() as socket:
        socket.receive_json()
        workshop.act("try", run=sick, verdict=9, remedy=0)
        over = until_over(socket)
    assert over["state"] == "failed"
    assert "no such remedy" in over["result"]["error"]
