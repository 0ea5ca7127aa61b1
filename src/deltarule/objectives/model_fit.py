"""A formula fitted to a table: the sum of squares of its residuals as an objective of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.expressions import Node, Tape, evaluate, ordered_names, parse
from deltarule.expressions.derivatives import gradient_graph, hessian_graph
from deltarule.expressions.functions import CONSTANTS
from deltarule.expressions.nodes import Constant, postorder

Floats = NDArray[np.floating]


class ModelFit:
    """f(θ) = Σ_n r_n², r_n = model(x_n; θ) − target(x_n): **not** halved, not divided by N.

    Parameters
    ----------
    model : a formula of columns and parameters, "b1*(1 - exp(-b2*x))"; every name that is no column is a parameter.
    columns : name → values (N,), float64.
    target : a formula of columns: "y", or "log(y)".
    parameters : their names in the order of θ; None takes the formula's own, b2 before b10.

    >>> x = np.array([0.0, 1.0, 2.0])
    >>> f = ModelFit("a + b*x", {"x": x, "y": 1 + 2 * x}, "y")
    >>> f.parameters, f.value(np.array([1.0, 2.0])), f.residuals(np.array([0.0, 2.0])).tolist()
    (('a', 'b'), 0.0, [-1.0, -1.0, -1.0])
    >>> f.gradient(np.array([0.0, 2.0]))[1].tolist()
    [-6.0, -6.0]
    """

    def __init__(
        self,
        model: str | Node,
        columns: Mapping[str, Floats],
        target: str = "y",
        parameters: Sequence[str] | None = None,
    ) -> None:
        names = None if parameters is None else [*columns, *parameters]
        self.model = model if isinstance(model, Node) else parse(model, names)
        _refuse_shadowed(self.model, columns)
        free = self.model.names - columns.keys()
        self.parameters = self.names = ordered_names(free) if parameters is None else tuple(parameters)
        if not free:
            raise InputError(f"the model {self.model} has no parameter: every name in it is a column.")
        idle = ", ".join(name for name in self.parameters if name not in free)
        if idle:
            raise InputError(f"the model {self.model} does not contain the parameter {idle}.")
        aim = parse(target, list(columns))
        used = sorted((self.model.names & columns.keys()) | aim.names)
        self.columns = {name: np.asarray(columns[name], np.float64) for name in used}
        self.y = np.asarray(evaluate(aim, {name: self.columns[name] for name in aim.names}), np.float64)
        if self.y.ndim != 1:
            raise InputError(f"the target {target} must name a column; the columns are {', '.join(columns)}.")

    @property
    def size(self) -> int:
        """P, the number of parameters."""
        return len(self.parameters)

    @property
    def rows(self) -> int:
        """N, the number of residuals."""
        return len(self.y)

    def predict(self, theta: Floats) -> Floats:
        """model(x_n; θ) (N,)."""
        return self._rows(self._model, theta)[0]

    def residuals(self, theta: Floats) -> Floats:
        """r (N,): model − target."""
        return self.predict(theta) - self.y

    def jacobian(self, theta: Floats) -> Floats:
        """∂r_n/∂θ_p (N, P)."""
        return self._rows(self._jacobian, theta).T

    def value(self, theta: Floats) -> float:
        """Σ_n r_n²; inf where it overflows."""
        return square(self.residuals(theta))

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        """Σ r² and 2 Jᵀr (P,)."""
        r = self.residuals(theta)
        with np.errstate(all="ignore"):
            return square(r), 2 * (self.jacobian(theta).T @ r)

    def hessian(self, theta: Floats) -> Floats:
        """2 (JᵀJ + Σ_n r_n ∇²r_n) (P, P)."""
        J, r = self.jacobian(theta), self.residuals(theta)
        curved = np.empty((self.size, self.size))
        with np.errstate(all="ignore"):
            curved[np.triu_indices(self.size)] = self._rows(self._hessian, theta) @ r
            lower = np.tril_indices(self.size, -1)
            curved[lower] = curved.T[lower]
            return 2 * (J.T @ J + curved)

    def hessian_vector(self, theta: Floats, v: Floats) -> Floats:
        """∇²f v (P,)."""
        return self.hessian(theta) @ v

    def _rows(self, tape: Tape, theta: Floats) -> NDArray[np.float64]:
        """The tape's outputs, one row each, constants spread over all N."""
        found = tape(*np.asarray(theta, np.float64), *self.columns.values())
        values: Floats = np.empty((len(found), self.rows))
        for row, value in zip(values, found, strict=True):
            row[:] = value
        return values

    @property
    def _order(self) -> tuple[str, ...]:
        return (*self.parameters, *self.columns)

    @cached_property
    def _model(self) -> Tape:
        return Tape([self.model], self._order)

    @cached_property
    def _jacobian(self) -> Tape:
        return Tape(gradient_graph(self.model, self.parameters), self._order)

    @cached_property
    def _hessian(self) -> Tape:
        rows = hessian_graph(self.model, self.parameters)
        return Tape([part for row in rows for part in row], self._order)


def square(r: Floats) -> float:
    """Σ r²; inf where it overflows."""
    with np.errstate(all="ignore"):
        return float(r @ r)


def _refuse_shadowed(model: Node, columns: Mapping[str, Any]) -> None:
    """A column called e or pi would silently be read as the constant."""
    used = {node.name for node in postorder([model]) if isinstance(node, Constant)}
    for name in used & columns.keys():
        raise InputError(
            f"'{name}' in the model means the constant {CONSTANTS[name]:.6g}, but a column is called so too: rename it."
        )
