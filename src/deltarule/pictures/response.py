"""The response to one input: how the prediction changes with it, on average and from sample to sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltarule.pictures.canvas import COLOURS, FAINT, as_it_is, axes, label, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.floating]
POINTS, SAMPLES = 40, 200
BAND = (0.1, 0.9)  # shares of the samples below the band's lower and upper edge


def response_curves(predict: Callable[[Floats], Floats], X: Floats, column: int) -> tuple[Floats, Floats]:
    """(points,) values of one column, and (samples, points) predictions with that column set to them.

    Parameters: predict: X (N, I) → (N,); X (N, I): samples that the other columns come from, at most 200 of them.
    """
    low, high = np.quantile(X[:, column], (0.02, 0.98))
    values = np.unique(X[:, column])
    grid = values if len(values) <= POINTS else np.linspace(low, high, POINTS)
    rows = X[np.linspace(0, len(X) - 1, min(len(X), SAMPLES)).round().astype(int)]
    many = np.repeat(rows[None], len(grid), axis=0)  # (points, samples, I)
    many[:, :, column] = grid[:, None]
    return grid, predict(many.reshape(-1, X.shape[1])).reshape(len(grid), len(rows)).T


def influence(predict: Callable[[Floats], Floats], X: Floats) -> NDArray[np.float64]:
    """(I,): by how much the mean response to each column swings, its standard deviation over the column's values."""
    return np.array([response_curves(predict, X, i)[1].mean(axis=0).std() for i in range(X.shape[1])])


def response(
    grid: Floats,
    curves: Floats,
    ax: Axes | None = None,
    name: str = "x",
    target: str = "predicted",
    unit: tuple[float, float] = (0.0, 1.0),
) -> Axes:
    """The mean curve, and the band that holds the middle 80 % of the samples.

    Parameters: grid (points,), curves (samples, points) as `response_curves` gives them; unit: (mean, scale) that bring
    the grid back to the column's own unit.

    >>> from deltarule import Network
    >>> network, X = Network([2, 3, 1]), np.random.default_rng(0).standard_normal((50, 2))
    >>> grid, curves = response_curves(network.predict, X, 0)
    >>> mean = response(grid, curves, name="speed", unit=(10.0, 2.0)).lines[0]
    >>> bool(np.allclose(mean.get_xdata(), 10 + 2 * grid) and np.allclose(mean.get_ydata(), curves.mean(axis=0)))
    True
    """
    ax = axes(ax, 4.8, 3.4)
    x = grid * unit[1] + unit[0]
    low, high = np.quantile(curves, BAND, axis=0)
    few: dict[str, Any] = {"marker": "o"} if len(x) < 8 else {}
    ax.fill_between(
        x, low, high, color=COLOURS[0], alpha=0.18, linewidth=0, label="middle 80 % of the samples"
    )
    ax.plot(x, curves.mean(axis=0), color=COLOURS[0], linewidth=2, label="mean", **few)
    ax.axhline(float(curves.mean()), color=FAINT, linewidth=0.8, linestyle=":")
    name, target = as_it_is(name), as_it_is(target)
    label(ax, f"Response to {name}", name, target)
    legend(ax)
    return ax
