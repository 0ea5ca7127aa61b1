"""A run asked about new cases: one typed in, one column varied, or a whole table."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import DeltaruleError, TableError
from deltarule.sentences import plain
from deltarule.studio.answers import Answer
from deltarule.studio.opened import Opened, RunAsked, Runs
from deltarule.studio.tables import Tables
from deltarule.tables import Table
from deltarule.tables.arrays import table_of
from deltarule.tables.inputs import BooleanInput, CategoryInput, Input, numeric

POINTS = 60  # of a what-if curve
LEVEL = 0.95
WRITTEN = (".csv", ".tsv", ".parquet")


class CellsAsked(RunAsked):
    """One case: a cell for each input column, None where it is missing."""

    cells: dict[str, float | str | None]


class WhatIfAsked(CellsAsked):
    """Which column is varied, all others as given."""

    column: str


class TableAsked(RunAsked):
    """Which table to predict, and whether a file that is there may be replaced."""

    table: str
    replace: bool = False


def form(runs: Runs, asked: RunAsked) -> dict[str, Any]:
    """The input columns, each with its kind, its range or choices, and a usual value."""
    opened = runs.opened(asked.run)
    model = opened.run.model
    table = _table(opened)
    return {
        "table": _name(opened),
        "fields": [_field(column, table) for column in model.inputs.columns],
        "target": model.targets.targets,
        "kind": model.targets.kind,
        "classes": model.targets.classes,
        "intervals": opened.run.error_bars is not None,
    }


def predict(runs: Runs, asked: CellsAsked) -> dict[str, Any]:
    """The prediction for one case, in the target's own unit; level : the quantile that it is, where it is one."""
    opened = runs.opened(asked.run)
    run = opened.run
    row, notes = run.model.read(_rows(asked.cells, 1)), list[str]()
    found = run.model.predictions(row, notes)
    outside = _outside(opened, row)
    targets = run.model.targets
    if targets.kind == "classes":
        p = run.model.predict_proba(row)[0]
        order = np.argsort(-p, kind="stable")
        name = targets.targets[0]
        return {
            "level": None,
            "targets": [{"name": name, "value": found[f"{name}_predicted"][0]}],
            "classes": [{"label": targets.classes[k], "p": float(p[k])} for k in order],
            "notes": notes,
            "outside": outside,
        }
    bars = run.intervals(row, LEVEL) if run.error_bars is not None else {}
    loss = run.model.loss
    return {
        "level": loss.constants[0] if loss.name == "quantile" else None,
        "targets": [
            {
                "name": name,
                "value": float(found[f"{name}_predicted"][0]),
                "low": float(bars[f"{name}_low"][0]) if bars else None,
                "high": float(bars[f"{name}_high"][0]) if bars else None,
            }
            for name in targets.targets
        ],
        "classes": [],
        "notes": notes,
        "outside": outside,
    }


def what_if(runs: Runs, asked: WhatIfAsked) -> dict[str, Any]:
    """How the prediction changes along one column, all else as given."""
    opened = runs.opened(asked.run)
    run, targets = opened.run, opened.run.model.targets
    column = next((c for c in run.model.inputs.columns if c.name == asked.column), None)
    if column is None:
        raise TableError(f"this run has no input column '{asked.column}'")
    field = _field(column, _table(opened))
    values: list[Any] = field["choices"] or np.linspace(field["low"], field["high"], POINTS).tolist()
    if column.kind == "date":
        days = np.array(values).round().astype("datetime64[D]")
        values = np.unique(days).astype(str).tolist()
    rows = _rows({**asked.cells, asked.column: None}, len(values), {asked.column: values})
    lines: list[dict[str, Any]] = []
    if targets.kind == "classes":
        p = run.model.predict_proba(rows)
        lines = [{"name": label, "y": p[:, k]} for k, label in enumerate(targets.classes)]
    else:
        found = run.model.predictions(rows)
        bars = run.intervals(rows, LEVEL) if run.error_bars is not None else {}
        for name in targets.targets:
            ends = {end: bars.get(f"{name}_{end}") for end in ("low", "high")}
            lines.append({"name": name, "y": found[f"{name}_predicted"], **ends})
    return {"column": asked.column, "kind": column.kind, "x": values, "lines": lines, "classes": targets.kind}


def predict_table(runs: Runs, tables: Tables, asked: TableAsked) -> Answer:
    """A table with predictions beside each row, written next to it; what `deltarule predict --out` writes."""
    run, source = runs.opened(asked.run).run, tables.folder.below(asked.table)
    notes, sheet = list[str](), run.settings.get("sheet")
    sheet = sheet if sheet in tables.sheets(asked.table) else None
    table = tables.table(asked.table, sheet, run.model.inputs.missing)
    suffix = source.suffix.lower() if source.suffix.lower() in WRITTEN else ".csv"
    out = source.with_name(f"{source.name.split('.')[0]}-predicted{suffix}")
    name = tables.folder.name(out)
    if os.path.lexists(out) and not asked.replace:
        return Answer({"error": f"there is a '{name}' already, and it is left as it is", "there": name}, 409)
    added = run.predicted(table, None if run.error_bars is None else LEVEL, notes=notes)
    tables.folder.below(name)
    table.with_columns(added).write(out, force=asked.replace)
    return Answer({"name": name, "rows": table.rows, "columns": list(added), "notes": notes})


def _table(opened: Opened) -> Table | None:
    """The training rows, where the table is still there: ranges are theirs."""
    try:
        return opened.table.take(opened.run.split.train)
    except DeltaruleError:
        return None


def _outside(opened: Opened, row: Table) -> list[str]:
    """A sentence for each number of the row that lies beyond those trained on."""
    kinds = {column.name: column.kind for column in opened.run.model.inputs.columns}
    told: list[str] = []
    for name, ends in opened.ranges.items():
        value = float(numeric(row, name, kinds[name])[0])
        if not ends[0] <= value <= ends[1] and np.isfinite(value):
            cell, low, high = (_in_words(end, kinds[name]) for end in (value, *ends))
            told.append(f"{name} {cell} is outside the rows trained on ({low} to {high}).")
    return told


def _in_words(value: float, kind: str) -> str:
    return str(np.datetime64(round(value), "D")) if kind == "date" else plain(float(f"{value:.6g}"))


def _name(opened: Opened) -> str | None:
    try:
        return opened.folder.name(opened.place)
    except DeltaruleError:
        return None


def _field(column: Input, table: Table | None) -> dict[str, Any]:
    if isinstance(column, CategoryInput):
        value, choices = _most_frequent(column, table), list(column.categories)
        return {"name": column.name, "kind": "category", "value": value, "choices": choices}
    if isinstance(column, BooleanInput):
        value = column.labels[int(column.missing >= 0.5)]
        return {"name": column.name, "kind": "boolean", "value": value, "choices": list(column.labels)}
    middle, spread = float(column.missing), float(column.scaling.spread)
    low, high = middle - 2 * spread, middle + 2 * spread
    values = None if table is None else _values(column, table)
    if values is not None and len(values):
        low, high = float(values.min()), float(values.max())
    about: dict[str, Any] = {"name": column.name, "kind": column.kind, "choices": []}
    if column.kind == "date":
        day = str(np.datetime64(round(middle), "D"))
        return {**about, "value": day, "low": low, "high": high}
    whole = values is not None and len(values) > 0 and bool((values == np.floor(values)).all())
    value = round(middle) if whole else float(f"{middle:.4g}")
    return {**about, "value": value, "low": low, "high": high, "whole": whole}


def _values(column: Any, table: Table) -> NDArray[np.float64] | None:
    values = numeric(table, column.name, column.kind)
    return values[np.isfinite(values)]


def _most_frequent(column: CategoryInput, table: Table | None) -> str:
    if table is None:
        return column.categories[0]
    words = [word for word in table[column.name].words().tolist() if word in column.categories]
    return max(column.categories, key=words.count)


def _rows(cells: dict[str, Any], rows: int, varied: dict[str, list[Any]] | None = None) -> Table:
    """A table of the cells, repeated, one column of it varied."""
    columns = {name: _column(cell, rows) for name, cell in cells.items()} | (varied or {})
    return table_of(columns, "this row")


def _column(cell: float | str | None, rows: int) -> Any:
    if cell is None or cell == "":
        return np.full(rows, np.nan)
    return [cell] * rows
