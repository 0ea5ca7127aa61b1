"""The report of a run: one page that loads nothing, the same as text, and its figures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.runs.tables_made import bowl, rings

from deltarule.errors import RunError
from deltarule.health.diagnosis import diagnose
from deltarule.runs import Run, load, train_table
from deltarule.runs.report import Report
from deltarule.runs.run import table_of

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = bowl(tmp_path_factory.mktemp("bowl") / "bowl <&> 1.csv")
    return train_table(path, "y", hidden=(8,), rule="adam", epochs=30, learning_rate=0.01)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = rings(tmp_path_factory.mktemp("rings") / "rings.csv")
    target = path.read_text().splitlines()[0].split(",")[-1]
    return train_table(path, target, hidden=(8, 8), rule="adam", epochs=30)


@pytest.fixture(scope="module")
def report(numbers: Run) -> Report:
    return Report.of(numbers)


@pytest.fixture(scope="module")
def report_of_classes(classes: Run) -> Report:
    return Report.of(classes)


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("href", "src", "xlink:href", "action", "data")]


@pytest.mark.parametrize("kind", ["report", "report_of_classes"])
def test_the_page_holds_everything_and_loads_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(kind)
    page, seen = report.html(), Links()
    seen.feed(page)
    assert all(link.startswith(("#", "data:")) for link in seen.links)
    assert "script" not in seen.tags and not re.search(r"@import|url\((?!#)", page)
    assert len(page) < 1_000_000
    assert "{" not in re.sub(r"<style[^>]*>.*?</style>|<!--.*?-->", "", page, flags=re.DOTALL)
    assert page.count("<figure ") == len(report.figures.names) == page.count("<figcaption>")
    for part in (
        "How good it is",
        "Health",
        "The network",
        "The training",
        "The fit",
        "To do it again",
        "SHA-256",
    ):
        assert part in page
    wanted = {
        "report": {"predicted-actual", "error-histogram", "residuals", "hessian-spectrum", "response-1"},
        "report_of_classes": {
            "roc",
            "calibration",
            "confusion",
            "gradient-heat",
            "gradient-flow",
            "activations-1",
            "activations-2",
        },
    }[kind]
    assert wanted <= set(report.figures.names)


def test_names_from_the_table_are_escaped(report: Report) -> None:
    assert "bowl &lt;&amp;&gt; 1.csv" in report.html()


def test_the_text_has_scores_verdict_and_the_command_that_trains_the_run_again(report: Report) -> None:
    text = report.text()
    for part in ("y from 3 columns", "RMSE", "linear", "Rule", "Again: deltarule train"):
        assert part in text
    assert "{" not in text
    assert "--hidden 8" in report.command and "--learning-rate 0.01" in report.command


def test_the_rule_is_told_as_the_command_line_takes_it(report: Report) -> None:
    assert report.summary["Rule"] == "adam, loss mse"


def test_a_response_says_which_of_several_targets_it_is_of(tmp_path: Path) -> None:
    path = bowl(tmp_path / "bowl.csv")
    columns = path.read_text().splitlines()[0].split(",")
    targets = [columns[-1], columns[0]]
    run = train_table(path, targets, hidden=(3,), rule="adam", epochs=3)
    captions = Report.of(run).figures.captions
    assert f"How the predicted {targets[0]} (not {targets[1]}) changes with" in captions["response-1"]


def test_a_page_is_not_overwritten_unless_forced(report: Report, tmp_path: Path) -> None:
    page = report.save(tmp_path / "deeper" / "report.html")
    with pytest.raises(RunError, match="--force"):
        report.save(page)
    assert report.save(page, force=True).read_text() == report.html()


@pytest.mark.usefixtures("two_pictures")  # the page above has drawn them all
def test_every_figure_can_be_had_as_a_file(report_of_classes: Report, tmp_path: Path) -> None:
    written = report_of_classes.save_figures(tmp_path, "svg")
    assert [path.stem for path in written] == report_of_classes.figures.names


def test_a_run_is_diagnosed_on_its_own_rows_and_replays_bit_for_bit(numbers: Run) -> None:
    case = numbers.health_case()
    assert len(case.X) == len(numbers.split.train)
    again = diagnose(numbers, replay=True)
    assert (again.case.network.theta == numbers.network.theta).all()
    assert len(again.measures) > 10


def test_a_run_from_when_test_rows_beside_folds_were_let_pass_is_still_diagnosed(numbers: Run) -> None:
    settings = {**numbers.settings, "folds": 3, "test": 0.3}
    assert len(replace(numbers, settings=settings).health_case().X) == len(numbers.split.train)


def test_a_run_read_from_its_folder_has_the_same_report(numbers: Run, report: Report, tmp_path: Path) -> None:
    numbers.save(tmp_path / "run")
    assert Report.of(load(tmp_path / "run")).text() == report.text()


def test_a_table_that_has_changed_is_refused(numbers: Run, tmp_path: Path) -> None:
    other = bowl(tmp_path / "other.csv")
    other.write_text(other.read_text().rsplit("\n", 2)[0] + "\n")
    with pytest.raises(RunError, match="not the table"):
        table_of(numbers, str(other))


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed to open the page with")
def test_a_browser_opens_the_page_without_a_request_or_a_complaint(report: Report, tmp_path: Path) -> None:
    page = report.save(tmp_path / "report.html")
    log, shot = tmp_path / "net.json", tmp_path / "shot.png"
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", "--enable-logging=stderr", "--v=0",
            "--virtual-time-budget=3000", f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}",
            "--window-size=1200,4000", f"--screenshot={shot}", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    asked = set(re.findall(r'"url":"([^"]+)"', log.read_text()))
    of_the_page = {url for url in asked if "google" not in url and "gstatic" not in url}  # the browser's own
    assert of_the_page <= {page.as_uri()}
    assert shot.stat().st_size > 50_000
    assert json.loads(log.read_text() if log.read_text().rstrip().endswith("}") else "{}") is not None


def test_folds_are_told_by_their_mean(tmp_path: Path) -> None:
    run = train_table(bowl(tmp_path / "bowl.csv"), "y", hidden=(4,), rule="adam", epochs=5, folds=3)
    told = {(who, rows): figures for who, rows, *figures in Report.of(run).scores}
    errors = [fold["test"]["targets"]["y"]["rmse"] for fold in run.metrics["folds"]]
    assert told["network", "test, mean of 3 folds"][0] == f"{sum(errors) / 3:.4g}"
    assert ("linear", "test, mean of 3 folds") in told
