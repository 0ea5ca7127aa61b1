"""Levenberg-Marquardt: Gauss-Newton steps shortened until f falls (Levenberg 1944, Marquardt 1963; Hagan, Menhaj 1994).

    x = −(G + Λ + μ M)⁻¹ ∇f
    θ ← θ + x,  μ ← μ·decrease      where f falls
    μ ← μ·increase                  where f does not fall, or there is no x

G is the Gauss-Newton curvature of any loss, so that classes are fitted by the same rule. M is 1 for a network and the
Jacobian's column sizes for a typed model, whose parameters may differ by many powers of ten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import numbers
from deltarule.errors import InputError
from deltarule.objectives.objective import Iteration, State
from deltarule.objectives.quadratic import Quadratic, ResidualQuadratic, quadratic

Floats = NDArray[np.floating]

EXACT = 1e-15  # of f: what a model may promise and rounding hide


@dataclass
class Damping:
    """What the rule keeps: the model at θ, μ, and a typed model's column sizes, which only grow."""

    mu: float
    model: Quadratic | None = None
    scale: Floats | None = None
    tried: int = 0


@dataclass(frozen=True)
class LevenbergMarquardt:
    """Settings of Levenberg-Marquardt; the defaults are MATLAB's trainlm.

    Parameters
    ----------
    mu : μ to begin with, > 0.
    increase, decrease : μ's factors after a step refused and one taken.
    mu_max : past it no step lowers f: the outcome is `stuck`.
    gradient : converged when ‖∇f‖₂ is at most this.
    tolerance : converged when the model promises to lower f by no more than this share of it.
    eager : lower μ after every step taken, as MATLAB does; else only after one that was taken at the first try and gave
        at least half of what the model promised, which spares most of the refused ones.
    geodesic : add half the geodesic acceleration (Transtrum, Sethna 2012), where the objective has residuals.

    >>> from deltarule import Network, train
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> result = train(Network([1, 5, 1], seed=0), X, np.sin(3 * X), rule="lm", epochs=100)
    >>> bool(result.history.error[-1] < 1e-4)
    True
    """

    mu: float = 1e-3
    increase: float = 10.0
    decrease: float = 0.1
    mu_max: float = 1e10
    gradient: float = 1e-7
    tolerance: float = 1e-12
    geodesic: bool = False
    eager: bool = False
    mu_min: float = field(default=1e-20, repr=False)

    def __post_init__(self) -> None:
        numbers(self)
        if not (
            0 < self.mu < np.inf and self.increase > 1 and 0 < self.decrease < 1 and self.mu_max > self.mu
        ):
            raise InputError(
                f"Levenberg-Marquardt needs mu > 0 below mu_max, increase > 1 and 0 < decrease < 1; got "
                f"mu={self.mu!r}, "
                f"mu_max={self.mu_max!r}, increase={self.increase!r}, decrease={self.decrease!r}"
            )

    def begin(self, objective: Any, theta: Floats) -> Damping:
        """μ and the model at the start."""
        damping = Damping(self.mu)
        self.look(objective, theta, damping)
        return damping

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One step taken, with as many tries of μ as it needs."""
        damping: Damping = state.search
        model = damping.model
        assert model is not None
        g = model.gradient
        value = model.error + model.penalty
        damping.tried = 0
        if not (np.isfinite(value) and np.isfinite(g).all()):
            return self.tell(objective, damping, "diverged")
        if float(np.linalg.norm(g)) <= self.gradient:
            return self.tell(objective, damping, "converged")
        while damping.mu <= self.mu_max:
            damping.tried += 1
            x = model.step(damping.mu)
            if x is not None:
                # f − model(x), by (G + Λ + μM)x = −g a sum of two positive parts
                promised = -float(g @ x) - 0.5 * model.bend(x)
                if 0 <= promised <= self.tolerance * abs(value):
                    return self.tell(objective, damping, "converged")
                if self.geodesic:
                    x = x + self.acceleration(objective, state.theta, model, x, damping.mu)
                trial = state.theta + x.astype(state.theta.dtype)
                reached = objective.value(trial)
                if reached < value:
                    if self.eager or (damping.tried == 1 and value - reached > 0.5 * promised):
                        damping.mu = max(damping.mu * self.decrease, self.mu_min)
                    state.theta[:] = trial
                    self.look(objective, state.theta, damping)
                    return self.tell(objective, damping, "converged" if reached == 0 else None)
            damping.mu *= self.increase
        flat = float(np.linalg.norm(g)) <= EXACT**0.5 * (1 + abs(value))
        return self.tell(objective, damping, "converged" if flat else "stuck")

    def look(self, objective: Any, theta: Floats, damping: Damping) -> None:
        """The model at θ."""
        damping.model = quadratic(objective, theta, damping.scale)
        if isinstance(damping.model, ResidualQuadratic):
            damping.scale = damping.model.scale

    def tell(self, objective: Any, damping: Damping, ended: str | None) -> Iteration:
        """The iteration's row: error, penalty, gradient norms and μ."""
        model = damping.model
        assert model is not None
        shape = getattr(objective, "shape", None)
        norms = (
            [float(np.linalg.norm(model.gradient))] if shape is None else shape.layer_norms(model.gradient)
        )
        return Iteration(
            model.error, model.penalty, norms, ended, None, {"mu": damping.mu, "tries": float(damping.tried)}
        )

    def acceleration(self, objective: Any, theta: Floats, model: Quadratic, x: Floats, mu: float) -> Floats:
        """½ a, a the second-order correction along x, by r'' ≈ 2/h ((r(θ+hx) − r)/h − Jx); 0 where longer than ¾ x."""
        nothing = np.zeros_like(x)
        if not isinstance(model, ResidualQuadratic):
            return nothing
        h = 0.1
        curve = 2 / h * ((objective.residuals(theta + h * x) - model.residuals) / h - model.J @ x)
        a = model.solve(curve, mu) if np.isfinite(curve).all() else None
        if a is None or 2 * np.linalg.norm(a * model.scale) > 0.75 * np.linalg.norm(x * model.scale):
            return nothing
        return 0.5 * a
