"""A network error's second-order answers, and its damped model in either space, held to the equations."""

from __future__ import annotations

import numpy as np
import pytest
from tests.equations.curvature_cases import CASES, TABLE, Case, make, relative

from deltarule import Network, train
from deltarule.equations import curvature
from deltarule.equations.output_curvature import residuals_each
from deltarule.equations.penalties import L2
from deltarule.errors import InputError, TooLarge
from deltarule.objectives.network_error import NetworkError
from deltarule.objectives.quadratic import DenseQuadratic
from deltarule.objectives.sample_space import SampleQuadratic

every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
FUSED_PAIRS = (("softmax", "cross_entropy"), ("logistic", "binary_cross_entropy"), ("exp", "poisson"))
SQUARES = [row for row in TABLE if row[3] in ("mse", "half_mse")]
FUSED = [row for row in TABLE if row[2:4] in FUSED_PAIRS]


def objective(case: Case) -> NetworkError:
    return NetworkError(case.shape, case.X, case.D, case.loss, case.penalty, case.weight)


@every
def test_hessian_vector_is_the_hessian_times_the_vector(case: Case) -> None:
    f, v = objective(case), np.random.default_rng(1).standard_normal(case.shape.size)
    assert relative(f.hessian_vector(case.theta, v), f.hessian(case.theta) @ v) < 1e-12
    assert relative(f.gauss_newton_vector(case.theta, v), f.gauss_newton(case.theta) @ v) < 1e-12


@pytest.mark.parametrize("row", SQUARES, ids=str)
def test_error_is_the_sum_of_squared_residuals(row: tuple) -> None:
    case = make(row)
    f = objective(case)
    r, J = f.residuals(case.theta), f.jacobian(case.theta)
    assert relative(r @ r, f.error(case.theta)) < 1e-13
    slope = 2 * r @ J + case.penalty.gradient(case.theta, case.shape.weight_mask())
    assert relative(slope, f.gradient(case.theta)[1]) < 1e-12


@pytest.mark.parametrize("row", SQUARES + FUSED, ids=str)
@pytest.mark.parametrize("mu", [1e-6, 1e-2, 10.0])
def test_sample_space_and_weight_space_take_the_same_step(row: tuple, mu: float) -> None:
    case = make(row, seed=5, rows=4)
    f = NetworkError(case.shape, case.X, case.D, case.loss, L2(0.3), case.weight)
    sample = f.quadratic(case.theta)
    each = residuals_each(case.shape, case.loss)
    assert isinstance(sample, SampleQuadratic) == (each * len(case.D) < case.shape.size)
    G = curvature.gauss_newton(case.shape, case.theta, case.X, case.D, case.loss, None, case.weight)
    value, g = f.gradient(case.theta)
    ridge = 0.3 * case.shape.weight_mask()
    dense = DenseQuadratic(f.error(case.theta), 0.0, g, G, ridge)
    assert relative(sample.error + sample.penalty, value) < 1e-13
    assert relative(sample.gradient, g) < 1e-12
    assert relative(sample.step(mu), dense.step(mu)) < 1e-8
    x = np.random.default_rng(2).standard_normal(len(g))
    assert relative(sample.bend(x), dense.bend(x)) < 1e-12


def test_two_classes_have_one_equation_a_sample_and_certain_rows_none_that_overflow() -> None:
    case = make(([3, 5, 2], "tanh", "softmax", "cross_entropy", True, False), rows=4)
    D = np.eye(2)[[0, 1, 1, 0]]
    for size in (1.0, 300.0):  # net inputs of hundreds: probabilities of 0 and 1
        f = NetworkError(case.shape, case.X, D, case.loss, L2(0.1))
        model = f.quadratic(size * case.theta)
        assert isinstance(model, SampleQuadratic)
        assert model.residuals.shape == (4,)
        assert relative(model.gradient, f.gradient(size * case.theta)[1]) < 1e-9
        x = model.step(1e-3)
        assert x is not None
        assert np.isfinite(x).all()


def test_the_step_leaves_a_damped_model_without_slope() -> None:
    case = make(TABLE[5])
    model = objective(case).quadratic(case.theta)
    x = model.step(0.01)
    assert relative((model.G + np.diag(model.ridge) + 0.01 * np.eye(len(x))) @ x, -model.gradient) < 1e-10


def test_a_matrix_that_is_not_positive_gives_no_step() -> None:
    assert DenseQuadratic(0.0, 0.0, np.ones(2), np.diag([1.0, -1.0]), np.zeros(2)).step(0.1) is None
    assert DenseQuadratic(0.0, 0.0, np.ones(2), np.full((2, 2), np.nan), np.zeros(2)).step(0.1) is None


def test_a_loss_without_residuals_says_so() -> None:
    case = make(TABLE[5])
    with pytest.raises(InputError, match="'cross_entropy' is no sum of squares"):
        objective(case).residuals(case.theta)


@pytest.mark.parametrize("row", [TABLE[0], TABLE[5], TABLE[8]], ids=str)
@pytest.mark.parametrize("rows", [60, 300])
def test_compiled_and_plain_matrices_agree_on_blocks_of_rows(
    row: tuple, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_order = pytest.importorskip("deltarule.kernels.second_order")
    monkeypatch.setattr(second_order, "pays", lambda shape, rows: True)
    monkeypatch.setattr("deltarule.objectives.network_curvature.ROWS", 128)
    case = make(row, rows=rows)
    compiled, plain = objective(case), objective(case)
    plain.engine = "reference"
    assert relative(compiled.hessian(case.theta), plain.hessian(case.theta)) < 1e-13
    assert relative(compiled.gauss_newton(case.theta), plain.gauss_newton(case.theta)) < 1e-13
    one, other = compiled.quadratic(case.theta), plain.quadratic(case.theta)
    assert relative(one.error, other.error) < 1e-13
    assert relative(one.gradient, other.gradient) < 1e-13


def test_a_kept_forward_pass_is_not_used_at_another_theta(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr("deltarule.objectives.network_curvature.STORED_FROM", 1)
    monkeypatch.setattr("deltarule.objectives.network_curvature.BLOCK", 16)
    case = make(TABLE[2], rows=60)
    f, plain = objective(case), objective(case)
    plain.engine = "reference"
    v, other = np.ones(f.size), case.theta + 0.1
    for theta in (case.theta, other, case.theta):
        assert relative(f.hessian_vector(theta, v), plain.hessian_vector(theta, v)) < 1e-13


@pytest.mark.parametrize("rule", ["lm", "evidence", "gauss_newton"])
def test_a_model_of_residuals_that_would_not_fit_is_refused(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deltarule.equations.memory.available", lambda: 20_000_000)
    X = np.random.default_rng(0).standard_normal((2500, 20))
    with pytest.raises(TooLarge, match="residuals"):
        train(Network([20, 300, 1]), X, X[:, 0], rule=rule, epochs=1)
