"""`fit_formula`: any formula fitted to a table by least squares, with standard errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import count
from deltarule.descent.history import History
from deltarule.descent.levenberg_marquardt import LevenbergMarquardt
from deltarule.descent.loop import Settings, run
from deltarule.descent.outcome import Outcome
from deltarule.descent.rules import ALIASES
from deltarule.descent.rules import rule as rule_of
from deltarule.errors import InputError, UnknownName
from deltarule.expressions import Node, Tape, parse
from deltarule.objectives.model_fit import ModelFit
from deltarule.tables.reading import read_table
from deltarule.tables.table import Table

Floats = NDArray[np.floating]

# Typed models are often badly scaled: μ may grow far, and the gradient's size says nothing (`_judged` looks at angles);
# geodesic acceleration follows their bent valleys (all of NIST's problems end, from both starts)
LEAST_SQUARES = LevenbergMarquardt(mu=1e-3, mu_max=1e20, gradient=0.0, tolerance=1e-20, geodesic=True)
# ‖projection of r on J's columns‖/‖r‖ at which more steps would change no digit that the data can tell
ORTHOGONAL = 1e-5


@dataclass(frozen=True)
class Fit:
    """A fitted formula.

    model : the formula.
    parameters, standard_errors : name → number; σ̂_p = √(s² (JᵀJ)⁻¹_pp), s² = rss/(N − P): nan where N = P, inf where
        the data do not tell a parameter from the others.
    rss : Σ_n r_n² (not halved, not divided by N).
    covariance (P, P) : s² (JᵀJ)⁻¹.  rows : N, the rows used; a row with a missing value is left out.
    outcome : how it ended.  angle : ‖projection of r on J's columns‖/‖r‖, 0 at the exact minimum.
    history : one row an iteration; its error is Σ_n r_n² as rss is, reached by that iteration.

    >>> fit = fit_formula("a + b*x", {"x": [0, 1, 2, 3], "y": [1, 3, 5, 8]}, start=[0, 0])
    >>> bool(np.isclose(fit.history.error[-1], fit.rss)), bool(np.allclose([*fit.parameters.values()], [0.8, 2.3]))
    (True, True)
    """

    model: Node
    parameters: dict[str, float]
    standard_errors: dict[str, float]
    rss: float
    outcome: Outcome
    rows: int
    covariance: Floats = field(repr=False)
    angle: float = field(repr=False)
    history: History = field(repr=False)

    @property
    def residual_deviation(self) -> float:
        """s = √(rss/(N − P)); nan where N = P."""
        freedom = self.rows - len(self.parameters)
        return float(np.sqrt(self.rss / freedom)) if freedom > 0 else float("nan")

    def __str__(self) -> str:
        """The parameters with their standard errors, the sum of squares and how it ended."""
        width = max(map(len, self.parameters))
        lines = [
            f"{name.ljust(width)} = {value:.10g} ± {self.standard_errors[name]:.3g}"
            for name, value in self.parameters.items()
        ]
        rss = f"rss = {self.rss:.10g} over {self.rows} rows, residual deviation {self.residual_deviation:.6g}"
        return "\n".join([*lines, rss, str(self.outcome)])

    def predict(self, table: Any) -> Floats:
        """The fitted formula at each row (N,); nan where a value is missing.

        >>> fit = fit_formula("a + b*x", {"x": [0, 1, 2, 3], "y": [1, 3, 5, 8]}, start=[0, 0])
        >>> bool(np.allclose(fit.predict({"x": [10.0]}), [23.8]))
        True
        """
        given = _table(table)
        columns = {name: _numbers(given, name) for name in self.model.names - self.parameters.keys()}
        tape = Tape([self.model], [*columns, *self.parameters])
        return np.broadcast_to(tape(*columns.values(), *self.parameters.values())[0], (given.rows,)).astype(
            np.float64
        )


def fit_formula(
    model: str | Node,
    table: Any,
    start: Mapping[str, float] | Sequence[float],
    target: str = "y",
    rule: str | Any = "lm",
    steps: int = 1000,
) -> Fit:
    """Finds the parameters for which Σ_n (model(x_n) − target(x_n))² is smallest.

    Parameters
    ----------
    model : a formula of columns and parameters, "b1*(1 - exp(-b2*x))"; every name that is no column is a parameter.
    table : a file, a table, a frame, or name → values.
    start : parameter → number; or numbers in the order b1, b2, …, b10.
    target : a column, or a formula of columns: "y", "log(y)".
    rule : "lm" (Levenberg-Marquardt), or any other rule that runs on sums of squares.
    steps : at most so many.

    Raises
    ------
    InputError, ExpressionError, TableError : what cannot be used, in a sentence.

    >>> x = np.linspace(0, 3, 20)
    >>> fit = fit_formula("a*exp(-b*x)", {"x": x, "y": 2 * np.exp(-0.7 * x)}, start={"a": 1, "b": 1})
    >>> fit.outcome.name, {name: round(value, 9) for name, value in fit.parameters.items()}
    ('converged', {'a': 2.0, 'b': 0.7})
    """
    settings = Settings(count("steps", steps))
    given = _table(table)
    formula = model if isinstance(model, Node) else parse(model)
    aim = parse(target)
    for name in sorted(aim.names - set(given.names)):
        raise UnknownName("column in the target", name, given.names)
    used = sorted((formula.names | aim.names) & set(given.names))
    columns = {name: _numbers(given, name) for name in used}
    whole = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    f = ModelFit(formula, {name: values[whole] for name, values in columns.items()}, target)
    theta = _start(start, f.parameters)
    if f.rows < f.size:
        raise InputError(
            f"{f.size} parameters need at least as many rows, got {f.rows} without a missing value."
        )
    if not np.isfinite(f.value(theta)):
        raise InputError(f"the model has no finite value at the start, {_named(f, theta)}: start elsewhere.")
    chosen: Any = (
        LEAST_SQUARES if isinstance(rule, str) and ALIASES.get(rule, rule) == "lm" else rule_of(rule)
    )
    with np.errstate(all="ignore"):  # what is not finite is looked for, and named
        result = run(f, chosen, theta, settings)
        return _fit(f, np.asarray(result.theta, np.float64), result.outcome, result.history)


def _fit(f: ModelFit, theta: Floats, outcome: Outcome, history: History) -> Fit:
    r, J = f.residuals(theta), f.jacobian(theta)
    rss = float(r @ r)
    inverse, angle = _inverse_and_angle(J, r)
    freedom = f.rows - f.size
    covariance = inverse * (rss / freedom if freedom else np.nan)
    errors = np.sqrt(np.diag(covariance))
    return Fit(
        f.model,
        dict(zip(f.parameters, theta.tolist(), strict=True)),
        dict(zip(f.parameters, errors.tolist(), strict=True)),
        rss,
        _judged(outcome, angle),
        f.rows,
        covariance,
        angle,
        history,
    )


def _inverse_and_angle(J: Floats, r: Floats) -> tuple[Floats, float]:
    """(JᵀJ)⁻¹, with inf on the diagonal where J's columns depend on one another; and ‖QQᵀr‖/‖r‖."""
    size = np.linalg.norm(J, axis=0)
    size = np.where(size > 0, size, 1.0)
    if not np.isfinite(J).all():
        return np.full((J.shape[1], J.shape[1]), np.nan), np.nan
    U, s, Vt = np.linalg.svd(J / size, full_matrices=False)
    told = s > len(J) * float_info.epsilon * s[0]
    length = float(np.linalg.norm(r))
    angle = float(np.linalg.norm(U[:, told].T @ r)) / length if length else 0.0
    half = Vt[told].T / s[told]
    inverse = half @ half.T / np.outer(size, size)
    untold = np.any(np.abs(Vt[~told]) > 1e-6, axis=0)
    inverse[np.diag_indices_from(inverse)] = np.where(untold, np.inf, np.diag(inverse))
    return inverse, angle


def _judged(outcome: Outcome, angle: float) -> Outcome:
    """Where rounding hides the last decrease, the angle tells that the minimum was reached all the same."""
    if outcome.name in ("stuck", "converged") and angle <= ORTHOGONAL:
        return replace(
            Outcome.of("converged", outcome.step),
            message=f"the residuals stand at right angles to every change of the parameters (to {angle:.1g})",
        )
    return outcome


def _table(given: Any) -> Table:
    return given if isinstance(given, Table) else read_table(given)


def _numbers(table: Table, name: str) -> Floats:
    column = table[name]
    if column.kind not in ("number", "boolean"):
        raise InputError(
            f"the formula needs numbers, and column '{name}' of {table.source} holds a {column.kind}."
        )
    return np.asarray(column.values, np.float64)


def _start(start: Mapping[str, float] | Sequence[float], names: tuple[str, ...]) -> Floats:
    if isinstance(start, Mapping):
        for name in start:
            if name not in names:
                raise UnknownName("parameter in the start", name, names)
        missing = [name for name in names if name not in start]
        if missing:
            raise InputError(
                f"the start lacks {', '.join(missing)}: every name that is no column is a parameter."
            )
        start = [start[name] for name in names]
    try:
        theta = np.array(start, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"the start must be numbers, got {start!r}.") from None
    if theta.shape != (len(names),) or not np.isfinite(theta).all():
        raise InputError(
            f"the start must be {len(names)} finite numbers, for {', '.join(names)}; got {start!r}."
        )
    return theta


def _named(f: ModelFit, theta: Floats) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in zip(f.parameters, theta, strict=True))
