"""The second-order questions about E(θ): Hessian, Hessian·vector, Gauss-Newton, residuals, the rules' damped model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop, curvature, output_curvature
from deltarule.equations.activations import activation
from deltarule.equations.backprop import Trace
from deltarule.equations.losses import Loss
from deltarule.equations.memory import refuse_beyond
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.objectives.quadratic import DenseQuadratic, Quadratic
from deltarule.objectives.sample_space import SampleQuadratic, shared_by_source

Floats = NDArray[Any]

STORED_FROM = 2e5  # samples times weights: below it a product takes less time than its first compilation
BLOCK = 1024  # samples of a kept forward pass at a time: what a second-level cache holds
STORED_UP_TO = 1 << 30  # bytes of a forward pass that is kept
KEPT_UP_TO = 1 << 25  # bytes of the last forward pass over all samples
ROWS = 16384  # samples of a forward pass that is kept whole


class NetworkCurvature:
    """What NetworkError answers about curvature; all in float64. The penalty is counted unless said."""

    shape: Shape
    X: Floats
    D: Floats
    loss: Loss
    penalty: Any
    sample_weight: Floats | None
    weights: NDArray[np.bool_]
    engine: str
    threads: int | None
    _last: tuple[Floats, Trace] | None = None

    def forward(self, theta: Floats, X: Floats | None = None) -> Trace:
        """The forward pass over all samples, or over X, in θ's dtype.

        The last one over all is kept: where a step was tried, the next questions are asked.
        """
        if X is not None:
            return self._forward(theta, X)
        last = self._last
        if last is not None and last[0].dtype == theta.dtype and np.array_equal(last[0], theta):
            return last[1]
        trace = self._forward(theta, self.X.astype(theta.dtype, copy=False))
        small = 8 * len(self.X) * sum(self.shape.sizes) <= KEPT_UP_TO
        self._last = (theta.copy(), trace) if small else None
        return trace

    def _forward(self, theta: Floats, X: Floats) -> Trace:
        compiled = _compiled_forward(self.shape, len(X)) if self.engine != "reference" else None
        return (compiled or backprop).forward(self.shape, theta, X)

    def hessian(self, theta: Floats) -> Floats:
        """∂²(E + penalty)/∂θ∂θ (P, P)."""
        return self._with_penalty(self._matrix(_double(theta), exact=True)[2])

    def hessian_vector(self, theta: Floats, v: Floats) -> Floats:
        """H v (P,) at the price of two gradients; the forward pass at θ is kept for the next v."""
        theta, v = _double(theta), _double(v)
        stored = self._stored_forward(theta)
        if stored is not None:
            return stored.product(v) + self.penalty.curvature(self.weights) * v
        _, D, s = self._all()
        trace = self.forward(theta)
        Hv = curvature.hessian_vector(self.shape, theta, trace, D, v, self.loss, s)
        return Hv + self.penalty.curvature(self.weights) * v

    def _stored_forward(self, theta: Floats) -> Any:
        """What compiled products with H need at θ, made once for all v; None where they do not pay or would not fit."""
        work, room = len(self.X) * self.shape.size, 8 * len(self.X) * sum(self.shape.sizes)
        if self.engine == "reference" or work < STORED_FROM or room > STORED_UP_TO:
            return None
        kept = getattr(self, "_kept", None)
        if kept is None or not np.array_equal(kept[0], theta):
            try:
                from deltarule.kernels import hessian_vector
            except ImportError:
                return None
            rows = range(0, len(self.X), BLOCK)
            blocks = [self._stored_block(hessian_vector.StoredForward, theta, first) for first in rows]
            kept = self._kept = theta.copy(), hessian_vector.Blocks(blocks, self.threads)
        return kept[1]

    def _stored_block(self, make: Any, theta: Floats, first: int) -> Any:
        """A forward pass of some rows, kept, with their share of E."""
        X, D, s = self._all()
        at, total = slice(first, first + BLOCK), len(X) if s is None else s.sum()
        trace, share = (
            self.forward(theta, X[at]),
            1 / total if s is None else s[at, None] / total,
        )
        given = (trace.net[-1], trace.o, D[at])
        output = activation(self.shape.activations[-1])
        delta = self.loss.delta(*given, output, share)
        A = output_curvature.exact(*given, self.loss, output, share)
        return make(self.shape, theta, trace, delta, A)

    def gauss_newton(self, theta: Floats) -> Floats:
        """Σ_n JᵀAJ + the penalty's curvature (P, P)."""
        return self._with_penalty(self._matrix(_double(theta), exact=False)[2])

    def gauss_newton_vector(self, theta: Floats, v: Floats) -> Floats:
        """The Gauss-Newton matrix times v, without the matrix."""
        _, D, s = self._all()
        theta, v = _double(theta), _double(v)
        trace = self.forward(theta)
        return (
            curvature.gauss_newton_vector(self.shape, theta, trace, D, v, self.loss, s)
            + self.penalty.curvature(self.weights) * v
        )

    def residuals(self, theta: Floats) -> Floats:
        """r (N·K,) with E = Σ r², sample by sample: √(s_n/Σs) l_nk for mse. The penalty is not in it."""
        _, D, s = self._all()
        trace = self.forward(_double(theta))
        return (self._root(trace, D, s) * (trace.o - D)).ravel()

    def jacobian(self, theta: Floats) -> Floats:
        """∂r/∂θ (N·K, P) of `residuals`."""
        X, D, s = self._all()
        theta = _double(theta)
        root = self._root(self.forward(theta), D, s)
        return (root[:, :, None] * curvature.jacobian(self.shape, theta, X)).reshape(-1, self.shape.size)

    def quadratic(self, theta: Floats) -> Quadratic:
        """The damped model at θ, in the space with fewer equations: the weights' or the residuals'."""
        theta = _double(theta)
        X, D, s = self._all()
        ridge = self.penalty.curvature(self.weights)
        few = len(D) * output_curvature.residuals_each(self.shape, self.loss) < self.shape.size
        told = squares(self.loss) or self.loss.fused(activation(self.shape.activations[-1]))
        if few and told and shared_by_source(self.shape, ridge) and not self._l1:
            return self._sample_quadratic(theta, X, D, s, ridge)
        curvature.refuse_too_large(self.shape, copies=3)
        error, g, G = self._matrix(theta, exact=False)
        g += self.penalty.gradient(theta, self.weights)
        penalty = self.penalty.value(theta, self.weights)
        return DenseQuadratic(error, penalty, g, G, ridge, 1.0, self.engine != "reference", self.threads)

    def _matrix(self, theta: Floats, exact: bool) -> tuple[float, Floats, Floats]:
        """E, ∂E/∂θ and its Hessian or Gauss-Newton matrix (P, P), without the penalty.

        Blocks of rows are summed in their order.
        """
        X, D, s = self._all()
        second = _second_order(self.shape, len(X)) if self.engine != "reference" else None
        if second is None:
            trace = self.forward(theta)
            delta = backprop.output_delta(self.shape, trace, D, self.loss, s)
            error = backprop.error(self.shape, trace, D, self.loss, s)
            G = (curvature.hessian if exact else curvature.gauss_newton)(
                self.shape, theta, X, D, self.loss, None, s
            )
            return error, backprop.backward(self.shape, theta, trace, delta).theta, G
        curvature.refuse_too_large(self.shape, copies=3)
        output, total = activation(self.shape.activations[-1]), len(X) if s is None else s.sum()
        error, g, G = 0.0, np.zeros(self.shape.size), None
        for first in range(0, len(X), ROWS):
            at = slice(first, first + ROWS)
            trace, share = (
                self.forward(theta, X[at] if len(X) > ROWS else None),
                1 / total if s is None else s[at, None] / total,
            )
            given = (trace.net[-1], trace.o, D[at], self.loss, output, share)
            A = output_curvature.exact(*given) if exact else output_curvature.gauss_newton(*given)
            delta = self.loss.delta(trace.net[-1], trace.o, D[at], output, share)
            slopes = curvature.hidden_slopes(self.shape, trace)
            deltas = second.all_deltas(self.shape, theta, delta, slopes)
            part = second.matrix(self.shape, theta, trace, A, deltas if exact else None, self.threads, slopes)
            g += second.gradient(self.shape, trace, deltas)
            G = part if G is None else np.add(G, part, out=G)
            error += float((share * self.loss.per_output(trace.net[-1], trace.o, D[at], output)).sum())
        assert G is not None
        return error, g, G

    def _with_penalty(self, H: Floats) -> Floats:
        H.flat[:: self.shape.size + 1] += self.penalty.curvature(self.weights)
        return H

    def _sample_quadratic(
        self, theta: Floats, X: Floats, D: Floats, s: Floats | None, ridge: Floats
    ) -> SampleQuadratic:
        R, layers = len(D) * output_curvature.residuals_each(self.shape, self.loss), self.shape.layers
        refuse_beyond(
            8 * (R * R * (4 + layers) + 2 * R * sum(self.shape.sizes)),
            f"a model of {R:,} residuals, with its work space,",
            "use fewer rows, or a rule that needs no matrix (rule='lbfgs' or 'adam')",
        )
        trace = self.forward(theta)
        output, share = activation(self.shape.activations[-1]), backprop.share(D, s)
        r, last = output_curvature.residual_form(trace.net[-1], trace.o, D, self.loss, output, share)
        one = np.ones((len(X), 1))
        Y = [np.hstack([y, one]) if self.shape.bias else y for y in trace.y[:-1]]
        return SampleQuadratic(
            self.shape, theta.copy(),
            backprop.error(self.shape, trace, D, self.loss, s), self.penalty.value(theta, self.weights),
            r.ravel(), Y, self._slopes(theta, trace, last), ridge,
            _sample_gram() if self.engine != "reference" else None, self.threads,
        )  # fmt: skip

    def _slopes(self, theta: Floats, trace: Trace, last: Floats) -> list[Floats]:
        """ρ^(m) (N, K, J) of every layer, from the output's (N, K, K')."""
        W, _ = self.shape.views(theta)
        bends, slopes = curvature.hidden_slopes(self.shape, trace), [last]
        for m in range(self.shape.layers - 1, 0, -1):
            slopes.insert(0, (slopes[0] @ W[m].T) * bends[m - 1][:, None, :])
        return slopes

    def _root(self, trace: Trace, D: Floats, s: Floats | None) -> Floats:
        """√(s_n/Σs e''/2): what makes E the sum of squares of (o − d)."""
        if not squares(self.loss):
            raise InputError(
                f"loss '{self.loss.name}' is no sum of squares and has no residuals: mse and half_mse have, "
                f"and gauss_newton serves every loss"
            )
        return np.sqrt(backprop.share(D, s) * self.loss.e_second(trace.o, D) / 2)

    def _all(self) -> tuple[Floats, Floats, Floats | None]:
        s = None if self.sample_weight is None else _double(self.sample_weight)
        return _double(self.X), _double(self.D), s

    @property
    def _l1(self) -> bool:
        return bool(getattr(self.penalty, "l1", 0))


def _compiled_forward(shape: Shape, rows: int) -> Any:
    """The compiled forward pass, where it is installed and worth its first call."""
    try:
        from deltarule.kernels import forward
    except ImportError:
        return None
    return forward if forward.pays(shape, rows) else None


def _second_order(shape: Shape, rows: int) -> Any:
    """The compiled second derivatives, where they are installed and worth their first call."""
    try:
        from deltarule.kernels import second_order
    except ImportError:
        return None
    return second_order if second_order.pays(shape, rows) else None


def _sample_gram() -> Any:
    """The compiled matrix of sample space, where it is installed."""
    try:
        from deltarule.kernels import sample_gram
    except ImportError:
        return None
    return sample_gram


def squares(loss: Loss) -> bool:
    """Whether a loss is a sum of squares: e = c l²."""
    return loss.name in ("mse", "half_mse", "weighted_half_mse")


def _double(values: Floats) -> Floats:
    return np.asarray(values, np.float64)
