"""A run that was stopped goes on where it stood: what comes out is what it would have been without the stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deltarule.descent.loop import Observer
from deltarule.descent.rules import rule as find_rule
from deltarule.descent.schedules import Cosine
from deltarule.errors import InputError, RunError
from deltarule.runs.fitting import train
from deltarule.runs.plan import Plan
from deltarule.runs.run import Run, table_of
from deltarule.runs.settings import Settings, recorded
from deltarule.runs.settings import settings as make_settings
from deltarule.runs.words import schedule_of
from deltarule.tables import Table

CHANGES = ("epochs", "budget", "threads")  # what may be said anew; the rest is the run's own
UNFINISHED = ("interrupted", "time_limit", "step_limit")


def go_on(
    run: Run,
    changes: Mapping[str, Any] | None = None,
    table: str | None = None,
    *,
    progress: bool = False,
    observers: Sequence[Observer] = (),
) -> Run:
    """Trains a run further that Ctrl-C, its budget or its epochs ended.

    Parameters
    ----------
    run : as `load` gives it.
    changes : epochs, counted from the run's first start; budget and threads of this part.
    table : the run's table, where it has moved.
    observers : called after each burst, as `train` has them.

    Returns the whole run: weights, history and errors are those of a training that was never stopped, bit for bit.
    Raises InputError and RunError where it cannot go on, and says why.
    """
    changed = dict(changes or {})
    _refuse_other(changed)
    _refuse_ended(run)
    rows = table_of(run, table)
    place = {} if table is None else {"table": table}
    own = {name: value for name, value in recorded(run.settings).items() if name != "budget"}
    settings = make_settings({**own, **changed, **place})
    _refuse_misfit(run, settings, rows, "epochs" in changed)
    return train(settings, progress=progress, observers=observers, table=rows, unfinished=run)


def _refuse_other(changed: Mapping[str, Any]) -> None:
    other = [f"--{name.replace('_', '-')}" for name in changed if name not in CHANGES]
    if other:
        raise InputError(
            f"a run goes on with the settings it has: leave out {' and '.join(other)}; "
            f"only {', '.join('--' + name for name in CHANGES)} may change"
        )


def _refuse_ended(run: Run) -> None:
    if run.outcome.name not in UNFINISHED:
        raise RunError(
            f"this run has ended by itself ({run.outcome.name}: {run.outcome.message}): train anew with other settings"
        )
    if run.settings.get("folds"):
        raise RunError("this run cannot go on: its folds judged trainings as short as itself: train it anew")
    if run.checkpoint is None:
        raise RunError(
            f"this run cannot go on: only one start by a first-order rule such as adam can, and it was trained "
            f"by {run.rule}: train it anew with more --epochs or a longer --budget"
        )


def _refuse_misfit(run: Run, settings: Settings, rows: Table, epochs_changed: bool) -> None:
    plan, done = Plan.of(settings, rows), len(run.history)
    if plan.epochs <= done:
        raise InputError(
            f"this run has done {done:,} of {plan.epochs:,} epochs: "
            f"ask for more of them in all, as in --epochs {2 * done}"
        )
    if epochs_changed and isinstance(schedule_of(settings.schedule), Cosine):
        raise InputError(
            f"the schedule {settings.schedule} was laid out for the epochs that this run had: leave out --epochs"
        )
    if repr(find_rule(plan.rule)) != run.rule:
        raise RunError(
            f"this run was trained by {run.rule}, which its settings no longer name: train it anew"
        )
