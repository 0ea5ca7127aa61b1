"""An observer that prints one line of progress with the time left, on stderr and only to a terminal."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from typing import TextIO

from deltarule.descent.history import History
from deltarule.descent.loop import Moment


class Progress:
    """epoch 40/100  error 0.0123  validation 0.0150  12 s left: rewritten at most ten times a second.

    A terminal too narrow for it gets what stands first and the time left, as a broken line is not rewritten.
    Of several starts side by side it follows one, and when that has ended another. A note stands before all, once:
    also where trainings that come one after another share the observer.

    Parameters
    ----------
    note : a sentence that stands before all; `train` puts its own in its place.
    stream : where to write, a text stream; None is stderr. One that is no terminal gets nothing.

    >>> import io
    >>> from deltarule import Network, train
    >>> file = io.StringIO()
    >>> _ = train(Network([1, 1]), [[0.0], [1.0]], [0.0, 1.0], rule="adam", progress=Progress(stream=file))
    >>> file.getvalue() == ""  # no terminal
    True
    """

    reads_state = False

    def __init__(self, note: str = "", stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._note, self._noted = note, False
        self._last = 0.0
        self._width = 0
        self._followed: History | None = None

    def before(self, note: str) -> None:
        """The note of the training that begins now; it is left out where one has been said."""
        self._note = note

    def __call__(self, moment: Moment) -> None:
        if not self._stream.isatty():
            return
        if self._note and not self._noted:
            width = self._columns()
            self._stream.write(f"{textwrap.fill(self._note, width) if width else self._note}\n")
            self._noted = True
        if self._followed is None:
            self._followed = moment.history
        if self._followed is not moment.history:
            return
        if moment.outcome is not None:
            self._followed = None
        now = time.perf_counter()
        if moment.outcome is None and (now - self._last < 0.1 or not len(moment.history)):
            return
        self._last = now
        line = self.line(moment, self._columns()) if moment.outcome is None else ""
        self._stream.write("\r" + line.ljust(self._width) + ("" if line else "\r"))
        self._stream.flush()
        self._width = len(line)

    def _columns(self) -> int:
        """How wide the terminal is; 0 where it does not tell."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            return 0

    @staticmethod
    def line(moment: Moment, columns: int = 0) -> str:
        """The line for this moment, without a line end, shorter than so many columns (0: as long as it is)."""
        done = len(moment.history)
        parts = [f"epoch {done}/{moment.epochs}", f"error {moment.history.error[-1]:.5g}"]
        validation = moment.history.validation_error[-1]
        if validation == validation:
            parts.append(f"validation {validation:.5g}")
        left = f"{time_left(moment.seconds, done, moment.epochs)} left"
        while columns and len(parts) > 1 and len("  ".join([*parts, left])) >= columns:
            parts.pop()
        return "  ".join([*parts, left])


def time_left(seconds: float, done: int, total: int) -> str:
    """How long the rest takes at the pace so far: '12 s', '3 min', '2.5 h'.

    >>> time_left(10.0, 20, 100)
    '40 s'
    """
    left = seconds * (total - done) / max(done, 1)
    return (
        f"{left:.0f} s" if left < 120 else f"{left / 60:.0f} min" if left < 7200 else f"{left / 3600:.1f} h"
    )
