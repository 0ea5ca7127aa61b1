"""The measures of one moment."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule.equations.losses import LOSSES
from deltarule.health.snapshot import look, norm, ratio, spectral
from deltarule.network import Network

X = np.random.default_rng(0).standard_normal((50, 4))
D = np.sin(X[:, :1])


def seen(network: Network, D: np.ndarray = D, loss: str = "mse"):
    return look(network.shape, network.theta, X, D, LOSSES[loss])


def test_a_unit_with_a_bias_of_twenty_is_saturated_and_the_others_are_not() -> None:
    network = Network([4, 6, 1], "logistic", seed=0)
    network.b[0][2] = 20
    found = seen(network)
    assert found.saturated[0].tolist() == [2]
    assert found.saturated_share[0] == 1 / 6


def test_a_relu_unit_that_is_never_on_is_dead_and_counts_as_flat_for_every_sample() -> None:
    network = Network([4, 6, 1], "relu", start="he", seed=0)
    network.b[0][[1, 4]] = -100
    found = seen(network)
    assert found.dead[0].tolist() == [1, 4]
    assert found.dead_share[0] == 2 / 6
    assert found.saturated[0].size == 0


def test_the_slope_of_an_output_that_is_fused_with_its_loss_stands_in_no_ones_way() -> None:
    network = Network([4, 3], output="softmax", seed=0)
    network.b[0][0] = 50
    found = seen(network, np.eye(3)[[0] * 50], "cross_entropy")
    assert found.flat[-1] == 0


def test_means_and_spreads_are_those_of_the_layer() -> None:
    network = Network([4, 6, 1], "tanh", seed=0)
    trace, found = network.forward(X), seen(network)
    assert found.y_mean[0] == pytest.approx(trace.y[1].mean())
    assert found.y_spread[0] == pytest.approx(trace.y[1].std())
    assert found.gain[0] == pytest.approx(np.sqrt(4 * np.mean(network.W[0] ** 2)))


def test_numbers_too_large_for_a_square_still_have_a_norm() -> None:
    assert norm(np.array([3e200, 4e200])) == pytest.approx(5e200)
    assert norm(np.zeros(3)) == 0
    assert norm(np.array([np.inf, 1.0])) == np.inf


def test_wide_matrices_get_their_largest_singular_value_by_iteration() -> None:
    W = np.random.default_rng(1).standard_normal((200, 150))
    assert spectral(W) == pytest.approx(np.linalg.norm(W, 2), rel=0.02)
    assert spectral(np.zeros((200, 150))) == 0
    assert np.isnan(spectral(np.full((2, 2), np.nan)))


def test_a_network_whose_numbers_overflow_is_measured_without_a_warning() -> None:
    network = Network([4, 6, 6, 1], "relu", seed=0)
    network.theta[:] *= 1e200
    found = seen(network)
    assert not np.isfinite(found.error)


def test_nothing_over_nothing_is_nothing() -> None:
    assert ratio(0.0, 0.0) == 0 and ratio(3.0, 2.0) == 1.5 and np.isnan(ratio(1.0, 0.0))
