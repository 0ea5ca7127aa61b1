"""What the samples say beside the verdicts: contradicting targets, and a column that tells the target alone."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from deltarule.equations.losses import LOSSES
from deltarule.health.case import Case
from deltarule.health.diagnosis import diagnose
from deltarule.health.remarks import remarks
from deltarule.network import Network

random = np.random.default_rng(0)
X = random.standard_normal((200, 3))
D = np.sin(2 * X[:, :1]) + 0.1 * random.standard_normal((200, 1))


def case(X: np.ndarray, D: np.ndarray, **more: object) -> Case:
    return Case(Network([X.shape[1], 4, D.shape[1]]), X, D, LOSSES["mse"], **more)


def test_samples_that_agree_and_measured_columns_are_no_remark() -> None:
    assert remarks(case(X, D)) == ()
    assert remarks(case(np.repeat(X, 2, axis=0), np.repeat(D, 2, axis=0))) == ()


@pytest.mark.parametrize("D", [random.standard_normal((200, 1)), np.eye(2)[random.integers(0, 2, 200)]])
def test_rows_with_the_same_inputs_and_other_targets_are_told_by_the_share_that_nobody_can_learn(D) -> None:
    squares = random.integers(0, 2, (200, 2)).astype(float)
    (told,) = remarks(case(squares, D))
    means = (
        sum(((D[k] - D[k].mean(axis=0)) ** 2).sum() for k in _groups(squares))
        / ((D - D.mean(axis=0)) ** 2).sum()
    )
    assert f"{means:.0%} of what the targets differ by" in told
    found = diagnose(Network([2, 4, D.shape[1]]), squares, D, loss="mse", rule="adam", epochs=5)
    assert told in " ".join(found.report().split())


def _groups(rows: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero((rows == each).all(axis=1)) for each in np.unique(rows, axis=0)]


def test_a_column_that_alone_tells_the_target_is_named() -> None:
    leaked = np.column_stack([X, 3 * D + 1])
    (told,) = remarks(case(leaked, D, names=("a", "b", "c", "copy")))
    assert told.startswith("The column 'copy' alone tells the target")
    assert "x_4" in remarks(case(leaked, D))[0]


def test_rows_without_weight_and_numbers_that_are_not_finite_say_nothing() -> None:
    twice, other = np.vstack([X, X]), np.vstack([D, D + 1])
    assert len(remarks(case(twice, other))) == 1
    assert remarks(case(twice, other, sample_weight=np.repeat([1.0, 0.0], 200))) == ()
    assert remarks(case(X * np.inf, D)) == ()
    assert remarks(case(X, np.ones((200, 1)))) == ()


def test_a_validation_error_that_only_swings_is_no_overfitting() -> None:
    network, rows = Network([3, 30, 30, 30, 1], "relu", start="he", seed=0), slice(0, 120)
    settings = {"rule": "gradient", "learning_rate": 0.5, "clip_norm": 1.0, "epochs": 60}
    held = X[120:], D[120:]
    names = [
        [v.name for v in diagnose(network, X[rows], D[rows], validation=held, seed=seed, **settings).verdicts]
        for seed in range(6)
    ]
    assert not any("overfitting" in found for found in names)


def test_a_rate_that_only_small_batches_cannot_bear_is_taken_to_a_tenth() -> None:
    network = Network([3, 20, 1], seed=0)
    found = diagnose(network, X, D, rule="gradient", learning_rate=0.25, batch_size=1, epochs=20)
    fault = found["learning_rate_too_large"]
    assert found.evidence.bend_first.edge > 0.25
    assert fault.remedies[0].settings == {"learning_rate": 0.025}
    assert "steps of 1 row meet steeper bends" in fault.remedies[0].reason
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # its last gradients have no norm
        trial = found.attempt()[0]
        assert trial.helped and len(trial.text())
