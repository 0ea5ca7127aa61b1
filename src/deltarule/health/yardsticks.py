"""What an error is worth: beside the best constant, the best straight line, and the noise that neighbours tell of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.activations import activation
from deltarule.equations.losses import Loss

Floats = NDArray[np.floating]

ROWS = 1000  # neighbours are looked for among so many samples: 8 MB of distances
FINE = 200  # steps of the search for the best constant of a loss without a closed form


@dataclass(frozen=True)
class Yardsticks:
    """constant: E of the best constant output. line, neighbour: as shares of the targets' variance, whatever the loss:
    what the best straight line leaves, and ½ mean |d − d of the nearest other sample|², which tends to the noise's
    share as samples fill the space (the delta test) and is 1 where neighbours know nothing of each other."""

    constant: float
    line: float
    neighbour: float

    def left(self, error: float) -> float:
        """E/E of the best constant: 1 has learnt nothing, 0 everything."""
        if not np.isfinite(error):
            return float("inf")
        return error / self.constant if self.constant > 0 else float(error > 0)

    def learnt(self, error: float) -> float:
        """1 − E/E of the best constant."""
        return 1 - self.left(error)

    @property
    def structured(self) -> bool:
        """Whether the samples say that there is something to learn: a line helps, or neighbours
        are alike or opposite."""
        return self.line < 0.9 or self.neighbour < 0.7 or self.neighbour > 1.5


def yardsticks(X: Floats, D: Floats, loss: Loss, output: str, weight: Floats | None = None) -> Yardsticks:
    """The yardsticks of a data set, from the samples alone.

    Parameters: X (N, I), D (N, K), the loss, the output activation's name, s (N,) or None.

    >>> from deltarule.equations.losses import LOSSES
    >>> X = np.linspace(-1, 1, 50)[:, None]; D = 2 * X + 1
    >>> found = yardsticks(X, D, LOSSES["mse"], "identity")
    >>> bool(abs(found.constant - D.var()) < 1e-12), found.line < 1e-12
    (True, True)
    """
    X, D = X.astype(np.float64, copy=False), D.astype(np.float64, copy=False)
    s = np.full(len(D), 1 / len(D)) if weight is None else weight / weight.sum()
    seen = slice(None) if weight is None else s > 0
    with np.errstate(all="ignore"):
        constant = float(sum(_constant(D[:, k], s, loss, output) for k in range(D.shape[1])))
        variance = float((s @ (D - s @ D) ** 2).sum())
        if not 0 < variance < np.inf:
            return Yardsticks(constant, 1.0, 1.0)
        return Yardsticks(
            constant, _line(X, D, s) / variance, _neighbour(X[seen], D[seen], s[seen]) / variance
        )


def _constant(d: Floats, s: Floats, loss: Loss, output: str) -> float:
    """min over c of Σ s e(c, d) for one output, c within what the output can give."""
    mean = float(s @ d)
    if loss.name == "cross_entropy":
        return -mean * float(np.log(mean)) if mean > 0 else 0.0
    S = activation(output)
    low, high = max(float(d.min()), S.low), min(float(d.max()), S.high)
    if loss.name in ("mse", "half_mse", "binary_cross_entropy", "poisson"):
        return _at(min(max(mean, low), high), d, s, loss)
    grid = np.linspace(low, high, FINE) if high > low else np.array([low])
    return min(_at(float(c), d, s, loss) for c in grid)


def _at(c: float, d: Floats, s: Floats, loss: Loss) -> float:
    return float(s @ loss.e(np.full_like(d, c), d))


def _line(X: Floats, D: Floats, s: Floats) -> float:
    """Σ s |D − XA − a|² at its least; nan where the numbers are too large to tell."""
    root = np.sqrt(s)[:, None]
    A = np.column_stack([X, np.ones(len(X))]) * root
    size = np.maximum(np.abs(A).max(axis=0), np.finfo(np.float64).tiny)
    if not (np.isfinite(A).all() and np.isfinite(D).all()):
        return float("nan")
    fit = np.linalg.lstsq(A / size, D * root, rcond=None)[0]
    return float(((A / size @ fit - D * root) ** 2).sum())


def _neighbour(X: Floats, D: Floats, s: Floats) -> float:
    """½ mean |d − d of the nearest other|², each by its weight, of rows spread evenly."""
    rows = np.linspace(0, len(X) - 1, min(len(X), ROWS)).round().astype(np.intp)
    x, d = X[rows], D[rows]
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    if len(x) < 3 or not np.isfinite(x).all():
        return float("nan")
    size = (x * x).sum(axis=1)
    distance = size[:, None] + size[None, :] - 2 * x @ x.T
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(axis=1)
    return 0.5 * float(np.average(((d - d[nearest]) ** 2).sum(axis=1), weights=s[rows]))
