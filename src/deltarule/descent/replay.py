"""The way back before the step that led out of the finite numbers: a state kept now and then, and the steps since."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels.working_time import working_time
from deltarule.objectives.objective import Burst, State

Floats = NDArray[np.floating]

SECONDS = 0.5  # between two copies, and then what a replay takes
SHARE = 0.01  # of the time that copies may take


class Replay:
    """Hears of every burst of a first-order rule, and makes its last steps once more, bit for bit.

    begin : makes the state before the first step anew.
    """

    def __init__(self, begin: Callable[[], State]) -> None:
        self._begin, self._rates = begin, list[Floats]()
        self._kept: State | None = None
        self._newer: State | None = None
        self._since, self._cost = working_time(), 0.0

    def begins(self, state: State, rates: Floats, settle: Callable[[State], Any]) -> None:
        """A burst from this state with these learning rates, one a step; the state is copied where it is time to."""
        now = working_time()
        if now - self._since > max(SECONDS, self._cost / SHARE):
            settle(state)
            self._newer = state.copy()
            self._since = working_time()
            self._cost = 2 * (self._since - now)  # what was brought out is laid in again
        self._rates.append(rates)

    def ended(self, steps: int) -> None:
        """That burst made so many steps: only behind one does the newer copy lie before the last step."""
        if self._newer is not None and steps:
            self._kept, self._newer, self._rates = self._newer, None, self._rates[-1:]

    def before_last_step(
        self, step: int, burst: Callable[[State, Floats], Burst], interrupted: threading.Event
    ) -> State:
        """The state one step before this one; an earlier one where it is interrupted on the way."""
        state = self._begin() if self._kept is None else self._kept.copy()
        for rates in self._rates:
            left = step - 1 - state.step
            if left <= 0 or interrupted.is_set():
                break
            burst(state, rates[:left])
        return state
