"""Second derivatives of E: the Jacobian of the outputs, Gauss-Newton, Hessian·vector and the whole Hessian.

With ŷ = (y, 1), so that ∂net_j/∂(w_1j … w_Ij, b_j) = ŷ, and for each sample
    N^(m,m)  = 1
    N^(m,m') = ∂net^(m')/∂net^(m)    = T^(m,m'−1) W^(m'−1,m')
    T^(m,m') = ∂y^(m')/∂net^(m)      = N^(m,m') S'(net^(m'))
    C^(m,L)  = ∂²E/∂net^(m)∂net^(L)  = N^(m,L) A
    C^(m,m') = ∂²E/∂net^(m)∂net^(m') = (C^(m,m'+1) Wᵀ) S'(net^(m')) + N^(m,m') (δ^(m'+1) Wᵀ) S''(net^(m'))
the Hessian's block of layers m ≤ m' is
    ∂²E/∂w_ij^(m)∂w_i'j'^(m') = Σ_n ŷ_i^(m−1) (ŷ_i'^(m'−1) C_jj'^(m,m') + T_ji'^(m,m'−1) δ_j'^(m'))
                                T: for m < m', not for biases
Gauss-Newton keeps A's positive part and drops S'' and T δ: G = Σ_n JᵀAJ.
Row tiles bound the memory; sums are taken in their order.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop, output_curvature
from deltarule.equations.activations import activation
from deltarule.equations.backprop import Trace, share
from deltarule.equations.losses import Loss
from deltarule.equations.memory import refuse_beyond
from deltarule.equations.output_curvature import OutputCurvature
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape

Floats = NDArray[np.floating]

TILE = 1 << 20  # numbers of the largest temporary of a row tile: 8 MB, about a second-level cache's size


def jacobian(shape: Shape, theta: Floats, X: Floats, of: str = "o") -> Floats:
    """J (N, K, P): ∂o_nk/∂θ_p, or with of="net" ∂net_nk^(L)/∂θ_p.

    >>> shape = Shape((2, 1), ("identity",))
    >>> jacobian(shape, np.zeros(3), np.array([[5.0, 7.0]])).tolist()
    [[[5.0, 7.0, 1.0]]]
    """
    N, K = len(X), shape.sizes[-1]
    refuse_beyond(
        N * K * shape.size * theta.itemsize, f"the Jacobian of {N} samples, {K} outputs and {shape.size} weights",
        "ask for fewer rows at a time, or for gauss_newton, which never stores it",
    )  # fmt: skip
    trace = backprop.forward(shape, theta, X)
    R = np.broadcast_to(np.eye(K, dtype=theta.dtype), (N, K, K))
    if of == "o":
        R = _output_slope(shape, trace)
    J = np.empty((N, K, shape.size), theta.dtype)
    W, _ = shape.views(theta)
    for m in range(shape.layers, 0, -1):
        np.multiply(
            trace.y[m - 1][:, None, :, None],
            R[:, :, None, :],
            out=J[:, :, shape.W_at(m)].reshape(N, K, *W[m - 1].shape),
        )
        if shape.bias:
            J[:, :, shape.b_at(m)] = R
        if m > 1:
            R = (R @ W[m - 1].T) * activation(shape.activations[m - 2]).S_prime(trace.net[m - 2])[:, None, :]
    return J


def hessian_vector(
    shape: Shape,
    theta: Floats,
    trace: Trace,
    D: Floats,
    v: Floats,
    loss: Loss,
    weight: Floats | None = None,
    deltas: list[Floats] | None = None,
) -> Floats:
    """H v (P,) of E, by the R-operator (Pearlmutter 1994): ∂/∂ε ∇E(θ + εv).

        R{net}   = R{y} W + y V
        R{y}     = S' R{net}
        R{δ^(L)} = A R{net}
        R{δ}     = (R{δ} Wᵀ + δ Vᵀ) S' + (δ Wᵀ) S'' R{net}

    `deltas` are the gradient's δ^(m), if at hand.
    """
    W, _ = shape.views(theta)
    V, c = shape.views(v)
    if deltas is None:
        deltas = backprop.backward(
            shape, theta, trace, backprop.output_delta(shape, trace, D, loss, weight)
        ).delta
    R_net, R_y = _tangent(shape, theta, trace, v)
    A = output_curvature.exact(
        trace.net[-1], trace.o, D, loss, activation(shape.activations[-1]), share(D, weight)
    )
    product = np.empty_like(v)
    dV, dc = shape.views(product)
    R_delta = A.times(R_net[-1])
    for m in range(shape.layers, 0, -1):
        np.matmul(trace.y[m - 1].T, R_delta, out=dV[m - 1])
        if m > 1:
            dV[m - 1] += R_y[m - 1].T @ deltas[m - 1]
        if c:
            R_delta.sum(axis=0, out=dc[m - 1])
        if m > 1:
            S = activation(shape.activations[m - 2])
            net = trace.net[m - 2]
            bend = (deltas[m - 1] @ W[m - 1].T) * S.S_second(net)
            R_delta = (R_delta @ W[m - 1].T + deltas[m - 1] @ V[m - 1].T) * S.S_prime(net) + bend * R_net[
                m - 2
            ]
    return product


def gauss_newton_vector(
    shape: Shape, theta: Floats, trace: Trace, D: Floats, v: Floats, loss: Loss, weight: Floats | None = None
) -> Floats:
    """G v (P,), G = Σ_n JᵀAJ with A's Gauss-Newton part: a tangent pass and a backward pass (Schraudolph 2002)."""
    A = output_curvature.gauss_newton(
        trace.net[-1], trace.o, D, loss, activation(shape.activations[-1]), share(D, weight)
    )
    R_net, _ = _tangent(shape, theta, trace, v)
    return backprop.backward(shape, theta, trace, A.times(R_net[-1])).theta


def hessian(
    shape: Shape,
    theta: Floats,
    X: Floats,
    D: Floats,
    loss: Loss,
    penalty: Penalty | None = None,
    weight: Floats | None = None,
) -> Floats:
    """H (P, P) of E + penalty, symmetric to the last bit.

    >>> from deltarule.equations.losses import LOSSES
    >>> shape = Shape((1, 1), ("identity",))
    >>> hessian(shape, np.zeros(2), np.array([[1.0], [3.0]]), np.zeros((2, 1)), LOSSES["mse"]).tolist()
    [[10.0, 4.0], [4.0, 2.0]]
    """
    return _matrix(shape, theta, X, D, loss, penalty, weight, exact=True)


def gauss_newton(
    shape: Shape,
    theta: Floats,
    X: Floats,
    D: Floats,
    loss: Loss,
    penalty: Penalty | None = None,
    weight: Floats | None = None,
) -> Floats:
    """G (P, P) = Σ_n JᵀAJ + penalty's curvature: never negative; (2/N) JᵀJ for mse."""
    return _matrix(shape, theta, X, D, loss, penalty, weight, exact=False)


def diagonal(
    shape: Shape,
    theta: Floats,
    X: Floats,
    D: Floats,
    loss: Loss,
    penalty: Penalty | None = None,
    weight: Floats | None = None,
) -> Floats:
    """(P,): the diagonal of the Hessian, Σ_n ŷ_i² C_jj^(m,m), without the rest of it."""
    found = np.zeros(shape.size)
    for trace, C, _, _ in _tiles(shape, theta, X, D, loss, weight, True, max(shape.sizes[1:]) ** 2):
        for m in range(1, shape.layers + 1):
            y = _with_one(trace.y[m - 1], shape.bias)
            found[shape.layer_at(m)] += ((y * y).T @ C[m, m].diagonal(axis1=1, axis2=2)).ravel()
    return found if penalty is None else found + penalty.curvature(shape.weight_mask())


def refuse_too_large(shape: Shape, copies: int = 2) -> None:
    """Raises TooLarge where a (P, P) float64 matrix and `copies` − 1 more would not fit."""
    P = shape.size
    refuse_beyond(
        8 * copies * P * P, f"a matrix of {P} × {P} second derivatives, with its work space,",
        "use hessian_vector, or a rule that needs no matrix (rule='lbfgs' or 'adam')",
    )  # fmt: skip


def hidden_slopes(shape: Shape, trace: Trace) -> list[Floats]:
    """S'(net^(m)) of every hidden layer; from y where that is one product."""
    found: list[Floats] = []
    for name, net, y in zip(shape.activations[:-1], trace.net, trace.y[1:], strict=False):
        if name == "tanh":
            found.append(1 - y * y)
        elif name == "logistic":
            found.append(y * (1 - y))
        else:
            found.append(activation(name).S_prime(net))
    return found


def hidden_bend(shape: Shape, trace: Trace, m: int) -> Floats:
    """S''(net^(m)) of a hidden layer; from y where that is two products."""
    name, y = shape.activations[m - 1], trace.y[m]
    if name == "tanh":
        return -2 * y * (1 - y * y)
    if name == "logistic":
        return y * (1 - y) * (1 - 2 * y)
    return activation(name).S_second(trace.net[m - 1])


def _tangent(shape: Shape, theta: Floats, trace: Trace, v: Floats) -> tuple[list[Floats], list[Floats]]:
    """R{net^(m)} and R{y^(m)} for θ moving along v; R{y^(0)} = 0."""
    W, _ = shape.views(theta)
    V, c = shape.views(v)
    R_net, R_y = [], [np.zeros_like(trace.y[0])]
    for m in range(1, shape.layers + 1):
        moved = trace.y[m - 1] @ V[m - 1]
        if m > 1:
            moved += R_y[m - 1] @ W[m - 1]
        if c:
            moved += c[m - 1]
        R_net.append(moved)
        if m < shape.layers:
            R_y.append(moved * activation(shape.activations[m - 1]).S_prime(trace.net[m - 1]))
    return R_net, R_y


def _output_slope(shape: Shape, trace: Trace) -> Floats:
    """∂o/∂net of the output layer, (N, K, K)."""
    if shape.activations[-1] == "softmax":
        return output_curvature.softmax_matrix(trace.o)
    slope = activation(shape.activations[-1]).S_prime(trace.net[-1])
    return slope[:, :, None] * np.eye(slope.shape[1], dtype=slope.dtype)


def _matrix(
    shape: Shape,
    theta: Floats,
    X: Floats,
    D: Floats,
    loss: Loss,
    penalty: Penalty | None,
    weight: Floats | None,
    exact: bool,
) -> Floats:
    refuse_too_large(shape)
    H = np.zeros((shape.size, shape.size), theta.dtype)
    layers = range(1, shape.layers + 1)
    widest = max(
        shape.sizes[m] * (shape.sizes[p - 1] + 1) * shape.sizes[p] for m in layers for p in layers if m <= p
    )
    for trace, C, T, delta in _tiles(shape, theta, X, D, loss, weight, exact, widest):
        for m in layers:
            y = _with_one(trace.y[m - 1], shape.bias)
            for p in range(m, shape.layers + 1):
                after = _with_one(trace.y[p - 1], shape.bias)
                inner = after[:, None, :, None] * C[m, p][:, :, None, :]  # (n, J, I', J')
                if exact and m < p:
                    inner[:, :, : shape.sizes[p - 1]] += (
                        T[m, p - 1][:, :, :, None] * delta[p - 1][:, None, None, :]
                    )
                block = y.T @ inner.reshape(len(y), -1)  # (I, J I' J')
                H[shape.layer_at(m), shape.layer_at(p)] += block.reshape(y.shape[1] * shape.sizes[m], -1)
    for m in layers:
        own = H[shape.layer_at(m), shape.layer_at(m)]
        own[:] = np.triu(own) + np.triu(own, 1).T
        for p in range(m + 1, shape.layers + 1):
            H[shape.layer_at(p), shape.layer_at(m)] = H[shape.layer_at(m), shape.layer_at(p)].T
    if penalty is not None:
        H.flat[:: shape.size + 1] += penalty.curvature(shape.weight_mask())
    return H


Blocks = dict[tuple[int, int], Floats]


def _tiles(
    shape: Shape,
    theta: Floats,
    X: Floats,
    D: Floats,
    loss: Loss,
    weight: Floats | None,
    exact: bool,
    widest: int,
) -> Iterator[tuple[Trace, Blocks, Blocks, list[Floats]]]:
    """For each tile of rows: its trace, C and T of each pair of layers, and δ^(m)."""
    rows, shares = max(1, TILE // widest), share(D, weight)
    for first in range(0, len(X), rows):
        at = slice(first, first + rows)
        trace = backprop.forward(shape, theta, X[at])
        part = shares if isinstance(shares, (int, float)) else shares[at]
        output = activation(shape.activations[-1])
        given = (trace.net[-1], trace.o, D[at], loss, output, part)
        A = output_curvature.exact(*given) if exact else output_curvature.gauss_newton(*given)
        delta = backprop.backward(
            shape, theta, trace, loss.delta(trace.net[-1], trace.o, D[at], output, part)
        ).delta
        yield trace, *layer_pairs(shape, theta, trace, A, delta, exact), delta


def layer_pairs(
    shape: Shape, theta: Floats, trace: Trace, A: OutputCurvature, delta: list[Floats], exact: bool
) -> tuple[Blocks, Blocks]:
    """C^(m,m') (n, J, J') for m ≤ m' and T^(m,m') = ∂y^(m')/∂net^(m) (n, J, J') for m ≤ m' < L."""
    L, n = shape.layers, len(trace.o)
    W, _ = shape.views(theta)
    S_prime = [
        activation(shape.activations[m - 1]).S_prime(trace.net[m - 1])[:, None, :] for m in range(1, L)
    ]
    bend = (
        [
            ((delta[m] @ W[m].T) * activation(shape.activations[m - 1]).S_second(trace.net[m - 1]))[
                :, None, :
            ]
            for m in range(1, L)
        ]
        if exact
        else []
    )
    C: Blocks = {}
    T: Blocks = {}
    for m in range(1, L + 1):
        N = {
            m: np.broadcast_to(np.eye(shape.sizes[m], dtype=theta.dtype), (n, shape.sizes[m], shape.sizes[m]))
        }
        for p in range(m, L):
            T[m, p] = N[p] * S_prime[p - 1]
            N[p + 1] = T[m, p] @ W[p]
        C[m, L] = A.after(N[L])
        for p in range(L - 1, m - 1, -1):
            C[m, p] = (C[m, p + 1] @ W[p].T) * S_prime[p - 1]
            if exact:
                C[m, p] += N[p] * bend[p - 1]
    return C, T


def _with_one(y: Floats, bias: bool) -> Floats:
    return np.hstack([y, np.ones((len(y), 1), y.dtype)]) if bias else y
