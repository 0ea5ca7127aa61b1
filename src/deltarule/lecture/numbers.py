"""A formula's value on a network's own numbers: y, net, o and d looked up, sums over units taken as axes of arrays.

Each index letter has an axis of its own, n the first; so a nested sum costs what backpropagation costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.equations.activations import activation, normal_below, normal_density
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.expressions.functions import CONSTANTS, FUNCTIONS
from deltarule.expressions.nodes import Call, Constant, Node, Number, Power, Product, Sum
from deltarule.lecture.symbols import letter
from deltarule.lecture.terms import Index, Over, Partial, Quantity, Slope

Floats = NDArray[np.float64]
MOST_LETTERS = 60  # axes of an array


def _step(z: Any) -> Any:
    return (np.asarray(z) > 0).astype(np.float64)


def _logistic(z: Any) -> Any:
    return activation("logistic").S(np.asarray(z, dtype=np.float64))


FUNCTION_VALUES: dict[str, Callable[[Any], Any]] = {
    **{name: function.value for name, function in FUNCTIONS.items()},
    "logistic": _logistic,
    "step": _step,
    "Phi": normal_below,
    "phi": normal_density,
}


class Numbers:
    """The values of every quantity of one network on some samples.

    Parameters
    ----------
    shape, theta : the network.
    X (N, I), D (N, K) : checked samples, float64.
    loss : says what δ is.
    letters : index letters besides the usual ones.
    """

    def __init__(
        self, shape: Shape, theta: Any, X: Any, D: Any, loss: Loss, letters: Sequence[str] = ()
    ) -> None:
        self.shape, self.theta, self.loss = shape, np.asarray(theta, dtype=np.float64), loss
        self.X, self.D = np.asarray(X, dtype=np.float64), np.asarray(D, dtype=np.float64)
        self.trace = backprop.forward(shape, self.theta, self.X)
        self.W, self.b = shape.views(self.theta)
        usual = [letter(m, shape.layers) for m in range(shape.layers + 1)] + ["c"]
        names = list(dict.fromkeys([*usual, *letters]))
        if len(names) > MOST_LETTERS:
            raise InputError(
                f"formulas can be evaluated for at most {MOST_LETTERS - 2} layers, this network has {shape.layers}"
            )
        self.axis = {name: place for place, name in enumerate(names, 1)}
        self._known: dict[str, Any] = {}

    @cached_property
    def deltas(self) -> list[Any]:
        """δ^(m) (N, units of m), m = 1 … L."""
        delta = backprop.output_delta(self.shape, self.trace, self.D, self.loss)
        return backprop.backward(self.shape, self.theta, self.trace, delta).delta

    def value(self, node: Node) -> Any:
        """An array over (n, …) with one axis for each letter; axes that do not occur have length 1."""
        if node.key not in self._known:
            self._known[node.key] = self._value(node)
        return self._known[node.key]

    def scalar(self, node: Node) -> float:
        """The value of a formula in which every index is summed over."""
        found = np.asarray(self.value(node))
        if found.size != 1:
            raise InputError("the formula still depends on n or on a unit's index: sum over it")
        return float(found.reshape(()))

    def _value(self, node: Node) -> Any:
        match node:
            case Number(value):
                return np.float64(value.numerator / value.denominator)
            case Constant(name):
                return np.float64(CONSTANTS[name])
            case Quantity():
                return self._quantity(node)
            case Sum(terms):
                total = self.value(terms[0])
                for term in terms[1:]:
                    total = total + self.value(term)
                return total
            case Product(parts):
                total = self.value(parts[0])
                for factor in parts[1:]:
                    total = total * self.value(factor)
                return total
            case Power(base, exponent):
                return np.power(self.value(base), self.value(exponent))
            case Call(function, argument):
                return FUNCTION_VALUES[function](self.value(argument))
            case Slope():
                return self._slope(node)
            case Over():
                return self._over(node)
            case Partial():
                return self._partial(node)
            case _:
                raise TypeError(f"no rule to evaluate {type(node).__name__}")

    def _quantity(self, q: Quantity) -> Any:
        match q.kind:
            case "y":
                return self._placed(self.trace.y[q.layer], q.units, sampled=True)
            case "net":
                return self._placed(self.trace.net[q.layer - 1], q.units, sampled=True)
            case "d":
                return self._placed(self.D, q.units, sampled=True)
            case "l":
                return self._placed(self.trace.o - self.D, q.units, sampled=True)
            case "delta":
                return self._placed(self.deltas[q.layer - 1], q.units, sampled=True)
            case "w":
                return self._placed(self.W[q.layer - 1], q.units, sampled=False)
            case "b":
                return self._placed(self.b[q.layer - 1], q.units, sampled=False)
            case "same":
                return self._placed(np.eye(self.shape.sizes[q.layer]), q.units, sampled=False)
            case "N":
                return np.float64(len(self.X))
            case _:
                raise TypeError(f"{q.kind} has no value of its own")

    def _placed(self, array: Any, units: tuple[Index, ...], sampled: bool) -> Any:
        """The array's axes where n and the letters have theirs; numbered units picked out."""
        picked = array[
            tuple(
                ([slice(None)] if sampled else [])
                + [u - 1 if isinstance(u, int) else slice(None) for u in units]
            )
        ]
        axes = ([0] if sampled else []) + [self.axis[u] for u in units if isinstance(u, str)]
        if len(axes) == 2 and axes[0] == axes[1]:
            picked, axes = np.diagonal(picked), axes[:1]
        order = sorted(range(len(axes)), key=axes.__getitem__)
        picked = np.transpose(picked, order) if axes else picked
        shape = [1] * (len(self.axis) + 1)
        for place, axis in enumerate(sorted(axes)):
            shape[axis] = picked.shape[place]
        return np.asarray(picked, dtype=np.float64).reshape(shape)

    def _slope(self, node: Slope) -> Any:
        known = activation(self.shape.activations[node.layer - 1])
        function = (known.S, known.S_prime, known.S_second)[node.order]
        z = node.argument
        if known.name == "softmax":
            if not (isinstance(z, Quantity) and z.kind == "net" and z.layer == node.layer):
                raise InputError("softmax needs the net inputs of its whole layer: write S'(net_nk) or o_nk")
            return self._placed(function(self.trace.net[node.layer - 1]), z.units, sampled=True)
        return function(np.asarray(self.value(z), dtype=np.float64))

    def _over(self, node: Over) -> Any:
        body = np.asarray(self.value(node.body), dtype=np.float64)
        count = len(self.X) if node.index == "n" else self.shape.sizes[node.layer]
        axis = 0 if node.index == "n" else self.axis[node.index]
        if body.ndim == 0 or body.shape[axis] == 1:
            total = body * count
        else:
            total = body.sum(axis=axis, keepdims=True)
        return total / count if node.kind == "mean" else total

    def _partial(self, node: Partial) -> Any:
        from deltarule.lecture.links import worked_out

        top, bottom = node.top, node.bottom
        if top.kind == "En" and bottom.kind == "net":  # many links at once: what backpropagation finds
            return len(self.X) * self.value(Quantity("delta", bottom.layer, bottom.units))
        return self.value(worked_out(self.shape, self.loss, node))
