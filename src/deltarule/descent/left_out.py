"""Errors as if each row had been left out, without another training (Allen 1974; for networks, Hansen and Larsen 1996).

    h_nk = s_n β_k J_nk A⁻¹ J_nkᵀ,      l_nk ← l_nk/(1 − h_nk)

h is the share of its own output that a row decides; where s_n counts its copies, that of one of them, h/s_n.
A = Σ_n s_n Σ_k β_k J_nkᵀJ_nk + diag(αρ) is F's curvature at its minimum, where θ moves by A⁻¹ times what a row said:
for a line that is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import curvature
from deltarule.equations.shape import Shape

Floats = NDArray[np.floating]

BLOCK = 1 << 22  # numbers of a Jacobian at a time
FREE = 0.05  # of 1 − h, at least: no row's error is told more than twenty times as large


def seen(s: Floats | None, rows: int, counts: bool) -> tuple[float, Floats]:
    """N, and how many copies each of so many rows stands for (rows,), by weights s that may be `counts`.

    Counts add up to the rows there are, or more; weights that do not are taken for importance, where N is the number
    of rows with any.

    >>> seen(np.array([2.0, 0.0, 3.0]), 3, counts=True)[0], seen(np.array([0.2, 0.0, 0.3]), 3, counts=True)[0]
    (5.0, 2.0)
    """
    if s is None:
        return float(rows), np.ones(rows)
    any_weight = s > 0
    if counts and s.sum() >= any_weight.sum():
        return float(s.sum()), np.where(any_weight, s, 1.0)
    return float(any_weight.sum()), np.ones(rows)


def left_out_squares(objective: Any, theta: Floats, h: Floats) -> Floats:
    """Σ_n s_n (l_nk/(1 − h_nk))² / Σ_n s_n of each output, (K,)."""
    l = objective.forward(theta).o - objective.D
    return _mean_squares(objective, l / np.maximum(1 - h, FREE))


def _mean_squares(objective: Any, left: Floats) -> Floats:
    return np.average(left * left, axis=0, weights=objective.sample_weight)


def line_error(objective: Any, beta: Floats, copies: Floats) -> float:
    """(Σ_k β_k of these squares/K)^½ of the least-squares line, whose h needs no curvature; or of the mean, if lower.

    copies (N,): how many each row stands for.
    """
    X, D, s = np.asarray(objective.X, np.float64), objective.D, objective.sample_weight
    root = np.ones((len(X), 1)) if s is None else np.sqrt(s)[:, None]
    errors: list[float] = []
    for of in (np.empty((len(X), 0)), X):
        U, sizes, _ = np.linalg.svd(root * np.column_stack([of, np.ones(len(X))]), full_matrices=False)
        U = U[:, sizes > len(X) * float_info.epsilon * sizes[0]]
        l = (root * D - U @ (U.T @ (root * D))) / np.where(root > 0, root, 1.0)
        left = l / np.maximum(1 - (U * U).sum(axis=1) / copies, FREE)[:, None]
        errors.append(in_noise(_mean_squares(objective, left), beta))
    return min(errors)


def in_noise(squares: Floats, beta: Floats) -> float:
    """Mean squares of each output (K,) as one error, in units of the noise that β (K,) tells."""
    return float(np.sqrt(np.mean(beta * squares)))


def variances(shape: Shape, theta: Floats, X: Floats, of_rows: Callable[[Floats], Floats]) -> Floats:
    """J A⁻¹ Jᵀ of each output (N, K) at X (N, I): `of_rows` answers it for rows of J (R, P)."""
    K = shape.sizes[-1]
    rows = max(1, BLOCK // (K * shape.size))
    parts = [
        of_rows(curvature.jacobian(shape, theta, X[at : at + rows]).reshape(-1, shape.size)).reshape(-1, K)
        for at in range(0, len(X), rows)
    ]
    return np.concatenate(parts)
