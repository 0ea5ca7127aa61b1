"""Evidence: its γ and ln p(D) against explicit matrices, and what it finds on data whose answer is known."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from deltarule import L2, Network, descend, train
from deltarule.descent.evidence import Evidence
from deltarule.descent.evidence_search import weighted_half_mse
from deltarule.descent.output_units import OutputUnits
from deltarule.descent.training import Training
from deltarule.descent.weight_groups import Groups, Strengths
from deltarule.equations import curvature
from deltarule.equations.losses import LOSSES
from deltarule.equations.shape import make_shape
from deltarule.errors import InputError
from deltarule.objectives.network_error import NetworkError
from deltarule.objectives.objective import State
from deltarule.objectives.quadratic import DenseQuadratic
from deltarule.objectives.sample_space import SampleQuadratic


def problem(N: int, K: int = 1, seed: int = 0) -> tuple[NetworkError, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    shape = make_shape([3, 6, K])
    theta, beta = random.standard_normal(shape.size), random.uniform(1, 20, K)
    alpha = random.uniform(0.01, 2, 5)[Groups.of(shape, "inputs").index % 5]
    f = NetworkError(
        shape,
        random.standard_normal((N, 3)),
        random.standard_normal((N, K)),
        weighted_half_mse(beta),
        Strengths(alpha / N),
    )
    return f, theta, alpha, beta


@pytest.mark.parametrize(
    ("N", "K", "form"),
    [(9, 1, SampleQuadratic), (90, 1, DenseQuadratic), (5, 2, SampleQuadratic), (60, 2, DenseQuadratic)],
)
def test_gamma_is_the_sum_over_eigenvalues_and_the_determinant_theirs(N: int, K: int, form: type) -> None:
    f, theta, alpha, beta = problem(N, K)
    model = f.quadratic(theta)
    assert isinstance(model, form)
    gamma, logarithm = model.effective()
    J = curvature.jacobian(f.shape, theta, f.X)
    G = np.einsum("nkp,k,nkq->pq", J, beta, J)
    scaled = G / np.sqrt(np.outer(alpha, alpha))
    values = np.linalg.eigvalsh(scaled)
    assert gamma.sum() == pytest.approx(float((values / (values + 1)).sum()), rel=1e-8)
    each = np.diag(np.linalg.solve(G + np.diag(alpha), G))
    groups = Groups.of(f.shape, "inputs")
    assert groups.sums(gamma) == pytest.approx(groups.sums(each), rel=1e-8)
    assert logarithm + f.size * np.log(N) == pytest.approx(
        np.linalg.slogdet(G + np.diag(alpha))[1], rel=1e-10
    )


@pytest.mark.parametrize("N", [9, 90])
def test_a_reweighted_model_is_that_of_the_reweighted_objective(N: int) -> None:
    f, theta, alpha, beta = problem(N)
    strengths = 3 * alpha[::-1] if N > 20 else 3 * alpha
    other = NetworkError(f.shape, f.X, f.D, weighted_half_mse(2.5 * beta), Strengths(strengths / N))
    found, expected = f.quadratic(theta).reweighted(2.5, strengths / N, theta), other.quadratic(theta)
    assert found.error + found.penalty == pytest.approx(expected.error + expected.penalty, rel=1e-12)
    assert np.allclose(found.gradient, expected.gradient, rtol=1e-10)
    assert np.allclose(found.step(1e-3), expected.step(1e-3), rtol=1e-6)
    assert found.effective()[0] == pytest.approx(expected.effective()[0], abs=1e-9)


def test_log_evidence_is_that_of_a_linear_model_in_closed_form() -> None:
    random = np.random.default_rng(3)
    X = random.standard_normal((40, 2))
    d = X @ [1.0, -2.0] + 0.5 + 0.3 * random.standard_normal(40)
    result = train(Network([2, 1], seed=0), X, d, rule=Evidence(tolerance=1e-12, outgoing=1), epochs=200)
    alpha, beta = result.history["alpha"][-1], result.history["beta"][-1]
    B = np.hstack([X, np.ones((40, 1))])
    covariance = np.eye(40) / beta + B @ B.T / alpha  # of d, the weights integrated out
    expected = -0.5 * (
        40 * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1] + d @ np.linalg.solve(covariance, d)
    )
    assert result.history["log_evidence"][-1] == pytest.approx(expected, rel=1e-8)
    # and no other α and β explain the data better
    for a, b in (
        (1.1, 1.0),
        (0.9, 1.0),
        (1.0, 1.1),
        (1.0, 0.9),
    ):
        other = np.eye(40) / (b * beta) + B @ B.T / (a * alpha)
        lower = -0.5 * (40 * np.log(2 * np.pi) + np.linalg.slogdet(other)[1] + d @ np.linalg.solve(other, d))
        assert lower < expected


@pytest.mark.parametrize(
    ("output", "loss"), [("softmax", None), ("logistic", "binary_cross_entropy"), ("exp", "poisson")]
)
def test_classes_and_counts_need_no_beta(output: str, loss: str | None) -> None:
    random = np.random.default_rng(7)
    X = random.standard_normal((150, 2))
    inside = (X[:, 0] ** 2 + X[:, 1] ** 2 < 1.2).astype(float)
    K = 2 if output == "softmax" else 1
    D = (
        inside.astype(int)
        if output == "softmax"
        else random.poisson(1 + 3 * inside)
        if output == "exp"
        else inside
    )
    result = train(Network([2, 12, K], output=output, seed=0), X, D, rule="evidence", loss=loss)
    assert "beta" not in result.history.names
    assert 3 < result.history["gamma"][-1] < 45
    assert np.isfinite(result.history["log_evidence"]).all()
    if output != "exp":
        guess = result.network.predict(X)[:, -1] > 0.5
        assert (guess == inside).mean() > 0.95


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_network_smoothed_flat_is_begun_again(seed: int) -> None:
    random = np.random.default_rng(seed)
    X = random.uniform(-1.7, 1.7, (64, 2))
    d = (X**2).sum(axis=1) + 0.2 * random.standard_normal(64)
    d = (d - d.mean()) / d.std()
    result = train(Network([2, 50, 1], seed=seed), X, d, epochs=100)
    assert "evidence" in result.reason
    assert result.history["gamma"].min() < 0.1  # it had been flat
    assert result.history.error[-1] < 0.1
    assert result.history["log_evidence"][-1] > result.history["log_evidence"].min() + 20


# five starts of either size: `python -m benchmarks.waves`
@pytest.mark.parametrize(("hidden", "seed"), [(10, 0), (10, 1), (50, 0)])
def test_waves_are_followed_which_look_like_noise_to_a_line(hidden: int, seed: int) -> None:
    random, t = np.random.default_rng(3), np.arange(200.0)
    wave = np.sin(t / 10) + 0.05 * random.standard_normal(200)
    X, d = (t - t.mean())[:, None] / t.std(), (wave - wave.mean()) / wave.std()
    assert (
        train(Network([1, hidden, 1], seed=seed), X, d, rule="evidence", epochs=60).history.error[-1] < 0.02
    )
    Z = random.uniform(-1.7, 1.7, (300, 2))  # beside a line, which is found at once
    d = Z[:, 0] + np.sin(3 * np.pi / 1.7 * Z[:, 1]) + 0.1 * random.standard_normal(300)
    assert train(Network([2, hidden, 1], seed=seed), Z, d, rule="evidence").history.error[-1] < 0.03


def test_twelve_seasons_beside_a_trend_are_followed() -> None:
    random, t = np.random.default_rng(0), np.arange(480.0)
    d = 0.01 * t + 3 * np.sin(2 * np.pi * t / 40) + 0.3 * random.standard_normal(480)
    X, d = (t - t.mean())[:, None] / t.std(), (d - d.mean()) / d.std()
    assert train(Network([1, 50, 1]), X, d, rule="evidence", epochs=200).history.error[-1] < 0.03


@pytest.mark.parametrize("classes", [False, True])
def test_a_product_of_inputs_under_noise_is_followed_and_the_noise_is_not(classes: bool) -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((1400, 6))
    d = X[:, 0] * X[:, 1] + 0.5 * random.standard_normal(1400)
    if classes:
        D = np.eye(2)[(d > 0).astype(int)]
        network = train(Network([6, 30, 2], output="softmax"), X[:500], D[:500], rule="evidence").network
        assert network.error(X[500:], D[500:], "cross_entropy") < 0.55  # 0.69 where nothing is learnt
    else:
        d = d / d.std()
        network = train(Network([6, 30, 1]), X[:500], d[:500], rule="evidence").network
        assert network.error(X[500:], d[500:]) < 0.4  # 0.2 is the noise's, 1 the mean's


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_a_target_that_is_a_line_leaves_hidden_units_to_another(noise: float) -> None:
    random = np.random.default_rng(0)
    X, e = random.standard_normal((200, 3)), random.standard_normal((200, 2))
    D = np.stack([2 * np.sin(X[:, 0]) + X[:, 1] ** 2 + 0.1 * e[:, 0], X[:, 0] + X[:, 1] + noise * e[:, 1]], 1)
    D = (D - D.mean(0)) / D.std(0)
    result = train(Network([3, 50, 2]), X, D, rule="evidence")
    left = np.mean((result.network.predict(X) - D) ** 2, axis=0)
    assert left[0] < 0.01 and left[1] < 1e-5


def test_groups_are_told_apart_before_a_line_is_done() -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((60, 40))
    d = X[:, 0] - X[:, 1] + 0.1 * random.standard_normal(60)
    of_inputs = train(Network([40, 1]), X, d, rule=Evidence(groups="inputs"))
    w = np.abs(of_inputs.network.W[0][:, 0])
    assert w[:2].min() > 0.9 and w[2:].max() < 0.1
    assert w[2:].sum() < 0.5 * np.abs(train(Network([40, 1]), X, d, rule="evidence").network.W[0][2:]).sum()


def test_noise_alone_stays_flat() -> None:
    random = np.random.default_rng(0)
    X, d = random.standard_normal((64, 2)), random.standard_normal(64)
    result = train(Network([2, 20, 1], seed=0), X, d, rule="evidence", epochs=300)
    first = int(np.argmax(result.history["gamma"] < 0.1))
    assert result.outcome.name == "converged"
    assert len(result.history) > first + 10  # the second beginning was tried,
    assert result.history["gamma"][-1] < 3  # and given up
    assert np.abs(result.network.predict(X)).max() < 0.5


@pytest.mark.parametrize("output", ["softmax", "logistic"])
def test_two_classes_of_many_columns_converge(output: str) -> None:
    random = np.random.default_rng(4)
    X = random.standard_normal((300, 20))
    c = (X[:, 0] + X[:, 1] * X[:, 2] + 0.3 * random.standard_normal(300) > 0).astype(int)
    K, loss = (2, None) if output == "softmax" else (1, "binary_cross_entropy")
    network = Network([20, 30, K], output=output, seed=0)
    result = train(network, X, c, rule="evidence", loss=loss, epochs=300)
    assert result.outcome.name == "converged"
    assert np.isfinite(result.history["log_evidence"]).all()


def test_gamma_loses_nothing_where_strengths_and_curvatures_differ_by_many_powers_of_ten() -> None:
    random = np.random.default_rng(5)
    Q = np.linalg.qr(random.standard_normal((40, 40)))[0]
    values = np.logspace(-12, 4, 40)
    alpha = np.full(40, 1e-4)
    model = DenseQuadratic(1.0, 0.0, np.zeros(40), (Q * values) @ Q.T, alpha)
    found = model.effective()
    assert found is not None
    assert found[0].sum() == pytest.approx((values / (values + 1e-4)).sum(), rel=1e-7)
    assert found[1] == pytest.approx(np.log(values + 1e-4).sum(), rel=1e-7)


def test_a_weight_of_two_is_the_sample_twice() -> None:
    random = np.random.default_rng(8)
    X, d = random.standard_normal((60, 2)), random.standard_normal(60)
    s = np.where(np.arange(60) < 30, 2.0, 0.0)
    rule = Evidence()
    one = train(Network([2, 4, 1], seed=0), X, d, rule=rule, sample_weight=s, epochs=15)
    other = train(Network([2, 4, 1], seed=0), X[:30], d[:30], rule=rule, epochs=1)
    assert one.history["beta"][0] == pytest.approx(other.history["beta"][0], rel=0.5)
    assert np.isfinite(one.network.theta).all()


def test_a_perfect_fit_bounds_beta_and_ends() -> None:
    X = np.linspace(-1, 1, 30)[:, None]
    result = train(Network([1, 3, 1], seed=0), X, 2 * X[:, 0], rule="evidence", epochs=300)
    assert result.history["beta"][-1] <= 1.0001 / (1e-5 * (2 * X).std()) ** 2
    assert np.isfinite(result.network.theta).all()


@pytest.mark.parametrize("groups", ["layers", "inputs"])
def test_groups_that_have_not_begun_to_move_are_not_switched_off(groups: str) -> None:
    random = np.random.default_rng(9)
    X = random.uniform(-2, 2, (150, 1))
    d = np.sin(2 * X[:, 0]) + 0.05 * random.standard_normal(150)
    result = train(Network([1, 12, 1], seed=0), X, d, rule=Evidence(groups=groups), epochs=150)
    assert result.history.error[-1] < 0.005


def test_a_penalty_or_a_loss_without_likelihood_is_refused() -> None:
    X, d = np.zeros((4, 1)), np.zeros(4)
    with pytest.raises(InputError, match="evidence finds the penalty itself"):
        train(Network([1, 2, 1]), X, d, rule="evidence", penalty=L2(0.1))
    with pytest.raises(InputError, match="not 'mae'"):
        train(Network([1, 2, 1]), X, d, rule="evidence", loss="mae")
    assert LOSSES["mse"].name == "mse"


@pytest.mark.parametrize(("N", "hidden"), [(60, 30), (120, 6)])  # sample space, and G in memory
@pytest.mark.parametrize("cost", [1.0, 1.5])
def test_each_output_pays_for_the_weights_that_it_determines(N: int, hidden: int, cost: float) -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((N, 3))
    D = np.stack([np.sin(2 * X[:, 0]), np.cos(X[:, 1])], 1) + random.standard_normal((N, 2)) * [0.1, 0.5]
    result = train(
        Network([3, hidden, 2], seed=0),
        X,
        D,
        rule=Evidence(tolerance=1e-9, cost=cost, outgoing=1),
        epochs=1500,
    )
    alpha, beta = result.history["alpha"][-1], np.array([result.history[f"beta {k}"][-1] for k in (1, 2)])
    J = curvature.jacobian(result.network.shape, result.network.theta, X)
    A = np.einsum("nkp,k,nkq->pq", J, beta, J) + alpha * np.eye(J.shape[2])
    gamma = beta * np.einsum("nkp,pq,nkq->k", J, np.linalg.inv(A), J)
    sse = ((result.network.predict(X) - D) ** 2).sum(axis=0)
    beyond_a_line = 1 - (3 + 1) * 2 / gamma.sum()
    assert beta == pytest.approx((N - (1 + (cost - 1) * beyond_a_line) * gamma) / sse, rel=0.03)


@pytest.mark.parametrize(("rows", "columns", "hidden"), [(100, 50, 10), (60, 30, 10)])
def test_many_columns_and_few_rows_end_in_about_a_line(rows: int, columns: int, hidden: int) -> None:
    """Noise and network once chased each other, γ from 2 to 47 and back, the noise up to three times the targets."""
    random = np.random.default_rng(0)
    w = np.arange(1, columns + 1) / np.linalg.norm(np.arange(1, columns + 1))
    X, Z = random.standard_normal((rows, columns)), random.standard_normal((1000, columns))
    d = X @ w + 0.3 * random.standard_normal(rows)
    result = train(Network([columns, hidden, 1], seed=0), X, d, rule="evidence", epochs=500)
    assert result.outcome.name == "converged"
    assert np.mean((result.network.predict(Z)[:, 0] - Z @ w) ** 2) < 0.25  # a line has 0.09, nothing 1
    assert result.history["beta"].min() >= 1 / np.var(d) * (1 - 1e-9)


def test_an_output_of_little_noise_is_not_taken_for_one_without() -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((60, 3))
    D = np.stack([np.sin(2 * X[:, 0]), np.cos(X[:, 1])], 1) + random.standard_normal((60, 2)) * [0.1, 0.5]
    history = train(Network([3, 50, 2]), X, D, rule="evidence", epochs=500).history
    assert 0.05 < history["beta 1"][-1] ** -0.5 < 0.2 and 0.3 < history["beta 2"][-1] ** -0.5 < 0.8


def test_evidence_is_for_networks() -> None:
    with pytest.raises(InputError, match="networks"):
        descend("x1**2", [2.0], rule="evidence")


def followed(outgoing: float | None, N: int, seed: int = 0) -> tuple[NetworkError, Any]:
    """A function of one steep edge and a slope, and the search after eight iterations."""
    random = np.random.default_rng(seed)
    X = random.uniform(-1.7, 1.7, (N, 2))
    D = (np.tanh(9 * X[:, :1]) + 0.3 * X[:, 1:] + 0.1 * random.standard_normal((N, 1))) / 1.1
    f, rule = NetworkError(make_shape([2, 9, 1]), X, D, LOSSES["mse"]), Evidence(outgoing=outgoing)
    state = State(Network([2, 9, 1], seed=seed).theta.copy(), np.empty((0, f.size)))
    state.search = rule.begin(f, state.theta)
    for _ in range(8):
        rule.iterate(f, state)
    return f, state


@pytest.mark.parametrize("N", [25, 120])  # sample space, and G in memory
def test_weights_that_leave_hidden_units_have_their_own_precision(N: int) -> None:
    f, state = followed(16.0, N)
    search, (W, b) = state.search.first, f.shape.views(Groups.of(f.shape, "one", 16.0).relative)
    assert [float(of.min()) for of in (*W, *b)] == [float(of.max()) for of in (*W, *b)] == [1, 16, 4, 1]
    alpha, beta = search.estimate.alpha[0], search.estimate.beta[0]
    J = curvature.jacobian(f.shape, search.state.theta, f.X)[:, 0]
    rho = search.groups.relative
    gamma, logarithm = search.state.search.model.effective()
    A = beta * J.T @ J + alpha * np.diag(rho)
    assert gamma.sum() == pytest.approx(np.trace(np.linalg.solve(A, beta * J.T @ J)), rel=1e-8)
    assert logarithm + f.size * np.log(N) == pytest.approx(np.linalg.slogdet(A)[1], rel=1e-10)
    l = f.forward(search.state.theta).o - f.D
    F = 0.5 * (beta * (l * l).sum() + alpha * (rho * search.state.theta**2).sum())
    model = search.state.search.model
    assert N * (model.error + model.penalty) == pytest.approx(F, rel=1e-10)
    # −F − ½ ln |A| + ½ Σ ln αρ + ½ N ln(β/2π), the logarithm of a Gaussian integral over θ
    expected = (
        -F
        - 0.5 * np.linalg.slogdet(A)[1]
        + 0.5 * np.log(alpha * rho).sum()
        + 0.5 * N * np.log(beta / 2 / np.pi)
    )
    search._estimate_anew()
    assert search.estimate.log_evidence == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("N", [25, 120])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_line_s_rows_left_out_have_the_error_of_a_training_without_them(N: int, weighted: bool) -> None:
    random = np.random.default_rng(N)
    X, d = random.standard_normal((N, 30)), random.standard_normal((N, 1))
    s = random.uniform(0.2, 3, N) if weighted else None
    share = np.ones(N) if s is None else s / s.mean()
    rule = Evidence(outgoing=1)
    f = NetworkError(make_shape([30, 1]), X, d, LOSSES["mse"], sample_weight=s)
    state = State(np.zeros(31), np.empty((0, 31)))
    search = rule.begin(f, state.theta).first
    alpha, beta = float(search.estimate.alpha[0]), float(search.estimate.beta[0])
    B, total = np.hstack([X, np.ones((N, 1))]), 0.0
    for n in range(N):
        kept = np.arange(N) != n
        G = beta * (B[kept] * share[kept, None]).T @ B[kept] + alpha * np.eye(31)
        theta = np.linalg.solve(G, beta * B[kept].T @ (share[kept] * d[kept, 0]))
        total += share[n] * beta * (B[n] @ theta - d[n, 0]) ** 2
    G = beta * (B * share[:, None]).T @ B + alpha * np.eye(31)
    search.state.theta[:] = np.linalg.solve(G, beta * B.T @ (share * d[:, 0]))
    search.state.search.model = search.inner.quadratic(search.state.theta)
    assert beta * search.left_out()[0] == pytest.approx(total / N, rel=1e-8)


def test_the_prior_is_chosen_by_rows_left_out() -> None:
    random = np.random.default_rng(0)
    X, noise = random.uniform(0, 1, (1200, 5)), random.standard_normal(1200)
    smooth = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + X[:, 3:] @ [10, 5] + noise
    steep = 3 * (X[:, 0] > 0.5) + 4 * (X[:, 1] > 0.3) * (X[:, 2] > 0.6) + X[:, 3] + 0.2 * noise
    X = (X - 0.5) * np.sqrt(12)
    for d, outgoing in ((smooth, 1.0), (steep, 16.0)):
        d = (d - d.mean()) / d.std()
        network = Network([5, 20, 1])
        trials = {of: train(network, X[:200], d[:200], rule=Evidence(outgoing=of)) for of in (1.0, 16.0)}
        chosen = train(network, X[:200], d[:200], rule="evidence")
        assert chosen.history["outgoing"][-1] == outgoing
        # what was chosen goes on as if there had been nothing else
        assert np.array_equal(chosen.network.theta, trials[outgoing].network.theta)
        assert chosen.history["outgoing"][0] == 1.0
        # and is the better one, by rows that were not trained on
        fresh = {
            of: np.mean((trial.network.predict(X[200:])[:, 0] - d[200:]) ** 2) for of, trial in trials.items()
        }
        assert fresh[outgoing] == min(fresh.values())


def test_a_run_that_ends_before_the_choice_is_that_of_equal_precisions() -> None:
    X = np.linspace(-1, 1, 40)[:, None]
    short = train(Network([1, 9, 1]), X, np.sign(X[:, 0]), rule="evidence", epochs=5)
    assert np.array_equal(
        short.network.theta,
        train(Network([1, 9, 1]), X, np.sign(X[:, 0]), rule=Evidence(outgoing=1), epochs=5).network.theta,
    )


def test_groups_of_their_own_and_classes_have_no_second_prior() -> None:
    X, d = np.linspace(-1, 1, 40)[:, None], np.linspace(0, 1, 40) > 0.5
    by_layer = train(Network([1, 4, 1]), X, 1.0 * d, rule=Evidence(groups="layers"), epochs=3)
    classes = train(Network([1, 4, 2], output="softmax"), X, d.astype(int), rule="evidence", epochs=3)
    assert "outgoing" not in by_layer.history.names and "outgoing" not in classes.history.names
    with pytest.raises(InputError, match="outgoing.* above 0; got -1"):
        Evidence(outgoing=-1)


def bowl_with_waves() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    X = random.uniform(-1.7, 1.7, (120, 2))
    return X, np.sin(2 * X[:, 0]) + 0.5 * X[:, 1] ** 2 + 0.1 * random.standard_normal(120)


@cache
def in_their_own_unit(sizes: tuple[int, ...]) -> Training:
    return train(Network(sizes, seed=0), *bowl_with_waves(), rule="evidence")


@pytest.mark.parametrize("sizes", [[2, 1], [2, 12, 1]])
@pytest.mark.parametrize("unit", [2.0**-60, 2.0**10, 2.0**200])
def test_the_unit_of_the_targets_changes_nothing(sizes: list[int], unit: float) -> None:
    X, d = bowl_with_waves()
    network = Network(sizes, seed=0)
    scale = (
        OutputUnits.of(network.shape, unit * d[:, None]).scale
        / OutputUnits.of(network.shape, d[:, None]).scale
    )
    same_start = Network.from_theta(network.shape, scale * network.theta)
    one, other = in_their_own_unit(tuple(sizes)), train(same_start, X, unit * d, rule="evidence")
    assert np.array_equal(other.network.theta, scale * one.network.theta)
    assert other.outcome == one.outcome
    assert np.array_equal(other.history.error, unit**2 * one.history.error)
    assert np.array_equal(other.history["gamma"], one.history["gamma"])
    assert np.allclose(other.history["beta"] * unit**2, one.history["beta"], rtol=1e-14)
    density = 120 * np.log(unit)  # ln p(D) is a density of the targets
    assert np.allclose(other.history["log_evidence"] + density, one.history["log_evidence"], rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e3, 1e9])
def test_targets_of_any_unit_are_learnt_from_a_usual_start(unit: float) -> None:
    X, d = bowl_with_waves()
    for sizes, worst in (([2, 1], 1.0), ([2, 12, 1], 0.012)):  # the noise has variance 0.01
        result = train(Network(sizes, seed=0), X, unit * d, rule="evidence")
        assert np.mean((result.network.predict(X)[:, 0] / unit - d) ** 2) < worst * (
            1 if worst < 1 else d.var()
        )


@pytest.mark.parametrize("epochs", range(12, 40, 3))
def test_a_second_beginning_that_is_cut_off_leaves_the_first(epochs: int) -> None:
    random = np.random.default_rng(0)
    X = random.uniform(-1.7, 1.7, (64, 2))
    d = (X**2).sum(axis=1) + 0.2 * random.standard_normal(64)
    d = (d - d.mean()) / d.std()
    network = Network([2, 50, 1], seed=0)
    history = (result := train(network, X, d, rule="evidence", epochs=epochs)).history
    assert np.isfinite(history["log_score"]).all() and (history["sse"] > 0).all()
    settled = int(np.argmax(history["gamma"] < 0.1))
    assert (np.diff(history["log_score"][settled:]) >= 0).all()
    assert np.mean((result.network.predict(X)[:, 0] - d) ** 2) == pytest.approx(history.error[-1])


def test_rows_of_weight_zero_are_no_rows() -> None:
    random = np.random.default_rng(1)
    X = random.standard_normal((400, 2))
    D = np.stack([np.sin(X[:, 0]), X[:, 1]], 1) + random.standard_normal((400, 2)) * [0.1, 0.5]
    s = np.zeros(400)
    s[3::10] = 1
    one = train(Network([2, 4, 2]), X, D, rule="evidence", sample_weight=s, epochs=60).history
    other = train(Network([2, 4, 2]), X[s > 0], D[s > 0], rule="evidence", epochs=60).history
    for name in ("beta 1", "beta 2", "log_evidence", "outgoing"):
        assert one[name][-1] == pytest.approx(other[name][-1], rel=1e-6)


@pytest.mark.parametrize("hidden", [3, 30])
def test_counts_are_copies(hidden: int) -> None:
    random = np.random.default_rng(2)
    X = random.uniform(-2, 2, (50, 2))
    d = np.sin(2 * X[:, 0]) + X[:, 1] + 0.3 * random.standard_normal(50)
    s, network = random.integers(0, 4, 50).astype(float), Network([2, hidden, 1])
    rule = Evidence(counts=True)
    one = train(network, X, d, rule=rule, sample_weight=s, epochs=60)
    copies = np.repeat(np.arange(50), s.astype(int))
    other = train(network, X[copies], d[copies], rule=rule, epochs=60)
    for name in ("gamma", "beta", "log_evidence", "outgoing"):
        assert one.history[name][-1] == pytest.approx(other.history[name][-1], rel=1e-4)
    # weights that add up to fewer than the rows are no counts
    small = train(network, X, d, rule=rule, sample_weight=s / 1000, epochs=20).history
    usual = train(network, X, d, rule="evidence", sample_weight=s, epochs=20).history
    assert small["gamma"][-1] == pytest.approx(usual["gamma"][-1], rel=1e-6)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_targets_whose_squares_are_no_numbers_ask_for_another_unit(unit: float) -> None:
    X, d = bowl_with_waves()
    with pytest.raises(InputError, match="squares too large or too small for a number: use another unit"):
        train(Network([X.shape[1], 4, 1]), X, unit * d, rule="evidence", epochs=3)
