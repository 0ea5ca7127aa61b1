"""Errors as if each row had been left out, without another training (Allen 1974; for networks, Hansen and Larsen 1996).

    h_nk = s_n β_k J_nk A⁻¹ J_nkᵀ,      l_nk ← l_nk/(1 − h_nk)

h is the share of its own output that a row decides; where s_n counts its copies, that of one of them, h/s_n.
A = Σ_n s_n Σ_k β_k J_nkᵀJ_nk + diag(αρ) is F's curvature at its minimum, where θ moves by A⁻¹ times what a row said:
for a line that is exact.

Rows that belong together are left out together: with Z Zᵀ = J A⁻¹ Jᵀ of a group's rows, in units of their noise,

    l ← (1 − ZZᵀ)⁻¹ l
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import curvature
from deltarule.equations.shape import Shape
from deltarule.objectives.sample_space import SampleQuadratic

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


def of_groups(row_groups: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """The rows of each group.

    >>> [rows.tolist() for rows in of_groups(np.array([1, 0, 1]))]
    [[1], [0, 2]]
    """
    order = np.argsort(row_groups, kind="stable")
    return np.split(order, np.cumsum(np.bincount(row_groups))[:-1])


def left_out_together(S: Floats, l: Floats) -> Floats:
    """S⁻¹l for S = 1 − ZZᵀ of one group, no longer than l/FREE.

    >>> left_out_together(np.array([[0.5, -0.25], [-0.25, 0.5]]), np.array([1.0, 1.0])).round(9).tolist()
    [4.0, 4.0]
    >>> left_out_together(np.array([[0.001]]), np.array([1.0])).tolist()
    [20.0]
    """
    left = _solved(S, l)
    return l / FREE if left is None else _bounded(left, l)


def group_left_out(half: Callable[[slice], Floats], l: Floats, size: int) -> Floats:
    """The same of l (R, K) where `half` tells Z (…, size) of some of the group's R rows, K after K: in RK equations
    or, where those are more, by (1 − ZZᵀ)⁻¹ = 1 + Z(1 − ZᵀZ)⁻¹Zᵀ in `size`.

    >>> Z, l = np.array([[0.5], [0.25], [0.5]]), np.ones((3, 1))
    >>> found = group_left_out(lambda rows: Z[rows], l, 1)
    >>> bool(np.allclose(found, np.linalg.solve(np.eye(3) - Z @ Z.T, l)))
    True
    """
    told = l.ravel()
    if size >= len(told):
        Z = half(slice(0, len(l)))
        return left_out_together(np.eye(len(told)) - Z @ Z.T, told).reshape(l.shape)
    step = max(1, BLOCK // (size * l.shape[1]))
    pieces = [slice(at, at + step) for at in range(0, len(l), step)]
    S, along = np.eye(size), np.zeros(size)
    for rows in pieces:
        Z = half(rows)
        S -= Z.T @ Z
        along += Z.T @ l[rows].ravel()
    x = _solved(S, along)
    left = told / FREE if x is None else _bounded(told + np.concatenate([half(p) @ x for p in pieces]), told)
    return left.reshape(l.shape)


def _solved(S: Floats, l: Floats) -> Floats | None:
    """S⁻¹l; None where S is not positive."""
    from scipy.linalg.lapack import dposv  # pyright: ignore[reportAttributeAccessIssue]  # no stubs

    _, left, fault = dposv(S, l)
    return None if fault or not np.isfinite(left).all() else left


def _bounded(left: Floats, l: Floats) -> Floats:
    size, most = float(np.linalg.norm(left)), float(np.linalg.norm(l)) / FREE
    return left * (most / size) if size > most else left


def groups_left_out(objective: Any, theta: Floats, beta: Floats, model: Any) -> Floats | None:
    """Σ_n s_n l_nk² / Σ_n s_n of each output (K,), each group left out together; None where A is not positive."""
    shape, s, K = objective.shape, objective.sample_weight, objective.D.shape[1]
    l, groups = objective.forward(theta).o - objective.D, of_groups(objective.row_groups)
    share = np.full(len(l), 1 / len(l)) if s is None else s / s.sum()
    noise, left = np.sqrt(beta * share[:, None]), np.empty(l.shape)
    told = noise * l
    if isinstance(model, SampleQuadratic):
        S = model.unexplained()
        if S is None:
            return None
        for rows in groups:
            at = (rows[:, None] * K + np.arange(K)).ravel()
            left[rows] = left_out_together(S[np.ix_(at, at)], told[rows].ravel()).reshape(-1, K)
    else:
        half = model.half()
        if half is None:
            return None

        def of_rows(rows: NDArray[np.intp]) -> Floats:
            J = curvature.jacobian(shape, theta, np.asarray(objective.X[rows], np.float64))
            return half(noise[rows].reshape(-1, 1) * J.reshape(-1, shape.size))

        for several in _chunks(groups, BLOCK // (K * shape.size)):
            if len(several) == 1:
                [rows] = several
                left[rows] = group_left_out(lambda part, all=rows: of_rows(all[part]), told[rows], shape.size)
                continue
            Z = np.split(
                of_rows(np.concatenate(several)), np.cumsum([K * len(rows) for rows in several])[:-1]
            )
            for rows, of_group in zip(several, Z, strict=True):
                left[rows] = group_left_out(
                    lambda part, Z=of_group: Z[part.start * K : part.stop * K], told[rows], shape.size
                )
    return _mean_squares(objective, left / np.maximum(noise, 1e-300))


def _chunks(groups: list[NDArray[np.intp]], limit: int) -> Iterator[list[NDArray[np.intp]]]:
    """Groups one after the other, together of so many rows at most, or one alone."""
    chunk: list[NDArray[np.intp]] = []
    for rows in groups:
        if chunk and sum(map(len, chunk)) + len(rows) > limit:
            yield chunk
            chunk = []
        chunk.append(rows)
    yield chunk


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
        l = root * D - U @ (U.T @ (root * D))
        if objective.row_groups is None:
            left = l / np.maximum(1 - (U * U).sum(axis=1) / copies, FREE)[:, None]
        else:
            left = np.empty(l.shape)
            for rows in of_groups(objective.row_groups):
                Z = U[rows]
                for k in range(l.shape[1]):
                    left[rows, k : k + 1] = group_left_out(
                        lambda part, Z=Z: Z[part], l[rows, k : k + 1], Z.shape[1]
                    )
        errors.append(in_noise(_mean_squares(objective, left / np.where(root > 0, root, 1.0)), beta))
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
