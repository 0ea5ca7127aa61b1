"""How large the errors are (what MATLAB calls ploterrhist): l = o − d of every sample, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deltarule.pictures.canvas import COLOURS, INK, as_it_is, axes, label, legend, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def error_histogram(
    errors: ArrayLike | Mapping[str, ArrayLike], ax: Axes | None = None, name: str = "target", bins: int = 24
) -> Axes:
    """Bars of l = o − d, one colour for each set of rows, stacked.

    Parameters: errors: (N,) in the target's own unit, or several sets by name ("training", "test").
    """
    ax = axes(ax, 5.6, 3.8)
    sets = errors if isinstance(errors, Mapping) else {"": errors}
    values = {
        key: np.asarray(l, np.float64)[np.isfinite(np.asarray(l, np.float64))] for key, l in sets.items()
    }
    everything = np.concatenate(list(values.values())) if values else np.empty(0)
    if len(everything):
        edges = np.histogram_bin_edges(everything, bins)
        ax.hist(
            list(values.values()), bins=edges.tolist(), stacked=True, color=COLOURS[: len(values)],
            label=list(map(as_it_is, values)), edgecolor="white", linewidth=0.5,
        )  # fmt: skip
    ax.axvline(0, color=INK, linewidth=1, label="no error")
    ax.grid(False, axis="x")
    whole(ax.yaxis)
    label(ax, f"{as_it_is(name)}: errors", "predicted − actual", "samples")
    legend(ax)
    return ax
