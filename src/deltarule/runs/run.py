"""A run: what was trained from what, how it went, what came of it; written to a folder and read back."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule import network_file
from deltarule.descent.checkpoint import Checkpoint
from deltarule.descent.error_bars import WEIGHTS, ErrorBars
from deltarule.descent.evidence_search import NUMBERS
from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.equations.penalties import Penalty
from deltarule.errors import DeltaruleError, InputError, RunError, TableError
from deltarule.health.case import Case
from deltarule.json_values import finite
from deltarule.model import Model
from deltarule.network import Network
from deltarule.runs import folder as run_folder
from deltarule.tables import Split
from deltarule.tables.table import Table
from deltarule.tables.targetless import read_with_targets

PARTS = ("deltarule", "numpy", "scipy", "scikit-learn")


@dataclass(frozen=True)
class Source:
    """Where the rows came from: path as given, how many rows, and the fingerprint of the table.

    left_out : which rows of the file, counted from 1, are none of these as they lack a target.
    """

    path: str
    rows: int
    fingerprint: str
    left_out: tuple[int, ...] = ()

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """(rows,) each row's number in the file, counted from 1.

        >>> Source("cars.csv", 3, "", left_out=(2,)).numbers.tolist()
        [1, 3, 4]
        """
        return np.delete(np.arange(1, self.in_file + 1), np.array(self.left_out, dtype=np.int64) - 1)

    @property
    def in_file(self) -> int:
        """How many rows the file has."""
        return self.rows + len(self.left_out)

    def row(self, number: int) -> int:
        """Which row, counted from 0, has this number; refused where none has it."""
        if not 1 <= number <= self.in_file:
            raise InputError(
                f"{self.path} has rows 1 to {self.in_file}, got row {number}: rows count from 1, without the header"
            )
        if number in self.left_out:
            near = min(self.numbers.tolist(), key=lambda known: abs(known - number))
            raise InputError(
                f"row {number} of {self.path} lacks a target and was left out: take another, such as row {near}"
            )
        return int(np.searchsorted(self.numbers, number))


@dataclass(frozen=True)
class Run:
    r"""One training of a table.

    model : encodings + network + loss; predicts in the target's unit.
    start : the network before the first step.
    history, outcome : one row an epoch, and how it ended.
    settings : what was asked for, in words (the keys of a --config file).
    rule : the rule that moved θ, with its constants, in words.
    source, split : the table, and which of its rows (counted from 0, those without a target left out before) trained,
        steered the stopping, and judged; source.numbers[split.test] are rows of the file, counted from 1.
    metrics : errors in the target's unit, by rows: "train", "validation", "test", and those of the baselines.
    notes : what reading, encoding and training had to decide.
    error_bars : what intervals around predictions need; None for classes, other losses and large networks.
    checkpoint : from where the training can go on; None where it cannot.

    >>> from tempfile import TemporaryDirectory
    >>> from deltarule.runs import train_table
    >>> random = np.random.default_rng(0)
    >>> x = random.uniform(-1, 1, 100)
    >>> y = 2 * x + 0.1 * random.standard_normal(100)
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "line.csv")
    ...     _ = file.write_text("x,y\n" + "\n".join(f"{a},{b}" for a, b in zip(x, y)))
    ...     run = train_table(file, "y", hidden=())
    >>> ends = run.intervals({"x": [0.5]}, level=0.9)
    >>> bool(ends["y_low"][0] < run.predict({"x": [0.5]})[0] < ends["y_high"][0])
    True
    >>> {run.part(row) for row in range(100)} == {"training", "test"}
    True
    """

    model: Model
    start: Network
    history: History
    outcome: Outcome
    settings: Mapping[str, Any]
    rule: str
    source: Source
    split: Split
    metrics: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=lambda: _versions())
    error_bars: ErrorBars | None = None
    checkpoint: Checkpoint | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def __repr__(self) -> str:
        rows = f"{self.source.rows} rows of {self.source.path}"
        return f"<Run on {rows}: {self.model!r}; {self.outcome.name} after {len(self.history)} epochs>"

    @property
    def network(self) -> Network:
        """The trained network; it sees scaled inputs, `model` sees the table's own."""
        return self.model.network

    @property
    def penalty(self) -> Penalty | None:
        """The penalty that was trained with."""
        from deltarule.runs.words import penalty_of

        return penalty_of(self.settings.get("penalty"))

    def predict(self, table: Any) -> Any:
        """Predictions in the target's unit for a table, a frame, a dictionary of columns or a file."""
        return self.model.predict(table)

    @property
    def _why_no_bars(self) -> str:
        if self.model.targets.kind == "classes":
            return "a class has its probability (--probabilities)"
        if self.model.loss.name not in NUMBERS:
            return (
                f"they are for numbers learnt with mse, and this network learnt with {self.model.loss.name}"
            )
        if self.network.shape.size > WEIGHTS:
            return f"they are for up to {WEIGHTS:,} weights, and this network has {self.network.shape.size:,}"
        return "the second derivatives at its weights are not finite; rows held out (--validation) or a --penalty help"

    def intervals(self, table: Any, level: float = 0.95) -> dict[str, NDArray[np.float64]]:
        """`y_low` and `y_high` of each target y, in its unit: they hold a new value with probability `level`."""
        if self.error_bars is None:
            raise InputError(f"this run has no error bars: {self._why_no_bars}")
        X = self.model.inputs.transform(self.model.read(table))
        bounds = [self.model.targets.inverse(o) for o in self.error_bars.interval(self.network, X, level)]
        columns = np.stack(bounds).reshape(2, len(X), -1)
        names = self.model.targets.targets
        ends = [
            (k, e, f"{name}_{end}") for k, name in enumerate(names) for e, end in enumerate(("low", "high"))
        ]
        return {name: columns[e, :, k] for k, e, name in ends}

    def predicted(
        self,
        table: Table,
        level: float | None = None,
        probabilities: bool = False,
        notes: list[str] | None = None,
    ) -> dict[str, NDArray[Any]]:
        """What predictions add to a table: `Model.predictions`, and with a level `intervals`; refused where one of
        these columns is there already."""
        added = self.model.predictions(table, notes, probabilities)
        if level is not None:
            added |= self.intervals(table, level)
        taken = next((name for name in added if name in table), None)
        if taken:
            raise TableError(
                f"{table.source} already has a column '{taken}', where the prediction would go: rename it first"
            )
        return added

    def part(self, row: int) -> str:
        """Which rows a row (counted from 0) belongs to: training, validation or test."""
        for name, rows in (("validation", self.split.validation), ("test", self.split.test)):
            if row in rows:
                return name
        return "training"

    def health_case(self, X: Any = None, D: Any = None) -> Case:
        """What `diagnose` looks at: this run on its training rows; X names its table's file where that has moved."""
        from deltarule.runs.checkup import checkup

        return checkup(self, table_of(self, X))

    def save(self, folder: str | Path, force: bool = False) -> Path:
        """Writes the run to a folder in one indivisible step; replaces one that is there only with force."""
        network = self.network
        contents = {
            "model.safetensors": network_file.to_bytes(network.shape, network.theta),
            "start.safetensors": network_file.to_bytes(self.start.shape, self.start.theta),
            "history.csv": self.history.to_csv().encode(),
        }
        if self.error_bars is not None:
            contents["bars.safetensors"] = self.error_bars.to_bytes()
        if self.checkpoint is not None:
            contents["state.safetensors"] = self.checkpoint.to_bytes()
        record = {
            "created": self.created,
            "versions": dict(self.versions),
            "table": {
                "path": self.source.path,
                "rows": self.source.rows,
                "fingerprint": self.source.fingerprint,
                "left_out": self.source.left_out,  # rows counted from 1
            },
            "settings": dict(self.settings),
            "rule": self.rule,
            "outcome": {
                "name": self.outcome.name,
                "step": self.outcome.step,
                "message": self.outcome.message,
            },
            "epochs": len(self.history),
            "seconds": self.seconds,
            "metrics": finite(self.metrics),
            "notes": list(self.notes),
            "network": {
                "sizes": network.sizes,
                "activations": network.shape.activations,
                "bias": network.shape.bias,
            },
            "model": self.model.to_json(),
            "split": {  # of the rows that are left, counted from 1; all others trained
                "validation": _counted(self.split.validation),
                "test": _counted(self.split.test),
            },
        }
        path = Path(folder)
        run_folder.commit(path, record, contents, force)
        return path


def load(folder: str | Path) -> Run:
    r"""The run that `deltarule train` (or `Run.save`) wrote to a folder, bit for bit.

    Parameters: folder, the one that was written.

    Returns a Run. Raises RunError where the folder holds no run, a damaged one, or one of a format this version does
    not know.

    >>> from tempfile import TemporaryDirectory
    >>> from deltarule.runs import train_table
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "line.csv").write_text("x,y\n" + "\n".join(f"{x},{2 * x}" for x in range(20)))
    ...     run = train_table(Path(folder, "line.csv"), "y", rule="lbfgs", epochs=20)
    ...     again = load(run.save(Path(folder, "run")))
    >>> again.network.theta.tobytes() == run.network.theta.tobytes(), again.metrics == run.metrics
    (True, True)
    """
    path = Path(folder)
    record = run_folder.read_record(path)
    shape, theta = network_file.from_bytes(
        run_folder.read_content(path, record, "model"), str(path / "model")
    )
    start = network_file.from_bytes(run_folder.read_content(path, record, "start"), str(path / "start"))
    text = run_folder.read_content(path, record, "history").decode()
    state = run_folder.read_content(path, record, "state") if "state" in record["files"] else None
    try:
        network, history = Network.from_theta(shape, theta), History.from_csv(text)
        table, outcome, rows = record["table"], record["outcome"], record["table"]["rows"]
        validation, test = (
            np.array(record["split"][name], dtype=np.int64) - 1 for name in ("validation", "test")
        )
        return Run(
            model=Model.from_json(record["model"], network),
            start=Network.from_theta(*start),
            history=history,
            outcome=Outcome(outcome["name"], outcome["step"], outcome["message"]),
            settings=record["settings"],
            rule=record["rule"],
            source=Source(table["path"], rows, table["fingerprint"], tuple(table.get("left_out", ()))),
            split=Split(np.setdiff1d(np.arange(rows), np.concatenate([validation, test])), validation, test),
            metrics=record["metrics"],
            notes=tuple(record["notes"]),
            seconds=record["seconds"],
            versions=record["versions"],
            error_bars=_error_bars(path, record),
            checkpoint=None if state is None else Checkpoint.from_bytes(state, history, theta),
            created=record["created"],
        )
    except (KeyError, TypeError, ValueError, DeltaruleError) as fault:
        raise RunError(
            f"'{path / run_folder.RECORD}' is not whole ({fault!r}): the run is damaged, train it again"
        ) from None


def table_of(run: Run, file: str | None = None) -> Table:
    """The table that a run was trained on, from its place then or another, without the rows that lacked a target;
    refused where it is not the same table."""
    if file is None and run.source.path == "-":
        raise RunError(
            "this run was trained on the standard input: give that table as a file with --table FILE"
        )
    if file is None and not Path(run.source.path).exists():
        raise RunError(
            f"the table of this run, '{run.source.path}', is not found from here: say where it lies with --table FILE"
        )
    model = run.model
    table = read_with_targets(
        file or run.source.path, run.settings.get("sheet"), model.targets.targets, model.inputs.missing
    )
    if table.fingerprint != run.source.fingerprint:
        changed = "is not the table that" if file else "has changed since"
        raise RunError(f"'{table.source}' {changed} this run was trained on: give the table as it was")
    return table


def _error_bars(path: Path, record: Mapping[str, Any]) -> ErrorBars | None:
    if "bars" not in record["files"]:
        return None
    return ErrorBars.from_bytes(run_folder.read_content(path, record, "bars"))


def _counted(rows: NDArray[np.int64]) -> list[int]:
    return (rows + 1).tolist()


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PARTS}}
