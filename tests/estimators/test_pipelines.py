"""The estimators inside scikit-learn's machinery, on the tables it ships."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import joblib
import matplotlib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.estimators.shipped import shipped, standard

from deltarule import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X_d, y_d = shipped("diabetes")
X_c, y_c = shipped("breast_cancer")
X_c = standard(X_c)
X_i, y_i = shipped("iris", as_frame=True)


def regressor(**more):
    return MLPRegressor(
        **{"hidden_layer_sizes": (5,), "solver": "lm", "max_iter": 20, "random_state": 0, "alpha": 1.0} | more
    )


def classifier(**more):
    return MLPClassifier(
        **{"hidden_layer_sizes": (8,), "max_iter": 60, "learning_rate_init": 0.02, "random_state": 0} | more
    )


def test_grid_search_over_a_pipeline():
    alpha: dict[str, Any] = {"mlpclassifier__alpha": [1e-4, 1e-1]}
    grid = [
        alpha | {"mlpclassifier__solver": ["adam", "lbfgs"]},
        alpha | {"mlpclassifier__solver": ["scg"], "mlpclassifier__learning_rate_init": [0.001]},
    ]
    search = GridSearchCV(make_pipeline(StandardScaler(), classifier()), grid, cv=3).fit(X_c, y_c)
    assert search.best_score_ > 0.95
    assert len(search.cv_results_["params"]) == 6


def test_columns_of_a_frame_are_transformed_before():
    frame = pd.DataFrame({"x": X_d[:, 2], "colour": np.where(X_d[:, 1] > 0, "red", "blue")})
    columns = ColumnTransformer([("word", OneHotEncoder(), ["colour"])], remainder="passthrough")
    assert make_pipeline(columns, regressor()).fit(frame, y_d).score(frame, y_d) > 0.3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_probabilities_can_be_calibrated(dtype, method):
    X = X_c.astype(dtype)
    model = CalibratedClassifierCV(classifier(), method=method, cv=2).fit(X, y_c)
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    assert model.score(X, y_c) > 0.95


def test_permutation_importance_finds_the_column_that_counts():
    found = permutation_importance(regressor().fit(X_d, y_d), X_d, y_d, n_repeats=3, random_state=0)
    assert found.importances_mean.argmax() in (2, 8)  # bmi, s5


def test_partial_dependence_is_drawn():
    matplotlib.use("agg")
    shown = PartialDependenceDisplay.from_estimator(
        regressor().fit(X_d, y_d), X_d, [2, (2, 8)], grid_resolution=5
    )
    assert shown.axes_.size == 2


def test_a_voting_regressor_takes_it():
    votes = VotingRegressor([("net", regressor()), ("ridge", Ridge())]).fit(X_d, y_d)
    assert votes.score(X_d, y_d) > 0.4


def test_cross_validated_predictions():
    p: Any = cross_val_predict(classifier(), X_c, y_c, cv=3, method="predict_proba")
    assert p.shape == (569, 2) and ((p[:, 1] > 0.5) == y_c).mean() > 0.95


def test_a_transformed_target():
    model = TransformedTargetRegressor(regressor(), func=np.log, inverse_func=np.exp).fit(X_d, y_d)
    assert model.score(X_d, y_d) > 0.4


@cache
def scores_of_one_after_another():
    return cross_val_score(classifier(), X_c, y_c, cv=4)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_joblib_gives_the_same_scores_in_threads_and_processes(backend):
    alone = scores_of_one_after_another()
    with joblib.parallel_backend(backend, n_jobs=2):
        assert (cross_val_score(classifier(), X_c, y_c, cv=4, n_jobs=2) == alone).all()


def test_weights_and_held_out_rows_are_routed():
    with config_context(enable_metadata_routing=True):
        model = regressor().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        weights = np.linspace(0.5, 2, len(X_d))
        scores = cross_validate(model, X_d, y_d, params={"sample_weight": weights}, cv=3)["test_score"]
    assert (scores != cross_val_score(regressor(), X_d, y_d, cv=3)).any()


@pytest.mark.parametrize("way", [pickle, joblib], ids=["pickle", "joblib"])
@pytest.mark.parametrize(
    "model",
    [regressor(), classifier(), regressor(solver="evidence", alpha=0.0001), regressor(solver="sgd")],
    ids=str,
)
def test_a_model_survives_the_disk_and_goes_on(tmp_path, way, model):
    X, y = (X_c, y_c) if isinstance(model, MLPClassifier) else (X_d, y_d / 100)
    fitted = clone(model).fit(X, y)
    with (tmp_path / "model").open("wb") as file:
        way.dump(fitted, file)
    with (tmp_path / "model").open("rb") as file:
        again = way.load(file)
    assert (again.predict(X) == fitted.predict(X)).all()
    if hasattr(model, "partial_fit"):
        assert (again.partial_fit(X, y).coefs_[0] == fitted.partial_fit(X, y).coefs_[0]).all()


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_are_taken_and_their_columns_checked_by_name(frame):
    data = frame({name: X_i[name].to_numpy() for name in X_i})
    model = classifier().fit(data, y_i.to_numpy())
    assert list(model.feature_names_in_) == list(X_i)
    assert model.score(data, y_i.to_numpy()) > 0.9
    with pytest.raises(ValueError, match="feature names"):
        model.predict(
            data.rename(columns={"sepal length (cm)": "x"})
            if frame is pd.DataFrame
            else data.rename({"sepal length (cm)": "x"})
        )


def test_set_output_of_a_pipeline_reaches_it():
    pipeline = make_pipeline(StandardScaler(), classifier()).set_output(transform="pandas").fit(X_i, y_i)
    assert list(pipeline[-1].feature_names_in_) == list(X_i)


def test_a_notebook_shows_its_parameters():
    page = regressor()._repr_html_()
    assert "hidden_layer_sizes" in page and "MLPRegressor" in page


def test_string_classes_come_back_as_strings():
    words = np.array(["setosa", "versicolor", "virginica"])[y_i]
    model = classifier().fit(X_i.to_numpy(), words)
    assert set(model.predict(X_i.to_numpy())) <= set(words) and list(model.classes_) == sorted(set(words))
