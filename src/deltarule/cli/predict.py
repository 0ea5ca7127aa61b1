"""`deltarule predict`: a table comes back with predictions added."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deltarule.cli.printing import as_json
from deltarule.sentences import count

if TYPE_CHECKING:
    from deltarule.model import Model
    from deltarule.tables import Table


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder that deltarule train wrote.")],
    table: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A table with the columns trained on, in any order; - reads CSV from stdin."
        ),
    ],
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Of a workbook (.xlsx)  [the first]")
    ] = None,
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="FILE", help="Where to write: .csv, .tsv or .parquet; - is CSV on stdout."
        ),
    ] = "-",
    interval: Annotated[
        float | None,
        typer.Option(metavar="95", help="Also COL_low and COL_high, which hold so many % of new values."),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Also P_CLASS for each class: its probability.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file to write.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the predictions as JSON; with --out, what was written.")
    ] = False,
) -> None:
    """Write the table back with predictions added, in the target's own unit."""
    from deltarule.errors import InputError
    from deltarule.runs.run import load

    loaded = load(run)
    model = loaded.model
    given = model.read(table, sheet)
    notes = list(given.notes) if given.unit == "sheet row" else []  # which sheet, and cells in error
    if interval is not None and not 1 <= interval < 100:
        raise InputError(
            f"--interval is a percentage from 1 to below 100, got {interval:g}: write --interval 95"
        )
    added = loaded.predicted(given, None if interval is None else interval / 100, probabilities, notes)
    if out != "-":
        given.with_columns(added).write(out, force=force)
    if json:
        result = {"predictions": added} if out == "-" else {"written": out}
        print(as_json({"rows": given.rows, "error": _errors(model, given, notes), **result}))
    elif out == "-":
        given.with_columns(added).write("-")
    else:
        print(f"Wrote {count(given.rows, 'row')} with {', '.join(added)} to {out}")
    sys.stdout.flush()  # an output that fails is said alone
    for note in notes:
        print(note, file=sys.stderr)


def _errors(model: Model, given: Table, notes: list[str]) -> dict[str, Any] | None:
    """The errors on the rows whose answer is in the table; None where there is none, or none that can be judged."""
    import numpy as np

    from deltarule.errors import TableError

    targets = model.targets.targets
    if any(name not in given for name in targets):
        return None
    judged = np.flatnonzero(~np.any([given[name].missing for name in targets], axis=0))
    try:
        return model.error(given.take(judged)) if len(judged) else None
    except TableError as fault:
        notes.append(f"no error is told, since {fault}")
        return None
