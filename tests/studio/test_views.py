"""What a browser draws: the views of a run as they stand once their scripts are through."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deltarule.runs import train_table
from deltarule.studio.serving import Serving

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed to open the page with"),
]


def seen(serving: Serving, profile: Path, view: str) -> str:
    """The page of a view of the run `run`."""
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--no-first-run", "--enable-logging=stderr", "--v=0", "--virtual-time-budget=8000",
            f"--user-data-dir={profile}", "--dump-dom", f"{serving.address}&view={view}&run=run",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "Uncaught" not in done.stderr
    return done.stdout


def y_axes(page: str) -> list[str]:
    """What the charts of a page have upwards."""
    return re.findall(r'<text class="axis"[^>]*rotate[^>]*>([^<]*)<', page)


def saved(folder: Path, target: tuple[str, ...] = ("y",), **settings: Any) -> None:
    train_table(folder / "bowl.csv", target, **{"hidden": (3,), "epochs": 5, **settings}).save(folder / "run")


def test_each_target_has_its_own_axis(serving: Serving, folder: Path, tmp_path: Path) -> None:
    saved(folder, ("y", "x1"), rule="lm")
    assert y_axes(seen(serving, tmp_path / "profile", "predict")) == ["y", "x1"]


def test_beside_the_error_stands_what_the_rule_goes_after(
    serving: Serving, folder: Path, tmp_path: Path
) -> None:
    profile, both = tmp_path / "profile", "training rows, with the penalty"
    for settings, axes, penalised in (
        ({"rule": "lm"}, ["error E"], False),
        ({"rule": "lm", "penalty": 0.1}, ["error E"], True),
        ({"rule": "evidence"}, ["error E", "log score"], False),
    ):
        saved(folder, **settings)
        page = seen(serving, profile, "show")
        assert y_axes(page) == axes
        assert (both in page) is penalised
        assert ("goes where the log score is highest" in page) is (settings["rule"] == "evidence")
        shutil.rmtree(folder / "run")


def test_the_list_of_runs_tells_a_quantile_by_its_own_loss(
    serving: Serving, folder: Path, tmp_path: Path
) -> None:
    saved(folder, rule="adam", loss="quantile:0.9")
    page = seen(serving, tmp_path / "profile", "runs")
    assert re.search(r"quantile loss [\d.]+, below \(90 asked\) [\d.]+&nbsp;%", page)
    assert "RMSE" not in page


def test_small_marks_leave_room_for_the_title_of_their_axis(
    serving: Serving, folder: Path, tmp_path: Path
) -> None:
    rows = "".join(f"{x},{2 * x + 1}\n" for x in range(40))
    (folder / "bowl.csv").write_text(f"x,y\n{rows}")  # a line: its error falls below 1e-20
    saved(folder, hidden=(), rule="lm")
    page = seen(serving, tmp_path / "profile", "show")
    marks = re.findall(r'<text class="mark-text" x="([\d.]+)" y="[\d.]+" text-anchor="end">([^<]*)<', page)
    assert any(len(text) >= 5 for _, text in marks)
    title, of_a_digit = 16, 6.9  # where the rotated title ends, and the width of a digit of 12 pixels
    assert all(float(end) - of_a_digit * len(text) > title for end, text in marks)


def test_an_exercise_without_a_picture_has_no_empty_place_for_one(serving: Serving, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    assert 'class="scroll picture"' in seen(serving, profile, "exercises&kind=gradients")
    assert 'class="scroll picture"' not in seen(serving, profile, "exercises&kind=error")
