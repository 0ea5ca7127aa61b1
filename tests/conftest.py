"""What holds for every test."""

from __future__ import annotations

import os
import signal

import pytest

# a shell's background jobs ignore Ctrl-C, and so would all that the tests press it on: they would never end
signal.signal(signal.SIGINT, signal.default_int_handler)

# pytest's workers say 80: lines would be broken there which a pipe gets whole
os.environ.pop("COLUMNS", None)


@pytest.fixture
def two_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report has its first two pictures: tests/runs/test_report.py draws them all, which takes seconds."""
    from deltarule.runs.figures import Figures

    names = Figures.names
    monkeypatch.setattr(Figures, "names", property(lambda figures: names.__get__(figures)[:2]))
