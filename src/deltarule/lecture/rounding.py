"""How far rounding alone can move ∂E/∂w: each product and sum loses ε of what goes in, not of what is left of it.

    r(net) = (|y| + r(y)) |W| + |b|            r(y) = |S'| r(net) + |y|
    r(δ)   = |∂δ/∂net| r(net) + the terms that δ^(L) is made of
    r(∂E/∂w_ij) = c Σ_n |y_ni δ_nj| + Σ_n r(y_ni) |δ_nj| + Σ_n |y_ni| r(δ_nj)          in units of ε, c = 1 + log₂(N+1)

Where a training has converged the terms cancel and ∂E/∂w is nothing but this; where it has not, this is some ε of
∂E/∂w. S' counts as rounded by ε itself, as y (1 − y) is where y is near 1.
"""

from __future__ import annotations

from sys import float_info

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.equations.activations import activation
from deltarule.equations.losses import Loss
from deltarule.equations.output_curvature import exact
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape

Floats = NDArray[np.float64]


def gradient_rounding(
    shape: Shape, theta: Floats, X: Floats, D: Floats, loss: Loss, penalty: Penalty
) -> Floats:
    """(P,): a bound on the rounding of each ∂E/∂θ_p, for samples X (N, I), D (N, K).

    >>> from deltarule.equations.losses import loss
    >>> from deltarule.equations.penalties import penalty
    >>> from deltarule.equations.shape import make_shape
    >>> X, D = np.array([[1.0], [2.0]]), np.array([[2.0], [4.0]])
    >>> shape, theta = make_shape([1, 1], bias=False), np.array([2.0])          # w x = d: every term of the sum is 0
    >>> r = gradient_rounding(shape, theta, X, D, loss("mse"), penalty(None))
    >>> bool(0 < r[0] < 1e-14)
    True
    """
    count = 1 + np.log2(len(X) + 1)
    W, b = shape.views(np.abs(theta))
    trace = backprop.forward(shape, theta, X)
    y = [np.abs(layer) for layer in trace.y]
    S = [activation(name) for name in shape.activations]
    r_y, r_net = [np.zeros_like(X)], list[Floats]()
    for m in range(shape.layers):
        r_net.append((y[m] + r_y[m]) @ W[m] + (b[m] if shape.bias else 0.0))
        r_y.append(np.abs(S[m].S_prime(trace.net[m])) * r_net[m] + y[m + 1])
    delta = backprop.output_delta(shape, trace, D, loss)
    deltas = [np.abs(layer) for layer in backprop.backward(shape, theta, trace, delta).delta]
    found = np.empty(shape.size)
    to_W, to_b = shape.views(found)
    r = _at_the_output(shape, trace, r_net[-1], D, loss)
    for m in reversed(range(shape.layers)):
        to_W[m][:] = (count * y[m] + r_y[m]).T @ deltas[m] + y[m].T @ r
        if shape.bias:
            to_b[m][:] = (count * deltas[m] + r).sum(axis=0)
        if m:
            net, through = trace.net[m - 1], deltas[m] @ W[m].T
            r = r @ W[m].T * np.abs(S[m - 1].S_prime(net))
            r += through * (np.abs(S[m - 1].S_second(net)) * r_net[m - 1] + 1)
    return float_info.epsilon * (found + shape.weight_mask() * (penalty.l2 * np.abs(theta) + penalty.l1))


def _at_the_output(shape: Shape, trace: backprop.Trace, r_net: Floats, D: Floats, loss: Loss) -> Floats:
    """r(δ^(L)) (N, K): from net, and from the terms that δ^(L) itself is made of."""
    output, o, share = activation(shape.activations[-1]), np.abs(trace.o), 1 / len(D)
    A = exact(trace.net[-1], trace.o, D, loss, output, share)
    from_net = (
        np.abs(A.diagonal) * r_net if A.full is None else np.einsum("nkc,nc->nk", np.abs(A.full), r_net)
    )
    if loss.fused(output):  # o Σ_c d_c − d, or o − d
        return from_net + share * (
            o * (D.sum(axis=1, keepdims=True) if A.full is not None else 1) + np.abs(D)
        )
    slope = share * (np.abs(loss.e_prime(trace.o, D)) + np.abs(loss.e_second(trace.o, D)) * o)
    return from_net + (slope if A.full is None else o * (slope + (o * slope).sum(axis=1, keepdims=True)))
