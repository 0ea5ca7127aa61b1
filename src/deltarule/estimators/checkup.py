"""A fitted estimator as a case for diagnosis: samples as its network saw them, parameters as `train` takes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.evidence import Evidence
from deltarule.descent.held_out import Score
from deltarule.descent.history import History
from deltarule.descent.outcome import OUTCOMES, Outcome
from deltarule.descent.rules import rule
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.errors import InputError
from deltarule.estimators.beginning import Drawn
from deltarule.estimators.fitting import Samples, batch_size
from deltarule.estimators.parameters import FIRST_ORDER, Parameters
from deltarule.estimators.rows import SparseRows
from deltarule.estimators.solvers import clipping, first_order_rule, holds_out, schedule, solver_of, stopping
from deltarule.estimators.standardisation import Standardisation
from deltarule.estimators.starting import hidden_sizes, shape_of
from deltarule.health.case import Case
from deltarule.network import Network

Floats = NDArray[np.floating]


def checkup(
    given: Parameters,
    network: Network,
    samples: Samples,
    drawn: Drawn | None,
    scaling: Standardisation | None,
    loss: Loss,
    score: Score,
) -> Case:
    """The case of a fitted estimator, with settings by which `train` repeats the fit.

    By sgd and adam it comes out the same bits, whatever random_state was: start, rows held out and the order of the
    samples are drawn again. What `train` has no argument for is not repeated: dropout; row weights and
    held-out rows that fit was given; a `scoring` of one's own, in whose place comes the usual score; the draws of
    further starts. After a warm start, or on other rows than the fit's, the start is not known, and a repetition
    begins with the fitted weights.

    Parameters: given: the estimator, for its parameters and how its fit went; network: in the units of X; samples: it
    was fitted on; drawn: what its fit drew, None where that is not known; scaling: what the rows were scaled by inside,
    None where they were not; score: of outputs, what early_stopping looks at.
    """
    if isinstance(samples.X, SparseRows):
        raise InputError(
            "diagnose looks at dense rows: give it some of them, as in diagnose(model, X[:1000].toarray(), y[:1000])"
        )
    trained_on = drawn.train if drawn else samples
    shape, seen, rows = network.shape, trained_on.seen(scaling, np.float64), len(trained_on)
    theta = network.theta.astype(np.float64)
    solver, _ = solver_of(given, shape, rows, loss)
    step_weight = trained_on.weight * (batch_size(given, rows) if solver in FIRST_ORDER else rows) / rows
    penalty = (
        Penalty() if solver == "evidence" else Penalty(given.l1 / step_weight, given.alpha / step_weight)
    )
    history: History | None = getattr(given, "history_", None)
    name: str = getattr(given, "outcome_", "")
    outcome = None
    if history is not None and len(history) and name in OUTCOMES:
        outcome = Outcome.of(name, int(history.step[-1]))
    start, seed = _began(given, network, drawn)
    settings = _settings(given, solver, rows, penalty) | {"seed": seed}
    held = drawn.held_out.seen(scaling, np.float64) if drawn and drawn.held_out else None
    if held is not None:
        judge = None if given.scoring == "loss" else score
        limits = replace(stopping(given, solver), score=judge)
        settings |= {"validation": (held.X, held.D, held.s), "stopping": limits}
    return Case(
        network=Network.from_theta(shape, theta if scaling is None else scaling.unfold(shape, theta)),
        X=np.asarray(seen.X),
        D=seen.D,
        loss=loss,
        penalty=penalty,
        sample_weight=seen.s,
        start=start if outcome is not None else None,
        settings=settings,
        history=history if outcome is not None else None,
        outcome=outcome,
    )


def _began(given: Parameters, network: Network, drawn: Drawn | None) -> tuple[Network | None, int]:
    """The network before its first step and the seed of its batches, of the start that was kept."""
    if drawn is None:
        return None, given.random_state if isinstance(given.random_state, int) else 0
    sizes = [network.sizes[0], *hidden_sizes(given.hidden_layer_sizes), network.sizes[-1]]
    theta, seed = drawn.starts[getattr(given, "_kept_start", 0)]
    shape = shape_of(given, sizes, network.shape.activations[-1])
    return Network.from_theta(shape, theta.astype(np.float64)), seed


def _settings(given: Parameters, solver: str, rows: int, penalty: Penalty) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "epochs": int(given.max_iter),
        "penalty": penalty,
        "stopping": stopping(given, solver),
        "validation": (given.validation_fraction or 0.1) if holds_out(given) else None,
        "restarts": given.restarts,
        "committee": given.committee,
        "budget": given.budget,
        "threads": given.threads,
    }
    if solver not in FIRST_ORDER:
        return settings | {"rule": Evidence(counts=True) if solver == "evidence" else rule(solver)}
    limits = clipping(given)
    return settings | {
        "rule": first_order_rule(given, solver),
        "learning_rate": float(given.learning_rate_init),
        "batch_size": batch_size(given, rows),
        "schedule": schedule(given, solver),
        "clip_norm": limits.norm,
        "clip_value": limits.value,
        "shuffle": bool(given.shuffle),
    }
