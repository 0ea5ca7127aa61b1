"""The gradient's norm by layer and time as a heat picture: where it fades and when it bursts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deltarule.descent.history import History
from deltarule.pictures.canvas import FAINT, axes, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 400  # columns: epochs beyond are told by the first of their share
DECADES = 12  # the colours span at most so many powers of ten below the largest


def gradient_heat(
    history: History, ax: Axes | None = None, title: str = "Gradient by layer and time"
) -> Axes:
    """log₁₀ ‖∂E/∂θ^(m)‖ of each layer (upwards) over the epochs (to the right); white where it is 0 or no number.

    >>> from deltarule import Network, train
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> history = train(Network([1, 3, 1]), X, X**2, rule="adam", epochs=5).history
    >>> drawn = gradient_heat(history).images[0].get_array()
    >>> bool(np.allclose(10**drawn, history.gradient_norm.T, rtol=1e-12))
    True
    """
    ax = axes(ax, 7.2, 0.9 + 0.32 * max(history.layers, 8))
    ax.grid(False)
    ax.set_facecolor("#ffffff")
    norms = history.gradient_norm
    epochs = np.unique(np.linspace(0, max(len(norms) - 1, 0), min(len(norms), MOST)).round().astype(int))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(norms[epochs].T)
    logs[~np.isfinite(logs)] = np.nan
    if not np.isfinite(logs).any():
        ax.text(
            0.5,
            0.5,
            "no gradient was recorded",
            ha="center",
            va="center",
            color=FAINT,
            transform=ax.transAxes,
        )
        label(ax, title, "epoch", "layer")
        return ax
    high = float(np.nanmax(logs))
    low = max(float(np.nanmin(logs)), high - DECADES)
    extent = (0.5, len(norms) + 0.5, 0.5, history.layers + 0.5)
    picture = ax.imshow(
        logs, origin="lower", aspect="auto", extent=extent, cmap="viridis", vmin=low, vmax=max(high, low + 1),
        interpolation="nearest",
    )  # fmt: skip
    bar = ax.figure.colorbar(picture, ax=ax, pad=0.02)
    bar.set_label("log₁₀ ‖∂E/∂θ$^{(m)}$‖", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]  # the stub takes a Spine for a dictionary
    ax.set_yticks(np.unique(np.linspace(1, history.layers, min(history.layers, 12)).round()))
    label(ax, title, "epoch", "layer m")
    return ax
