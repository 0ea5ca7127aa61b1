"""The compiled Gauss-Newton matrix and Hessian, held to the equations' on the same table of cases."""

from __future__ import annotations

import numpy as np
import pytest
from tests.equations.curvature_cases import CASES, Case, make, relative

from deltarule.equations import backprop, curvature, output_curvature
from deltarule.equations.activations import ACTIVATIONS, activation
from deltarule.equations.shape import make_shape

pytest.importorskip("numba")

from deltarule.kernels import cholesky, gauss_newton, second_order

every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def parts(case: Case, exact: bool):
    trace = backprop.forward(case.shape, case.theta, case.X)
    output = activation(case.shape.activations[-1])
    given = (trace.net[-1], trace.o, case.D, case.loss, output, curvature.share(case.D, case.weight))
    A = output_curvature.exact(*given) if exact else output_curvature.gauss_newton(*given)
    delta = backprop.backward(
        case.shape,
        case.theta,
        trace,
        backprop.output_delta(case.shape, trace, case.D, case.loss, case.weight),
    ).delta
    return trace, A, delta


@every
def test_gauss_newton_equals_the_reference(case: Case) -> None:
    trace, A, _ = parts(case, exact=False)
    expected = curvature.gauss_newton(case.shape, case.theta, case.X, case.D, case.loss, None, case.weight)
    assert relative(second_order.matrix(case.shape, case.theta, trace, A), expected) < 1e-13


@every
def test_hessian_equals_the_reference(case: Case) -> None:
    trace, A, delta = parts(case, exact=True)
    expected = curvature.hessian(case.shape, case.theta, case.X, case.D, case.loss, None, case.weight)
    assert relative(second_order.matrix(case.shape, case.theta, trace, A, delta), expected) < 1e-13


@pytest.mark.parametrize("sizes", [[4, 6, 5, 2], [3, 4, 6, 5, 3]])
@pytest.mark.parametrize("bias", [True, False])
def test_tiles_of_a_deep_hessian_add_up(
    sizes: list[int], bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deltarule.kernels.deep_hessian.TILE", 300)
    case = make((sizes, "tanh", "softmax", "cross_entropy", bias, True), rows=61)
    trace, A, delta = parts(case, exact=True)
    expected = curvature.hessian(case.shape, case.theta, case.X, case.D, case.loss, None, case.weight)
    one, two = (second_order.matrix(case.shape, case.theta, trace, A, delta, n) for n in (1, 2))
    assert relative(one, expected) < 1e-13
    assert np.array_equal(one, one.T)
    assert np.array_equal(one, two)


@pytest.mark.parametrize("rows", [1, 127, 128, 129, 700])
def test_rows_beyond_the_tiles_are_counted_once(rows: int) -> None:
    case = make(([5, 20, 3], "tanh", "identity", "mse", True, True), rows=rows)
    trace, A, _ = parts(case, exact=False)
    expected = curvature.gauss_newton(case.shape, case.theta, case.X, case.D, case.loss, None, case.weight)
    assert relative(second_order.matrix(case.shape, case.theta, trace, A), expected) < 1e-13


def test_one_two_or_three_threads_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauss_newton, "PAYS", 1.0)
    case = make(([7, 30, 4, 2], "tanh", "identity", "mse", True, True), rows=301)
    trace, A, _ = parts(case, exact=False)
    one, two, three = (second_order.matrix(case.shape, case.theta, trace, A, threads=n) for n in (1, 2, 3))
    assert np.array_equal(one, two)
    assert np.array_equal(one, three)


def test_chunks_of_samples_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make(([7, 30, 2], "tanh", "identity", "mse", True, True), rows=301)
    trace, A, _ = parts(case, exact=False)
    expected = second_order.matrix(case.shape, case.theta, trace, A)
    monkeypatch.setattr(gauss_newton, "CHUNK", 1)
    assert relative(second_order.matrix(case.shape, case.theta, trace, A), expected) < 1e-14


def test_the_result_is_symmetric_to_the_last_bit() -> None:
    case = make(([5, 20, 3], "tanh", "softmax", "cross_entropy", True, True), rows=50)
    trace, A, delta = parts(case, exact=True)
    H = second_order.matrix(case.shape, case.theta, trace, A, delta)
    assert np.array_equal(H, H.T)
    assert make_shape([5, 20, 3]).size == len(H)


@pytest.mark.parametrize(("rows", "outputs"), [(1, 1), (31, 1), (100, 1), (40, 3), (75, 2), (464, 1)])
def test_sample_space_factor_equals_the_jacobians(rows: int, outputs: int) -> None:
    sample_gram = pytest.importorskip("deltarule.kernels.sample_gram")
    random = np.random.default_rng(0)
    R, width = rows * outputs, [(4, 9), (10, 5)]
    Y = [random.standard_normal((I, R)) for I, _ in width]
    rho = [random.standard_normal((J, R)) for _, J in width]
    c = [random.uniform(0.5, 2, I) for I, _ in width]
    B = np.hstack([(y.T[:, :, None] * r.T[:, None, :]).reshape(R, -1) for y, r in zip(Y, rho, strict=True)])
    weights = np.concatenate([np.repeat(part, J) for part, (_, J) in zip(c, width, strict=True)])
    one_thread, two_threads = [
        sample_gram.sample_factor(
            sample_gram.in_blocks(Y), sample_gram.in_blocks(rho), c, [J for _, J in width], R, threads
        )
        for threads in (1, 2)
    ]
    expected = np.eye(R) + (B / weights) @ B.T
    assert relative(one_thread.whole_inverse(), np.linalg.inv(expected)) < 1e-12
    assert one_thread.logarithm == pytest.approx(np.linalg.slogdet(expected)[1], rel=1e-13)
    assert np.array_equal(one_thread.inverse, two_threads.inverse)
    assert np.array_equal(one_thread.solve(Y[0][0]), two_threads.solve(Y[0][0]))
    V = np.linalg.inv(expected)
    sums = [np.einsum("in,nm,im->i", y, V * (r.T @ r), y) for y, r in zip(Y, rho, strict=True)]
    blocks = sample_gram.in_blocks(Y), sample_gram.in_blocks(rho), width
    for threads in (1, 2, 3):
        factor = cholesky.Factor(R, two_threads.panels, two_threads.inverse, threads)
        by_source, diagonal = sample_gram.known(factor, *blocks)
        assert by_source == pytest.approx(np.concatenate(sums), rel=1e-10, abs=1e-12)
        assert diagonal == pytest.approx(np.diag(V), rel=1e-11)
        assert np.array_equal(by_source, sample_gram.known(one_thread, *blocks)[0])


@every
def test_products_with_the_hessian_equal_the_reference(case: Case) -> None:
    hessian_vector = pytest.importorskip("deltarule.kernels.hessian_vector")
    trace, A, delta = parts(case, exact=True)
    stored = hessian_vector.StoredForward(case.shape, case.theta, trace, delta[-1], A)
    for seed in range(2):
        v = np.random.default_rng(seed).standard_normal(case.shape.size)
        expected = curvature.hessian_vector(case.shape, case.theta, trace, case.D, v, case.loss, case.weight)
        assert relative(hessian_vector.Blocks([stored]).product(v), expected) < 1e-13


@pytest.mark.parametrize("ends", [("softmax", "cross_entropy"), ("logistic", "mse")])
@pytest.mark.parametrize("bias", [True, False])
def test_products_with_the_hessian_go_over_many_tiles_of_rows(ends: tuple[str, str], bias: bool) -> None:
    hessian_vector = pytest.importorskip("deltarule.kernels.hessian_vector")
    case = make(([4, 70, 5, 3], "tanh", *ends, bias, True), rows=3 * hessian_vector.ROWS + 7)
    trace, A, delta = parts(case, exact=True)
    stored = hessian_vector.StoredForward(case.shape, case.theta, trace, delta[-1], A)
    v = np.random.default_rng(0).standard_normal(case.shape.size)
    expected = curvature.hessian_vector(case.shape, case.theta, trace, case.D, v, case.loss, case.weight)
    assert relative(hessian_vector.Blocks([stored]).product(v), expected) < 1e-13


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [a.name for a in ACTIVATIONS.values() if not a.output_only])
@pytest.mark.parametrize("bias", [True, False])
def test_the_compiled_forward_pass_is_the_equations(name: str, dtype: str, bias: bool) -> None:
    compiled = pytest.importorskip("deltarule.kernels.forward")
    random, shape = np.random.default_rng(0), make_shape([3, 7, 5, 1], name, bias=bias)
    theta, X = random.standard_normal(shape.size).astype(dtype), random.standard_normal((13, 3)).astype(dtype)
    found, expected = compiled.forward(shape, theta, X), backprop.forward(shape, theta, X)
    for ours, reference in zip(found.net + found.y, expected.net + expected.y, strict=True):
        assert ours.dtype == reference.dtype
        assert relative(ours, reference) < 20 * np.finfo(dtype).eps
