"""`deltarule export`: the equation of a run, in another language."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deltarule.cli.printing import as_json


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder that deltarule train wrote.")],
    to: Annotated[str, typer.Option("--to", metavar="LANGUAGE", help="python, excel, latex or c.")],
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write it; - is stdout.")] = "-",
    table: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Rows to re-evaluate it on; a program reads files written as this one is.  "
            "[the table trained on, its training rows]",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file to write.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON: the text and the difference.")] = False,
) -> None:
    """Write the whole model, scaling and categories included, as Python, C, spreadsheet formulas or LaTeX."""
    from deltarule.errors import DeltaruleError, InputError
    from deltarule.export.equation import equation
    from deltarule.runs.run import load, table_of
    from deltarule.tables.reading import read_beside
    from deltarule.whole_file import refuse_replacing, write_whole

    if out != "-":
        if out.lower().endswith((".xlsx", ".xls", ".ods")):
            raise InputError(f"formulas are written as text to paste into a sheet, got '{out}': name it .txt")
        refuse_replacing(out, force)
    loaded = load(run)
    gone = ""
    try:
        rows = (
            table_of(loaded).take(loaded.split.train)
            if table is None
            else read_beside(table, loaded.settings.get("sheet"), loaded.model.inputs.missing)
        )
    except DeltaruleError as fault:
        if table is not None:
            raise
        rows, gone = None, f" ({fault})"
    found = equation(loaded.model, to, rows)
    if json:
        told = {
            "to": found.to,
            "text": found.text,
            "difference": found.difference,
            "rows": found.rows,
            "by": found.by,
        }
        print(as_json(told), flush=True)  # nothing is said of a text that could not be written
    elif out == "-":
        print(found.text, end="", flush=True)
    if out != "-":
        write_whole(out, found.text, force)
    print(found.sentence + gone, file=sys.stderr)
