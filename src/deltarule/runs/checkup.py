"""A run as a case for diagnosis: its samples encoded again as it saw them, and its settings as `train` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.equations.penalties import Penalty
from deltarule.health.case import Case
from deltarule.model import Model
from deltarule.network import Network
from deltarule.runs.arguments import train_arguments
from deltarule.runs.plan import Plan
from deltarule.runs.settings import recorded
from deltarule.runs.settings import settings as make_settings
from deltarule.runs.weights import row_weights
from deltarule.tables import Split, Table
from deltarule.tables.targetless import read_with_targets

Floats = NDArray[np.floating]


class Trained(Protocol):
    """What is looked at of a run."""

    @property
    def model(self) -> Model: ...
    @property
    def network(self) -> Network: ...
    @property
    def start(self) -> Network: ...
    @property
    def penalty(self) -> Penalty | None: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    @property
    def split(self) -> Split: ...
    @property
    def history(self) -> History: ...
    @property
    def outcome(self) -> Outcome: ...


def checkup(run: Trained, table: Table) -> Case:
    """The case of a run and the table that it was trained on."""
    model, plan = run.model, Plan.of(make_settings(recorded(run.settings)), table)
    train_rows, held = rows_of(run, table)
    weights = run.settings.get("weights")
    X, D = model.inputs.transform(train_rows), model.targets.transform(train_rows)
    validation = None if held is None else (model.inputs.transform(held), model.targets.transform(held))
    weighed = None if validation is None or held is None else (*validation, row_weights(held, weights))
    return Case(
        network=run.network,
        X=X,
        D=D,
        loss=model.loss,
        penalty=run.penalty or Penalty(),
        sample_weight=row_weights(train_rows, weights),
        start=run.start,
        settings=train_arguments(plan, len(X), weighed, plan.setting_apart(table).together(run.split.train)),
        history=run.history,
        outcome=run.outcome,
        validation=validation,
        unseen=_judging(run, table),
        names=model.inputs.names,
    )


def _judging(run: Trained, table: Table) -> tuple[Floats, Floats] | None:
    """The rows that judged, where there were any."""
    if not len(run.split.test):
        return None
    rows = table.take(run.split.test)
    return run.model.inputs.transform(rows), run.model.targets.transform(rows)


def rows_of(run: Trained, table: Table) -> tuple[Table, Table | None]:
    """The rows that trained, and those that steered the stopping, where there were any."""
    split, file = run.split, run.settings.get("validation")
    if isinstance(file, str):
        model = run.model
        return table.take(split.train), read_with_targets(
            file, run.settings.get("sheet"), model.targets.targets, model.inputs.missing
        )
    return table.take(split.train), table.take(split.validation) if len(split.validation) else None
