"""A run at a glance is told by what its training made small, on rows it has not seen where there are any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.runs.tables_made import bowl, rings

from deltarule.runs import train_table
from deltarule.runs.glance import glance

QUICK: dict[str, Any] = {"hidden": (3,), "rule": "adam", "epochs": 2}


@pytest.mark.parametrize(
    ("loss", "names"),
    [
        ("mse", ["RMSE", "R²"]),
        ("mae", ["mean |error|", "RMSE", "R²"]),
        ("quantile:0.9", ["quantile loss", "below (90 asked), %"]),
    ],
)
def test_numbers_are_told_by_the_loss_of_the_training(tmp_path: Path, loss: str, names: list[str]) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 50), "y", loss=loss, **QUICK)
    told = glance(run.metrics, run.model.loss.name)
    assert list(told["targets"]["y"]) == names
    assert told["rows"] == "10 rows it has not seen"
    assert next(iter(told["targets"]["y"].values())) in run.metrics["test"]["targets"]["y"].values()


def test_classes_are_told_by_the_share_that_was_right(tmp_path: Path) -> None:
    run = train_table(rings(tmp_path / "rings.csv", rows=50), "ring", **QUICK)
    share = 100 * run.metrics["test"]["accuracy"]
    assert glance(run.metrics, "cross_entropy")["targets"] == {"": {"right, %": share}}


def test_folds_are_told_by_their_mean_and_not_by_the_rows_learnt_from(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 50), "y", folds=2, **QUICK)
    told = glance(run.metrics, "mse")
    each = [fold["test"]["targets"]["y"]["rmse"] for fold in run.metrics["folds"]]
    assert told["rows"] == "50 rows it has not seen, in 2 folds"
    assert told["targets"]["y"]["RMSE"] == pytest.approx(sum(each) / 2)


def test_without_unseen_rows_it_says_that_it_learnt_from_them(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 50), "y", test=0, **QUICK)
    assert glance(run.metrics, "mse")["rows"].endswith("rows it learnt from")
