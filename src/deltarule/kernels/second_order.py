"""The Gauss-Newton matrix and the Hessian of E, compiled: equations/curvature's numbers, many times faster."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from deltarule.equations.backprop import Trace
from deltarule.equations.curvature import hidden_bend, hidden_slopes
from deltarule.equations.output_curvature import OutputCurvature
from deltarule.equations.shape import Shape
from deltarule.kernels.deep_hessian import deep_hessian
from deltarule.kernels.gauss_newton import Pairs, cross_block, own_block, sums

Floats = NDArray[Any]


def matrix(
    shape: Shape,
    theta: Floats,
    trace: Trace,
    A: OutputCurvature,
    delta: list[Floats] | None = None,
    threads: int | None = None,
    slopes: list[Floats] | None = None,
) -> Floats:
    """Σ_n JᵀAJ (P, P) in float64; with `delta`, the gradient's δ^(m), and the exact A, the Hessian of E.

    With more than one hidden layer the Hessian is `deep_hessian`'s.
    """
    L, P = shape.layers, shape.size
    if delta and L > 2:
        return deep_hessian(shape, theta, trace, A, delta, threads)
    H = np.empty((P, P))
    slopes = hidden_slopes(shape, trace) if slopes is None else slopes
    Y = [_features(y, shape.bias) for y in trace.y[:-1]]
    R = _slopes(shape, theta, slopes, len(trace.o))
    AR = [_features_of(_times(A, r)) for r in R]
    R = [_features_of(r) for r in R]
    for m in range(1, L + 1):
        J, first = shape.sizes[m], shape.W_at(m).start
        if m == L and A.full is None:
            _add_outputs(Y[m - 1], A.diagonal, H[first:, first:], threads)
            break
        units, sources = Pairs.lower(R[m - 1], AR[m - 1]), Pairs.lower(Y[m - 1], Y[m - 1])
        bend = _bend(shape, theta, trace, delta, m) if delta and m < L else None
        swapped = len(sources) > len(units) and bend is None
        lists = (sources, units) if swapped else (units, sources)
        sums(*lists, bend, threads, partial(own_block, swapped, *_places(units, sources), J, first, H))
        for p in range(m + 1, L + 1):
            units, sources = Pairs.every(R[m - 1], AR[p - 1]), Pairs.every(Y[m - 1], Y[p - 1])
            swapped = len(sources) > len(units)
            lists = (sources, units) if swapped else (units, sources)
            where = J, shape.sizes[p], first, shape.W_at(p).start
            sums(*lists, None, threads, partial(cross_block, swapped, *_places(units, sources), *where, H))
            if delta:
                _add_slopes(shape, slopes, delta, m, Y[m - 1][0], H)
    return H


def _places(units: Pairs, sources: Pairs) -> tuple[Any, ...]:
    return units.a, units.b, sources.a, sources.b


def _add_outputs(Y: Floats, A: Floats, H: Floats, threads: int | None) -> None:
    """The output layer's own block where A is diagonal: Σ_n ŷ_i ŷ_i' A_k for each output k, and 0 between outputs."""
    I, K, one = Y.shape[1], A.shape[1], np.ones((1, 1, len(A)))
    H[:] = 0
    for k in range(K):
        of_output = np.ascontiguousarray(A[:, k]).reshape(1, 1, -1)
        found = sums(Pairs.every(Y, of_output), Pairs.every(Y, one), None, threads)[:, :I]
        H[k::K, k::K] = np.tril(found) + np.tril(found, -1).T


def all_deltas(shape: Shape, theta: Floats, delta: Floats, slopes: list[Floats]) -> list[Floats]:
    """Every δ^(m), from δ^(L) and the slopes."""
    W, _ = shape.views(theta)
    deltas = [delta]
    for m in range(shape.layers, 1, -1):
        deltas.insert(0, (deltas[0] @ W[m - 1].T) * slopes[m - 2])
    return deltas


def gradient(shape: Shape, trace: Trace, deltas: list[Floats]) -> Floats:
    """∂E/∂θ (P,) from every δ^(m)."""
    g = np.empty(shape.size)
    dW, db = shape.views(g)
    for m in range(shape.layers):
        np.matmul(trace.y[m].T, deltas[m], out=dW[m])
        if shape.bias:
            deltas[m].sum(axis=0, out=db[m])
    return g


def pays(shape: Shape, rows: int) -> bool:
    """Whether compiled code is worth its first call: from a few milliseconds of the plain equations on."""
    return rows * shape.size**2 > 1e7


def _add_slopes(
    shape: Shape, slopes: list[Floats], delta: list[Floats], m: int, Y: Floats, H: Floats
) -> None:
    """∂²E/∂w_ij∂w_jk += Σ_n ŷ_i S'(net_j) δ_k, for layers m and m + 1."""
    I, J, K = len(Y), shape.sizes[m], shape.sizes[m + 1]
    slope = slopes[m - 1]
    added = (Y @ (slope[:, :, None] * delta[m][:, None, :]).reshape(len(slope), -1)).reshape(I, J, K)
    own, after = shape.layer_at(m), shape.layer_at(m + 1)
    j = np.arange(J)
    block = H[own, after]
    block = as_strided(
        block,
        (I, J, block.shape[1] // K, K),
        (J * block.strides[0], block.strides[0], K * block.strides[1], block.strides[1]),
    )
    block[:, j, j, :] += added
    H[after, own] = H[own, after].T


def _bend(shape: Shape, theta: Floats, trace: Trace, delta: list[Floats], m: int) -> Floats:
    """(δ^(m+1) Wᵀ) S''(net^(m)), (J, N)."""
    W, _ = shape.views(theta)
    return np.ascontiguousarray(((delta[m] @ W[m].T) * hidden_bend(shape, trace, m)).T)


def _slopes(shape: Shape, theta: Floats, slopes: list[Floats], N: int) -> list[Floats]:
    """∂net^(L)/∂net^(m) (N, K, J) of every layer."""
    W, _ = shape.views(theta)
    K = shape.sizes[-1]
    R = [np.broadcast_to(np.eye(K), (N, K, K))]
    for m in range(shape.layers - 1, 0, -1):
        slope = slopes[m - 1][:, None, :]
        R.insert(0, slope * W[m].T if m == shape.layers - 1 else (R[0] @ W[m].T) * slope)
    return R


def _times(A: OutputCurvature, R: Floats) -> Floats:
    return A.diagonal[:, :, None] * R if A.full is None else A.full @ R


def _features(y: Floats, bias: bool) -> Floats:
    """ŷ feature by feature, (1, I + 1, N)."""
    N, I = y.shape
    Y = np.ones((1, I + bias, N))
    Y[0, :I] = y.T
    return Y


def _features_of(R: Floats) -> Floats:
    """(N, K, J) as (K, J, N)."""
    return np.ascontiguousarray(R.transpose(1, 2, 0), np.float64)
