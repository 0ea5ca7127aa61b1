"""A fit from parameters and rows to weights: what every solver shares, and the three ways a network is moved."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent import loop
from deltarule.descent.budget import Budget
from deltarule.descent.evidence import Evidence
from deltarule.descent.held_out import HeldOutRows, Score
from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.descent.rules import rule
from deltarule.descent.schedules import Constant
from deltarule.descent.side_by_side import at_once, matrices, side_by_side
from deltarule.descent.stopping import Stopping
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.estimators.improvement import Improvement
from deltarule.estimators.observers import Callbacks, HeldOut, OwnScore, Printing
from deltarule.estimators.parameters import CURVED, FIRST_ORDER, SKLEARN_SOLVERS, Parameters
from deltarule.estimators.quasi_newton import WholeError, lbfgs
from deltarule.estimators.rows import SparseRows
from deltarule.estimators.solvers import clipping, first_order_rule, scales_inside, stopping
from deltarule.estimators.standardisation import Standardisation
from deltarule.objectives.network_error import NetworkError
from deltarule.objectives.objective import State

Floats = NDArray[np.floating]
NOT_FINITE = (  # the words that scikit-learn's users look for
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
    "preprocessed."
)


@dataclass(frozen=True)
class Samples:
    """Rows X (N, I), targets D (N, K) and weights s (N,) or None."""

    X: Floats | SparseRows
    D: Floats
    s: Floats | None

    def __len__(self) -> int:
        return len(self.D)

    @property
    def weight(self) -> float:
        """Σ s, or N."""
        return float(len(self.D) if self.s is None else self.s.sum())

    def seen(self, by: Standardisation | None, dtype: Any) -> Samples:
        """The same samples as the network sees them, scaled or not, in its dtype."""
        if isinstance(self.X, SparseRows):
            return self
        X, D = (self.X, self.D) if by is None else (by.inputs(self.X), by.targets(self.D))
        return Samples(X.astype(dtype, copy=False), D.astype(dtype, copy=False), self.s)


@dataclass
class Task:
    """One network to be trained: everything but its starting weights."""

    given: Parameters  # the estimator, for its parameters
    solver: str  # the one that runs, where given.solver may say auto
    shape: Shape
    loss: Loss
    train: Samples
    held_out: Samples | None
    score: Score
    own_score: OwnScore
    fitted: Callable[[Floats], dict[str, Any]]
    lowest: float = np.inf  # the error that a warm start has reached before, or minus the score
    flat: int = 0  # epochs since
    seen: int = 0  # samples before
    callback: Any = None  # scikit-learn's context and the data it is told
    data: dict[str, Any] = field(default_factory=dict)
    unit: float = 1.0  # what is printed of a loss is so many times what is counted
    seed: int = 0
    seconds: float | None = None
    threads: int | None = None
    interrupted: Event | None = None  # set by Ctrl-C

    @property
    def observed(self) -> bool:
        """Whether each epoch is told to something of the user's, or uses what is: starts then follow one another."""
        told = self.given.verbose or self.callback is not None or callable(self.own_score)
        return bool(told) or isinstance(self.train.X, SparseRows)


@dataclass
class Trained:
    """What a solver reached: θ as trained, the loss after each epoch or iteration, and how it ended."""

    theta: Floats
    loss: float
    curve: list[float]
    outcome: str
    message: str
    held_out: HeldOut | None
    history: History | None = None
    state: State | None = None
    improvement: Improvement | None = None

    @property
    def rank(self) -> float:
        """Lower is better: minus the log score of evidence, minus the best score of held-out rows, else the loss; ∞
        where there is none."""
        found = self._told
        return found if found == found else np.inf

    @property
    def _told(self) -> float:
        if self.history is not None and "log_score" in self.history.names and len(self.history):
            return -float(self.history["log_score"][-1])
        scores = self.held_out.scores if self.held_out else []
        return -float(np.nanmax(scores)) if len(scores) and not np.isnan(scores).all() else self.loss


def train_starts(
    task: Task, starts: Sequence[tuple[Floats, int]], left: Budget, after: int = 0
) -> list[Trained]:
    """Trains from each start, a θ with its seed, as many at a time as there are threads for; fewer after Ctrl-C.

    left : the seconds for all, of which `after` more trainings are to have their share.
    """
    given, number = task.given, len(starts)
    matrix = matrices(task.shape.size) if task.solver in CURVED else 0
    team = 1 if task.observed else at_once(number, given.threads, matrix)

    def begin(k: int, threads: int, interrupted: Event) -> Trained:
        theta, seed = starts[k]
        seconds = left.share(-(-(number - k) // team) + after)
        one = replace(task, seed=seed, seconds=seconds, threads=threads, interrupted=interrupted)
        return train(one, theta)

    return side_by_side(number, begin, given.threads, team)


def train(task: Task, theta: Floats) -> Trained:
    """Trains from θ by the task's solver."""
    if task.solver in FIRST_ORDER:
        return _by_gradients(task, theta)
    if task.solver == "lbfgs":
        return _by_scipy(task, theta)
    return _by_full_batches(task, theta)


def batch_size(given: Parameters, N: int) -> int:
    """Rows a step of sgd and adam."""
    if given.batch_size == "auto":
        return min(200, N)
    if given.batch_size > N:
        warnings.warn(
            f"batch_size={given.batch_size} is larger than the {N} training rows: it is clipped to those",
            stacklevel=2,
        )
    return min(int(given.batch_size), N)


def error_of(
    given: Parameters,
    shape: Shape,
    loss: Loss,
    samples: Samples,
    batch: int,
    penalised: bool = True,
    threads: int | None = None,
) -> NetworkError:
    """The objective of steps of `batch` rows; the penalties are divided by such a step's weight, as in scikit-learn."""
    step_weight = samples.weight * batch / len(samples)
    penalty = Penalty(given.l1 / step_weight, given.alpha / step_weight) if penalised else Penalty()
    engine = "reference" if isinstance(samples.X, SparseRows) else "auto"
    X: Any = samples.X  # sparse rows answer as an array does where they are asked for a batch
    dropout = tuple(given.dropout) if np.ndim(given.dropout) else given.dropout
    return NetworkError(
        shape,
        X,
        samples.D,
        loss,
        penalty,
        samples.s,
        batch,
        bool(given.shuffle),
        engine,
        threads or given.threads,
        dropout,
    )


def _by_gradients(task: Task, theta: Floats) -> Trained:
    given, samples = task.given, task.train
    objective = error_of(
        given,
        task.shape,
        task.loss,
        samples,
        batch_size(given, len(samples)),
        threads=task.threads,
    )
    improvement = Improvement(given, task.solver, task.lowest, task.flat, given.learning_rate_init, task.seen)
    limits = (
        Stopping(seconds=task.seconds) if improvement.carried else stopping(given, task.solver, task.seconds)
    )
    settings, held = _settings(task, objective.steps_an_epoch, limits, improvement)
    trained = _run(task, objective, first_order_rule(given, task.solver), theta, settings, held)
    trained.improvement = improvement
    if trained.outcome == "converged" and given.early_stopping and not improvement.adaptive:
        ended = Outcome.of("stopped_early", len(trained.curve))
        trained.outcome, trained.message = ended.name, ended.message
    return trained


def _by_full_batches(task: Task, theta: Floats) -> Trained:
    given, samples = task.given, task.train
    evidence = task.solver == "evidence"
    objective = error_of(
        given,
        task.shape,
        task.loss,
        samples,
        len(samples),
        penalised=not evidence,
        threads=task.threads,
    )
    found = Evidence(counts=True) if evidence else rule(task.solver)
    settings, held = _settings(task, 1, stopping(given, task.solver, task.seconds))
    return _run(task, objective, found, theta, settings, held)


def _settings(
    task: Task, every: int, limits: Stopping, rates: Improvement | None = None
) -> tuple[loop.Settings, HeldOut | None]:
    given = task.given
    printing = Printing(task.unit) if given.verbose else None
    held = _held_out(task, every, printing and printing.say)
    if rates is not None:
        rates.say = printing and printing.say
    observers: list[Any] = [] if printing is None else [printing]
    if held is not None and not given.early_stopping:
        observers.append(held)
    if task.callback is not None:
        observers.append(Callbacks(task.callback, given, task.data, task.fitted, every))
    settings = loop.Settings(
        epochs=int(given.max_iter),
        learning_rate=None if rates is None else rates.rate,
        clip=clipping(given),
        stopping=limits,
        held_out=held if given.early_stopping else None,
        observers=observers,
        seed=task.seed,
        schedule=Constant() if rates is None else rates,
    )
    return settings, held


def _held_out(task: Task, every: int, say: Callable[[int, str], None] | None) -> HeldOut | None:
    rows = task.held_out
    if rows is None:
        return None
    say = say if task.given.early_stopping else None
    unit = task.unit if task.own_score == "loss" else 1.0
    X = rows.X[:]  # dense, of sparse rows too: each epoch looks at all of them
    error = NetworkError(task.shape, X, rows.D, task.loss, sample_weight=rows.s, threads=task.threads)
    judged = HeldOutRows(error, None if task.own_score == "loss" else task.score)
    return HeldOut(judged, task.own_score if callable(task.own_score) else None, every, say, unit)


def _run(
    task: Task,
    objective: NetworkError,
    moved_by: Any,
    theta: Floats,
    settings: loop.Settings,
    held: HeldOut | None,
) -> Trained:
    result = loop.run(objective, moved_by, theta, settings, task.interrupted)
    curve = result.history.objective.tolist()
    outcome = result.outcome
    if outcome.name == "diverged":
        if held is None or not held.scores:
            raise InputError(NOT_FINITE)
        held.scores.append(float("nan"))  # of the epoch that was not finished
        held.losses.append(float("nan"))
        curve.append(float("nan"))
    loss = curve[-1] if curve else float("nan")
    return Trained(
        result.theta, loss, curve, outcome.name, outcome.message, held, result.history, result.state
    )


def _by_scipy(task: Task, theta: Floats) -> Trained:
    given, samples = task.given, task.train
    penalty = Penalty(l2=given.alpha / samples.weight)
    error = WholeError(task.shape, samples.X, samples.D, samples.s, task.loss, penalty, task.threads)
    held = _held_out(task, 1, (lambda _, line: print(line)) if given.verbose else None)
    callbacks = None if task.callback is None else Callbacks(task.callback, given, task.data, task.fitted, 1)
    iterations = 0

    def watch(reached: Floats, loss: float) -> str:
        nonlocal iterations
        iterations += 1
        if given.verbose:
            print(f"Iteration {iterations}, loss = {task.unit * loss:.8f}")
        if held is not None:
            held.judge(reached)
        if task.interrupted is not None and task.interrupted.is_set():
            return "interrupted"
        if callbacks is None:
            return ""
        stop = callbacks.end(reached)
        if not stop and iterations < given.max_iter:
            callbacks.begin(reached)
        return "stopped" if stop else ""

    if callbacks is not None:
        callbacks.begin(theta)
    found = lbfgs(error, theta, given, task.seconds, watch)
    if callbacks is not None and callbacks.running is not None:
        callbacks.end(found.theta)
    if not np.isfinite(found.theta).all():
        raise InputError(NOT_FINITE)
    return Trained(found.theta.astype(theta.dtype), found.loss, found.curve, found.ended, found.message, held)


def warn_of(outcome: str, message: str, given: Parameters, solver: str, iterations: int) -> None:
    """ConvergenceWarning, with what to do, where a fit ended before it converged."""
    from sklearn.exceptions import ConvergenceWarning

    if outcome == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=4)
    elif outcome in ("step_limit", "time_limit") or (solver == "lbfgs" and outcome == "stuck"):
        told = _unfinished(outcome, message, given, solver, iterations)
        warnings.warn(told, ConvergenceWarning, stacklevel=4)


def _unfinished(outcome: str, message: str, given: Parameters, solver: str, iterations: int) -> str:
    """What ended a fit before it converged, and what to do about it; to scale only where that is not done inside."""
    who, yet = f"Solver {solver}", "the optimization hasn't converged yet"
    if outcome == "time_limit":
        return f"{who}: the budget of {given.budget:g} seconds is used up and {yet}: raise budget."
    quasi_newton, by_steps = solver == "lbfgs", solver in FIRST_ORDER
    longer = ("raise max_fun or " if quasi_newton else "raise ") + f"max_iter ({given.max_iter})"
    own = "leave out scale=False" if given.solver not in SKLEARN_SOLVERS else ""
    advice = [
        longer if outcome == "step_limit" else "",
        "" if scales_inside(given) else own or "scale the columns of X, for example by StandardScaler",
        "try solver='lbfgs' on a small table" if by_steps else "",
    ]
    told = f"{'Stochastic Optimizer' if by_steps else who}: Maximum iterations ({given.max_iter}) reached and {yet}"
    if quasi_newton:
        told = f"lbfgs failed to converge after {iterations} iteration(s): {message}"
    return f"{told}: {', or '.join(filter(None, advice)) or 'raise tol'}."
