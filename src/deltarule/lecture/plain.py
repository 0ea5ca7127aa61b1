"""Formulas of plain variables, x1 and x2, and numbers worked out: typed as every answer is, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deltarule.errors import ExpressionError, UnknownName
from deltarule.expressions.functions import ALIASES, CONSTANTS, FUNCTIONS
from deltarule.expressions.nodes import Call, Constant, Node, Variable, negate
from deltarule.lecture.grammar import Grammar, behind_equals
from deltarule.lecture.scanning import Token, error, scan


def read_plain(text: str, variables: Sequence[str]) -> Node:
    """The formula of a typed answer in these variables; x_1 is x1, and of what stands left of an = only a minus counts.

    Raises ExpressionError, with one sentence and a position.

    >>> read_plain("∂f/∂x_1 = 3x_1² - 12 x1 x₂", ["x1", "x2"])
    3*x1**2 - 12*x1*x2
    """
    left, tokens = behind_equals(scan(text))
    reader = _Plain(tokens, variables=variables)
    node = reader.expression()
    reader.end()
    return negate(node) if left and left[0].text == "-" else node


@dataclass(kw_only=True)
class _Plain(Grammar):
    """The variables of a function."""

    variables: Sequence[str]

    def named(self, token: Token) -> Node:
        name = token.text + token.index
        if token.primes or token.upper:
            raise error(f"{name} has neither a layer nor a derivative here", token.start)
        if name in self.variables:
            return Variable(name)
        if name in CONSTANTS:
            return Constant(name)
        function = ALIASES.get(name, name)
        if function in FUNCTIONS:
            return Call(function, self.argument(token))
        near = UnknownName("name", name, [*self.variables, *FUNCTIONS]).nearest
        hint = f"did you mean '{near}'?" if near else f"known are {', '.join([*self.variables, *CONSTANTS])}."
        raise ExpressionError(f"unknown name '{name}' at position {token.start + 1}: {hint}", token.start + 1)
