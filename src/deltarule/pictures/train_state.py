"""The state of a training over its epochs, MATLAB's plottrainstate: gradient, learning rate, a rule's own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deltarule.descent.history import History
from deltarule.pictures.canvas import COLOURS, axes, label, legend, log_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def train_state(history: History, ax: Axes | None = None, title: str = "State of the training") -> Axes:
    """‖∂E/∂θ‖ at each epoch's last step, the learning rate, and whatever the rule tells (μ, γ, …), on one log axis."""
    ax = axes(ax)
    epochs = history["epoch"]
    norm = np.linalg.norm(history.gradient_norm, axis=1) if len(history) else np.empty(0)
    columns = {"‖gradient‖": norm, "learning rate": history.learning_rate}
    own = [
        name for name in history.names if name not in history.FIXED and not name.startswith("gradient_norm_")
    ]
    columns |= {name.replace("_", " "): history[name] for name in own}
    shown = [values for values in columns.values() if (np.isfinite(values) & (values > 0)).any()]
    for i, (name, values) in enumerate(columns.items()):
        positive = np.where(np.isfinite(values) & (values > 0), values, np.nan)
        if np.isfinite(positive).any():
            ax.plot(epochs, positive, color=COLOURS[i % len(COLOURS)], linewidth=1.5, label=name)
    if shown:
        log_axis(ax, np.concatenate(shown))
    label(ax, title, "epoch", "")
    legend(ax)
    return ax
