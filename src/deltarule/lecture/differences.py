"""∂E/∂w without any rule for derivatives: central differences with an error bound, complex steps, and kinks found.

    D(h) = (E(w+h) − E(w−h)) / 2h        |D(h) − ∂E/∂w| ≤ |D(2h) − D(h)| + r/h
    ∂E/∂w = Im E(w + i h) / h            exact to rounding where E is analytic, for h = 1e-30

r bounds the rounding of E: ε (|E| (1 + log₂(N+1)) + Σ |δ_nj| (Σ_i |w_ij y_ni| + |b_j|) + (1/N) Σ |∂e/∂o_nk o_nk|):
each net input is rounded as a sum of its terms, E as a sum over n, each output once. Where a loss is told in net
(cross-entropy and its like) 2 |net_nk| stands for the last term, since ln Σ e^net − net may cancel; for poisson
|o_nk| + d_nk, since o − d and d ln(d/o) do where o is near d.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.equations.activations import activation
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape

Floats = NDArray[np.float64]
_H = float_info.epsilon ** (1 / 3)  # of max(1, |w|): truncation h² and rounding ε/h in balance
_TINY = 1e-30
_ANALYTIC_LOSSES = frozenset({"mse", "half_mse", "poisson", "binary_cross_entropy", "cross_entropy"})


@dataclass(frozen=True)
class Quotient:
    """D(h), how far it can be from ∂E/∂w, and whether a kink lies within reach of the step."""

    value: float
    bound: float
    kink: bool


@dataclass(frozen=True)
class Differences:
    """E(θ) of one network on checked samples, asked for at displaced weights."""

    shape: Shape
    theta: Floats
    X: Floats
    D: Floats
    loss: Loss
    penalty: Penalty

    def error(self, theta: Floats) -> tuple[float, list[NDArray[np.bool_]]]:
        """E + penalty at θ, and on which side of every kink it was computed."""
        trace = backprop.forward(self.shape, theta, self.X)
        value = backprop.error(self.shape, trace, self.D, self.loss)
        sides = [
            trace.net[m] > kink
            for m, name in enumerate(self.shape.activations)
            for kink in activation(name).kinks
        ]
        sides += [trace.o - self.D > kink for kink in self.loss.kinks]
        if self.penalty.l1:
            sides.append(theta[self.shape.weight_mask()] > 0)
        return value + self.penalty.value(theta, self.shape.weight_mask()), sides

    @cached_property
    def rounding(self) -> float:
        """r: a bound on the rounding of one evaluation of E."""
        trace = backprop.forward(self.shape, self.theta, self.X)
        delta = backprop.output_delta(self.shape, trace, self.D, self.loss)
        gradient = backprop.backward(self.shape, self.theta, trace, delta)
        W, b = self.shape.views(np.abs(self.theta))
        total = (1 + np.log2(len(self.X) + 1)) * abs(self.error(self.theta)[0]) + self._last_rounding(trace)
        for m in range(self.shape.layers):
            size = np.abs(trace.y[m]) @ W[m] + (b[m] if self.shape.bias else 0.0)
            total += float((np.abs(gradient.delta[m]) * size).sum())
        return float_info.epsilon * total

    def _last_rounding(self, trace: backprop.Trace) -> float:
        """What the error's own terms lose, apart from net: o is rounded once; ln Σ e^net − net may cancel."""
        if self.loss.name == "poisson":
            return float((np.abs(trace.o) + self.D).sum()) / len(self.X)
        if self.loss.fused(activation(self.shape.activations[-1])):
            return 2 * float(np.abs(trace.net[-1]).sum()) / len(self.X)
        return float(np.abs(self.loss.e_prime(trace.o, self.D) * trace.o).sum()) / len(self.X)

    def central(self, index: int) -> Quotient:
        """The central difference for θ[index]."""
        h = _H * max(1.0, abs(float(self.theta[index])))
        values: list[float] = []
        sides: list[list[NDArray[np.bool_]]] = []
        for step in (-2, -1, 1, 2):
            moved = self.theta.copy()
            moved[index] += step * h
            value, side = self.error(moved)
            values.append(value)
            sides.append(side)
        near, far = (values[2] - values[1]) / (2 * h), (values[3] - values[0]) / (4 * h)
        kink = any(not np.array_equal(a, b) for a, b in zip(sides[0], sides[3], strict=True))
        return Quotient(near, abs(far - near) + 2 * self.rounding / h, kink)

    @property
    def analytic(self) -> bool:
        """Whether a complex step passes through every activation and the loss."""
        known = all(activation(name).analytic for name in self.shape.activations)
        return known and self.loss.name in _ANALYTIC_LOSSES

    def complex_step(self, index: int) -> float:
        """Im E(θ + i h)/h for θ[index]; NaN where E overflows."""
        moved = self.theta.astype(np.complex128)
        moved[index] += 1j * _TINY
        with np.errstate(all="ignore"):
            value = float(self._complex_error(moved).imag) / _TINY
        weight = bool(self.shape.weight_mask()[index])
        w = float(self.theta[index])
        return value + (self.penalty.l2 * w + self.penalty.l1 * float(np.sign(w))) * weight

    def _complex_error(self, theta: NDArray[np.complexfloating]) -> Any:
        W, b = self.shape.views(theta)  # pyright: ignore[reportArgumentType]
        y: Any = self.X.astype(np.complex128)
        net: Any = y
        for m, name in enumerate(self.shape.activations):
            net = y @ W[m] + (b[m] if self.shape.bias else 0.0)
            S = activation(name).complex_S
            assert S is not None
            y = S(net)
        return self._complex_loss(net, y).sum() / len(self.X)

    def _complex_loss(self, net: Any, o: Any) -> Any:
        D = self.D
        match self.loss.name:
            case "mse":
                return (o - D) ** 2
            case "half_mse":
                return 0.5 * (o - D) ** 2
            case "poisson":
                return o - D * np.log(o)
            case "binary_cross_entropy":
                return np.log(1 + np.exp(net)) - D * net
            case _:
                top = net.real.max(axis=1, keepdims=True)
                return D * (top + np.log(np.exp(net - top).sum(axis=1, keepdims=True)) - net)
