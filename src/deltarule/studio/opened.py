"""A run that was opened, with its table where that lies below the folder."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path

import numpy as np

from deltarule.errors import DeltaruleError, InputError, RunError
from deltarule.runs.folder import RECORD
from deltarule.runs.report import Report
from deltarule.runs.run import Run, load, table_of
from deltarule.studio.answers import Question
from deltarule.studio.folder import Folder
from deltarule.studio.shelf import Shelf
from deltarule.tables import Table
from deltarule.tables.inputs import NumberInput, numeric


class RunAsked(Question):
    """Which run."""

    run: str


class Opened:
    """name : of the run in the folder; run : as `load` gives it. One thread at a time draws: take `lock`."""

    def __init__(self, folder: Folder, path: Path) -> None:
        self.folder, self.path, self.name = folder, path, folder.name(path)
        self.run: Run = load(path)
        self.lock = threading.RLock()

    @cached_property
    def place(self) -> Path:
        """Where the table that the run was trained on lies now; refused where not below the opened folder."""
        source = self.run.source
        written = Path(source.path)
        for place in (Path.cwd() / written, self.folder.root / written, *self._beside(written.name)):
            if self.folder.holds(place) and place.is_file():
                try:
                    table_of(self.run, self.folder.told(place.resolve()))
                except DeltaruleError:  # another table of that name
                    continue
                return place.resolve()
        raise RunError(
            f"the table '{source.path}' that this run was trained on does not lie below the opened folder as it was: "
            "open a folder that holds both to see this"
        )

    @cached_property
    def table(self) -> Table:
        """The table."""
        for name in ("validation", "test"):
            file = self.run.settings.get(name)
            if isinstance(file, str) and not self.folder.holds(Path(file)):
                raise InputError(f"'{file}', whose rows this run used, does not lie below the opened folder")
        return table_of(self.run, self.folder.told(self.place))

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Each number's least and largest value in the training rows, a date's in days; none without the table."""
        try:
            trained = self.table.take(self.run.split.train)
        except DeltaruleError:
            return {}
        found: dict[str, tuple[float, float]] = {}
        for column in self.run.model.inputs.columns:
            if isinstance(column, NumberInput):
                values = numeric(trained, column.name, column.kind)
                values = values[np.isfinite(values)]
                if len(values):
                    found[column.name] = float(values.min()), float(values.max())
        return found

    @cached_property
    def report(self) -> Report:
        """The report; its diagnosis and figures are made once."""
        return Report(self.run, self.table)

    @cached_property
    def brief(self) -> Report:
        """The parts of the report that are told from the run alone: its table may be gone."""
        return Report(self.run, Table((), self.run.source.path, np.empty(0, np.int64)))

    def _beside(self, name: str) -> list[Path]:
        """Places beside the run, and in the folders around it, up to the opened one."""
        above = [
            place for place in self.path.parents if place == self.folder.root or self.folder.holds(place)
        ]
        return [place / name for place in above]


class Runs:
    """The runs of a folder; a few stay open while they are as they were."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._open: Shelf[Path, Opened] = Shelf(
            6, lambda path: Opened(folder, path), lambda path: path / RECORD
        )

    def opened(self, name: str) -> Opened:
        """The run of that name."""
        return self._open.taken(self.folder.run(name))
