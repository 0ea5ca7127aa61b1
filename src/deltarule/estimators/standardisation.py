"""Inputs and targets at mean 0 and spread 1 while a network is trained, then folded into its weights.

    net = ((x − c)/s) W + b = x (W/s) + (b − (c/s) W)        o = t·(y W + b) + a = y (t W) + (t b + a)

So the fitted weights take X and give y in the user's own units, and nothing is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Standardisation:
    """center, spread (I,) of the inputs; target_center, target_spread (K,) of the targets: 0 and 1 where those stay."""

    center: Floats
    spread: Floats
    target_center: Floats
    target_spread: Floats

    @classmethod
    def fit(
        cls, X: Floats, D: Floats, s: Floats | None, target: bool, common_spread: bool = False
    ) -> Standardisation:
        """From the training rows, weighted; `target`: whether D is scaled too, `common_spread`: all outputs alike."""
        center, spread = _moments(X, s)
        K = D.shape[1]
        if not target:
            return cls(center, spread, np.zeros(K), np.ones(K))
        middle, width = _moments(D, s)
        if common_spread:
            width = np.full(K, float(np.sqrt(np.mean(width**2))))
        return cls(center, spread, middle, width)

    def inputs(self, X: Floats) -> Floats:
        """(N, I) scaled, float64."""
        return (X - self.center) / self.spread

    def targets(self, D: Floats) -> Floats:
        """(N, K) scaled, float64."""
        return (D - self.target_center) / self.target_spread

    def fold(self, shape: Shape, theta: Floats) -> Floats:
        """θ of the network that takes and gives unscaled values."""
        theta = theta.astype(np.float64)
        W, b = shape.views(theta)
        W[0] /= self.spread[:, None]
        b[0] -= self.center @ W[0]
        W[-1] *= self.target_spread
        b[-1] *= self.target_spread
        b[-1] += self.target_center
        return theta

    def unfold(self, shape: Shape, theta: Floats) -> Floats:
        """θ of the network that takes and gives scaled values."""
        theta = theta.astype(np.float64)
        W, b = shape.views(theta)
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
    flat = deviation <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    return np.ldexp(mean, exponent), np.where(flat, 1.0, np.ldexp(deviation, exponent))
