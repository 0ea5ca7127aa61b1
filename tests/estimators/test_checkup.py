"""diagnose on fitted estimators."""

from __future__ import annotations

import pickle
import warnings
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from deltarule.descent.stopping import Stopping
from deltarule.descent.training import train
from deltarule.errors import InputError
from deltarule.estimators import MLPClassifier, MLPRegressor
from deltarule.health.diagnosis import diagnose

X = np.random.default_rng(0).standard_normal((150, 4))
y = np.sin(X[:, 0]) + 0.3 * X[:, 1]
DEEP = {"hidden_layer_sizes": (12,) * 9, "activation": "logistic", "solver": "sgd", "momentum": 0.0}


def fitted(kind: type, target: Any = y, **given: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return kind(**{"random_state": 0, **given}).fit(X, target)


def test_a_deep_logistic_estimator_gets_its_verdict_and_the_remedy_is_tried() -> None:
    model = fitted(MLPRegressor, learning_rate_init=0.1, max_iter=40, n_iter_no_change=1000, **DEEP)
    found = diagnose(model, X, y)
    assert found.verdicts[0].name == "vanishing_gradient" and found.verdicts[0].since == 0
    assert found.attempt()[0].helped


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "evidence", "lm"])
def test_an_estimator_that_learns_is_healthy_with_every_kind_of_solver(solver: str) -> None:
    rate = {"learning_rate_init": 0.02} if solver in ("adam", "sgd") else {}
    model = fitted(MLPRegressor, hidden_layer_sizes=(12,), solver=solver, max_iter=200, **rate)
    assert diagnose(model, X, y).healthy


def test_the_network_looked_at_predicts_what_the_estimator_does() -> None:
    model = fitted(MLPRegressor, hidden_layer_sizes=(8,), solver="evidence", max_iter=30)
    case = diagnose(model, X, y).case
    o = case.network.predict(case.X)[:, 0]
    unscaled = o * y.std() + y.mean()
    np.testing.assert_allclose(unscaled, model.predict(X), rtol=1e-9, atol=1e-9)


def test_classes_are_encoded_as_the_estimator_did() -> None:
    words = np.where(y > 0, "up", "down")
    model = fitted(MLPClassifier, words, hidden_layer_sizes=(8,), learning_rate_init=0.02, max_iter=100)
    found = diagnose(model, X, words)
    assert found.healthy and found.case.loss.name == "binary_cross_entropy"


def test_what_is_missing_is_told() -> None:
    with pytest.raises(InputError, match="keeps no samples"):
        diagnose(fitted(MLPRegressor, max_iter=2))
    with pytest.raises(NotFittedError):
        diagnose(MLPRegressor(), X, y)


@pytest.mark.parametrize(
    "given",
    [
        {"solver": "adam", "tol": 1e-2, "n_iter_no_change": 3},
        {
            "solver": "sgd",
            "learning_rate": "invscaling",
            "momentum": 0.0,
            "clip_norm": 0.05,
            "shuffle": False,
        },
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e-2, "n_iter_no_change": 2, "batch_size": 40},
        {"solver": "rprop", "tol": 1e-2, "scale": False},
    ],
    ids=lambda given: given["solver"],
)
def test_the_original_beside_a_remedy_is_the_fit_bit_for_bit(given: Any) -> None:
    model = fitted(MLPRegressor, hidden_layer_sizes=(12,) * 9, activation="logistic", max_iter=60, **given)
    found = diagnose(model, X, y)
    original = found.attempt()[0].original.training
    assert original.outcome.step == found.case.steps
    assert (original.network.theta == found.case.network.theta).all()


def test_the_start_is_that_of_the_network_that_was_kept() -> None:
    model = fitted(MLPRegressor, hidden_layer_sizes=(3,), restarts=5, max_iter=3, batch_size=150)
    assert model._kept_start > 0
    case = diagnose(model, X, y).case
    assert case.start is not None and case.settings["restarts"] == 5
    alone = train(case.start, case.X, case.D, **{**case.arguments, "restarts": 1})
    assert (alone.network.theta == case.network.theta).all()


STOPS = {"early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 4, "tol": 0.01}


def words(model: Any) -> Any:
    return np.where(y > 0.8, "up", np.where(y < -0.8, "down", "level")) if is_classifier(model) else y


@pytest.mark.parametrize(
    "random_state", [3, None, np.random.RandomState(5)], ids=["int", "none", "generator"]
)
@pytest.mark.parametrize(
    "model",
    [
        MLPRegressor(hidden_layer_sizes=(6,), max_iter=200, learning_rate_init=0.01, **STOPS),
        MLPRegressor(hidden_layer_sizes=(6,), max_iter=200, learning_rate_init=0.01, scoring="loss", **STOPS),
        MLPRegressor(
            hidden_layer_sizes=(6,),
            max_iter=60,
            solver="sgd",
            learning_rate="adaptive",
            batch_size=40,
            **STOPS,
        ),
        MLPRegressor(hidden_layer_sizes=(6,), max_iter=60, solver="rprop", **STOPS),
        MLPRegressor(hidden_layer_sizes=(6,), max_iter=20),
        MLPClassifier(hidden_layer_sizes=(6,), max_iter=200, learning_rate_init=0.01, **STOPS),
    ],
    ids=["score", "loss", "adaptive", "scaled", "all rows", "classes"],
)
def test_a_fit_is_repeated_bit_for_bit_whatever_it_drew(model: Any, random_state: Any) -> None:
    model, d = clone(model).set_params(random_state=deepcopy(random_state)), words(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, d)
    case = diagnose(model, X, d).case
    again = train(case.first, case.X, case.D, **case.arguments)
    assert again.outcome.step == case.steps
    for name in ("error", "validation_error"):
        assert again.history[name].tobytes() == model.history_[name].tobytes()
    scaled = model.solver == "rprop"  # coefs_ take the scaling in and give it back, each time rounded
    np.testing.assert_allclose(again.network.theta, case.network.theta, rtol=1e-12 if scaled else 0)


def test_the_original_beside_a_remedy_keeps_what_early_stopping_kept() -> None:
    deep = {"hidden_layer_sizes": (12,) * 9, "activation": "logistic", "solver": "sgd", "max_iter": 40}
    model = fitted(MLPRegressor, random_state=None, learning_rate_init=0.1, **(STOPS | {"tol": 0}), **deep)
    found = diagnose(model, X, y)
    trial = found.attempt()[0]
    assert (trial.original.training.network.theta == found.case.network.theta).all()
    assert trial.judged_on == "validation" and trial.helped


def test_held_out_rows_stand_in_the_history_with_their_loss_and_not_a_score() -> None:
    model = fitted(MLPRegressor, max_iter=30, learning_rate_init=0.01, **STOPS)
    assert model.history_.validation_error.tolist() == model.validation_loss_curve_
    assert max(model.validation_scores_) == model.best_validation_score_ > 0


def test_where_a_warm_start_or_other_rows_hide_the_start_it_begins_with_the_fitted_weights() -> None:
    model = fitted(MLPRegressor, max_iter=3, warm_start=True)
    assert diagnose(model, X, y).case.start is not None
    assert diagnose(model, X[:100], y[:100]).case.start is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    assert diagnose(model, X, y).case.start is None


def test_a_fitted_estimator_that_knows_its_beginning_is_kept_by_pickle() -> None:
    model = fitted(MLPRegressor, max_iter=3, random_state=0)
    again = pickle.loads(pickle.dumps(model))
    assert (diagnose(again, X, y).case.first.theta == diagnose(model, X, y).case.first.theta).all()


def test_early_stopping_of_other_rows_a_committee_and_a_budget_are_asked_of_train_too() -> None:
    early = fitted(MLPClassifier, y > 0, **STOPS)
    settings = diagnose(early, X[:140], y[:140] > 0).case.settings
    assert settings["validation"] == 0.2 and settings["stopping"] == Stopping(patience=5, improvement=0.01)
    assert train(early.network_, X, y > 0, **settings).outcome.name == "stopped_early"
    model = fitted(MLPRegressor, hidden_layer_sizes=(3,), restarts=2, committee=True, budget=60, max_iter=5)
    found = diagnose(model, X, y)
    again = train(found.case.first, X, y, **found.case.settings).network
    assert found.case.settings["budget"] == 60 and again.sizes == model.network_.sizes == (4, 6, 1)
