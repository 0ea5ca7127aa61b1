"""Error bars: the closed form of a linear model, stated coverage on rows never seen, and what has none."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule import Network, train
from deltarule.descent.error_bars import ErrorBars, error_bars
from deltarule.errors import InputError


def test_deviation_is_that_of_a_bayesian_line() -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((50, 2))
    d = X @ [1.0, -2.0] + 0.3 + 0.2 * random.standard_normal(50)
    result = train(Network([2, 1]), X, d, rule="evidence", epochs=300)
    bars = error_bars(result.network, X, d)
    alpha, beta = result.history["alpha"][-1], result.history["beta"][-1]
    B, new = np.hstack([X, np.ones((50, 1))]), np.array([[0.0, 0.0], [3.0, -1.0], [10.0, 10.0]])
    A = beta * B.T @ B + alpha * np.eye(3)
    at = np.hstack([new, np.ones((3, 1))])
    expected = np.sqrt(1 / beta + np.einsum("np,pq,nq->n", at, np.linalg.inv(A), at))
    assert bars.deviation(result.network, new)[:, 0] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("noise", ["normal", "heavy"])
def test_intervals_hold_as_many_new_rows_as_they_say(noise: str) -> None:
    inside = {0.5: [], 0.8: [], 0.95: []}
    for seed in range(5):
        random = np.random.default_rng(seed)
        X = random.uniform(-2, 2, (1200, 2))
        e = random.standard_normal(1200) if noise == "normal" else random.standard_t(3, 1200)
        d = np.sin(2 * X[:, 0]) * X[:, 1] + 0.2 * e
        network = train(Network([2, 8, 1], seed=seed), X[:200], d[:200], rule="evidence").network
        bars = error_bars(network, X[:200], d[:200])
        for level, found in inside.items():
            low, high = bars.interval(network, X[200:], level)
            found.append(((low[:, 0] <= d[200:]) & (d[200:] <= high[:, 0])).mean())
    for level, found in inside.items():
        assert np.mean(found) == pytest.approx(level, abs=0.06)


def test_a_line_pays_nothing_for_units_it_does_not_have() -> None:
    held = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        X = random.standard_normal((1040, 12))
        d = X @ random.standard_normal(12) + random.standard_normal(1040)
        network = train(Network([12, 1]), X[:40], d[:40], rule="evidence").network  # 13 weights of 40 rows
        low, high = error_bars(network, X[:40], d[:40]).interval(network, X[40:], 0.9)
        held.append(((low[:, 0] <= d[40:]) & (d[40:] <= high[:, 0])).mean())
    assert np.mean(held) == pytest.approx(0.9, abs=0.015)


def test_bars_widen_away_from_the_data() -> None:
    X = np.linspace(-1, 1, 60)[:, None]
    d = np.sin(3 * X[:, 0]) + 0.05 * np.random.default_rng(1).standard_normal(60)
    network = train(Network([1, 10, 1]), X, d, rule="evidence").network
    s = error_bars(network, X, d).deviation(network, [[0.0], [1.5], [3.0]])[:, 0]
    assert s[0] < s[1] < s[2]


def test_every_output_has_its_own() -> None:
    random = np.random.default_rng(2)
    X = random.uniform(-1, 1, (200, 1))
    D = np.hstack([X, X**2]) + random.standard_normal((200, 2)) * [0.01, 0.5]
    network = train(Network([1, 6, 2]), X, D, rule="evidence").network
    s = error_bars(network, X, D).deviation(network, [[0.0]])[0]
    assert s == pytest.approx([0.01, 0.5], rel=0.3)


def test_a_file_of_them_gives_them_back() -> None:
    X = np.linspace(-1, 1, 40)[:, None]
    network = train(Network([1, 5, 1]), X, X[:, 0] ** 2, rule="lm", epochs=20).network
    bars = error_bars(network, X, X[:, 0] ** 2)
    again = ErrorBars.from_bytes(bars.to_bytes())
    new = np.linspace(-2, 2, 9)[:, None]
    assert np.allclose(again.interval(network, new, 0.9), bars.interval(network, new, 0.9), rtol=1e-3)


def test_classes_and_impossible_levels_are_refused() -> None:
    X, c = np.random.default_rng(3).standard_normal((20, 2)), np.arange(20) % 2
    with pytest.raises(InputError, match="error bars are for numbers"):
        error_bars(Network([2, 3, 2], output="softmax"), X, c)
    network = Network([2, 3, 1])
    with pytest.raises(InputError, match="between 0 and 1"):
        error_bars(network, X, c.astype(float)).interval(network, X, 95)


def test_a_row_of_weight_zero_is_no_row() -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((50, 2))
    d, s = X[:, 0] + 0.2 * random.standard_normal(50), np.ones(50)
    network = train(Network([2, 1]), X, d, rule="evidence").network
    d[:10], s[:10] = d[:10] + 1000, 0
    weighted, left_out = error_bars(network, X, d, sample_weight=s), error_bars(network, X[10:], d[10:])
    for found, expected in zip(
        weighted.interval(network, X, 0.95), left_out.interval(network, X, 0.95), strict=True
    ):
        assert found == pytest.approx(expected, rel=1e-9)
