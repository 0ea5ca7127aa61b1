"""Beyond scikit-learn: each option does what it says."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import time
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import train_test_split
from tests.estimators.shipped import shipped

from deltarule import MLPClassifier, MLPRegressor
from deltarule.equations.dropout import masks
from deltarule.equations.losses import LOSSES
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.objectives.network_error import NetworkError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X_d, y_d = shipped("diabetes")
X_i, y_i = shipped("iris")
X_c, y_c = shipped("breast_cancer")
X_train, X_test, y_train, y_test = train_test_split(X_d, y_d, random_state=0)


def wave(N=200, noise=0.1, seed=0):
    random = np.random.default_rng(seed)
    X = random.uniform(-3, 3, (N, 1))
    return X, np.sin(X[:, 0]) + noise * random.normal(size=N)


@pytest.mark.parametrize("solver", ["lm", "evidence", "newton", "scg", "rprop", "auto"])
def test_solvers_that_scale_inside_do_not_mind_the_units(solver):
    X, y = wave()
    model = MLPRegressor(hidden_layer_sizes=(6,), solver=solver, random_state=0, max_iter=500)
    plain = model.fit(X, y).predict(X)
    far = model.fit(1e4 + 1e3 * X, 5e6 + 1e5 * y).predict(1e4 + 1e3 * X)
    assert np.corrcoef(plain, np.sin(X[:, 0]))[0, 1] > 0.99
    np.testing.assert_allclose((far - 5e6) / 1e5, plain, atol=0.02)


@pytest.mark.parametrize("solver", ["lm", "scg"])
def test_the_weights_take_x_as_it_is_given(solver):
    model = MLPRegressor(hidden_layer_sizes=(3,), solver=solver, random_state=0).fit(X_d, y_d)
    y = np.tanh(X_d @ model.coefs_[0] + model.intercepts_[0]) @ model.coefs_[1] + model.intercepts_[1]
    np.testing.assert_allclose(model.predict(X_d), y[:, 0], rtol=1e-12)


def test_scaling_can_be_asked_for_and_switched_off():
    far = MLPRegressor(
        hidden_layer_sizes=(5,), scale=True, max_iter=500, learning_rate_init=0.01, random_state=0
    )
    assert far.fit(X_d * 1e6, y_d * 1e6).score(X_d * 1e6, y_d * 1e6) > 0.5
    raw = MLPRegressor(hidden_layer_sizes=(5,), solver="lm", scale=False, random_state=0).fit(X_d, y_d)
    assert raw.loss_curve_[0] > 100  # in the target's own unit squared, where the scaled ones begin below 1


def test_hidden_units_are_tanh_for_these_solvers_unless_said():
    for settings, expected in (
        ({"solver": "lm"}, "tanh"),
        ({"solver": "lm", "activation": "logistic"}, "logistic"),
        ({"solver": "lm", "hidden_activation": "relu"}, "relu"),
        ({"solver": "adam"}, "relu"),
    ):
        model = MLPRegressor(hidden_layer_sizes=(2,), max_iter=2, **settings).fit(X_d, y_d)
        assert model.network_.shape.activations == (expected, "identity")


def test_each_layer_may_have_its_own_activation():
    model = MLPRegressor(
        hidden_layer_sizes=(4, 3), activation=["gelu", "softplus"], output_activation="softplus", max_iter=3
    ).fit(X_d, y_d)
    assert model.network_.shape.activations == ("gelu", "softplus", "softplus")
    assert (model.predict(X_d) > 0).all()


def test_no_hidden_layer_is_linear_regression():
    model = MLPRegressor(hidden_layer_sizes=(), solver="lm", alpha=0.0, tol=1e-9).fit(X_d, y_d)
    A = np.column_stack([X_d, np.ones(len(X_d))])
    line = A @ np.linalg.lstsq(A, y_d, rcond=None)[0]
    # it ends where f may fall by 1e-9 of itself: predictions within √1e-9 of the spread around the line
    assert np.std(model.predict(X_d) - line) <= 1e-9**0.5 * np.std(y_d - line)


def test_l1_empties_weights():
    dense, sparse = (
        MLPRegressor(hidden_layer_sizes=(10,), l1=l1, scale=True, max_iter=300, random_state=0).fit(X_d, y_d)
        for l1 in (0.0, 5.0)
    )
    assert np.mean(np.abs(sparse.coefs_[0]) < 1e-2) > np.mean(np.abs(dense.coefs_[0]) < 1e-2)
    assert np.abs(sparse.coefs_[1]).sum() < np.abs(dense.coefs_[1]).sum()


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_dropout_leaves_out_its_share_and_keeps_the_mean(p):
    shape = Shape((1, 400, 1), ("tanh", "identity"))
    (r,), counter = masks((p,), shape, 50, np.dtype(np.float64), key=3, counter=10)
    assert counter == 10 + 400 * 50
    assert (r == 0).mean() == pytest.approx(p, abs=0.01) and r.mean() == pytest.approx(1, abs=0.02)
    assert set(np.unique(r)) == {0.0, 1 / (1 - p)}


def test_dropouts_gradient_is_the_difference_quotient():
    X, y = wave(20)
    shape = Shape((1, 5, 4, 1), ("tanh", "softplus", "identity"))
    f = NetworkError(shape, X, y[:, None], LOSSES["mse"], dropout=(0.4, 0.2))
    random = np.random.default_rng(0)
    theta = random.normal(size=shape.size)
    drawn, _ = masks(f.dropout, shape, 20, theta.dtype, key=1, counter=0)
    _, g = f._batch(theta, slice(None), drawn)
    for p in range(shape.size):
        h = 1e-6 * np.eye(shape.size)[p]
        up, down = f._batch(theta + h, slice(None), drawn)[0], f._batch(theta - h, slice(None), drawn)[0]
        assert g[p] == pytest.approx((up - down) / 2e-6, abs=1e-7)


def test_dropout_lessens_overfitting():
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 30))
    y = X[:, 0] + 0.5 * random.normal(size=60)
    X_new = random.normal(size=(500, 30))
    plain, dropped = (
        MLPRegressor(
            hidden_layer_sizes=(100,), dropout=p, max_iter=300, tol=0, random_state=0, learning_rate_init=0.01
        ).fit(X, y)
        for p in (0.0, 0.5)
    )
    errors = [np.mean((model.predict(X_new) - X_new[:, 0]) ** 2) for model in (plain, dropped)]
    assert errors[1] < 0.8 * errors[0]


def test_clipping_saves_a_step_that_would_explode():
    settings = {
        "solver": "sgd",
        "activation": "identity",
        "learning_rate_init": 1.0,
        "random_state": 0,
        "hidden_layer_sizes": (10,),
        "max_iter": 50,
    }
    with pytest.raises(ValueError, match="non-finite"):
        MLPRegressor(**settings).fit(X_d, 100 * y_d)
    model = MLPRegressor(clip_norm=1.0, **settings).fit(X_d, 100 * y_d)
    assert np.isfinite(model.loss_) and model.loss_curve_[-1] < model.loss_curve_[0]
    assert np.isfinite(MLPRegressor(clip_value=0.1, **settings).fit(X_d, 100 * y_d).loss_)


@pytest.mark.parametrize("start", ["he", "lecun", "orthogonal", "nguyen_widrow", "glorot"])
def test_starting_weights_by_name(start):
    first = MLPRegressor(start=start, max_iter=1, random_state=0).fit(X_d, y_d).loss_
    assert first != MLPRegressor(max_iter=1, random_state=0).fit(X_d, y_d).loss_


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm", "scg"])
def test_your_own_held_out_rows_are_followed(solver):
    model = MLPRegressor(hidden_layer_sizes=(5,), solver=solver, max_iter=25, random_state=0, tol=0)
    model.fit(X_train, y_train, X_val=X_test, y_val=y_test)
    curve: Any = model.validation_loss_curve_
    assert len(curve) == model.n_iter_
    if solver in ("adam", "lbfgs"):  # no scaling inside: the loss is in the target's own unit
        assert curve[-1] == pytest.approx(np.mean((model.predict(X_test) - y_test) ** 2) / 2)
    assert model.validation_scores_ is None


@pytest.mark.parametrize("solver", ["adam", "lm", "scg"])
def test_early_stopping_keeps_the_best_weights_of_your_own_rows(solver):
    model = MLPRegressor(
        hidden_layer_sizes=(40,),
        solver=solver,
        max_iter=400,
        random_state=0,
        early_stopping=True,
        learning_rate_init=0.05 if solver == "adam" else 0.001,
    )
    model.fit(X_train, y_train, X_val=X_test, y_val=y_test)
    assert model.score(X_test, y_test) == pytest.approx(max(model.validation_scores_), abs=1e-9)
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_class_weights_move_the_border():
    X = np.random.default_rng(0).normal(size=(400, 2))
    y = (X[:, 0] + np.random.default_rng(1).normal(size=400) > 1.5).astype(int)
    found = {}
    for weight in (None, "balanced", {0: 1, 1: 50}):
        found[str(weight)] = (
            MLPClassifier((5,), solver="lbfgs", class_weight=weight, alpha=1, random_state=0)
            .fit(X, y)
            .predict(X)
            .mean()
        )
    assert found["None"] < found["balanced"] < found["{0: 1, 1: 50}"]


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_a_quantile_lies_above_its_share_of_the_targets(level):
    X, y = wave(1000, noise=0.5)
    model = MLPRegressor(
        "quantile", (20,), "tanh", quantile=level, max_iter=300, learning_rate_init=0.01, random_state=0
    )
    assert (y <= model.fit(X, y).predict(X)).mean() == pytest.approx(level, abs=0.03)


@pytest.mark.parametrize("loss", ["huber", "absolute_error"])
def test_outliers_pull_less(loss):
    X, y = wave(300)
    y[::15] += 20
    settings = {
        "hidden_layer_sizes": (20,),
        "activation": "tanh",
        "max_iter": 800,
        "learning_rate_init": 0.01,
        "random_state": 0,
    }
    plain, robust = (MLPRegressor(name, **settings).fit(X, y).predict(X) for name in ("squared_error", loss))
    truth = np.sin(X[:, 0])
    assert np.mean((robust - truth) ** 2) < 0.1 * np.mean((plain - truth) ** 2)


def test_poisson_predicts_counts_above_zero():
    X, _ = wave(500)
    y = np.random.default_rng(0).poisson(np.exp(X[:, 0]))
    model = MLPRegressor(
        "poisson", (8,), solver="lbfgs", activation="tanh", max_iter=500, random_state=0
    ).fit(X, y)
    assert (model.predict(X) > 0).all() and np.corrcoef(model.predict(X), np.exp(X[:, 0]))[0, 1] > 0.98


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_over_restarts_keeps_the_best_so_far_and_says_so(request: pytest.FixtureRequest):
    request.addfinalizer(partial(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    X, y = wave()
    epochs = 0

    def pressed(model: Any, X: Any, y: Any) -> float:
        nonlocal epochs
        epochs += 1
        if epochs == 25:  # the fifth of the second start
            os.kill(os.getpid(), signal.SIGINT)
        return model.score(X, y)

    settings = {
        "hidden_layer_sizes": (6,), "max_iter": 20, "early_stopping": True, "n_iter_no_change": 100, "random_state": 0
    }  # fmt: skip
    first = MLPRegressor(**settings, scoring=lambda model, X, y: model.score(X, y)).fit(X, y)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model = MLPRegressor(**settings, restarts=3, scoring=pressed).fit(X, y)
    assert epochs == 25 and model.outcome_ == "interrupted"
    assert np.array_equal(model.predict(X), first.predict(X))
    assert model.best_validation_score_ == first.best_validation_score_


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("columns", [1, 2])
def test_poisson_refuses_what_is_below_zero(method: str, columns: int):
    X, y = wave(50)
    counts = np.floor(np.exp(y))
    counts[3] = -1
    model = MLPRegressor("poisson", (4,), max_iter=5, random_state=0)
    with pytest.raises(InputError, match="out of the valid range of the loss 'poisson'.*the smallest is -1"):
        getattr(model, method)(X, np.tile(counts, (columns, 1)).T.squeeze())


@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "evidence"},
        {"solver": "lm", "alpha": 0.1},
        {"solver": "lm", "alpha": 0.1, "restarts": 3, "committee": True},
    ],
    ids=str,
)
def test_error_bars_hold_what_they_promise(settings):
    X, y = wave(300, noise=0.2)
    X_new, y_new = wave(2000, noise=0.2, seed=9)
    model = MLPRegressor(hidden_layer_sizes=(8,), random_state=0, max_iter=500, **settings).fit(X, y)
    predicted, deviation = model.predict(X_new, return_std=True)
    assert predicted.shape == deviation.shape == (2000,) and deviation.mean() == pytest.approx(0.2, rel=0.15)
    low, high = model.predict_interval(X_new, coverage=0.9)
    assert ((low < y_new) & (y_new < high)).mean() == pytest.approx(0.9, abs=0.04)
    _, far = model.predict([[30.0]], return_std=True)
    assert far[0] > 2 * deviation.mean()  # nothing was seen there


def test_error_bars_in_the_targets_units_and_for_several_targets():
    X, y = wave(200, noise=0.2)
    model = MLPRegressor(hidden_layer_sizes=(6,), solver="evidence", random_state=0).fit(
        X, np.column_stack([y, 1000 * y + 7])
    )
    _, deviation = model.predict(X, return_std=True)
    assert deviation.shape == (200, 2)
    np.testing.assert_allclose(deviation.mean(axis=0), [0.2, 200], rtol=0.15)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {},
            "no error bars: they come from curvature .* fit with solver='evidence' or 'lm', or with restarts=5",
        ),
        (
            {"solver": "lm", "hidden_layer_sizes": (200,), "max_iter": 1},
            r"2000 weights, .* has 2401: hidden_layer_sizes=\(166,\)",
        ),
        ({"solver": "lm", "hidden_layer_sizes": (100,)}, None),
        ({"restarts": 2, "committee": True, "hidden_layer_sizes": (200,)}, "at most 2000 weights"),
        ({"loss": "huber", "solver": "scg"}, "not for 'huber'"),
    ],
)
def test_error_bars_that_cannot_be_are_refused_with_the_way_to_them(settings, words):
    model = MLPRegressor(**{"max_iter": 2, "random_state": 0} | settings).fit(X_d, y_d)
    if words is None:
        assert model.predict(X_d, return_std=True)[1].min() > 0
        return
    for ask in (lambda: model.predict(X_d, return_std=True), lambda: model.predict_interval(X_d)):
        with pytest.raises(ValueError, match=words):
            ask()


def test_a_coverage_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match="0.95 leaves out one in twenty"):
        MLPRegressor(solver="lm", hidden_layer_sizes=(2,)).fit(X_d, y_d).predict_interval(X_d, 95)


def test_the_best_of_several_starts_is_kept():
    X, y = wave(60)
    settings = {"hidden_layer_sizes": (4,), "solver": "lm", "max_iter": 30}
    one = MLPRegressor(random_state=0, **settings).fit(X, y)
    best = MLPRegressor(random_state=0, restarts=6, **settings).fit(X, y)
    assert best.loss_ <= one.loss_ and best.network_.sizes == (1, 4, 1)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_a_committee_is_one_network_that_averages(cls):
    X, y = (X_i, y_i) if cls is MLPClassifier else (X_d, y_d)
    model = cls(
        hidden_layer_sizes=(4, 3), solver="scg", restarts=3, committee=True, random_state=0, max_iter=60
    ).fit(X, y)
    assert model.network_.sizes[1:3] == (12, 9)
    assert model.score(X, y) > (0.9 if cls is MLPClassifier else 0.4)


def test_a_distilled_committee_is_one_network_of_the_asked_size():
    X, y = wave()
    settings = {"hidden_layer_sizes": (8,), "solver": "evidence", "restarts": 3, "random_state": 0}
    settings["max_iter"] = 60
    taught = MLPRegressor(committee="distilled", **settings).fit(X, y)
    joined = MLPRegressor(committee=True, **settings).fit(X, y)
    assert taught.network_.sizes == (1, 8, 1)
    np.testing.assert_allclose(taught.predict(X), joined.predict(X), atol=0.02)
    deviation = taught.predict(X, return_std=True)[1]
    assert 0.08 < np.median(deviation) < 0.13
    again = MLPRegressor(committee="distilled", **settings, threads=1).fit(X, y)
    assert np.array_equal(again.predict(X), taught.predict(X))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"solver": "lm"}, "write solver='evidence', or committee=True"),
        ({"solver": "evidence", "hidden_layer_sizes": (4, 3)}, "one hidden layer, and this network has 2"),
    ],
)
def test_what_cannot_be_distilled_is_refused(settings, sentence):
    model = MLPRegressor(**{"hidden_layer_sizes": (4,)} | settings, restarts=2, committee="distilled")
    with pytest.raises(ValueError, match=sentence):
        model.fit(X_d, y_d)


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm"])
def test_a_budget_of_seconds_is_kept(solver):
    X, y = wave(3000)
    settings = {
        **({} if solver == "lm" else {"n_iter_no_change": 10**6, "max_fun": 10**6}),
        "tol": 0,
        "activation": "tanh",
        "hidden_layer_sizes": (60,),
        "random_state": 0,
    }
    model = MLPRegressor(solver=solver, max_iter=3, **settings).fit(X, y)  # compiles what is not compiled yet
    began = time.perf_counter()
    model.set_params(max_iter=10**6, budget=0.002).fit(X, y)
    assert time.perf_counter() - began < 2  # a busy machine may take a step late
    assert model.outcome_ == "time_limit"


@pytest.mark.parametrize("threads", [1, 2])
def test_any_number_of_threads_gives_the_same_bits(threads):
    model = MLPRegressor(hidden_layer_sizes=(50,), max_iter=3, random_state=0, threads=threads).fit(X_d, y_d)
    alone = MLPRegressor(hidden_layer_sizes=(50,), max_iter=3, random_state=0, threads=1).fit(X_d, y_d)
    assert (model.coefs_[0] == alone.coefs_[0]).all()


def test_auto_says_why():
    model = MLPRegressor(hidden_layer_sizes=(5,), solver="auto", random_state=0, max_iter=50).fit(X_d, y_d)
    assert model.solver_reason_.startswith("evidence:")
    model = MLPRegressor(hidden_layer_sizes=(5,), solver="auto", alpha=1.0, random_state=0, max_iter=50).fit(
        X_d, y_d
    )
    assert model.solver_reason_.startswith("lbfgs: a penalty was given")


def test_evidence_beats_the_default_on_rows_not_seen():
    default = MLPRegressor(random_state=0).fit(X_train, y_train)
    assert MLPRegressor(hidden_layer_sizes=(20,), solver="evidence", random_state=0).fit(
        X_train, y_train
    ).score(X_test, y_test) > default.score(X_test, y_test)


def test_a_fitted_model_derives_and_checks_itself():
    model = MLPClassifier((3,), "tanh", max_iter=5, random_state=0).fit(X_i, y_i)
    assert "w_12^(0,1)" in model.derive("w_12^(0,1)").text
    check = model.check_gradient(X_i[::30], y_i[::30])
    assert len(check.table) == model.network_.theta.size


@pytest.mark.parametrize("to", ["python", "c", "excel", "latex"])
@pytest.mark.parametrize("kind", ["numbers", "two classes", "three classes", "several labels", "two numbers"])
def test_the_equation_of_a_model_is_the_model(capsys, kind, to):
    y = {
        "numbers": y_i * 1.5,
        "two classes": y_i == 1,
        "three classes": np.array(["a", "b", "c"])[y_i],
        "several labels": np.eye(3, dtype=int)[y_i] | np.eye(3, dtype=int)[(y_i * 2) % 3],
        "two numbers": np.column_stack([y_i, 100 * y_i]),
    }[kind]
    cls = MLPRegressor if "numbers" in kind else MLPClassifier
    model = cls(hidden_layer_sizes=(3,), solver="scg", max_iter=30, random_state=0).fit(X_i, y)
    text = model.formula(to)
    told = capsys.readouterr().err
    assert text and f"{to}: largest difference from the model on 150 rows" in told
    assert float(told.split("rows: ")[1].split()[0]) < (0.05 if to == "latex" else 1e-10)


def test_the_equation_looks_at_other_rows_or_says_that_there_are_none(capsys):
    X = X_i.copy()
    model = MLPRegressor(hidden_layer_sizes=(3,), max_iter=3).fit(X, y_i)
    model.formula("c", X_i[:7])
    del X
    gc.collect()
    model.formula("c")
    told = capsys.readouterr().err
    assert "on 7 rows" in told and "no rows at hand" in told


def test_targets_met_to_the_last_digit_have_intervals_without_width():
    model = MLPRegressor(hidden_layer_sizes=(8,), solver="evidence", random_state=0)
    model.fit(X_d[:15], np.ones(15), sample_weight=1.0 + np.arange(15))
    low, high = model.predict_interval(X_d[:15])
    np.testing.assert_allclose([low, high], 1, atol=1e-6)


def test_a_fit_stands_where_error_bars_fail(monkeypatch):
    def fails(*_, **__):
        raise InputError("no error bars: the second derivatives at these weights are not finite")

    monkeypatch.setattr("deltarule.estimators.error_bars.bars_of", fails)
    model = MLPRegressor(hidden_layer_sizes=(3,), solver="lm", random_state=0).fit(X_d, y_d)
    assert model.score(X_d, y_d) > 0.4
    with pytest.raises(ValueError, match="^no error bars: the second derivatives"):
        model.predict_interval(X_d)


def test_auto_takes_no_solver_that_cannot_stop_early() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(80, 4))
    y = X[:, 0] + random.normal(size=80)
    model = MLPRegressor(
        hidden_layer_sizes=(60,),
        solver="auto",
        loss="huber",
        early_stopping=True,
        max_iter=60,
        random_state=0,
    )
    model.fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    assert model.score(X[60:], y[60:]) == pytest.approx(model.best_validation_score_)


def test_softmax_needs_two_units() -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(InputError, match="two units"):
        MLPRegressor(output_activation="softmax").fit(X, X[:, 0])
    with pytest.raises(InputError, match="two units"):
        MLPClassifier(output_activation="softmax").fit(X, X[:, 0] > 0)


def test_error_bars_are_gone_once_partial_fit_has_moved_the_weights() -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    model = MLPRegressor(hidden_layer_sizes=(3,), solver="lm", random_state=0).fit(X, X[:, 0])
    model.set_params(solver="adam", activation="tanh").partial_fit(X, X[:, 0])
    with pytest.raises(InputError, match="partial_fit has moved"):
        model.predict(X, return_std=True)


def test_what_is_shown_of_an_estimator_needs_a_fit_and_takes_the_y_that_fit_takes() -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = (X[:, 0] > 0).astype(int)
    unfitted = MLPClassifier()
    with pytest.raises(NotFittedError):
        unfitted.check_gradient(X, y)
    assert not hasattr(unfitted, "classes_")
    MLPClassifier((3,), max_iter=5, solver="lbfgs").fit(X, y).check_gradient(X, y[:, None])
    labels = csr_matrix(np.c_[y, 1 - y])
    MLPClassifier((3,), max_iter=5, solver="lbfgs").fit(X, labels).check_gradient(X, labels)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "scg"},
        {"solver": "adam", "scale": True, "verbose": True},
        {"solver": "lbfgs", "scale": True},
    ],
    ids=lambda settings: settings["solver"],
)
@pytest.mark.parametrize("loss", ["huber", "quantile", "absolute_error"])
def test_a_loss_in_the_targets_unit_is_told_in_it_though_the_target_is_scaled_inside(
    loss: str, settings: dict[str, Any], columns: int, capsys: pytest.CaptureFixture[str]
) -> None:
    X, y = wave(120)
    y[::10] += 5
    Y = np.c_[y, 0.1 * y][:, :columns].squeeze()
    own = {"huber": {"huber_threshold": 0.2}, "quantile": {"quantile": 0.8}}.get(loss, {})
    settings = {
        "loss": loss,
        "hidden_layer_sizes": (5,),
        "alpha": 0.0,
        "max_iter": 60,
        "random_state": 0,
    } | settings
    plain = MLPRegressor(**settings, **own).fit(X, Y)
    if loss == "huber":
        own["huber_threshold"] *= 1000
    held = MLPRegressor(**settings, **own).fit(X, 1000 * Y, X_val=X, y_val=1000 * Y)
    np.testing.assert_allclose(held.predict(X), 1000 * plain.predict(X), rtol=1e-6, atol=1e-3)
    e = held._loss().e(held.predict(X), 1000 * Y).reshape(len(X), -1).sum(axis=1).mean()
    # a mean over an epoch
    assert held.loss_ == pytest.approx(e, rel=1e-6 if settings["solver"] != "adam" else 0.2)
    assert held.validation_loss_curve_[-1] == pytest.approx(e, rel=1e-6)
    if settings.get("verbose"):
        assert f"loss = {held.loss_:.8f}" in capsys.readouterr().out


def test_a_warm_start_counts_on_from_a_loss_that_was_told_in_the_targets_unit() -> None:
    X, y = wave(120)
    settings = {
        "loss": "huber",
        "hidden_layer_sizes": (5,),
        "huber_threshold": 500.0,
        "scale": True,
        "random_state": 0,
    }
    model = MLPRegressor(**settings, warm_start=True, max_iter=30).fit(X, 1000 * y)
    lowest, *_ = model._reached_before(False, model._loss_unit(float(np.std(1000 * y))))
    assert lowest == pytest.approx(model.best_loss_ / np.var(1000 * y)) and lowest < 1


def test_diagnose_looks_at_an_estimator_by_the_threshold_that_its_scaled_targets_had() -> None:
    X, y = wave(60)
    model = MLPRegressor("huber", (4,), solver="scg", huber_threshold=200.0, max_iter=20).fit(X, 1000 * y)
    assert model.health_case(X, 1000 * y).loss.constants == pytest.approx((200 / np.std(1000 * y),))


@pytest.mark.parametrize("output", ["logistic", "tanh", "softplus", "elu"])
@pytest.mark.parametrize("solver", ["lbfgs", "lm", "evidence"])
def test_a_target_beyond_the_outputs_reach_is_placed_inside_it_where_it_is_scaled(
    output: str, solver: str
) -> None:
    X, y = wave(noise=0.05)
    settings = {"scale": True, "activation": "tanh"} if solver == "lbfgs" else {}
    model = MLPRegressor(
        hidden_layer_sizes=(8,),
        solver=solver,
        output_activation=output,
        max_iter=400,
        random_state=0,
        **settings,
    )
    assert model.fit(X, 1000 * y).score(X, 1000 * y) > 0.9
    assert model.predict(X[:1].astype(np.float32)) == pytest.approx(model.predict(X)[:1], rel=1e-4)


def test_a_placed_targets_scaling_is_kept_and_everything_shown_is_in_the_targets_unit(capsys: Any) -> None:
    X, y = wave(noise=0.05)
    Y = np.c_[1000 * y, 5 * y]
    model = MLPRegressor(
        "huber", (4,), solver="scg", output_activation="tanh", huber_threshold=10.0, alpha=0.0, random_state=0
    ).fit(X, Y, X_val=X, y_val=Y)
    o = np.column_stack(
        [s.unscale(model.network_.predict(X)[:, k]) for k, s in enumerate(model.output_scaling_)]
    )
    np.testing.assert_allclose(model.predict(X), o)
    assert model.loss_ == pytest.approx(np.mean(model._loss().e(o, Y).sum(axis=1)))
    assert model.validation_loss_curve_[-1] == pytest.approx(model.loss_)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    model.formula("python", X)
    assert float(capsys.readouterr().err.split("on 200 rows: ")[1].split()[0]) < 1e-9
    assert model.check_gradient(X[:40], Y[:40]).holds
    case = model.health_case(X[:50], Y[:50])
    np.testing.assert_allclose(
        case.D, np.column_stack([s.scale(Y[:50, k]) for k, s in enumerate(model.output_scaling_)])
    )
    np.testing.assert_allclose(case.network.predict(case.X), model.network_.predict(X[:50]))
    with pytest.raises(InputError, match="fit has scaled it: clone the estimator"):
        model.set_params(solver="adam", activation="tanh").partial_fit(X, Y)
    assert model.set_params(output_activation=None).fit(X, Y).output_scaling_ is None


def test_intervals_of_a_placed_target_are_in_its_unit() -> None:
    X, y = wave(300, noise=0.2)
    model = MLPRegressor(
        hidden_layer_sizes=(8,), solver="lm", alpha=0.1, output_activation="logistic", random_state=0
    )
    low, high = model.fit(X, 1000 * y).predict_interval(X, 0.9)
    assert np.mean((low < 1000 * y) & (1000 * y < high)) == pytest.approx(0.9, abs=0.04)


def test_early_stopping_scores_a_placed_target_in_its_unit() -> None:
    X, y = wave(noise=0.05)
    model = MLPRegressor(
        hidden_layer_sizes=(8,), solver="scg", output_activation="logistic", early_stopping=True,
        scoring="neg_mean_absolute_error", random_state=0,
    ).fit(X[:150], 1000 * y[:150], X_val=X[150:], y_val=1000 * y[150:])  # fmt: skip
    assert -np.mean(np.abs(model.predict(X[150:]) - 1000 * y[150:])) == pytest.approx(
        model.best_validation_score_
    )


def test_a_target_that_the_output_reaches_is_given_by_it_alone() -> None:
    X, y = wave(noise=0.05)
    model = MLPRegressor(hidden_layer_sizes=(8,), solver="lm", output_activation="softplus", random_state=0)
    assert model.fit(X, y + 2).output_scaling_ is None and (model.predict(20 * X) > 0).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"output_activation": "logistic"},
            "gives numbers from 0 to 1, and y goes from 25 to 346: scale=True places",
        ),
        ({"output_activation": "tanh", "solver": "lm", "scale": False}, "from -1 to 1, and y"),
        (
            {"output_activation": "exp", "scale": True},
            "no number below 0, and y goes from -346 to -25: leave output_",
        ),
    ],
    ids=str,
)
def test_a_target_beyond_the_outputs_reach_is_warned_of_where_it_is_not_scaled(
    settings: Any, words: str
) -> None:
    y = -y_d if settings["output_activation"] == "exp" else y_d
    with pytest.warns(UserWarning, match=words):
        MLPRegressor(hidden_layer_sizes=(3,), max_iter=5, random_state=0, **settings).fit(X_d, y)


def test_error_bars_are_as_small_in_a_pickle_as_in_a_run() -> None:
    model = MLPRegressor(hidden_layer_sizes=(80,), solver="lm", max_iter=2, random_state=0).fit(X_d, y_d)
    kept, P = pickle.dumps(model), model.network_.theta.size
    assert len(kept) < 4 * P * (P + 1) / 2 + 60 * P + 50_000  # L packed, and what else there is
    again = pickle.loads(kept)
    # L is rounded to 6e-8, and solving with it enlarges that
    np.testing.assert_allclose(
        again.predict_interval(X_d), model.predict_interval(X_d), rtol=1e-4, atol=1e-4 * float(np.std(y_d))
    )


def test_a_fit_that_fails_leaves_the_one_before_as_it_was():
    X, y = wave()
    model = MLPRegressor(solver="lm", hidden_layer_sizes=(4,), max_iter=5, scale=True, random_state=0).fit(
        X, y
    )
    before, attributes = model.predict(X), set(vars(model))
    model.set_params(solver="adam", learning_rate_init=1e300)
    with pytest.raises(InputError):
        model.fit(X, 1000 * y)
    assert np.array_equal(model.predict(X), before) and set(vars(model)) == attributes


def test_classes_of_a_fit_that_fails_are_forgotten():
    X, y = wave()
    model = MLPClassifier((4,), max_iter=5, random_state=0).fit(X, np.digitize(y, [-0.5, 0.5]))
    before = model.predict(X)
    with pytest.raises(InputError):
        model.set_params(committee=True).fit(X, y > 0)
    assert list(model.classes_) == [0, 1, 2] and np.array_equal(model.predict(X), before)
    unborn = MLPClassifier(tol=-1.0)
    with pytest.raises(InputError):
        unborn.partial_fit(X, y > 0, classes=[False, True])
    assert not hasattr(unborn, "classes_")


@pytest.mark.parametrize(("solver", "other"), [("lm", "adam"), ("adam", "lm")])
def test_a_fitted_network_keeps_its_units_whatever_solver_is_set_later(solver: str, other: str) -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((60, 2))
    y = np.sin(2 * X[:, 0]) + X[:, 1] ** 2
    model = MLPRegressor(hidden_layer_sizes=(5,), solver=solver, max_iter=20, random_state=0).fit(X, y)
    before = model.predict(X)
    model.set_params(solver=other)
    assert np.array_equal(model.predict(X), before)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(X), before)
    with pytest.raises(InputError, match="go on with the fitted network, .*(tanh|relu), identity"):
        model.set_params(warm_start=True).fit(X, y)


@pytest.mark.parametrize("given", [{"restarts": 3}, {"budget": 1.0}])
def test_partial_fit_refuses_what_only_a_fit_can_do(given: dict[str, Any]) -> None:
    X = np.random.default_rng(0).standard_normal((20, 2))
    with pytest.raises(
        InputError, match=f"partial_fit is one epoch of one network, and {next(iter(given))}="
    ):
        MLPRegressor(hidden_layer_sizes=(3,), **given).partial_fit(X, X[:, 0])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"dropout": 0.5}, "adam: dropout was asked for"),
        ({"loss": "absolute_error"}, "adam: 'absolute_error' has kinks"),
    ],
)
def test_the_reason_for_a_solver_is_in_the_words_that_were_given(given: dict[str, Any], reason: str) -> None:
    X = np.random.default_rng(0).standard_normal((20, 2))
    model = MLPRegressor(hidden_layer_sizes=(3,), solver="auto", max_iter=2, **given)
    with pytest.warns(ConvergenceWarning):
        assert model.fit(X, X[:, 0]).solver_reason_.startswith(reason)
