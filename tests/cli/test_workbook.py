"""A workbook goes the whole way that a CSV file goes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.runs.tables_made import bowl
from tests.tables.workbooks import workbook

from deltarule.cli import main
from deltarule.runs import load

WORDS = ["--target", "y", "--hidden", "3", "--rule", "adam", "--epochs", "3"]
Said = Callable[..., tuple[str, str]]


def number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell or None


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bowl as CSV, and as the second sheet of a workbook."""
    monkeypatch.chdir(tmp_path)
    rows = [
        [number(cell) for cell in row]
        for row in csv.reader(bowl(tmp_path / "bowl.csv").read_text().splitlines())
    ]
    (tmp_path / "bowl.xlsx").write_bytes(
        workbook({"About": [["made for a test"], ["by hand"]], "Data": rows})
    )
    return tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command writes, after one that ended well; and beside it."""

    def run(*words: str, code: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        assert main(list(words)) == code
        out, err = capsys.readouterr()
        return out, err

    return run


def test_every_command_reads_the_sheet_that_was_trained_on(place: Path, said: Said) -> None:
    said("train", "bowl.csv", *WORDS, "--out", "plain")
    told, _ = said("train", "bowl.xlsx", "--sheet", "Data", *WORDS, "--out", "sheet")
    assert "sheet='Data'" in told  # the Python call
    plain, sheet = load("plain"), load("sheet")
    assert (plain.network.theta == sheet.network.theta).all()
    assert plain.metrics == sheet.metrics and plain.source.fingerprint == sheet.source.fingerprint
    for words in (["explain", "--row", "3"], ["check"], ["derive", "w_11^(0,1)", "--row", "2"], ["diagnose"]):
        command, *others = words
        ours, theirs = (said(command, run, *others)[0] for run in ("sheet", "plain"))
        assert ours.replace("bowl.xlsx", "bowl.csv") == theirs
    assert "--sheet Data" in said("report", "sheet", "--text")[0]
    assert "largest difference" in said("export", "sheet", "--to", "python")[1]
    assert "largest difference" in said("export", "sheet", "--to", "c", "--table", "bowl.xlsx")[1]
    assert said("check", "sheet", "--table", "bowl.csv")[0] == said("check", "plain")[0]
    assert (
        said("predict", "sheet", "bowl.xlsx", "--sheet", "Data")[0].splitlines()[0]
        == "x1,x2,colour,y,y_predicted"
    )
    said("train", "--resume", "sheet", "--epochs", "5", "--out", "longer")
    assert len(load("longer").history) == 5


def test_rows_to_stop_and_to_judge_by_may_stand_in_workbooks_too(place: Path, said: Said) -> None:
    words = ["--validation", "bowl.xlsx", "--test", "bowl.xlsx", "--out", "beside"]
    said("train", "bowl.xlsx", "--sheet", "Data", *WORDS, *words)
    assert load("beside").metrics["test"]["rows"] == 80
    assert "of 80" not in said("diagnose", "beside")[0]


def test_which_sheet_was_read_is_said_where_there_are_several(place: Path, said: Said) -> None:
    rows = [["x", "y"], *[[n, n * n] for n in range(30)]]
    Path("two.xlsx").write_bytes(workbook({"Data": rows, "About": [["no table"]]}))
    told = said("train", "two.xlsx", *WORDS, "--json")[0]
    assert (
        "two.xlsx: sheet 'Data' was read, of Data and About; --sheet takes another."
        in json.loads(told)["notes"]
    )


def test_predict_says_which_sheet_it_took(place: Path, said: Said) -> None:
    years = {str(year): [["x", "y"], *[[n, n * year] for n in range(30)]] for year in (2023, 2024)}
    Path("years.xlsx").write_bytes(workbook(years))
    said("train", "years.xlsx", "--sheet", "2024", *WORDS, "--out", "last")
    out, err = said("predict", "last", "years.xlsx")
    assert out.splitlines()[2].startswith("1,2023,") and "sheet '2023' was read, of 2023 and 2024" in err
    out, err = said("predict", "last", "years.xlsx", "--sheet", "2024")
    assert out.splitlines()[2].startswith("1,2024,") and err == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "bowl.xlsx", "--sheet", "Dta"], "bowl.xlsx has no sheet 'Dta': did you mean 'Data'?"),
        (["train", "bowl.csv", "--sheet", "Data"], "only that has sheets: leave out --sheet 'Data'."),
        (["train", "bowl.xlsx"], "bowl.xlsx has no column 'y'"),
        (["train", "empty.xlsx"], "sheet 'Data' of empty.xlsx is empty"),
        (["train", "broken.xlsx"], "broken.xlsx is no spreadsheet that can be read"),
    ],
)
def test_a_refusal_is_one_sentence(place: Path, said: Said, words: list[str], sentence: str) -> None:
    Path("empty.xlsx").write_bytes(workbook({"Data": []}))
    Path("broken.xlsx").write_bytes(Path("bowl.xlsx").read_bytes()[:3000])
    out, err = said(*words, *WORDS, code=2)
    assert out == "" and err.startswith("deltarule: ") and sentence in err and err.count("\n") == 1
