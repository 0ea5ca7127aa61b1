"""Predicted against actual (what MATLAB calls plotregression): on the diagonal is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deltarule.pictures.canvas import COLOURS, FAINT, INK, as_it_is, axes, label, legend, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def predicted_actual(
    actual: ArrayLike, predicted: ArrayLike, ax: Axes | None = None, name: str = "target"
) -> Axes:
    """A point a sample, the diagonal, the line of least squares through the points, and R².

    Parameters: actual (N,), predicted (N,) in the target's own unit; name: of the target.

    >>> ax = predicted_actual([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 3.0, 3.5])
    >>> print(ax.texts[0].get_text())
    R² = 0.900
    N = 4
    """
    ax = axes(ax, 4.8, 4.6)
    d, o = np.asarray(actual, np.float64), np.asarray(predicted, np.float64)
    known = np.isfinite(d) & np.isfinite(o)
    d, o = d[known], o[known]
    if not len(d):
        ax.text(
            0.5, 0.5, "no finite predictions", ha="center", va="center", color=FAINT, transform=ax.transAxes
        )
        label(ax, f"{as_it_is(name)}: predicted against actual", "actual", "predicted")
        return ax
    rows = thinned(len(d))
    ax.plot(d[rows], o[rows], "o", color=COLOURS[0], markersize=3.5, alpha=0.55, markeredgewidth=0)
    ends = np.array([min(d.min(), o.min()), max(d.max(), o.max())])
    if ends[0] == ends[1]:
        ends = ends + np.array([-0.5, 0.5])
    ax.plot(ends, ends, color=FAINT, linewidth=1, linestyle="--", label="right")
    if np.ptp(d) > 0:
        slope, offset = np.polyfit(d - d.mean(), o, 1)
        ax.plot(
            ends,
            offset + slope * (ends - d.mean()),
            color=COLOURS[1],
            linewidth=1.4,
            label=f"fit, slope {slope:.2f}",
        )
        R2 = 1 - float(((o - d) ** 2).sum() / ((d - d.mean()) ** 2).sum())
        ax.text(
            0.97,
            0.04,
            f"R² = {R2:.3f}\nN = {len(d)}",
            ha="right",
            va="bottom",
            fontsize=9,
            color=INK,
            transform=ax.transAxes,
        )
    ax.set_aspect("equal", adjustable="datalim")
    label(ax, f"{as_it_is(name)}: predicted against actual", "actual", "predicted")
    legend(ax, loc="upper left")
    return ax
