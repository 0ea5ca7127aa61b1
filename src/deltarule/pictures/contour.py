"""A function of two variables as contours, with the path of a descent on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.pictures.canvas import COLOURS, INK, axes, label, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID, LEVELS = 121, 22


def contour(descent: Any, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Contours around the path, closer where f is low; the path from its start to its end.

    Parameters: descent: what `descend` gave, of a function of two variables.
    """
    path: NDArray[np.float64] = np.asarray(descent.path, np.float64)
    if path.ndim != 2 or path.shape[1] != 2:
        raise InputError(f"contours are drawn for functions of two variables, this one has {path.shape[-1]}")
    ax = axes(ax, 5.6, 4.8)
    path = path[np.isfinite(path).all(axis=1)]
    low, high = path.min(axis=0), path.max(axis=0)
    margin = 0.35 * max(float((high - low).max()), 1e-3 * max(1.0, float(np.abs(path).max())))
    x = np.linspace(low[0] - margin, high[0] + margin, GRID)
    y = np.linspace(low[1] - margin, high[1] + margin, GRID)
    f = np.array([[_value(descent.objective, a, b) for a in x] for b in y])
    finite = f[np.isfinite(f)]
    if len(finite) and np.ptp(finite) > 0:
        levels = finite.min() + np.ptp(finite) * np.linspace(0, 1, LEVELS) ** 2.5
        ax.contourf(x, y, f, levels=np.unique(levels), cmap="Blues_r", alpha=0.55)
        ax.contour(x, y, f, levels=np.unique(levels), colors=INK, linewidths=0.4, alpha=0.6)
    ax.grid(False)
    ax.plot(*path.T, color=COLOURS[1], linewidth=1.3, marker="o", markersize=2.6)
    ax.plot(*path[0], "s", color=INK, markersize=6, label="start")
    ax.plot(
        *path[-1],
        "*",
        color=COLOURS[1],
        markersize=13,
        markeredgecolor=INK,
        markeredgewidth=0.6,
        label=f"end: {descent.kind}",
    )
    names = descent.names
    label(ax, title or f"{len(descent.path) - 1} steps", names[0], names[1])
    legend(ax)
    return ax


def _value(objective: Any, a: float, b: float) -> float:
    with np.errstate(all="ignore"):
        try:
            return float(objective.value(np.array([a, b])))
        except (ArithmeticError, ValueError):  # outside of where f is defined
            return float("nan")
