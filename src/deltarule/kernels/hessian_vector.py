"""Hessian·vector products at one θ, compiled: the forward pass, δ, S' and S'' are made once and kept.

    R{net} = R{y} W + y V + c,   R{y} = S' R{net},   R{δ^(L)} = A R{net},   R{δ} = (R{δ} Wᵀ + δ Vᵀ) S' + bend R{net}
    H v = yᵀ R{δ} + R{y}ᵀ δ      bend = (δ Wᵀ) S''

Matrices that stand on a product's right are filled up to whole vectors; all others are read where they lie.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.backprop import Trace
from deltarule.equations.curvature import hidden_bend, hidden_slopes
from deltarule.equations.output_curvature import OutputCurvature
from deltarule.equations.shape import Shape
from deltarule.kernels.calling import run_product
from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.gauss_newton import LANES, PANEL
from deltarule.kernels.microkernel import product_pass
from deltarule.kernels.second_order import all_deltas
from deltarule.kernels.team import together
from deltarule.kernels.threads import available
from deltarule.kernels.vectors import at, numbers

Floats = NDArray[np.floating]


class StoredForward:
    """Everything about θ that H v needs, for X (N, I) of one forward pass; delta is δ^(L), A the exact output
    curvature."""

    def __init__(self, shape: Shape, theta: Floats, trace: Trace, delta: Floats, A: OutputCurvature) -> None:
        slopes = hidden_slopes(shape, trace)
        deltas = all_deltas(shape, theta, delta, slopes)
        self.shape, self.A, self.address = shape, A, product_pass(False, "float64").address
        self.y = [np.ascontiguousarray(y, np.float64) for y in trace.y[:-1]]
        W, _ = shape.views(theta)
        self.W = [filled(w) for w in W]
        self.W_back = [filled(w.T) for w in W]
        self.delta = [filled(d) for d in deltas]
        self.slope = [filled(slope) for slope in slopes]
        self.bend = [
            filled((deltas[m] @ W[m].T) * hidden_bend(shape, trace, m)) for m in range(1, shape.layers)
        ]

    def product(self, v: Floats) -> Floats:
        """∇²E v (P,)."""
        L, N, bias = self.shape.layers, len(self.y[0]), self.shape.bias
        V, c = self.shape.views(np.ascontiguousarray(v, np.float64))
        net: list[Floats] = []
        y: list[Floats] = [np.empty((0, 0))]
        for m in range(L):
            moved = _starting(N, self.W[m].shape[1], c[m] if bias else np.empty(0))
            multiply(self.address, self.y[m], False, filled(V[m]), moved)
            if m:
                multiply(self.address, y[m], False, self.W[m], moved)
            net.append(moved)
            if m < L - 1:
                y.append(moved * self.slope[m])
        K = self.shape.sizes[-1]
        delta = filled(self.A.times(net[-1][:, :K]))
        found = np.empty(self.shape.size)
        dV, dc = self.shape.views(found)
        for m in range(L - 1, -1, -1):
            I, J = self.shape.sizes[m], self.shape.sizes[m + 1]
            total = np.zeros((I, delta.shape[1]))
            multiply(self.address, self.y[m], True, delta, total)
            if m:
                multiply(self.address, y[m][:, :I], True, self.delta[m], total)
            dV[m][:] = total[:, :J]
            if bias:
                dc[m][:] = delta.sum(axis=0)[:J]
            if m:
                before = np.zeros((N, self.W_back[m].shape[1]))
                multiply(self.address, delta, False, self.W_back[m], before)
                multiply(self.address, self.delta[m], False, filled(V[m].T), before)
                _bent(before, self.slope[m - 1], self.bend[m - 1], net[m - 1])
                delta = before
        return found


class Blocks:
    """Several forward passes, each of some rows: their products are summed in the rows' order, whoever makes them."""

    def __init__(self, blocks: list[StoredForward], threads: int | None = None) -> None:
        self.blocks, self.team = blocks, min(threads or available(), len(blocks) // 2) or 1

    def product(self, v: Floats) -> Floats:
        """∇²E v (P,)."""
        parts: list[Floats] = [np.empty(0)] * len(self.blocks)

        def work(k: int) -> None:
            for b in range(k, len(parts), self.team):
                parts[b] = self.blocks[b].product(v)

        together(work, self.team)
        total = parts[0]
        for part in parts[1:]:
            total += part
        return total


def filled(values: Any) -> Floats:
    """(rows, columns) with zeros up to whole vectors."""
    rows, columns = values.shape
    found = np.zeros((rows, -(-columns // LANES) * LANES))
    found[:, :columns] = values
    return found


@inner
def _panel(left: int) -> int:
    return PANEL if left >= PANEL else 2 * LANES if left >= 2 * LANES else LANES


@kernel
def multiply(product: int, A: Any, transposed: bool, B: Any, C: Any) -> None:
    """C += A B, or Aᵀ B; B (k, width) and C (rows, width) are filled up, A (…) may have more columns than B has
    rows."""
    rs, cs = (1, A.strides[0] // 8) if transposed else (A.strides[0] // 8, 1)
    depth = A.shape[0] if transposed else min(A.shape[1], B.shape[0])
    rows, width, start = C.shape[0], C.shape[1], 0
    while start < width:
        wide = _panel(width - start)
        b, here = at(numbers(B), start), at(numbers(C), start)
        run_product(product, numbers(A), rs, cs, b, width, here, width, here, width, rows, wide, depth)
        start += wide


@kernel
def _starting(N: int, width: int, c: Any) -> Any:
    """(N, width) rows of c."""
    found = np.zeros((N, width))
    for n in range(N):
        for j in range(len(c)):
            found[n, j] = c[j]
    return found


@kernel
def _bent(delta: Any, slope: Any, bend: Any, net: Any) -> None:
    """δ ← δ S' + bend R{net}."""
    for n in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            delta[n, j] = delta[n, j] * slope[n, j] + bend[n, j] * net[n, j]
