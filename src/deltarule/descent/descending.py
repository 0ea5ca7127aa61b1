"""`descend`: a function of many variables, a start, a rule; the path down and the point it ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule.amounts import count, from_zero, rate
from deltarule.descent.arrival import Arrival, arrived
from deltarule.descent.backtracking import Backtracking
from deltarule.descent.ending import ending
from deltarule.descent.history import History
from deltarule.descent.loop import Moment, Settings, run
from deltarule.descent.outcome import Outcome
from deltarule.descent.rules import ALIASES, RULES
from deltarule.descent.rules import rule as rule_of
from deltarule.descent.stationary import Kind, endless, kind_of
from deltarule.errors import InputError, UnknownName
from deltarule.expressions import Node, ordered_names, parse
from deltarule.objectives.formula import Formula, PythonFunction, objective_of

Floats = NDArray[np.floating]
# what f, its gradient and its Hessian are enough for; the others need residuals or a network's weights
WALKING = [name for name in RULES if name not in ("lm", "evidence", "gauss_newton")]


@dataclass(frozen=True, repr=False)
class Descent:
    """Where a descent ended and how it got there.

    x (P,), value f(x), gradient ∇f(x) (P,), hessian ∇²f(x) (P, P); kind: minimum, maximum, saddle, degenerate,
    kink or not stationary; path (steps + 1, P), start and end included; values (steps + 1,), f along the path;
    outcome, how it ended; objective, f with its names and derivatives.
    history : one row a step, none where the start was the end. Its error is f: before the step by rules that take one
        gradient a step (gradient with a learning_rate, momentum, …, nadam), after it by all others.

    >>> down = descend("x**2", [1], rule="momentum", learning_rate=0.1, steps=3)
    >>> len(down.history), bool(np.allclose(down.history.error, down.values[:-1]))
    (3, True)
    """

    objective: Any
    x: Floats
    value: float
    gradient: Floats
    hessian: Floats
    kind: Kind
    path: Floats
    outcome: Outcome
    history: History

    def __repr__(self) -> str:
        at = ", ".join(
            f"{name} = {value:.6g}" for name, value in zip(self.names, self.x.tolist(), strict=True)
        )
        ended = f"{self.outcome.name} at step {self.outcome.step}"
        return f"<Descent to a point of kind {self.kind}: f = {self.value:.6g} at {at}; {ended}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The variables in the order of x."""
        return self.objective.names

    @property
    def eigenvalues(self) -> Floats:
        """Of ∇²f(x), ascending."""
        return np.linalg.eigvalsh(self.hessian).astype(np.float64)

    @property
    def values(self) -> Floats:
        """f at each point of the path."""
        return np.array([self.objective.value(point) for point in self.path])

    @property
    def gradient_formula(self) -> tuple[Node, ...] | None:
        """∇f as formulas; None for a Python function."""
        return self.objective.gradient_formula if isinstance(self.objective, Formula) else None

    @property
    def hessian_formula(self) -> tuple[tuple[Node, ...], ...] | None:
        """∇²f as formulas; None for a Python function."""
        return self.objective.hessian_formula if isinstance(self.objective, Formula) else None


def descend(
    f: str | Node | Callable[[Floats], Any] | Any,
    start: ArrayLike | Mapping[str, float],
    rule: str | Any = "gradient",
    learning_rate: float | None = None,
    steps: int = 1000,
    tolerance: float = 1e-8,
    *,
    names: Sequence[str] | None = None,
    gradient: Callable[[Floats], Any] | None = None,
    hessian: Callable[[Floats], Any] | None = None,
) -> Descent:
    """Walks down from the start: x ← x − η ∇f(x), or by any other rule.

    Parameters
    ----------
    f : a formula as text, a Python function of x (P,), or an objective.
    start : P numbers in the order of the names (x2 before x10, unless `names` says otherwise), or name → number.
    rule : "gradient", or another by name or settings: momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam,
        lbfgs, bfgs, newton, cg, scg, rprop.
    learning_rate : η; None lets gradient descent find each step by halving (Armijo), and gives other rules their own.
    steps : at most so many.
    tolerance : ends once ‖∇f(x)‖₂ is at most this and the Newton step from x is short, at most 1e-6 (1 + ‖x‖₂), or
        where f has no curvature (x⁴) or falls towards infinity only (e⁻ˣ).
    gradient, hessian : of a Python function, where they are known; else central differences are taken.

    Raises
    ------
    ExpressionError, InputError : a formula or start that cannot be used.

    >>> down = descend("x1**2 + 3*x1*x2 + 5*x2**2", [2, 1])
    >>> down.gradient_formula, down.kind, down.outcome.name
    ((2*x1 + 3*x2, 3*x1 + 10*x2), 'minimum', 'converged')
    >>> descend("(x - 1)**2 + 3", [0], rule="newton")
    <Descent to a point of kind minimum: f = 3 at x = 1; converged at step 1>
    >>> bool(np.allclose(down.x, 0, atol=1e-8))
    True
    """
    x, names = _start(f, start, names)
    objective = objective_of(f, len(x), names, gradient, hessian)
    learning_rate, steps, tolerance = (
        rate(learning_rate),
        count("steps", steps),
        from_zero("tolerance", tolerance),
    )
    with np.errstate(all="ignore"):  # what is not finite is looked for, and named
        return _walk(objective, x, rule, learning_rate, steps, tolerance)


def _walk(
    objective: Any,
    x: NDArray[np.float64],
    rule: Any,
    learning_rate: float | None,
    steps: int,
    tolerance: float,
) -> Descent:
    value, g = objective.gradient(x)
    if not (np.isfinite(value) and np.isfinite(g).all()):
        at = ", ".join(f"{name} = {number:g}" for name, number in zip(objective.names, x, strict=True))
        raise InputError(f"f or its gradient has no finite value at the start, {at}: start elsewhere.")
    plain = isinstance(rule, str) and ALIASES.get(rule, rule) == "gradient"
    chosen = Backtracking() if plain and learning_rate is None else _rule(rule, objective)
    limit = max(tolerance, float(getattr(chosen, "gradient", 0.0)))
    if arrived(objective, x, g, tolerance):
        return _descent(objective, x[None, :], Outcome.of("converged", 0), limit, History(layers=1))
    walked = _Path()
    settings = Settings(steps, learning_rate, observers=[walked, Arrival(tolerance)])
    result = run(objective, chosen, x, settings)
    path = np.array(walked.points)
    while len(path) > 1 and not np.isfinite(objective.value(path[-1])):
        path = path[:-1]  # the step that left the finite numbers
    return _descent(objective, path, result.outcome, limit, result.history)


def _descent(objective: Any, path: Floats, outcome: Outcome, limit: float, history: History) -> Descent:
    x = path[-1].copy()
    value, g = objective.gradient(x)
    H = objective.hessian(x)
    kind = kind_of(objective, x, g, H, limit)
    falls_on = kind == "not stationary" and float(np.linalg.norm(g)) <= limit and endless(objective, x, g, H)
    outcome = ending(outcome, objective, path, g, H, kind, limit, falls_on)
    return Descent(objective, x, value, g, H, kind, path, outcome, history)


class _Path:
    """Observes every step."""

    every = 1

    def __init__(self) -> None:
        self.points: list[Floats] = []

    def __call__(self, moment: Moment) -> None:
        if moment.state.step == len(self.points):
            self.points.append(moment.state.theta.astype(np.float64))


def _start(
    f: Any, start: ArrayLike | Mapping[str, float], names: Sequence[str] | None
) -> tuple[NDArray[np.float64], Sequence[str] | None]:
    if isinstance(start, Mapping):
        if names is None:
            names = (
                ordered_names((parse(f) if isinstance(f, str) else f).names)
                if isinstance(f, str | Node)
                else tuple(start)
            )
        if set(names) != set(start):
            raise InputError(f"the start gives {', '.join(start)}, but the variables are {', '.join(names)}.")
        start = [start[name] for name in names]
    try:
        x = np.array(start, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"the start must be numbers such as [2, 1], got {start!r}.") from None
    if x.ndim != 1 or not x.size or not np.isfinite(x).all():
        raise InputError(f"the start must be one finite number a variable, such as [2, 1], got {start!r}.")
    return x, names


def _rule(given: str | Any, objective: Any) -> Any:
    if isinstance(given, str) and isinstance(objective, Formula | PythonFunction):
        given = ALIASES.get(given, given)
        if given not in WALKING:
            if given in RULES or given == "auto":
                raise InputError(
                    f"rule '{given}' is for networks and sums of squares, not for a function alone: "
                    f"take {', '.join(WALKING[:-1])} or {WALKING[-1]}"
                )
            raise UnknownName("rule", given, WALKING)
    found: Any = rule_of(given)
    if isinstance(given, str) and hasattr(found, "gradient"):
        return replace(found, gradient=0.0)  # `tolerance` says how small ∇f is to become
    return found
