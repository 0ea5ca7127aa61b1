"""A fitted estimator as a case for diagnosis: samples as its network saw them, parameters as `train` takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from deltarule.descent.evidence import Evidence
from deltarule.descent.history import History
from deltarule.descent.outcome import OUTCOMES, Outcome
from deltarule.descent.rules import rule
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.errors import InputError
from deltarule.estimators.fitting import Samples, batch_size
from deltarule.estimators.parameters import FIRST_ORDER, Parameters
from deltarule.estimators.rows import SparseRows
from deltarule.estimators.solvers import clipping, first_order_rule, holds_out, schedule, solver_of, stopping
from deltarule.estimators.standardisation import Standardisation
from deltarule.estimators.starting import hidden_sizes, shape_of, starting_theta
from deltarule.health.case import Case
from deltarule.network import Network

Floats = NDArray[np.floating]


def checkup(
    given: Parameters, network: Network, samples: Samples, scaling: Standardisation | None, loss: Loss
) -> Case:
    """The case of a fitted estimator, with settings by which `train` repeats the fit.

    An int as random_state makes it the same bits by sgd and adam. What `train` has no argument for is not repeated:
    dropout; row weights and held-out rows that fit was given; the score of early_stopping, in whose place comes the
    error on rows held out anew; the draws of further starts. Without such an int, after a warm start and with
    early_stopping the start is not known, and a repetition begins with the fitted weights.

    Parameters: given: the estimator, for its parameters and how its fit went; network: in the units of X; samples: it
    was fitted on; scaling: what they were scaled by inside, None where they were not.
    """
    if isinstance(samples.X, SparseRows):
        raise InputError(
            "diagnose looks at dense rows: give it some of them, as in diagnose(model, X[:1000].toarray(), y[:1000])"
        )
    shape, seen = network.shape, samples.seen(scaling, np.float64)
    theta = network.theta.astype(np.float64)
    solver, _ = solver_of(given, shape, len(samples), loss)
    step_weight = (
        samples.weight
        * (batch_size(given, len(samples)) if solver in FIRST_ORDER else len(samples))
        / len(samples)
    )
    penalty = (
        Penalty() if solver == "evidence" else Penalty(given.l1 / step_weight, given.alpha / step_weight)
    )
    history: History | None = getattr(given, "history_", None)
    name: str = getattr(given, "outcome_", "")
    outcome = None
    if history is not None and len(history) and name in OUTCOMES:
        outcome = Outcome.of(name, int(history.step[-1]))
    start, seed = _began(given, network)
    return Case(
        network=Network.from_theta(shape, theta if scaling is None else scaling.unfold(shape, theta)),
        X=np.asarray(seen.X),
        D=seen.D,
        loss=loss,
        penalty=penalty,
        sample_weight=seen.s,
        start=start if outcome is not None else None,
        settings=_settings(given, solver, len(samples), penalty) | {"seed": seed},
        history=history if outcome is not None else None,
        outcome=outcome,
    )


def _began(given: Parameters, network: Network) -> tuple[Network | None, int]:
    """The network before its first step and the seed of its batches, as random_state drew them for the start kept."""
    drawn = given.random_state
    if not isinstance(drawn, int):
        return None, 0
    if given.warm_start or holds_out(given):
        return None, drawn
    sizes = [network.sizes[0], *hidden_sizes(given.hidden_layer_sizes), network.sizes[-1]]
    shape, random = shape_of(given, sizes, network.shape.activations[-1]), check_random_state(drawn)
    theta, seed = np.empty(0), drawn
    for _ in range(getattr(given, "_kept_start", 0) + 1):
        theta = starting_theta(given, shape, random, np.float64)
        seed = int(random.randint(np.iinfo(np.int32).max))
    return Network.from_theta(shape, theta), seed


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
