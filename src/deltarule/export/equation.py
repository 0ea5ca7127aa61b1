"""The equation: a whole model in another language, and how far that is from the model on rows of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule import __version__
from deltarule.errors import UnknownName
from deltarule.export import c, excel, latex, python
from deltarule.export.reevaluation import by_bare_python, by_compiler, by_rounding
from deltarule.export.written import Written
from deltarule.model import Model
from deltarule.sentences import one_line
from deltarule.tables import Table

Floats = NDArray[np.float64]
WRITERS: dict[str, Callable[[Model, str, Written], str]] = {
    "python": python.python,
    "excel": excel.excel,
    "latex": latex.latex,
    "c": c.c,
}
ALIASES = {"py": "python", "xlsx": "excel", "spreadsheet": "excel", "tex": "latex"}


@dataclass(frozen=True)
class Equation:
    """text : the model in that language. difference : the largest |equation − model| over `rows` rows, None where no
    rows were given; `by` says who evaluated the equation."""

    text: str
    to: str
    difference: float | None = None
    rows: int = 0
    by: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def sentence(self) -> str:
        """The difference, for a person."""
        if self.difference is None:
            return f"{self.to}: no rows at hand to re-evaluate it on"
        return f"{self.to}: largest difference from the model on {self.rows} rows: {self.difference:.3g} ({self.by})"


def equation(model: Model, to: str, table: Table | None = None) -> Equation:
    """The whole model, scaling and categories included, in python, excel, latex or c; re-evaluated on a table's rows.

    Programs read files written as that table's is: its delimiter, decimal signs and dates.

    >>> from deltarule import Network
    >>> from deltarule.equations.losses import LOSSES
    >>> from deltarule.tables import InputEncoding, TargetEncoding, read_table
    >>> table = read_table({"x": [0.0, 1.0, 5.0], "y": [1.0, 3.0, 11.0]})
    >>> encodings = InputEncoding.fit(table, ["x"]), TargetEncoding.fit(table, "y")
    >>> found = equation(Model(*encodings, Network([1, 3, 1]), LOSSES["mse"]), "excel", table)
    >>> found.text.split("\\t")[0], found.difference < 1e-12
    ('x', True)
    """
    to = ALIASES.get(to, to) if isinstance(to, str) else to
    if to not in WRITERS:
        raise UnknownName("language", to, [*WRITERS, *ALIASES])
    text = WRITERS[to](model, heading(model), Written.like(table))
    if table is None:
        return Equation(text, to)
    outputs, by = _evaluated(text, to, model, table)
    difference = float(np.abs(outputs - answers(model, table)).max())
    return Equation(text, to, difference, table.rows, by)


def heading(model: Model) -> str:
    """One line that says what this is, without what would end a text or a comment in Python or LaTeX."""
    sizes = "-".join(map(str, model.network.sizes))
    inputs = ", ".join(model.inputs.sources[:8]) + (", …" if len(model.inputs.sources) > 8 else "")
    activations = ", ".join(dict.fromkeys(model.network.shape.activations))
    told = f"{', '.join(model.targets.targets)} from {inputs}: a {sizes} network ({activations})"
    return one_line(f"{told}, written by deltarule {__version__}.").replace('"', "'").replace("\\", "/")


def answers(model: Model, table: Table) -> Floats:
    """(N, T) numbers in the targets' unit, or (N, classes) probabilities: what an equation must give."""
    o = model.outputs(table)
    return model.targets.probabilities(o) if model.targets.kind == "classes" else model.targets.inverse(o)


def _evaluated(text: str, to: str, model: Model, table: Table) -> tuple[Floats, str]:
    run: Any = {"python": by_bare_python, "c": by_compiler}.get(to)
    found = run(text, model, table) if run else None
    if found is not None:
        return found
    digits = {"excel": excel.DIGITS, "latex": latex.DIGITS}.get(to)
    return by_rounding(answers, model, table, digits)
