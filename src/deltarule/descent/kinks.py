"""Where the slope of a formula jumps, and whether f still falls from there."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.objectives.formula import Formula

Floats = NDArray[np.floating]

# to either side of a point, relative to 1 + |x_i|: a slope that changes by as much over the short way as over the long
# one jumps; that of a smooth f changes by a ten-thousandth of it
FAR, CLOSE = 1e-4, 1e-8
JUMP = 1e-3  # of the slopes on either side: less is rounding
CLOSEST = 1e-12  # a slope that is twice as steep so close by grows without end, as that of √|x| at 0
LEVEL = 1e-6  # a slope, relative to those around: less is what they change by over the way to where they are looked at
PAIRS = 100  # so many diagonals at most are looked along


def jumps(objective: Any, x: Floats) -> NDArray[np.float64]:
    """(kinks, 3): i, and ∂f/∂x_i just below and just above x, of each axis along which a formula's slope jumps at x.

    A slope that grows without end towards x is ±∞.

    >>> jumps(Formula("abs(x1) + x2**2"), np.array([0.0, 0.0])).tolist()
    [[0.0, -1.0, 1.0]]
    >>> jumps(Formula("sqrt(abs(x))"), np.array([0.0])).tolist()
    [[0.0, -inf, inf]]
    """
    found: list[tuple[float, float, float]] = []
    for i in range(len(x)) if isinstance(objective, Formula) else ():
        far, close, closest = (_beside(objective, x, i, share) for share in (FAR, CLOSE, CLOSEST))
        jump = abs(close[1] - close[0])
        if (
            np.isfinite(jump)
            and jump > JUMP * (abs(close[0]) + abs(close[1]))
            and 2 * jump > abs(far[1] - far[0])
        ):
            below, above = (
                float(np.copysign(np.inf, slope)) if abs(steeper) > 2 * abs(slope) > 0 else slope
                for slope, steeper in zip(close, closest, strict=True)
            )
            found.append((float(i), below, above))
    return np.array(found)


def downhill(objective: Any, x: Floats) -> Floats | None:
    """What −∇f is in a kink: where f falls most steeply, and how steeply; None where the slopes around cancel.

    −v, along which f has the slope −‖v‖; v is the shortest of all mixtures Σ w_k ∇f(x + h u_k), w_k ≥ 0, Σ w_k = 1, of
    the gradients around x, u_k along the axes and diagonals. Where v is 0, f is stationary in Clarke's sense.

    Source: Burke, Lewis, Overton 2005 (gradient sampling).

    >>> downhill(Formula("abs(x1 - x2) + x1**2"), np.array([0.5, 0.5])).round(3).tolist()
    [-0.5, -0.5]
    >>> downhill(Formula("abs(x1 - x2) + x1**2"), np.array([0.0, 0.0])) is None
    True
    """
    around = [
        objective.gradient(x + side * CLOSE * (1 + np.abs(x)) * u)[1]
        for u in _ways(len(x))
        for side in (-1, 1)
    ]
    G = np.array([g for g in around if np.isfinite(g).all()])
    if not len(G):
        return None
    v = _shortest(G)
    return -v if float(np.linalg.norm(v)) > LEVEL * float(np.linalg.norm(G, axis=1).max()) else None


def _beside(objective: Any, x: Floats, i: int, share: float) -> list[float]:
    unit = np.zeros(len(x))
    unit[i] = 1 + abs(x[i])
    return [float(objective.gradient(x + side * share * unit)[1][i]) for side in (-1, 1)]


def _ways(size: int) -> list[Floats]:
    axes = np.eye(size)
    pairs = list(combinations(range(size), 2))[: PAIRS // 2]
    return [*axes, *(axes[i] + sign * axes[j] for i, j in pairs for sign in (1, -1))]


def _shortest(G: Floats) -> Floats:
    """The shortest Σ w_k G_k with w_k ≥ 0, Σ w_k = 1, from the least squares of Gᵀw = 0 beside Σ w_k = 1."""
    from scipy.optimize import nnls

    scale = float(np.abs(G).max()) or 1.0
    w = nnls(np.vstack([G.T / scale, np.ones(len(G))]), np.append(np.zeros(G.shape[1]), 1.0))[0]
    return G.T @ (w / w.sum())
