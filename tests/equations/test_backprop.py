"""Every gradient against oracles that share no code with it: differences, complex steps, PyTorch's autograd."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.equations.oracles import agrees, central_difference

from deltarule import L1, L2, Elastic, Network
from deltarule.equations.activations import ACTIVATIONS, activation
from deltarule.equations.losses import LOSSES, Huber, Loss, Quantile

HIDDEN = [a.name for a in ACTIVATIONS.values() if not a.output_only]
PENALTIES = [None, L2(0.3), L1(0.2), Elastic(0.1, 0.4)]
LOSS_LIST = [*LOSSES.values(), Huber(0.4), Quantile(0.8)]


@st.composite
def problems(draw, losses=tuple(LOSS_LIST), hidden=tuple(HIDDEN)):
    sizes = draw(st.lists(st.integers(1, 9), min_size=2, max_size=7))
    loss: Loss = draw(st.sampled_from(losses))
    outputs = loss.outputs or (*hidden, "softmax", "exp")
    output = draw(st.sampled_from(outputs))
    names = draw(st.lists(st.sampled_from(hidden), min_size=len(sizes) - 2, max_size=len(sizes) - 2))
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    network = Network(sizes, names, output, draw(st.booleans()), "lecun", seed)
    network.theta[:] += 0.1 * random.standard_normal(len(network.theta))
    N, K = draw(st.integers(1, 6)), sizes[-1]
    X = random.uniform(-1, 1, (N, sizes[0]))
    D = targets(loss, random, N, K)
    s = random.uniform(0.2, 3, N) if draw(st.booleans()) else None
    return network, X, D, loss, draw(st.sampled_from(PENALTIES)), s


def targets(loss: Loss, random: np.random.Generator, N: int, K: int) -> np.ndarray:
    if loss.name == "poisson":
        return random.poisson(2, (N, K)).astype(float)
    if loss.name == "binary_cross_entropy":
        return random.integers(0, 2, (N, K)).astype(float)
    if loss.name == "cross_entropy":
        return random.dirichlet(np.ones(K), N)
    return random.standard_normal((N, K))


def near_a_kink(network: Network, X, D, loss: Loss, margin: float = 1e-3) -> bool:
    trace = network.forward(X)
    for name, net in zip(network.shape.activations, trace.net, strict=True):
        if any((np.abs(net - kink) < margin).any() for kink in activation(name).kinks):
            return True
        # smooth once only: the difference's own bound does not hold
        if name == "elu" and (np.abs(net) < margin).any():
            return True
    l = trace.o - D
    if loss.name == "huber" and (np.abs(np.abs(l) - loss.constants[0]) < margin).any():
        return True
    return any((np.abs(l - kink) < margin).any() for kink in loss.kinks)


@settings(max_examples=75, deadline=None)
@given(problems())
def test_gradient_equals_central_difference(problem):
    network, X, D, loss, penalty, s = problem
    assume(not near_a_kink(network, X, D, loss))
    assume(not (penalty and penalty.l1 and (np.abs(network.theta[network.shape.weight_mask()]) < 1e-3).any()))

    def error(theta):
        return Network.from_theta(network.shape, theta).error(X, D, loss, penalty, s)

    gradient = network.gradient(X, D, loss, penalty, s)
    difference, bound = central_difference(error, network.theta)
    assert agrees(gradient.theta, difference, bound)
    assert gradient.error == pytest.approx(error(network.theta), rel=1e-12, abs=1e-300)


ANALYTIC = tuple(a.name for a in ACTIVATIONS.values() if a.analytic and not a.output_only)
COMPLEX_LOSSES = {
    "mse": lambda o, d: (o - d) ** 2,
    "half_mse": lambda o, d: (o - d) ** 2 / 2,
    "binary_cross_entropy": lambda o, d: -d * np.log(o) - (1 - d) * np.log(1 - o),
    "cross_entropy": lambda o, d: -d * np.log(o),
    "poisson": lambda o, d: o - d * np.log(o),
}


@settings(max_examples=60, deadline=None)
@given(problems(tuple(l for l in LOSS_LIST if l.name in COMPLEX_LOSSES), ANALYTIC))
def test_gradient_equals_complex_step_through_the_analytic_twins(problem):
    network, X, D, loss, _penalty, s = problem
    shape, s = network.shape, np.ones(len(X)) if s is None else s

    def error(theta):
        W, b = shape.views(theta)
        y = X
        for m, name in enumerate(shape.activations):
            S = activation(name).complex_S
            assert S is not None
            y = S(y @ W[m] + (b[m] if shape.bias else 0))
        return (s @ COMPLEX_LOSSES[loss.name](y, D)).sum() / s.sum()

    expected = np.empty_like(network.theta)
    for p in range(len(expected)):
        theta = network.theta.astype(complex)
        theta[p] += 1e-30j
        expected[p] = error(theta).imag / 1e-30
    got = network.gradient(X, D, loss, None, s).theta
    assert agrees(got, expected, 1e-13 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "selu"])
def test_at_a_kink_the_stated_subgradient_is_taken(name):
    network = Network([1, 1], output=name)
    network.theta[:] = 0.0  # net = 0, the kink
    g = network.gradient([[1.0]], [1.0])
    left = {"relu": 0.0, "leaky_relu": 0.01, "selu": 1.0507009873554805 * 1.6732632423543772}[name]
    assert g.W[0][0, 0] == pytest.approx(-2 * left)


def test_mae_and_quantile_take_zero_where_the_error_is_zero():
    network = Network([1, 1])
    network.theta[:] = 1.0, 0.0
    for loss in ("mae", "quantile"):
        assert (network.gradient([[2.0]], [2.0], loss).theta == 0).all()


def test_float32_gradient_is_the_float64_one_to_its_digits():
    big = Network([5, 8, 8, 3], seed=2)
    small = Network.from_theta(big.shape, big.theta.astype(np.float32))
    X, D = (
        np.random.default_rng(0).standard_normal((2, 20, 5))[0],
        np.random.default_rng(1).standard_normal((20, 3)),
    )
    g = small.gradient(X, D, penalty=0.1)
    assert g.theta.dtype == np.float32
    assert all(part.dtype == np.float32 for part in (*g.delta, *small.forward(X).y, small.predict(X)))
    big.theta[:] = small.theta
    reference = big.gradient(X, D, penalty=0.1).theta
    assert np.linalg.norm(g.theta - reference) <= 1e-6 * np.linalg.norm(reference)


def test_sample_weights_count_like_repeated_samples():
    network = Network([2, 3, 2], seed=1)
    random = np.random.default_rng(0)
    X, D, s = random.standard_normal((4, 2)), random.standard_normal((4, 2)), np.array([1, 3, 0, 2])
    weighted = network.gradient(X, D, sample_weight=s)
    repeated = network.gradient(np.repeat(X, s, axis=0), np.repeat(D, s, axis=0))
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-13, atol=1e-16)
    assert weighted.error == pytest.approx(repeated.error, rel=1e-13)


@pytest.mark.compare
@settings(max_examples=150, deadline=None)
@given(problems())
def test_gradient_equals_pytorchs_autograd(problem):
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    network, X, D, loss, penalty, s = problem
    assume(not near_a_kink(network, X, D, loss, 1e-9))
    theta = torch.tensor(network.theta, requires_grad=True)
    shape = network.shape
    y, d = torch.tensor(X), torch.tensor(D)
    S = {
        "identity": lambda z: z, "logistic": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu, "selu": F.selu, "gelu": F.gelu, "silu": F.silu, "softplus": F.softplus, "exp": torch.exp,
        "softmax": lambda z: torch.softmax(z, 1),
    }  # fmt: skip
    for m, name in enumerate(shape.activations, 1):
        W, b = shape.W_at(m), shape.b_at(m)
        z = y @ theta[W].reshape(shape.sizes[m - 1], shape.sizes[m])
        y = S[name](z + theta[b] if shape.bias else z)
    c = loss.constants[0] if loss.constants else 1.0
    e = {
        "mse": lambda: (y - d) ** 2, "half_mse": lambda: (y - d) ** 2 / 2, "mae": lambda: (y - d).abs(),
        "huber": lambda: F.huber_loss(y, d, reduction="none", delta=c),
        "quantile": lambda: torch.maximum(c * (d - y), (1 - c) * (y - d)),
        "poisson": lambda: F.poisson_nll_loss(y, d, log_input=False, reduction="none", eps=0),
        "binary_cross_entropy": lambda: F.binary_cross_entropy(y, d, reduction="none"),
        "cross_entropy": lambda: -d * torch.log(y),
    }[loss.name]()  # fmt: skip
    weight = torch.ones(len(X), dtype=torch.float64) if s is None else torch.tensor(s)
    E = (weight @ e).sum() / weight.sum()
    if penalty:
        w = theta[torch.tensor(shape.weight_mask())]
        E = E + penalty.l1 * w.abs().sum() + penalty.l2 / 2 * (w * w).sum()
    E.backward()
    expected = theta.grad.numpy()
    got = network.gradient(X, D, loss, penalty, s).theta
    assert agrees(got, expected, 1e-11 * np.abs(expected).max())
