"""Any multivariate function as an objective: a typed formula with its own derivatives, or a Python function.

The rules see no difference between these and a network's error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import ExpressionError, InputError
from deltarule.expressions import Node, Tape, gradient, hessian, ordered_names, parse
from deltarule.expressions.derivatives import gradient_graph, hessian_graph, hessian_vector_graph

Floats = NDArray[np.floating]


class Formula:
    """f(θ) typed as text; value, gradient and Hessian by our own rules, as numbers and as formulas.

    Parameters
    ----------
    expression : text such as "x1**2 + 3*x1*x2", or a parsed Node.
    names : the variables in the order of θ; None takes the formula's own, x2 before x10.

    >>> f = Formula("x1**2 + 3*x1*x2 + 5*x2**2")
    >>> theta = np.array([2.0, 1.0])
    >>> f.value(theta), f.gradient(theta)[1].tolist(), f.hessian(theta).tolist()
    (15.0, [7.0, 16.0], [[2.0, 3.0], [3.0, 10.0]])
    >>> bool(np.all(f.hessian_vector(theta, theta) == f.hessian(theta) @ theta))
    True
    """

    def __init__(self, expression: str | Node, names: Sequence[str] | None = None) -> None:
        self.formula = expression if isinstance(expression, Node) else parse(expression, names)
        self.names = ordered_names(self.formula.names) if names is None else tuple(names)
        if len(set(self.names)) != len(self.names):
            raise InputError(f"the names of a formula must differ, got {', '.join(self.names)}.")
        if not self.names:
            raise ExpressionError(f"the formula {self.formula} has no variable: there is nothing to vary.")

    @property
    def size(self) -> int:
        """P, the number of variables."""
        return len(self.names)

    def value(self, theta: Floats) -> float:
        """f(θ); NaN or ±inf where f has no finite real value."""
        return float(self._value(*_scalars(theta))[0])

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        """f(θ) and ∇f(θ) (P,)."""
        value, *slopes = self._gradient(*_scalars(theta))
        return float(value), np.array(slopes, np.float64)

    def hessian(self, theta: Floats) -> Floats:
        """∇²f(θ) (P, P), symmetric."""
        H = np.empty((self.size, self.size))
        H[np.triu_indices(self.size)] = self._hessian(*_scalars(theta))
        lower = np.tril_indices(self.size, -1)
        H[lower] = H.T[lower]
        return H

    def hessian_vector(self, theta: Floats, v: Floats) -> Floats:
        """∇²f(θ) v (P,) without the Hessian, at a few times the price of f."""
        return np.array(self._hessian_vector(*_scalars(theta), *_scalars(v)), np.float64)

    @cached_property
    def gradient_formula(self) -> tuple[Node, ...]:
        """∂f/∂θ_i as formulas."""
        return gradient(self.formula, self.names)

    @cached_property
    def hessian_formula(self) -> tuple[tuple[Node, ...], ...]:
        """∂²f/∂θ_i ∂θ_j as formulas."""
        return hessian(self.formula, self.names)

    @cached_property
    def _value(self) -> Tape:
        return Tape([self.formula], self.names)

    @cached_property
    def _gradient(self) -> Tape:
        return Tape([self.formula, *gradient_graph(self.formula, self.names)], self.names)

    @cached_property
    def _hessian(self) -> Tape:
        rows = hessian_graph(self.formula, self.names)
        return Tape([part for row in rows for part in row], self.names)

    @cached_property
    def _hessian_vector(self) -> Tape:
        along = tuple(f"along {name}" for name in self.names)  # a blank: no typed name is like it
        return Tape(hessian_vector_graph(self.formula, self.names, along), self.names + along)


class PythonFunction:
    """f(θ) as a Python function, with its derivatives given or taken by central differences.

    g_i = (f(θ + h e_i) − f(θ − h e_i))/2h with h = ε^(1/3) max(1, |θ_i|), error about ε^(2/3);
    H from differences of the given gradient in the same way, or of f with h = ε^(1/4) max(1, |θ_i|), error about √ε.

    Parameters
    ----------
    f : θ (P,) → a number.  size : P.
    gradient : θ → (P,).  hessian : θ → (P, P).  Either may be left out.
    names : of the P variables; None names them x1 … xP.

    >>> f = PythonFunction(lambda x: x[0] ** 2 + np.sin(x[1]), size=2)
    >>> bool(np.allclose(f.gradient(np.array([3.0, 0.0]))[1], [6.0, 1.0], atol=1e-9))
    True
    """

    def __init__(
        self,
        f: Callable[[Floats], Any],
        size: int,
        gradient: Callable[[Floats], Any] | None = None,
        hessian: Callable[[Floats], Any] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        self.size = size
        self.names = tuple(names) if names is not None else tuple(f"x{i}" for i in range(1, size + 1))
        if len(self.names) != size:
            raise InputError(f"{size} names are expected, one a variable, got {', '.join(self.names)}.")
        self._f, self._g, self._H = f, gradient, hessian
        # differences of f leave noise of about √ε/ε^(1/4)² in H, differences of ∇f about ε^(2/3)
        self.hessian_accuracy = 1e-10 if hessian else 1e-8 if gradient else 1e-6

    def value(self, theta: Floats) -> float:
        """f(θ)."""
        return float(self._shaped("f", self._f(theta.copy()), ()))

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        """f(θ) and ∇f(θ) (P,), given or by central differences."""
        return self.value(theta), self._slopes(theta)

    def hessian(self, theta: Floats) -> Floats:
        """∇²f(θ) (P, P), given or by central differences, made symmetric."""
        if self._H is not None:
            return self._shaped("hessian", self._H(theta.copy()), (self.size, self.size))
        columns: list[Floats] = []
        steps = float_info.epsilon ** (1 / 3 if self._g is not None else 1 / 4) * np.maximum(
            1.0, np.abs(theta)
        )
        for i, h in enumerate(steps):
            ahead, behind, exact = _both_sides(theta, i, h)
            columns.append((self._slopes(ahead, steps) - self._slopes(behind, steps)) / exact)
        H = np.stack(columns, axis=1)
        return (H + H.T) / 2

    def hessian_vector(self, theta: Floats, v: Floats) -> Floats:
        """∇²f(θ) v (P,)."""
        return self.hessian(theta) @ v

    def _slopes(self, theta: Floats, steps: Floats | None = None) -> Floats:
        if self._g is not None:
            return self._shaped("gradient", self._g(theta.copy()), (self.size,))
        lengths = float_info.epsilon ** (1 / 3) * np.maximum(1.0, np.abs(theta)) if steps is None else steps
        g = np.empty(self.size)
        for i, h in enumerate(lengths):
            ahead, behind, exact = _both_sides(theta, i, h)
            g[i] = (self.value(ahead) - self.value(behind)) / exact
        return g

    @staticmethod
    def _shaped(name: str, answer: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
        try:
            found = np.asarray(answer, np.float64)
        except (TypeError, ValueError):
            raise InputError(f"{name}(θ) must answer real numbers, got {type(answer).__name__}.") from None
        if found.shape != shape and not (shape == () and found.size == 1):
            raise InputError(f"{name}(θ) must answer the shape {shape}, got {found.shape}.")
        return found.reshape(shape)


def objective_of(
    f: str | Node | Callable[[Floats], Any] | Any,
    size: int,
    names: Sequence[str] | None = None,
    gradient: Callable[[Floats], Any] | None = None,
    hessian: Callable[[Floats], Any] | None = None,
) -> Any:
    """The objective that text, a Python function, or an objective itself means, for θ of this size."""
    if isinstance(f, str | Node):
        found: Any = Formula(f, names)
    elif hasattr(f, "value") and hasattr(f, "gradient"):
        found = f
    elif callable(f):
        found = PythonFunction(f, size, gradient, hessian, names)
    else:
        raise InputError(f"f must be a formula as text or a Python function, got {type(f).__name__}.")
    if found.size != size:
        of = ", ".join(found.names)
        raise InputError(
            f"f has the variables {of}: {found.size} numbers are expected, the start has {size}."
        )
    return found


def _scalars(theta: Floats) -> list[np.float64]:
    return list(np.asarray(theta, np.float64))


def _both_sides(theta: Floats, i: int, h: float) -> tuple[Floats, Floats, float]:
    """θ + h e_i, θ − h e_i and the 2h that the floats between them really are."""
    ahead, behind = theta.copy(), theta.copy()
    ahead[i] += h
    behind[i] -= h
    return ahead, behind, float(ahead[i] - behind[i])
