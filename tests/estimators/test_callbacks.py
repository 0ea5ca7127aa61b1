"""scikit-learn's callbacks, where it has them (1.9 and later)."""

from __future__ import annotations

import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.estimators.shipped import shipped

from deltarule import MLPClassifier, MLPRegressor

callback = pytest.importorskip("sklearn.callback")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = shipped("iris")


class Recorder:
    """Counts what it is told; asks for the end after `stop` epochs."""

    def __init__(self, stop=10**9):
        self.stop, self.begun, self.scores, self.set_up, self.torn_down = stop, 0, [], 0, 0

    def setup(self, estimator, context):
        self.set_up += 1

    def teardown(self, estimator, context):
        self.torn_down += 1

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.begun += 1

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        if fitted_estimator is not None:
            self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) >= self.stop


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm", "scg"])
def test_every_epoch_is_told_with_a_model_that_predicts(cls, solver):
    heard = Recorder()
    model = (
        cls(hidden_layer_sizes=(4,), solver=solver, max_iter=7, tol=0, random_state=0)
        .set_callbacks(heard)
        .fit(X, y)
    )
    assert heard.set_up == heard.torn_down == 1
    assert len(heard.scores) == heard.begun
    # the whole fit, and an epoch not finished
    assert model.n_iter_ + 1 <= len(heard.scores) <= model.n_iter_ + 2
    assert heard.scores[-1] == pytest.approx(model.score(X, y))


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "scg"])
def test_a_callback_may_ask_for_the_end(solver):
    heard = Recorder(stop=3)
    model = MLPClassifier((4,), solver=solver, max_iter=50, random_state=0).set_callbacks(heard).fit(X, y)
    assert model.n_iter_ == 3


def test_scores_are_monitored_through_a_pipeline():
    monitor = callback.ScoringMonitor(scoring="accuracy")
    net = MLPClassifier((4,), max_iter=5, random_state=0).set_callbacks(monitor)
    make_pipeline(StandardScaler(), net).fit(X, y)
    assert len(monitor.get_logs().data) >= 5


def test_without_callbacks_nothing_is_kept():
    model = MLPClassifier((4,), max_iter=3).fit(X, y)
    assert not [name for name in vars(model) if "callback" in name]
    assert cross_val_score(model, X, y, cv=2).shape == (2,)
