"""Calibration: of the samples given a probability of 0.8, are 80 % of that class?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deltarule.pictures.canvas import COLOURS, FAINT, MARKS, as_it_is, axes, label, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 10
MOST = 6


def calibration(
    codes: ArrayLike, probabilities: ArrayLike, ax: Axes | None = None, classes: Sequence[str] = ()
) -> Axes:
    """Observed share over mean predicted probability in ten bins; a mark's size tells how many samples are in it.

    Parameters: codes (N,) the right class's number; probabilities (N, classes); classes: their names.
    """
    ax = axes(ax, 4.8, 4.6)
    c, p = np.asarray(codes), np.asarray(probabilities, np.float64)
    K = p.shape[1]
    names = list(classes) or [str(k) for k in range(K)]
    for i, k in enumerate([1] if K == 2 else range(min(K, MOST))):
        bins = np.minimum((p[:, k] * BINS).astype(int), BINS - 1)
        used = np.unique(bins)
        counts = np.array([(bins == b).sum() for b in used])
        mean = np.array([p[bins == b, k].mean() for b in used])
        share = np.array([(c[bins == b] == k).mean() for b in used])
        colour = COLOURS[i % len(COLOURS)]
        ax.plot(mean, share, color=colour, linewidth=1.2, alpha=0.8)
        ax.scatter(
            mean,
            share,
            s=5 + 120 * counts / len(c),
            color=colour,
            marker=MARKS[i % len(MARKS)],
            label=as_it_is(names[k]),
        )
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle="--", label="calibrated")
    ax.set_aspect("equal")
    label(ax, "Calibration", "predicted probability", "observed share")
    legend(ax, loc="upper left")
    return ax
