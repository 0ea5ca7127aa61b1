"""The Hessian's eigenvalues: how the error bends in every direction, and the learning rate's edge 2/λ_max."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deltarule.pictures.canvas import COLOURS, FAINT, axes, label, legend, log_scale, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def hessian_spectrum(
    eigenvalues: ArrayLike, ax: Axes | None = None, learning_rate: float | None = None
) -> Axes:
    """|λ| from the largest to the smallest, those above 0 and those below 0 told apart.

    Parameters: eigenvalues (P,); learning_rate: of gradient descent, drawn as the curvature 2/η that it can bear.
    """
    ax = axes(ax, 6.0, 3.8)
    values = np.sort(np.asarray(eigenvalues, np.float64))[::-1]
    values = values[np.argsort(-np.abs(values), kind="stable")]
    rank = np.arange(1, len(values) + 1)
    largest = float(np.abs(values).max(initial=0.0))
    floor = largest * 1e-16
    for sign, colour, mark, name in ((1, COLOURS[0], "o", "above 0"), (-1, COLOURS[1], "v", "below 0")):
        of = (sign * values) > floor
        if of.any():
            ax.plot(
                rank[of], np.abs(values[of]), mark, color=colour, markersize=3.5, label=f"{of.sum()} {name}"
            )
    flat = int((np.abs(values) <= floor).sum())
    if flat:
        ax.plot([], [], " ", label=f"{flat} of 0")
    if learning_rate and np.isfinite(learning_rate):
        ax.axhline(
            2 / learning_rate, color=FAINT, linestyle="--", linewidth=1, label=f"2/η, η = {learning_rate:g}"
        )
    if largest > 0:
        log_scale(ax)
    top = float(values.max(initial=0.0))
    edge = f": λ_max = {top:.3g}, edge 2/λ_max = {2 / top:.3g}" if top > 0 else ""
    whole(ax.xaxis)
    label(ax, f"Spectrum of the Hessian{edge}", "eigenvalue, by size", "|λ|")
    legend(ax)
    return ax
