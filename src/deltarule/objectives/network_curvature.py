"""The second-order questions about E(θ): Hessian, Hessian·vector, Gauss-Newton, residuals and the damped
model of the rules."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop, curvature, output_curvature
from deltarule.equations.activations import activation
from deltarule.equations.backprop import Trace
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.objectives.quadratic import DenseQuadratic, Quadratic
from deltarule.objectives.sample_space import SampleQuadratic, shared_by_source

Floats = NDArray[Any]


class NetworkCurvature:
    """What NetworkError answers about curvature; all in float64. The penalty is counted unless said."""

    shape: Shape
    X: Floats
    D: Floats
    loss: Loss
    penalty: Any
    sample_weight: Floats | None
    weights: NDArray[np.bool_]

    def hessian(self, theta: Floats) -> Floats:
        """∂²(E + penalty)/∂θ∂θ (P, P)."""
        X, D, s = self._all()
        return curvature.hessian(self.shape, _double(theta), X, D, self.loss, self.penalty, s)

    def hessian_vector(self, theta: Floats, v: Floats) -> Floats:
        """H v (P,) at the price of two gradients."""
        X, D, s = self._all()
        theta, v = _double(theta), _double(v)
        Hv = curvature.hessian_vector(
            self.shape, theta, backprop.forward(self.shape, theta, X), D, v, self.loss, s
        )
        return Hv + self.penalty.curvature(self.weights) * v

    def gauss_newton(self, theta: Floats) -> Floats:
        """Σ_n JᵀAJ + the penalty's curvature (P, P)."""
        X, D, s = self._all()
        return curvature.gauss_newton(self.shape, _double(theta), X, D, self.loss, self.penalty, s)

    def gauss_newton_vector(self, theta: Floats, v: Floats) -> Floats:
        """The Gauss-Newton matrix times v, without the matrix."""
        X, D, s = self._all()
        theta, v = _double(theta), _double(v)
        trace = backprop.forward(self.shape, theta, X)
        return (
            curvature.gauss_newton_vector(self.shape, theta, trace, D, v, self.loss, s)
            + self.penalty.curvature(self.weights) * v
        )

    def residuals(self, theta: Floats) -> Floats:
        """r (N·K,) with E = Σ r², sample by sample: √(s_n/Σs) l_nk for mse. The penalty is not in it."""
        X, D, s = self._all()
        trace = backprop.forward(self.shape, _double(theta), X)
        return (self._root(trace, D, s) * (trace.o - D)).ravel()

    def jacobian(self, theta: Floats) -> Floats:
        """∂r/∂θ (N·K, P) of `residuals`."""
        X, D, s = self._all()
        theta = _double(theta)
        root = self._root(backprop.forward(self.shape, theta, X), D, s)
        return (root[:, :, None] * curvature.jacobian(self.shape, theta, X)).reshape(-1, self.shape.size)

    def quadratic(self, theta: Floats) -> Quadratic:
        """The damped model at θ, in the space with fewer equations: the weights' or the residuals'."""
        theta = _double(theta)
        X, D, s = self._all()
        ridge = self.penalty.curvature(self.weights)
        if (
            D.size < self.shape.size
            and squares(self.loss)
            and shared_by_source(self.shape, ridge)
            and not self._l1
        ):
            return self._sample_quadratic(theta, X, D, s, ridge)
        curvature.refuse_too_large(self.shape, copies=3)
        trace = backprop.forward(self.shape, theta, X)
        error = backprop.error(self.shape, trace, D, self.loss, s)
        g = backprop.backward(
            self.shape, theta, trace, backprop.output_delta(self.shape, trace, D, self.loss, s)
        ).theta
        G = curvature.gauss_newton(self.shape, theta, X, D, self.loss, None, s)
        g += self.penalty.gradient(theta, self.weights)
        return DenseQuadratic(error, self.penalty.value(theta, self.weights), g, G, ridge)

    def _sample_quadratic(
        self, theta: Floats, X: Floats, D: Floats, s: Floats | None, ridge: Floats
    ) -> SampleQuadratic:
        trace = backprop.forward(self.shape, theta, X)
        root = np.sqrt(2) * self._root(trace, D, s)
        one = np.ones((len(X), 1))
        Y = [np.hstack([y, one]) if self.shape.bias else y for y in trace.y[:-1]]
        return SampleQuadratic(
            self.shape, theta.copy(),
            backprop.error(self.shape, trace, D, self.loss, s), self.penalty.value(theta, self.weights),
            (root * (trace.o - D)).ravel(), Y, self._slopes(theta, trace, root), ridge,
        )  # fmt: skip

    def _slopes(self, theta: Floats, trace: Trace, root: Floats) -> list[Floats]:
        """root · ∂o/∂net^(m) (N, K, J) of every layer."""
        W, _ = self.shape.views(theta)
        if self.shape.activations[-1] == "softmax":
            R = output_curvature.softmax_matrix(trace.o)
        else:
            R = activation(self.shape.activations[-1]).S_prime(trace.net[-1])[:, :, None] * np.eye(
                self.shape.sizes[-1]
            )
        slopes = [root[:, :, None] * R]
        for m in range(self.shape.layers - 1, 0, -1):
            slope = activation(self.shape.activations[m - 1]).S_prime(trace.net[m - 1])
            slopes.insert(0, (slopes[0] @ W[m].T) * slope[:, None, :])
        return slopes

    def _root(self, trace: Trace, D: Floats, s: Floats | None) -> Floats:
        """√(s_n/Σs e''/2): what makes E the sum of squares of (o − d)."""
        if not squares(self.loss):
            raise InputError(
                f"loss '{self.loss.name}' is no sum of squares and has no residuals: mse and half_mse have, "
                f"and gauss_newton serves every loss"
            )
        return np.sqrt(curvature.share(D, s) * self.loss.e_second(trace.o, D) / 2)

    def _all(self) -> tuple[Floats, Floats, Floats | None]:
        s = None if self.sample_weight is None else _double(self.sample_weight)
        return _double(self.X), _double(self.D), s

    @property
    def _l1(self) -> bool:
        return bool(getattr(self.penalty, "l1", 0))


def squares(loss: Loss) -> bool:
    """Whether a loss is a sum of squares: e = c l²."""
    return loss.name in ("mse", "half_mse", "weighted_half_mse")


def _double(values: Floats) -> Floats:
    return np.asarray(values, np.float64)
