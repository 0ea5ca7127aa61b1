"""Formula → numbers: a flat list of operations (a tape), equal parts computed once, run by NumPy.

float64 throughout and never complex: (−1)**0.5 is NaN, 10**400 is infinite, and `evaluate` says so in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deltarule.errors import ExpressionError, InputError, UnknownName
from deltarule.expressions.functions import CONSTANTS, FUNCTIONS, Values
from deltarule.expressions.nodes import Call, Constant, Node, Number, Power, Product, Sum, Variable, postorder

Operation = Callable[..., Values]


def _cube(x: Values) -> Values:
    return x * x * x


_POWERS: dict[float, Operation] = {-1.0: np.reciprocal, 2.0: np.square, 3.0: _cube}


class Tape:
    """Several formulas of the same names, as one list of operations over numbered registers.

    Parameters
    ----------
    outputs : the formulas; parts they share are computed once.
    names : the variables, in the order of the values given to the call.

    >>> from deltarule.expressions import parse
    >>> tape = Tape([parse("exp(x)*y"), parse("exp(x) + y")], ["x", "y"])
    >>> tape(0.0, 3.0) == [3.0, 4.0]
    True
    """

    def __init__(self, outputs: Sequence[Node], names: Sequence[str]) -> None:
        self.names = tuple(names)
        graph = _Graph(self.names)
        self._outputs = [graph.slot(node) for node in graph.read(outputs)]
        self._assign_registers(graph)

    def _assign_registers(self, graph: _Graph) -> None:
        """Registers are used again after the last use of their value, so long columns do not pile up."""
        order = graph.order(self._outputs)
        last: dict[int, int] = {}  # slot → the result that reads it last
        for result in order:
            last.update(dict.fromkeys(graph.operations[result][1], result))
        kept = set(self._outputs)
        self._start: list[Any] = [None] * len(self.names) + graph.constants
        register = {slot: position for position, slot in enumerate(graph.fixed)}
        free: list[int] = []
        self._code: list[tuple[Operation, int, int, int]] = []
        computed: set[int] = set()
        for result in order:
            operation, operands = graph.operations[result]
            sources = [register[operand] for operand in operands]
            for operand in set(operands):
                if last[operand] == result and operand in computed and operand not in kept:
                    free.append(register[operand])
            if free:
                register[result] = free.pop()
            else:
                register[result] = len(self._start)
                self._start.append(None)
            computed.add(result)
            self._code.append(
                (operation, register[result], sources[0], sources[1] if len(sources) == 2 else -1)
            )
        self._outputs = [register[slot] for slot in self._outputs]

    def __len__(self) -> int:
        return len(self._code)

    def __call__(self, *values: Values) -> list[Values]:
        """The outputs' values; float64 numbers or arrays that broadcast; NaN or ±inf where there is none."""
        registers = self._start.copy()
        registers[: len(values)] = values
        with np.errstate(all="ignore"):
            for operation, to, first, second in self._code:
                if second < 0:
                    registers[to] = operation(registers[first])
                else:
                    registers[to] = operation(registers[first], registers[second])
        return [registers[to] for to in self._outputs]


class _Graph:
    """The operations of several formulas in order, each (operation, operands) once."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.constants: list[Any] = []
        self.fixed: list[int] = list(range(len(names)))  # slots of names, then of constants
        self.operations: dict[int, tuple[Operation, tuple[int, ...]]] = {}  # by the slot of the result
        self._slots = len(names)
        self._variables = {name: slot for slot, name in enumerate(names)}
        self._known: dict[object, int] = {}
        self._value: dict[int, float] = {}  # slots that are constant
        self._of: dict[int, int] = {}  # id(node) → slot

    def read(self, outputs: Sequence[Node]) -> Sequence[Node]:
        for node in postorder(outputs):
            self._of[id(node)] = self._read(node)
        return outputs

    def slot(self, node: Node) -> int:
        return self._of[id(node)]

    def order(self, outputs: Sequence[int]) -> list[int]:
        """The results that the outputs need, each as late as its first use allows."""
        ordered: dict[int, None] = {}
        stack = [(slot, False) for slot in reversed(outputs)]
        while stack:
            slot, ready = stack.pop()
            if ready:
                ordered.setdefault(slot)
            elif slot in self.operations and slot not in ordered:
                stack.append((slot, True))
                stack.extend((operand, False) for operand in reversed(self.operations[slot][1]))
        return list(ordered)

    def _read(self, node: Node) -> int:
        match node:
            case Number():
                return self._constant(float(node.value))
            case Constant():
                return self._constant(CONSTANTS[node.name])
            case Variable():
                if node.name not in self._variables:
                    raise UnknownName("name in the formula", node.name, self._variables)
                return self._variables[node.name]
            case Call():
                return self._apply(FUNCTIONS[node.function].value, self.slot(node.argument))
            case Power():
                return self._power(node)
            case Sum():
                return self._sum(node)
            case Product():
                return self._product(node.factors)
            case _:
                raise TypeError(f"no rule to evaluate {type(node).__name__}")

    def _constant(self, value: float) -> int:
        key = ("constant", value, str(value))
        if key not in self._known:
            self._known[key] = self._slots
            self.fixed.append(self._slots)
            self.constants.append(np.float64(value))
            self._value[self._slots] = value
            self._slots += 1
        return self._known[key]

    def _apply(self, operation: Operation, *operands: int) -> int:
        if all(slot in self._value for slot in operands):
            with np.errstate(all="ignore"):
                return self._constant(float(operation(*(np.float64(self._value[slot]) for slot in operands))))
        key = (operation, tuple(sorted(operands)) if operation in (np.add, np.multiply) else operands)
        if key not in self._known:
            self._known[key] = self._slots
            self.operations[self._slots] = (operation, operands)
            self._slots += 1
        return self._known[key]

    def _power(self, node: Power) -> int:
        base, exponent = self.slot(node.base), self.slot(node.exponent)
        special = _POWERS.get(self._value.get(exponent, np.nan))
        return self._apply(special, base) if special else self._apply(np.power, base, exponent)

    def _sum(self, node: Sum) -> int:
        total: int | None = None
        for term in node.terms:
            sign, part = np.add, self.slot(term)
            if total is not None and isinstance(term, Product) and isinstance(term.factors[0], Number):
                first = term.factors[0]
                if first.value < 0:  # a − 2 b, not a + (−2) b
                    sign, part = np.subtract, self._product(term.factors[1:], -float(first.value))
            total = part if total is None else self._apply(sign, total, part)
        assert total is not None
        return total

    def _product(self, factors: tuple[Node, ...], times: float = 1.0) -> int:
        above = None if times == 1.0 else self._constant(times)
        below: int | None = None
        for factor in factors:
            if isinstance(factor, Power) and self._value.get(self.slot(factor.exponent)) == -1.0:
                part = self.slot(factor.base)
                below = part if below is None else self._apply(np.multiply, below, part)
            else:
                part = self.slot(factor)
                above = part if above is None else self._apply(np.multiply, above, part)
        above = self._constant(1.0) if above is None else above
        return above if below is None else self._apply(np.divide, above, below)


def constant_values(node: Node) -> float:
    """The value of a formula without variables; NaN or ±inf where it has none."""
    return float(Tape([node], ())()[0])


def evaluate(formula: Node, values: Mapping[str, Values]) -> Values:
    """f at the values of its names: a float, or an array where arrays are given (they broadcast).

    Raises
    ------
    UnknownName : a name of the formula has no value.
    ExpressionError : a part overflows or has no real value there, with that part and the place.

    >>> from deltarule.expressions import parse
    >>> evaluate(parse("x1**2 + 3*x1*x2"), {"x1": 2.0, "x2": 1.0})
    10.0
    """
    names = tuple(values)
    try:
        given = [np.asarray(values[name], dtype=np.float64) for name in names]
        np.broadcast_shapes(*(value.shape for value in given))
    except (TypeError, ValueError) as fault:
        raise InputError(
            f"numbers or arrays of one shape are expected for {', '.join(names)}: {fault}."
        ) from None
    result = Tape([formula], names)(*given)[0]
    if not np.all(np.isfinite(result)) and all(np.all(np.isfinite(value)) for value in given):
        raise _without_value(formula, names, given)
    return float(result) if np.ndim(result) == 0 else np.asarray(result)


def _without_value(formula: Node, names: tuple[str, ...], given: list[Any]) -> ExpressionError:
    """The first part, inside out, that is not finite."""
    for node in postorder([formula]):
        part = np.asarray(Tape([node], names)(*given)[0])
        if not np.all(np.isfinite(part)):
            at = np.unravel_index(int(np.argmin(np.isfinite(part))), part.shape)
            point = ", ".join(
                f"{name} = {np.broadcast_to(value, part.shape)[at]:.6g}"
                for name, value in zip(names, given, strict=True)
                if name in node.names
            )
            said = "has no real value" if np.isnan(part[at]) else "is too large for a float"
            return ExpressionError(f"the part {node} {said} at {point}.")
    return ExpressionError(f"{formula} is not finite.")
