"""Early stopping by a metric of one's own."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import balanced_accuracy_score, mean_absolute_error, roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from tests.estimators.shipped import shipped, standard

from deltarule.errors import InputError
from deltarule.estimators import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SETTINGS: dict[str, Any] = {"early_stopping": True, "random_state": 0, "max_iter": 60}


def cancer():
    X, y = shipped("breast_cancer")
    return train_test_split(standard(X), np.array(["mild", "severe"])[y], random_state=0)


def diabetes():
    X, y = shipped("diabetes")
    return train_test_split(standard(X), y, random_state=0)


def area(model, X, y):
    return roc_auc_score(y, model.predict_proba(X)[:, 1])


def balance(model, X, y):
    return balanced_accuracy_score(y, model.predict(X))


@pytest.mark.parametrize(("scoring", "by_hand"), [("roc_auc", area), (balance, balance), ("loss", None)])
@pytest.mark.parametrize("solver", ["adam", "sgd", "scg"])
def test_the_best_epoch_by_that_score_is_kept(scoring, by_hand, solver):
    X, X_val, y, y_val = cancer()
    rate: Any = {} if solver == "scg" else {"learning_rate_init": 0.02}
    model = MLPClassifier((8,), solver=solver, scoring=scoring, **rate, **SETTINGS)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    scores: Any = model.validation_scores_
    assert model.best_validation_score_ == max(scores) > scores[0]
    assert len(scores) == model.n_iter_ == len(model.validation_loss_curve_ or ())
    if by_hand is None:
        assert scores == [-loss for loss in model.validation_loss_curve_ or ()]
    else:
        assert by_hand(model, X_val, y_val) == pytest.approx(max(scores), abs=1e-9)


@pytest.mark.parametrize("scale", [False, True])
def test_a_regressor_is_scored_in_the_units_of_its_target(scale):
    X, X_val, y, y_val = diabetes()
    model = MLPRegressor(
        hidden_layer_sizes=(20,),
        scale=scale,
        scoring="neg_mean_absolute_error",
        learning_rate_init=0.05,
        **SETTINGS,
    )
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert -mean_absolute_error(y_val, model.predict(X_val)) == pytest.approx(model.best_validation_score_)


def test_a_share_of_the_rows_is_scored_where_none_are_given():
    X, _, y, _ = cancer()
    seen = []

    def watched(model, X_held, y_held):
        seen.append((X_held, y_held))
        return balance(model, X_held, y_held)

    model = MLPClassifier((5,), scoring=watched, **SETTINGS).fit(X, y)
    assert len(seen) == model.n_iter_
    X_held, y_held = seen[0]
    assert len(X_held) == round(0.1 * len(X)) and set(y_held) == {"mild", "severe"}
    label = dict(zip(map(bytes, X), y, strict=True))
    assert [label[bytes(row)] for row in X_held] == list(y_held), "rows and labels belong together"


def test_sparse_rows_frames_and_weights_reach_the_scorer():
    pd = pytest.importorskip("pandas")
    X, X_val, y, y_val = cancer()
    weights = np.linspace(0.1, 3, len(y_val))
    seen = []

    def weighted(model, X_held, y_held, sample_weight=None):
        seen.append(sample_weight)
        return roc_auc_score(y_held, model.predict_proba(X_held)[:, 1], sample_weight=sample_weight)

    for form in (csr_matrix, pd.DataFrame):
        model = MLPClassifier((5,), scoring=weighted, **SETTINGS | {"max_iter": 5})
        if form is pd.DataFrame:
            X, X_val = (pd.DataFrame(part, columns=[f"c{i}" for i in range(30)]) for part in (X, X_val))
        model.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
        wanted = roc_auc_score(y_val, model.predict_proba(X_val)[:, 1], sample_weight=weights)
        assert model.best_validation_score_ == pytest.approx(wanted, abs=1e-9)
    assert all(np.array_equal(s, weights) for s in seen)


def test_it_is_a_parameter_like_others():
    X, _, y, _ = cancer()
    search = GridSearchCV(
        MLPClassifier((4,), **SETTINGS | {"max_iter": 5}), {"scoring": ["loss", "f1_macro", None]}, cv=2
    ).fit(X, y)
    assert pickle.loads(pickle.dumps(search.best_estimator_)).get_params()["scoring"] in (
        "loss",
        "f1_macro",
        None,
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scoring": "roc_auk", "early_stopping": True}, "did you mean 'roc_auc'"),
        ({"scoring": "r2"}, "write early_stopping=True"),
        ({"scoring": "r2", "early_stopping": True, "solver": "lbfgs"}, "lbfgs has none"),
        ({"scoring": 3, "early_stopping": True}, "scoring must be the name of a scorer"),
        ({"scoring": lambda *_: "much", "early_stopping": True}, "one number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(settings, words):
    X, y = shipped("breast_cancer")
    with pytest.raises(InputError, match=words):
        MLPClassifier((3,), max_iter=2, **settings).fit(X[:100], y[:100])
