"""The lecture's picture, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule.errors import InputError
from deltarule.health.flow import COLUMNS, gradient_flow
from deltarule.network import Network

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((40, 6))
D = RANDOM.standard_normal((40, 6))


def orthogonal(scale: float, layers: int = 8) -> Network:
    network = Network([6] * (layers + 1), "identity", start="orthogonal", bias=False, seed=1)
    network.theta[:] *= scale
    return network


@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_a_deep_linear_network_of_scaled_orthogonal_weights_has_the_ratio_of_its_singular_values(
    scale: float,
) -> None:
    flow = gradient_flow(orthogonal(scale), X, D).flows[0]
    m = np.arange(1, 9)
    np.testing.assert_allclose(flow.delta / flow.delta[-1], scale ** (8.0 - m), rtol=1e-10)
    np.testing.assert_allclose(flow.weight, scale, rtol=1e-10)
    np.testing.assert_allclose(flow.snapshot.weight_factor, scale, rtol=1e-10)
    np.testing.assert_allclose(flow.snapshot.slope_factor, 1.0, rtol=1e-10)


@pytest.mark.parametrize("scale", [0.5, 1.0, 20.0])
def test_no_logistic_slope_exceeds_a_quarter_and_delta_stays_below_the_bound(scale: float) -> None:
    network = Network([6] * 10 + [1], "logistic", seed=3)
    network.theta[:] *= scale
    flow = gradient_flow(network, X, D[:, :1]).flows[0]
    assert (flow.slope[:-1] <= 0.25).all()
    assert (flow.snapshot.slope_factor <= 0.25 + 1e-12).all()
    assert (flow.delta <= flow.delta[-1] * flow.bound * flow.weight_product * (1 + 1e-12)).all()
    assert flow.bound[0] == 0.25**9


def test_what_weights_and_slopes_do_multiplies_to_what_a_layer_passes_back() -> None:
    seen = gradient_flow(Network([6, 9, 4, 7, 1], "tanh", seed=2), X, D[:, :1]).flows[0].snapshot
    np.testing.assert_allclose(seen.factor, seen.delta[:-1] / seen.delta[1:], rtol=1e-12)
    assert (seen.weight_factor <= seen.weight[1:] * (1 + 1e-12)).all()


def test_delta_and_gradient_are_those_of_backpropagation() -> None:
    network = Network([6, 5, 3, 2], "elu", seed=2)
    flow, g = gradient_flow(network, X, D[:, :2]).flows[0], network.gradient(X, D[:, :2])
    np.testing.assert_allclose(flow.delta, [np.linalg.norm(d) for d in g.delta], rtol=1e-12)
    np.testing.assert_allclose(flow.gradient, [np.linalg.norm(w) for w in g.W], rtol=1e-12)


def test_several_networks_stand_side_by_side_by_name() -> None:
    networks = [Network([6, 4, 4, 1], name, seed=0) for name in ("logistic", "tanh", "tanh")]
    flow = gradient_flow(networks, X, D[:, :1])
    assert flow.names == ["logistic", "tanh", "tanh 2"]
    assert [row["layer"] for row in flow.table] == [1, 2, 3] * 3
    assert set(flow.table[0]) == set(COLUMNS)
    with pytest.raises(InputError, match="no flow is called 'relu'"):
        flow["relu"]


def test_the_terminal_shows_every_layer_of_every_network() -> None:
    text = gradient_flow({"deep": Network([6] * 12 + [1], "logistic")}, X, D[:, :1]).text()
    assert "layer 12" in text and "layer 1 " in text
    assert text.count("\ndeep") == 12


def test_a_network_that_lies_where_another_does_is_drawn_beside_it() -> None:
    network = Network([2, 3, 3, 1], seed=1)
    found = gradient_flow({"one": network, "same": network}, np.eye(2), np.ones((2, 1)))
    title, _, *layers = found.drawing().splitlines()
    assert "● one  ○ same" in title and all("●○" in line for line in layers)


def test_a_network_through_which_nothing_flows_is_said_to_be_so() -> None:
    network = Network([6, 4, 1], "relu", start="zeros")
    network.b[0][:] = -1
    text = gradient_flow(network, X, np.zeros((40, 1))).text()
    assert "every δ is 0" in text


def test_no_network_at_all_is_told_in_a_sentence() -> None:
    with pytest.raises(InputError, match="at least one network"):
        gradient_flow([], X, D)
