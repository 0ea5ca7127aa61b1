"""A run as a file to take away: its report, or its whole model in another language."""

from __future__ import annotations

from typing import Literal

from deltarule.errors import DeltaruleError
from deltarule.export.equation import equation
from deltarule.studio.answers import Answer
from deltarule.studio.opened import RunAsked, Runs

FILES = {"python": "py", "excel": "txt", "c": "c", "latex": "tex"}


class ExportAsked(RunAsked):
    """As what."""

    to: Literal["report", "python", "excel", "c", "latex"]


def export(runs: Runs, asked: ExportAsked) -> Answer:
    """The file that `deltarule report` or `deltarule export` writes."""
    opened = runs.opened(asked.run)
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in opened.path.name)
    if asked.to == "report":
        with opened.lock:
            page = opened.report.html()
        return Answer(page.encode(), file=f"{stem}-report.html", kind="text/html; charset=utf-8")
    try:
        rows = opened.table.take(opened.run.split.train)
    except DeltaruleError:  # the table is elsewhere: the text is not held against its rows
        rows = None
    found = equation(opened.run.model, asked.to, rows)
    return Answer(found.text.encode(), file=f"{stem}.{FILES[asked.to]}", kind="text/plain; charset=utf-8")
