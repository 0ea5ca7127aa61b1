"""A function of two variables as contours, with the paths of one or more descents on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.pictures.canvas import COLOURS, INK, TOP, as_it_is, axes, label, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from deltarule.descent.descending import Descent

GRID, LEVELS = 121, 22
WAY = 100  # times as far as the start lies from 0: so much is shown of a path without end
ARROWS, ARROW = 12, 0.09  # arrows of a path at most; the longest one as a share of the picture
APART = 0.03  # of the picture: points nearer to the last arrow, or to the end, have none
DOWN = COLOURS[2]  # of −∇f, and of no path
PATHS = (COLOURS[1], COLOURS[3], COLOURS[4], COLOURS[6], COLOURS[0])


def contour(descent: Descent | Sequence[Descent], ax: Axes | None = None, title: str | None = None) -> Axes:
    """Contours around the path, closer where f is low; the path from its start to its end, with the direction of −∇f.

    Both axes have one scale, so that −∇f is seen at right angles to the contours. An arrow's length says nothing but
    that it ends before the path does.

    Parameters: descent: what `descend` gave, of a function of two variables, or several of one function: starts that
    reach different optima are seen as such, and those that reach the same one share its mark.

    >>> from deltarule import descend
    >>> down = descend("x1**2 + 3*x1*x2 + 5*x2**2", [2, 1])
    >>> ax = contour(down)
    >>> any(np.array_equal(line.get_xydata(), np.asarray(down.path)[:len(line.get_xydata())]) for line in ax.lines)
    True
    """
    descents: Sequence[Any] = descent if isinstance(descent, Sequence) else [descent]
    paths = [_shown(d) for d in descents]
    for one in descents:
        check_plane(one.names)
    ax = axes(ax, 5.6, 4.8)
    every = np.concatenate(paths)
    low, high = every.min(axis=0), every.max(axis=0)
    margin = 0.35 * max(float((high - low).max()), 1e-3 * max(1.0, float(np.abs(every).max())))
    x = np.linspace(low[0] - margin, high[0] + margin, GRID)
    y = np.linspace(low[1] - margin, high[1] + margin, GRID)
    f = np.array([[_value(descents[0].objective, a, b) for a in x] for b in y]).clip(-TOP, TOP)
    finite = f[np.isfinite(f)]
    if len(finite) and np.ptp(finite) > 0:
        levels = finite.min() + np.ptp(finite) * np.linspace(0, 1, LEVELS) ** 2.5
        ax.contourf(x, y, f, levels=np.unique(levels), cmap="Blues_r", alpha=0.55)
        ax.contour(x, y, f, levels=np.unique(levels), colors=INK, linewidths=0.4, alpha=0.6)
    ax.grid(False)
    ax.set_aspect("equal")
    width = float((high - low).max() + 2 * margin)
    for k, (one, path) in enumerate(zip(descents, paths, strict=True)):
        _path(ax, one, path, PATHS[k % len(PATHS)], width, k == 0)
    ends: dict[str, int] = {}
    for k, (one, path) in enumerate(zip(descents, paths, strict=True)):
        cut = len(path) < len(one.path)
        told = "goes on without end" if cut else _end(one.kind, path[-1], width / GRID, len(paths) > 1)
        known = ends.setdefault(told, k) != k
        ax.plot(
            *path[-1], "*", color=PATHS[ends[told] % len(PATHS)], markersize=13, markeredgecolor=INK,
            markeredgewidth=0.6, label=None if known else told,
        )  # fmt: skip
    names = [as_it_is(name) for name in descents[0].names]
    steps = ", ".join(str(len(d.path) - 1) for d in descents)
    label(ax, title or f"{steps} step{'' if steps == '1' else 's'}", names[0], names[1])
    legend(ax, frameon=True, facecolor="white", framealpha=0.85, edgecolor="none")
    return ax


def check_plane(names: Sequence[str]) -> None:
    """Raises InputError unless there are two variables."""
    if len(names) != 2:
        raise InputError(f"contours are drawn for functions of two variables, this one has {len(names)}")


def _shown(descent: Any) -> NDArray[np.float64]:
    """The points of a path; of one that falls without end those that lie near its start."""
    path = np.asarray(descent.path, np.float64)
    far = np.abs(path - path[0]).max(axis=1) > WAY * (1 + np.abs(path[0]).max())
    gone = ~np.isfinite(path).all(axis=1) | (far if descent.outcome.name == "diverged" else False)
    return path[: max(int(np.argmax(gone)), 1)] if gone.any() else path


def _end(kind: str, at: NDArray[np.float64], cell: float, several: bool) -> str:
    """What a path's end is called; of several paths with its place, as finely as the picture's grid shows it."""
    if not several:
        return f"end: {kind}"
    digits = max(0, -int(np.floor(np.log10(cell))))
    x, y = (f"{round(float(value), digits) + 0.0:.6g}" for value in at)
    return f"end: {kind} at {x}, {y}"


def _path(ax: Axes, descent: Any, path: NDArray[np.float64], colour: str, width: float, first: bool) -> None:
    """One path, its start, and −∇f at up to ARROWS of its points, none longer than the way from there to the end."""
    ax.plot(*path.T, color=colour, linewidth=1.3, marker="o", markersize=2.6)
    some = _spread(path, APART * width)
    with np.errstate(all="ignore"):
        down = np.array([-np.asarray(descent.objective.gradient(point)[1], np.float64) for point in some])
    size, left = np.linalg.norm(down, axis=1), np.linalg.norm(path[-1] - some, axis=1)
    left[left == 0] = ARROW * width if len(path) == 1 else 0.0
    length = np.minimum(ARROW * width, left)
    steep = np.isfinite(size) & (size > 0) & (length > APART * width)
    if steep.any():
        arrows = length[steep, None] * down[steep] / size[steep, None]
        ax.quiver(
            *some[steep].T, *arrows.T, angles="xy", scale_units="xy", scale=1, width=0.004, color=DOWN,
            label="direction of −∇f" if first else None, zorder=3,
        )  # fmt: skip
    ax.plot(*path[0], "s", color=INK, markersize=6, label="start" if first else None)


def _spread(path: NDArray[np.float64], apart: float) -> NDArray[np.float64]:
    """Up to ARROWS points of a path, none of them close to the one before."""
    kept = [path[0]]
    for point in path[1:]:
        if np.linalg.norm(point - kept[-1]) > apart:
            kept.append(point)
    return np.array(kept)[
        np.unique(np.linspace(0, len(kept) - 1, min(len(kept), ARROWS)).round().astype(np.intp))
    ]


def _value(objective: Any, a: float, b: float) -> float:
    with np.errstate(all="ignore"):
        try:
            return float(objective.value(np.array([a, b])))
        except (ArithmeticError, ValueError):  # outside of where f is defined
            return float("nan")
