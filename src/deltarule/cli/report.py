"""`deltarule report`: everything about a run in one page that opens offline, and as text in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder that deltarule train wrote.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.html", help="The page to write  [RUN with -report.html]"),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the report and write nothing.")] = False,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", metavar="DIR", help="Also write every figure as a file of its own."),
    ] = None,
    kind: Annotated[Literal["png", "svg", "pdf"], typer.Option("--format", help="Of those files.")] = "png",
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="FILE", help="The table, where it has moved since the training."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the page and the figures if they are there.")
    ] = False,
) -> None:
    """Write a run's report: how good, how healthy, what it answers to, how it was made."""
    from deltarule.errors import InputError
    from deltarule.runs.report import Report
    from deltarule.runs.run import load
    from deltarule.whole_file import refuse_replacing

    made = Report.of(load(run), table)
    if text:
        print(made.text())
        return
    if out is not None and Path(out).suffix.lower() not in (".html", ".htm"):
        raise InputError(
            f"a report is written as .html, got '{Path(out).name}'; --figures writes png, svg or pdf"
        )
    folder = Path(run)
    page = out or folder.parent / f"{folder.resolve().name}-report.html"
    refuse_replacing(page, force)
    drawn = 0 if figures is None else len(made.save_figures(figures, kind, force))
    path = made.save(page, force)
    print(made.text())
    print(f"\n  Page: {path}, {path.stat().st_size / 1000:,.0f} kB, opens without a network")
    if drawn:
        print(f"  Figures: {drawn} in {figures}")
