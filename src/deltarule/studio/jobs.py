"""What the training process does: train a table, go on with a run, try a remedy beside a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from deltarule.errors import InputError
from deltarule.health.diagnosis import diagnose
from deltarule.health.trial import Side, Trial, to_try, try_remedy
from deltarule.runs.checkup import checkup
from deltarule.runs.fitting import train as train_run
from deltarule.runs.folder import refuse_overwriting
from deltarule.runs.resuming import go_on
from deltarule.runs.run import Run, load, table_of
from deltarule.runs.settings import settings as make_settings
from deltarule.studio.telling import Telling, spread
from deltarule.tables import read_table
from deltarule.tables.targetless import with_targets

Tell = Callable[[dict[str, Any]], None]


def train(settings: Mapping[str, Any], folder: str, tell: Tell, stop: threading.Event) -> dict[str, Any]:
    """A table becomes a run in a folder, as `deltarule train` makes it."""
    refuse_overwriting(Path(folder), force=False)
    asked = make_settings(settings)
    table = with_targets(read_table(asked.table, asked.sheet, asked.missing), asked.target)
    run = train_run(asked, observers=[Telling(tell, stop)], table=table)
    return _saved(run, folder, False, tell)


def resume(folder: str, table: str, epochs: int | None, tell: Tell, stop: threading.Event) -> dict[str, Any]:
    """An unfinished run goes on, in its own folder; epochs: in all, where there shall be more."""
    changes = {} if epochs is None else {"epochs": epochs}
    run = go_on(load(folder), changes, table, observers=[Telling(tell, stop)])
    return _saved(run, folder, True, tell)


def attempt(
    folder: str, table: str, verdict: int, remedy: int, tell: Tell, stop: threading.Event
) -> dict[str, Any]:
    """The run trained again as it was, and with a remedy, beside each other; nothing is written."""
    run = load(folder)
    case = checkup(run, table_of(run, table))
    verdicts = diagnose(case).verdicts
    try:
        chosen = verdicts[verdict].remedies[remedy]
    except IndexError:
        raise InputError("this run has no such remedy: look at its diagnosis again") from None
    watched = replace(to_try(case, verdicts), settings={**case.settings, "observers": [Telling(tell, stop)]})
    return {"trial": told(try_remedy(watched, chosen)), "verdict": verdict, "remedy": remedy}


def told(trial: Trial) -> dict[str, Any]:
    """A trial as plain values."""
    return {
        "title": trial.remedy.title,
        "sentence": trial.sentence,
        "helped": trial.helped,
        "judged_on": trial.judged_on,
        "without": _side(trial.original),
        "with": _side(trial.changed),
    }


def _side(side: Side) -> dict[str, Any]:
    rows = spread(len(side.error))
    return {
        "epoch": rows + 1,
        "error": side.error[rows],
        "validation": side.validation[rows],
        "reached": side.reached,
        "outcome": side.training.outcome.name,
    }


def _saved(run: Run, folder: str, force: bool, tell: Tell) -> dict[str, Any]:
    tell({"what": "saving"})
    run.save(folder, force=force)
    return {"outcome": run.outcome.name, "message": run.outcome.message}


JOBS: Mapping[str, Callable[..., dict[str, Any]]] = {"train": train, "resume": resume, "try": attempt}
