"""The quadratic model of E with fewer residuals than weights: all its equations have the residuals' size.

With BᵀB = Σ_n JᵀAJ (for a sum of squares B = ∂r/∂θ, E = ½ ‖r‖²), r such that Bᵀr = ∂E/∂θ, both (R, …), and the
penalty ½ θᵀcθ, the damped step is, with Λ = c + μ and q = cθ/Λ,
    x = −q − Λ⁻¹Bᵀ(1 + BΛ⁻¹Bᵀ)⁻¹(r − Bq)
which is exact without taking a difference of large numbers. A sample has K residuals, one less for softmax, whose
logits have a direction that the data cannot see (`output_curvature.residual_form`). B is never stored: by layers,
with ŷ = (y, 1) and ρ = ∂r/∂net^(m),
    BΛ⁻¹Bᵀ = Σ_m (ŷ Λ⁻¹ ŷᵀ) ∘ (ρ ρᵀ)
(Λ is the same for all weights that leave one unit for one layer,
which L2, a group for each layer and one for each input are.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.objectives.cholesky import Factor, factor

Floats = NDArray[np.floating]


@dataclass
class SampleQuadratic:
    """r (R,) in the order (n, k), k of the K residuals a sample has; Y[m-1] = ŷ^(m−1) (N, I+1);
    slopes[m-1] = ρ^(m) (N, K, J); ridge c (P,), the penalty's curvature.

    `ridge` must be the same for all weights of one row of Ŵ^(m−1,m): `by_source` says whether it is.
    """

    shape: Shape
    theta: Floats
    error: float
    penalty: float
    residuals: Floats
    Y: list[Floats]
    slopes: list[Floats]
    ridge: Floats
    compiled: Any = None
    threads: int | None = None
    leverage: Floats | None = None

    @property
    def each(self) -> int:
        """How many residuals a sample has."""
        return self.slopes[0].shape[1]

    @property
    def pays(self) -> bool:
        """Whether compiled code answers, and is worth its first call."""
        return self.compiled is not None and len(self.residuals) ** 2 * self.shape.size > 1e7

    @property
    def gradient(self) -> Floats:
        """Bᵀr + cθ."""
        return self._gradient

    @cached_property
    def _gradient(self) -> Floats:
        return self.back(self.residuals) + self.ridge * self.theta

    @cached_property
    def squares(self) -> list[Floats]:
        """ρ ρᵀ (R, R) of each layer."""
        flat = [slope.reshape(-1, slope.shape[2]) for slope in self.slopes]
        return [rho @ rho.T for rho in flat]

    def step(self, mu: float) -> Floats | None:
        """x(μ); None where 1 + BΛ⁻¹Bᵀ is not positive definite in floating point."""
        damping = self.ridge + mu
        if not (damping > 0).all():
            return None
        return self.solve(damping, self.residuals, self.ridge * self.theta / damping)

    def solve(self, damping: Floats, residuals: Floats, q: Floats) -> Floats | None:
        """−q − Λ⁻¹Bᵀ(1 + BΛ⁻¹Bᵀ)⁻¹(r − Bq)."""
        found = self.factor(damping)
        if found is None:
            return None
        u = found.solve(residuals - self.along(q) if q.any() else residuals)
        x = -q - self.back(u) / damping
        return x if np.isfinite(x).all() else None

    def factor(self, damping: Floats) -> Factor | None:
        """Cholesky's factor of 1 + BΛ⁻¹Bᵀ."""
        sources, R = by_source(self.shape, damping), len(self.residuals)
        if self.pays:
            return self.compiled.sample_factor(*self.features, sources, self.shape.sizes[1:], R, self.threads)
        return factor(self.gram(sources), np.zeros(R))

    def gram(self, sources: list[Floats]) -> Floats:
        """1 + BΛ⁻¹Bᵀ (R, R)."""
        total, K = np.eye(len(self.residuals)), self.each
        for Y, square, source in zip(self.Y, self.squares, sources, strict=True):
            inner = (Y / source) @ Y.T
            if K > 1:
                inner = np.repeat(np.repeat(inner, K, axis=0), K, axis=1)
            total += inner * square
        return total

    @cached_property
    def features(self) -> tuple[Floats, Floats]:
        """ŷ (Σ(I + 1), …) and ρ (ΣJ, …) of all layers feature by feature, residuals in blocks."""
        K = self.each
        Y = self.compiled.in_blocks([np.repeat(y.T, K, axis=1) if K > 1 else y.T for y in self.Y])
        return Y, self.compiled.in_blocks([slope.reshape(-1, slope.shape[2]).T for slope in self.slopes])

    def along(self, x: Floats) -> Floats:
        """B x (R,)."""
        moved = np.zeros((len(self.Y[0]), self.each))
        for m, (Y, slope) in enumerate(zip(self.Y, self.slopes, strict=True), start=1):
            moved += np.einsum("nkj,nj->nk", slope, Y @ layer_of(self.shape, x, m))
        return moved.ravel()

    def back(self, u: Floats) -> Floats:
        """Bᵀ u (P,)."""
        found, per_output = np.empty(self.shape.size), u.reshape(-1, self.each)
        for m, (Y, slope) in enumerate(zip(self.Y, self.slopes, strict=True), start=1):
            layer_of(self.shape, found, m)[:] = Y.T @ np.einsum("nkj,nk->nj", slope, per_output)
        return found

    def effective(self) -> tuple[Floats, float] | None:
        """γ_p = [(BᵀB + c)⁻¹BᵀB]_pp (P,), shared evenly among the weights that leave one unit, and ln |BᵀB + c|.

        With V = (1 + Bc⁻¹Bᵀ)⁻¹ the sum over one source unit i of a layer is ŷ_iᵀ(V ∘ ρρᵀ)ŷ_i / c_i. What residual
        (n, k) has of it, its leverage [B(BᵀB + c)⁻¹Bᵀ]_nk,nk = (1 − V)_nk,nk, is kept as `leverage` (N, K).
        """
        if not (self.ridge > 0).all():
            return None
        found, sources = self.factor(self.ridge), by_source(self.shape, self.ridge)
        if found is None:
            return None
        logarithm = found.logarithm + float(np.log(self.ridge).sum())
        if not np.isfinite(logarithm):
            return None
        if self.pays:
            counts = [
                (len(source), units) for source, units in zip(sources, self.shape.sizes[1:], strict=True)
            ]
            sums, diagonal = self.compiled.known(found, *self.features, counts)
            by_layer = np.split(sums, np.cumsum([len(source) for source in sources])[:-1])
        else:
            V = found.whole_inverse()
            diagonal, by_layer = (
                np.diag(V),
                [self._known(V, *of) for of in zip(self.Y, self.squares, strict=True)],
            )
        self.leverage = (1 - diagonal).reshape(-1, self.each)
        gamma = np.empty(self.shape.size)
        for m, (found_of, source) in enumerate(zip(by_layer, sources, strict=True), start=1):
            layer_of(self.shape, gamma, m)[:] = (found_of / source / self.shape.sizes[m])[:, None]
        return np.clip(gamma, 0, 1), logarithm

    def unexplained(self) -> Floats | None:
        """1 − B(BᵀB + c)⁻¹Bᵀ (R, R), residuals in the order (n, k); None where BᵀB + c is not positive."""
        found = self.factor(self.ridge) if (self.ridge > 0).all() else None
        return None if found is None else found.whole_inverse()

    def _known(self, V: Floats, Y: Floats, square: Floats) -> Floats:
        """ŷ_iᵀ(V ∘ ρρᵀ)ŷ_i of each source unit of a layer."""
        inner, K = V * square, self.each
        if K > 1:
            inner = inner.reshape(len(Y), K, len(Y), K).sum(axis=(1, 3))
        return np.einsum("ni,ni->i", Y, inner @ Y)

    def reweighted(self, ratio: float, ridge: Floats, theta: Floats) -> SampleQuadratic:
        """The model at the same θ for a data part `ratio` times as large and another ridge."""
        root = float(np.sqrt(ratio))
        slopes = [root * slope for slope in self.slopes]
        penalty = 0.5 * float(ridge @ (theta * theta))
        found = SampleQuadratic(
            self.shape, self.theta, ratio * self.error, penalty, root * self.residuals, self.Y, slopes, ridge,
            self.compiled, self.threads,
        )  # fmt: skip
        if "squares" in self.__dict__:
            found.__dict__["squares"] = [ratio * square for square in self.squares]
        return found

    def bend(self, x: Floats) -> float:
        """‖Bx‖² + xᵀcx."""
        moved = self.along(x)
        return float(moved @ moved + x @ (self.ridge * x))


def layer_of(shape: Shape, theta: Floats, m: int) -> Floats:
    """Ŵ^(m−1,m) (I + 1, J), the layer's weights with its biases as the last row: a view of θ."""
    return theta[shape.layer_at(m)].reshape(-1, shape.sizes[m])


def by_source(shape: Shape, values: Floats) -> list[Floats]:
    """The first column of each Ŵ of a vector of θ's form: what each source unit's weights share."""
    return [layer_of(shape, values, m)[:, 0] for m in range(1, shape.layers + 1)]


def shared_by_source(shape: Shape, values: Floats) -> bool:
    """Whether all weights that leave one unit for one layer have the same value."""
    return all(
        (layer_of(shape, values, m) == layer_of(shape, values, m)[:, :1]).all()
        for m in range(1, shape.layers + 1)
    )
