"""The lecture on one screen: forward pass, error, backward pass.

forward    y^(0) = x
           net_nj^(m−1,m) = Σ_i w_ij^(m−1,m) y_ni^(m−1) + b_j^(m)
           y_nj^(m) = S(net_nj^(m−1,m)),   o = y^(L)
error      l_nk = o_nk − d_nk
           E = (1/N) Σ_n Σ_k l_nk²                                 mse; every loss states its own
backward   δ_nk^(L) = ∂E/∂net_nk = (2/N) l_nk S'(net_nk)           mse, element-wise output
           δ_nj^(m) = (Σ_k w_jk^(m,m+1) δ_nk^(m+1)) S'(net_nj^(m−1,m))
           ∂E/∂w_ij^(m−1,m) = Σ_n y_ni^(m−1) δ_nj^(m)
           ∂E/∂b_j^(m) = Σ_n δ_nj^(m)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.activations import activation
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape

Floats = NDArray[np.floating]


@dataclass(frozen=True, repr=False)
class Trace:
    """What a forward pass computed: `net[m-1]` and `y[m]` (N, units of m); `residual` l = o − d where D was given."""

    net: list[Floats]
    y: list[Floats]
    residual: Floats | None = None

    @property
    def o(self) -> Floats:
        """(N, K): the outputs, y^(L)."""
        return self.y[-1]

    def __repr__(self) -> str:
        return f"<Trace of {len(self.o)} samples through layers {', '.join(str(y.shape[1]) for y in self.y)}>"


@dataclass(frozen=True, repr=False)
class Gradient:
    """∂E/∂θ: `theta` (P,), with `W[m-1]`, `b[m-1]` as its views.

    `delta[m-1]` is δ^(m) (N, units of m); `error` is E, penalty included.
    """

    theta: Floats
    W: list[Floats]
    b: list[Floats]
    delta: list[Floats]
    error: float = float("nan")

    def __repr__(self) -> str:
        return f"<Gradient of {len(self.theta)} weights: norm {np.linalg.norm(self.theta):.6g}, error {self.error:.6g}>"


def forward(shape: Shape, theta: Floats, X: Floats, masks: Sequence[Floats] = ()) -> Trace:
    """net and y of every layer for X (N, I); masks (dropout's, one for each hidden layer) multiply the hidden y."""
    W, b = shape.views(theta)
    y, net = [X], []
    for m in range(1, shape.layers + 1):
        net.append(y[m - 1] @ W[m - 1] + b[m - 1] if shape.bias else y[m - 1] @ W[m - 1])
        y.append(activation(shape.activations[m - 1]).S(net[m - 1]))
        if masks and m < shape.layers:
            y[m] *= masks[m - 1]
    return Trace(net, y)


def error(shape: Shape, trace: Trace, D: Floats, loss: Loss, weight: Floats | None = None) -> float:
    """E = (1/Σs) Σ_n s_n Σ_k e(o_nk, d_nk), without a penalty; weight is s (N,)."""
    return float(error_per_output(shape, trace, D, loss, weight).sum())


def error_per_output(
    shape: Shape, trace: Trace, D: Floats, loss: Loss, weight: Floats | None = None
) -> Floats:
    """(K,): each output's part of E; for mse MSE_k, and Σ_k MSE_k = MSE."""
    e = loss.per_output(trace.net[-1], trace.o, D, activation(shape.activations[-1]))
    with np.errstate(over="ignore"):  # a sum may be too large for a number where the mean is not
        parts = e.mean(axis=0) if weight is None else (weight @ e) / weight.sum()
    if np.isinf(parts).any():
        return (e / len(e)).sum(axis=0) if weight is None else (weight / weight.sum()) @ e
    return parts


def output_delta(shape: Shape, trace: Trace, D: Floats, loss: Loss, weight: Floats | None = None) -> Floats:
    """δ^(L) (N, K): ∂E/∂net of the output layer, the 1/N (or s_n/Σs) inside."""
    return loss.delta(trace.net[-1], trace.o, D, activation(shape.activations[-1]), share(D, weight))


def share(D: Floats, weight: Floats | None = None) -> Floats | float:
    """Each sample's share in E: 1/N, or s_n/Σs as (N, 1)."""
    return 1 / len(D) if weight is None else (weight / weight.sum())[:, None]


def backward(
    shape: Shape, theta: Floats, trace: Trace, delta: Floats, masks: Sequence[Floats] = ()
) -> Gradient:
    """∂E/∂W, ∂E/∂b and every δ from δ^(L); masks are those of the forward pass."""
    W, _ = shape.views(theta)
    gradient = np.empty_like(theta)
    dW, db = shape.views(gradient)
    deltas = [delta]
    for m in range(shape.layers, 0, -1):
        np.matmul(trace.y[m - 1].T, delta, out=dW[m - 1])
        if shape.bias:
            delta.sum(axis=0, out=db[m - 1])
        if m > 1:
            delta = (delta @ W[m - 1].T) * activation(shape.activations[m - 2]).S_prime(trace.net[m - 2])
            if masks:
                delta *= masks[m - 2]
            deltas.insert(0, delta)
    return Gradient(gradient, dW, db, deltas)
