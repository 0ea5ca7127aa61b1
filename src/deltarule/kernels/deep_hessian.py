"""The Hessian of networks with two hidden layers and more, compiled: its sums over samples as matrix products.

Each block of layers m ≤ p is (equations/curvature)
    Σ_n ŷ_i ŷ_i' C_jj' + Σ_n ŷ_i (T_ji' δ_j')      the second for m < p, and not for biases
C and T are made by the plain equations for a tile of samples, then both sums are products of (pairs) × n with
n × (pairs), as Gauss-Newton's are (kernels/gauss_newton). A tile holds TILE numbers of C at most, so the memory
beside H itself is known beforehand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import curvature
from deltarule.equations.backprop import Trace
from deltarule.equations.output_curvature import OutputCurvature
from deltarule.equations.shape import Shape
from deltarule.kernels.gauss_newton import Pairs, cross_block, own_block, sums

Floats = NDArray[Any]
Sums = dict[tuple[int, int], Floats]

TILE = 1 << 22  # numbers of the largest C of a tile: 32 MB


def deep_hessian(
    shape: Shape,
    theta: Floats,
    trace: Trace,
    A: OutputCurvature,
    delta: list[Floats],
    threads: int | None = None,
) -> Floats:
    """∂²E/∂θ∂θ (P, P) in float64, from a forward pass, the exact A and the gradient's δ^(m).

    Its numbers are `curvature.hessian`'s.
    """
    N, widest = len(trace.o), max(shape.sizes[1:]) * max(shape.sizes)
    rows = max(1, TILE // widest)
    curved: Sums = {}
    sloped: Sums = {}
    for first in range(0, N, rows):
        at = slice(first, first + rows)
        part = Trace([net[at] for net in trace.net], [y[at] for y in trace.y])
        of_rows = OutputCurvature(A.diagonal[at], None if A.full is None else A.full[at])
        _add_tile(shape, theta, part, of_rows, [d[at] for d in delta], threads, curved, sloped)
    H = np.empty((shape.size, shape.size))
    for (m, p), found in curved.items():
        _place(shape, m, p, found, H)
    for (m, p), found in sloped.items():
        _place_slopes(shape, m, p, found, H)
    return H


def _add_tile(
    shape: Shape, theta: Floats, trace: Trace, A: OutputCurvature, delta: list[Floats], threads: int | None,
    curved: Sums, sloped: Sums,
) -> None:  # fmt: skip
    """Both sums of every block, over the samples of a tile."""
    C, T = curvature.layer_pairs(shape, theta, trace, A, delta, exact=True)
    Y = [_features(np.hstack([y, np.ones((len(y), 1))]) if shape.bias else y) for y in trace.y[:-1]]
    one = np.ones((1, 1, len(trace.o)))
    for (m, p), value in C.items():
        flat = value.reshape(len(value), -1)
        if m == p:
            J = shape.sizes[m]
            flat = flat[:, np.ravel_multi_index(np.tril_indices(J), (J, J))]
        units = Pairs.every(_features(flat), one)
        sources = Pairs.lower(Y[m - 1], Y[m - 1]) if m == p else Pairs.every(Y[m - 1], Y[p - 1])
        _add(curved, (m, p), sums(units, sources, None, threads))
        if m < p:
            slopes = T[m, p - 1]
            steep = Pairs.every(_features(slopes.reshape(len(slopes), -1)), _features(delta[p - 1]))
            _add(sloped, (m, p), sums(steep, Pairs.every(Y[m - 1], one), None, threads))


def _add(total: Sums, block: tuple[int, int], part: Floats) -> None:
    total[block] = total[block] + part if block in total else part


def _place(shape: Shape, m: int, p: int, found: Floats, H: Floats) -> None:
    """A block's first sum, and its mirror image, where they belong in H."""
    (I, J), (Ip, Jp) = ((shape.sizes[q - 1] + shape.bias, shape.sizes[q]) for q in (m, p))
    first, firstp = shape.W_at(m).start, shape.W_at(p).start
    if m == p:
        own_block(False, *_lower(J), *_lower(I), J, first, H, found, 0, 1)
    else:
        cross_block(False, *_every(J, Jp), *_every(I, Ip), J, Jp, first, firstp, H, found, 0, 1)


def _place_slopes(shape: Shape, m: int, p: int, found: Floats, H: Floats) -> None:
    """A block's second sum, (j i' j') × i, added to both images."""
    J, Ip, Jp, I = shape.sizes[m], shape.sizes[p - 1], shape.sizes[p], shape.sizes[m - 1] + shape.bias
    added = found[:, :I].reshape(J, Ip, Jp, I).transpose(3, 0, 1, 2).reshape(I * J, Ip * Jp)
    first, firstp = shape.W_at(m).start, shape.W_at(p).start
    own, after = slice(first, first + I * J), slice(firstp, firstp + Ip * Jp)
    H[own, after] += added
    H[after, own] = H[own, after].T


def _lower(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a, b = np.tril_indices(size)
    return a.astype(np.int64), b.astype(np.int64)


def _every(a: int, b: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = np.indices((a, b)).reshape(2, -1).astype(np.int64)
    return first, second


def _features(values: Floats) -> Floats:
    """(N, n) feature by feature, (1, n, N)."""
    return np.ascontiguousarray(values.T, np.float64)[None]
