"""How a formula is typed: sums, products side by side, powers, brackets and fractions, over names that a reader knows.

Recursive descent over the tokens; the scanner has bounded their depth. `answers` reads a network's quantities with it,
`plain` the variables of a function.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from deltarule.errors import ExpressionError
from deltarule.expressions.nodes import Node, Number, add, divide, multiply, negate, raise_to
from deltarule.lecture.scanning import Token, error


@dataclass
class Grammar(ABC):
    """The tokens of a formula, read from the left."""

    tokens: Sequence[Token]
    at: int = 0

    @abstractmethod
    def named(self, token: Token) -> Node:
        """What a name stands for, the name just taken."""

    @property
    def token(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.token
        if token is None:
            raise ExpressionError("the formula ends too early: something is missing at its end.")
        self.at += 1
        return token

    def is_operator(self, texts: str) -> bool:
        token = self.token
        return token is not None and token.kind == "operator" and token.text in texts

    def expect(self, text: str) -> None:
        token = self.take()
        if token.text != text or token.kind != "operator":
            raise error(f"a {text} is expected, not {token.text}", token.start)

    def end(self) -> None:
        token = self.token
        if token is not None:
            raise error(f"{token.text} is one too many", token.start)

    def expression(self) -> Node:
        terms = [self.term()]
        while self.is_operator("+-"):
            negative = self.take().text == "-"
            term = self.term()
            terms.append(negate(term) if negative else term)
        return add(*terms) if len(terms) > 1 else terms[0]

    def term(self) -> Node:
        node = self.signed()
        while True:
            if self.is_operator("*/"):
                below = self.take().text == "/"
                factor = self.signed()
                node = divide(node, factor) if below else multiply(node, factor)
            elif self.starts_factor():
                node = multiply(node, self.power())
            else:
                return node

    def starts_factor(self) -> bool:
        token = self.token
        return token is not None and (token.kind in ("name", "number", "fraction") or self.is_operator("([{"))

    def signed(self) -> Node:
        negative = False
        while self.is_operator("+-"):
            negative ^= self.take().text == "-"
        node = self.power()
        return negate(node) if negative else node

    def power(self) -> Node:
        node = self.primary()
        token = self.token
        if token is not None and token.kind == "raised":
            return raise_to(node, Number(Fraction(int(self.take().text))))
        if self.is_operator("^"):
            self.take()
            return raise_to(node, self.signed())
        return node

    def primary(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Number(Fraction(token.text), decimal="." in token.text or "e" in token.text.lower())
        if token.kind == "fraction":
            return self.fraction()
        if token.kind == "operator" and token.text in "([{":
            node = self.expression()
            self.expect({"(": ")", "[": "]", "{": "}"}[token.text])
            return node
        if token.kind == "name":
            return self.named(token)
        raise error(f"a quantity, a number or a bracket is expected, not {token.text}", token.start)

    def fraction(self) -> Node:
        self.expect("{")
        above = self.expression()
        self.expect("}")
        self.expect("{")
        below = self.expression()
        self.expect("}")
        return divide(above, below)

    def argument(self, token: Token) -> Node:
        if not self.is_operator("({["):
            raise error(f"{token.text}{chr(39) * token.primes} needs its argument in brackets", token.start)
        return self.primary()


def behind_equals(tokens: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
    """What stands left of the first = outside of brackets, empty where none is, and what stands behind the last."""
    depth, outside = 0, []
    for place, token in enumerate(tokens):
        if token.kind == "operator":
            depth += (token.text in "([{") - (token.text in ")]}")
            outside += [place] if token.text == "=" and depth == 0 else []
    if not outside:
        return (), tokens
    if outside[-1] + 1 == len(tokens):
        raise ExpressionError("nothing stands behind the = sign.")
    return tokens[: outside[0]], tokens[outside[-1] + 1 :]
