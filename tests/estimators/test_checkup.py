"""diagnose on fitted estimators."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
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
        return kind(random_state=0, **given).fit(X, target)


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


def test_early_stopping_a_committee_and_a_budget_are_asked_of_train_too() -> None:
    early = fitted(
        MLPClassifier, y > 0, early_stopping=True, validation_fraction=0.2, n_iter_no_change=4, tol=0.01
    )
    settings = diagnose(early, X, y > 0).case.settings
    assert settings["validation"] == 0.2 and settings["stopping"] == Stopping(patience=5, improvement=0.01)
    assert train(early.network_, X, y > 0, **settings).outcome.name == "stopped_early"
    model = fitted(MLPRegressor, hidden_layer_sizes=(3,), restarts=2, committee=True, budget=60, max_iter=5)
    found = diagnose(model, X, y)
    again = train(found.case.first, X, y, **found.case.settings).network
    assert found.case.settings["budget"] == 60 and again.sizes == model.network_.sizes == (4, 6, 1)
