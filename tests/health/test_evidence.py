"""The yardsticks, the curvature, where a number was born, and clipping: each against what is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deltarule.descent.clipping import Clipping
from deltarule.descent.history import History
from deltarule.equations.losses import LOSSES, Quantile
from deltarule.equations.penalties import L2, Penalty
from deltarule.health.bend import bend
from deltarule.health.birth import where_born
from deltarule.health.case import Case
from deltarule.health.evidence import Evidence
from deltarule.health.yardsticks import yardsticks
from deltarule.network import Network
from deltarule.objectives.objective import Burst

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((60, 3))


@pytest.mark.parametrize("loss", ["mse", "half_mse", "mae", "huber", "poisson", "binary_cross_entropy"])
def test_no_constant_output_beats_the_best_constant(loss: str) -> None:
    d = (
        np.abs(X[:, :1])
        if loss == "poisson"
        else (X[:, :1] > 0.3).astype(float)
        if "cross" in loss
        else X[:, :1]
    )
    output = {"poisson": "exp", "binary_cross_entropy": "logistic"}.get(loss, "identity")
    best = yardsticks(X, d, LOSSES[loss], output).constant
    others = [
        LOSSES[loss].e(np.full_like(d, c), d).mean() for c in np.linspace(d.min() + 1e-6, d.max() - 1e-6, 500)
    ]
    assert best <= min(others) * (1 + 1e-3)


def test_the_best_constant_of_classes_is_their_entropy() -> None:
    D = np.eye(3)[[0] * 30 + [1] * 20 + [2] * 10]
    share = D.mean(axis=0)
    assert yardsticks(X, D, LOSSES["cross_entropy"], "softmax").constant == pytest.approx(
        -(share * np.log(share)).sum()
    )


def test_the_best_constant_of_a_quantile_is_that_quantile() -> None:
    loss = Quantile(0.9)
    best = loss.e(np.full(60, np.quantile(X[:, 0], 0.9)), X[:, 0]).mean()
    assert yardsticks(X, X[:, :1], loss, "identity").constant == pytest.approx(best, rel=0.02)


def test_neighbours_tell_noise_from_structure() -> None:
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (400, 1))
    noise = random.standard_normal((400, 1))
    assert yardsticks(x, noise, LOSSES["mse"], "identity").neighbour == pytest.approx(1, abs=0.15)
    assert yardsticks(x, np.sin(5 * x), LOSSES["mse"], "identity").neighbour < 0.01
    assert not yardsticks(x, noise, LOSSES["mse"], "identity").structured


def test_rows_of_weight_0_are_no_yardstick() -> None:
    random = np.random.default_rng(2)
    x, D = random.uniform(-1, 1, (200, 1)), random.standard_normal((200, 1))
    beside, weight = np.concatenate([x, x + 1e-9]), np.repeat([1.0, 0.0], 200)
    with_others = yardsticks(beside, np.concatenate([D, D]), LOSSES["mse"], "identity", weight)
    assert with_others == yardsticks(x, D, LOSSES["mse"], "identity", np.ones(200))


@pytest.mark.parametrize("penalty", [Penalty(), L2(0.3)])
def test_the_extreme_eigenvalues_are_those_of_the_hessian(penalty: Penalty) -> None:
    network, D = Network([3, 6, 2], seed=2), np.sin(X[:, :2])
    values = np.linalg.eigvalsh(network.hessian(X, D, penalty=penalty))
    found = bend(network, X, D, LOSSES["mse"], penalty)
    assert found.largest == pytest.approx(values[-1], rel=1e-3)
    assert found.smallest == pytest.approx(values[0], rel=0.05)
    assert found.edge == pytest.approx(2 / values[-1], rel=1e-3)


def test_a_network_that_overflows_has_no_curvature_and_does_not_raise() -> None:
    network = Network([3, 6, 6, 1], "relu", seed=2)
    network.theta[:] *= 1e160
    assert np.isnan(bend(network, X, X[:, :1], LOSSES["mse"], Penalty()).largest)


def born(network: Network, D: np.ndarray, loss: str = "mse") -> tuple[tuple[int, ...], str]:
    where, words = where_born(Case(network, X, D, LOSSES[loss]))
    return where.layers, words


def test_a_number_is_followed_to_the_layer_where_it_was_born() -> None:
    network = Network([3, 4, 4, 1], "relu", bias=False, seed=0)
    network.W[0][:] = 1.0
    network.W[1][:] = 1e308
    layers, words = born(network, X[:, :1])
    assert layers == (2,) and words.startswith("net^(1,2) overflows")


def test_an_error_that_overflows_though_every_output_is_finite_is_told_so() -> None:
    network = Network([3, 1], bias=False, seed=0)
    network.theta[:] *= 1e200
    assert born(network, X[:, :1]) == ((1,), "the error E overflows, though every output is finite")


def test_where_the_pass_is_finite_the_update_is_to_blame() -> None:
    layers, words = born(Network([3, 2, 1], seed=0), X[:, :1])
    assert layers == () and "the update" in words


@given(
    arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e150, 1e150)),
    st.floats(1e-6, 1e6),
)
def test_clipping_to_c_leaves_a_norm_of_at_most_c_and_the_direction(g: np.ndarray, c: float) -> None:
    clipped, size = Clipping(norm=c).apply(g), float(np.linalg.norm(g))
    assert np.linalg.norm(clipped) <= c * (1 + 4 * np.finfo(float).eps) or size <= c
    if size > c:
        np.testing.assert_allclose(clipped / c, g / size, rtol=1e-12, atol=1e-15)
    else:
        assert (clipped == g).all()


def test_the_gradients_noise_is_that_of_its_batches() -> None:
    network, d = Network([3, 1], seed=0), X[:, :1]
    history = History(1)
    history.extend(Burst(1, None, np.ones(1), np.zeros(1), np.ones((1, 1)), np.ones(1), np.array([2])), 0.0)
    settings = {"rule": "gradient", "batch_size": 15}
    case = Case(network, X, d, LOSSES["mse"], settings=settings, history=history)
    rows = np.random.default_rng(0).permutation(60)
    batches = [network.gradient(X[part], d[part]).theta for part in np.array_split(rows, 4)]
    whole = network.gradient(X, d).theta
    expected = np.mean([np.sum((g - whole) ** 2) for g in batches]) / (whole @ whole)
    assert Evidence(case).noise == pytest.approx(expected, rel=1e-9)
    assert np.isnan(Evidence(replace(case, settings={"rule": "gradient", "batch_size": "full"})).noise)
