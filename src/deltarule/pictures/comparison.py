"""Two trainings side by side: error, gradient norm and ‖W‖ over the steps, without a remedy and with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deltarule.health.trial import Trial
from deltarule.pictures.canvas import COLOURS, as_it_is, axes, label, legend, log_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def comparison(trial: Trial, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Three axes: error, ‖gradient‖, ‖W‖; the original and the training with the remedy in each.

    Parameters: trial: of `Diagnosis.attempt`; ax: three axes, or None for a figure of their own.

    >>> from deltarule import Network, diagnose
    >>> X = np.random.default_rng(0).standard_normal((100, 4)); D = np.sin(X[:, :1])
    >>> found = diagnose(Network([4] + [12] * 9 + [1], "logistic"), X, D, rule="gradient", epochs=20)
    >>> (trial,) = found.attempt(found.remedies[0])
    >>> without, with_remedy = comparison(trial)[0].lines
    >>> bool(with_remedy.get_ydata()[-1] == trial.changed.error[-1] < without.get_ydata()[-1])
    True
    """
    panels: Sequence[Axes] = _panels(trial) if ax is None else ax
    titles = ("Error", "‖gradient‖", "‖W‖")
    for a, title in zip(panels, titles, strict=True):
        axes(a)
        drawn: list[np.ndarray] = []
        for side, colour, name, style in (
            (trial.original, COLOURS[1], "without", "-"),
            (trial.changed, COLOURS[0], f"with: {as_it_is(trial.remedy.title)}", "-"),
        ):
            x, y = {
                "Error": (side.steps, side.error),
                "‖gradient‖": (side.steps, side.gradient_norm),
                "‖W‖": side.weight_norm,
            }[title]
            shown = np.where(np.isfinite(y) & (y > 0), y, np.nan)
            few: dict[str, Any] = {"marker": "o", "markersize": 5} if np.isfinite(shown).sum() < 3 else {}
            if np.isfinite(shown).any():
                ax_label = name if title == "Error" else None
                a.plot(x, shown, style, color=colour, linewidth=1.6, label=ax_label, **few)
                drawn.append(shown)
            elif title == "Error":
                a.plot([], [], style, color=colour, label=f"{name}: no number")
        if drawn:
            log_axis(a, np.concatenate(drawn))
        label(a, title, "step", "")
    if ax is None:
        handles, names = panels[0].get_legend_handles_labels()
        figure = panels[0].get_figure(root=True)
        if figure is not None:
            figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    else:
        legend(panels[0], loc="best")
    return panels


def _panels(trial: Trial) -> Sequence[Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(as_it_is(trial.sentence), fontsize=10, x=0.01, ha="left")
    return figure.subplots(1, 3).tolist()
