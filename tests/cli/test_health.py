"""`deltarule flow`, `diagnose` and `report`, from the words typed to what is said and written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.runs.tables_made import bowl

from deltarule.cli import main
from deltarule.cli.diagnose import TOP, TRIED, with_default_remedy
from deltarule.health.remedy import KINDS

DEEP = ["--hidden", ",".join(["8"] * 9), "--activation", "logistic", "--rule", "gradient", "--epochs", "20"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("health")
    with pytest.MonkeyPatch.context() as place:
        place.chdir(folder)
        bowl(Path("bowl.csv"))
        assert main(["train", "bowl.csv", "--target", "y", *DEEP, "--out", "deep"]) == 0
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder of a deep logistic network that learnt nothing."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return "deep"


def test_flow_shows_layers_and_activations_and_draws_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["flow", "--depth", "6", "--activation", "logistic,tanh,relu", "--out", "flow.svg"]) == 0
    said = capsys.readouterr().out
    for part in ("layer 6", "● logistic", "○ tanh", "▲ relu", "mean |S'|", "Drawn in flow.svg"):
        assert part in said
    assert Path("flow.svg").read_text().startswith("<?xml")


def test_flow_as_json_has_a_row_for_each_layer_of_each_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "--depth", "4", "--activation", "logistic,tanh", "--scale", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["network"], row["layer"]) for row in rows] == [
        (n, m) for n in ("logistic", "tanh") for m in range(1, 5)
    ]
    assert rows[0]["bound"] == 0.25**3


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["flow", "--activation", "tahn"], "did you mean 'tanh'"),
        (["flow", "--activation", ","], "needs at least one name"),
        (["flow", "--scale", "0"], "other than 0"),
        (["flow", "--out", "flow.doc"], ".svg, .png, .pdf"),
        (["diagnose", "nowhere"], "nowhere"),
        (["diagnose", "nowhere", "--try", "clipping"], "did you mean 'clip'"),
        (["diagnose", "nowhere", "--out", "a.png"], "add --try"),
        (["report", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(
    words: list[str],
    part: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == "" and part in said.err and said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_diagnose_names_the_fault_and_proposes_to_try_its_remedy(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnose", run]) == 0
    said = capsys.readouterr().out
    assert "vanishing gradient" in said and "deltarule diagnose deep --try" in said


def test_each_kind_of_remedy_can_be_tried() -> None:
    assert set(TRIED) == {*KINDS, "all", TOP}


def test_try_trains_with_the_top_remedy_and_draws_both(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", run, "--try", "--out", "both.png"]) == 0
    said = capsys.readouterr().out
    assert "tanh units with Glorot's start" in said and "without" in said and "Drawn in both.png" in said
    assert Path("both.png").stat().st_size > 10_000


def test_to_try_a_remedy_of_a_healthy_run_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    bowl(tmp_path / "bowl.csv")
    assert main(["train", "bowl.csv", "--target", "y", "--hidden", "2", "--out", "well"]) == 0
    capsys.readouterr()
    assert main(["diagnose", "well", "--try"]) == 0
    assert "Healthy" in (said := capsys.readouterr().out)
    assert said.endswith("Nothing was tried: there is no fault that a remedy could help.\n")


def test_diagnose_as_json_tells_the_same(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", run, "--try", "activation", "--replay", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] is False and told["verdicts"][0]["name"] == "vanishing_gradient"
    assert told["verdicts"][0]["remedies"][0]["kind"] == told["tried"][0]["kind"] == "activation"


@pytest.mark.usefixtures("two_pictures")
def test_a_report_is_written_and_shown(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", run, "--figures", "figures", "--format", "svg"]) == 0
    said = capsys.readouterr().out
    assert "Page: deep-report.html" in said and "vanishing gradient" in said
    assert Path("deep-report.html").read_text().startswith("<!DOCTYPE html>")
    assert [path.suffix for path in Path("figures").iterdir()] == [".svg"] * 2


@pytest.mark.slow
@pytest.mark.usefixtures("two_pictures")
def test_a_report_replaces_another_where_told_to_and_may_be_a_text(run: str) -> None:
    again = ["report", run, "--out", "again.html"]
    assert main(again) == 0
    assert main(again) == 2
    assert main([*again, "--force"]) == 0
    assert main(["report", run, "--text"]) == 0


def test_where_the_figures_cannot_go_nothing_is_printed_or_written(
    run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "figures.csv").write_text("x\n1\n")
    page = tmp_path / "page.html"
    assert main(["report", run, "--out", str(page), "--figures", str(tmp_path / "figures.csv")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "no folder can be made at" in said.err
    assert not page.exists()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["diagnose", "RUN", "--try"], ["diagnose", "RUN", "--try", "top"]),
        (["diagnose", "--try", "RUN"], ["diagnose", "--try", "top", "RUN"]),
        (["diagnose", "RUN", "--try", "--json"], ["diagnose", "RUN", "--try", "top", "--json"]),
        (["diagnose", "RUN", "--try", "clip"], ["diagnose", "RUN", "--try", "clip"]),
        (["diagnose", "RUN", "--try", "clipping"], ["diagnose", "RUN", "--try", "clipping"]),
    ],
)
def test_try_without_a_remedy_means_the_top_one(typed: list[str], meant: list[str]) -> None:
    assert with_default_remedy(typed) == meant
