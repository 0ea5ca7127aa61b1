"""A training that ended before it had learnt what a line knows, and what is said beside a line where it did not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deltarule.descent.stopping import Stopping
from deltarule.health.diagnosis import Diagnosis, diagnose
from deltarule.network import Network

random = np.random.default_rng(0)
X = random.standard_normal((240, 4))
D = 2 * X[:, :1] - X[:, 1:2] + np.sin(2 * X[:, 2:3]) + 0.1 * random.standard_normal((240, 1))
LINE, DOES_BETTER, AS_WELL = (
    D - np.sin(2 * X[:, 2:3]),
    "A straight line does better",
    "A straight line does about as well",
)


def found(network: Network | None = None, D: Any = D, **settings: Any) -> Diagnosis:
    return diagnose(network or Network([4, 20, 1], seed=0), X, D, **{"rule": "adam", **settings})


def line_remarks(diagnosis: Diagnosis) -> list[str]:
    return [words for words in diagnosis.remarks if words.startswith("A straight line")]


@pytest.mark.parametrize(
    ("network", "settings"),
    [
        (Network([4, 20, 1], seed=0), {"epochs": 3}),
        (Network([4, 20, 1], seed=0), {"epochs": 1}),
        (Network([4, 20, 1], seed=0), {"epochs": 3, "validation": 0.2}),
        (Network([4, *[10] * 10, 1], "logistic", seed=0), {"epochs": 100}),
        (Network([4, 20, 1], seed=0), {"epochs": 100, "stopping": Stopping(steps=20)}),
    ],
    ids=["three epochs", "one epoch", "with validation rows", "ten logistic layers", "steps"],
)
def test_a_training_that_ended_above_the_line_while_it_fell_ended_early_and_goes_on(
    network, settings
) -> None:
    diagnosis = found(network, **settings)
    assert [v.name for v in diagnosis.verdicts] == ["ended_early"]
    first = diagnosis.remedies[0]
    assert first.kind == "epochs" and first.settings["epochs"] >= max(100, 4 * settings["epochs"])
    assert {"learning-rate", "rule"} <= {r.kind for r in diagnosis.remedies}
    assert not line_remarks(diagnosis)
    assert diagnosis.attempt()[0].gain > 1.5


def test_time_that_ran_out_is_lengthened() -> None:
    diagnosis = found(epochs=10**6, batch_size=1, learning_rate=1e-5, budget=0.05)
    if "ended_early" in diagnosis:  # what is reached in a time is not the same everywhere
        assert diagnosis.remedies[0].settings == {"budget": 0.2}


@pytest.mark.parametrize("settings", [{"epochs": 100, "learning_rate": 0.01}, {"rule": "lm", "epochs": 30}])
def test_a_training_that_learnt_more_than_a_line_did_not_end_early_and_is_not_set_beside_one(
    settings,
) -> None:
    diagnosis = found(**settings)
    assert diagnosis.healthy and not line_remarks(diagnosis)


def test_hidden_units_that_know_no_more_than_a_line_are_told_of_as_such() -> None:
    noisy = X[:, :1] + np.random.default_rng(1).standard_normal((240, 1))
    (remark,) = line_remarks(found(Network([4, 1, 1], seed=0), noisy, epochs=100, learning_rate=0.01))
    assert remark.startswith(AS_WELL)
    assert not line_remarks(
        found(Network([4, 1], seed=0), noisy, epochs=100, learning_rate=0.01)
    )  # a line itself


def test_a_training_at_rest_above_the_line_is_told_that_a_line_does_better() -> None:
    network = Network([4, 20, 1], output="tanh", seed=0)  # which reaches three in four of these targets
    (remark,) = line_remarks(found(network, 0.5 * LINE, epochs=200, learning_rate=0.01, penalty=0.02))
    assert remark.startswith(DOES_BETTER)
