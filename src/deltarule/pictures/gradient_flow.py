"""The lecture's picture: ‖δ^(m)‖ layer by layer on a log axis, beside what the slopes S' alone would leave of ‖δ^(L)‖.

‖δ^(L)‖ (1/4)^(L−m) is no bound of ‖δ^(m)‖: the weights multiply as well, and large ones make up for small slopes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from deltarule.health.flow import GradientFlow
from deltarule.pictures.canvas import COLOURS, FAINT, MARKS, as_it_is, axes, label, legend, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def gradient_flow(
    flow: GradientFlow,
    ax: Axes | None = None,
    what: Literal["delta", "gradient"] = "delta",
    title: str | None = None,
) -> Axes:
    """One line a network; from its own ‖δ^(L)‖ on down, dotted: the product of its mean |S'| alone; dashed, where all
    hidden units are logistic: (1/4)^(L−m), the most that their slopes alone let through.

    Parameters: what: "delta" for ‖δ^(m)‖, "gradient" for ‖∂E/∂W^(m−1,m)‖.

    >>> from deltarule import Network
    >>> from deltarule import gradient_flow as measure
    >>> flow = measure(Network([3, *[8] * 6, 1], "logistic"), np.ones((4, 3)), np.zeros((4, 1)))
    >>> drawn = gradient_flow(flow).lines[0].get_ydata()
    >>> bool((drawn == flow["logistic"].delta).all())
    True
    """
    ax = axes(ax, 7.2, 4.4)
    logistic = False
    for i, one in enumerate(flow.flows):
        colour, values = COLOURS[i % len(COLOURS)], getattr(one, what)
        m, mark = np.arange(1, len(values) + 1), MARKS[(i + i // len(MARKS)) % len(MARKS)]
        shown = np.where(values > 0, values, np.nan)
        ax.plot(m, shown, color=colour, marker=mark, markersize=5, linewidth=1.8, label=as_it_is(one.name))
        if what == "delta":
            ax.plot(m, one.delta[-1] * one.slope_product, color=colour, linewidth=1.1, linestyle=":")
            if set(one.snapshot.activations[:-1]) == {"logistic"}:
                ax.plot(m, one.delta[-1] * one.bound, color=colour, linewidth=1.1, linestyle="--")
                logistic = True
    if what == "delta":
        told = [(":", "slopes alone: ‖δ$^{(L)}$‖ Π mean |S'|")]
        told += [("--", "slopes alone at most: ‖δ$^{(L)}$‖ (1/4)$^{L-m}$")] if logistic else []
        for style, words in told:
            ax.plot([], [], color=FAINT, linewidth=1.1, linestyle=style, label=words)
    if any((getattr(one, what) > 0).any() for one in flow.flows):
        log_scale(ax)
    low, high = ax.get_ylim()
    if low > 0 and high < 100 * low:  # two decades at least: a small change should look small
        middle = (low * high) ** 0.5
        ax.set_ylim(middle / 10, middle * 10)
    most = max(one.snapshot.layers for one in flow.flows)
    ax.set_xticks(np.unique(np.linspace(1, most, min(most, 12)).round()))
    name = "‖δ$^{(m)}$‖" if what == "delta" else "‖∂E/∂W$^{(m-1,m)}$‖"
    label(ax, title or "What of the gradient reaches each layer", "layer m (output on the right)", name)
    legend(ax, loc="best", frameon=True, facecolor="white", framealpha=0.85, edgecolor="none")
    return ax
