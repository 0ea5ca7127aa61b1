"""A fitted estimator as a case for diagnosis: samples as its network saw them, parameters as `train` takes them."""

from __future__ import annotations

from collections.abc import Mapping
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
from deltarule.estimators.solvers import clipping, first_order_rule, schedule, solver_of
from deltarule.estimators.standardisation import Standardisation
from deltarule.estimators.starting import starting_theta
from deltarule.health.case import Case
from deltarule.network import Network

Floats = NDArray[np.floating]


def checkup(
    given: Parameters, network: Network, samples: Samples, scaling: Standardisation | None, loss: Loss
) -> Case:
    """The case of a fitted estimator.

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
    return Case(
        network=Network.from_theta(shape, theta if scaling is None else scaling.unfold(shape, theta)),
        X=np.asarray(seen.X),
        D=seen.D,
        loss=loss,
        penalty=penalty,
        sample_weight=seen.s,
        start=_start(given, network) if outcome is not None else None,
        settings=_settings(given, solver, len(samples), penalty),
        history=history if outcome is not None else None,
        outcome=outcome,
    )


def _start(given: Parameters, network: Network) -> Network | None:
    """The network before its first step, where random_state draws it again: the first that is drawn from it."""
    seed = given.random_state
    again = (
        isinstance(seed, int) and given.restarts == 1 and not given.warm_start and not given.early_stopping
    )
    if not again:
        return None
    theta = starting_theta(given, network.shape, check_random_state(seed), np.float64)
    return Network.from_theta(network.shape, theta)


def _settings(given: Parameters, solver: str, rows: int, penalty: Penalty) -> Mapping[str, Any]:
    settings: dict[str, Any] = {"epochs": int(given.max_iter), "penalty": penalty}
    if isinstance(given.random_state, int):
        settings["seed"] = given.random_state
    if solver not in FIRST_ORDER:
        return settings | {"rule": Evidence(counts=True) if solver == "evidence" else rule(solver)}
    limits = clipping(given)
    return settings | {
        "rule": first_order_rule(given, solver),
        "learning_rate": float(given.learning_rate_init),
        "batch_size": batch_size(given, rows),
        "schedule": schedule(given, solver),
        "clip_norm": limits.norm if limits.norm < np.inf else None,
        "clip_value": limits.value if limits.value < np.inf else None,
        "shuffle": bool(given.shuffle),
    }
