"""Errors against predictions: a pattern here is something that the network has not learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deltarule.pictures.canvas import COLOURS, INK, as_it_is, axes, label, legend, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPANS = 12  # equally filled spans of predictions, each told by its median error


def residuals(actual: ArrayLike, predicted: ArrayLike, ax: Axes | None = None, name: str = "target") -> Axes:
    """l = o − d over o, with the running median.

    Parameters: actual (N,), predicted (N,) in the target's own unit.
    """
    ax = axes(ax, 5.6, 3.8)
    d, o = np.asarray(actual, np.float64), np.asarray(predicted, np.float64)
    known = np.isfinite(d) & np.isfinite(o)
    d, o = d[known], o[known]
    rows = thinned(len(d)) if len(d) else np.empty(0, np.intp)
    ax.plot(o[rows], (o - d)[rows], "o", color=COLOURS[0], markersize=3.5, alpha=0.55, markeredgewidth=0)
    ax.axhline(0, color=INK, linewidth=1)
    if len(o) >= 4 * SPANS:
        parts = np.array_split(np.argsort(o), SPANS)
        middle = [(float(np.median(o[p])), float(np.median((o - d)[p]))) for p in parts]
        ax.plot(*zip(*middle, strict=True), color=COLOURS[1], linewidth=1.6, label="median")
    label(ax, f"{as_it_is(name)}: errors over predictions", "predicted", "predicted − actual")
    legend(ax)
    return ax
