"""A run of the bowl, trained once by the command for all tests of a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runs.tables_made import bowl

from deltarule.cli import main


def bowl_run_in(folder: Path, *words: str) -> Path:
    """The folder, with bowl.csv and its run `run`, trained with these words."""
    with pytest.MonkeyPatch.context() as place:
        place.chdir(folder)
        bowl(Path("bowl.csv"))
        assert main(["train", "bowl.csv", "--target", "y", *words, "--out", "run"]) == 0
    return folder
