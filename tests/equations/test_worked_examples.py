"""Backpropagation worked by hand by others: their printed digits, from their starting weights."""

import numpy as np
import pytest

from deltarule import Network


def printed(value: float, figure: float, digits: int) -> None:
    assert abs(value - figure) <= 0.5 * 10.0**-digits * (1 + 1e-6), (value, figure)


def made(sizes, W, b=None, activation="logistic", output="logistic"):
    network = Network(sizes, activation, output, bias=b is not None)
    for m, w in enumerate(W):
        network.W[m][:] = w
        if b is not None:
            network.b[m][:] = b[m]
    return network


def mazur() -> Network:
    """mattmazur.com, 2015-03-17, 2-2-2; its rows of weights are per unit, ours per input."""
    return made(
        [2, 2, 2],
        [np.array([[0.15, 0.2], [0.25, 0.3]]).T, np.array([[0.4, 0.45], [0.5, 0.55]]).T],
        [[0.35, 0.35], [0.6, 0.6]],
    )


X, D, ETA = np.array([[0.05, 0.1]]), np.array([[0.01, 0.99]]), 0.5


def test_mazur_forward():
    trace = mazur().forward(X, D)
    printed(trace.net[0][0, 0], 0.3775, 4)
    for got, figure in zip(
        (*trace.y[1][0], *trace.o[0]), (0.593269992, 0.596884378, 0.75136507, 0.772928465), strict=True
    ):
        printed(got, figure, 8 if figure == 0.75136507 else 9)
    printed(trace.net[1][0, 0], 1.105905967, 9)
    parts = mazur().error(X, D, loss="half_mse", per_output=True)
    printed(parts[0], 0.274811083, 9)
    printed(parts[1], 0.023560026, 9)
    printed(mazur().error(X, D, loss="half_mse"), 0.298371109, 9)


def test_mazur_gradient():
    gradient = mazur().gradient(X, D, loss="half_mse")
    printed(gradient.W[1][0, 0], 0.082167041, 9)  # his w5
    printed(gradient.W[0][0, 0], 0.000438568, 9)  # his w1
    assert gradient.error == pytest.approx(0.298371108760003, abs=1e-15)


W2_AFTER = [[0.358916480, 0.408666186], [0.511301270, 0.561370121]]
W1_AFTER = [[0.149780716, 0.19956143], [0.24975114, 0.29950229]]


def descend(network, steps, biases):
    fixed = [b.copy() for b in network.b]
    for _ in range(steps):
        network.step(X, D, ETA, loss="half_mse")
        if not biases:
            for b, old in zip(network.b, fixed, strict=True):
                b[:] = old
    return network


def test_mazur_one_step_with_his_biases_left_alone():
    network = descend(mazur(), 1, biases=False)
    np.testing.assert_allclose(network.W[1].T, W2_AFTER, atol=0.6e-9)
    np.testing.assert_allclose(network.W[0].T, W1_AFTER, atol=0.6e-8)
    np.testing.assert_allclose(
        network.W[1].T.ravel(), [0.358916479718, 0.408666186076, 0.511301270239, 0.561370121108], atol=1e-12
    )
    np.testing.assert_allclose(
        network.W[0].T.ravel(), [0.149780716133, 0.199561432266, 0.249751143632, 0.299502287265], atol=1e-12
    )
    # the post prints 0.291027924, which is itself off by 1.5e-7
    assert network.error(X, D, loss="half_mse") == pytest.approx(0.291027773693599, abs=1e-15)


def test_mazur_one_step_with_the_biases_free():
    network = descend(mazur(), 1, biases=True)
    assert network.error(X, D, loss="half_mse") == pytest.approx(0.28047144679143, abs=1e-14)
    np.testing.assert_allclose(
        np.concatenate(network.b),
        [0.345614322655, 0.345022872647, 0.530750719186, 0.619049118258],
        atol=1e-12,
    )


@pytest.mark.slow
def test_mazur_ten_thousand_steps():
    network = descend(mazur(), 10_000, biases=False)
    assert network.error(X, D, loss="half_mse") == pytest.approx(3.51018778297885e-05, rel=1e-9)
    np.testing.assert_allclose(network.predict(X)[0], [0.015913620444, 0.984064273515], atol=1e-11)
    free = descend(mazur(), 10_000, biases=True)
    assert free.error(X, D, loss="half_mse") == pytest.approx(2.44756223593226e-06, rel=1e-9)


def test_schiendorfer_without_half_and_without_bias_to_twelve_digits():
    network = made([2, 2, 2], [np.array([[6.0, -2], [-3, 5]]).T, np.array([[1, 0.25], [-2, 2]]).T])
    x, d = [[3.0, 1.0]], [[1.0, 0.0]]
    trace = network.forward(x, d)
    np.testing.assert_allclose(trace.y[1][0], [0.999999887465, 0.017986209962], atol=1e-12)
    np.testing.assert_allclose(trace.o[0], [0.731941713369, 0.12303185591], atol=1e-12)
    printed(trace.o[0, 0], 0.73, 2)
    printed(trace.o[0, 1], 0.12, 2)
    gradient = network.gradient(x, d)
    assert gradient.error == pytest.approx(0.08699208259994781, abs=1e-12)
    np.testing.assert_allclose(gradient.W[0].T[1], [0.0014201436720081408, 0.0004733812240027136], atol=1e-12)
    np.testing.assert_allclose(
        gradient.W[0].T[0], [-5.343814836653229e-08, -1.781271612217743e-08], atol=1e-12
    )
    np.testing.assert_allclose(
        gradient.W[1].T,
        [[-0.10518769048825163, -0.0018919280994576303], [0.02654904571226164, 0.0004775167642113309]],
        atol=1e-12,
    )


def test_scikit_learns_3_2_1_step():
    # sklearn/neural_network/tests/test_mlp.py::test_fit: log-loss, eta 0.1, alpha 0.1, target 0
    network = made(
        [3, 2, 1],
        [[[0.1, 0.2], [0.3, 0.1], [0.5, 0.0]], [[0.1], [0.2]]],
        [[0.1, 0.1], [1.0]],
        activation="logistic",
    )
    network.step([[0.6, 0.8, 0.7]], [0.0], 0.1, loss="binary_cross_entropy", penalty=0.1)
    np.testing.assert_allclose(
        network.W[0], [[0.098, 0.195756], [0.2956664, 0.096008], [0.4939998, -0.002244]], atol=5e-4
    )
    np.testing.assert_allclose(network.W[1].ravel(), [0.04706, 0.154089], atol=5e-4)
    np.testing.assert_allclose(network.b[0], [0.098333, 0.09626], atol=5e-4)
    np.testing.assert_allclose(network.b[1], [0.9235], atol=5e-4)
    np.testing.assert_allclose(
        network.W[0],
        [
            [0.097999271019, 0.195754546693],
            [0.295665694692, 0.096006062257],
            [0.493832482855, -0.002619695525],
        ],
        atol=1e-12,
    )
    np.testing.assert_allclose(network.b[1], [0.9234547978090479], atol=1e-12)
    assert network.predict([[0.6, 0.8, 0.7]])[0, 0] == pytest.approx(0.7394919180486681, abs=1e-12)
    printed(network.predict([[0.6, 0.8, 0.7]])[0, 0], 0.739, 3)


def test_primelearnpoint_2_2_1_without_bias():
    network = made([2, 2, 1], [np.array([[0.2, 0.2], [0.3, 0.3]]).T, [[0.3], [0.9]]])
    trace = network.forward([[0.35, 0.7]], [1.0])
    for got, figure, digits in zip(
        (*trace.net[0][0], *trace.y[1][0], trace.net[1][0, 0], trace.o[0, 0]),
        (0.21, 0.315, 0.5523, 0.5781, 0.686, 0.6651),
        (2, 3, 4, 4, 3, 4),
        strict=True,
    ):
        printed(got, figure, digits)
    assert network.error([[0.35, 0.7]], [1.0], loss="half_mse") == pytest.approx(
        0.05608783347059641, abs=1e-15
    )
