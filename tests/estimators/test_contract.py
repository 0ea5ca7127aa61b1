"""What scikit-learn promises of its two classes and shows only through private names, or not at all."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.neural_network as theirs
from sklearn.datasets import (
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from tests.estimators.shipped import shipped, standard

from deltarule import MLPClassifier, MLPRegressor
from deltarule.equations.losses import LOSSES
from deltarule.equations.penalties import L2
from deltarule.errors import InputError
from deltarule.estimators import rows
from deltarule.estimators.quasi_newton import WholeError

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X_d, y_d = shipped("diabetes")
X_i, y_i = shipped("iris")
X_c, y_c = shipped("breast_cancer")
X_c = standard(X_c)
BOTH = [MLPClassifier, MLPRegressor]


@quiet
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_gradient_is_the_difference_quotient(activation, classes):
    random = np.random.default_rng(0)
    X, D = random.normal(size=(5, 10)), np.eye(classes)[np.arange(5) % classes]
    D = D[:, 1:] if classes == 2 else D
    y = D.argmax(axis=1) if classes > 2 else D[:, 0]
    model = MLPClassifier((4,), activation, solver="lbfgs", max_iter=1, random_state=1).fit(X, y)
    shape, theta = model.network_.shape, model.network_.theta
    loss = LOSSES["cross_entropy" if classes > 2 else "binary_cross_entropy"]
    f = WholeError(shape, X, D, None, loss, L2(1e-5), None)
    _, g = f.gradient(theta)
    for p in range(0, len(theta), 3):
        h = 1e-6 * np.eye(len(theta))[p]
        assert g[p] == pytest.approx((f.gradient(theta + h)[0] - f.gradient(theta - h)[0]) / 2e-6, abs=1e-8)


@quiet
def test_invscaling_goes_on_over_partial_fits():
    settings = {
        "solver": "sgd",
        "learning_rate": "invscaling",
        "momentum": 0,
        "power_t": 0.25,
        "random_state": 0,
    }
    ours, other = (cls((4,), "tanh", **settings) for cls in (MLPClassifier, theirs.MLPClassifier))
    for _ in range(20):
        ours.partial_fit(X_i, y_i, classes=[0, 1, 2])
        other.partial_fit(X_i, y_i, classes=[0, 1, 2])
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-9)
    assert ours.t_ == other.t_ == 20 * 150


@quiet
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("learning_rate", ["constant", "adaptive"])
def test_partial_fits_go_on_as_scikit_learns_do(solver, learning_rate):
    settings = {
        "solver": solver,
        "learning_rate": learning_rate,
        "random_state": 0,
        "learning_rate_init": 0.5,
        "n_iter_no_change": 2,
        "tol": 0.01,
    }
    ours, other = (
        cls("squared_error", (4,), "tanh", **settings) for cls in (MLPRegressor, theirs.MLPRegressor)
    )
    y = (y_d[:150] - y_d.mean()) / y_d.std()
    for _ in range(40):
        ours.partial_fit(X_d[:150], y)
        other.partial_fit(X_d[:150], y)
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-7)


@pytest.mark.parametrize("patience", [2, 5, 10, 50])
def test_the_end_comes_after_n_iter_no_change_epochs(patience):
    model = MLPClassifier(
        tol=0.01, max_iter=3000, solver="sgd", n_iter_no_change=patience, random_state=0
    ).fit(X_c, y_c)
    curve, lowest, flat = model.loss_curve_, np.inf, 0
    for epoch, loss in enumerate(curve, 1):
        flat = flat + 1 if loss > lowest - 0.01 else 0
        lowest = min(lowest, loss)
        assert (flat > patience) == (epoch == len(curve))
    assert model.outcome_ == "converged"


@quiet
def test_inf_epochs_without_change_never_end_a_fit():
    model = MLPClassifier((3,), tol=1e9, max_iter=300, solver="sgd", n_iter_no_change=np.inf).fit(
        X_c[:50], y_c[:50]
    )
    assert model.n_iter_ == 300 and model.outcome_ == "step_limit"


def test_adaptive_ends_once_its_rate_is_small():
    model = MLPClassifier((3,), tol=0.5, max_iter=3000, solver="sgd", learning_rate="adaptive").fit(
        [[3, 2], [1, 6]], [1, 0]
    )
    assert model.n_iter_ < 3000 and model.outcome_ == "converged"


@quiet
@pytest.mark.parametrize("cls", BOTH)
def test_a_fitted_model_of_scikit_learn_is_taken_over_bit_for_bit(cls):
    other = getattr(theirs, cls.__name__)(hidden_layer_sizes=(6, 4), max_iter=30, random_state=0).fit(
        X_i, y_i
    )
    ours = cls.from_sklearn(other)
    for mine, yours in zip(ours.coefs_ + ours.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert (mine == yours).all() and not np.shares_memory(mine, yours)
    np.testing.assert_allclose(ours.predict(X_i), other.predict(X_i), rtol=1e-12)
    np.testing.assert_allclose(
        ours.partial_fit(X_i, y_i).coefs_[0], other.partial_fit(X_i, y_i).coefs_[0], rtol=1e-9
    )


@quiet
@pytest.mark.parametrize(
    ("X", "y"),
    [
        (X_i, y_i == 1),
        (X_i, np.array(["a", "b", "c"])[y_i]),
        make_multilabel_classification(60, random_state=0),
    ],
)
def test_a_classifier_is_taken_over_with_its_labels(X, y):
    other = theirs.MLPClassifier((5,), max_iter=20, random_state=0).fit(X, y)
    ours = MLPClassifier.from_sklearn(other)
    assert (ours.predict(X) == other.predict(X)).all()
    expected: Any = other.predict_proba(X)
    np.testing.assert_allclose(ours.predict_proba(X), expected, atol=1e-12)


def test_taking_over_what_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError):
        MLPRegressor.from_sklearn(theirs.MLPRegressor())


@quiet
@pytest.mark.parametrize("cls", BOTH)
def test_a_warm_start_goes_on_from_the_weights_reached(cls):
    settings = {
        "max_iter": 5,
        "warm_start": True,
        "random_state": 0,
        "batch_size": 150,
        "solver": "sgd",
        "hidden_layer_sizes": (4,),
    }
    ours, other = cls(**settings), getattr(theirs, cls.__name__)(**settings)
    for _ in range(3):
        ours.fit(X_i, y_i)
        other.fit(X_i, y_i)
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-9)
    assert (ours.n_iter_, ours.t_) == (other.n_iter_, other.t_)


@quiet
@pytest.mark.parametrize("solver", ["lm", "scg", "evidence"])
def test_a_warm_start_with_scaling_inside_goes_on(solver):
    model = MLPRegressor(hidden_layer_sizes=(4,), solver=solver, max_iter=4, warm_start=True, random_state=0)
    first = model.fit(X_d, y_d).loss_
    assert model.fit(X_d, y_d).loss_ < first
    assert len(model.loss_curve_) == 8


@quiet
@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_array])
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "scg"])
def test_a_sparse_table_gives_the_dense_ones_numbers(container, solver):
    model = MLPClassifier((4,), solver=solver, max_iter=10, random_state=0)
    dense = model.fit(X_i, y_i).predict_proba(X_i)
    assert (model.fit(container(X_i), y_i).predict_proba(container(X_i)) == dense).all()


@quiet
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_sparse_table_too_large_to_be_dense_is_read_in_blocks(monkeypatch, solver):
    X, y = shipped("digits")
    X, y = X[:300] / 16, y[:300]
    model = MLPClassifier((6,), solver=solver, max_iter=15, random_state=0, batch_size=50)
    dense = model.fit(X, y, sample_weight=1 + y).predict_proba(X)
    monkeypatch.setattr(rows, "DENSE_BYTES", 0)
    monkeypatch.setattr(rows, "BLOCK", 64 * 40)
    sparse = model.fit(sp.csr_matrix(X), y, sample_weight=1 + y).predict_proba(sp.csr_matrix(X))
    np.testing.assert_allclose(sparse, dense, rtol=1e-6)
    with pytest.raises(InputError, match="scale=False"):
        MLPClassifier(solver="scg").fit(sp.csr_matrix(X), y)


@quiet
@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "lm", "evidence"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_the_table_is_the_dtype_of_the_model(cls, solver, dtype):
    model = cls(hidden_layer_sizes=(3,), solver=solver, max_iter=5, random_state=0).fit(
        X_i.astype(dtype), y_i
    )
    assert {v.dtype for v in model.coefs_ + model.intercepts_} == {np.dtype(dtype)}
    found = (
        model.predict_proba(X_i.astype(dtype)) if cls is MLPClassifier else model.predict(X_i.astype(dtype))
    )
    assert found.dtype == dtype


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm", "evidence"])
def test_a_weight_of_two_is_a_row_seen_twice(solver):
    weights = np.random.default_rng(0).integers(0, 3, len(X_i))
    model = MLPClassifier(
        (3,), solver=solver, max_iter=30, random_state=0, batch_size=1000 if solver == "adam" else "auto"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the batch is larger than the table on purpose
        once = model.fit(X_i, y_i, sample_weight=weights).predict_proba(X_i)
        twice = model.fit(np.repeat(X_i, weights, axis=0), np.repeat(y_i, weights)).predict_proba(X_i)
    np.testing.assert_allclose(once, twice, atol=1e-6)


@quiet
def test_an_evidence_regressor_counts_weights_as_rows_in_its_error_bars_too():
    X, y = shipped("diabetes")
    X, y = X[:120], y[:120]
    weights = np.random.default_rng(0).integers(0, 4, len(X))
    model = MLPRegressor(hidden_layer_sizes=(4,), solver="evidence", max_iter=200, random_state=0)
    counted = model.fit(X, y, sample_weight=weights)
    once, bars, ends = *counted.predict(X, return_std=True), counted.predict_interval(X)
    repeated = model.fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(once, repeated.predict(X), rtol=1e-8)  # sums in another order
    np.testing.assert_allclose(bars, repeated.predict(X, return_std=True)[1], rtol=1e-8)
    np.testing.assert_allclose(ends, repeated.predict_interval(X), rtol=1e-8)


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        (
            {"solver": "adam"},
            r"raise max_iter \(2\), or scale the columns of X, .*, or try solver='lbfgs' on a small",
        ),
        (
            {"solver": "adam", "scale": True},
            r"raise max_iter \(2\), or try solver='lbfgs' on a small table\.$",
        ),
        ({"solver": "lbfgs"}, r"raise max_fun or max_iter \(2\), or scale the columns of X"),
        ({"solver": "lbfgs", "scale": True}, r"raise max_fun or max_iter \(2\)\.$"),
        *(
            ({"solver": own}, r"yet: raise max_iter \(2\)\.$")
            for own in ("lm", "scg", "rprop", "evidence", "newton")
        ),
        ({"solver": "scg", "scale": False}, r"raise max_iter \(2\), or leave out scale=False\.$"),
    ],
    ids=str,
)
def test_what_went_wrong_is_a_convergence_warning_with_advice_that_applies(settings, advice):
    with pytest.warns(ConvergenceWarning, match=advice):
        MLPClassifier((3,), max_iter=2, random_state=0, **settings).fit(X_i, y_i)


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "evidence", "scg"])
def test_a_budget_that_ends_a_fit_is_a_convergence_warning_too(solver):
    model = MLPRegressor(hidden_layer_sizes=(30,), solver=solver, budget=1e-6, random_state=0)
    with pytest.warns(
        ConvergenceWarning, match=f"{solver}: the budget of 1e-06 seconds is used up .*: raise budget"
    ):
        model.fit(X_d, y_d)
    assert model.outcome_ == "time_limit"


def test_a_network_that_explodes_is_refused_as_scikit_learn_does():
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        MLPRegressor(solver="sgd", learning_rate_init=1e3, random_state=0).fit(X_d * 100, y_d)


WRONG = [
    ({"solver": "adma"}, "did you mean 'adam'"),
    ({"activation": "rleu"}, "did you mean 'relu'"),
    ({"activation": "purelin"}, "unknown activation 'purelin': here say 'identity'"),
    ({"solver": "trainbr"}, "unknown solver 'trainbr': here say 'evidence'"),
    ({"alpha": -1}, "alpha must be a number of 0 or more; got -1"),
    ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
    ({"hidden_layer_sizes": -2}, "hidden_layer_sizes must be > 0"),
    ({"hidden_layer_sizes": "many"}, "hidden_layer_sizes must be"),
    ({"learning_rate": "fast"}, "learning_rate must be one of constant, invscaling, adaptive"),
    ({"learning_rate_init": 0}, "above 0"),
    ({"batch_size": 0}, "batch_size must be 'auto' or"),
    ({"momentum": 1.5}, "momentum must be between 0 and 1"),
    ({"beta_1": 1.0}, "at least 0 and below 1"),
    ({"max_iter": 2.5}, "a whole number of 1 or more"),
    ({"n_iter_no_change": 0}, "inf"),
    ({"shuffle": "yes"}, "True or False"),
    ({"random_state": "lucky"}, "random_state must be"),
    ({"validation_fraction": 1.0}, "below 1"),
    ({"dropout": 1.0}, "dropout must be"),
    ({"dropout": (0.5, 0.5)}, "has 2 rates, the network 1 hidden layer$"),
    ({"dropout": 0.5, "solver": "lm"}, "use 'adam' or 'sgd'"),
    ({"clip_norm": 1.0, "solver": "lbfgs"}, "use 'adam' or 'sgd'"),
    ({"l1": 1.0, "solver": "newton"}, "use 'adam' or 'sgd'"),
    ({"committee": True}, "restarts=5"),
    ({"committee": "both"}, "True, False or 'distilled'"),
    ({"restarts": 3, "warm_start": True}, "one or the other"),
    (
        {"activation": ["tanh", "relu"]},
        "^activation names 2 layers, and .* has 1 hidden layer: give one name",
    ),
    ({"start": "hee"}, "start must be one of"),
    ({"budget": -3}, "budget must be"),
    ({"threads": 0}, "threads must be"),
]


@pytest.mark.parametrize(("settings", "sentence"), WRONG, ids=[str(settings) for settings, _ in WRONG])
@pytest.mark.parametrize("cls", BOTH)
def test_wrong_parameters_are_refused_in_one_sentence(cls, settings, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        cls(**settings).fit(X_i, y_i)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"loss": "squared"}, "loss must be one of"),
        ({"quantile": 1.0, "loss": "quantile"}, "quantile must be above 0 and below 1"),
        ({"loss": "quantile", "solver": "lm"}, "has no curvature"),
        ({"loss": "absolute_error", "solver": "newton"}, "has no curvature"),
        ({"loss": "poisson", "output_activation": "identity"}, "exp"),
    ],
)
def test_wrong_losses_are_refused_in_one_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        MLPRegressor(**settings).fit(X_i, y_i)


def test_half_of_the_held_out_rows_is_refused():
    with pytest.raises(InputError, match="X_val and y_val"):
        MLPRegressor().fit(X_d, y_d, X_val=X_d)


OURS = ("lm", "evidence", "newton", "scg", "rprop")
NOT_READ = [
    *(
        ({"solver": solver, "learning_rate_init": 3.0}, "is for solver='sgd' or 'adam', and solver=")
        for solver in OURS
    ),
    (
        {"solver": "lm", "batch_size": 10},
        r"^batch_size=10 is for .*solver='lm' does not look at it: leave it out$",
    ),
    ({"solver": "scg", "momentum": 0.5}, "is for solver='sgd'"),
    ({"solver": "rprop", "beta_1": 0.5}, "is for solver='adam'"),
    ({"solver": "newton", "max_fun": 10}, "is for solver='lbfgs'"),
    ({"solver": "auto", "learning_rate": "adaptive"}, "is for solver='sgd', and solver='auto'"),
    ({"activation": ["tanh"], "hidden_activation": "relu"}, "two names of one thing"),
]


@pytest.mark.parametrize(("settings", "sentence"), NOT_READ, ids=[str(settings) for settings, _ in NOT_READ])
@pytest.mark.parametrize("cls", BOTH)
def test_what_a_solver_of_ours_would_not_look_at_is_refused(cls, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        cls(hidden_layer_sizes=(3,), **settings).fit(X_i, y_i)


@quiet
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "lbfgs", "learning_rate_init": 3.0, "batch_size": 10},
        {"solver": "adam", "momentum": 0.5, "max_fun": 10},
        {
            "solver": "evidence",
            "alpha": 0.01,
            "tol": 1e-3,
            "n_iter_no_change": 3,
        },  # as scikit-learn's own checks say
        {"solver": "lm", "shuffle": False, "hidden_activation": "tanh", "activation": "tanh"},
    ],
    ids=str,
)
@pytest.mark.parametrize("cls", BOTH)
def test_what_scikit_learns_own_solvers_pass_over_or_what_is_read_passes(cls, settings):
    assert len(cls(hidden_layer_sizes=(3,), max_iter=3, **settings).fit(X_i, y_i).coefs_) == 2


@quiet
def test_a_subclass_with_a_constructor_of_its_own_has_its_parents_defaults():
    class Own(MLPRegressor):
        def __init__(self, **settings):
            super().__init__(hidden_layer_sizes=(3,), max_iter=3, solver="lm", **settings)

    assert len(Own().fit(X_i, y_i).coefs_) == 2
    with pytest.raises(InputError, match="beta_1=0.8 is for solver='adam'"):
        Own(beta_1=0.8).fit(X_i, y_i)


@quiet
@pytest.mark.parametrize("said", [{"batch_size": 10}, {"learning_rate_init": 0.01}, {"beta_1": 0.8}], ids=str)
def test_auto_takes_adam_where_a_setting_of_its_steps_is_given(said):
    model = MLPRegressor(hidden_layer_sizes=(3,), solver="auto", max_iter=3, **said).fit(X_d, y_d)
    assert model.solver_reason_.startswith("adam:")
