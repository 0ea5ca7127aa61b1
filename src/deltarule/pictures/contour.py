"""A function of two variables as contours, with the paths of one or more descents on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.pictures.canvas import COLOURS, INK, axes, label, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from deltarule.descent.descending import Descent

GRID, LEVELS = 121, 22
ARROWS, ARROW = 12, 0.09  # arrows of a path at most; their length as a share of the picture


def contour(descent: Descent | Sequence[Descent], ax: Axes | None = None, title: str | None = None) -> Axes:
    """Contours around the path, closer where f is low; the path from its start to its end, with the direction of −∇f.

    Parameters: descent: what `descend` gave, of a function of two variables, or several of one function: starts that
    reach different optima are seen as such.
    """
    descents: Sequence[Any] = descent if isinstance(descent, Sequence) else [descent]
    paths = [np.asarray(d.path, np.float64) for d in descents]
    for one in descents:
        check_plane(one.names)
    ax = axes(ax, 5.6, 4.8)
    paths = [path[np.isfinite(path).all(axis=1)] for path in paths]
    every = np.concatenate(paths)
    low, high = every.min(axis=0), every.max(axis=0)
    margin = 0.35 * max(float((high - low).max()), 1e-3 * max(1.0, float(np.abs(every).max())))
    x = np.linspace(low[0] - margin, high[0] + margin, GRID)
    y = np.linspace(low[1] - margin, high[1] + margin, GRID)
    f = np.array([[_value(descents[0].objective, a, b) for a in x] for b in y])
    finite = f[np.isfinite(f)]
    if len(finite) and np.ptp(finite) > 0:
        levels = finite.min() + np.ptp(finite) * np.linspace(0, 1, LEVELS) ** 2.5
        ax.contourf(x, y, f, levels=np.unique(levels), cmap="Blues_r", alpha=0.55)
        ax.contour(x, y, f, levels=np.unique(levels), colors=INK, linewidths=0.4, alpha=0.6)
    ax.grid(False)
    length = ARROW * float((high - low).max() + 2 * margin)
    for k, (one, path) in enumerate(zip(descents, paths, strict=True)):
        _path(ax, one, path, COLOURS[(k + 1) % len(COLOURS)], length, k == 0, len(paths) > 1)
    names = descents[0].names
    steps = ", ".join(str(len(d.path) - 1) for d in descents)
    label(ax, title or f"{steps} steps", names[0], names[1])
    legend(ax)
    return ax


def check_plane(names: Sequence[str]) -> None:
    """Raises InputError unless there are two variables."""
    if len(names) != 2:
        raise InputError(f"contours are drawn for functions of two variables, this one has {len(names)}")


def _path(
    ax: Axes, descent: Any, path: NDArray[np.float64], colour: str, length: float, first: bool, several: bool
) -> None:
    """One path, its start and end, and −∇f at up to ARROWS of its points, all arrows of one length."""
    ax.plot(*path.T, color=colour, linewidth=1.3, marker="o", markersize=2.6)
    some = path[np.unique(np.linspace(0, len(path) - 1, min(len(path), ARROWS)).round().astype(np.intp))]
    with np.errstate(all="ignore"):
        down = np.array([-np.asarray(descent.objective.gradient(point)[1], np.float64) for point in some])
    size = np.linalg.norm(down, axis=1)
    steep = np.isfinite(size) & (
        size > 1e-6 * max(float(np.max(size, initial=0.0, where=np.isfinite(size))), 1e-300)
    )
    if steep.any():
        arrows = length * down[steep] / size[steep, None]
        ax.quiver(
            *some[steep].T, *arrows.T, angles="xy", scale_units="xy", scale=1, width=0.004, color=COLOURS[2],
            label="−∇f" if first else None, zorder=3,
        )  # fmt: skip
    ax.plot(*path[0], "s", color=INK, markersize=6, label="start" if first else None)
    where = f" at {path[-1][0]:.3g}, {path[-1][1]:.3g}" if several else ""
    ax.plot(
        *path[-1], "*", color=colour, markersize=13, markeredgecolor=INK, markeredgewidth=0.6,
        label=f"end: {descent.kind}{where}",
    )  # fmt: skip


def _value(objective: Any, a: float, b: float) -> float:
    with np.errstate(all="ignore"):
        try:
            return float(objective.value(np.array([a, b])))
        except (ArithmeticError, ValueError):  # outside of where f is defined
            return float("nan")
