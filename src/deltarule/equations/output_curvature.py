"""The curvature of a loss at the output layer: A_n = s_n/Σs · ∂²e/∂net² of each sample, (K, K).

Element-wise outputs have a diagonal A, with e', e'' taken at o,
    A = S'² e'' + S'' e'.
Softmax has, with Q = diag(o) − o oᵀ and u = Q e',
    A = Q diag(e'') Q + diag(u) − u oᵀ − o uᵀ.
The three fused pairs (binary_cross_entropy with logistic, cross_entropy with softmax, poisson with exp) have
    A = ∂o/∂net · Σ_k d_nk        softmax
    A = ∂o/∂net                   the others

The Gauss-Newton curvature leaves out what is not sure to be positive. The convention: a fused pair is linear in net up
to the loss, so its A is kept whole; every other pair is linearised up to o, so that
    A = (∂o/∂net)ᵀ diag(e'') (∂o/∂net)
and JᵀAJ is, for mse, (2/N) Σ_n JᵀJ with J the Jacobian of the outputs.
e'' is 0 for mae and quantile: their Gauss-Newton curvature is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.activations import Activation, activation, softmax_product
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape

Floats = NDArray[np.floating]

SMALLEST = 1e-12  # of a probability: of a smaller one the residual, d/√o, would drown the others in rounding


@dataclass(frozen=True)
class OutputCurvature:
    """A_n for every sample: `diagonal` (N, K), and `full` (N, K, K) where A is not diagonal."""

    diagonal: Floats
    full: Floats | None = None

    def times(self, v: Floats) -> Floats:
        """A_n v_n for v (N, K)."""
        return self.diagonal * v if self.full is None else np.einsum("nkl,nl->nk", self.full, v)

    def after(self, R: Floats) -> Floats:
        """R_n A_n for R (N, J, K): (N, J, K)."""
        return R * self.diagonal[:, None, :] if self.full is None else R @ self.full

    def root(self) -> Floats:
        """B (N, K, K) or (N, K) with A_n = B_nᵀ B_n, for a curvature without negative parts."""
        if self.full is None:
            return np.sqrt(np.maximum(self.diagonal, 0))
        values, Q = np.linalg.eigh(self.full)
        return np.sqrt(np.maximum(values, 0))[:, :, None] * Q.transpose(0, 2, 1)


def exact(
    net: Floats, o: Floats, D: Floats, loss: Loss, output: Activation, share: Floats | float
) -> OutputCurvature:
    """∂²E/∂net² of each sample; share is s_n/Σs as (N, 1), or 1/N.

    >>> from deltarule.equations.activations import activation
    >>> from deltarule.equations.losses import LOSSES
    >>> z, o, d = np.array([[0.0]]), np.array([[0.5]]), np.array([[1.0]])
    >>> exact(z, o, d, LOSSES["binary_cross_entropy"], activation("logistic"), 1.0).diagonal.item()
    0.25
    """
    if loss.fused(output):
        return _fused(net, o, D, output, share)
    slope, bend = share * loss.e_prime(o, D), share * loss.e_second(o, D)
    if output.name != "softmax":
        S_prime = output.S_prime(net)
        return OutputCurvature(S_prime * S_prime * bend + output.S_second(net) * slope)
    u = softmax_product(o, slope)
    cross = u[:, :, None] * o[:, None, :]
    A = _softmax_square(o, bend) - cross - cross.transpose(0, 2, 1)
    A[:, *np.diag_indices(o.shape[1])] += u
    return _whole(A)


def gauss_newton(
    net: Floats, o: Floats, D: Floats, loss: Loss, output: Activation, share: Floats | float
) -> OutputCurvature:
    """The part of A that is never negative: see the convention above."""
    if loss.fused(output):
        return _fused(net, o, D, output, share)
    bend = share * loss.e_second(o, D)
    if output.name != "softmax":
        S_prime = output.S_prime(net)
        return OutputCurvature(S_prime * S_prime * bend)
    return _whole(_softmax_square(o, bend))


def residuals_each(shape: Shape, loss: Loss) -> int:
    """How many residuals a sample has in `residual_form`: K, and K − 1 for softmax with cross_entropy."""
    K = shape.sizes[-1]
    return max(K - 1, 1) if shape.activations[-1] == "softmax" and loss.fused(activation("softmax")) else K


def residual_form(
    net: Floats, o: Floats, D: Floats, loss: Loss, output: Activation, share: Floats | float
) -> tuple[Floats, Floats]:
    """r (N, R) and B (N, R, K) with BᵀB = A's Gauss-Newton part and Bᵀr = ∂E/∂net, as if E were ½ ‖r‖².

    For sums of squares and the three fused pairs. A diagonal A has B = √A. Softmax with cross_entropy, t = Σ_k d_k:
        A = t (diag(o) − o oᵀ) = t D^½ (1 − u uᵀ) D^½        D = diag(o), u = √o
    and with the rows Q of a reflection that turns u into the last axis, the last one left out,
        B = √t Q D^½
        r = Q (√t u − D^−½ d/√t)                             R = K − 1
    The direction in which all logits rise together, which the data cannot see, is not among the equations.

    >>> from deltarule.equations.losses import LOSSES
    >>> o, d = np.array([[0.2, 0.3, 0.5]]), np.array([[0.0, 1.0, 0.0]])
    >>> r, B = residual_form(np.log(o), o, d, LOSSES["cross_entropy"], activation("softmax"), 1.0)
    >>> bool(np.allclose(B[0].T @ r[0], o - d)), bool(np.allclose(B[0].T @ B[0], softmax_matrix(o)[0]))
    (True, True)
    """
    K = o.shape[1]
    if loss.fused(output):
        if output.name == "softmax":
            return _logit_residuals(o, D, np.sqrt(share * D.sum(axis=1, keepdims=True)))
        root = np.sqrt(share * np.maximum(output.S_prime(net), SMALLEST))
        return _divided(loss.delta(net, o, D, output, share), root), root[:, :, None] * np.eye(K)
    root = np.sqrt(share * loss.e_second(o, D))
    slope = softmax_matrix(o) if output.name == "softmax" else output.S_prime(net)[:, :, None] * np.eye(K)
    return _divided(share * loss.e_prime(o, D), root), root[:, :, None] * slope


def _logit_residuals(o: Floats, D: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """`residual_form` of softmax with cross_entropy; seen = √(share t)."""
    o = np.maximum(o, SMALLEST)
    K, u = o.shape[1], np.sqrt(o / o.sum(axis=1, keepdims=True))
    r = seen * (u - _divided(D, u * D.sum(axis=1, keepdims=True)))
    v = u / (1 + u[:, -1:])
    v[:, -1] = 1
    Q = np.eye(K)[: max(K - 1, 1)] - u[:, : max(K - 1, 1), None] * v[:, None, :]
    return np.einsum("nkj,nj->nk", Q, r), seen[:, :, None] * Q * u[:, None, :]


def _divided(slope: Floats, root: Floats) -> Floats:
    """slope/root, 0 where a sample has no weight."""
    return np.divide(slope, root, out=np.zeros_like(slope), where=root > 0)


def _fused(net: Floats, o: Floats, D: Floats, output: Activation, share: Floats | float) -> OutputCurvature:
    if output.name != "softmax":
        return OutputCurvature(share * output.S_prime(net))
    return _whole((share * D.sum(axis=1, keepdims=True))[:, :, None] * softmax_matrix(o))


def softmax_matrix(o: Floats) -> Floats:
    """Q = diag(o) − o oᵀ for each row of o (N, K): (N, K, K)."""
    Q = -o[:, :, None] * o[:, None, :]
    Q[:, *np.diag_indices(o.shape[1])] += o
    return Q


def _softmax_square(o: Floats, bend: Floats) -> Floats:
    Q = softmax_matrix(o)
    return Q @ (bend[:, :, None] * Q)


def _whole(A: Floats) -> OutputCurvature:
    return OutputCurvature(np.ascontiguousarray(A.diagonal(axis1=1, axis2=2)), A)
