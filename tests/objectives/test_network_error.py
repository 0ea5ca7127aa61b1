import numpy as np
import pytest

from deltarule import L2, Network
from deltarule.descent.adaptive import Adam
from deltarule.descent.clipping import Clipping
from deltarule.descent.gradient import GradientDescent
from deltarule.equations.losses import LOSSES
from deltarule.objectives.network_error import NetworkError

random = np.random.default_rng(0)
X, D = random.standard_normal((11, 2)), random.standard_normal((11, 1))
NETWORK = Network([2, 4, 1], seed=1)


def objective(**settings) -> NetworkError:
    return NetworkError(NETWORK.shape, X, D, LOSSES["mse"], L2(0.1), engine="reference", **settings)


def rates(n, rate=0.05):
    return np.full(n, rate)


def test_value_and_gradient_are_the_networks():
    value, g = objective().gradient(NETWORK.theta)
    expected = NETWORK.gradient(X, D, penalty=0.1)
    assert value == pytest.approx(expected.error, rel=1e-14)
    np.testing.assert_allclose(g, expected.theta, rtol=1e-13)
    assert objective().value(NETWORK.theta) == pytest.approx(value, rel=1e-14)


def test_an_epoch_uses_every_sample_once_and_its_error_is_the_mean_over_samples():
    f = objective(batch_size=4, shuffle=False)
    state = f.begin(NETWORK.theta, GradientDescent())
    burst = f.advance(GradientDescent(), state, 3, rates(3, 1e-12), Clipping())
    assert (state.epoch, state.position, burst.steps, len(burst.error)) == (1, 0, 3, 1)
    assert burst.error[0] == pytest.approx(NETWORK.error(X, D), rel=1e-9)
    assert burst.penalty[0] == pytest.approx(NETWORK.error(X, D, penalty=0.1) - NETWORK.error(X, D), rel=1e-9)


def test_a_run_is_the_same_bits_however_it_is_cut_into_bursts():
    whole, cut = objective(batch_size=3), objective(batch_size=3)
    one, many = (f.begin(NETWORK.theta, Adam(), key=5) for f in (whole, cut))
    burst = whole.advance(Adam(), one, 10, rates(10), Clipping())
    errors = np.concatenate([cut.advance(Adam(), many, n, rates(n), Clipping()).error for n in (1, 2, 4, 3)])
    assert (one.theta == many.theta).all()
    assert (burst.error == errors).all()
    assert (one.counter, one.position, one.step) == (many.counter, many.position, many.step)


def test_batches_follow_the_drawn_order_and_differ_from_epoch_to_epoch():
    f = objective(batch_size=4)
    state = f.begin(NETWORK.theta, GradientDescent(), key=5)
    orders = []
    for _ in range(3):
        f.advance(GradientDescent(), state, 3, rates(3), Clipping())
        orders.append(state.order.copy())
    assert all(sorted(o) == list(range(11)) for o in orders)
    assert (orders[0] != orders[1]).any() and (orders[1] != orders[2]).any()


def test_a_value_that_is_not_finite_ends_the_burst_before_its_step():
    f = objective(batch_size=4)
    f.D = np.where(np.arange(11)[:, None] == 7, 1e200, D)  # its square is not a finite number
    state = f.begin(NETWORK.theta, GradientDescent(), key=5)
    with np.errstate(over="ignore"):
        burst = f.advance(GradientDescent(), state, 9, rates(9), Clipping())
    assert burst.fault == "not finite"
    assert burst.steps == state.step < 3
    assert np.isfinite(state.theta).all()


def test_a_batch_whose_weights_are_all_zero_moves_nothing_but_by_the_penalty():
    s = np.ones(11)
    s[:4] = 0
    f = NetworkError(NETWORK.shape, X, D, LOSSES["mse"], None, s, 4, shuffle=False, engine="reference")
    state = f.begin(NETWORK.theta, GradientDescent())
    f.advance(GradientDescent(), state, 1, rates(1), Clipping())
    assert (state.theta == NETWORK.theta).all()


def test_float32_samples_are_used_where_they_are():
    f = NetworkError(NETWORK.shape, X.astype(np.float32), D, LOSSES["mse"], engine="reference")
    assert f.X.dtype == np.float32
    assert f.gradient(NETWORK.theta)[1].dtype == np.float64
