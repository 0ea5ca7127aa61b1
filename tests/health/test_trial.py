"""The trial of a remedy: both sides judged by the weights that a training hands over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deltarule.descent.stopping import Stopping
from deltarule.equations.losses import LOSSES
from deltarule.health.case import Case
from deltarule.health.changes import scale
from deltarule.health.remedy import Remedy
from deltarule.health.trial import Side, try_remedy
from deltarule.network import Network

random = np.random.default_rng(0)
X = random.standard_normal((80, 4))
D = np.sin(X[:, :1]) + random.standard_normal((80, 1))
HELD = X[40:], D[40:]


def sides(**settings: Any) -> tuple[Side, Side]:
    """Of a training that learns its 40 rows by heart, and of half as many epochs."""
    given = {"rule": "adam", "learning_rate": 0.02, "epochs": 300, **settings}
    case = Case(Network([4, 40, 1], seed=0), X[:40], D[:40], LOSSES["mse"], settings=given)
    trial = try_remedy(case, Remedy("stopping", "half the epochs", "", {"epochs": 150}))
    return trial.original, trial.changed


@pytest.mark.parametrize(
    "validation", [HELD, (*HELD, np.arange(40.0)), 0.3], ids=["rows", "weighed", "share"]
)
def test_a_side_that_validation_rows_steered_reached_the_error_of_the_weights_kept(validation: Any) -> None:
    for side in sides(validation=validation):
        seen = side.training.history.validation_error
        assert side.reached == pytest.approx(seen.min(), rel=1e-12)
        assert side.reached < seen[-1]


def test_weights_kept_for_their_score_are_judged_by_the_error_that_they_have() -> None:
    score = Stopping(score=lambda o, d, s: -float(abs(o - d).max()))
    for side in sides(validation=HELD, stopping=score):
        assert side.reached == pytest.approx(side.training.network.error(*HELD), rel=1e-12)


def test_without_validation_rows_a_side_reached_the_error_of_its_last_weights() -> None:
    for side in sides():
        assert side.reached == pytest.approx(side.training.network.error(X[:40], D[:40]), rel=1e-12)


def test_the_kept_weights_of_scaled_targets_are_judged_in_the_targets_own_unit() -> None:
    far = 1000 + 50 * D
    settings = {"rule": "adam", "epochs": 40, "validation": (X[40:], far[40:])}
    case = Case(Network([4, 8, 1], seed=0), X[:40], far[:40], LOSSES["mse"], settings=settings)
    changed = try_remedy(case, scale("targets")).changed
    o = changed.training.network.predict(X[40:]) * far[:40].std() + far[:40].mean()
    assert changed.reached == pytest.approx(np.mean((o - far[40:]) ** 2), rel=1e-9)
