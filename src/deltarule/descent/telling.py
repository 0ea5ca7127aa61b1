"""What a full-batch rule says of an iteration: error and penalty apart, each layer's gradient norm, how it ended."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.objectives.objective import Iteration

Floats = NDArray[np.floating]

FLAT = 1e-8  # ‖∇f‖ against 1 + |f|: below it, a search that cannot lower f has arrived, not failed


def told(
    objective: Any,
    theta: Floats,
    value: float,
    g: Floats,
    ended: str | None = None,
    message: str | None = None,
    **columns: float,
) -> Iteration:
    """The iteration that reached θ, f(θ) = value and ∇f(θ) = g."""
    given, shape = getattr(objective, "penalty", None), getattr(objective, "shape", None)
    penalty = 0.0 if given is None else given.value(theta, objective.weights)
    norms = [float(np.linalg.norm(g))] if shape is None else shape.layer_norms(g)
    return Iteration(value - penalty, penalty, norms, ended, message, columns)


def standstill(value: float, g: Floats) -> str:
    """The outcome's name where no step lowers f any further: converged where ∇f is next to nothing, else stuck."""
    return "converged" if float(np.linalg.norm(g)) <= FLAT * (1 + abs(value)) else "stuck"


def finite(value: float, g: Floats) -> bool:
    """Whether f and ∇f are numbers."""
    return bool(np.isfinite(value) and np.isfinite(g).all())
