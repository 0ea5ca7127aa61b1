"""More than one thread where a call is long enough for them, and the same numbers with any."""

from __future__ import annotations

import numpy as np
import pytest
from tests.estimators.shipped import shipped, standard

from deltarule import MLPClassifier, MLPRegressor
from deltarule.kernels import team

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = shipped("breast_cancer")
X = standard(X)


@pytest.fixture
def begun(monkeypatch):
    """The threads that kernels have begun."""
    threads, start = [], team.start_new_thread

    def watched(run, given):
        threads.append(run)
        return start(run, given)

    monkeypatch.setattr(team, "start_new_thread", watched)
    return threads


@pytest.mark.parametrize("solver", ["lbfgs", "scg", "rprop"])
def test_small_gradients_share_one_helping_thread(begun, solver):
    MLPClassifier((100,), solver=solver, max_iter=8, threads=2, random_state=0).fit(X, y).predict(X)
    assert len(begun) == 1


@pytest.mark.parametrize(
    "settings", [{"early_stopping": True}, {"solver": "sgd", "learning_rate": "adaptive"}]
)
def test_an_epoch_at_a_time_begins_no_thread(begun, settings):
    MLPClassifier((100,), max_iter=8, threads=2, random_state=0, **settings).fit(X, y)
    assert begun == []


def test_long_calls_share_the_work_and_give_the_same_bits(begun):
    random = np.random.default_rng(0)
    rows = random.normal(size=(20_000, 20))
    target = rows[:, 0] * rows[:, 1]
    found = {}
    for threads in (1, 2):
        model = MLPRegressor(solver="lbfgs", max_iter=3, random_state=0, threads=threads).fit(rows, target)
        found[threads] = model.coefs_[0], model.predict(np.tile(rows, (2, 1)))
        assert bool(begun) == (threads == 2)
    for one, two in zip(*found.values(), strict=True):
        np.testing.assert_array_equal(one, two)
