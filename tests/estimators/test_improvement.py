"""What goes on from fit to fit: the lowest loss, the epochs since, adaptive's rate; and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.datasets import load_diabetes

from deltarule.estimators import MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
table: Any = load_diabetes()
X = table.data[:100] / table.data.std(0)
y = (table.target[:100] - table.target.mean()) / table.target.std()
ADAPTIVE: dict[str, Any] = {
    "learning_rate": "adaptive",
    "solver": "sgd",
    "learning_rate_init": 0.2,
    "tol": 0.01,
    "n_iter_no_change": 3,
    "max_iter": 25,
}


def both(**more: Any) -> list[Any]:
    settings = {"activation": "tanh", "hidden_layer_sizes": (4,), "random_state": 0, "batch_size": 100}
    return [cls(**settings | more) for cls in (MLPRegressor, theirs.MLPRegressor)]


def test_the_adaptive_rate_goes_on_from_fit_to_partial_fit():
    ours, other = (model.fit(X, y) for model in both(**ADAPTIVE))
    assert other._optimizer.learning_rate < 0.2
    for _ in range(20):
        ours.partial_fit(X, y)
        other.partial_fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-9)


def test_the_adaptive_rate_comes_over_from_scikit_learn():
    other = both(**ADAPTIVE)[1].fit(X, y)
    ours = MLPRegressor.from_sklearn(other)
    for _ in range(20):
        ours.partial_fit(X, y)
        other.partial_fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize(
    "more",
    [
        {"learning_rate_init": 0.02, "tol": 0.01},
        {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1, "tol": 0.01},
        ADAPTIVE,
    ],
)
def test_warm_starts_remember_the_lowest_loss_and_the_epochs_since(more):
    ours, other = both(warm_start=True, **more)
    epochs = [(ours.fit(X, y).n_iter_, other.fit(X, y).n_iter_) for _ in range(5)]
    assert [a for a, _ in epochs] == [b for _, b in epochs]
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-8)
    assert ours.best_loss_ == pytest.approx(other.best_loss_, rel=1e-8)


@pytest.mark.parametrize(
    "more",
    [
        {"learning_rate_init": 0.02, "tol": 0.01},
        {"learning_rate_init": 0.02, "tol": 0.01, "early_stopping": True, "n_iter_no_change": 4},
        ADAPTIVE | {"max_iter": 200},
    ],
)
def test_the_lines_are_scikit_learns_in_its_order(more, capsys):
    told = []
    for model in both(verbose=True, batch_size="auto", shuffle=False, **more):
        model.fit(X, y)
        told.append(capsys.readouterr().out.splitlines())
    assert [line.split("= ")[0] for line in told[0]] == [line.split("= ")[0] for line in told[1]]
    assert told[0][-1].endswith("Stopping.") and told[0][-1] == told[1][-1]


def test_a_warm_start_by_another_kind_of_solver_begins_to_count_anew():
    model = both(solver="lm", warm_start=True, max_iter=30, batch_size="auto")[0].fit(X, 100 * y)
    assert model.set_params(solver="adam", learning_rate_init=1e-3, max_iter=15).fit(X, 100 * y).n_iter_ == 15
