"""What keeps a run from learning, and what helps; a remedy is tried by the training process, beside the run."""

from __future__ import annotations

from typing import Any

from deltarule.studio.opened import RunAsked, Runs
from deltarule.studio.training import Trainer


class RemedyAsked(RunAsked):
    """Which remedy of which verdict, counted from 0."""

    verdict: int
    remedy: int


def diagnosis(runs: Runs, asked: RunAsked) -> dict[str, Any]:
    """The verdicts of the report, each with its evidence and its remedies."""
    opened = runs.opened(asked.run)
    with opened.lock:
        found = opened.report.diagnosis
    return {**found.to_json(), "about": found.measured}


def attempt(runs: Runs, trainer: Trainer, asked: RemedyAsked) -> dict[str, Any]:
    """Begins the trial of a remedy."""
    opened = runs.opened(asked.run)
    table = opened.folder.told(opened.place)
    assert opened.table is not None  # refused where its rows come from elsewhere
    job = {
        "folder": str(opened.path),
        "table": table,
        "verdict": asked.verdict,
        "remedy": asked.remedy,
    }
    return trainer.begin(job, "try", "a remedy beside the run", opened.name).told()
