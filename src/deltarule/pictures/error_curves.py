"""Training and validation error over the epochs, on a log axis, with the lowest validation error marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deltarule.descent.history import History
from deltarule.pictures.canvas import COLOURS, FAINT, axes, label, legend, log_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def error_curves(history: History, ax: Axes | None = None, title: str = "Error") -> Axes:
    """Draws history.error and, where there is one, history.validation_error (what MATLAB calls plotperform).

    >>> from deltarule import Network, train
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> history = train(Network([1, 3, 1]), X, X**2, rule="adam", epochs=5, validation=0.25).history
    >>> drawn = [line.get_ydata() for line in error_curves(history).lines[:2]]
    >>> np.array_equal(drawn, [history.error, history.validation_error])
    True
    """
    ax = axes(ax)
    epochs, error, validation = history["epoch"], history.error, history.validation_error
    few: dict[str, Any] = {"marker": "o"} if len(history) == 1 else {}
    ax.plot(epochs, error, color=COLOURS[0], linewidth=1.6, label="training", **few)
    known = np.isfinite(validation)
    if known.any():
        ax.plot(epochs[known], validation[known], color=COLOURS[1], linewidth=1.6, label="validation", **few)
        best = int(np.flatnonzero(known)[np.argmin(validation[known])])
        lowest = f"lowest validation error {validation[best]:.4g}, epoch {int(epochs[best])}"
        ax.axvline(epochs[best], color=FAINT, linewidth=0.8, linestyle=":")
        ax.plot(
            epochs[best],
            validation[best],
            "o",
            color=COLOURS[1],
            markersize=7,
            fillstyle="none",
            label=lowest,
        )
    log_axis(ax, np.concatenate([error, validation]))
    label(ax, title, "epoch", "error E")
    legend(ax)
    return ax
