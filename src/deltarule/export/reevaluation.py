"""Who evaluates an exported equation: a bare Python, a C compiler where there is one, else the model as printed."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.export.rounding import rounded
from deltarule.model import Model
from deltarule.tables import Table
from deltarule.tables.conversion import cells_as
from deltarule.tables.inputs import BooleanInput, CategoryInput, Input, numeric
from deltarule.tables.writing import texts

Floats = NDArray[np.float64]
Found = tuple[Floats, str]
SECONDS = 120


def rows_as_csv(model: Model, table: Table) -> str:
    """The model's input columns as the exported files read them: the cells of a text file as they stand there, others
    as words, numbers in full and ISO dates."""
    columns = [_cells(column, table) for column in model.inputs.columns]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=table.dialect.delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([column.name for column in model.inputs.columns])
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def _cells(column: Input, table: Table) -> list[str]:
    cells = table[column.name].cells
    if isinstance(column, (BooleanInput, CategoryInput)) or (
        cells is not None and str(cells.type) == "string"
    ):
        return list(texts(table[column.name], "."))
    if column.kind == "date":
        words = np.datetime_as_string(cells_as(table, column.name, "date")).tolist()
        return ["" if word == "NaT" else word for word in words]
    values = numeric(table, column.name, column.kind).tolist()
    return ["" if value != value else repr(value) for value in values]


def by_bare_python(text: str, model: Model, table: Table) -> Found:
    """The file run by this Python without site-packages."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.py"
        file.write_text(text, encoding="utf-8")
        printed = _run([sys.executable, "-I", "-S", "-X", "utf8", str(file)], rows_as_csv(model, table))
    return _numbers(printed), "run by a bare Python"


def by_compiler(text: str, model: Model, table: Table) -> Found | None:
    """The file compiled and run; None where there is no compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file, program = Path(folder) / "model.c", Path(folder) / "model"
        file.write_text(text, encoding="utf-8")
        _run(
            [
                compiler,
                "-std=c99",
                "-O1",
                "-ffp-contract=off",
                "-DMAIN",
                str(file),
                "-o",
                str(program),
                "-lm",
            ],
            "",
        )
        printed = _run([str(program)], rows_as_csv(model, table))
    return _numbers(printed), f"compiled by {Path(compiler).name}"


def by_rounding(
    answers: Callable[[Model, Table], Floats], model: Model, table: Table, digits: int | None
) -> Found:
    """The model evaluated with its numbers as they are printed."""
    told = "all its digits" if digits is None else f"the {digits} digits that it shows"
    return answers(rounded(model, digits), table), f"evaluated with {told}"


def _run(command: list[str], rows: str) -> str:
    try:
        done = subprocess.run(
            command, input=rows, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            f"{Path(command[0]).name} took more than {SECONDS} s on these rows: give fewer"
        ) from None
    if done.returncode:
        raise InputError(
            f"{Path(command[0]).name} could not run the exported model: {done.stderr.strip()[-300:]}"
        )
    return done.stdout


def _numbers(printed: str) -> Floats:
    return np.array([[float(word) for word in line.split()] for line in printed.splitlines()])
