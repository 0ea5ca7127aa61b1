"""What goes wrong at a user's desk gets a right result or one sentence."""

from __future__ import annotations

from functools import cache
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler
from tests.estimators.shipped import shipped

from deltarule import MLPClassifier, MLPRegressor
from deltarule.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = shipped("iris")
NAMES = np.array(["a", "b", "c"])[y]


def classifier(**more) -> Any:
    return MLPClassifier(**{"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0} | more)


def regressor(**more) -> Any:
    return MLPRegressor(**{"hidden_layer_sizes": (5,), "max_iter": 30, "random_state": 0} | more)


@cache
def fitted_as_given(solver: str) -> Any:
    return regressor(solver=solver).fit(X, y)


@pytest.mark.parametrize("solver", ["lm", "evidence", "newton", "scg", "rprop"])
@pytest.mark.parametrize("power", [-300, -200, 150, 300])
def test_numbers_of_any_size_are_scaled_to_the_same_fit(solver, power):
    """By a power of two, so that even the last digits are the same."""
    factor = 2.0 ** (power * 3)
    plain = fitted_as_given(solver)
    of_inputs = regressor(solver=solver).fit(X * factor, y)
    of_targets = regressor(solver=solver).fit(X, y * factor)
    assert of_inputs.loss_ == of_targets.loss_ == plain.loss_
    np.testing.assert_allclose(of_targets.predict(X) / factor, plain.predict(X))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_steps_out_of_the_finite_numbers_are_named(solver):
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        regressor(solver=solver).fit(X * 1e200, y)


def test_lbfgs_names_a_loss_that_is_not_finite():
    with pytest.warns(UserWarning, match="starting weights is not finite: scale the columns of X"):
        regressor(solver="lbfgs").fit(X * 1e200, y)


def test_columns_and_targets_that_are_constant_are_fitted():
    model = regressor(solver="lm").fit(np.ones((20, 3)), np.arange(20.0))
    assert model.predict(np.ones((1, 3))) == pytest.approx(9.5, abs=0.01)
    np.testing.assert_allclose(
        regressor(solver="evidence").fit(X, np.full(150, 7.0)).predict(X), 7, atol=1e-3
    )


REFUSED = {
    "labels of two types": (
        lambda: classifier().fit(X, [None if k == 1 else "a" for k in y]),
        "NoneType, str",
    ),
    "two columns of classes": (lambda: classifier().fit(X, np.c_[y, y]), "several columns of classes"),
    "numbers for classes": (lambda: classifier().fit(X, X[:, 0]), "y holds numbers"),
    "half a unit": (lambda: classifier(hidden_layer_sizes=(5.5,)).fit(X, y), "must be whole numbers"),
    "no unit": (lambda: classifier(hidden_layer_sizes=(5, 0)).fit(X, y), "must be > 0"),
    "another size": (
        lambda: classifier(warm_start=True).fit(X, y).set_params(hidden_layer_sizes=(9,)).fit(X, y),
        "4-5-3, and 4-9-3 is asked for now: clone",
    ),
    "another size, step by step": (
        lambda: (
            classifier()
            .partial_fit(X, y, classes=[0, 1, 2])
            .set_params(hidden_layer_sizes=7)
            .partial_fit(X, y)
        ),
        "4-5-3, and 4-7-3",
    ),
    "another number of targets": (
        lambda: regressor(warm_start=True).fit(X, y).fit(X, np.c_[y, y]),
        "4-5-1, and 4-5-2",
    ),
    "a class not named": (
        lambda: classifier().partial_fit(X, NAMES, classes=["a", "b", "c"]).partial_fit(X[:2], ["a", "z"]),
        r"those are \['a' 'b' 'c'\]",
    ),
    "rows without targets": (lambda: regressor().fit(X, y, X_val=X), "X_val and y_val"),
    "a loss without that output": (
        lambda: regressor(loss="poisson", output_activation="tanh").fit(X, y),
        "use output_activation='",
    ),
    "evidence of no likelihood": (
        lambda: regressor(loss="huber", solver="evidence").fit(X, y),
        "use solver='lbfgs'",
    ),
    "early stopping by no rows": (
        lambda: classifier(early_stopping=True, validation_fraction=0.0).fit(X, y),
        "validation_fraction=0 holds out none",
    ),
    "weights of no rows": (lambda: regressor().fit(X, y, sample_weight_val=y), "give X_val and y_val too"),
    "a quantile of another loss": (lambda: regressor(quantile=0.9).fit(X, y), "is for loss='quantile'"),
    "a threshold of another loss": (lambda: regressor(huber_threshold=2).fit(X, y), "is for loss='huber'"),
    "dropout of nothing": (
        lambda: classifier(hidden_layer_sizes=(), dropout=0.2).fit(X, y),
        r"hidden_layer_sizes=\(\) has none",
    ),
    "a word for units": (lambda: classifier(hidden_layer_sizes="5").fit(X, y), "whole number"),
    "the formula of one class": (
        lambda: classifier().fit(X, ["a"] * len(X)).formula("excel"),
        "always answers 'a'",
    ),
    "a formula of nothing": (lambda: regressor().formula(), "not fitted yet"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_slip_is_answered_in_one_sentence(case):
    slip, words = REFUSED[case]
    with pytest.raises((InputError, NotFittedError), match=words) as caught:
        slip()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "sizes", [range(2, 4), np.array([2, 3]), np.array([2, 3], np.int8), [np.int64(2), 3], (2, 3)]
)
def test_hidden_sizes_may_be_any_sequence(sizes):
    assert [W.shape for W in classifier(hidden_layer_sizes=sizes).fit(X, y).coefs_] == [
        (4, 2),
        (2, 3),
        (3, 3),
    ]
    assert classifier(hidden_layer_sizes=np.array(5)).fit(X, y).coefs_[0].shape == (4, 5)


def test_read_only_rows_in_memory_maps_are_fitted_where_they_lie(tmp_path):
    joblib.dump(X, tmp_path / "X")
    mapped = joblib.load(tmp_path / "X", mmap_mode="r")
    assert not mapped.flags.writeable
    ours, plain = classifier().fit(mapped, NAMES), classifier().fit(X, NAMES)
    np.testing.assert_array_equal(ours.coefs_[0], plain.coefs_[0])
    assert (ours.predict(mapped) == plain.predict(X)).all()


@pytest.mark.parametrize(
    "form",
    [
        np.asfortranarray,
        lambda X: X[::-1].copy()[::-1],
        lambda X: np.repeat(X, 2, 0)[::2],
        lambda X: X.astype(">f8"),
    ],
)
def test_a_fit_is_the_same_however_the_rows_lie(form):
    given = form(X.copy())
    given.flags.writeable = False
    np.testing.assert_array_equal(classifier().fit(given, y).coefs_[0], classifier().fit(X, y).coefs_[0])


def test_whole_numbered_classes_are_what_other_kinds_are():
    scaled = StandardScaler().fit_transform(X)
    plain = classifier().fit(scaled, NAMES).predict_proba(scaled)
    for labels in (y, y.astype(np.uint8), y - 5, y.astype(float), list(y)):
        model = classifier().fit(scaled, labels)
        np.testing.assert_array_equal(model.predict_proba(scaled), plain)
        np.testing.assert_array_equal(model.classes_, np.unique(labels))


class Own(MLPRegressor):
    """A subclass with a parameter of its own."""

    def __init__(self, flavour="sweet", *, max_iter=3):
        super().__init__(max_iter=max_iter)
        self.flavour = flavour


def test_a_subclass_may_have_parameters_of_its_own():
    assert Own("sour").fit(X, y).get_params() == {"flavour": "sour", "max_iter": 3}
