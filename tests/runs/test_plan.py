"""What a training decides where its settings say nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runs.tables_made import bowl, rings

from deltarule.runs import train_table
from deltarule.runs.judgement import verdict
from deltarule.runs.plan import Plan
from deltarule.runs.settings import settings
from deltarule.tables import read_table


def line(path: Path, noise: float = 0.5) -> Path:
    random = np.random.default_rng(1)
    x = random.standard_normal((150, 3))
    y = x @ [1.0, -2.0, 0.5] + noise * random.standard_normal(150)
    rows = (",".join(f"{cell:.6f}" for cell in row) for row in np.c_[x, y])
    path.write_text("\n".join(["a,b,c,y", *rows]) + "\n")
    return path


def test_a_line_is_taken_where_the_data_speak_for_no_more(tmp_path: Path) -> None:
    run = train_table(line(tmp_path / "line.csv"), "y")
    assert run.network.sizes == (3, 1)
    assert any(note.startswith("the data speak for no hidden layer: log score") for note in run.notes)


def test_hidden_units_are_taken_where_the_data_bend(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv"), "y")
    assert run.network.sizes[1:-1] == (50,)
    assert any(note.startswith("the data speak for 50 hidden units") for note in run.notes)


def test_a_line_is_taken_where_the_data_do_not_tell(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("a,b,y\n1,2,p\n2,3,q\n3,4,r\n4,5,s\n")
    run = train_table(tmp_path / "few.csv", "y")
    assert run.network.sizes == (2, 4)
    assert any(note.startswith("the data do not ask for hidden units: log score") for note in run.notes)
    assert verdict(run).endswith("That was judged by 1 row alone: --folds judges by every row.")


def test_what_was_asked_for_is_taken_whatever_the_data_say(tmp_path: Path) -> None:
    asked = train_table(line(tmp_path / "line.csv"), "y", hidden=(4,))
    assert asked.network.sizes == (3, 4, 1)
    named = train_table(line(tmp_path / "line.csv"), "y", rule="lm", epochs=3)
    assert named.network.sizes == (3, 50, 1)


def test_classes_get_a_penalty_where_evidence_does_not_find_it(tmp_path: Path) -> None:
    table = rings(tmp_path / "rings.csv", rows=200)
    # a learning rate is for mini-batch rules
    unsaid = train_table(table, "ring", learning_rate=0.01, epochs=5)
    assert unsaid.settings["penalty"] == "l2:0.005"
    assert unsaid.penalty is not None and unsaid.penalty.l2 == 0.005
    assert train_table(table, "ring", rule="adam", epochs=5).penalty is None
    assert train_table(table, "ring", epochs=5).penalty is None  # by evidence


def test_a_loss_by_its_other_name_decides_the_output_as_by_its_own(tmp_path: Path) -> None:
    run = train_table(rings(tmp_path / "rings.csv", rows=60), "ring", loss="bce", epochs=2)
    assert (run.model.loss.name, run.network.shape.activations[-1]) == ("binary_cross_entropy", "logistic")


@pytest.mark.parametrize(
    "options",
    [{"lecture": True}, {"hidden": ()}, {"output_activation": "sigmoid", "bias": False, "hidden": (3, 2)}],
)
def test_the_form_planned_is_the_one_trained(tmp_path: Path, options: dict[str, Any]) -> None:
    table = rings(tmp_path / "rings.csv", rows=50)
    run = train_table(table, "ring", rule="gradient", epochs=1, **options)
    plan = Plan.of(settings(run.settings), read_table(table))
    assert plan.shape(2, len(run.model.targets.meanings)) == run.network.shape
    assert run.network.shape.bias is not ("lecture" in options or "bias" in options)
