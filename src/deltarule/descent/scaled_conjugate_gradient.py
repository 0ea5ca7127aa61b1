"""Scaled conjugate gradients: the step from the curvature along d, made positive by λ; no line search (Møller 1993)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import above_zero, numbers
from deltarule.descent.telling import finite, standstill, told
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]

LARGEST = 1e40  # λ past which no step is short enough


@dataclass
class Scaled:
    """f, ∇f at θ; direction d; λ; curvature along d; whether the last step was taken; iterations since d was −∇f."""

    value: float
    g: Floats
    d: Floats
    lam: float
    curve: float = 0.0
    taken: bool = True
    since: int = 0


@dataclass(frozen=True)
class ScaledConjugateGradient:
    """θ ← θ + α d where f falls as the curvature promised; λ grows where not.

        α = μ/δ,  μ = −d·∇f,  δ = d·Hd + λ‖d‖² > 0

    H d is the difference of two gradients, as Møller has it: for one d at a θ the exact product, which needs S''
    of every sample first, takes several times as long. In float32 a difference of gradients says too little, and H d
    is the objective's own.

    Parameters
    ----------
    lam : λ to begin with, > 0; 5e-7 as MATLAB's trainscg has it.
    gradient : converged when ‖∇f‖₂ is at most this; 1e-7.

    Raises InputError for a lam that is not above 0.

    Source: Møller 1993, steps 2 to 8 of the algorithm.

    >>> from deltarule import descend
    >>> down = descend("(1-x)**2 + 100*(y-x**2)**2", [-1.2, 1], rule=ScaledConjugateGradient())
    >>> down.outcome.name, down.x.round(6).tolist()
    ('converged', [1.0, 1.0])
    """

    lam: float = 5e-7
    gradient: float = 1e-7

    def __post_init__(self) -> None:
        numbers(self)
        above_zero("lam", self.lam)

    def begin(self, objective: Any, theta: Floats) -> Scaled:
        """f and ∇f at the start."""
        value, g = objective.gradient(theta)
        return Scaled(float(value), g, -g, self.lam)

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One step, taken or refused."""
        kept: Scaled = state.search
        if not finite(kept.value, kept.g):
            return told(objective, state.theta, kept.value, kept.g, "diverged")
        if float(np.linalg.norm(kept.g)) <= self.gradient:
            return told(objective, state.theta, kept.value, kept.g, "converged", lam=kept.lam)
        square, along = float(kept.d @ kept.d), -float(kept.d @ kept.g)
        if not (0 < square < np.inf and along > 0):
            kept.d, kept.since, kept.taken = -kept.g, 0, True
            square = along = float(kept.g @ kept.g)
        if kept.taken:
            kept.curve = float(kept.d @ self.product(objective, state.theta, kept))
        delta = kept.curve + kept.lam * square
        if not delta > 0:  # λ becomes 2(λ − δ/‖d‖²), and with it δ > 0 (Møller, step 4)
            kept.lam = 2 * (kept.lam - delta / square)
            delta = kept.curve + kept.lam * square
        step = along / delta if delta > 0 else np.nan
        theta = state.theta + np.asarray(step * kept.d, state.theta.dtype)
        value, g = objective.gradient(theta) if np.isfinite(theta).all() else (np.inf, kept.g)
        share = 2 * (delta / along) * ((kept.value - value) / along) if finite(value, g) else -1.0
        kept.taken = bool(share > 0)
        if share < 0.25:
            kept.lam = max(4 * kept.lam, 1e-15) if not share > -1 else kept.lam + delta * (1 - share) / square
        elif share > 0.75:
            kept.lam = 0.25 * kept.lam
        if not kept.taken:
            ended = (
                standstill(kept.value, kept.g)
                if kept.lam > LARGEST or np.array_equal(theta, state.theta)
                else None
            )
            return told(objective, state.theta, kept.value, kept.g, ended, lam=kept.lam)
        kept.since += 1
        anew = kept.since >= len(g)
        beta = 0.0 if anew else (float(g @ g) - float(g @ kept.g)) / along
        kept.since = 0 if anew else kept.since
        kept.d = -g + np.asarray(beta * kept.d, g.dtype)
        state.theta[:] = theta
        kept.value, kept.g = float(value), g
        return told(objective, state.theta, kept.value, g, lam=kept.lam)

    def product(self, objective: Any, theta: Floats, kept: Scaled) -> Floats:
        """∇²f d, as a difference of two gradients."""
        if theta.dtype != np.float64 and hasattr(objective, "hessian_vector"):
            return objective.hessian_vector(theta, kept.d)
        sigma = 1e-6 * (1 + float(np.linalg.norm(theta))) / float(np.linalg.norm(kept.d))
        return (objective.gradient(theta + sigma * kept.d)[1] - kept.g) / sigma
