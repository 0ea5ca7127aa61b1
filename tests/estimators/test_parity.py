"""From the same initial weights, scikit-learn's numbers."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network as theirs
from scipy.sparse import csr_matrix
from sklearn.datasets import (
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning
from tests.estimators.shipped import shipped, standard

from deltarule.errors import InputError
from deltarule.estimators import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
PAIRS = {"R": (MLPRegressor, theirs.MLPRegressor), "C": (MLPClassifier, theirs.MLPClassifier)}


def scaled(X, y):
    return standard(X), y


def diabetes():
    X, y = shipped("diabetes")
    return scaled(X, (y - y.mean()) / y.std())


def linnerud():
    X, Y = shipped("linnerud")
    return scaled(X, (Y - Y.mean(0)) / Y.std(0))


TABLES: dict[str, tuple[str, Any]] = {
    "numbers": ("R", diabetes),
    "two classes": ("C", lambda: scaled(*shipped("breast_cancer"))),
    "three classes": ("C", lambda: scaled(*shipped("iris"))),
    "several labels": ("C", lambda: make_multilabel_classification(80, random_state=0)),
    "counts": ("R", lambda: (diabetes()[0], np.round(2 + 2 * diabetes()[1].clip(-1)))),
    "three numbers": ("R", linnerud),
}
SETTINGS = {
    "adam": {"solver": "adam", "learning_rate_init": 0.01},
    "sgd": {"solver": "sgd", "momentum": 0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.01},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.01},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1, "power_t": 0.3},
    "adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "learning_rate_init": 0.3,
        "tol": 1e-2,
        "n_iter_no_change": 3,
    },
    "full momentum": {"solver": "sgd", "momentum": 1.0, "learning_rate_init": 1e-4},
}


def fitted(table, **settings) -> Any:
    kind, data = TABLES[table]
    X, y = data()
    if table == "counts":
        settings["loss"] = "poisson"
    weights = settings.pop("weighted", False) and np.random.default_rng(0).uniform(0.2, 3, len(X))
    common = {
        "random_state": 4,
        "hidden_layer_sizes": (9, 5),
        "alpha": 0.1,
        "batch_size": len(X),
        "max_iter": 200,
    }
    common |= {"tol": 0, "n_iter_no_change": 1000} | settings
    fit = {} if weights is False else {"sample_weight": weights}
    return [cls(**common).fit(X, y, **fit) for cls in PAIRS[kind]], X


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
@pytest.mark.parametrize("table", [t for t in TABLES if t != "three numbers"])
@pytest.mark.parametrize("setting", ["adam", "nesterov"])
def test_full_batch_loss_curves_agree_over_200_steps(table, setting, activation):
    (ours, other), X = fitted(table, activation=activation, **SETTINGS[setting])
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.predict(X), other.predict(X), rtol=1e-7, atol=1e-9)
    assert len(ours.loss_curve_) == 200 and ours.t_ == other.t_


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("weighted", [False, True])
def test_every_schedule_and_momentum_agrees(setting, weighted):
    (ours, other), _ = fitted("numbers", activation="tanh", weighted=weighted, **SETTINGS[setting])
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-9)
    assert (ours.n_iter_, ours.t_) == (other.n_iter_, other.t_)


def test_with_several_outputs_scikit_learn_reports_our_error_divided_by_their_number():
    """Its gradient is ours all the same: the weights agree to the last digits."""
    (ours, other), _ = fitted("three numbers", activation="tanh", alpha=0.0, **SETTINGS["adam"])
    np.testing.assert_allclose(np.array(ours.loss_curve_) / 3, other.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(ours.coefs_[0], other.coefs_[0], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("table", [t for t in TABLES if t != "three numbers"])
@pytest.mark.parametrize("iterations", [1, 10, 30])
def test_lbfgs_agrees_over_the_first_30_iterations(table, iterations):
    (ours, other), _ = fitted(table, solver="lbfgs", activation="tanh", max_iter=iterations)
    assert ours.n_iter_ == other.n_iter_
    assert ours.loss_ == pytest.approx(other.loss_, rel=1e-6)


@pytest.mark.parametrize("table", ["numbers", "two classes"])
def test_lbfgs_ends_within_five_per_cent(table):
    (ours, other), _ = fitted(table, solver="lbfgs", activation="tanh", max_iter=500, tol=1e-4, alpha=1.0)
    assert ours.loss_ == pytest.approx(other.loss_, rel=0.05)


def test_without_shuffling_mini_batches_agree_too():
    (ours, other), _ = fitted(
        "numbers", activation="tanh", batch_size=26, shuffle=False, max_iter=20, solver="adam"
    )
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-9)  # 26 divides the 442 rows


def test_the_end_comes_in_the_same_epoch():
    (ours, other), _ = fitted(
        "two classes",
        activation="relu",
        solver="adam",
        learning_rate_init=0.01,
        tol=1e-4,
        n_iter_no_change=10,
        max_iter=1000,
    )
    assert ours.n_iter_ == other.n_iter_ < 1000
    assert ours.best_loss_ == pytest.approx(other.best_loss_, rel=1e-9)


@pytest.mark.parametrize("kind", ["numbers", "two classes", "three classes"])
def test_early_stopping_sees_the_same_held_out_rows_and_scores(kind):
    settings = {
        "solver": "sgd",
        "momentum": 0,
        "early_stopping": True,
        "batch_size": "auto",
        "shuffle": False,
    }
    (ours, other), _ = fitted(kind, activation="tanh", max_iter=60, alpha=0.0, **settings)
    np.testing.assert_allclose(ours.validation_scores_, other.validation_scores_, atol=1e-9)
    assert ours.best_validation_score_ == pytest.approx(other.best_validation_score_, abs=1e-9)
    assert ours.best_loss_ is None is other.best_loss_
    np.testing.assert_allclose(ours.coefs_[0], other.coefs_[0], rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("kind", PAIRS)
def test_every_parameter_of_scikit_learn_is_there_with_its_default(kind):
    ours, other = ({p.name: p for p in inspect.signature(cls).parameters.values()} for cls in PAIRS[kind])
    for name, parameter in other.items():
        assert ours[name].default == parameter.default and ours[name].kind == parameter.kind, name
    assert list(ours)[: len(other)] == list(other), "the order of what may be given by position"
    assert all(p.kind == p.KEYWORD_ONLY for name, p in ours.items() if name not in other)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_every_public_attribute_and_method_of_scikit_learn_is_there(kind, solver):
    X, y = shipped("iris", as_frame=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours, other = (
            cls((3,), solver=solver, max_iter=3).fit(X, y)
            if kind == "C"
            else cls(hidden_layer_sizes=(3,), solver=solver, max_iter=3).fit(X, y)
            for cls in PAIRS[kind]
        )
    missing = {name for name in dir(other) if not name.startswith("_")} - set(dir(ours))
    # scikit-learn's regressor shows a partial_fit for lbfgs too, which its documentation excludes
    assert not missing - ({"partial_fit"} if solver == "lbfgs" else set())
    assert type(ours.coefs_) is list and ours.coefs_[0].shape == other.coefs_[0].shape
    assert ours.out_activation_ == other.out_activation_ and ours.n_layers_ == other.n_layers_


@pytest.mark.parametrize("sparse", [False, True])
def test_a_copy_of_a_model_of_two_labels_keeps_both(sparse: bool) -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    Y = np.c_[X[:, 0] > 0, X[:, 1] > 0].astype(int)
    fitted = theirs.MLPClassifier((5,), max_iter=20, random_state=0).fit(X, csr_matrix(Y) if sparse else Y)
    copied = MLPClassifier.from_sklearn(fitted)
    assert type(copied.predict(X)) is type(fitted.predict(X))
    np.testing.assert_allclose(copied.predict_proba(X), np.asarray(fitted.predict_proba(X)), rtol=1e-14)
    with pytest.raises(InputError, match="MLPClassifier"):
        MLPRegressor.from_sklearn(fitted)

    class Own(MLPClassifier):
        """A user's."""

    assert isinstance(Own.from_sklearn(fitted), Own)
