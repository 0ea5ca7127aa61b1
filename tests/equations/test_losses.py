import pickle

import numpy as np
import pytest

from deltarule.equations.activations import activation
from deltarule.equations.losses import LOSSES, Huber, Quantile, loss
from deltarule.errors import InputError, UnknownName

PAIRS = [
    (name, output) for name, l in LOSSES.items() for output in (l.outputs or ("identity", "tanh", "softmax"))
]


def targets(name: str, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    if name == "poisson":
        return random.poisson(2.0, shape).astype(float)
    if name == "binary_cross_entropy":
        return random.uniform(0, 1, shape)
    if name == "cross_entropy":
        return random.dirichlet(np.ones(shape[1]), shape[0])
    return random.standard_normal(shape)


@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_delta_is_the_derivative_of_the_error_by_net(name, output):
    random = np.random.default_rng(1)
    S, found = activation(output), LOSSES[name]
    net, D = random.standard_normal((5, 3)), targets(name, random, (5, 3))
    s = random.uniform(0.5, 2, 5)
    share = (s / s.sum())[:, None]

    def error(net):
        return float((share * found.per_output(net, S.S(net), D, S)).sum())

    delta, h = found.delta(net, S.S(net), D, S, share), 1e-6
    for place in np.ndindex(net.shape):
        e = np.zeros_like(net)
        e[place] = h
        assert (error(net + e) - error(net - e)) / (2 * h) == pytest.approx(delta[place], abs=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_first_and_second_derivative_by_the_output(name):
    random = np.random.default_rng(2)
    found = LOSSES[name]
    o, D = random.uniform(0.1, 0.9, (4, 3)), targets(name, random, (4, 3))
    h = 1e-6
    for f, f_prime in ((found.e, found.e_prime), (found.e_prime, found.e_second)):
        np.testing.assert_allclose((f(o + h, D) - f(o - h, D)) / (2 * h), f_prime(o, D), rtol=1e-6, atol=1e-8)


def test_mse_is_the_lectures_and_half_mse_its_half():
    o, d = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])
    assert LOSSES["mse"].e(o, d).sum() / 2 == (1 + 4 + 1 + 4) / 2
    assert LOSSES["half_mse"].e(o, d).sum() / 2 == (1 + 4 + 1 + 4) / 4


@pytest.mark.parametrize(
    ("name", "output"),
    [("binary_cross_entropy", "logistic"), ("cross_entropy", "softmax"), ("poisson", "exp")],
)
def test_the_natural_output_makes_delta_o_minus_d_and_agrees_with_the_general_form(name, output):
    random = np.random.default_rng(3)
    S, found = activation(output), LOSSES[name]
    net, D = random.standard_normal((6, 3)), targets(name, random, (6, 3))
    o = S.S(net)
    np.testing.assert_allclose(found.delta(net, o, D, S, 1.0), o - D, rtol=1e-12)
    np.testing.assert_allclose(found.per_output(net, o, D, S), found.e(o, D), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_error_and_delta_stay_finite_at_extreme_nets(name, output, dtype):
    S, found = activation(output), LOSSES[name]
    net = np.array([[-1e4, 1e4, 0.0], [1e4, -1e4, 50.0], [80.0, -80.0, 80.0]], dtype)
    if output == "exp":
        net = np.minimum(net, dtype(80))
    D = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        o = S.S(net)
        e, delta = found.per_output(net, o, D, S), found.delta(net, o, D, S, 1 / 3)
    assert np.isfinite(e).all() and np.isfinite(delta).all()
    assert e.dtype == delta.dtype == dtype


def test_certain_and_wrong_costs_the_whole_net_input():
    S = activation("softmax")
    net = np.array([[1000.0, 0.0]])
    assert LOSSES["cross_entropy"].per_output(net, S.S(net), np.array([[0.0, 1.0]]), S).sum() == 1000


def test_huber_is_quadratic_inside_and_linear_beyond_its_threshold():
    e = Huber(2.0).e(np.array([1.0, 2.0, 5.0]), np.zeros(3))
    assert e.tolist() == [0.5, 2.0, 8.0]


def test_quantile_of_a_constant_output_is_least_at_the_quantile():
    D = np.random.default_rng(4).standard_normal(1001)
    outputs = np.linspace(-2, 3, 2001)
    errors = [Quantile(0.9).e(np.full_like(D, o), D).mean() for o in outputs]
    assert outputs[int(np.argmin(errors))] == pytest.approx(np.quantile(D, 0.9), abs=0.01)


@pytest.mark.parametrize("made", [Huber(1.5), Quantile(0.1), LOSSES["mse"]], ids=lambda l: l.name)
def test_losses_compare_and_travel_between_processes(made):
    assert pickle.loads(pickle.dumps(made)) == made
    assert made != Huber(7.0)


def test_the_output_names_its_own_loss():
    assert [loss(None, o).name for o in ("identity", "logistic", "softmax", "exp")] == [
        "mse",
        "mse",
        "cross_entropy",
        "poisson",
    ]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: loss("msee"), "did you mean 'mse'"),
        (lambda: loss("cross_entropy", "identity"), "needs softmax outputs, this network's are identity"),
        (lambda: loss("poisson", "tanh"), "needs exp or softplus outputs"),
        (lambda: Huber(0), "above 0"),
        (lambda: Quantile(1.0), "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(call, said):
    with pytest.raises((InputError, UnknownName), match=said):
        call()
