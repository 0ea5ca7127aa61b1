"""One table in, one run out: rows set apart, columns encoded, a network trained, and judged once at the end.

The scaler and the weights see training rows only; validation rows steer the stopping only; test rows are touched once.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.baselines import baselines
from deltarule.descent.budget import Budget
from deltarule.descent.choosing import quicker
from deltarule.descent.conditioning import conditioning
from deltarule.descent.error_bars import WEIGHTS, ErrorBars, error_bars
from deltarule.descent.evidence_search import NUMBERS
from deltarule.descent.history import History
from deltarule.descent.loop import Observer
from deltarule.descent.progress import Progress
from deltarule.descent.rules import first_order
from deltarule.descent.training import Training
from deltarule.descent.training import train as train_network
from deltarule.equations.memory import refuse_beyond
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape
from deltarule.errors import FoldsInterrupted, InputError
from deltarule.health.remarks import told_alone
from deltarule.model import Model
from deltarule.network import Network
from deltarule.runs.arguments import Held, seconds, train_arguments
from deltarule.runs.plan import Plan
from deltarule.runs.repeats import repeats
from deltarule.runs.run import Run, Source
from deltarule.runs.settings import Settings
from deltarule.runs.settings import settings as make_settings
from deltarule.runs.time_order import ordered_by
from deltarule.runs.weights import row_weights, without_outcome
from deltarule.runs.words import penalty_of
from deltarule.sentences import count
from deltarule.tables import InputEncoding, Split, Table, TargetEncoding, read_table
from deltarule.tables.targetless import read_with_targets, with_targets

Floats = NDArray[np.floating]
# as long as θ: θ, its start, the gradient, what a rule keeps, the best so far, and twice the way back
VECTORS = 12
# of the log score, a factor of three: less is barely worth mentioning (Jeffreys 1961, appendix B)
TELLS = 1.1


def train_table(
    table: str | Path, target: str | Sequence[str], *, progress: bool = False, **options: Any
) -> Run:
    r"""Train a network on a table: what `deltarule train` does, without writing anything.

    Parameters
    ----------
    table : a CSV, Excel (.xlsx), Parquet, Arrow, Feather or NPZ file.
    target : the name of the column to predict, or several names of numbers.
    options : as the command's, with underscores: hidden=(50, 50), rule="adam", validation=0.1, seed=1, …

    Returns a Run; `run.save(folder)` keeps it. Raises InputError and TableError, in one sentence each, and
    FoldsInterrupted, a KeyboardInterrupt that has the folds finished so far.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "line.csv")
    ...     _ = file.write_text("x,y\n" + "\n".join(f"{x},{3 - 2 * x}" for x in range(20)))
    ...     run = train_table(file, "y")
    >>> run.network.sizes, len(run.split.test)
    ((1, 1), 4)
    >>> run.predict({"x": [0.0, 100.0]}).round(3).tolist()
    [3.0, -197.0]
    """
    if not isinstance(table, (str, Path)):
        raise InputError(
            f"train_table reads a file, which its run can read again, and got {type(table).__name__}: write the table "
            "to one first, or give its columns to MLPRegressor or MLPClassifier"
        )
    given = {
        "table": str(table),
        "target": (target,) if isinstance(target, str) else tuple(target),
        **options,
    }
    return train(make_settings(given), progress=progress)


def train(
    settings: Settings,
    *,
    progress: bool = False,
    observers: Sequence[Observer] = (),
    table: Table | None = None,
    unfinished: Run | None = None,
) -> Run:
    """The same from settings already checked, of a table already read; an unfinished run of them goes on."""
    began = time.perf_counter()
    whole = read_table(settings.table, settings.sheet, settings.missing) if table is None else table
    job = _Job(settings, with_targets(whole, settings.target), unfinished)
    settings = job.settings
    metrics: dict[str, Any] = {}
    judged: list[dict[str, Any]] = []
    shown = Progress() if progress else False  # one for all folds: its note comes once
    try:
        if settings.folds:
            job.cross_validate(shown, judged)
            metrics["folds"] = judged
        parts = job.parts(job.apart.once())
        fitted = job.fit(parts, shown, observers)
    except KeyboardInterrupt:
        if not settings.folds:
            raise
        raise FoldsInterrupted(judged, settings.folds) from None
    notes: list[str] = [*job.table.notes]
    metrics |= _errors(fitted.model, parts, notes)
    notes += _notes(job, fitted, parts)
    return Run(
        model=fitted.model,
        start=fitted.start,
        history=fitted.training.history,
        outcome=fitted.training.outcome,
        settings=settings.model_dump(mode="json", exclude_unset=True),
        rule=repr(fitted.training.rule),
        source=Source(settings.table, job.table.rows, job.table.fingerprint, job.table.left_out),
        split=parts.split,
        metrics=metrics,
        notes=tuple(dict.fromkeys(notes)),
        error_bars=_bars(fitted.model, parts, settings.weights, job.apart.together(parts.split.train)),
        checkpoint=fitted.training.checkpoint,
        seconds=time.perf_counter() - began + (unfinished.seconds if unfinished else 0.0),
    )


def _errors(model: Model, parts: Parts, notes: list[str]) -> dict[str, Any]:
    """Errors by rows, and the baselines'; notes : gets what reading and encoding the rows that judge had to decide."""
    errors: dict[str, Any] = {}
    with np.errstate(all="ignore"):  # a diverged network may predict what is too large for a number
        errors["train"] = model.error(parts.train)
        if parts.validation is not None:
            notes += parts.validation.notes
            errors["validation"] = model.error(parts.validation)
        if parts.test is not None:
            notes += parts.test.notes
            errors["test"] = model.error(parts.test, notes)
            errors["baselines"] = baselines(model, parts.train, parts.test)
    return errors


def _notes(job: _Job, fitted: Fitted, parts: Parts) -> list[str]:
    """What encoding, planning and training had to decide, in sentences."""
    settings, inputs, training = job.settings, fitted.model.inputs, fitted.training
    notes = [f"--missing {word}: no cell holds it." for word in job.table.unheld]
    notes += [f"column '{name}' is left out: {reason}." for name, reason in inputs.skipped]
    notes += inputs.filled(job.table)
    notes += [note for note in (job.plan.seen, *fitted.model.targets.notes) if note]
    if settings.weights:
        notes.append(
            f"column '{settings.weights}' weighs the rows in training; errors count every row alike."
        )
    if job.plan.reason:
        notes.append(f"the rule is {job.plan.reason}.")
    penalty = penalty_of(settings.penalty) or Penalty()
    slow = quicker(training.rule, fitted.start.shape, parts.train.rows, fitted.model.loss, penalty)
    notes += [f"{slow}."] if slow else []
    notes += _unscaled(fitted, parts.train)
    notes += _of_the_rows(job, fitted.model, parts)
    notes += [fitted.why] if fitted.why else []
    notes += _prior(training.history)
    if training.starts:
        kept = {"distilled": "; taught to one network", True: "; all kept as one network"}
        notes.append(f"{training.starts}{kept.get(settings.committee, '')}.")
    return notes


def _of_the_rows(job: _Job, model: Model, parts: Parts) -> list[str]:
    """What makes errors smaller than they will be: a column made from the target, rows that judge and trained too."""
    X, D = model.inputs.transform(parts.train), model.targets.transform(parts.train)
    files = [
        rows
        for rows in (parts.validation, parts.test)
        if rows is not None and rows.source != job.table.source
    ]
    notes = job.apart.notes(parts.split, files)
    notes += [f"{told[0].lower()}{told[1:]}" for told in told_alone(X, D, model.inputs.names)]
    if parts.test is not None:
        judging = model.inputs.transform(parts.test)
        found = repeats(X, judging, model.inputs.numbers)
        if found:
            keep = "Keep such rows together: --groups COLUMN, where one names whose they are, or --test FILE."
            if job.settings.groups is not None or isinstance(job.settings.test, str):
                keep = "Judge by rows of which none trained."
            notes.append(
                f"{found:,} of the {count(len(judging), 'row')} that judge repeat the inputs of a row that trained: "
                f"the errors say little of new ones. {keep}"
            )
    date = ordered_by(job.table)
    drawn = (len(parts.split.test) > 0 or job.settings.folds) and job.settings.order is None
    later = f"--order {shlex.quote(date)}"
    if job.settings.folds or job.settings.groups is not None:
        later += " in place of " + ("--folds" if job.settings.folds else "--groups")
    if date and drawn:
        notes.append(
            f"the rows stand in the order of '{date}', and those that judge were drawn from between those that train: "
            f"what comes later is judged by later rows, with {later}."
        )
    return notes


def _bars(
    model: Model, parts: Parts, weights: str | None, groups: NDArray[np.int64] | None
) -> ErrorBars | None:
    """Error bars, where the targets are numbers and the network small enough to keep its second derivatives."""
    plain = model.targets.kind == "numbers" and model.loss.name in NUMBERS
    if not plain or model.network.shape.size > WEIGHTS or not np.isfinite(model.network.theta).all():
        return None
    try:
        (X, D, s), *held = (
            (model.inputs.transform(rows), model.targets.transform(rows), row_weights(rows, weights))
            for rows in (parts.train, parts.validation if groups is None else None)
            if rows is not None
        )
        return error_bars(model.network, X, D, model.loss, s, held=held[0] if held else None, groups=groups)
    except InputError:  # weights so large that their second derivatives are not finite
        return None


@dataclass(frozen=True)
class Parts:
    """The tables that a training sees, each for its own purpose."""

    split: Split
    train: Table
    validation: Table | None
    test: Table | None


@dataclass(frozen=True)
class Fitted:
    """A trained model, where it began and how it went."""

    model: Model
    start: Network
    training: Training
    hidden: tuple[int, ...] = ()  # of one start, where several became a committee
    why: str = ""

    @property
    def log_score(self) -> float:
        """How well the data speak for this network; −∞ for rules that do not tell."""
        history = self.training.history
        return float(history["log_score"][-1]) if "log_score" in history.names else -np.inf


def _better(network: Fitted, line: Fitted) -> Fitted:
    """Of two sizes the one that the data speak for, the line where they do not tell, with the reason."""
    gained = network.log_score - line.log_score
    best, other = (network, line) if gained > TELLS else (line, network)
    found = f"log score {best.log_score:.1f}, {other.log_score:.1f} with {_hidden(other)}"
    said = f"speak for {_hidden(best)}" if abs(gained) > TELLS else "do not ask for hidden units"
    return replace(best, why=f"the data {said}: {found}.")


def _prior(history: History) -> list[str]:
    """What evidence found of the weights that leave hidden units, where it is not the usual."""
    outgoing = history["outgoing"] if "outgoing" in history.names else np.ones(1)
    if outgoing[-1] == outgoing[0]:
        return []
    return [
        f"weights that leave hidden units are held {outgoing[-1]:g} times as firmly as the inputs': rows left out have "
        "a lower error so."
    ]


def _unscaled(fitted: Fitted, rows: Table) -> list[str]:
    """Where numbers that were not scaled may end a rule with curvature before anything is learnt: `Training.hint`."""
    inputs = fitted.model.inputs
    numbers = np.flatnonzero(inputs.numbers)
    if inputs.scale == "standard" or first_order(fitted.training.rule) or not numbers.size:
        return []
    remedy = "add --scale standard, as this rule may end there before anything is learnt"
    told = conditioning(inputs.transform(rows)[:, numbers], [inputs.names[i] for i in numbers], remedy)
    return [f"{told}."] if told else []


def _hidden(fitted: Fitted) -> str:
    return f"{'-'.join(map(str, fitted.hidden))} hidden units" if fitted.hidden else "no hidden layer"


class _Job:
    """What stays the same over the folds of one training."""

    def __init__(self, settings: Settings, table: Table, unfinished: Run | None = None) -> None:
        self.table, self.plan, self.unfinished = table, Plan.of(settings, table), unfinished
        self.settings = self.plan.settings
        self.apart = self.plan.setting_apart(table)

    def parts(self, rows: Split) -> Parts:
        """The tables of these rows, and of the files that were given instead."""
        settings = self.settings
        validation = (
            self._beside(settings.validation)
            if isinstance(settings.validation, str)
            else self._taken(rows.validation)
        )
        test = (
            self._beside(settings.test)
            if isinstance(settings.test, str) and not settings.folds
            else self._taken(rows.test)
        )
        return Parts(rows, self.table.take(rows.train), validation, test)

    def fit(
        self, parts: Parts, progress: bool | Progress = False, observers: Sequence[Observer] = ()
    ) -> Fitted:
        """Encodings and weights, from the training rows."""
        settings, plan = self.settings, self.plan
        left_over = Budget(seconds(settings))
        inputs = InputEncoding.fit(without_outcome(parts.train, settings), settings.features, settings.scale)
        targets = TargetEncoding.fit(
            parts.train, settings.target, settings.scale, plan.output, plan.classes, plan.kind
        )
        seen, *steering = (
            (inputs.transform(rows), targets.transform(rows), row_weights(rows, settings.weights))
            for rows in (parts.train, parts.validation)
            if rows is not None
        )
        (X, D, s), held = seen, steering[0] if steering else None
        groups = self.apart.together(parts.split.train)
        if settings.patience and not held:
            raise InputError("--patience looks at validation rows, and there are none: add --validation 0.2")

        def attempt(hidden: tuple[int, ...]) -> Fitted:
            start = self._start(plan.shape(X.shape[1], D.shape[1], hidden))
            training = self._train(start, X, D, s, groups, left_over.share(1), held, progress, observers)
            return Fitted(
                Model(inputs, targets, training.network, plan.loss), training.start or start, training, hidden
            )

        network = attempt(settings.hidden)
        if not plan.may_be_a_line or network.training.outcome.name in ("interrupted", "time_limit"):
            return network
        return _better(network, attempt(()))

    def _start(self, shape: Shape) -> Network:
        settings = self.settings
        told = f"training a network of {shape.size:,} weights"
        refuse_beyond(VECTORS * 8 * shape.size, told, "take fewer hidden units")
        start = "uniform" if settings.lecture else settings.start
        *hidden, output = shape.activations
        return Network(shape.sizes, hidden, output, shape.bias, start, settings.seed)

    def _train(
        self, start: Network, X: Floats, D: Floats, s: Floats | None, groups: NDArray[np.int64] | None,
        budget: float | None, held: Held | None, progress: bool | Progress, observers: Sequence[Observer],
    ) -> Training:  # fmt: skip
        arguments = train_arguments(self.plan, len(X), held, groups)
        arguments["budget"] = budget  # what is left of it
        return train_network(
            start, X, D,
            loss=self.plan.loss,
            sample_weight=s,
            progress=progress,
            observers=observers,
            resume=None if self.unfinished is None else self.unfinished.checkpoint,
            **arguments,
        )  # fmt: skip

    def cross_validate(self, progress: bool | Progress, judged: list[dict[str, Any]]) -> None:
        """Adds the test errors of each fold, with the baselines'; validation rows are drawn from the other folds."""
        for fold in self.apart.folded():
            parts = self.parts(fold)
            fitted = self.fit(parts, progress)
            if fitted.training.outcome.name == "interrupted":
                raise KeyboardInterrupt
            assert parts.test is not None  # a fold has test rows
            judged.append(
                {
                    "test": fitted.model.error(parts.test),
                    "baselines": baselines(fitted.model, parts.train, parts.test),
                }
            )

    def _beside(self, file: str) -> Table:
        settings = self.settings
        return read_with_targets(file, settings.sheet, settings.target, settings.missing)

    def _taken(self, rows: NDArray[np.int64]) -> Table | None:
        return self.table.take(rows) if len(rows) else None
