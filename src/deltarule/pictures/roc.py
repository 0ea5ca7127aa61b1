"""The receiver's operating characteristic: how many right alarms for how many false ones, at every threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule.pictures.canvas import COLOURS, FAINT, as_it_is, axes, label, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 6  # classes drawn; beyond, the hardest ones


def roc_curve(
    right: NDArray[np.bool_], score: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """False alarms' share, right alarms' share, and the area below (Σ of trapezia; ties are one step).

    >>> false, true, area = roc_curve(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.35, 0.8]))
    >>> area
    0.75
    """
    order = np.argsort(-score, kind="stable")
    hit, s = right[order], score[order]
    last = np.flatnonzero(np.append(np.diff(s) != 0, True))  # the end of each run of equal scores
    true, false = np.cumsum(hit)[last], np.cumsum(~hit)[last]
    true, false = np.append(0.0, true / max(hit.sum(), 1)), np.append(0.0, false / max((~hit).sum(), 1))
    return false, true, float(np.trapezoid(true, false))


def roc(
    codes: ArrayLike, probabilities: ArrayLike, ax: Axes | None = None, classes: Sequence[str] = ()
) -> Axes:
    """One curve for two classes, one against the rest for more.

    Parameters: codes (N,) the right class's number; probabilities (N, classes); classes: their names.
    """
    ax = axes(ax, 4.8, 4.6)
    c, p = np.asarray(codes), np.asarray(probabilities, np.float64)
    K = p.shape[1]
    names = list(classes) or [str(k) for k in range(K)]
    curves = [
        (names[k], *roc_curve(c == k, p[:, k]))
        for k in ([1] if K == 2 else range(K))
        if 0 < (c == k).sum() < len(c)
    ]
    if len(curves) > MOST:
        curves = sorted(curves, key=lambda curve: curve[3])[:MOST]
    for i, (name, false, true, area) in enumerate(curves):
        ax.plot(
            false,
            true,
            color=COLOURS[i % len(COLOURS)],
            linewidth=1.7,
            label=f"{as_it_is(name)}: area {area:.3f}",
        )
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle="--", label="by chance")
    ax.set_aspect("equal")
    label(ax, "ROC", "share of false alarms", "share of hits")
    legend(ax, loc="lower right")
    return ax
