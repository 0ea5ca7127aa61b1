"""train: a network, its data and the settings go in; a trained copy, the history and the outcome come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule import samples
from deltarule.amounts import count, rate, seconds, shown
from deltarule.descent import loop
from deltarule.descent.batches import in_parts, rows_a_step
from deltarule.descent.budget import Budget
from deltarule.descent.checkpoint import Checkpoint
from deltarule.descent.choosing import Choice, choose, quicker
from deltarule.descent.clipping import Clipping
from deltarule.descent.conditioning import conditioning
from deltarule.descent.distillation import Beliefs, distilled, refuse_what_cannot_be_taught
from deltarule.descent.evidence import Evidence
from deltarule.descent.evidence_search import NUMBERS
from deltarule.descent.held_out import HeldOutRows, set_apart
from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.descent.progress import Progress
from deltarule.descent.restarts import Stability, Trial, fresh_start, score, stability
from deltarule.descent.restarts import committee as as_one
from deltarule.descent.rules import first_order
from deltarule.descent.rules import rule as find_rule
from deltarule.descent.schedules import Schedule
from deltarule.descent.schedules import schedule as find_schedule
from deltarule.descent.side_by_side import at_once, matrices, side_by_side
from deltarule.descent.stopping import Stopping
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.penalties import penalty as find_penalty
from deltarule.equations.shape import Shape
from deltarule.errors import InputError, UnknownName
from deltarule.network import Network
from deltarule.objectives.network_error import NetworkError

Floats = NDArray[np.floating]

GROUPS_HELD_OUT = 0.2  # of the rows, where evidence cannot leave out groups of them


@dataclass(frozen=True)
class Training:
    """What `train` gives back.

    network : the trained copy: of the lowest validation error where there were validation rows, else of the last step.
    history : one row for each epoch.  outcome : how it ended, by name.  rule : the settings that moved θ.
    reason : why rule="auto" chose it.  starts : how several starts compare; None for one.
    start : where the network that was kept began; of a committee, its best.
    checkpoint : from where `train(…, resume=checkpoint)` goes on; for first-order rules from one start.
    hint : of rules that take all samples at once: a sentence where inputs lie so far from 0, or are spread so
        little or much, that such a rule may end long before anything is learnt, whatever its outcome says; and one
        where there is so much of network and samples that another rule would be quicker.

    >>> X, d = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
    >>> trained = train(Network([2, 4, 1]), X, d, rule="lm")
    >>> trained.outcome.name, len(trained.history) == trained.outcome.step
    ('converged', True)
    >>> bool(trained.network.error(X, d) < 1e-12 < trained.start.error(X, d))
    True
    """

    network: Network
    history: History
    outcome: Outcome
    rule: Any
    reason: str = ""
    starts: Stability | None = None
    checkpoint: Checkpoint | None = None
    start: Network | None = None
    hint: str = ""

    def __repr__(self) -> str:
        rule, ended = type(self.rule).__name__, self.outcome
        hint = f"; {self.hint}" if self.hint else ""
        return f"<Training by {rule}: {ended.name} at step {ended.step}; {self.history!r}{hint}>"


def train(
    network: Network,
    X: ArrayLike,
    D: ArrayLike,
    *,
    rule: str | Any = "auto",
    learning_rate: float | None = None,
    batch_size: int | str | None = "auto",
    epochs: int = 100,
    loss: str | Loss | None = None,
    penalty: Penalty | float | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    schedule: str | Schedule | None = None,
    validation: tuple[ArrayLike | None, ...] | float | None = None,
    stopping: Stopping | None = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    shuffle: bool = True,
    restarts: int = 1,
    committee: bool | str = False,
    budget: float | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: bool | Progress = False,
    observers: Sequence[loop.Observer] = (),
    engine: str = "auto",
    resume: Checkpoint | None = None,
) -> Training:
    """Trains a copy of a network on X, D in the units given: min over θ of E(θ) + penalty(θ).

        E(θ) = (1/Σs) Σ_n s_n Σ_k e(o_nk, d_nk)

    Parameters
    ----------
    network : where to start; never changed.
    X (N, I), D (N, K) : samples; D 1-D only when K = 1, or class numbers for cross_entropy. Not scaled here.
    rule : a name or settings, e.g. "gradient", "adam", Momentum(beta=0.8); "auto" is `choose`'s:
        evidence for small and medium networks, L-BFGS or Adam beyond; the Training says why.
    learning_rate : η₀ > 0; None is the rule's own (gradient 0.1, momentum 0.01, Adam 0.001).
    batch_size : rows a step; "auto" is 32 (full-batch rules: all), "full" or None is all, 1 is online.
    epochs : passes through the samples; iterations for full-batch rules.
    loss : a name or settings, e.g. "mae", Huber(1.5), Quantile(0.9); None is mse, or the output's own (softmax:
        cross_entropy, exp: poisson).
    penalty : L2(λ), L1(λ), Elastic(λ₁, λ₂), or a number for L2.
    clip_norm, clip_value : limits of the gradient's norm and of its entries, value first.
    schedule : a name or settings, e.g. "cosine", Steps(every=20).
    validation : (X, D) or (X, D, s) held out, or the share of rows to hold out; the weights of its
        lowest error are kept.
    stopping : Stopping(…); None runs all epochs.
    sample_weight : s (N,), 0 or more.
    groups : (N,) labels of rows that belong together, as those of one patient: a share held out is whole groups, and
        evidence goes by groups left out where the loss is mse or half_mse; by other losses it is stopped by a fifth of
        the groups, held out where `validation` is None. None: each row by itself.
    shuffle : draw a new order of the samples for each epoch.
    restarts : how many starts: the network's own weights, then others from the seed. The one of the highest log
        evidence is kept, else of the lowest validation error, else of the lowest objective. As many as there are
        threads go side by side, with the same result; with observers of your own one after another.
    committee : keep all starts, as one network whose hidden layers lie side by side and whose output's net inputs are
        their mean (for identity outputs the mean of the outputs, for softmax their geometric mean); "distilled" then
        teaches it to one network of the form given (`distillation`; rule evidence, numbers).
    budget : seconds for everything; the weights reached by then are kept.
    seed : of the order of samples, of the rows held out and of further starts.
    threads : how many the compiled engine may use; None is the machine's cores, or OMP_NUM_THREADS. The
        result is the same.
    progress : a line with the time left, on stderr, when that is a terminal; before it that another rule would be
        quicker, where one would. Trainings that share a `Progress` say so once.
    observers : called after each burst with a `Moment`.
    engine : "auto", or "reference" for the plain NumPy equations.
    resume : the checkpoint of a training of this network, with these data and settings, that goes on here: what
        comes out is what it would have been without the stop, bit for bit. `epochs` counts from the first start.

    Returns a Training. Raises InputError for what cannot be used; a run that fails does not raise: its outcome says so.

    >>> X = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]]); d = np.array([0., 1., 1., 0.])
    >>> network = Network([2, 4, 1], output="logistic", seed=1)
    >>> result = train(network, X, d, learning_rate=0.05, batch_size="full", epochs=500)
    >>> result.outcome.name, result.network.predict(X).round().ravel().tolist()
    ('step_limit', [0.0, 1.0, 1.0, 0.0])
    """
    shape = network.shape
    found_loss, found_penalty = find_loss(loss, shape.activations[-1]), find_penalty(penalty)
    x = samples.inputs(X, shape)
    d = samples.targets(D, len(x), shape, found_loss)
    s = samples.weights(sample_weight, len(x))
    given = learning_rate, schedule, clip_norm, clip_value

    def chosen(rows: int) -> Choice:
        if not isinstance(rule, str) or rule != "auto":
            return Choice(find_rule(rule), "")
        return choose(shape, rows, found_loss, found_penalty, in_parts(batch_size, *given))

    together = samples.groups(groups, len(x))
    judged = found_loss.name in NUMBERS or not isinstance(chosen(len(x)).rule, Evidence)
    if together is not None and validation is None and not judged:
        validation = GROUPS_HELD_OUT
    x, d, s, together, held = set_apart(x, d, s, validation, shape, found_loss, seed, together)
    stopping = Stopping() if stopping is None else stopping
    for name, value, kind in (("stopping", stopping, Stopping), ("resume", resume, Checkpoint)):
        if not isinstance(value, kind) and value is not None:
            raise InputError(f"{name} must be a {kind.__name__}(…), got {shown(value)}")
    if callable(observers):
        raise InputError("observers must be a list of functions: write observers=[observe]")
    threads = None if threads is None else count("threads", threads)
    choice = chosen(len(x))
    found_rule = choice.rule
    stepping = first_order(found_rule)
    batch = rows_a_step(batch_size, len(x), stepping)
    settings = loop.Settings(
        epochs=count("epochs", epochs),
        learning_rate=rate(learning_rate),
        schedule=find_schedule(schedule),
        clip=Clipping(
            np.inf if clip_value is None else clip_value, np.inf if clip_norm is None else clip_norm
        ),
        stopping=stopping,
        held_out=None if held is None else HeldOutRows(held, stopping.score),
        observers=observers,
        seed=count("seed", seed, 0),
        resume=resume,
    )
    number, left_over = count("restarts", restarts), Budget(None if budget is None else seconds(budget))
    if not stepping:
        _refuse_steps_of_its_own(rule if isinstance(rule, str) else type(rule).__name__, given)
    _refuse_judges(stopping, held)
    if resume is not None:
        _refuse_going_on(number, stepping, stopping)
    _refuse_committee(committee, number, shape, found_rule, found_loss)
    slow = quicker(found_rule, shape, len(x), found_loss, found_penalty)
    hint = "" if stepping else "; ".join(filter(None, [conditioning(x), slow]))
    notes = [progress] if isinstance(progress, Progress) else [Progress()] if progress else []
    for observer in notes:
        observer.before(slow)
    settings = replace(settings, observers=[*observers, *notes])
    team = 1 if observers else at_once(number, threads, 0 if stepping else matrices(shape.size))

    def begins(start: int) -> Network:
        return fresh_start(network, seed, start)

    def begin(start: int, threads_each: int, interrupted: Event) -> tuple[Trial, Checkpoint | None]:
        limits = settings
        left = left_over.share(-(-(number - start) // team) + (committee == "distilled"))
        if left is not None:
            limit = left if stopping.seconds is None else min(left, stopping.seconds)
            limits = replace(settings, stopping=replace(stopping, seconds=limit))
        objective = NetworkError(
            shape,
            x,
            d,
            found_loss,
            found_penalty,
            s,
            batch,
            shuffle,
            engine,
            threads_each,
            row_groups=together,
        )
        result = loop.run(objective, found_rule, begins(start).theta, limits, interrupted)
        stands = Checkpoint(result.state, result.history, result.best) if stepping else None
        trained = Network.from_theta(shape, result.theta)
        return Trial(trained, result.history, result.outcome, *score(result.history)), stands

    ended = side_by_side(number, begin, threads, team)
    trials = [trial for trial, _ in ended]
    if len(trials) == 1:
        only, stands = ended[0]
        outcome = _outcome(only, trials, number)
        return Training(
            only.network, only.history, outcome, found_rule, choice.reason, None, stands, begins(0), hint
        )
    starts = stability(trials, x)
    best = trials[starts.best]
    networks, kept = [trial.network for trial in trials], best.network
    if committee == "distilled":
        assert isinstance(found_rule, Evidence)  # others were refused
        beliefs = Beliefs.of(
            [trial.history for trial in trials],
            shape,
            found_rule.groups,
            found_rule.units(shape, d, s, found_loss),
        )
        kept = distilled(
            networks, beliefs, x, s, counts=found_rule.counts, seed=[seed, number], seconds=left_over.share(1),
            engine=engine, threads=threads,
        )  # fmt: skip
    elif committee:
        kept = as_one(networks)
    outcome, start = _outcome(best, trials, number), begins(starts.best)
    return Training(kept, best.history, outcome, found_rule, choice.reason, starts, None, start, hint)


def _refuse_steps_of_its_own(rule: str, given: tuple[Any, ...]) -> None:
    """For a rule that finds its steps itself."""
    for name, value in zip(("learning_rate", "schedule", "clip_norm", "clip_value"), given, strict=True):
        if value is not None:
            raise InputError(
                f"{name} is for rules that step along the gradient (gradient, momentum, adam, …), and rule "
                f"'{rule}' finds its steps itself: leave {name} out"
            )


def _refuse_judges(stopping: Stopping, held: NetworkError | None) -> None:
    """What looks at rows held out, where there are none."""
    for name in ("patience", "score"):
        if getattr(stopping, name) is not None and held is None:
            raise InputError(
                f"{name} looks at validation rows, and none were given: add validation=0.2 or validation=(X, D)"
            )


def _refuse_going_on(number: int, stepping: bool, stopping: Stopping) -> None:
    """From a checkpoint, where it would not be what the training had been without the stop."""
    if number != 1 or not stepping:
        raise InputError(
            "a training goes on by a first-order rule such as adam and from one start only: train it anew"
        )
    if stopping.score is not None:
        raise InputError(
            "a training goes on by its validation error, and score is another judge: leave score out"
        )


def _refuse_committee(committee: bool | str, number: int, shape: Shape, rule: Any, loss: Loss) -> None:
    """Of one start, or one that cannot be taught to one network."""
    if committee not in (False, True, "distilled"):
        raise UnknownName("committee", str(committee), ["False", "True", "distilled"])
    if committee and number == 1:
        raise InputError("a committee keeps all of several starts: add restarts, such as restarts=5")
    if committee == "distilled":
        refuse_what_cannot_be_taught(shape, isinstance(rule, Evidence), loss)


def _outcome(best: Trial, trials: Sequence[Trial], number: int) -> Outcome:
    """How so many starts ended together: as the best did, unless one was interrupted or never begun."""
    if len(trials) == number and all(trial.outcome.name != "interrupted" for trial in trials):
        return best.outcome
    judged = bool(np.isfinite(best.history.validation_error).any())
    return Outcome.interrupted(best.outcome.step, judged)
