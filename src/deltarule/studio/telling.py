"""An observer that tells how a training goes, as plain values, and ends it as Ctrl-C would when it is asked to."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.history import History
from deltarule.descent.loop import Moment
from deltarule.descent.progress import time_left

PAUSE = 0.1  # seconds between two tellings
POINTS = 200  # epochs told at a time: fewer would thin the first ones more than those that follow
KEPT = 1000  # epochs of a curve that is over


class Telling:
    """Calls `tell` with the epochs since the last time, evenly thinned; `stop` is looked at after each burst.

    The loop listens for SIGINT in the main thread, where it calls its observers: raised there, it is Ctrl-C.
    """

    reads_state = False

    def __init__(self, tell: Callable[[dict[str, Any]], None], stop: threading.Event) -> None:
        self.tell, self.stop = tell, stop
        self.side = ""
        self._history: History | None = None
        self._start, self._told, self._last, self._ended = 0, 0, 0.0, False

    def __call__(self, moment: Moment) -> None:
        if self._history is not moment.history:
            self._begin(moment)
        if self.stop.is_set() and moment.outcome is None and not self._ended:
            self._ended = True
            signal.raise_signal(signal.SIGINT)
        now = time.perf_counter()
        if moment.outcome is None and now - self._last < PAUSE:
            return
        self._last = now
        self.tell(self._progress(moment))

    def _begin(self, moment: Moment) -> None:
        """Another start, another network, or the other side of a trial."""
        self._history, self._start, self._told, self._ended = moment.history, self._start + 1, 0, False
        shape = getattr(moment.objective, "shape", None)
        self.tell(
            {
                "what": "start",
                "start": self._start,
                "sizes": shape.sizes if shape else (),
                "of": moment.epochs,
            }
        )

    def _progress(self, moment: Moment) -> dict[str, Any]:
        history, done = moment.history, len(moment.history)
        new = self._told + spread(done - self._told, POINTS)
        self._told = done
        epochs = curve(history, new) if done else {}
        left = time_left(moment.seconds, done, moment.epochs) if done else ""
        return {
            "what": "epochs",
            **epochs,
            "done": done,
            "of": moment.epochs,
            "seconds": round(moment.seconds, 1),
            "left": left,
        }


def spread(epochs: int, most: int = KEPT) -> NDArray[np.intp]:
    """All epochs of a curve where they are few, else so many spread evenly."""
    return np.linspace(0, epochs - 1, min(epochs, most)).round().astype(np.intp)


def curve(history: History, rows: Any) -> dict[str, Any]:
    """Epoch, errors, what the rule goes after, and the gradient's norm in each layer, at these rows of a history.

    objective : error + penalty.  log_score : of rule evidence, which goes after it; no entry for other rules.
    """
    return {
        "epoch": history["epoch"][rows],
        "error": history.error[rows],
        "objective": history.objective[rows],
        "log_score": history["log_score"][rows] if "log_score" in history.names else (),
        "validation": history.validation_error[rows],
        "gradient": history.gradient_norm[rows].T,
    }
