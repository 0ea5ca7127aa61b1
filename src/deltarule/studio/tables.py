"""Tables in the opened folder: which there are, what is in one, one brought along, one that ships with us."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from deltarule.errors import DeltaruleError, InputError
from deltarule.runs.words import listed
from deltarule.shipped_tables import SHIPPED
from deltarule.studio.answers import Answer, Question
from deltarule.studio.folder import SUFFIXES, Folder
from deltarule.studio.shelf import Shelf
from deltarule.tables import Column, Table
from deltarule.tables.missing import Missing
from deltarule.tables.reading import read_bytes, read_table
from deltarule.tables.skipping import why_unusable
from deltarule.tables.target_kinds import refuse_target
from deltarule.tables.targetless import with_targets
from deltarule.tables.workbook import is_workbook, sheets
from deltarule.whole_file import whole_file

ROWS = 12  # rows of a preview
SAMPLE = 20_000  # rows by which a column is described
CHOICES = 12  # categories named
LARGEST = 200_000_000  # bytes of a table brought along


class TableAsked(Question):
    """Which table; of a workbook, which sheet; further words for missing cells, with commas between."""

    table: str
    sheet: str | None = None
    missing: str = ""


class ExampleAsked(Question):
    """Which of the shipped tables."""

    example: str


class Tables:
    """The tables of a folder; one that was read is kept while its file stays as it is."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._read: Shelf[tuple[Path, str | None, tuple[str, ...]], Table] = Shelf(
            4, lambda name: read_table(folder.told(name[0]), *name[1:]), lambda name: name[0]
        )
        self._sheets: Shelf[Path, tuple[str, ...]] = Shelf(16, lambda path: sheets(path), lambda path: path)

    def listed(self) -> dict[str, Any]:
        """Names and sizes, and the shipped ones."""
        return {
            "tables": [{"name": name, "bytes": size} for name, size in self.folder.tables()],
            "examples": [
                {"name": name, "told": shipped.told, "target": shipped.target}
                for name, shipped in SHIPPED.items()
            ],
        }

    def table(self, name: str, sheet: str | None = None, missing: tuple[str, ...] = ()) -> Table:
        """The table of that name; of a workbook, a sheet of it; missing: further words for a missing cell."""
        return self._read.taken((self.folder.below(name), sheet, missing))

    def sheets(self, name: str) -> tuple[str, ...]:
        """The sheets of a workbook; of another file none."""
        return self._sheets.taken(self.folder.below(name)) if is_workbook(name) else ()

    def preview(self, asked: TableAsked) -> dict[str, Any]:
        """Its first rows, and each column's kind, in words for a person."""
        table = self.table(asked.table, asked.sheet, Missing.of(listed(asked.missing)).further)
        first = table.take(range(min(ROWS, table.rows)))
        some = table.take(np.linspace(0, table.rows - 1, min(table.rows, SAMPLE)).round().astype(np.intp))
        columns = [
            {**_described(some[column.name]), "target": _target(table, column)} for column in table.columns
        ]
        good = [column["name"] for column in columns if not column["target"]]
        shipped = SHIPPED.get(Path(asked.table).name.removesuffix(".csv"))
        named = [] if shipped is None else [name for name in shipped.target if name in good]
        return {
            "name": asked.table,
            "rows": table.rows,
            "columns": columns,
            "first": list(zip(*(column.words().tolist() for column in first.columns), strict=True)),
            "notes": table.notes,
            "suggested": named or good[-1:],
        }

    def example(self, asked: ExampleAsked) -> dict[str, Any]:
        """A shipped table written into the folder; one of that name that is there already is taken as it is."""
        if asked.example not in SHIPPED:
            raise InputError(f"there is no example '{asked.example}': take {', '.join(SHIPPED)}")
        path = self.folder.below(f"{asked.example}.csv")
        there = os.path.lexists(path)
        if not there:
            SHIPPED[asked.example].write(path)
        return {"name": self.folder.name(path), "written": not there}

    def keep(self, name: str, data: bytes, replace: bool) -> Answer:
        """A table that was brought along, in the folder, if it can be read; nothing is replaced unasked."""
        given = PurePosixPath(name.replace("\\", "/")).name
        if not given.lower().endswith(SUFFIXES):
            raise InputError(f"'{given}' is no table that can be read: give {', '.join(SUFFIXES)}")
        path = self.folder.below(given)
        found = read_bytes(data, given)
        if os.path.lexists(path) and not replace:
            return Answer(
                {
                    "error": f"there is a '{given}' in the folder already, and it is left as it is",
                    "there": given,
                },
                409,
            )
        with whole_file(path, force=replace) as unfinished:
            unfinished.write_bytes(data)
        return Answer({"name": given, "rows": found.rows})


def _described(column: Column) -> dict[str, Any]:
    full = column.values[~column.missing]
    about: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "missing": int(column.missing.sum()),
        "unusable": why_unusable(column),
    }
    if not len(full):
        return about
    if column.kind == "category":
        words, counts = np.unique(full.astype(str), return_counts=True)
        most = np.argsort(-counts, kind="stable")[:CHOICES]
        return about | {"different": len(words), "choices": words[most].tolist()}
    if column.kind == "boolean":
        return about | {"different": len(np.unique(full)), "choices": list(column.labels)}
    if column.kind == "date":
        return about | {"low": str(full.min())[:10], "high": str(full.max())[:10]}
    return about | {"low": float(full.min()), "high": float(full.max()), "different": len(np.unique(full))}


def _target(table: Table, column: Column) -> str:
    """Why a column cannot be predicted, or nothing."""
    try:
        alone = with_targets(replace(table, columns=(column,)), [column.name])
        refuse_target(alone, alone[column.name])
    except DeltaruleError as fault:
        return str(fault)
    return why_unusable(column)
