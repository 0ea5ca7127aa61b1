"""The baselines are what textbooks and scikit-learn say they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import (
    d2_absolute_error_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    root_mean_squared_error,
)

from deltarule.baselines import baselines, least_squares, logistic_regression
from deltarule.equations.losses import Quantile, loss
from deltarule.model import Model
from deltarule.network import Network
from deltarule.tables import InputEncoding, TargetEncoding, read_table

random = np.random.default_rng(11)
N = 80
A, B = random.normal(3.0, 2.0, N), random.normal(-1.0, 5.0, N)
NOISE = random.normal(0.0, 1.0, N)
TABLE = read_table(
    {
        "a": A,
        "b": B,
        "c": random.choice(["u", "v"], N),
        "y": 2.0 * A - B + NOISE,
        "z": A * B,
        "two": np.where(A + NOISE > 3.0, "high", "low"),
        "three": np.where(B > 2.0, "up", np.where(A > 3.0, "right", "left")),
    }
)
TRAIN, TEST = TABLE.take(np.arange(60)), TABLE.take(np.arange(60, N))


def model(targets: list[str], output: str = "auto") -> Model:
    inputs = InputEncoding.fit(TRAIN, ["a", "b", "c"])
    encoding = TargetEncoding.fit(TRAIN, targets, output=output)
    network = Network([len(inputs.names), len(encoding.names)], output=encoding.output)
    return Model(inputs, encoding, network, loss("mse"))


@pytest.mark.parametrize("output", ["identity", "logistic", "tanh"])
def test_the_mean_and_the_line_are_judged_in_the_target_s_unit_whatever_the_output(output: str) -> None:
    one = model(["y", "z"], output)
    errors = baselines(one, TRAIN, TEST)
    X, X_test = one.inputs.transform(TRAIN), one.inputs.transform(TEST)
    for name in ("y", "z"):
        d, d_test = TRAIN[name].values, TEST[name].values
        line = LinearRegression().fit(X, d).predict(X_test)
        assert np.isclose(errors["linear"]["targets"][name]["rmse"], root_mean_squared_error(d_test, line))
        mean = np.sqrt(np.mean((d_test - d.mean()) ** 2))
        assert np.isclose(errors["mean"]["targets"][name]["rmse"], mean)


def test_a_quantile_s_rivals_are_that_of_the_training_rows_and_the_line_moved_to_it() -> None:
    one = model(["y", "z"])
    one = Model(one.inputs, one.targets, one.network, Quantile(0.9))
    errors = baselines(one, TRAIN, TEST)
    assert list(errors) == ["quantile", "shifted_linear"]
    X, X_test = one.inputs.transform(TRAIN), one.inputs.transform(TEST)
    for name in ("y", "z"):
        d, d_test = TRAIN[name].values, TEST[name].values
        line = LinearRegression().fit(X, d)
        above = np.quantile(d - line.predict(X), 0.9)
        for rival, o in (
            ("quantile", np.full(TEST.rows, np.quantile(d, 0.9))),
            ("shifted_linear", line.predict(X_test) + above),
        ):
            found = errors[rival]["targets"][name]
            assert np.isclose(found["quantile_loss"], mean_pinball_loss(d_test, o, alpha=0.9))
            assert np.isclose(found["below"], np.mean(d_test <= o))


def test_the_rivals_by_absolute_error_are_the_median_and_the_line_moved_to_it() -> None:
    one = model(["y", "z"])
    one = Model(one.inputs, one.targets, one.network, loss("mae"))
    errors = baselines(one, TRAIN, TEST)
    assert list(errors) == ["median", "shifted_linear"]
    X, X_test = one.inputs.transform(TRAIN), one.inputs.transform(TEST)
    for name in ("y", "z"):
        d, d_test = TRAIN[name].values, TEST[name].values
        line = LinearRegression().fit(X, d)
        for rival, o in (
            ("median", np.full(TEST.rows, np.median(d))),
            ("shifted_linear", line.predict(X_test) + np.median(d - line.predict(X))),
        ):
            found = errors[rival]["targets"][name]
            assert np.isclose(found["mae"], mean_absolute_error(d_test, o))
            assert np.isclose(found["d2"], d2_absolute_error_score(d_test, o))


@pytest.mark.parametrize("target", ["two", "three"])
@pytest.mark.parametrize("output", ["softmax", "logistic"])
def test_the_majority_and_logistic_regression_are_scikit_learn_s(target: str, output: str) -> None:
    one = model([target], output)
    errors = baselines(one, TRAIN, TEST)
    d, d_test = TRAIN[target].values.astype(str), TEST[target].values.astype(str)
    most = max(set(d), key=d.tolist().count)
    assert errors["majority"]["accuracy"] == np.mean(d_test == most)
    X, X_test = one.inputs.transform(TRAIN), one.inputs.transform(TEST)
    theirs = LogisticRegression(C=1.0 if target == "three" else 2.0, tol=1e-10, max_iter=10000).fit(X, d)
    # two classes: scikit-learn has one weight vector w where softmax has w/2 and -w/2, whose penalty is half
    p = theirs.predict_proba(X_test)
    assert errors["logistic"]["accuracy"] == np.mean(theirs.predict(X_test) == d_test)
    assert np.isclose(errors["logistic"]["log_loss"], log_loss(d_test, p, labels=theirs.classes_), rtol=1e-4)


def test_the_line_exists_where_columns_depend_on_each_other() -> None:
    X = np.column_stack([A, 2.0 * A, np.ones(N)])
    found = least_squares(X, A[:, None], X)
    assert np.allclose(found[:, 0], A)


def test_more_columns_than_rows_have_a_line() -> None:
    X = random.normal(size=(5, 9))
    d = random.normal(size=(5, 1))
    assert np.allclose(least_squares(X, d, X), d)


def test_classes_that_a_line_parts_have_finite_weights() -> None:
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    network = logistic_regression(X, np.array([0, 0, 1, 1]), 2)
    assert np.all(np.abs(network.theta) < 10.0)
    assert network.predict(X).argmax(axis=1).tolist() == [0, 0, 1, 1]
