"""The measures over a training: when they are taken, what they cost, and that they change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule.descent.gradient import GradientDescent
from deltarule.descent.training import train
from deltarule.errors import InputError
from deltarule.health.measures import Measures, Measuring, movement, probe_rows
from deltarule.network import Network

X = np.random.default_rng(0).standard_normal((96, 3))
D = np.sin(X[:, :1])
GIVEN = {"rule": "adam", "epochs": 10}


def test_every_kth_step_is_measured_the_first_and_the_last_too() -> None:
    watch = Measuring(every=7)
    train(Network([3, 5, 1]), X, D, observers=[watch], **GIVEN)
    assert watch.measures.steps.tolist() == [0, 7, 14, 21, 28, 30]
    assert watch.measures["delta"].shape == (6, 2)
    assert watch.measures["factor"].shape == (6, 1)


def test_watching_changes_no_bit_of_the_training() -> None:
    alone = train(Network([3, 5, 1]), X, D, **GIVEN)
    watched = train(Network([3, 5, 1]), X, D, observers=[Measuring(every=1)], **GIVEN)
    assert (alone.network.theta == watched.network.theta).all()
    assert (alone.history.error == watched.history.error).all()


def test_measures_as_time_allows_keep_to_their_share_of_it() -> None:
    watch = Measuring(share=0.03)
    result = train(Network([3, 40, 40, 1]), X, D, rule="adam", epochs=800, observers=[watch])
    one = watch.seconds / len(watch.measures)
    # the first, the last, and the one that oversteps
    assert watch.seconds <= 0.03 * result.history.seconds[-1] + 3 * one
    assert watch.measures.steps[0] == 0 and watch.measures.steps[-1] == result.outcome.step


def test_the_update_ratio_is_what_gradient_descent_does() -> None:
    watch, network = Measuring(every=1), Network([3, 5, 1], seed=4)
    train(
        network,
        X,
        D,
        rule=GradientDescent(),
        learning_rate=0.1,
        batch_size="full",
        epochs=1,
        observers=[watch],
    )
    step = network.copy().step(X, D, learning_rate=0.1)
    moved = network.shape.layer_norms(step.after - step.before) / network.shape.layer_norms(step.before)
    np.testing.assert_allclose(watch.measures.first.update, moved, rtol=1e-12)


def test_a_saved_start_and_end_are_measured_after_the_fact() -> None:
    start = Network([3, 5, 1], seed=1)
    end = train(start, X, D, **GIVEN).network
    from deltarule.equations.losses import LOSSES

    found = Measures.after([start, end], [0, 30], X, D, LOSSES["mse"])
    assert found.steps.tolist() == [0, 30]
    assert found.first.error == pytest.approx(start.error(X, D))
    assert found.last.error == pytest.approx(end.error(X, D))


def test_a_second_training_starts_afresh() -> None:
    watch = Measuring(every=10)
    for _ in range(2):
        train(Network([3, 5, 1]), X, D, observers=[watch], **GIVEN)
    assert watch.measures.steps.tolist() == [0, 10, 20, 30]


def test_a_measure_that_does_not_exist_is_answered_with_those_that_do() -> None:
    watch = Measuring(every=10)
    train(Network([3, 5, 1]), X, D, observers=[watch], **GIVEN)
    with pytest.raises(InputError, match="no measure 'slopes' by layer: there are delta"):
        watch.measures["slopes"]


@pytest.mark.parametrize(
    ("given", "words"), [({"every": 0}, "every"), ({"share": 2}, "share"), ({"rows": 0}, "rows")]
)
def test_settings_that_make_no_sense_are_refused(given: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Measuring(**given)


def test_rows_are_spread_evenly_and_movement_is_relative() -> None:
    assert probe_rows(10, 20) == slice(None)
    assert probe_rows(101, 5).tolist() == [0, 25, 50, 75, 100]
    a = Network([2, 1], seed=0)
    b = a.copy()
    b.theta[:] *= 1.5
    assert movement(b, a) == pytest.approx(0.5)
