"""Training in the studio: told to every page as it goes on; stopped and kept; the command line's own run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from tests.runs.tables_made import bowl
from tests.studio.desk import QUICK, Desk, until_over

from deltarule.runs import load, train_table
from deltarule.studio.course import CURVES, MOST, Course

LONG: dict[str, Any] = {**QUICK, "epochs": 2_000_000, "patience": 2_000_000}


def next_of(socket: Any, what: str) -> dict[str, Any]:
    while (heard := socket.receive_json())["what"] != what:
        pass
    return heard


def under_way(socket: Any) -> None:
    """Waits until there is an epoch to keep: what is told first is that none has ended."""
    while not next_of(socket, "epochs")["done"]:
        pass


def test_a_run_of_the_studio_is_the_run_of_the_command_line(workshop: Desk) -> None:
    mine = load(workshop.folder / "bowl-run")
    other = train_table(workshop.folder / "bowl.csv", "y", hidden=(4,), rule="adam", epochs=30)
    assert np.array_equal(mine.network.theta, other.network.theta)
    assert mine.metrics == other.metrics
    assert mine.notes == other.notes
    assert {**mine.settings, "table": ""} == {**other.settings, "table": ""}


def test_a_training_is_told_epoch_by_epoch(workshop: Desk) -> None:
    with workshop.socket() as socket:
        assert socket.receive_json()["what"] == "course"
        began = workshop.act("train", table="bowl.csv", settings=QUICK)
        assert began["state"] == "starting"
        assert began["command"].startswith("deltarule train")
        start = next_of(socket, "start")
        assert start["sizes"] == [6, 4, 1]
        over = until_over(socket)
    assert over["state"] == "done"
    assert over["result"]["outcome"] == "step_limit"
    (told,) = over["starts"]
    history = load(workshop.folder / over["run"]).history
    assert told["epoch"][-1] == 30
    places = [int(epoch) - 1 for epoch in told["epoch"]]
    assert told["error"] == history.error[places].tolist()
    assert told["objective"] == history.objective[places].tolist()
    assert told["log_score"] == []
    assert told["validation"] == history.validation_error[places].tolist()
    assert told["gradient"] == history.gradient_norm[places].T.tolist()


def test_of_several_trainings_the_run_tells_the_one_that_was_kept(workshop: Desk) -> None:
    over = workshop.trained("bowl.csv", restarts=3)
    kept, told = load(workshop.folder / over["run"]), workshop.read("run", run=over["run"])
    assert len(over["starts"]) == 3
    assert told["curve"]["error"] == kept.history.error.tolist()
    assert (told["epochs"], told["seconds"]) == (len(kept.history), kept.seconds)


def test_a_training_by_evidence_is_told_with_what_it_goes_after(workshop: Desk) -> None:
    over = workshop.trained("bowl.csv", rule="evidence")
    (told,) = over["starts"]
    history = load(workshop.folder / over["run"]).history
    places = [int(epoch) - 1 for epoch in told["epoch"]]
    assert told["log_score"] == history["log_score"][places].tolist()


def test_stop_keeps_what_was_reached_and_it_can_go_on(workshop: Desk) -> None:
    with workshop.socket() as socket:
        socket.receive_json()
        run = workshop.act("train", table="bowl.csv", settings=LONG)["run"]
        under_way(socket)
        assert workshop.act("stop") == {"stopped": True}
        assert next_of(socket, "stopping")
        over = until_over(socket)
    assert over["result"]["outcome"] == "interrupted"
    assert "the validation error's lowest point" in over["result"]["message"]
    kept = load(workshop.folder / run)
    assert kept.outcome.name == "interrupted"
    assert 0 < len(kept.history) < LONG["epochs"]
    assert workshop.read("run", run=run)["unfinished"] is True
    with workshop.socket() as socket:
        socket.receive_json()
        workshop.act("resume", run=run)
        under_way(socket)
        workshop.act("stop")
        assert until_over(socket)["state"] == "done"
    assert len(load(workshop.folder / run).history) > len(kept.history)


def test_two_pages_see_the_same_training_and_only_one_is_done_at_a_time(workshop: Desk) -> None:
    with workshop.socket() as first, workshop.socket() as second:
        first.receive_json()
        second.receive_json()
        workshop.act("train", table="bowl.csv", settings=LONG)
        a, b = next_of(first, "start"), next_of(second, "start")
        assert a == b
        under_way(first)
        assert "is going on" in workshop.refused("train", table="bowl.csv", settings=QUICK)
        with workshop.socket() as late:  # a page that is reloaded
            told = late.receive_json()
            assert told["state"] in ("running", "starting")
            assert told["starts"][0]["sizes"] == [6, 4, 1]
            workshop.act("stop")
            ends = [until_over(page) for page in (first, second, late)]
        assert ends[0] == ends[1] == ends[2]


def test_a_training_that_cannot_be_done_says_why_and_the_next_one_can(workshop: Desk) -> None:
    failed = workshop.trained("bowl.csv", rule="lm", learning_rate=0.1)
    assert failed["state"] == "failed"
    assert "rule 'LevenbergMarquardt' finds its steps itself" in failed["result"]["error"]
    assert not (workshop.folder / failed["run"]).exists()
    assert workshop.trained("bowl.csv")["state"] == "done"


def test_a_training_process_that_dies_is_noticed_and_replaced(workshop: Desk) -> None:
    trainer = workshop.studio.trainer
    with workshop.socket() as socket:
        socket.receive_json()
        workshop.act("train", table="bowl.csv", settings=LONG)
        next_of(socket, "start")
        process = trainer._process
        assert process is not None
        process.kill()
        over = until_over(socket)
    assert over["state"] == "failed"
    assert "ended" in over["result"]["error"]
    assert workshop.trained("bowl.csv")["state"] == "done"


def test_stop_without_a_training_does_nothing(desk: Desk) -> None:
    assert desk.act("stop") == {"stopped": False}


def test_a_file_of_the_folder_is_not_taken_for_a_module(tmp_path: Path, monkeypatch: Any) -> None:
    bowl(tmp_path / "bowl.csv")
    (tmp_path / "numpy.py").write_text("open('taken', 'w')\n")
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path)
    desk.studio.trainer.warm()
    process = desk.studio.trainer._process
    assert process is not None
    time.sleep(0.5)
    desk.studio.trainer.close()
    assert process.returncode == 0
    assert not (tmp_path / "taken").exists()


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    course = Course(1, "train", "", "run")
    course.heard({"what": "start", "sizes": [1, 1], "of": 5000})
    for at in range(0, 5000, 40):
        epochs = list(range(at + 1, at + 41))
        course.heard(
            {"what": "epochs", **{name: epochs for name in CURVES}, "gradient": [epochs],
             "done": epochs[-1], "of": 5000, "seconds": 1.0, "left": "1 s"}
        )  # fmt: skip
    start = course.told()["starts"][0]
    assert len(start["epoch"]) == len(start["gradient"][0]) <= MOST
    assert start["epoch"][0] == 1
    assert json.dumps(course.told())


def test_a_stop_that_comes_while_the_worker_starts_is_heard(desk: Desk) -> None:
    with desk.socket() as socket:
        socket.receive_json()
        desk.act("train", table="bowl.csv", settings={**LONG, "budget": "20s"})
        assert desk.act("stop") == {"stopped": True}
        over = until_over(socket)
    told, early = over["result"], "stopped before there was anything to keep"
    assert told.get("outcome") == "interrupted" or early in told.get("error", ""), told
