"""Predictions again and again: by what is kept they are those of the network, for every form of X."""

from __future__ import annotations

import pickle
import threading
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network
from sklearn.base import clone
from tests.estimators.shipped import shipped

import deltarule
from deltarule.estimators import MLPClassifier, MLPRegressor
from deltarule.estimators.forward import COMPILED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def digits() -> Any:
    X, y = shipped("digits")
    return MLPClassifier((30,), random_state=0, max_iter=3).fit(X, y), X


def plain(model, X):
    """The network's outputs by hand."""
    hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    net = hidden @ model.coefs_[1] + model.intercepts_[1]
    shares = np.exp(net - net.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


@pytest.mark.parametrize("rows", [1, 2, 7, 40, 63, 64, 65, 500, 1797])
def test_any_number_of_rows_in_any_order_of_calls(digits, rows):
    model, X = digits
    np.testing.assert_allclose(model.predict_proba(X[-rows:]), plain(model, X[-rows:]), atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X[:rows]), plain(model, X[:rows]), atol=1e-12)
    assert rows * model.network_.shape.size > COMPILED or rows < 40, "both ways are taken"


FORMS = {
    "Fortran order": np.asfortranarray,
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "turned over": lambda X: X.T.copy().T,
    "read only": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
    "foreign bytes": lambda X: X.astype(">f8"),
    "whole numbers": lambda X: X.astype(np.int64),
    "float32": lambda X: X.astype(np.float32),
    "half": lambda X: X.astype(np.float16),
    "lists": lambda X: X.tolist(),
    "odd bytes": lambda X: np.frombuffer(b"0" + X.tobytes(), offset=1).reshape(X.shape),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", [3, 300])
def test_any_form_of_x(digits, form, rows):
    model, X = digits
    np.testing.assert_allclose(model.predict_proba(FORMS[form](X[:rows])), plain(model, X[:rows]), atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rows", [1, 300])
def test_what_is_not_finite_is_refused(digits, rows, bad):
    model, X = digits
    X = X[:rows].copy()
    X[-1, 5] = bad
    with pytest.raises(ValueError, match="contains NaN|contains infinity"):
        model.predict(X)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # scikit-learn's own sum
def test_both_infinities_are_not_taken_for_a_number_and_large_numbers_not_for_infinity(digits):
    model, X = digits
    both = X[:300].copy()
    both[0, :2] = np.inf, -np.inf
    with pytest.raises(ValueError, match="contains infinity"):
        model.predict(both)
    large = X[:300].copy()
    large[:, 0] = 1.7e308  # finite, though their sum is not
    model.predict(large)


@pytest.mark.parametrize("columns", [1, 63, 65])
def test_another_number_of_columns_is_refused(digits, columns):
    with pytest.raises(ValueError, match="features"):
        digits[0].predict(np.ones((3, columns)))


@pytest.mark.parametrize("rows", [3, 300])
@pytest.mark.parametrize("fitted", [np.float32, np.float64])
@pytest.mark.parametrize("asked", [np.float32, np.float64])
def test_outputs_have_the_wider_dtype_as_scikit_learns_have(rows, fitted, asked):
    X, y = shipped("digits")
    ours, other = (
        package.MLPClassifier((30,), max_iter=2, random_state=0).fit(X.astype(fitted), y)
        for package in (deltarule, sklearn.neural_network)
    )
    part = X[:rows].astype(asked)
    found = ours.predict_proba(part)
    assert found.dtype == other.predict_proba(part).dtype
    np.testing.assert_allclose(found, plain(ours, part), atol=1e-12 if found.dtype == np.float64 else 1e-5)


def test_weights_that_the_user_changes_count(digits):
    model, X = digits
    for changed in (deepcopy(model), pickle.loads(pickle.dumps(model))):
        changed.predict(X)
        changed.coefs_[0][:] *= 0.5  # in place
        np.testing.assert_allclose(changed.predict_proba(X), plain(changed, X), atol=1e-12)
        changed.coefs_[1] = changed.coefs_[1] * 2.0  # another array
        np.testing.assert_allclose(changed.predict_proba(X), plain(changed, X), atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X), plain(model, X), atol=1e-12)


def test_a_model_from_elsewhere_keeps_its_way_too(digits):
    model, X = digits
    theirs = sklearn.neural_network.MLPClassifier((5,), max_iter=2, random_state=0).fit(X, model.predict(X))
    for copy in (pickle.loads(pickle.dumps(model)), MLPClassifier.from_sklearn(theirs)):
        assert copy._forward() is copy._forward()
        np.testing.assert_allclose(copy.predict_proba(X), plain(copy, X), atol=1e-12)
    assert not hasattr(clone(model), "coefs_")


def test_a_fit_again_forgets_the_network_before(digits):
    _, X = digits
    y = X[:, 20] - X[:, 43]
    model = MLPRegressor(hidden_layer_sizes=(40,), random_state=0, max_iter=1).fit(X, y)
    first = model.predict(X)
    model.set_params(max_iter=3).fit(X, y)
    hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    second = (hidden @ model.coefs_[1] + model.intercepts_[1])[:, 0]
    np.testing.assert_allclose(model.predict(X), second, atol=1e-12)
    assert abs(first - second).max() > 1e-3


def test_threads_that_predict_at_once_get_the_same(digits):
    model, X = digits
    wanted, found = model.predict_proba(X), {}

    def work(n):
        part = slice(0, 900) if n % 2 else slice(900, None)
        found[n] = all(np.array_equal(model.predict_proba(X[part]), wanted[part]) for _ in range(20))

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == dict.fromkeys(range(4), True)
