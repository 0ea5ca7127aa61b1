"""NaN and infinity are seen in the step in which they arise, and that step is not taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba", reason="Numba is not installed: the equations answer alone")

from deltarule.descent.adaptive import Adam
from deltarule.descent.clipping import Clipping
from deltarule.descent.gradient import GradientDescent
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.shape import make_shape
from deltarule.equations.starts import start
from deltarule.objectives.network_error import NetworkError

# lanes, tiles with slots, tiles with one gradient
SHAPES = (
    (3, 4, 5, 2),
    (5, 20, 33, 3),
    (40, 300, 150, 12),
)


def objective(
    sizes: tuple[int, ...], hidden: str = "tanh", output: str = "identity", **more: Any
) -> tuple[NetworkError, Any]:
    random, shape = np.random.default_rng(0), make_shape(sizes, hidden, output)
    X, D = random.standard_normal((60, sizes[0])), random.random((60, sizes[-1]))
    f = NetworkError(shape, more.pop("X", X), D, find_loss("mse"), batch_size=10, shuffle=False, **more)
    return f, start("glorot", shape, random)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sizes", SHAPES)
def test_a_bad_weight_or_bias_of_any_layer_ends_the_burst(sizes: tuple[int, ...], value: float) -> None:
    f, theta = objective(sizes, "softplus")  # not tanh, which makes 1 of an infinite net
    for m in range(1, len(sizes)):
        for where in (f.shape.W_at(m), f.shape.b_at(m)):
            bad = theta.copy()
            bad[where.stop - 1] = value
            state = f.begin(bad, Adam())
            burst = f.advance(Adam(), state, 5, np.full(5, 0.01), Clipping())
            assert (burst.steps, burst.fault, state.step) == (0, "not finite", 0)
            np.testing.assert_array_equal(state.theta, bad)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "hidden",
    ["logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "identity"],
)
@pytest.mark.parametrize("sizes", SHAPES)
def test_a_bad_sample_ends_the_burst_before_its_step(
    sizes: tuple[int, ...], hidden: str, value: float
) -> None:
    X = np.random.default_rng(0).standard_normal((60, sizes[0]))
    X[35, 1] = value
    ends = []
    for engine in ("reference", "auto"):
        f, theta = objective(sizes, hidden, X=X, engine=engine)
        state = f.begin(theta, GradientDescent())
        with np.errstate(all="ignore"):
            burst = f.advance(GradientDescent(), state, 6, np.full(6, 0.01), Clipping())
        ends.append((burst.steps, burst.fault, state))
    (steps, fault, wanted), (seen_steps, seen_fault, found) = ends
    assert np.isfinite(found.theta).all()
    if steps < 6:
        assert (seen_steps, seen_fault) == (steps, fault)
        np.testing.assert_allclose(found.theta, wanted.theta, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("sizes", SHAPES)
def test_a_step_that_would_overflow_leaves_the_last_good_theta(sizes: tuple[int, ...]) -> None:
    f, theta = objective(sizes)
    state = f.begin(theta, GradientDescent())
    rates = np.array([0.01, 0.01, 1.7e308, 0.01])
    f.advance(GradientDescent(), state, 2, rates, Clipping())
    good = state.theta.copy()
    with np.errstate(all="ignore"):
        burst = f.advance(GradientDescent(), state, 2, rates[2:] * 1e3, Clipping())
    assert (burst.steps, burst.fault) == (0, "not finite")
    np.testing.assert_array_equal(state.theta, good)


def test_a_batch_of_weight_zero_moves_nothing() -> None:
    s = np.ones(60)
    s[:10] = 0
    f, theta = objective((5, 20, 3), sample_weight=s)
    state = f.begin(theta, GradientDescent())
    f.advance(GradientDescent(), state, 1, np.ones(1), Clipping())
    np.testing.assert_array_equal(state.theta, theta)


@pytest.mark.parametrize("sizes", [(3, 4, 2), (4, 32, 16, 4), (8, 64, 64, 1), (5, 40, 30)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_finite_is_not_left_behind_for_a_smaller_batch(
    sizes: tuple[int, ...], dtype: str
) -> None:
    """A tile is used again: rows beyond the new batch's hold what the old θ gave them."""
    random, shape, rule = np.random.default_rng(0), make_shape(sizes), GradientDescent()
    X, D = random.standard_normal((40, sizes[0])), random.random((40, sizes[-1]))
    theta = start("glorot", shape, random).astype(dtype)

    def last_batch(f: NetworkError) -> bytes:
        state = f.begin(theta, rule)
        state.position = 32
        burst = f.advance(rule, state, 1, np.full(1, 0.1), Clipping())
        assert burst.fault is None
        return state.theta.tobytes() + burst.error.tobytes()

    used, fresh = (
        NetworkError(shape, X, D, find_loss("mse", "identity"), None, None, 32, threads=1) for _ in "ab"
    )
    bad = used.begin(np.full_like(theta, np.nan), rule)
    assert used.advance(rule, bad, 1, np.full(1, 0.1), Clipping()).fault
    assert last_batch(used) == last_batch(fresh)
