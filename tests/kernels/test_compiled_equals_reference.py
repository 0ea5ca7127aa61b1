"""One table: the compiled telling and the equations give the same numbers, for every activation, loss, rule and cut."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="Numba is not installed: the equations answer alone")

from deltarule.descent.adaptive import AdaGrad, Adam, AdamW, NAdam, RMSprop
from deltarule.descent.clipping import Clipping
from deltarule.descent.gradient import GradientDescent, Momentum, Nesterov
from deltarule.equations.losses import Huber, Quantile
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import L1, L2, Elastic, Penalty
from deltarule.equations.shape import make_shape
from deltarule.equations.starts import start
from deltarule.kernels import machine, planning
from deltarule.objectives.network_error import NetworkError

HIDDEN = ("identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus")
# lanes, tiles, edges of every kind
SHAPES = (
    (3, 4, 2),
    (5, 20, 3),
    (2, 7, 33, 1),
    (6, 2),
    (17, 65, 9, 130, 5),
    (8, 64, 64, 1),
)
OUTPUTS = (
    ("identity", "half_mse"), ("identity", "mae"), ("identity", Huber(0.7)), ("identity", Quantile(0.8)),
    ("softplus", "poisson"), ("exp", "poisson"), ("logistic", "binary_cross_entropy"), ("softmax", "cross_entropy"),
    ("logistic", "mse"), ("exp", "mse"), ("tanh", "mae"), ("softmax", "mse"), ("softmax", "mae"),
)  # fmt: skip
RULES = (
    GradientDescent(), Momentum(), Nesterov(), AdaGrad(), RMSprop(), Adam(), AdamW(weight_decay=0.1), NAdam(),
)  # fmt: skip
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


def both(
    sizes: tuple[int, ...], hidden: str = "tanh", output: str = "identity", loss: Any = "mse", rule: Any = Adam(), *,
    batch: int = 32, N: int = 100, dtype: str = "float64", penalty: Penalty | None = None, weighted: bool = False,
    clip: Clipping = Clipping(), steps: int = 1, bias: bool = True, table: str | None = None, rate: float = 0.01,
    threads: int | None = 1, dropout: Any = None,
) -> tuple[Any, Any, Any, Any]:  # fmt: skip
    """The states and bursts of the reference and of the compiled engine, after the same steps from the same start."""
    random = np.random.default_rng(0)
    shape = make_shape(sizes, hidden, output, bias)
    X = random.standard_normal((N, sizes[0])).astype(table or dtype)
    D = random.random((N, sizes[-1]))
    if output == "softmax":
        D = np.eye(sizes[-1])[random.integers(0, sizes[-1], N)]
    if loss == "poisson":
        D = random.poisson(1.0, (N, sizes[-1]))
    s = random.random(N) + 0.1 if weighted else None
    theta = start("glorot", shape, random).astype(dtype)
    theta += 0.03 * random.standard_normal(len(theta)).astype(dtype)
    found = find_loss(loss, output)
    objectives = [
        NetworkError(
            shape, X, D.astype(table or dtype), found, penalty, s, batch, True, engine, threads, dropout
        )
        for engine in ("reference", "auto")
    ]
    assert objectives[1]._machine(theta.dtype, rule.code) is not None
    states = [f.begin(theta, rule, key=5) for f in objectives]
    rates = np.full(steps, rate)
    bursts = [f.advance(rule, state, steps, rates, clip) for f, state in zip(objectives, states, strict=True)]
    return states[0], states[1], bursts[0], bursts[1]


def assert_same(sizes: tuple[int, ...], *given: Any, **more: Any) -> None:
    tolerance = TOLERANCE[more.get("dtype", "float64")]
    wanted, found, told, seen = both(sizes, *given, **more)
    assert np.linalg.norm(found.theta - wanted.theta) <= tolerance * np.linalg.norm(wanted.theta)
    assert (found.order == wanted.order).all()
    assert (found.counter, found.position, found.step, found.epoch) == (
        wanted.counter,
        wanted.position,
        wanted.step,
        wanted.epoch,
    )
    np.testing.assert_allclose(found.error_sum, wanted.error_sum, rtol=10 * tolerance)
    assert (seen.steps, seen.fault) == (told.steps, told.fault)
    np.testing.assert_array_equal(seen.epoch_step, told.epoch_step)
    for name in ("error", "penalty", "gradient_norm", "learning_rate"):
        np.testing.assert_allclose(
            getattr(seen, name), getattr(told, name), rtol=30 * tolerance, err_msg=name
        )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=2, max_size=4), st.integers(1, 70), st.integers(1, 70),
    st.sampled_from(sorted(TOLERANCE)), st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_small_network_gives_the_references_steps_in_either_form(
    sizes: list[int], N: int, batch: int, dtype: str, bias: bool, in_lanes: bool
) -> None:
    """Forward and backward have two forms; which is the faster is not asked here. Adam, which makes a step of whole
    length of a rounding where a gradient is all but 0, has its own tests."""
    more = {
        "penalty": Elastic(0.01, 0.02),
        "clip": Clipping(0.5),
        "weighted": True,
        "steps": 2,
        "rule": Momentum(),
    }
    with (
        mock.patch.object(planning, "in_lanes", lambda *_: in_lanes),
        mock.patch.object(machine, "_cut", machine._cut.__wrapped__),
    ):
        assert_same(tuple(sizes), N=N, batch=batch, dtype=dtype, bias=bias, **more)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("sizes", SHAPES)
def test_every_activation_gives_the_references_step(sizes: tuple[int, ...], hidden: str, dtype: str) -> None:
    assert_same(sizes, hidden, dtype=dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
@pytest.mark.parametrize("sizes", [(3, 4, 2), (4, 20, 3), (5, 40, 12), (40, 40, 6)])
def test_every_loss_gives_the_references_step(
    sizes: tuple[int, ...], output: str, loss: Any, dtype: str
) -> None:
    assert_same(sizes, "tanh", output, loss, GradientDescent(), dtype=dtype, weighted=True)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 20, 3), (40, 36, 3), (150, 220, 10)])
def test_every_rule_gives_the_references_steps(sizes: tuple[int, ...], rule: Any, dtype: str) -> None:
    assert_same(sizes, rule=rule, dtype=dtype, rate=rule.learning_rate)
    if dtype == "float64":
        assert_same(sizes, rule=rule, dtype=dtype, rate=rule.learning_rate, steps=9)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    "penalty", [L1(0.01), L2(0.02), Elastic(0.01, 0.02)], ids=lambda p: f"l1={p.l1},l2={p.l2}"
)
@pytest.mark.parametrize(
    "clip", [Clipping(), Clipping(value=0.05), Clipping(norm=0.1), Clipping(0.05, 0.1)], ids=str
)
@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 20, 3), (30, 300, 150, 4)])
def test_penalties_and_limits_are_the_references(
    sizes: tuple[int, ...], penalty: Penalty, clip: Clipping, dtype: str
) -> None:
    assert_same(sizes, penalty=penalty, clip=clip, weighted=True, rule=Momentum(), dtype=dtype, steps=2)


@pytest.mark.parametrize("batch", [1, 7, 16, 33, 64, 100])
@pytest.mark.parametrize(
    "sizes", [(3, 4, 2), (5, 20, 3), (13, 50, 1), (8, 64, 64, 1), (200, 150, 200, 3), (530, 600, 270)]
)
def test_any_batch_size_and_its_remainder(sizes: tuple[int, ...], batch: int) -> None:
    steps = 2 * -(-100 // batch) + 1
    assert_same(sizes, batch=batch, steps=min(steps, 31) if max(sizes) > 500 else steps)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("dropout", [0.5, (0.0, 0.3, 0.2)])
@pytest.mark.parametrize("sizes", [(3, 4, 5, 6, 2), (17, 65, 9, 130, 5), (60, 400, 300, 40, 3)])
def test_dropout_leaves_out_the_units_that_the_reference_leaves_out(
    sizes: tuple[int, ...], dropout: Any, dtype: str
) -> None:
    assert_same(sizes, batch=33, N=100, steps=4, rate=1e-3, dropout=dropout, dtype=dtype)
    alone, shared = (both(sizes, batch=70, steps=4, dropout=dropout, threads=n)[1] for n in (1, 2))
    assert alone.theta.tobytes() == shared.theta.tobytes()


@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 20, 3), (40, 300, 150, 4)])
def test_no_bias_and_one_hundred_smooth_steps(sizes: tuple[int, ...]) -> None:
    assert_same(sizes, bias=False, steps=100)
    assert_same(sizes, steps=100, rule=GradientDescent())


def test_one_hundred_relu_steps_with_a_small_learning_rate() -> None:
    assert_same((5, 40, 3), "relu", steps=100, rule=GradientDescent(), rate=1e-3)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("table", TOLERANCE)
def test_tables_of_either_dtype_are_read_where_they_are(table: str, dtype: str) -> None:
    assert_same((5, 20, 3), dtype=dtype, table=table)


@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 20, 3), (784, 64, 10)])
def test_transposed_strided_and_reversed_tables(sizes: tuple[int, ...]) -> None:
    random, shape, rule = np.random.default_rng(1), make_shape(sizes), Adam()
    X, D = random.standard_normal((60, sizes[0])), random.random((60, sizes[-1]))
    wide = np.zeros((120, 2 * sizes[0]))
    wide[::2, ::2] = X
    views = [X, np.asfortranarray(X), wide[::2, ::2], np.ascontiguousarray(X[::-1])[::-1]]
    found = []
    for view in views:
        f = NetworkError(shape, view, np.asfortranarray(D), find_loss("mse"), batch_size=16)
        state = f.begin(start("glorot", shape, np.random.default_rng(2)), rule, key=3)
        f.advance(rule, state, 5, np.full(5, 0.01), Clipping())
        found.append(state.theta.copy())
    assert all((theta == found[0]).all() for theta in found)


@pytest.mark.parametrize(
    ("output", "sizes"),
    [("softmax", (2, 12, 2)), ("softmax", (3, 40, 12)), ("identity", (30, 300, 4)), ("identity", (4, 6, 1))],
)
@pytest.mark.parametrize("N", [1, 150, 5000])
def test_the_full_batch_gradient_is_the_references(output: str, sizes: tuple[int, ...], N: int) -> None:
    random, shape = np.random.default_rng(0), make_shape(sizes, "tanh", output)
    X = random.standard_normal((N, sizes[0]))
    D = np.eye(sizes[-1])[random.integers(0, sizes[-1], N)]
    theta = 0.3 * random.standard_normal(shape.size)
    values = [
        NetworkError(shape, X, D, find_loss(None, output), Elastic(0.1, 0.2), engine=e).gradient(theta)
        for e in ("reference", "auto")
    ]
    assert values[1][0] == pytest.approx(values[0][0], rel=1e-12)
    np.testing.assert_allclose(values[1][1], values[0][1], atol=1e-12 * float(np.linalg.norm(values[0][1])))


@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 20, 3), (40, 300, 150, 4)])
def test_one_objective_answers_bursts_and_full_gradients_in_turn(sizes: tuple[int, ...]) -> None:
    random, shape, rule = np.random.default_rng(0), make_shape(sizes), Adam()
    X, D = random.standard_normal((700, sizes[0])), random.random((700, sizes[-1]))
    f, plain = (
        NetworkError(shape, X, D, find_loss("mse"), batch_size=16, engine=e) for e in ("auto", "reference")
    )
    state = f.begin(start("glorot", shape, random), rule)
    for _ in range(3):
        f.advance(rule, state, 50, np.full(50, 0.01), Clipping())
        g = plain.gradient(state.theta)[1]
        np.testing.assert_allclose(f.gradient(state.theta)[1], g, atol=1e-12 * float(np.linalg.norm(g)))
