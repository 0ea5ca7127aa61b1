"""Second derivatives, held to differences of our gradient, to SymPy, PyTorch and JAX, and to one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.equations.curvature_cases import CASES, SMOOTH, Case, differenced_hessian, relative

from deltarule.equations import backprop, curvature
from deltarule.equations.losses import LOSSES
from deltarule.equations.shape import Shape, make_shape
from deltarule.errors import TooLarge

every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
smooth = pytest.mark.parametrize("case", SMOOTH, ids=lambda case: case.name)


def whole(case: Case) -> np.ndarray:
    return curvature.hessian(case.shape, case.theta, case.X, case.D, case.loss, case.penalty, case.weight)


@every
def test_hessian_equals_differences_of_the_gradient(case: Case) -> None:
    jumps = {"relu", "leaky_relu", "selu", "elu", "huber"} & {*case.shape.activations, case.loss.name}
    # a long step would cross a jump of the second derivative
    h, tolerance = (1e-6, 1e-7) if jumps else (1e-3, 1e-8)
    assert relative(whole(case), differenced_hessian(case, h)) < tolerance


@every
def test_hessian_is_symmetric_to_the_last_bit(case: Case) -> None:
    H = whole(case)
    assert np.array_equal(H, H.T)


@every
def test_hessian_vector_equals_hessian_times_vector(case: Case) -> None:
    v = np.random.default_rng(7).standard_normal(case.shape.size)
    trace = backprop.forward(case.shape, case.theta, case.X)
    Hv = curvature.hessian_vector(case.shape, case.theta, trace, case.D, v, case.loss, case.weight)
    assert relative(Hv + case.penalty.curvature(case.shape.weight_mask()) * v, whole(case) @ v) < 1e-12


@every
def test_diagonal_is_the_hessians(case: Case) -> None:
    found = curvature.diagonal(case.shape, case.theta, case.X, case.D, case.loss, case.penalty, case.weight)
    assert relative(found, np.diag(whole(case))) < 1e-12


@every
def test_gauss_newton_vector_equals_gauss_newton_times_vector(case: Case) -> None:
    v = np.random.default_rng(8).standard_normal(case.shape.size)
    trace = backprop.forward(case.shape, case.theta, case.X)
    G = curvature.gauss_newton(case.shape, case.theta, case.X, case.D, case.loss, None, case.weight)
    assert (
        relative(
            curvature.gauss_newton_vector(case.shape, case.theta, trace, case.D, v, case.loss, case.weight),
            G @ v,
        )
        < 1e-12
    )


@every
def test_gauss_newton_is_the_jacobians_square_and_never_negative(case: Case) -> None:
    G = curvature.gauss_newton(case.shape, case.theta, case.X, case.D, case.loss, None, case.weight)
    fused = case.loss.fused(_output(case.shape))
    J = curvature.jacobian(case.shape, case.theta, case.X, of="net" if fused else "o")
    o = backprop.forward(case.shape, case.theta, case.X).o
    s = np.ones(len(case.X)) / len(case.X) if case.weight is None else case.weight / case.weight.sum()
    if not fused:
        A = case.loss.e_second(o, case.D)[:, :, None] * np.eye(o.shape[1])
    elif case.loss.name == "cross_entropy":
        A = case.D.sum(1)[:, None, None] * (
            o[:, :, None] * np.eye(o.shape[1]) - o[:, :, None] * o[:, None, :]
        )
    else:
        A = (o * (1 - o) if case.loss.name == "binary_cross_entropy" else o)[:, :, None] * np.eye(o.shape[1])
    expected = np.einsum("n,nkp,nkl,nlq->pq", s, J, A, J)
    assert relative(G, expected) < 1e-12
    assert np.linalg.eigvalsh(G).min() > -1e-12 * (1 + np.abs(G).max())


@smooth
def test_jacobian_equals_differences_of_the_outputs(case: Case) -> None:
    J = curvature.jacobian(case.shape, case.theta, case.X)
    h = 1e-3
    for p in range(0, case.shape.size, 5):
        step = np.zeros(case.shape.size)
        step[p] = h
        o = [backprop.forward(case.shape, case.theta + k * step, case.X).o for k in (1, -1, 2, -2)]
        assert relative(J[:, :, p], (8 * (o[0] - o[1]) - (o[2] - o[3])) / (12 * h)) < 1e-9


def test_gradient_of_mse_is_two_over_n_jacobian_times_error() -> None:
    case = CASES[0]
    o = backprop.forward(case.shape, case.theta, case.X).o
    J = curvature.jacobian(case.shape, case.theta, case.X)
    assert relative(np.einsum("nkp,nk->p", J, o - case.D) * 2 / len(o), case.gradient(case.theta)) < 1e-13


def test_hessian_does_not_depend_on_the_row_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[2]
    expected = whole(case)
    monkeypatch.setattr(curvature, "TILE", 200)
    assert relative(whole(case), expected) < 1e-14


@pytest.mark.slow
def test_second_derivatives_of_a_2_2_1_network_equal_sympys() -> None:
    sympy = pytest.importorskip("sympy")
    shape = make_shape([2, 2, 1], "tanh", "logistic")
    theta = np.linspace(-0.7, 0.9, shape.size)
    X, D = np.array([[0.3, -1.2], [0.8, 0.5]]), np.array([[0.2], [0.7]])
    t = sympy.symbols(f"t0:{shape.size}")
    E = 0
    for x, d in zip(X, D, strict=True):
        y = [sympy.tanh(x[0] * t[j] + x[1] * t[2 + j] + t[4 + j]) for j in range(2)]
        E += (1 / (1 + sympy.exp(-(y[0] * t[6] + y[1] * t[7] + t[8]))) - d[0]) ** 2 / 2
    expected = np.array(sympy.lambdify(t, sympy.hessian(E, t), "numpy")(*theta), dtype=float)
    assert relative(curvature.hessian(shape, theta, X, D, LOSSES["mse"]), expected) < 1e-12


def test_a_matrix_that_cannot_fit_is_refused_in_one_sentence() -> None:
    shape = make_shape([3000, 3000, 1])
    with pytest.raises(TooLarge, match=r"9006001 × 9006001 .* use hessian_vector"):
        curvature.hessian(shape, np.zeros(shape.size), np.zeros((2, 3000)), np.zeros((2, 1)), LOSSES["mse"])
    with pytest.raises(TooLarge, match="Jacobian of 1000000 samples"):
        curvature.jacobian(shape, np.zeros(shape.size), np.broadcast_to(np.zeros(3000), (1_000_000, 3000)))


def _output(shape: Shape) -> Any:
    from deltarule.equations.activations import activation

    return activation(shape.activations[-1])


def _forward(np_like: Any, case: Case, theta: Any) -> tuple[Any, Any]:
    """net^(L) and o in another library's arrays, from its own functions."""
    named = {
        "identity": lambda z: z, "tanh": np_like.tanh, "logistic": lambda z: 1 / (1 + np_like.exp(-z)),
        "exp": np_like.exp,
        "softplus": lambda z: np_like.log(1 + np_like.exp(z)), "silu": lambda z: z / (1 + np_like.exp(-z)),
        "softmax": lambda z: np_like.exp(z) / np_like.exp(z).sum(-1)[:, None],
        "gelu": lambda z: 0.5 * z * (1 + np_like.erf(z / 2**0.5)),
        "elu": lambda z: np_like.where(z > 0, z, np_like.exp(z) - 1),
    }  # fmt: skip
    y, net, at = np_like.asarray(case.X), None, 0
    for m in range(1, case.shape.layers + 1):
        I, J = case.shape.sizes[m - 1], case.shape.sizes[m]
        net = y @ theta[at : at + I * J].reshape(I, J)
        at += I * J
        if case.shape.bias:
            net = net + theta[at : at + J]
            at += J
        y = named[case.shape.activations[m - 1]](net)
    return net, y


def _error(np_like: Any, case: Case, theta: Any) -> Any:
    _, o = _forward(np_like, case, theta)
    d, l = np_like.asarray(case.D), o - np_like.asarray(case.D)
    e = {
        "mse": lambda: l * l, "half_mse": lambda: l * l / 2, "mae": lambda: abs(l),
        "huber": lambda: np_like.where(abs(l) <= 1, l * l / 2, abs(l) - 0.5),
        "quantile": lambda: np_like.where(l > 0, 0.5 * l, -0.5 * l),
        "binary_cross_entropy": lambda: -d * np_like.log(o) - (1 - d) * np_like.log(1 - o),
        "cross_entropy": lambda: -d * np_like.log(o), "poisson": lambda: o - d * np_like.log(o),
    }[case.loss.name]().sum(-1)  # fmt: skip
    s = np_like.asarray(np.ones(len(case.X)) if case.weight is None else case.weight)
    w = theta[np_like.asarray(np.flatnonzero(case.shape.weight_mask()))]
    return (s * e).sum() / s.sum() + case.penalty.l1 * abs(w).sum() + case.penalty.l2 * (w * w).sum() / 2


@pytest.mark.compare
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
@smooth
def test_hessian_equals_pytorchs(case: Case) -> None:
    torch = pytest.importorskip("torch")
    torch.erf = torch.special.erf
    theta = torch.tensor(case.theta, dtype=torch.float64)
    assert relative(whole(case), torch.func.hessian(lambda t: _error(torch, case, t))(theta).numpy()) < 1e-8


@pytest.mark.compare
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # JAX's own
@smooth
def test_hessian_equals_jaxs(case: Case) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)

    class Numbers:
        erf = staticmethod(jax.scipy.special.erf)

        def __getattr__(self, name: str) -> Any:
            return getattr(jax.numpy, name)

    # in parts it would be compiled longer
    theirs = jax.jit(jax.hessian(lambda t: _error(Numbers(), case, t)))
    assert relative(whole(case), np.asarray(theirs(case.theta))) < 1e-8
