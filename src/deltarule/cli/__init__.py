"""The command line: one command a file, all of them gathered in `commands.py`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from deltarule.errors import sentence_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Every failure is one sentence on stderr.

    0 done; 1 a training whose error grew beyond all numbers, kept; 2 what was asked cannot be done, and why was said;
    130 interrupted (what a training had reached is kept). A reader of our output that has gone (head, less) is no
    failure, an output that cannot be written is one.
    """
    _open_what_is_closed()
    try:
        code = _answered(sys.argv[1:] if arguments is None else arguments)
        if code == 130 and arguments is None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C has nothing left to end
        return code
    except KeyboardInterrupt:  # a second Ctrl-C, while the first was answered
        return 130


def _answered(arguments: Sequence[str]) -> int:
    try:
        from deltarule.cli.commands import run

        code = run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _ended("interrupted", 130)
    except SystemExit as ended:  # how typer takes a reader that has gone
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return _ended("", 0)
    except BrokenPipeError:
        return _ended("", 0)
    except (MemoryError, OSError) as fault:
        return _ended(sentence_of(fault), 2)


def _ended(sentence: str, code: int) -> int:
    """Says why, and lets go of an output that may be broken, so that Python does not try it again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if sentence:
        print(f"deltarule: {sentence}", file=sys.stderr)
    return code


def _open_what_is_closed() -> None:
    """A stream that the shell closed (>&-) takes what is printed, and loses it."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115 (for the whole process)


__all__ = ["main"]
