"""A committee taught to one network: its form, its nearness to the committee, its bits, its refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deltarule import L2, Evidence, InputError, Network, UnknownName, train
from deltarule.descent.distillation import Around, Beliefs, chosen_units, distilled, points_beside
from deltarule.descent.restarts import committee, fresh_start

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(-1, 1, (120, 2))
D = np.sin(4 * X[:, :1] + X[:, 1:] ** 3) + 0.2 * RANDOM.standard_normal((120, 1))
SETTINGS: dict[str, Any] = {"rule": "evidence", "restarts": 3, "epochs": 60}


def rms(values: Any) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.mark.parametrize(("K", "bias"), [(1, True), (2, True), (1, False)])
def test_it_has_the_asked_form_and_is_nearer_to_the_committee_than_its_members(K: int, bias: bool) -> None:
    targets = np.hstack([D, X[:, :1] ** 2])[:, :K]
    network = Network([2, 10, K], bias=bias)
    taught = train(network, X, targets, **SETTINGS, committee="distilled").network
    assert taught.shape == network.shape
    members = [
        train(fresh_start(network, 0, number), X, targets, rule="evidence", epochs=60).network
        for number in range(3)
    ]
    joined = committee(members)
    fresh = np.random.default_rng(1).uniform(-0.9, 0.9, (500, 2))
    mean = joined.predict(fresh)
    off, apart = rms(taught.predict(fresh) - mean), [rms(member.predict(fresh) - mean) for member in members]
    assert off < min(apart) and off < 0.5 * np.mean(apart)


@pytest.mark.parametrize("groups", ["layers", "inputs"])
def test_groups_of_weights_keep_their_own_priors(groups: str) -> None:
    rule = Evidence(groups=groups)
    network = Network([2, 10, 1])
    result = train(network, X, D, **{**SETTINGS, "rule": rule, "epochs": 20}, committee="distilled")
    assert result.network.shape == network.shape
    found = Beliefs.of([result.history], network.shape, groups)
    last = {name: result.history[name][-1] for name in result.history.names}
    assert found.alpha[network.shape.W_at(2)].tolist() == [last["alpha weights 2"]] * 10
    assert found.beta.tolist() == [last["beta"]]


def test_equal_members_are_their_own_teaching() -> None:
    """A committee of one network three times over is that network: the same units are found, and once each."""
    network = train(Network([2, 6, 1]), X, D, rule="evidence").network
    joined, shape = committee([network] * 3), network.shape
    strict = Beliefs(np.full(shape.size, 1e-9), np.ones(1))
    theta = chosen_units(joined, shape, X, joined.predict(X), None, strict, len(X))
    np.testing.assert_allclose(Network.from_theta(shape, theta).predict(X), network.predict(X), atol=1e-6)


def test_the_first_unit_chosen_is_the_one_that_explains_most() -> None:
    joined = Network([2, 8, 1], seed=4)
    o = joined.predict(X)
    shape, beliefs = Network([2, 1, 1]).shape, Beliefs(np.full(5, 1e-9), np.ones(1))
    theta = chosen_units(joined, shape, X, o, None, beliefs, len(X))
    errors = []
    for unit in range(8):
        A = np.c_[np.tanh(X @ joined.W[0] + joined.b[0])[:, unit], np.ones(len(X))]
        errors.append(rms(A @ np.linalg.lstsq(A, o, rcond=None)[0] - o))
    assert rms(Network.from_theta(shape, theta).predict(X) - o) == pytest.approx(min(errors), rel=1e-6)


def test_a_weight_of_zero_is_no_row() -> None:
    networks = [Network([2, 6, 1], seed=seed) for seed in range(3)]
    beliefs, o = Beliefs(np.ones(25), np.ones(1)), committee(networks).predict(X)
    s = np.where(np.arange(120) < 60, 1.0, 0.0)
    joined, shape = committee(networks), networks[0].shape
    some = chosen_units(joined, shape, X, o, s, beliefs, 60)
    np.testing.assert_allclose(
        some, chosen_units(joined, shape, X[:60], o[:60], None, beliefs, 60), atol=1e-9
    )


def test_points_lie_around_a_row_in_the_directions_of_its_nearest() -> None:
    rows = np.array([[float(i), 2.0 * i, 7.0] for i in range(6)] + [[100.0, -5.0, 7.0]])
    points, of = points_beside(np.vstack([rows, rows[:1]]), 2000, np.random.default_rng(0))
    assert points.shape == (8 * 2001, 3)
    assert np.array_equal(points[:7], rows)
    assert np.array_equal(np.bincount(of), [2001] * 8)
    near = points[of < 6]
    np.testing.assert_allclose(near[:, 1], 2 * near[:, 0], atol=1e-9)  # the five nearest are not the far one
    assert (points[:, 2] == 7).all()  # a column that is constant stays so
    for row in (0, 7):  # equal rows: neither is the other's neighbour
        around = points[of == row][1:, 0]
        assert around.mean() == pytest.approx(0, abs=0.3)
        assert around.var() == pytest.approx(np.mean(np.arange(1, 6) ** 2), rel=0.1)  # Σ_j (x_j − x)²/5
    alone, _ = points_beside(np.vstack([rows[:1]] * 2), 3, np.random.default_rng(0))
    assert np.array_equal(alone, np.tile(rows[:1], (8, 1)))


def test_the_prior_is_centred_where_the_network_starts() -> None:
    around = Around(np.array([2.0, 4.0]), np.array([1.0, -1.0]))
    theta, h = np.array([1.5, 0.5]), 1e-6
    steps = h * np.eye(2)
    slopes = [(around.value(theta + e) - around.value(theta - e)) / (2 * h) for e in steps]
    np.testing.assert_allclose(around.gradient(theta), slopes, rtol=1e-8)
    assert around.value(around.center) == 0
    assert around.curvature().tolist() == [2.0, 4.0]


@pytest.mark.parametrize("rows", [120, 12])  # 12: fewer than the weights
def test_the_bits_depend_on_the_seed_alone(rows: int) -> None:
    def theta(seed: int, threads: int) -> Any:
        more = {**SETTINGS, "epochs": 15, "committee": "distilled", "seed": seed, "threads": threads}
        return train(Network([2, 10, 1]), X[:rows], D[:rows], **more).network.theta

    assert np.array_equal(theta(0, 1), theta(0, 2))
    assert not np.array_equal(theta(0, 1), theta(1, 1))


def test_a_committee_of_lines_is_a_line_already() -> None:
    lines = [Network([2, 1], seed=seed) for seed in range(3)]
    taught = distilled(lines, Beliefs(np.ones(3), np.ones(1)), X)
    assert np.array_equal(taught.theta, committee(lines).theta)


def test_a_network_in_single_precision_stays_in_it() -> None:
    network = Network([2, 6, 1], dtype="float32")
    result = train(network, X, D, **{**SETTINGS, "epochs": 20}, committee="distilled")
    assert result.network.dtype == np.float32


@pytest.mark.parametrize(
    ("network", "more", "sentence"),
    [
        (Network([2, 4, 1]), {"rule": "lm"}, "write rule='evidence', or committee=True"),
        (Network([2, 4, 1]), {"penalty": L2(0.1)}, "write rule='evidence', or committee=True"),
        (Network([2, 4, 3, 1]), {}, "one hidden layer, and this network has 2"),
        (Network([2, 4, 1], output="exp"), {"loss": "poisson"}, "not for 'poisson' with exp outputs"),
        (Network([2, 4, 1], output="logistic"), {"loss": "mse"}, "with logistic outputs"),
    ],
)
def test_what_cannot_be_taught_is_refused(network: Network, more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        train(network, X, np.abs(D), restarts=2, epochs=10**9, committee="distilled", **more)
    assert "\n" not in str(caught.value)


def test_another_word_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'distilled'"):
        train(Network([2, 4, 1]), X, D, restarts=2, committee="distiled")


@pytest.mark.parametrize("committee", [True, "distilled"])
def test_a_committee_of_one_is_refused(committee: bool | str) -> None:
    X, d = np.linspace(-1, 1, 20)[:, None], np.zeros(20)
    with pytest.raises(InputError, match="keeps all of several starts: add restarts, such as restarts=5"):
        train(Network([1, 2, 1]), X, d, rule="evidence", committee=committee)
