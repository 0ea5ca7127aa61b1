"""The state of a training over its epochs, MATLAB's plottrainstate: gradient, learning rate, a rule's own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deltarule.descent.history import History
from deltarule.pictures.canvas import COLOURS, axes, label, legend, log_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# columns that rules tell, as the docs write them
LETTERS = {"sse": "Σ l²", "ssw": "Σ w²", "mu": "μ", "gamma": "γ", "alpha": "α", "beta": "β", "outgoing": "ρ"}
STYLES = ("-", "--", ":")  # when the colours come round again
FEW = 3  # lines whose names fit beside them; more stand outside


def train_state(history: History, ax: Axes | None = None, title: str = "State of the training") -> Axes:
    """‖∂E/∂θ‖ at each epoch's last step, the learning rate, and whatever the rule tells (μ, γ, …), on one log axis."""
    ax = axes(ax)
    epochs = history["epoch"]
    with np.errstate(over="ignore"):  # of a training that diverged the last may be too large for a number
        norm = np.linalg.norm(history.gradient_norm, axis=1) if len(history) else np.empty(0)
    columns = {"‖gradient‖": norm, "learning rate": history.learning_rate}
    own = [
        name for name in history.names if name not in history.FIXED and not name.startswith("gradient_norm_")
    ]
    columns |= {LETTERS.get(name, name.replace("_", " ")): history[name] for name in own}
    positive = {name: np.where(np.isfinite(v) & (v > 0), v, np.nan) for name, v in columns.items()}
    shown = {name: values for name, values in positive.items() if np.isfinite(values).any()}
    for i, (name, values) in enumerate(shown.items()):
        again, colour = divmod(i, len(COLOURS))
        ax.plot(epochs, values, color=COLOURS[colour], linewidth=1.5, linestyle=STYLES[again % 3], label=name)
    if shown:
        log_axis(ax, np.concatenate(list(shown.values())))
    label(ax, title, "epoch", "")
    legend(ax, **({"loc": "center left", "bbox_to_anchor": (1.0, 0.5)} if len(shown) > FEW else {}))
    return ax
