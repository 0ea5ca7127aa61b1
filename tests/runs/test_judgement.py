"""The verdict says who won in words that fit the task, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runs.tables_made import bowl, rings

from deltarule.descent.outcome import Outcome
from deltarule.runs import Run, train_table
from deltarule.runs.judgement import verdict
from deltarule.runs.rare_class import found_of_rare
from deltarule.runs.report import Report


@pytest.fixture(scope="module", params=["numbers", "classes"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network without hidden layer."""
    place = tmp_path_factory.mktemp("tables")
    options = {"hidden": (), "rule": "lbfgs", "epochs": 2}
    if request.param == "numbers":
        return train_table(bowl(place / "bowl.csv", 120), "y", **options)
    return train_table(rings(place / "rings.csv", rows=120), "ring", **options)


def judged(run: Run, *better: str) -> Run:
    """The run, with test errors by which these baselines are better than the network, and the others worse."""

    def scored(share: float) -> dict[str, Any]:
        test = run.metrics["test"]
        if test["kind"] == "classes":
            return {**test, "accuracy": share, "log_loss": 1 - share}
        return {**test, "targets": {"y": {**test["targets"]["y"], "r2": share}}}

    rivals = {name: scored(0.9 if name in better else 0.1) for name in run.metrics["baselines"]}
    return replace(run, metrics={"test": scored(0.6), "baselines": rivals})


def test_a_network_without_hidden_layer_is_compared_with_what_it_nearly_is(run: Run) -> None:
    line = "linear" if "linear" in run.metrics["baselines"] else "logistic"
    said = verdict(judged(run, line))
    assert said.startswith(
        f"A network without hidden layer is no better here than {line} regression. Use that"
    )


@pytest.mark.parametrize(("rows", "told"), [(19, True), (20, False)])
def test_fewer_than_twenty_test_rows_are_told(run: Run, rows: int, told: bool) -> None:
    found = judged(run)
    few = replace(found, metrics={**found.metrics, "test": {**found.metrics["test"], "rows": rows}})
    assert (f"That was judged by {rows} rows alone" in verdict(few)) is told


def test_a_training_cut_short_is_told_to_take_longer(run: Run) -> None:
    plain = "mean" if "mean" in run.metrics["baselines"] else "majority"
    cut = replace(judged(run, plain), outcome=Outcome.of("time_limit", 1))
    assert "Try a longer --budget" in verdict(cut) and "more rows" not in verdict(cut)
    assert "more rows" in verdict(judged(run, plain))


def test_a_quantile_is_judged_by_its_own_loss(tmp_path: Path) -> None:
    options = {"loss": "quantile:0.9", "hidden": (4,), "epochs": 1}
    run = train_table(bowl(tmp_path / "bowl.csv", 120), "y", **options)

    def scored(d2: float, r2: float) -> dict[str, Any]:
        test = run.metrics["test"]
        return {**test, "targets": {"y": {**test["targets"]["y"], "d2": d2, "r2": r2}}}

    rivals = {"quantile": scored(0.0, 0.9), "shifted_linear": scored(0.4, 0.9)}
    metrics = {"test": scored(0.5, -1.0), "baselines": rivals}
    assert verdict(replace(run, metrics=metrics)) == "The network beats shifted linear regression."
    metrics["test"] = scored(0.3, 1.0)
    assert verdict(replace(run, metrics=metrics)).startswith("The line wins: shifted linear regression")
    metrics["test"] = scored(-0.1, 1.0)
    assert "the quantile of the training rows does better" in verdict(replace(run, metrics=metrics))


def test_absolute_errors_are_judged_by_their_mean_beside_the_median(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 120), "y", loss="mae", hidden=(4,), rule="adam", epochs=1)
    assert list(run.metrics["baselines"]) == ["median", "shifted_linear"]

    def scored(mae: float, r2: float) -> dict[str, Any]:
        test = run.metrics["test"]
        return {**test, "targets": {"y": {**test["targets"]["y"], "mae": mae, "d2": 1 - mae, "r2": r2}}}

    metrics = {"baselines": {"median": scored(1.0, 0.9), "shifted_linear": scored(0.6, 0.9)}}
    assert (
        verdict(replace(run, metrics={**metrics, "test": scored(0.5, -1.0)}))
        == "The network beats shifted linear regression."
    )
    nothing = verdict(replace(run, metrics={**metrics, "test": scored(1.1, 1.0)}))
    assert (
        "the median of the training rows does better, and shifted linear regression better still." in nothing
    )


def test_classes_are_not_told_of_a_line(tmp_path: Path) -> None:
    run = train_table(rings(tmp_path / "rings.csv", rows=120), "ring", hidden=(3,), rule="lbfgs", epochs=2)
    said = verdict(judged(run, "logistic"))
    assert said.startswith("The simpler model wins: logistic regression is at least as good here.")


def classes_judged(run: Run, rows: int, network: tuple[float, float], logistic: tuple[float, float]) -> str:
    """The verdict on a network of this accuracy and log loss beside logistic regression of that one."""

    def scored(accuracy: float, log_loss: float) -> dict[str, Any]:
        return {**run.metrics["test"], "rows": rows, "accuracy": accuracy, "log_loss": log_loss}

    rivals = {"majority": scored(0.5, 0.69), "logistic": scored(*logistic)}
    return verdict(replace(run, metrics={"test": scored(*network), "baselines": rivals}))


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("hidden")
    return train_table(rings(place / "rings.csv", rows=120), "ring", hidden=(3,), rule="lbfgs", epochs=2)


@pytest.mark.parametrize(
    ("rows", "network", "logistic", "said"),
    [
        (60, (0.8333, 0.4571), (0.8333, 0.461), "The network does about as well as logistic regression here"),
        (60_000, (0.8333, 0.4571), (0.8333, 0.461), "The network beats logistic regression."),
        (60, (0.85, 0.46), (0.8333, 0.46), "The network does about as well as logistic regression here"),
        (120, (0.9583, 0.1042), (0.7583, 0.5139), "The network beats logistic regression."),
        (
            120,
            (0.9, 0.95),
            (0.7, 0.5),
            "The network is right more often than the majority of the training rows, and",
        ),
        (
            120,
            (0.9, 0.6),
            (0.7, 0.5),
            "The network is right more often than logistic regression, and its probabil",
        ),
        (120, (0.76, 0.6), (0.75, 0.4), "The simpler model wins: logistic regression"),
        (
            8,
            (0.75, 0.9534),
            (0.5, 0.6282),
            "Nothing was learnt that helps: the majority of the training rows does",
        ),
        (
            120,
            (0.51, 0.688),
            (0.5, 0.69),
            "Nothing was learnt that helps: the majority of the training rows does about",
        ),
    ],
)
def test_classes_are_judged_by_accuracy_and_log_loss_beyond_chance(
    hidden, rows, network, logistic, said
) -> None:
    assert classes_judged(hidden, rows, network, logistic).startswith(said)


RARE = [
    (
        [(84, 100, 84), (16, 0, 0)],
        "Of the 16 rows that are yes it finds none, as it always says no: predict --prob",
    ),
    (
        [(95, 98, 94), (5, 2, 1)],
        "Of the 5 rows that are yes it finds 1, and takes 1 other for such: predict --prob",
    ),
    ([(95, 95, 95), (5, 5, 5)], "Of the 5 rows that are yes it finds 5."),
    ([(60, 70, 50), (40, 30, 20)], ""),
    ([(60, 99, 60), (39, 1, 0), (1, 0, 0)], "Of the 1 row that is perhaps it finds none: predict --prob"),
]


@pytest.mark.parametrize(("counts", "said"), RARE)
def test_what_is_found_of_a_rare_class_is_told(counts: list[tuple[int, ...]], said: str) -> None:
    keys = ("rows", "predicted", "right")
    labels = ("no", "yes", "perhaps")[: len(counts)]
    classes = {label: dict(zip(keys, each, strict=True)) for label, each in zip(labels, counts, strict=True)}
    found = found_of_rare([{"test": {"classes": classes}}])
    assert found.startswith(said) and bool(found) is bool(said)


@pytest.mark.usefixtures("two_pictures")
def test_a_class_that_is_never_predicted_is_told_in_the_summary_and_the_report(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = [f"{x:.5f},{'yes' if n % 50 == 0 else 'no'}" for n, x in enumerate(random.standard_normal(400))]
    (tmp_path / "rare.csv").write_text("\n".join(["x,fraud", *lines]))
    run = train_table(tmp_path / "rare.csv", "fraud", hidden=(), rule="lbfgs", epochs=5)
    told = "Of the 2 rows that are yes it finds none, as it always says no"
    assert told in verdict(run)
    report = Report.of(run)
    assert told in report.text() and told in report.html()
    folds = train_table(tmp_path / "rare.csv", "fraud", hidden=(), rule="lbfgs", epochs=5, folds=2)
    assert "Of the 8 rows that are yes it finds none" in verdict(folds)


def test_a_date_is_told_to_be_a_position_in_time_where_no_more_than_a_line_was_learnt(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    hours = np.datetime64("2024-01-01T00:00:00") + np.arange(240) * np.timedelta64(1, "h")
    daily = 10 * np.sin(2 * np.pi * np.arange(240) / 24) + random.standard_normal(240)
    lines = [f"{hour},{y:.4f}" for hour, y in zip(hours, daily, strict=True)]
    (tmp_path / "hourly.csv").write_text("\n".join(["when,y", *lines]))
    run = train_table(tmp_path / "hourly.csv", "y", hidden=(), rule="lbfgs", epochs=5)
    said = verdict(run)
    assert "Nothing was learnt" in said and "'when' is a position in time and nothing else" in said
    assert "position" not in verdict(judged(run))


def test_a_lead_within_chance_over_a_line_is_none(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 120), "y", hidden=(4,), rule="adam", epochs=1)

    def scored(r2: float, rows: int) -> dict[str, Any]:
        test = run.metrics["test"]
        return {**test, "rows": rows, "targets": {"y": {**test["targets"]["y"], "r2": r2}}}

    def said(network: float, line: float, rows: int) -> str:
        rivals = {"mean": scored(0.0, rows), "linear": scored(line, rows)}
        return verdict(replace(run, metrics={"test": scored(network, rows), "baselines": rivals}))

    assert said(0.976, 0.975, 48).startswith("The network does about as well as linear regression here")
    assert said(0.976, 0.975, 4800) == "The network beats linear regression."
    assert said(0.985, 0.975, 48) == "The network beats linear regression."
    assert "the mean of the training rows does about as well. Try" in said(0.02, 0.01, 80)
    assert said(0.975, 0.975, 4800).startswith("The line wins: linear regression is at least as good here")


@pytest.mark.parametrize(("line", "told"), [(0.9885, False), (0.995, True)])
def test_a_line_beside_a_line_is_as_good_but_for_more_than_chance(
    tmp_path: Path, line: float, told: bool
) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv", 120), "y", hidden=(), rule="lbfgs", epochs=1)

    def scored(r2: float) -> dict[str, Any]:
        test = run.metrics["test"]
        return {**test, "rows": 24, "targets": {"y": {**test["targets"]["y"], "r2": r2}}}

    rivals = {"mean": scored(0.0), "linear": scored(line)}
    said = verdict(replace(run, metrics={"test": scored(0.9884), "baselines": rivals}))
    assert ("is no better here" in said, "does about as well" in said) == (told, not told)
