"""The picture of an activation: curves, rug and saturated range are those of the activation."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule.equations.activations import ACTIVATIONS
from deltarule.equations.activations import activation as find_activation
from deltarule.errors import InputError
from deltarule.pictures.activation import activation, saturated_share
from deltarule.pictures.canvas import svg


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_the_curves_are_s_and_its_derivative(name) -> None:
    found = find_activation(name)
    for ax, function in zip(activation(name), (found.S, found.S_prime), strict=True):
        z, values = (np.asarray(data, float) for data in ax.get_lines()[0].get_data())
        np.testing.assert_array_equal(values, function(z))


def test_every_net_input_is_in_the_rug_and_in_the_range() -> None:
    net = np.array([[-9.0, 0.5], [1.0, 14.0]])
    upper, lower = activation("tanh", net)
    assert np.asarray(lower.get_lines()[1].get_xdata(), float).tolist() == [-9.0, 0.5, 1.0, 14.0]
    z = np.asarray(upper.get_lines()[0].get_xdata(), float)
    assert z.min() == -9 and z.max() == 14


@pytest.mark.parametrize(
    ("name", "net", "share"),
    [
        ("logistic", [0.0, 10.0], 0.5),
        ("tanh", [3.0, 0.0, 0.1, 0.2], 0.25),
        ("relu", [-1.0, 1.0], 0.5),
        ("identity", [1e9], 0.0),
    ],
)
def test_the_saturated_share_is_where_the_slope_is_small(name, net, share) -> None:
    assert saturated_share(name, net) == share


def test_it_is_drawn_as_svg_on_given_axes_too() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    pair = activation("gelu", [0.0, 3.0], ax=(figure.add_subplot(2, 1, 1), figure.add_subplot(2, 1, 2)))
    assert pair[0].figure is figure
    assert svg(pair[0]).startswith("<svg")


def test_softmax_is_refused_with_a_reason() -> None:
    with pytest.raises(InputError, match="needs all units"):
        activation("softmax")
