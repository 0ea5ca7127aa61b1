"""The compiled Cholesky factor, held to LAPACK's and to what a factor must fulfil."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.objectives import cholesky as plain

pytest.importorskip("numba")

from deltarule.kernels import cholesky

SIZES = [1, 2, 7, 8, 9, 31, 32, 33, 64, 65, 100, 257]


def matrix(n: int, condition: float = 1e3, seed: int = 0) -> np.ndarray:
    """Positive definite, with eigenvalues from 1 down to 1/condition."""
    random = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(random.standard_normal((n, n)))
    A = (Q * np.geomspace(1, 1 / condition, n)) @ Q.T
    return np.ascontiguousarray((A + A.T) / 2)


def upper(A: np.ndarray) -> np.ndarray:
    """A with what the factor must not read made NaN."""
    return np.where(np.tri(len(A), k=-1, dtype=bool), np.nan, A)


@pytest.mark.parametrize("n", SIZES)
def test_it_answers_as_lapack_does(n: int) -> None:
    A, random = matrix(n), np.random.default_rng(1)
    diagonal, scale, b = random.uniform(0, 1, n), random.uniform(0.5, 2, n), random.standard_normal(n)
    B = random.standard_normal((37, n))
    ours = cholesky.factor(upper(A), diagonal, scale)
    theirs = plain.factor(A, diagonal, scale)
    assert ours is not None and theirs is not None
    whole = scale[:, None] * A * scale + np.diag(diagonal)
    assert ours.logarithm == pytest.approx(np.linalg.slogdet(whole)[1], rel=1e-12, abs=1e-12)
    inverse = np.linalg.inv(whole)
    for found in (ours, theirs):
        assert found.solve(b) == pytest.approx(inverse @ b, rel=1e-9, abs=1e-11)
        assert found.squares(B) == pytest.approx(np.einsum("rn,nm,rm->r", B, inverse, B), rel=1e-10)
        assert found.inverse_diagonal() == pytest.approx(np.diag(inverse), rel=1e-10)
        assert found.whole_inverse() == pytest.approx(inverse, rel=1e-8, abs=1e-10)
        assert np.array_equal(found.whole_inverse(), found.whole_inverse().T)


@given(st.integers(1, 90), st.floats(0, 15), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_what_is_solved_is_solved_backwards_stably(n: int, digits: float, seed: int) -> None:
    A = matrix(n, 10**digits, seed)
    b = np.random.default_rng(seed).standard_normal(n)
    ridge = np.full(n, 1e-14 * n)
    found = cholesky.factor(A, ridge)
    assert found is not None
    x = found.solve(b)
    A += np.diag(ridge)
    # ‖Ax − b‖ ≤ c n ε ‖A‖ ‖x‖, however ill-conditioned A is (Higham 2002, theorem 10.4)
    assert np.linalg.norm(A @ x - b) <= 20 * n * 2.3e-16 * max(np.linalg.norm(x), np.linalg.norm(b))


@pytest.mark.parametrize("n", [5, 40, 200])
@pytest.mark.parametrize("where", [0, -1])
@pytest.mark.parametrize("bad", [-1.0, 0.0, np.nan])
def test_what_is_not_positive_definite_has_no_factor(n: int, where: int, bad: float) -> None:
    A = np.eye(n)
    A[where, where] = bad
    for threads in (1, 2, 3):
        assert cholesky.factor(A, np.zeros(n), threads=threads) is None


@pytest.mark.parametrize("size", [1e-300, 1e-100, 1e150])
def test_tiny_and_huge_matrices_are_solved(size: float) -> None:
    found = cholesky.factor(size * matrix(50), np.zeros(50))
    assert found is not None
    assert found.solve(size * np.ones(50)) == pytest.approx(
        np.linalg.solve(matrix(50), np.ones(50)), rel=1e-9
    )


@pytest.mark.parametrize("n", [200, 300])
def test_any_number_of_threads_gives_the_same_bits(n: int) -> None:
    A, B = matrix(n), np.random.default_rng(0).standard_normal((70, n))
    answers = []
    for threads in (1, 2, 3, 7):
        found = cholesky.factor(A, np.zeros(n), threads=threads)
        assert found is not None
        # more threads than it would take by itself
        found = cholesky.Factor(n, found.panels, found.inverse, threads)
        answers.append(
            (
                found.inverse,
                found.solve(B[0]),
                found.squares(B),
                found.inverse_diagonal(),
                found.whole_inverse(),
            )
        )
    for other in answers[1:]:
        for one, two in zip(answers[0], other, strict=True):
            assert np.array_equal(one, two)


def test_several_python_threads_may_factorise_at_once() -> None:
    A, b = matrix(260), np.ones(260)
    expected = cholesky.factor(A, np.zeros(260))
    assert expected is not None
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: cholesky.factor(A, np.zeros(260), threads=3), range(40)):
            assert found is not None and np.array_equal(found.solve(b), expected.solve(b))


def test_small_systems_are_lapacks_and_large_ones_compiled() -> None:
    small, large = cholesky.SMALL - 1, cholesky.SMALL
    assert isinstance(plain.factor(np.eye(small), np.zeros(small), compiled=True), plain.Lapack)
    assert isinstance(plain.factor(np.eye(large), np.zeros(large), compiled=True), cholesky.Factor)
    assert isinstance(plain.factor(np.eye(large), np.zeros(large)), plain.Lapack)
