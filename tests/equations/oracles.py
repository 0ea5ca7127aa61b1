"""Independent oracles of a gradient: the central difference with its error bound, and the complex step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def central_difference(f: Callable[[np.ndarray], float], theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """∂f/∂θ (P,) and the bound (P,) of its rounding error.

    (f(θ+h) − f(θ−h))/2h: rounding of f costs ε|f|/h; the truncation h² f‴/6 is judged from the steps h and 2h.
    """
    eps = np.finfo(np.float64).eps
    g, bound = np.empty_like(theta), np.empty_like(theta)
    for p in range(len(theta)):
        h = eps ** (1 / 3) * max(1.0, abs(theta[p]))
        slopes = []
        for step in (h, 2 * h):
            up, down = theta.copy(), theta.copy()
            up[p] += step
            down[p] -= step
            f_up, f_down = f(up), f(down)
            slopes.append((f_up - f_down) / (up[p] - down[p]))
        g[p] = slopes[0]
        # 40 ε |f| allows for the sums inside f, whose own rounding grows with their terms
        bound[p] = 40 * eps * (abs(f_up) + abs(f_down) + 1) / h + abs(slopes[1] - slopes[0])
    return g, bound


def agrees(g: np.ndarray, oracle: np.ndarray, bound: np.ndarray | float = 0.0) -> bool:
    """|difference| ≤ 1e-6·max(|g_i|, 1e-3 ‖g‖_∞) + bound, for every entry."""
    limit = 1e-6 * np.maximum(np.abs(oracle), 1e-3 * np.abs(oracle).max(initial=0)) + bound
    return bool((np.abs(g - oracle) <= limit).all())
