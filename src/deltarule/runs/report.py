"""The report of a run: one HTML file that opens offline, the same as plain text, and its figures as files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deltarule.runs.account import Account
from deltarule.runs.page import page
from deltarule.whole_file import made_folder, refuse_replacing, write_whole


@dataclass(frozen=True)
class Report(Account):
    """Everything about a run: `.html()`, `.text()`, `.save(file)`, `.save_figures(folder)`, `.figures.draw(name)`."""

    def text(self) -> str:
        """The report for a terminal."""
        width = max(map(len, self.summary))
        parts = [self.headline, "\n".join(f"  {k.ljust(width)}  {v}" for k, v in self.summary.items())]
        scores = self.scores
        if len(scores) > 1:
            widths = [max(map(len, column)) for column in zip(*scores, strict=True)]
            lines = [
                "  "
                + "  ".join(
                    c.ljust(w) if i < 2 else c.rjust(w)
                    for i, (c, w) in enumerate(zip(row, widths, strict=True))
                )
                for row in scores
            ]
            parts.append("\n".join(lines))
        if self.judgement:
            parts.append(f"  {self.judgement}")
        parts.append("\n".join(self.diagnosis.report().splitlines()[1:]))
        if self.run.notes:
            parts.append("\n".join(f"  Note: {note}" for note in self.run.notes))
        parts.append(f"  Again: {self.command}")
        return "\n\n".join(parts)

    def html(self) -> str:
        """One page with everything in it: no script, no font, no request."""
        return self._page

    @cached_property
    def _page(self) -> str:
        return page(self)

    def save(self, file: str | Path, force: bool = False) -> Path:
        """Writes the page in one step; refuses to replace a file unless forced."""
        path = Path(file)
        refuse_replacing(path, force)
        made_folder(path.parent)
        write_whole(path, self.html(), force)
        return path

    def save_figures(self, folder: str | Path, kind: str = "png", force: bool = False) -> list[Path]:
        """Writes every figure to a folder, as png, svg or pdf; refuses to replace a file unless forced."""
        from deltarule.pictures.canvas import save

        path = made_folder(folder)
        files = {name: path / f"{name}.{kind}" for name in self.figures.names}
        for file in files.values():
            refuse_replacing(file, force)
        return [save(self.figures.draw(name), file, force=force) for name, file in files.items()]
