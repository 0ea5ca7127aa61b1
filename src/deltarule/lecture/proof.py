"""Proof that a derivation is right: SymPy differentiates the unfolded E, and the difference has the normal form 0.

E is unfolded by the forward pass alone (no formula of ours for a derivative is used); so is our formula; then every
exp, log … is set to a symbol of its own, and the difference is a rational function whose normal form must be 0.
Away from kinks `step` is a constant, 0 or 1: both are tried.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape
from deltarule.errors import TooLarge
from deltarule.expressions.nodes import Call, Node, Number, Power, Product, Sum
from deltarule.lecture.links import worked_out
from deltarule.lecture.rules import loss_value, own_value, value_at
from deltarule.lecture.symbols import address
from deltarule.lecture.terms import Over, Partial, Quantity, Slope, with_units

MOST_STEPS = 12  # of step(…): 2^12 cases


def proved(world: Unfolded, formula: Node, weight: Quantity, second: Quantity | None = None) -> bool:
    """Whether formula − SymPy's ∂E/∂weight (∂²E/∂weight∂second) of the unfolded E has the normal form 0."""
    return is_zero(world.write(formula) - world.derivative(weight, second))


class Unfolded:
    """Every quantity of a network as a SymPy expression in weights, inputs and desired outputs alone."""

    def __init__(self, shape: Shape, loss: Loss, penalty: Penalty, rows: int) -> None:
        import sympy

        self.shape, self.loss, self.penalty, self.rows = shape, loss, penalty, rows
        self.symbols: dict[str, Any] = {}
        self._known: dict[tuple[str, int], Any] = {}
        self._sympy = sympy
        self._step = _step_function()

    def derivative(self, weight: Quantity, second: Quantity | None = None) -> Any:
        """SymPy's ∂E/∂weight, or ∂²E/∂weight∂second, of the unfolded E with its penalty."""
        found = self._sympy.diff(self.error(), self._symbol(weight))
        return found if second is None else self._sympy.diff(found, self._symbol(second))

    def error(self) -> Any:
        """E of the unfolded network over the samples, the penalty included."""
        last, K = self.shape.layers, self.shape.sizes[-1]
        outputs = [(Quantity("y", last, (k,)), Quantity("d", last, (k,))) for k in range(1, K + 1)]
        total = sum(
            self.write(loss_value(self.loss, o, d), n) for n in range(1, self.rows + 1) for o, d in outputs
        )
        return total / self._sympy.Integer(self.rows) + self._penalty()

    def _penalty(self) -> Any:
        total = self._sympy.Integer(0)
        l1, l2 = self._sympy.Rational(str(self.penalty.l1)), self._sympy.Rational(str(self.penalty.l2))
        sizes = self.shape.sizes
        for m in range(1, self.shape.layers + 1):
            for i, j in itertools.product(range(1, sizes[m - 1] + 1), range(1, sizes[m] + 1)):
                w = self._symbol(Quantity("w", m, (i, j)))
                total += l2 * w**2 / 2 + l1 * w * (2 * self._step(w) - 1)
        return total

    def write(self, node: Node, n: int = 0) -> Any:
        """The formula unfolded; n is the sample where the formula has one."""
        sympy = self._sympy
        match node:
            case Number(value):
                return sympy.Rational(value.numerator, value.denominator)
            case Quantity():
                key = (node.key, n)
                if key not in self._known:
                    self._known[key] = self._quantity(node, n)
                return self._known[key]
            case Sum(terms):
                return sympy.Add(*(self.write(term, n) for term in terms))
            case Product(parts):
                return sympy.Mul(*(self.write(part, n) for part in parts))
            case Power(base, exponent):
                return self.write(base, n) ** self.write(exponent, n)
            case Call(function, argument):
                return self._call(function, self.write(argument, n))
            case Slope(argument=Quantity()):
                return self.write(own_value(self.shape, node), n)
            case Slope():
                return self.write(value_at(self.shape.activations[node.layer - 1], node.argument), n)
            case Over():
                return self._over(node, n)
            case Partial():
                return self.write(worked_out(self.shape, self.loss, node), n)
            case _:
                raise TypeError(f"no rule to unfold {type(node).__name__}")

    def _over(self, node: Over, n: int) -> Any:
        if node.index == "n":
            total = sum(self.write(node.body, row) for row in range(1, self.rows + 1))
            return total / self._sympy.Integer(self.rows) if node.kind == "mean" else total
        size = self.shape.sizes[node.layer]
        total = sum(self.write(with_units(node.body, {node.index: u}), n) for u in range(1, size + 1))
        return total / self._sympy.Integer(size) if node.kind == "mean" else total

    def _symbol(self, q: Quantity, n: int = 0) -> Any:
        name = address(self.shape, q) + (f"[{n}]" if n else "")
        return self.symbols.setdefault(name, self._sympy.Symbol(name, real=True))

    def _quantity(self, q: Quantity, n: int) -> Any:
        m = q.layer
        match q.kind:
            case "w" | "b":
                return self._symbol(q)
            case "N":
                return self._sympy.Integer(self.rows)
            case "same":
                return self._sympy.Integer(q.units[0] == q.units[1])
            case "d":
                return self._symbol(q, n)
            case "y" if m == 0:
                return self._symbol(q, n)
            case "y":
                return self._output(q, n)
            case "l":
                return self.write(Quantity("y", m, q.units), n) - self.write(Quantity("d", m, q.units), n)
            case "net":
                units = range(1, self.shape.sizes[m - 1] + 1)
                total = sum(
                    self._symbol(Quantity("w", m, (i, *q.units))) * self.write(Quantity("y", m - 1, (i,)), n)
                    for i in units
                )
                return total + self._symbol(Quantity("b", m, q.units)) if self.shape.bias else total
            case _:
                raise TypeError(f"no rule to unfold {q.kind}")

    def _output(self, q: Quantity, n: int) -> Any:
        name = self.shape.activations[q.layer - 1]
        if name != "softmax":
            return self.write(value_at(name, Quantity("net", q.layer, q.units)), n)
        units = range(1, self.shape.sizes[q.layer] + 1)
        e = {u: self._sympy.exp(self.write(Quantity("net", q.layer, (u,)), n)) for u in units}
        return e[int(q.units[0])] / sum(e.values())

    def _call(self, function: str, z: Any) -> Any:
        sympy, step = self._sympy, self._step
        match function:
            case "step":
                return step(z)
            case "sign":
                return 2 * step(z) - 1
            case "abs":
                return z * (2 * step(z) - 1)
            case "logistic":
                return 1 / (1 + sympy.exp(-z))
            case "Phi":
                return (1 + sympy.erf(z / sympy.sqrt(2))) / 2
            case "phi":
                return sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
            case _:
                return getattr(sympy, function)(z)


def is_zero(difference: Any) -> bool:
    """Whether a SymPy expression is 0: as a rational function in every case of its kinks."""
    import sympy

    steps = sorted(difference.atoms(_step_function()), key=lambda part: (sympy.count_ops(part), str(part)))
    if len(steps) > MOST_STEPS:
        raise TooLarge(
            f"the proof has {len(steps)} kinks, {2 ** len(steps)} cases: take a smaller network or a smooth activation"
        )
    if not steps:
        return _rational_is_zero(difference)
    inner = steps[0]
    return all(is_zero(difference.xreplace({inner: sympy.Integer(case)})) for case in (0, 1))


def _rational_is_zero(difference: Any) -> bool:
    """Functions → symbols, exp(−2z) → 1/exp(z)²; then the normal form of a rational function."""
    import sympy

    found: dict[Any, Any] = {}
    bases: dict[Any, Any] = {}
    for part in difference.atoms(sympy.Function, sympy.exp):
        if part.func != sympy.exp:
            found[part] = sympy.Dummy()
            continue
        power, exponent = part.args[0].primitive()
        if exponent.could_extract_minus_sign():
            power, exponent = -power, -exponent
        found[part] = bases.setdefault(sympy.expand(exponent), sympy.Dummy()) ** power
    flat = difference.xreplace(found)
    return bool(sympy.expand(sympy.numer(sympy.together(flat))) == 0)


@cache
def _step_function() -> Any:
    """step(z): 1 above 0, 0 below; its derivative is 0, and step(−z) = 1 − step(z), away from the kink."""
    import sympy

    class step(sympy.Function):
        nargs = 1

        @classmethod
        def eval(cls, *args: Any) -> Any:
            (z,) = args
            if z.is_positive:
                return sympy.Integer(1)
            if z.is_negative:
                return sympy.Integer(0)
            return 1 - cls(-z) if z.could_extract_minus_sign() else None

        def fdiff(self, argindex: int = 1) -> Any:
            return sympy.Integer(0)

    return step
