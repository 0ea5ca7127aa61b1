"""`deltarule train`, from the words typed to the folder written."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runs.tables_made import bowl, rings
from tests.tables.malformed import CASES, TARGET, Malformed, place

from deltarule.cli import main
from deltarule.cli.summary import as_text
from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.runs import load, train_table

QUICK = ["--hidden", "4", "--epochs", "20", "--rule", "adam"]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return bowl(tmp_path / "bowl.csv")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_table_becomes_a_run_and_a_summary(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "bowl.csv", "--target", "y", *QUICK]) == 0
    summary = said(capsys)
    for part in (
        "Learnt y from 3 columns of bowl.csv",
        "80 rows: 48 to learn from, 16 to stop by, 16 to judge by",
        "RMSE",
        "linear regression",
        "bowl-run",
    ):
        assert part in summary
    assert load("bowl-run").settings["target"] == ["y"]


def test_rows_without_a_target_are_left_out_and_the_run_still_knows_its_table(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "bowl.csv", "--target", "x2", *QUICK, "--epochs", "3", "--out", "r"]) == 0
    summary = said(capsys)
    assert "73 rows: " in summary
    assert "bowl.csv: 7 rows of 80 without 'x2' left out, the first in line 5." in summary
    assert main(["explain", "r", "--row", "80"]) == 0
    assert main(["export", "r", "--to", "python"]) == 0
    assert "largest difference" in capsys.readouterr().err
    assert main(["train", "--resume", "r", "--epochs", "5"]) == 0
    assert "7 rows of 80 without 'x2'" in said(capsys)
    assert main(["explain", "r", "--row", "80"]) == 0


def test_further_words_for_missing_cells_are_kept_and_the_table_comes_back_as_it_was(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = table.read_text().splitlines()
    for at, word in ((3, "not known"), (8, "-999"), (9, "-999.0")):
        lines[at] = ",".join([word, *lines[at].split(",")[1:]])
    table.write_text("\n".join(lines) + "\n")
    words = ["train", "bowl.csv", "--target", "y", "--hidden", "2", "--epochs", "5", "--out", "run"]
    assert main([*words, "--missing", "not known,-999,nobody"]) == 0
    text = said(capsys)
    assert "--missing nobody: no cell holds it." in text and "3 of 'x1'" in text
    assert "missing=('not known', '-999', 'nobody')" in text
    assert main(["predict", "run", "bowl.csv"]) == 0
    given = [line.rpartition(",")[0] for line in capsys.readouterr().out.splitlines()]
    assert given == lines
    assert main(["report", "run"]) == 0
    assert "--missing 'not known,-999,nobody'" in capsys.readouterr().out
    for empty in ("", "  "):
        assert main([*words, "--force", "--missing", empty]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_python_call_of_the_summary_trains_the_same_run(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(
            [
                "train",
                "bowl.csv",
                "--target",
                "y",
                "--rule",
                "momentum:0.8",
                "--no-bias",
                "--penalty",
                "0.01",
                *QUICK,
            ]
        )
        == 0
    )
    call = (
        next(line for line in said(capsys).splitlines() if "In Python" in line)
        .partition("In Python")[2]
        .strip()
    )
    names: dict[str, Any] = {}
    exec(call, names)  # our own output
    assert (names["run"].network.theta == load("bowl-run").network.theta).all()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--out", ""], "--out needs the name of a folder"),
        (["--committee", "--distilled", "--restarts", "2"], "to one network: leave one out"),
    ],
)
def test_what_would_be_passed_over_is_refused(
    more: list[str], sentence: str, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "bowl.csv", "--target", "y", *QUICK, *more]) == 2
    assert sentence in capsys.readouterr().err


def test_the_json_summary_is_whole(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "bowl.csv", "--target", "y", "--json", *QUICK]) == 0
    summary = json.loads(said(capsys))
    assert summary["rows"] == {"all": 80, "train": 48, "validation": 16, "test": 16}
    assert summary["network"]["sizes"][-2:] == [4, 1]
    assert summary["metrics"]["test"]["targets"]["y"]["rmse"] > 0
    assert summary["line_wins"] in (True, False)


def test_a_run_is_never_overwritten_unasked(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "bowl.csv", "--target", "y", *QUICK]
    assert main([*words, "--out", "mine"]) == 0
    before = (Path("mine") / "run.json").read_bytes()
    capsys.readouterr()
    assert main([*words, "--out", "mine", "--seed", "1"]) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert (Path("mine") / "run.json").read_bytes() == before
    assert main([*words, "--out", "mine", "--seed", "1", "--force"]) == 0
    assert load("mine").settings["seed"] == 1
    assert main(words) == main(words) == 0  # without --out a free name is found
    assert Path("bowl-run/run.json").exists()
    assert Path("bowl-run-2/run.json").exists()


def test_the_line_is_said_to_win_where_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("line.csv").write_text("x,y\n" + "".join(f"{n},{3 * n + 1}\n" for n in range(60)))
    assert main(["train", "line.csv", "--target", "y", "--learning-rate", "0.01"]) == 0
    told = said(capsys)
    assert "The line wins: linear regression" in told and "deltarule diagnose line-run --try" in told
    rings(Path("rings.csv"))
    assert main(["train", "rings.csv", "--target", "ring", "--hidden", "16", "--learning-rate", "0.02"]) == 0
    told = said(capsys)
    assert "The network beats logistic regression." in told and "diagnose" not in told
    noise = np.random.default_rng(1).normal(size=(60, 5))
    Path("noise.csv").write_text(
        "a,b,c,d,y\n" + "".join(",".join(map(str, row)) + "\n" for row in noise.tolist())
    )
    words = ["--validation", "0", "--test", "0.5", "--epochs", "300", "--learning-rate", "0.01"]
    assert main(["train", "noise.csv", "--target", "y", *words]) == 0
    assert "Nothing was learnt that helps: the mean of the training rows" in said(capsys)


def test_numbers_far_from_0_are_told_of_where_they_are_not_scaled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rare = [f"{1990 + n % 31},{'ab'[n > 0]},{n % 31},{n % 7}" for n in range(12000)]
    Path("years.csv").write_text("\n".join(["year,kind,age,y", *rare]) + "\n")
    words = ["train", "years.csv", "--target", "y", "--hidden", "2", "--epochs", "1", "--force", "--out", "r"]
    far = re.compile(
        "Note: input 'year' has mean 200[45] and spread .*: add --scale standard, as this rule may end "
    )
    for rule, scale, told in (
        ("lbfgs", "none", True),
        ("lm", "none", True),
        ("adam", "none", False),
        ("lbfgs", "standard", False),
        ("lbfgs", "minmax", False),
    ):
        assert main([*words, "--rule", rule, "--scale", scale]) == 0
        summary = said(capsys)
        assert bool(far.search(summary)) is told and ("add --scale" in summary) is told


def test_what_is_said_before_a_training_comes_once_whatever_the_folds(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("deltarule.descent.choosing.STEP", 1e3)
    words = ["train", "bowl.csv", "--target", "y", "--rule", "lm", "--hidden", "4", "--epochs", "2"]
    assert main([*words, "--folds", "3"]) == 0
    assert screen.getvalue().startswith("this rule is slow here") and screen.getvalue().count("slow") == 1
    assert said(capsys).count("slow") == 1  # the summary's note


def test_a_quantile_is_told_with_its_loss_and_the_share_of_rows_below(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "bowl.csv", "--target", "y", "--loss", "quantile:0.9", "--hidden", "4", "--epochs", "3"]
    assert main([*words, "--out", "r"]) == 0
    summary = said(capsys)
    test = load("r").metrics["test"]["targets"]["y"]
    (network,) = (line for line in summary.splitlines() if "this network" in line)
    assert "quantile loss  below (90 asked), %" in summary and "quantile of the training rows" in summary
    assert network.split()[2:4] == [f"{test['quantile_loss']:.4g}", f"{100 * test['below']:.4g}"]
    assert main(["train", "--resume", "r", "--epochs", "4", "--json"]) == 0
    metrics = json.loads(said(capsys))["metrics"]
    assert 0 <= metrics["test"]["targets"]["y"]["below"] <= 1
    assert metrics["baselines"]["quantile"]["targets"]["y"]["quantile_loss"] > 0
    assert main(["report", "r", "--text"]) == 0
    assert "quantile loss" in said(capsys)


def test_the_mean_absolute_error_is_told_first_where_it_was_trained_for(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "bowl.csv", "--target", "y", "--loss", "mae", "--hidden", "4", "--epochs", "3"]
    assert main([*words, "--out", "r"]) == 0
    summary = said(capsys)
    test = load("r").metrics["test"]["targets"]["y"]
    (network,) = (line for line in summary.splitlines() if "this network" in line)
    assert network.split()[2:4] == [f"{test['mae']:.4g}", f"{test['rmse']:.4g}"]
    assert summary.index("mean |error|") < summary.index("RMSE") and "median of the training rows" in summary


def test_a_committee_may_be_distilled(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["train", "bowl.csv", "--target", "y", "--hidden", "4", "--rule", "evidence", "--restarts", "2"]
    assert main([*told, "--epochs", "20", "--distilled"]) == 0
    run = load("bowl-run")
    assert run.settings["committee"] == "distilled"
    assert run.model.network.sizes[1:] == (4, 1)
    assert "; taught to one network." in capsys.readouterr().out
    assert main([*told[:-4], "--rule", "lm", "--restarts", "2", "--distilled", "--force"]) == 2
    assert "a distilled committee is taught with the penalty and noise" in capsys.readouterr().err


def test_full_batch_rules_count_iterations(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for rule, apart in (("lm", 16), ("evidence", 0)):  # evidence needs no validation rows
        words = ["--hidden", "3", "--rule", rule, "--epochs", "30", "--out", rule, "--verbose"]
        assert main(["train", "bowl.csv", "--target", "y", *words]) == 0
        summary = said(capsys)
        assert f"{rule}, all training rows an iteration" in summary
        assert "iterations (" in summary
        assert "Engine" in summary
        assert len(load(rule).split.validation) == apart


def test_a_rule_that_takes_long_is_told_of_with_what_auto_takes(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["train", "bowl.csv", "--target", "y", "--rule", "lm", "--hidden", "4", "--epochs", "2"]
    assert main([*words, "--out", "small"]) == 0
    assert "slow" not in said(capsys)
    monkeypatch.setattr("deltarule.descent.choosing.STEP", 1e3)
    assert main([*words, "--out", "large"]) == 0
    assert "Note: this rule is slow here, 'auto' takes lbfgs: 33 weights and 48 samples" in said(capsys)
    words[words.index("lm")] = "auto"
    assert main([*words, "--out", "auto"]) == 0
    assert "slow" not in said(capsys)


@pytest.mark.parametrize(
    ("seconds", "told"), [(5.2, "5.2 s in all):"), (8.1, "5.0 s of training, 8.1 s in all with")]
)
def test_what_came_beside_the_time_that_was_asked_for_is_told_apart(
    tmp_path: Path, seconds: float, told: str
) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv"), "y", hidden=(2,), rule="lbfgs", epochs=3)
    history = History.from_csv(run.history.to_csv())
    history["seconds"][:] = 5.0
    cut = replace(run, history=history, seconds=seconds, outcome=Outcome.of("time_limit", 3))
    assert told in as_text(cut, tmp_path)
    assert "of training" not in as_text(replace(cut, outcome=run.outcome), tmp_path)


def test_folds_are_reported_with_their_spread(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "bowl.csv", "--target", "y", "--folds", "4", *QUICK]) == 0
    summary = said(capsys)
    assert "Over 4 folds" in summary
    assert "±" in summary


def test_a_toml_file_sets_what_is_not_typed(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bowl.toml").write_text(
        'table = "bowl.csv"\ntarget = "y"\nhidden = [3, 2]\nepochs = 5\nbias = false\n'
    )
    assert main(["train", "--config", "bowl.toml", "--epochs", "4", "--json"]) == 0
    assert json.loads(said(capsys))["epochs"] == 4
    assert load("bowl-run").network.sizes[1:] == (3, 2, 1)
    assert load("bowl-run").network.b == []


def test_a_run_that_diverges_says_so_and_is_kept(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "train",
                "bowl.csv",
                "--target",
                "y",
                "--rule",
                "gradient",
                "--learning-rate",
                "1e200",
                "--activation",
                "relu",
                *QUICK,
            ]
        )
        == 1
    )
    assert "try a smaller learning rate" in said(capsys)
    assert load("bowl-run").outcome.name == "diverged"


def test_interrupted_keeps_what_was_reached(table: Path) -> None:
    pty = pytest.importorskip("pty", reason="pseudo-terminals are a POSIX thing")
    program = "import sys; from deltarule.cli import main; sys.exit(main())"
    words = [
        "train",
        "bowl.csv",
        "--target",
        "y",
        "--rule",
        "adam",
        "--epochs",
        "100000000",
        "--validation",
        "0",
    ]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program, *words, "--out", "kept"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as running:
        shown = b""
        while b"left" not in shown:  # the first line of progress
            shown += os.read(ours, 4096)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert running.returncode == 130
    assert "it was interrupted" in out
    assert load("kept").outcome.name == "interrupted"
    assert len(load("kept").history) >= 1


def pressed_at(training: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the training of this number, from 1, as the loop sees it."""
    from deltarule.descent import loop

    begun: list[int] = []
    original: Any = loop._Loop.until_outcome  # pyright: ignore[reportPrivateUsage]

    def pressed(self: Any, interrupted: Any) -> Any:
        begun.append(1)
        if len(begun) == training:
            interrupted.set()
        return original(self, interrupted)

    monkeypatch.setattr(loop._Loop, "until_outcome", pressed)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("training", "sentence"),
    [
        (1, "Interrupted in the first of 4 folds"),
        (2, "Interrupted with 1 of 4 folds finished, each judged on rows it has not seen:"),
        (4, "Interrupted with 3 of 4 folds finished, each judged on rows it has not seen (mean ± spread"),
    ],
)
def test_interrupted_folds_report_those_that_were_finished(
    training: int,
    sentence: str,
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pressed_at(training, monkeypatch)
    words = ["train", "bowl.csv", "--target", "y", "--folds", "4", "--validation", "0", *QUICK]
    assert main(words) == 130
    shown = capsys.readouterr()
    assert sentence in shown.out
    assert "Nothing was kept" in shown.out
    assert ("this network" in shown.out) == (training > 1)
    assert shown.err == "deltarule: interrupted\n"
    assert not Path("bowl-run").exists()


def test_interrupted_folds_are_told_to_programs_too(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pressed_at(3, monkeypatch)
    words = ["train", "bowl.csv", "--target", "y", "--folds", "4", "--validation", "0", "--json", *QUICK]
    assert main(words) == 130
    record = json.loads(said(capsys))
    assert record["outcome"] == "interrupted"
    assert len(record["metrics"]["folds"]) == 2


def test_a_second_interruption_while_the_first_is_answered_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from deltarule import cli

    def twice(sentence: str, code: int) -> int:
        raise KeyboardInterrupt

    def once(words: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("deltarule.cli.commands.run", once)
    monkeypatch.setattr(cli, "_ended", twice)
    assert main(["train"]) == 130


def test_progress_is_shown_to_terminals_only(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "bowl.csv", "--target", "y", *QUICK, "--epochs", "300", "--validation", "0"]
    assert main(words) == 0
    assert capsys.readouterr().err == ""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are a POSIX thing")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as shown_here:
        shown_here.setattr(sys, "stderr", terminal)
        assert main([*words, "--force"]) == 0
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert b"left" in shown
    assert b"error" in shown


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_malformed_table_is_one_sentence_and_nothing_is_written(
    case: Malformed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = place(case, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(["train", str(path), "--target", TARGET, *QUICK]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("deltarule: ")
    assert output.err.count("\n") == 1
    for part in case.says:
        assert part in output.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_network_that_would_not_fit_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    bowl(tmp_path / "bowl.csv")
    words = ["--hidden", "999999999999", "--rule", "adam", "--out", "run"]
    assert main(["train", "bowl.csv", "--target", "y", *words]) == 2
    said = capsys.readouterr().err
    assert "weights needs" in said
    assert "take fewer hidden units" in said
    assert not Path("run").exists()
