"""The one loop: bursts of steps until an outcome; what is measured is told to observers, and nothing is printed here.

How long a burst is depends on the clock; what it computes does not: θ, the history and the outcome of a run that is not
limited by time are the same bits however it was cut.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.checkpoint import Checkpoint
from deltarule.descent.clipping import Clipping
from deltarule.descent.held_out import Judge
from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.descent.replay import Replay
from deltarule.descent.rules import first_order
from deltarule.descent.schedules import Constant, Follower, Run, Schedule
from deltarule.descent.stopping import Stopping, Watch
from deltarule.equations.random import key
from deltarule.kernels.one_thread import one_thread
from deltarule.kernels.working_time import working_time
from deltarule.objectives.objective import Burst, FirstOrderRule, FullBatchRule, State, advance, iterate

Floats = NDArray[np.floating]
BURST_SECONDS = 0.05  # progress, Ctrl-C and observers are answered at least twice in a tenth of a second
# a run that ends with its error so many times the first epoch's has diverged, though every number is finite
EXPLODED = 1e6


@dataclass(frozen=True)
class Moment:
    """What an observer sees after a burst; `outcome` is None while the run goes on, `best` without held-out rows.
    θ is read, never written."""

    objective: Any
    rule: Any
    settings: Settings
    state: State
    history: History
    seconds: float
    best: Floats | None = None
    outcome: Outcome | None = None

    @property
    def epochs(self) -> int:
        """How many were asked for."""
        return self.settings.epochs


class Observer(Protocol):
    """Called after each burst; with an attribute `every`, also exactly at each multiple of so many steps, step 0
    included. One that never looks at moment.state may say so, reads_state = False: large networks are then faster. One
    that answers True asks for the end."""

    def __call__(self, moment: Moment) -> bool | None: ...


@dataclass(frozen=True)
class Settings:
    """How to run: everything but the objective, the rule and the start. held_out judges θ after each epoch."""

    epochs: int = 100
    learning_rate: float | None = None
    schedule: Schedule = field(default_factory=Constant)
    clip: Clipping = field(default_factory=Clipping)
    stopping: Stopping = field(default_factory=Stopping)
    held_out: Judge | None = None
    observers: Sequence[Observer] = ()
    seed: int = 0
    resume: Checkpoint | None = None


@dataclass(frozen=True)
class Result:
    """θ kept (of what held-out rows judged best, where there were any), the history, the outcome and the last
    state; `best` is θ of that judgement alone."""

    theta: Floats
    history: History
    outcome: Outcome
    state: State
    best: Floats | None = None


def run(
    objective: Any,
    rule: FirstOrderRule | FullBatchRule,
    theta: Floats,
    settings: Settings,
    interrupted: threading.Event | None = None,
) -> Result:
    """Moves a copy of θ by the rule until an outcome.

    Parameters: an objective with `gradient`, and for networks `begin` and `advance`; theta (P,), not changed;
    interrupted, which ends the run once it is set (None: Ctrl-C does).
    """
    if not first_order(rule):
        import scipy.linalg  # noqa: F401  # pyright: ignore[reportUnusedImport]  # its BLAS must be there to be held to one thread
    with one_thread(), np.errstate(all="ignore"):
        loop = _Loop(objective, rule, theta, settings)
    # what is not finite is looked for, and named
    with (
        one_thread(),
        np.errstate(all="ignore"),
        _helped(objective, rule, theta),
        interrupts() if interrupted is None else nullcontext(interrupted) as pressed,
    ):
        outcome = loop.until_outcome(pressed)
        kept = loop.kept_after(outcome, pressed)
    loop.tell(outcome)
    return Result(kept, loop.history, outcome, loop.state, loop.best)


def _helped(objective: Any, rule: Any, theta: Floats) -> AbstractContextManager[None]:
    """Helping threads beside a full-batch rule's gradients; bursts of mini-batch steps have their own."""
    return nullcontext() if first_order(rule) or not hasattr(objective, "helped") else objective.helped(theta)


def _finite_value(objective: Any, theta: Floats) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.isfinite(objective.value(theta)))


class _Loop:
    def __init__(self, objective: Any, rule: Any, theta: Floats, settings: Settings) -> None:
        self.objective, self.rule, self.settings = objective, rule, settings
        self.start = theta
        self.started = working_time()  # what the rule looks at before its first step is on the clock
        self.first_order = first_order(rule)
        self.steps_an_epoch: int = getattr(objective, "steps_an_epoch", 1) if self.first_order else 1
        self.state = self._begin()
        if not self.first_order:
            self.state.search = rule.begin(objective, self.state.theta)
        self.replay = Replay(self._begin)
        shape = getattr(objective, "shape", None)
        self.history = History(shape.layers if shape else 1)
        self.watch = Watch(settings.stopping)
        self.follower = self._follower()
        self.best: Floats | None = None
        self.lowest = np.inf
        self.seconds_before = 0.0
        self.seconds_a_step = 0.0
        self.burst_steps = 1
        if settings.resume is not None:
            self._go_on(settings.resume)

    def _begin(self) -> State:
        """The state before the first step, with arrays of its own."""
        if self.settings.resume is not None:
            return self.settings.resume.state.copy()
        if not self.first_order:
            return State(self.start.copy(), np.empty((0, len(self.start))))
        if hasattr(self.objective, "begin"):
            return self.objective.begin(self.start, self.rule, key(self.settings.seed))
        memory = np.zeros((self.rule.memories, len(self.start)), self.start.dtype)
        return State(self.start.copy(), memory)

    def _go_on(self, checkpoint: Checkpoint) -> None:
        """Takes up a training where it stood: what watched its epochs hears them once more."""
        self.history = checkpoint.history.copy()
        self.best, self.lowest = checkpoint.best, checkpoint.lowest
        if len(self.history):
            self.seconds_before = float(self.history.seconds[-1])
        for objective, norm, validation in checkpoint.epochs():
            self.follower.epoch_end(objective if validation is None else validation)
            self.watch.epoch_end(objective, norm, validation)

    def _follower(self) -> Follower:
        rate = self.settings.learning_rate
        if rate is None:
            rate = getattr(self.rule, "learning_rate", np.nan)
        samples = len(getattr(self.objective, "X", ())) or 1
        return self.settings.schedule.follow(Run(rate, self.settings.epochs, self.steps_an_epoch, samples))

    @property
    def seconds(self) -> float:
        return working_time() - self.started

    def until_outcome(self, interrupted: threading.Event) -> Outcome:
        self.tell(None)
        while True:
            steps = self._steps_to_go()
            if steps <= 0:
                return self._limit_outcome()
            began = working_time()
            burst = self._advance(steps)
            self._learn_pace(burst, working_time() - began)
            name = self._after(burst)
            if name:
                return Outcome.of(
                    name, self.state.step, self._not_finite_from_the_start(name) or burst.message
                )
            if self.tell(None):
                return Outcome.of("stopped_early", self.state.step, "an observer asked for the end")
            if interrupted.is_set():
                return Outcome.interrupted(self.state.step, self.best is not None)
            limit = self.settings.stopping.seconds
            # a step that would end more than a tenth too late is not begun
            if limit is not None and (
                self.seconds >= limit or self.seconds + self.seconds_a_step > 1.1 * limit
            ):
                return Outcome.of("time_limit", self.state.step)

    def _not_finite_from_the_start(self, name: str) -> str | None:
        """Why the first step already met numbers that are not finite, where no step is to blame."""
        if name != "diverged" or self.state.step > 1 or self.settings.resume is not None:
            return None
        odd = int(np.count_nonzero(~np.isfinite(self.start)))
        if odd:
            called = "1 number of the start is" if odd == 1 else f"{odd} numbers of the start are"
            return f"{called} not finite, and the error is none: start from finite numbers"
        if not _finite_value(self.objective, self.start):
            return "the error is not a finite number at the start: start elsewhere, from smaller numbers"
        return None

    def tell(self, outcome: Outcome | None) -> bool:
        """Tells every observer; whether one of them asked for the end."""
        reads = any(getattr(observer, "reads_state", True) for observer in self.settings.observers)
        if outcome is not None or reads:
            self._settle(self.state)
        moment = Moment(
            self.objective,
            self.rule,
            self.settings,
            self.state,
            self.history,
            self.seconds,
            self.best,
            outcome,
        )
        return any([observer(moment) for observer in self.settings.observers])

    @property
    def kept(self) -> Floats:
        """θ that held-out rows judged best; without validation rows the last, which is finite."""
        return self.state.theta if self.best is None else self.best

    def kept_after(self, outcome: Outcome, interrupted: threading.Event) -> Floats:
        """θ kept, known after bursts with `stay`; where it diverged the last whose error was a finite number.

        A full-batch rule takes no step to another, and where a step was applied, the error before it was finite.
        """
        self._settle(self.state)
        last = outcome.name == "diverged" and self.first_order and self.best is None and self.state.step > 0
        if not last or _finite_value(self.objective, self.kept):
            return self.kept
        again = self.replay.before_last_step(self.state.step, self._burst, interrupted)
        self._settle(again)
        return again.theta

    def _settle(self, state: State) -> None:
        if hasattr(self.objective, "settle"):
            self.objective.settle(state)

    def _steps_to_go(self) -> int:
        state, settings = self.state, self.settings
        left = settings.epochs * self.steps_an_epoch - state.step
        if settings.stopping.steps is not None:
            left = min(left, settings.stopping.steps - state.step)
        each = settings.held_out is not None or self.follower.reactive
        if each or settings.stopping.each_epoch:
            epochs = 1 if each else self.watch.epochs_sure
            left = min(left, epochs * self.steps_an_epoch - state.step % self.steps_an_epoch)
        for observer in settings.observers:
            every: int = getattr(observer, "every", 0)
            if every:
                left = min(left, every - state.step % every)
        return min(left, self.burst_steps)

    def _learn_pace(self, burst: Burst, seconds: float) -> None:
        self.seconds_a_step = seconds / max(burst.steps, 1)
        goal = BURST_SECONDS
        if self.settings.stopping.seconds is not None:
            goal = min(goal, max(self.settings.stopping.seconds - self.seconds, 0))
        fitting = int(goal / max(self.seconds_a_step, 1e-9))
        self.burst_steps = max(1, min(fitting, 8 * self.burst_steps))

    def _advance(self, steps: int) -> Burst:
        if not self.first_order:
            return iterate(self.objective, self.rule, self.state, steps)
        rates = self.follower.rates(self.state.step, steps)
        self.replay.begins(self.state, rates, self._settle)
        burst = self._burst(self.state, rates)
        self.replay.ended(burst.steps)
        return burst

    def _burst(self, state: State, rates: Floats) -> Burst:
        """A step for each of the learning rates."""
        if hasattr(self.objective, "advance"):
            return self.objective.advance(self.rule, state, len(rates), rates, self.settings.clip, stay=True)
        return advance(self.objective, self.rule, state, len(rates), rates, self.settings.clip)

    def _after(self, burst: Burst) -> str | None:
        """Keeps what a burst did; the outcome's name where it was the last."""
        validation = error = None
        if self.settings.held_out is not None and len(burst.error):
            if hasattr(self.objective, "show"):
                self.objective.show(self.state)
            error, validation = self.settings.held_out.judge(self.state.theta)
            if validation < self.lowest:
                self.lowest, self.best = validation, self.state.theta.copy()
        self.history.extend(burst, self.seconds_before + self.seconds, error)
        if burst.fault:
            return "diverged"
        if burst.ended:
            return burst.ended
        return self._heard(burst, validation) if self._listens else None

    @property
    def _listens(self) -> bool:
        """Whether the schedule or a limit hears of every epoch."""
        return self.follower.reactive or self.settings.stopping.each_epoch

    def _heard(self, burst: Burst, validation: float | None) -> str | None:
        """Tells the schedule and the limits of a burst's epochs; the outcome's name where one was the last."""
        ended, norms = None, np.linalg.norm(burst.gradient_norm, axis=1)
        for objective, norm in zip((burst.error + burst.penalty).tolist(), norms.tolist(), strict=True):
            if self.follower.epoch_end(objective if validation is None else validation):
                return "converged"
            ended = self.watch.epoch_end(objective, norm, validation)
        return ended

    def _limit_outcome(self) -> Outcome:
        error = self.history.objective
        if len(error) > 1 and error[0] > 0 and error[-1] > EXPLODED * error[0]:
            message = f"the error grew from {error[0]:.3g} to {error[-1]:.3g}: try a smaller learning rate or clipping"
            return Outcome.of("diverged", self.state.step, message)
        return Outcome.of("step_limit", self.state.step)


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, in the main thread; a second one interrupts as usual."""
    pressed = threading.Event()
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield pressed
        return

    def first(number: int, frame: Any) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, first)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
