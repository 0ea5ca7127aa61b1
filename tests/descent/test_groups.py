"""Rows that belong together are left out together: held to fits without them, to single rows, to other equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule import Evidence, InputError, Network, samples, train
from deltarule.descent import left_out
from deltarule.descent.error_bars import error_bars
from deltarule.descent.evidence_search import weighted_half_mse
from deltarule.descent.held_out import set_apart
from deltarule.descent.left_out import (
    group_left_out,
    groups_left_out,
    left_out_together,
    line_error,
    of_groups,
)
from deltarule.descent.weight_groups import Strengths
from deltarule.equations.losses import LOSSES
from deltarule.objectives.network_error import NetworkError
from deltarule.objectives.quadratic import DenseQuadratic

RANDOM = np.random.default_rng(0)
N = 60
X = RANDOM.standard_normal((N, 3))
D = np.column_stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]]) + 0.3 * RANDOM.standard_normal((N, 2))
GROUPS = RANDOM.integers(0, 12, N)
S = RANDOM.uniform(0.5, 2, N)


def penalised(shape: Any, s: Any, beta: Any, alpha: float, groups: Any = GROUPS) -> NetworkError:
    penalty: Any = Strengths(np.full(shape.size, alpha))
    groups = np.unique(groups, return_inverse=True)[1]
    return NetworkError(shape, X, D, weighted_half_mse(beta), penalty, s, row_groups=groups)


@pytest.mark.parametrize("s", [None, S], ids=["plain", "weighted"])
def test_of_a_line_it_is_the_fit_without_the_group(s: Any) -> None:
    network, beta, alpha = Network([3, 2]), np.array([2.0, 5.0]), 0.01
    weights = np.ones(N) if s is None else s
    B = np.column_stack([X, np.ones(N)])

    def fitted(rows: np.ndarray, k: int) -> np.ndarray:
        share = beta[k] * weights[rows] / weights.sum()
        return np.linalg.solve(
            (B[rows].T * share) @ B[rows] + alpha * np.eye(4), (B[rows].T * share) @ D[rows, k]
        )

    whole = np.arange(N)
    network.theta[:] = np.column_stack([fitted(whole, k) for k in range(2)]).ravel()
    error = penalised(network.shape, s, beta, alpha)
    left = np.empty((N, 2))
    for rows in of_groups(error.row_groups):
        rest = np.setdiff1d(whole, rows)
        for k in range(2):
            left[rows, k] = B[rows] @ fitted(rest, k) - D[rows, k]
    expected = np.average(left * left, axis=0, weights=s)
    found = left_out_of(error, network.theta, beta, error.quadratic(network.theta))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("s", [None, S], ids=["plain", "weighted"])
def test_groups_of_one_row_are_rows_left_out(s: Any) -> None:
    rule = Evidence(outgoing=1.0)
    found = [
        train(Network([3, 6, 1], seed=1), X, D[:, 0], rule=rule, epochs=5, sample_weight=s, groups=groups)
        for groups in (None, np.arange(N))
    ]
    # the score of groups is the density of rows left out alone, that of rows its mean with ln p(D)
    rows, groups = found
    density = 2 * rows.history["log_score"][0] - rows.history["log_evidence"][0]
    assert groups.history["log_score"][0] == pytest.approx(density, rel=1e-9)


def left_out_of(*of: Any) -> Any:
    found = groups_left_out(*of)
    assert found is not None
    return found


def dense(error: NetworkError, theta: Any) -> DenseQuadratic:
    told, g, G = error._matrix(theta, exact=False)
    return DenseQuadratic(told, 0.0, g, G, error.penalty.curvature(error.weights))


@pytest.mark.parametrize("hidden", [3, 40])
def test_sample_space_and_weight_space_tell_the_same(hidden: int) -> None:
    network, beta = Network([3, hidden, 2], seed=2), np.array([2.0, 5.0])
    error = penalised(network.shape, S, beta, 0.05)
    sampled = error._sample_quadratic(network.theta, *error._all(), error.penalty.curvature(error.weights))
    told = [left_out_of(error, network.theta, beta, m) for m in (sampled, dense(error, network.theta))]
    np.testing.assert_allclose(told[0], told[1], rtol=1e-8)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(0, 999))
def test_both_equations_and_pieces_give_the_inverse(rows: int, size: int, K: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    Z = random.standard_normal((rows * K, size))
    Z *= 0.9 / max(np.linalg.norm(Z, 2), 1e-9)
    l = random.standard_normal((rows, K))
    expected = np.linalg.solve(np.eye(rows * K) - Z @ Z.T, l.ravel()).reshape(rows, K)

    def half(part: slice) -> Any:
        return Z[part.start * K : part.stop * K]

    np.testing.assert_allclose(group_left_out(half, l, size), expected, rtol=1e-9, atol=1e-12)


def test_a_large_group_is_told_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    network, beta = Network([3, 3, 2], seed=2), np.array([2.0, 5.0])
    error = penalised(network.shape, S, beta, 0.05, np.r_[np.zeros(50, int), np.arange(1, 11)])
    model = dense(error, network.theta)
    whole = left_out_of(error, network.theta, beta, model)
    monkeypatch.setattr(left_out, "BLOCK", 5 * 2 * network.shape.size)
    np.testing.assert_allclose(left_out_of(error, network.theta, beta, model), whole, rtol=1e-12)


def test_what_is_not_positive_is_told_at_most_twenty_times_as_large() -> None:
    l = np.array([3.0, 4.0])
    assert np.linalg.norm(left_out_together(np.zeros((2, 2)), l)) == pytest.approx(100)
    assert np.linalg.norm(left_out_together(-np.eye(2), l)) == pytest.approx(100)


def test_a_lines_error_leaves_out_groups_too() -> None:
    beta = np.ones(2)
    shape = Network([3, 2]).shape
    plain = NetworkError(shape, X, D, LOSSES["mse"])
    single = NetworkError(shape, X, D, LOSSES["mse"], row_groups=np.arange(N))
    assert line_error(single, beta, np.ones(N)) == pytest.approx(line_error(plain, beta, np.ones(N)))
    error = penalised(shape, None, beta, 0.0)
    B, left = np.column_stack([X, np.ones(N)]), np.empty((N, 2))
    for rows in of_groups(error.row_groups):
        rest = np.setdiff1d(np.arange(N), rows)
        left[rows] = B[rows] @ np.linalg.lstsq(B[rest], D[rest], rcond=None)[0] - D[rows]
    assert line_error(error, beta, np.ones(N)) <= np.sqrt(np.mean(left * left)) * (1 + 1e-9)


def patients(seed: int) -> tuple[np.ndarray, ...]:
    """40 patients of 6 rows each with their own level, which their inputs name but no other patient's tell."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(40), 6)
    inputs = random.standard_normal((40, 3))[who]
    level = random.standard_normal(40)[who]
    return inputs, level + 0.5 * inputs[:, 0] + 0.3 * random.standard_normal(240), who


def test_what_names_a_group_is_not_learnt_by_heart() -> None:
    inputs, d, who = patients(0)
    apart = who >= 30
    with_groups, without = (
        train(Network([3, 12, 1]), inputs[~apart], d[~apart], epochs=100, groups=groups).network
        for groups in (who[~apart], None)
    )
    told, by_heart = (
        float(np.mean((n.predict(inputs[apart])[:, 0] - d[apart]) ** 2)) for n in (with_groups, without)
    )
    assert told < 0.5 * by_heart
    bars = error_bars(with_groups, inputs[~apart], d[~apart], groups=who[~apart])
    low, high = bars.interval(with_groups, inputs[apart], 0.9)
    assert 0.8 <= float(np.mean((low[:, 0] < d[apart]) & (d[apart] < high[:, 0]))) <= 1


def test_a_share_held_out_is_whole_groups() -> None:
    shape, seconds = Network([3, 1]).shape, S
    found = set_apart(X, D[:, :1], seconds, 0.3, shape, LOSSES["mse"], 0, samples.groups(GROUPS, N))
    assert found.held is not None and found.groups is not None
    whose = {tuple(x): g for x, g in zip(X.tolist(), GROUPS.tolist(), strict=True)}
    trained, held = ({whose[tuple(x)] for x in rows.tolist()} for rows in (found.X, found.held.X))
    assert trained and held and not trained & held
    assert len(found.groups) == len(found.X) and found.groups.max() == len(trained) - 1
    assert len(found.X) + len(found.held.X) == N


def test_error_bars_of_single_rows_are_those_without_groups() -> None:
    network = train(Network([3, 6, 1], seed=1), X, D[:, 0], rule="evidence", epochs=20).network
    plain, single = (
        error_bars(network, X, D[:, 0], None, S, groups=groups) for groups in (None, np.arange(N))
    )
    np.testing.assert_allclose(single.quantiles, plain.quantiles, rtol=1e-8)


def test_a_large_groups_error_bars_are_told_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than weights: by the weights' equations, whole and in pieces, as by the rows' own."""
    network = train(Network([3, 2, 2], seed=1), X, D, rule="evidence", epochs=20).network
    groups = np.r_[np.zeros(50, int), np.arange(1, 11)]
    whole = error_bars(network, X, D, None, S, groups=groups).quantiles
    monkeypatch.setattr("deltarule.descent.error_bars.BLOCK", 7 * 2 * network.shape.size)
    np.testing.assert_allclose(error_bars(network, X, D, None, S, groups=groups).quantiles, whole, rtol=1e-9)
    monkeypatch.setattr("deltarule.descent.error_bars.BLOCK", 1)
    by_weights = error_bars(network, X, D, None, S, groups=np.arange(N) // 2).quantiles
    monkeypatch.undo()
    by_rows = error_bars(network, X, D, None, S, groups=np.arange(N) // 2).quantiles
    np.testing.assert_allclose(by_weights, by_rows, rtol=1e-7)


def test_whole_groups_of_weight_0_are_no_rows() -> None:
    s = np.where(GROUPS < 4, 0.0, 1.0)
    kept = s > 0
    rule = Evidence(outgoing=1.0)
    all_rows = train(Network([3, 4, 1]), X, D[:, 0], rule=rule, epochs=8, sample_weight=s, groups=GROUPS)
    some = train(Network([3, 4, 1]), X[kept], D[kept, 0], rule=rule, epochs=8, groups=GROUPS[kept])
    np.testing.assert_allclose(all_rows.network.theta, some.network.theta, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("loss", "output"), [("cross_entropy", "softmax"), ("poisson", "exp")])
def test_classes_and_counts_stop_by_groups_held_out(loss: str, output: str) -> None:
    errors = np.zeros(2)
    for seed in range(3):
        inputs, d, who = patients(seed)
        d = np.digitize(d, [0.0]) if output == "softmax" else np.floor(np.exp(1.5 * d))
        apart, network = who >= 30, Network([3, 20, 2 if output == "softmax" else 1], output=output)
        for at, groups in enumerate((who[~apart], None)):
            found = train(
                network, inputs[~apart], d[~apart], rule="evidence", loss=loss, groups=groups, epochs=40
            )
            assert np.isfinite(found.history.validation_error).all() == (groups is not None)
            errors[at] += found.network.error(inputs[apart], d[apart], loss)
    assert errors[0] < errors[1]


def test_the_bits_do_not_depend_on_threads() -> None:
    one, two = (
        train(Network([3, 30, 1]), X, D[:, 0], rule="evidence", epochs=6, groups=GROUPS, threads=threads)
        for threads in (1, 2)
    )
    assert one.network.theta.tobytes() == two.network.theta.tobytes()


def test_labels_of_every_kind_name_the_same_groups() -> None:
    whole = samples.groups(GROUPS, N)
    names = [f"patient {n}" for n in GROUPS]
    mixed = [n if at % 3 else float(n) for at, n in enumerate(GROUPS.tolist())]
    for labels in (
        GROUPS.astype(float),
        names,
        np.array(names),
        pandas.Series(names, index=range(7, 67)),
        mixed,
    ):
        np.testing.assert_array_equal(samples.groups(labels, N), whole)
    np.testing.assert_array_equal(samples.groups(["1", 1], 2), [0, 1])


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (np.zeros(60), "groups gives every row the same label"),
        (np.zeros(5), r"groups must have shape \(60,\), one label for each row of X; got \(5,\)"),
        ([None, *"a" * 59], r"groups has no label at groups\[0\]"),
        ([float("nan"), *range(59)], r"groups has no label at groups\[0\]"),
        (["p1", float("nan"), *"a" * 58], r"groups has no label at groups\[1\]"),
        (pandas.Series(["p1", None, *"a" * 58], dtype="string"), r"groups has no label at groups\[1\]"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(groups: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        train(Network([3, 2]), X, D, groups=groups)
