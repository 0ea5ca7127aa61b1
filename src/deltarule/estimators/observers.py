"""What looks on while an estimator is fitted: the printed lines, the held-out rows, and scikit-learn's callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.held_out import HeldOutRows, Judgement
from deltarule.descent.loop import Moment

Floats = NDArray[np.floating]
OwnScore = Callable[[Floats], float] | Literal["loss"] | None  # of θ, in place of it


class Printing:
    """Prints a line for each epoch, then what was said of it, as scikit-learn does; losses are told times `unit`."""

    def __init__(self, unit: float) -> None:
        self.unit, self.told = unit, 0
        self.said: dict[int, list[str]] = {}

    def say(self, epoch: int, line: str) -> None:
        """Keeps a line until the epoch's own is printed."""
        self.said.setdefault(epoch, []).append(line)

    def __call__(self, moment: Moment) -> None:
        for loss in moment.history.objective[self.told :] if len(moment.history) > self.told else ():
            self.told += 1
            print(
                "\n".join(
                    [f"Iteration {self.told}, loss = {self.unit * loss:.8f}", *self.said.pop(self.told, [])]
                )
            )


class HeldOut:
    """Keeps score and loss on held-out rows for each epoch: the loop that early stopping ends asks `judge`, and as an
    observer it looks on.

    own_score : of θ, in place of what the rows are judged by.  every : steps between two looks.
    say : is told (epoch, sentence); scores are told times `unit`.
    """

    def __init__(
        self,
        rows: HeldOutRows,
        own_score: Callable[[Floats], float] | None,
        every: int,
        say: Callable[[int, str], None] | None,
        unit: float,
    ) -> None:
        self.rows, self.own_score, self.every, self.say, self.unit = rows, own_score, every, say, unit
        self.scores: list[float] = []
        self.losses: list[float] = []

    def judge(self, theta: Floats) -> Judgement:
        """The loss on the rows, and minus the score."""
        found = self.rows.judge(theta)
        if self.own_score is not None:
            found = Judgement(found.error, -self.own_score(theta))
        self.losses.append(found.error)
        self.scores.append(-found.criterion)
        if self.say is not None:
            self.say(len(self.scores), f"Validation score: {self.unit * self.scores[-1]:f}")
        return found

    def __call__(self, moment: Moment) -> None:
        if len(moment.history) > len(self.losses):
            self.judge(moment.state.theta)


class Callbacks:
    """Tells scikit-learn's callbacks (1.9 and later) of each epoch; True where one of them asked for the end."""

    def __init__(
        self,
        context: Any,
        estimator: Any,
        data: dict[str, Any],
        fitted: Callable[[Floats], dict[str, Any]],
        every: int,
    ) -> None:
        self.context, self.estimator, self.data, self.fitted, self.every = (
            context,
            estimator,
            data,
            fitted,
            every,
        )
        self.running: Any = None
        self.epochs = 0

    def __call__(self, moment: Moment) -> bool:
        stop = False
        if len(moment.history) > self.epochs:
            self.epochs = len(moment.history)
            stop = self.end(moment.state.theta)
        if self.running is None and moment.outcome is None and not stop and self.epochs < moment.epochs:
            self.begin(moment.state.theta)
        if moment.outcome is not None and self.running is not None:  # an epoch that was not finished
            self.end(moment.state.theta)
        return stop

    def begin(self, theta: Floats) -> None:
        self.running = self.context.subcontext(task_name="epoch")
        self.running.call_on_fit_task_begin(
            estimator=self.estimator, **self.data, reconstruction_attributes=lambda: self.fitted(theta)
        )

    def end(self, theta: Floats) -> bool:
        running, self.running = self.running, None
        return running.call_on_fit_task_end(
            estimator=self.estimator, **self.data, reconstruction_attributes=lambda: self.fitted(theta)
        )
