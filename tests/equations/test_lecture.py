"""The lecture's own network, 3-4-2: each of its formulas by name, in loops, for one and for several outputs."""

from math import exp

import numpy as np
import pytest

from deltarule import Network, train

N, I, J = 5, 3, 4
random = np.random.default_rng(3)
X = random.uniform(-1, 1, (N, I))


def S(net: float) -> float:
    return 1 / (1 + exp(-net))


@pytest.fixture(params=[1, 2], ids=["one output", "several outputs"])
def lecture(request):
    K = request.param
    network = Network.lecture([I, J, K], seed=1)
    D = np.random.default_rng(4).uniform(0, 1, (N, K))
    return network, D, K


def test_the_lectures_network_is_logistic_everywhere_and_has_no_bias():
    network = Network.lecture([3, 4, 2], seed=0)
    assert network.shape.activations == ("logistic", "logistic")
    assert network.b == []
    assert [w.shape for w in network.W] == [(3, 4), (4, 2)]


def test_net_nj_is_the_sum_of_w_ij_x_ni(lecture):
    network, _D, _K = lecture
    w = network.W[0]
    net = network.forward(X).net[0]
    for n in range(N):
        for j in range(J):
            assert net[n, j] == pytest.approx(sum(w[i, j] * X[n, i] for i in range(I)), rel=1e-13)


def test_y_nj_is_s_of_net_nj(lecture):
    network, *_ = lecture
    trace = network.forward(X)
    np.testing.assert_allclose(trace.y[1], np.vectorize(S)(trace.net[0]), rtol=1e-14)


def test_o_nk_is_s_of_the_sum_of_w_jk_y_nj(lecture):
    network, _D, K = lecture
    trace, w = network.forward(X), network.W[1]
    for n in range(N):
        for k in range(K):
            assert trace.o[n, k] == pytest.approx(
                S(sum(w[j, k] * trace.y[1][n, j] for j in range(J))), rel=1e-13
            )


def test_s_prime_is_s_times_one_minus_s():
    h = 1e-6
    for net in (-3.0, -0.2, 0.0, 1.5):
        assert (S(net + h) - S(net - h)) / (2 * h) == pytest.approx(S(net) * (1 - S(net)), abs=1e-10)


def test_mse_is_the_mean_over_n_of_the_sum_over_k_of_l_squared(lecture):
    network, D, K = lecture
    o = network.predict(X)
    E_n = [sum((o[n, k] - D[n, k]) ** 2 for k in range(K)) for n in range(N)]
    assert network.error(X, D) == pytest.approx(sum(E_n) / N, rel=1e-13)
    assert network.error(X, D, per_output=True).sum() == pytest.approx(network.error(X, D), rel=1e-13)


def test_gradient_of_an_output_weight_is_the_lectures_chain(lecture):
    """∂E/∂w_jk^(1,2) = (1/N) Σ_n 2 l_nk · S'(net_nk) · y_nj."""
    network, D, K = lecture
    trace, gradient = network.forward(X, D), network.gradient(X, D)
    o, y, l = trace.o, trace.y[1], trace.residual
    for j in range(J):
        for k in range(K):
            chain = sum(2 * l[n, k] * o[n, k] * (1 - o[n, k]) * y[n, j] for n in range(N)) / N
            assert gradient.W[1][j, k] == pytest.approx(chain, rel=1e-12)


def test_gradient_of_a_first_layer_weight_is_the_lectures_chain_summed_over_k(lecture):
    """∂E/∂w_ij^(0,1) = (1/N) Σ_n Σ_k 2 l_nk · S'(net_nk) w_jk · S'(net_nj) · x_ni."""
    network, D, K = lecture
    trace, gradient, w = network.forward(X, D), network.gradient(X, D), network.W[1]
    o, y, l = trace.o, trace.y[1], trace.residual
    for i in range(I):
        for j in range(J):
            chain = sum(
                2 * l[n, k] * o[n, k] * (1 - o[n, k]) * w[j, k] * y[n, j] * (1 - y[n, j]) * X[n, i]
                for n in range(N)
                for k in range(K)
            )
            assert gradient.W[0][i, j] == pytest.approx(chain / N, rel=1e-12)


def test_delta_is_the_derivative_by_net_with_the_1_over_n_inside(lecture):
    network, D, _K = lecture
    trace, gradient = network.forward(X, D), network.gradient(X, D)
    o, y = trace.o, trace.y[1]
    np.testing.assert_allclose(gradient.delta[1], 2 / N * (o - D) * o * (1 - o), rtol=1e-13)
    np.testing.assert_allclose(
        gradient.delta[0], (gradient.delta[1] @ network.W[1].T) * y * (1 - y), rtol=1e-13
    )


def test_an_update_is_minus_eta_times_the_gradient_and_lowers_the_error(lecture):
    network, D, _K = lecture
    gradient = network.gradient(X, D)
    before = network.theta.copy()
    step = network.step(X, D, learning_rate=0.5)
    np.testing.assert_allclose(
        np.concatenate([w.ravel() for w in step.dW]), -0.5 * gradient.theta, rtol=1e-10, atol=1e-17
    )
    np.testing.assert_array_equal(step.before, before)
    np.testing.assert_array_equal(step.after, network.theta)
    assert step.error_before == gradient.error
    assert step.error_after == network.error(X, D) < step.error_before


def test_full_batch_gradient_descent_repeats_the_single_steps(lecture):
    network, D, _K = lecture
    result = train(network, X, D, rule="gradient", learning_rate=0.5, batch_size="full", epochs=20)
    errors = []
    for _ in range(20):
        errors.append(network.step(X, D, learning_rate=0.5).error_before)
    np.testing.assert_allclose(result.network.theta, network.theta, rtol=1e-12)
    np.testing.assert_allclose(result.history.error, errors, rtol=1e-12)


def test_a_saturated_sigmoid_passes_almost_no_gradient_back():
    network = Network.lecture([3, 4, 2], seed=0)
    D = np.full((N, 2), 0.5)
    usual = np.abs(network.gradient(X, D).W[0]).max()
    network.W[0][:] *= 5000
    assert np.abs(network.gradient(X, D).W[0]).max() < 1e-3 * usual
