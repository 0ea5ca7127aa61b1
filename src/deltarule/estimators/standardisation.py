"""Inputs and targets at mean 0 and spread 1 while a network is trained, then folded into its weights.

    net = ((x − c)/s) W + b = x (W/s) + (b − (c/s) W)        o = t·(y W + b) + a = y (t W) + (t b + a)

So the fitted weights take X and give y in the user's own units, and nothing is hidden. Targets that the output's
activation S cannot reach are placed inside its range: t·S(y W + b) + a is no S of anything, and t and a stay outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from sys import float_info

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.tables.scaling import Scaling

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Standardisation:
    """center, spread (I,) of the inputs; target_center, target_spread (K,) of the targets: 0 and 1 where those stay.

    outside : whether the target's scaling stays outside the weights.
    """

    center: Floats
    spread: Floats
    target_center: Floats
    target_spread: Floats
    outside: bool = False

    @classmethod
    def fit(
        cls,
        X: Floats,
        D: Floats,
        s: Floats | None,
        target: bool,
        common_spread: bool = False,
        within: tuple[float, float] | None = None,
    ) -> Standardisation:
        """From the training rows, weighted; `target`: whether D is scaled too, `common_spread`: all outputs alike;
        `within`: from where to where it is to go, for an output that puts out no other numbers."""
        center, spread = _moments(X, s)
        K = D.shape[1]
        if not target:
            return cls(center, spread, np.zeros(K), np.ones(K))
        if within is None:
            middle, width = _moments(D, s)
            if common_spread:
                width = np.full(K, float(np.sqrt(np.mean(width**2))))
            return cls(center, spread, middle, width)
        (low, high), least, greatest = (
            within,
            D.min(axis=0).astype(np.float64),
            D.max(axis=0).astype(np.float64),
        )
        width = np.where(greatest > least, (greatest - least) / (high - low), 1.0)
        if common_spread:
            width[:] = width.max()
        middle = (least + greatest) / 2 - width * (low + high) / 2
        return cls(center, spread, middle, width, outside=True)

    @property
    def of_outputs(self) -> list[Scaling] | None:
        """What the fitted network's outputs are still to be unscaled by; None where its weights do that."""
        if not self.outside:
            return None
        return [
            Scaling(float(c), float(t)) for c, t in zip(self.target_center, self.target_spread, strict=True)
        ]

    def after(self, of_outputs: list[Scaling] | None) -> Standardisation:
        """The same inputs' scaling with that of outputs as a fit has left it."""
        if of_outputs is None:
            return self
        center, spread = (
            np.array(part) for part in zip(*((o.center, o.spread) for o in of_outputs), strict=True)
        )
        return replace(self, target_center=center, target_spread=spread, outside=True)

    def inputs(self, X: Floats) -> Floats:
        """(N, I) scaled, float64."""
        return (X - self.center) / self.spread

    def targets(self, D: Floats) -> Floats:
        """(N, K) scaled, float64."""
        return (D - self.target_center) / self.target_spread

    def fold(self, shape: Shape, theta: Floats) -> Floats:
        """θ of the network that takes unscaled values, and gives them unless the target's scaling stays outside."""
        theta = theta.astype(np.float64)
        W, b = shape.views(theta)
        W[0] /= self.spread[:, None]
        b[0] -= self.center @ W[0]
        if not self.outside:
            W[-1] *= self.target_spread
            b[-1] *= self.target_spread
            b[-1] += self.target_center
        return theta

    def unfold(self, shape: Shape, theta: Floats) -> Floats:
        """θ of the network that takes and gives scaled values."""
        theta = theta.astype(np.float64)
        W, b = shape.views(theta)
        if not self.outside:
            b[-1] -= self.target_center
            b[-1] /= self.target_spread
            W[-1] /= self.target_spread
        b[0] += self.center @ W[0]
        W[0] *= self.spread[:, None]
        return theta


def _moments(values: Floats, s: Floats | None) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column; 1 for the deviation of a constant one.

    Each column is halved or doubled to about 1 before, which is exact: squares of 1e200 and 1e−200 are numbers then.
    """
    exact = values.astype(np.float64, copy=False)
    exponent = np.frexp(np.abs(exact).max(axis=0))[1]
    exact = np.ldexp(exact, -exponent)
    mean = np.average(exact, axis=0, weights=s)
    deviation = np.sqrt(np.average((exact - mean) ** 2, axis=0, weights=s))
    flat = deviation <= 10 * float_info.epsilon * np.abs(mean)
    return np.ldexp(mean, exponent), np.where(flat, 1.0, np.ldexp(deviation, exponent))
