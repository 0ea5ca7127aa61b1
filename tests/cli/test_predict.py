"""`deltarule predict`: the table comes back with predictions, by column name."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.cli.runs_made import bowl_run_in
from tests.runs.tables_made import rings

from deltarule.cli import main
from deltarule.runs import load


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bowl_run_in(tmp_path_factory.mktemp("predict"), "--hidden", "4", "--epochs", "20")


@pytest.fixture
def table(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "bowl.csv"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_comes_back_with_predictions_added(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "run", "bowl.csv"]) == 0
    got = rows(capsys.readouterr().out)
    given = rows(table.read_text())
    assert [{name: row[name] for name in ("x1", "x2", "colour", "y")} for row in got] == given
    assert [float(row["y_predicted"]) for row in got] == load("run").predict("bowl.csv").tolist()


def test_columns_are_found_by_name_in_any_order(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = rows(table.read_text())
    text = "note,colour,x2,x1\n" + "".join(
        f"n{n},{row['colour']},{row['x2']},{row['x1']}\n" for n, row in enumerate(given)
    )
    Path("turned.csv").write_text(text)
    assert main(["predict", "run", "turned.csv"]) == 0
    turned = [float(row["y_predicted"]) for row in rows(capsys.readouterr().out)]
    np.testing.assert_array_equal(turned, load("run").predict("bowl.csv"))


def test_a_file_is_written_and_not_overwritten_unasked(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("out.csv", "out.parquet"):
        assert main(["predict", "run", "bowl.csv", "--out", name]) == 0
        assert f"Wrote 80 rows with y_predicted to {name}" in capsys.readouterr().out
        assert main(["predict", "run", "bowl.csv", "--out", name]) == 2
        assert "exists" in capsys.readouterr().err
        assert main(["predict", "run", "bowl.csv", "--out", name, "--force"]) == 0
        capsys.readouterr()


def test_a_table_may_come_through_a_pipe(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = "import sys; from deltarule.cli import main; sys.exit(main())"
    with table.open("rb") as file:
        piped = subprocess.run(
            [sys.executable, "-c", program, "predict", "run", "-"],
            stdin=file,
            capture_output=True,
            text=True,
            check=True,
        )
    assert main(["predict", "run", "bowl.csv"]) == 0
    assert piped.stdout == capsys.readouterr().out


def test_json_holds_predictions_and_errors(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "run", "bowl.csv", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["predictions"]["y_predicted"] == load("run").predict("bowl.csv").tolist()
    assert result["error"]["targets"]["y"]["rmse"] > 0


def test_classes_come_with_their_probability(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rings(Path("rings.csv"))
    assert (
        main(["train", "rings.csv", "--target", "ring", "--hidden", "4", "--epochs", "20", "--out", "rings"])
        == 0
    )
    capsys.readouterr()
    assert main(["predict", "rings", "rings.csv", "--probabilities"]) == 0
    for row in rows(capsys.readouterr().out):
        p = {label: float(row[f"P_{label}"]) for label in ("inner", "middle", "outer")}
        assert row["ring_predicted"] == max(p, key=lambda label: p[label])
        assert 1 / 3 <= float(row["ring_probability"]) == max(p.values()) <= 1
        assert sum(p.values()) == pytest.approx(1, abs=1e-12)
    assert main(["predict", "rings", "rings.csv"]) == 0
    assert "P_inner" not in capsys.readouterr().out


def test_numbers_have_no_probabilities(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "run", "bowl.csv", "--probabilities"]) == 2
    assert "y holds numbers: probabilities are for classes only" in capsys.readouterr().err


def test_what_stands_for_missing_cells_is_said_on_stderr(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("gaps.csv").write_text("x1,x2,colour\n,2,red\n,2,red\n1,,red\n1,2,red\n")
    assert main(["predict", "run", "gaps.csv"]) == 0
    x1, x2 = (column.missing for column in load("run").model.inputs.columns[:2])
    said = capsys.readouterr().err
    assert f"the mean of the training rows: 2 of 'x1' with {x1:.4g} and 1 of 'x2' with {x2:.4g}." in said


REFUSED = [
    ("x1,colour\n1,red\n", "no column 'x2'"),
    ("x1,x2,colour,y_predicted\n1,2,red,3\n", "already has a column 'y_predicted'"),
    ("x1,x2,colour\nfive,2,red\n", "x1"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_a_table_that_does_not_fit_is_told_in_one_sentence(
    table: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    Path("other.csv").write_text(text)
    assert main(["predict", "run", "other.csv"]) == 2
    output = capsys.readouterr()
    assert sentence in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""


def test_a_category_never_seen_is_noted_on_stderr(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.csv").write_text("x1,x2,colour\n1,2,violet\n1,2,red\n")
    assert main(["predict", "run", "other.csv"]) == 0
    assert "'violet'" in capsys.readouterr().err


def test_an_interval_adds_its_ends(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "run", "bowl.csv", "--interval", "80"]) == 0
    got = rows(capsys.readouterr().out)
    ends = [[float(row[f"y_{end}"]) for end in ("low", "predicted", "high")] for row in got]
    assert all(low < predicted < high for low, predicted, high in ends)
    inside = np.mean([low <= float(row["y"]) <= high for (low, _, high), row in zip(ends, got, strict=True)])
    assert 0.7 <= inside <= 1
    for typed in ("0.95", "120"):  # a share is no percentage
        assert main(["predict", "run", "bowl.csv", "--interval", typed]) == 2
        assert "write --interval 95" in capsys.readouterr().err


def test_classes_that_are_not_known_yet_are_predicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{x},{'hi' if x > 10 else 'lo'}" for x in range(20)]
    Path("t.csv").write_text("x,y\n" + "\n".join(lines))
    assert (
        main(["train", "t.csv", "--target", "y", "--hidden", "2", "--epochs", "5", "--out", "classes"]) == 0
    )
    Path("new.csv").write_text("x,y\n1,\n19,?\n2,lo\n")
    capsys.readouterr()
    assert main(["predict", "classes", "new.csv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["predictions"]["y_predicted"]) == 3 and told["error"]["rows"] == 1


def test_an_answer_that_cannot_be_judged_hinders_no_prediction(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = table.read_text().splitlines()
    lines[3] = lines[3].rpartition(",")[0] + ",unknown"
    Path("new.csv").write_text("\n".join(lines) + "\n")
    assert main(["predict", "run", "new.csv"]) == 0
    assert len(rows(capsys.readouterr().out)) == 80
    assert main(["predict", "run", "new.csv", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["error"] is None and "no error is told, since" in said.err
