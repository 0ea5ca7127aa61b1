"""Commands that a command runs itself, one after the other, each printed as it would be typed."""

from __future__ import annotations

import contextlib
import io
import shlex
from dataclasses import dataclass
from typing import Any

import typer

from deltarule.cli.diagnose import with_default_remedy
from deltarule.cli.printing import bold

INTERRUPTED = 130  # a training that Ctrl-C ended keeps what it reached and says so by this exit code
_TOLD = ("Ended", "this network")


@dataclass(frozen=True)
class Stage:
    """Where the acts of the demo are played: the command line as a whole, from within."""

    everything: Any  # the command that has all others

    @classmethod
    def of(cls, context: typer.Context) -> Stage:
        """The command line that a command was called from."""
        return cls(context.find_root().command)

    def run(self, *words: str) -> None:
        """One command, its line before what it prints; what it wrote in an earlier demo is replaced."""
        shown = [word for word in words if word != "--force"]
        print(bold(f"\n$ deltarule {shlex.join(shown)}") + "\n", flush=True)
        self._call(*with_default_remedy(words))

    def train(self, *words: str) -> None:
        """A training of whose summary only the end and the error are shown."""
        print(bold(f"\n$ deltarule train {shlex.join(words)}"), flush=True)
        summary = io.StringIO()
        with contextlib.redirect_stdout(summary):
            self._call("train", *words, "--force")
        print("\n".join(_told(summary.getvalue().splitlines())))

    def _call(self, *words: str) -> None:
        if self.everything.main(list(words), prog_name="deltarule", standalone_mode=False) == INTERRUPTED:
            raise KeyboardInterrupt


def _told(lines: list[str]) -> list[str]:
    """The lines that begin so, each with what a narrow terminal broke off."""
    told: list[str] = []
    margin: int | None = None  # of the line that is being told
    for line in lines:
        inside = len(line) - len(line.lstrip())
        if line.lstrip().startswith(_TOLD):
            told.append(line)
            margin = inside
        elif margin is not None and line and inside > margin:
            told.append(line)
        else:
            margin = None
    return told
