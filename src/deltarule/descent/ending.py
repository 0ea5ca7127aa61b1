"""How a descent ended, said so that it agrees with the kind of point it ended in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.endless import falls_into
from deltarule.descent.kinks import downhill, jumps
from deltarule.descent.nearby import Quadratic
from deltarule.descent.outcome import Outcome
from deltarule.descent.stationary import Kind, towards_a_pole

Floats = NDArray[np.floating]
BOTTOMLESS = 1e30
WITHOUT_END = "f falls without end on this path: it has no minimum there"
EVER_SLOWER = "f falls ever more slowly towards infinity: it has no minimum on this path"
EVER_STEEPER = (
    "f falls ever more steeply to the edge of where it has values: its slope is nowhere 0 on this path"
)
REST = ("converged", "stuck", "stopped_early")  # the walk came to rest; what stops it early is its arrival


def ending(
    outcome: Outcome,
    objective: Any,
    path: Floats,
    g: Floats,
    H: Floats,
    kind: Kind,
    limit: float,
    endless: bool,
) -> Outcome:
    """The outcome of a walk that ended at x = path[-1] with ∇f(x) = g and ∇²f(x) = H.

    Parameters: outcome, as the loop had it; limit, how small ‖∇f‖ was to become; endless, whether f only falls on.
    """
    x = path[-1]
    first, last = float(objective.value(path[0])), float(objective.value(x))
    if outcome.name == "interrupted":
        return Outcome.of("interrupted", outcome.step, "the path ends where it was")
    if last < first - BOTTOMLESS * (1 + abs(first)) or (outcome.name == "diverged" and last < first):
        return Outcome.of("diverged", outcome.step, WITHOUT_END)
    if outcome.name == "diverged" or (outcome.name == "step_limit" and last > first):
        return Outcome.of(
            "diverged",
            outcome.step,
            f"f grew from {first:.6g} to {last:.6g}: the steps are too long, try a smaller learning rate",
        )
    if endless:
        return Outcome.of("diverged", outcome.step, EVER_SLOWER)
    if outcome.name in REST:
        name, why = _rest(objective, x, g, H, kind, limit)
        return Outcome.of(name, outcome.step, why)
    if kind == "not stationary" and float(np.linalg.norm(g)) <= limit:
        return Outcome.of(outcome.name, outcome.step, f"{outcome.message}; {_leads_on(objective, g, H)}")
    return outcome


def _rest(objective: Any, x: Floats, g: Floats, H: Floats, kind: Kind, limit: float) -> tuple[str, str]:
    """The outcome's name, and why no further step was taken."""
    if kind == "kink":
        return "converged", "the slope changes its sign there"
    steep = float(np.linalg.norm(g))
    norm = "‖∇f‖" if len(g) > 1 else "|f'|"
    size = f"{norm} = {steep:.2g}"
    small = f"the gradient is as small as asked for: {size}"
    if kind != "not stationary":
        return "converged", small if steep <= limit else f"further steps change next to nothing: {size}"
    if towards_a_pole(objective, x):
        return ("diverged", WITHOUT_END) if falls_into(objective, x, g) else ("stuck", EVER_STEEPER)
    if steep <= limit:
        return "converged", f"{small}; {_leads_on(objective, g, H)}"
    if jumps(objective, x).size and downhill(objective, x) is not None:
        return "stuck", "no step along −∇f lowers f any further, as f has a kink there"
    return "stuck", f"no step that was tried lowers f any further: {size}"


def _leads_on(objective: Any, g: Floats, H: Floats) -> str:
    """How far away the stationary point is that the gradient, small as it is, points to."""
    if not (np.isfinite(H).all() and H.any()):
        return "f has no curvature there, and its slope is not 0"
    return f"the Newton step from there is {np.linalg.norm(Quadratic.of(objective, g, H).step):.2g} long"
