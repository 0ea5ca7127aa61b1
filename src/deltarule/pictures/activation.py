"""S above S', with a layer's actual net inputs as a rug and the saturated range shaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deltarule.equations.activations import Activation
from deltarule.equations.activations import activation as find_activation
from deltarule.errors import InputError
from deltarule.health.snapshot import FLAT
from deltarule.pictures.canvas import COLOURS, FAINT, axes, label, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_REACH = 6.0


def saturated_share(name: str | Activation, net: ArrayLike) -> float:
    """The share of net inputs at which |S'| is below a twentieth of its largest value.

    >>> saturated_share("logistic", [0.0, 1.0, 8.0, -9.0])
    0.5
    """
    found = find_activation(name)
    z = np.asarray(net, np.float64).ravel()
    return float((np.abs(found.S_prime(z)) < FLAT * _largest(found)).mean()) if len(z) else 0.0


def activation(
    name: str | Activation, net: ArrayLike | None = None, ax: tuple[Axes, Axes] | None = None
) -> tuple[Axes, Axes]:
    """S(net) in the upper axes, S'(net) in the lower.

    Parameters
    ----------
    name : the activation; softmax has no S of one net input.
    net : (N, units) or flat: a layer's net inputs, `trace.net[m-1]`; drawn as a rug, their saturated share told.
    ax : two axes, or None for a figure of its own.

    >>> upper, lower = activation("logistic", [-1.0, 0.0, 9.0, 12.0])
    >>> upper.get_title(loc="left"), lower.get_title(loc="left")
    ('S of logistic', "S', 50 % of 4 net inputs are saturated")
    """
    found = find_activation(name)
    if found.name == "softmax":
        raise InputError("softmax needs all units of its layer: it has no picture over one net input")
    upper, lower = _pair() if ax is None else (axes(ax[0]), axes(ax[1]))
    given = np.zeros(0) if net is None else np.asarray(net, np.float64).ravel()
    low, high = (-_REACH, _REACH) if found.name != "exp" else (-_REACH, 2.0)
    if len(given):
        low, high = min(low, float(given.min())), max(high, float(given.max()))
    z = np.linspace(low, high, 800)
    for place, values in ((upper, found.S(z)), (lower, found.S_prime(z))):
        place.plot(z, values, color=COLOURS[0], linewidth=1.8)
        flat = np.abs(found.S_prime(z)) < FLAT * _largest(found)
        place.fill_between(
            z, 0, 1, where=flat.tolist(), transform=place.get_xaxis_transform(), color=COLOURS[1], alpha=0.13
        )
        if len(given):
            rug = np.sort(given)[thinned(len(given))]
            place.plot(
                rug,
                np.full(len(rug), 0.02),
                "|",
                color=FAINT,
                transform=place.get_xaxis_transform(),
                markersize=8,
            )
    told = ""
    if len(given):
        told = f", {100 * saturated_share(found, given):.0f} % of {len(given)} net inputs are saturated"
    label(upper, f"S of {found.name}", "", "S(net)")
    label(lower, f"S'{told}", "net", "S'(net)")
    return upper, lower


def _largest(found: Activation) -> float:
    return found.slope_max if np.isfinite(found.slope_max) else 1.0


def _pair() -> tuple[Axes, Axes]:
    """Two axes above each other that share net."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    upper = figure.add_subplot(2, 1, 1)
    lower = figure.add_subplot(2, 1, 2, sharex=upper)
    return axes(upper), axes(lower)
