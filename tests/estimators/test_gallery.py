"""What scikit-learn's gallery and user guide do with its MLP, done with ours: the same data, calls and settings."""

from __future__ import annotations

import warnings
from typing import Any

import matplotlib
import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.datasets import make_circles, make_classification, make_moons
from sklearn.inspection import PartialDependenceDisplay
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler
from tests.estimators.shipped import shipped
from tests.thinning import thinned

import deltarule

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def linearly_separable(**how):
    X, y = make_classification(
        n_features=2, n_redundant=0, n_informative=2, random_state=0, n_clusters_per_class=1, **how
    )
    return X + 2 * np.random.RandomState(2).uniform(size=X.shape), y


PLANES = {
    "moons": lambda: make_moons(noise=0.3, random_state=0),
    "circles": lambda: make_circles(noise=0.2, factor=0.5, random_state=1),
    "lines": linearly_separable,
}


@pytest.mark.parametrize("plane", PLANES)
def test_alpha_smooths_the_border(plane):
    """Varying regularization in multi-layer perceptron."""
    X, y = PLANES[plane]()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=42)
    grid = np.c_[tuple(axis.ravel() for axis in np.meshgrid(np.linspace(-3, 3, 25), np.linspace(-3, 3, 25)))]
    roughness, scores = [], {deltarule: [], theirs: []}
    for alpha in np.logspace(-1, 1, 5):
        for package, found in scores.items():
            network = package.MLPClassifier(
                solver="lbfgs",
                alpha=alpha,
                random_state=1,
                max_iter=2000,
                early_stopping=True,
                hidden_layer_sizes=[10, 10],
            )
            model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
            found.append(model.score(X_test, y_test))
            if package is deltarule:
                Z = model.predict_proba(grid)[:, 1].reshape(25, 25)
                roughness.append(round(float(np.abs(np.diff(Z, 2, axis=0)).sum()), 9))
    assert roughness == sorted(roughness, reverse=True), "a larger alpha, a smoother border"
    assert np.mean(scores[deltarule]) == pytest.approx(np.mean(scores[theirs]), abs=0.03)


RATES: list[dict[str, Any]] = [
    {"solver": "sgd", "learning_rate": "constant", "momentum": 0, "learning_rate_init": 0.2},
    {"solver": "sgd", "learning_rate": "constant", "momentum": 0.9, "nesterovs_momentum": False,
     "learning_rate_init": 0.2},
    {"solver": "sgd", "learning_rate": "constant", "momentum": 0.9, "nesterovs_momentum": True,
     "learning_rate_init": 0.2},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0, "learning_rate_init": 0.2},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9, "nesterovs_momentum": False,
     "learning_rate_init": 0.2},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9, "nesterovs_momentum": True,
     "learning_rate_init": 0.2},
    {"solver": "adam", "learning_rate_init": 0.01},
]  # fmt: skip
CURVES = {
    "iris": (lambda: shipped("iris"), 400),
    "circles": (lambda: make_circles(noise=0.2, factor=0.5, random_state=1), 400),
    "moons": (lambda: make_moons(noise=0.3, random_state=0), 400),
    "digits": (lambda: shipped("digits"), 15),
}


@pytest.mark.parametrize("rates", RATES, ids=lambda r: "-".join(map(str, r.values())))
@pytest.mark.parametrize("table", thinned(CURVES, 2))
def test_learning_curves_are_theirs(table, rates):
    """Compare stochastic learning strategies: tables of up to 200 rows are one batch, so that every number agrees."""
    (X, y), epochs = CURVES[table][0](), CURVES[table][1]
    X = MinMaxScaler().fit_transform(X)
    ours, other = (
        package.MLPClassifier(random_state=0, max_iter=epochs, **rates).fit(X, y)
        for package in (deltarule, theirs)
    )
    if table == "digits":
        assert ours.loss_ == pytest.approx(other.loss_, rel=0.25)
        assert ours.score(X, y) == pytest.approx(other.score(X, y), abs=0.02)
        return
    assert ours.n_iter_ == other.n_iter_
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-7)


def test_the_filters_of_handwritten_digits(capsys):
    """Visualization of MLP weights, on the smaller digits that are shipped."""
    X, y = shipped("digits")
    X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0, test_size=0.3)
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (40,),
        "max_iter": 8,
        "alpha": 1e-4,
        "solver": "sgd",
        "verbose": 10,
        "random_state": 1,
        "learning_rate_init": 0.2,
    }
    lines, scores = [], []
    for package in (deltarule, theirs):
        model = package.MLPClassifier(**settings).fit(X_train, y_train)
        lines.append(capsys.readouterr().out.splitlines())
        scores.append(model.score(X_test, y_test))
        assert [W.reshape(8, 8).shape for W in model.coefs_[0].T] == 40 * [(8, 8)]
    assert [line.split("=")[0] for line in lines[0]] == [line.split("=")[0] for line in lines[1]]
    assert len(lines[0]) == 8
    assert scores[0] == pytest.approx(scores[1], abs=0.03) and scores[0] > 0.9


def test_the_first_network_of_the_user_guide():
    X, y = [[0.0, 0.0], [1.0, 1.0]], [0, 1]
    model = deltarule.MLPClassifier(
        solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(5, 2), random_state=1
    ).fit(X, y)
    other = theirs.MLPClassifier(solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(5, 2), random_state=1).fit(
        X, y
    )
    assert model.predict([[2.0, 2.0], [-1.0, -2.0]]).tolist() == [1, 0]
    assert [W.shape for W in model.coefs_] == [(2, 5), (5, 2), (2, 1)]
    ours, wanted = (np.asarray(m.predict_proba([[2.0, 2.0], [1.0, 2.0]])) for m in (model, other))
    np.testing.assert_allclose(ours, wanted, rtol=0.05)


def test_several_labels_of_the_user_guide():
    model = deltarule.MLPClassifier(solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(15,), random_state=1)
    model.fit([[0.0, 0.0], [1.0, 1.0]], [[0, 1], [1, 1]])
    assert model.predict([[1.0, 2.0]]).tolist() == [[1, 1]]
    assert model.predict([[0.0, 0.0]]).tolist() == [[0, 1]]


def test_one_epoch_at_a_time_as_the_user_guide_advises():
    X, y = [[0.0, 0.0], [1.0, 1.0]], [0, 1]
    one = deltarule.MLPClassifier((15,), random_state=1, max_iter=1, warm_start=True)
    for _ in range(10):
        one.fit(X, y)
    assert one.t_ == 20 and len(one.loss_curve_) == 10
    assert one.loss_curve_ == sorted(one.loss_curve_, reverse=True)


def test_alpha_found_by_a_grid_as_the_user_guide_advises():
    X, y = shipped("iris")
    network = deltarule.MLPClassifier(solver="lbfgs", max_iter=100, random_state=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), network), {"mlpclassifier__alpha": 10.0 ** -np.arange(1, 7)}, cv=3
    ).fit(X, y)
    assert search.best_score_ > 0.93


def test_a_classifier_among_others():
    """Classifier comparison."""
    for plane in PLANES.values():
        X, y = plane()
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=42)
        scores = [
            make_pipeline(StandardScaler(), package.MLPClassifier(alpha=1, max_iter=1000, random_state=42))
            .fit(X_train, y_train)
            .score(X_test, y_test)
            for package in (deltarule, theirs)
        ]
        assert scores[0] == scores[1], "60 rows are one batch: the same numbers"


@pytest.mark.parametrize("kind", [pytest.param("average", marks=pytest.mark.slow), "both"])
def test_partial_dependence_of_a_network(kind):
    """Partial dependence and individual conditional expectation plots, on the diabetes table."""
    matplotlib.use("Agg")
    X, y = shipped("diabetes", as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y - y.mean(), test_size=0.1, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_quantiles", UserWarning)  # more quantiles than rows
        model = make_pipeline(
            QuantileTransformer(),
            deltarule.MLPRegressor(
                hidden_layer_sizes=(30, 15), learning_rate_init=0.01, early_stopping=True, random_state=0
            ),
        ).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.3
    features: Any = ["bmi", "s5", ("bmi", "s5")] if kind == "average" else ["bmi", "s5"]
    display = PartialDependenceDisplay.from_estimator(
        model,
        X_train,
        features=features,
        kind=kind,
        subsample=50,
        n_jobs=2 if kind == "average" else None,
        grid_resolution=20,
        random_state=0,
    )
    rises = [result["average"][0] for result in display.pd_results][:2]
    assert all(rise[-1] > rise[0] + 20 for rise in rises), "both raise the disease's progression"
    matplotlib.pyplot.close("all")
