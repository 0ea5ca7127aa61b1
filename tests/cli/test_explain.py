"""`deltarule explain`: every number shown is the network's, and the parts add up."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.runs_made import bowl_run_in
from tests.runs.tables_made import bowl, rings

from deltarule.cli import main
from deltarule.runs import load


@pytest.fixture(scope="module")
def bowl_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bowl_run_in(
        tmp_path_factory.mktemp("bowl"), "--hidden", "3,2", "--epochs", "20", "--penalty", "0.01"
    )


@pytest.fixture
def trained(bowl_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(bowl_run, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["explain", "run", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_numbers_follow_from_one_another(trained: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Forward from x with the run's weights, then ∂E_n/∂w_ij = y_i ∂E_n/∂net_j, all recomputed here."""
    e, network = explained(capsys, "--row", "7", "--all"), load("run").network
    y = np.array(e["x"])
    for m, (W, b) in enumerate(zip(network.W, network.b, strict=True)):
        np.testing.assert_allclose(e["net"][m], y @ W + b, rtol=1e-12)
        y = np.tanh(e["net"][m]) if m < 2 else np.array(e["net"][m])
        np.testing.assert_allclose(e["y"][m + 1], y, rtol=1e-12)
    assert e["l"][0] == pytest.approx(e["y"][-1][0] - e["d"][0], rel=1e-12)
    assert e["error"] == pytest.approx(e["l"][0] ** 2, rel=1e-12)
    gradient = {weight["weight"]: weight["sample_gradient"] for weight in e["weights"]}
    assert gradient["w_21^(1,2)"] == pytest.approx(e["y"][1][1] * e["net_gradient"][1][0], rel=1e-12)
    assert gradient["b_2^(1)"] == pytest.approx(e["net_gradient"][0][1], rel=1e-12)


@pytest.mark.slow
def test_the_mean_gradient_is_the_mean_of_the_samples_gradients(
    trained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = load("run").split.train + 1
    each = [explained(capsys, "--row", str(row), "--weight", "w_11^(0,1)")["weights"][0] for row in rows]
    mean = np.mean([weight["sample_gradient"] for weight in each])
    assert each[0]["mean_gradient"] == pytest.approx(mean, rel=1e-9)
    assert each[0]["penalty_gradient"] == pytest.approx(0.01 * each[0]["w"], rel=1e-12)


def test_a_step_moves_each_weight_by_minus_eta_times_its_gradient(
    trained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    e = explained(capsys, "--row", "1", "--step", "0.05", "--at", "start")
    for weight in e["weights"]:
        assert weight["change"] == pytest.approx(
            -0.05 * (weight["mean_gradient"] + weight["penalty_gradient"]), rel=1e-9
        )
        assert weight["after"] == pytest.approx(weight["w"] + weight["change"], rel=1e-12)
    assert e["step"]["error_after"] < e["step"]["error_before"]


def test_x_and_d_follow_from_the_cells_by_what_is_shown(
    trained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "run", "--row", "3"]) == 0
    screen, e = capsys.readouterr().out, load("run")
    assert "x = (value - center)/spread" in screen
    rows = [line.split() for line in screen.splitlines() if line.strip().startswith("x_")]
    scaled = [[float(cell) for cell in row[-4:]] for row in rows if "-" not in row]
    assert scaled
    for value, center, spread, x in scaled:
        assert x == pytest.approx((value - center) / spread, abs=1e-4)
    (line,) = (line for line in screen.splitlines() if line.startswith("d_n1 = "))
    found = re.search(r"= \((\S+) - (\S+)\)/(\S+) = (\S+);", line)
    assert found is not None
    y, center, spread, d = map(float, found.groups())
    assert d == pytest.approx((y - center) / spread, abs=1e-5)  # six digits are shown
    assert (center, spread) == pytest.approx(
        (e.model.targets.scalings[0].center, e.model.targets.scalings[0].spread), rel=1e-5
    )


def test_each_of_several_outputs_has_its_numbers_and_a_slope_of_1_is_written(
    trained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--target", "y,x1", "--hidden", "2", "--epochs", "5", "--out", "two"]
    assert main(["train", "bowl.csv", *words]) == 0
    capsys.readouterr()
    assert main(["explain", "two", "--row", "3", "--weight", "0,1:1,2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("∂E_n/∂net_nk^(1,2) = 2*(o_nk - d_nk)*S'(net_nk^(1,2))")
    for k, line in enumerate(lines[at + 1 : at + 3], 1):
        assert re.fullmatch(rf"    k = {k}: 2\*\(.*\)\*1 = .*", line)


def test_start_and_end_are_the_weights_before_and_after(
    trained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    run = load("run")
    for at, network in (("start", run.start), ("end", run.network)):
        e = explained(capsys, "--row", "1", "--at", at)
        assert [weight["w"] for weight in e["weights"]] == network.theta.tolist()


@pytest.mark.parametrize("weight", ["w_12^(0,1)", "0,1:1,2", "b_1^(3)", "3:1", "w_21^(1,2)"])
def test_one_weight_is_shown_with_its_chain_and_a_difference_quotient(
    trained: None, capsys: pytest.CaptureFixture[str], weight: str
) -> None:
    assert main(["explain", "run", "--row", "5", "--weight", weight]) == 0
    screen = capsys.readouterr().out
    numbers = {
        line.split()[0]: float(line.split()[-1])
        for line in screen.splitlines()
        if line.strip().startswith(("backpropagation", "difference"))
    }
    assert numbers["difference"] < 1e-8
    index = load("run").network.shape.index(weight)
    assert f"∂E_n/∂{load('run').network.shape.address(index)} = " in screen


def test_above_forty_weights_the_ten_largest_are_shown(
    trained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["train", "bowl.csv", "--target", "y", "--hidden", "20", "--epochs", "3", "--out", "wide"]) == 0
    )
    P = load("wide").network.shape.size
    capsys.readouterr()
    for words, shown in (([], 10), (["--all"], P)):
        assert main(["explain", "wide", "--row", "1", *words, "--json"]) == 0
        weights = json.loads(capsys.readouterr().out)["weights"]
        assert len(weights) == shown
    assert main(["explain", "wide", "--row", "1"]) == 0
    assert f"the 10 largest of {P}; --all shows all" in capsys.readouterr().out


def test_classes_are_explained_too(trained: None, capsys: pytest.CaptureFixture[str]) -> None:
    rings(Path("rings.csv"))
    assert (
        main(["train", "rings.csv", "--target", "ring", "--hidden", "3", "--epochs", "20", "--out", "rings"])
        == 0
    )
    capsys.readouterr()
    assert main(["explain", "rings", "--row", "2", "--weight", "0,1:1,1", "--step", "0.1"]) == 0
    screen = capsys.readouterr().out
    assert "∂E_n/∂net_nk^(1,2) = o_nk*sum_c(d_nc) - d_nk  (sum_c(d_nc) = 1)" in screen
    assert "Predicted in the table's own unit: ring " in screen


@pytest.mark.parametrize("words", [[], ["--step", "0.1"], ["--weight", "0,1:1,2"]], ids=" ".join)
def test_a_narrow_terminal_gets_the_same_words_in_lines_that_fit(
    trained: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    screens: dict[str, str] = {}
    for width in ("1", "40", "60", "100", "200"):
        monkeypatch.setenv("COLUMNS", width)
        assert main(["explain", "run", "--row", "3", *words]) == 0
        screens[width] = capsys.readouterr().out
    assert screens["100"] == screens["200"]
    assert max(map(len, screens["100"].splitlines())) > 60
    for width in ("40", "60"):
        longest = max(screens[width].splitlines(), key=len)
        assert len(longest) <= int(width) or " " not in longest.strip()  # a word alone is not broken
    for screen in screens.values():  # what is broken or folded is whole
        assert set(screens["100"].split()) == set(screen.split())


@pytest.fixture(scope="module")
def gaps_run(bowl_run: Path) -> Path:
    with pytest.MonkeyPatch.context() as place:
        place.chdir(bowl_run)
        words = ["--target", "x2", "--hidden", "2", "--epochs", "5", "--out", "gaps"]
        assert main(["train", "bowl.csv", *words]) == 0
    return bowl_run / "gaps"


@pytest.fixture
def gaps(gaps_run: Path, trained: None) -> list[list[str]]:
    """The table's rows; every eleventh from row 4 on lacks x2, the target of the run in `gaps`."""
    return [line.split(",") for line in Path("bowl.csv").read_text().splitlines()[1:]]


@pytest.mark.parametrize("row", [1, 3, 5, 36, 38, 80])
def test_a_row_is_the_file_s_also_behind_rows_without_a_target(
    gaps: list[list[str]], capsys: pytest.CaptureFixture[str], row: int
) -> None:
    x1, x2, *_ = gaps[row - 1]
    assert main(["explain", "gaps", "--row", str(row), "--json"]) == 0
    e = json.loads(capsys.readouterr().out)
    assert (e["row"], e["cells"]["x1"], e["wanted"]["x2"]) == (row, x1, float(x2))
    run = load("gaps")
    parts = {"training": run.split.train, "validation": run.split.validation, "test": run.split.test}
    assert row in run.source.numbers[parts[e["part"]]]


@pytest.mark.parametrize("command", [["explain", "gaps"], ["derive", "gaps", "0,1:1,1"]])
@pytest.mark.parametrize("row", [4, 37])
def test_a_row_that_was_left_out_is_said_to_be(
    gaps: list[list[str]], capsys: pytest.CaptureFixture[str], command: list[str], row: int
) -> None:
    assert gaps[row - 1][1] == ""
    assert main([*command, "--row", str(row)]) == 2
    assert capsys.readouterr().err == (
        f"deltarule: row {row} of bowl.csv lacks a target and was left out: take another, such as row {row - 1}\n"
    )


def test_a_derivation_counts_rows_as_the_file_does(
    gaps: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    run = load("gaps")
    sample = len(run.split.train)
    row = run.source.numbers[run.split.train[-1]]
    assert row > run.split.train[-1] + 1
    assert main(["derive", "gaps", "0,1:1,1", "--row", str(row)]) == 0
    assert capsys.readouterr().out.strip().endswith(f"Sample {sample} is row {row} of bowl.csv.")


def test_the_row_that_a_summary_shows_the_way_to_was_not_left_out(
    trained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    header, *rows = Path("bowl.csv").read_text().splitlines()
    Path("late.csv").write_text("\n".join([header, *rows[3:]]) + "\n")
    words = ["--target", "x2", "--hidden", "2", "--epochs", "3", "--out", "late"]
    assert main(["train", "late.csv", *words]) == 0
    assert "deltarule explain late --row 2\n" in capsys.readouterr().out
    assert main(["explain", "late", "--row", "2"]) == 0


REFUSED = [
    (["--row", "0"], "has rows 1 to 80, got row 0"),
    (["--row", "81"], "has rows 1 to 80, got row 81"),
    (["--row", "1", "--weight", "w_99^(0,1)"], "w_99^(0,1)"),
    (["--row", "1", "--weight", "nonsense"], "a weight is written"),
    (["--row", "1", "--step", "-1"], "must be a number above 0"),
    (["--row", "1", "--table", "nowhere.csv"], "nowhere.csv"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_what_cannot_be_shown_is_said(
    trained: None, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["explain", "run", *words]) == 2
    output = capsys.readouterr()
    assert sentence in output.err
    assert output.err.count("\n") == 1


def test_a_table_that_changed_is_not_explained(trained: None, capsys: pytest.CaptureFixture[str]) -> None:
    bowl(Path("bowl.csv"), seed=9)
    assert main(["explain", "run", "--row", "1"]) == 2
    assert "has changed since this run was trained on: give the table as it was" in capsys.readouterr().err
