"""The confusion matrix: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deltarule.pictures.canvas import INK, as_it_is, axes, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUMBERED = 15  # classes up to which every count is written


def confusion(
    codes: ArrayLike, predicted: ArrayLike, ax: Axes | None = None, classes: Sequence[str] = ()
) -> Axes:
    """Rows: the right class; columns: the predicted one; coloured by the share of the row.

    Parameters: codes (N,), predicted (N,): class numbers; classes: their names.
    """
    c, o = np.asarray(codes, int), np.asarray(predicted, int)
    K = max(len(classes), int(max(c.max(initial=0), o.max(initial=0))) + 1)
    names = [_short(name) for name in classes] or [str(k) for k in range(K)]
    side = min(3.2 + 0.32 * K, 8)
    ax = axes(ax, side + 0.8, side)
    ax.grid(False)
    counts = np.zeros((K, K), int)
    np.add.at(counts, (c, o), 1)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    if K <= NUMBERED:
        for i, j in np.ndindex(K, K):
            if counts[i, j]:
                colour = "white" if share[i, j] > 0.55 else INK
                ax.text(
                    j,
                    i,
                    str(counts[i, j]),
                    ha="center",
                    va="center",
                    color=colour,
                    fontsize=9 if K < 8 else 7,
                )
    ax.set_xticks(
        range(K),
        names,
        rotation=45 if max(map(len, names)) > 3 else 0,
        ha="right" if max(map(len, names)) > 3 else "center",
    )
    ax.set_yticks(range(K), names)
    right = float(np.trace(counts) / max(len(c), 1))
    label(ax, f"Confusion: {right:.1%} right", "predicted class", "right class")
    return ax


def _short(name: str) -> str:
    return as_it_is(name if len(name) <= 12 else name[:11] + "…")
