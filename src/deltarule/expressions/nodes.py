"""The tree of a formula: seven kinds of immutable node, and the operators that build them.

A difference is a sum with a factor −1, a quotient a product with a power −1, so each rule is told once.
Numbers are exact fractions: 0.1*x**3 has the derivative 0.3*x**2, not 0.30000000000000004*x**2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import ClassVar


class Node:
    """A part of a formula; `+ - * / **` with nodes and numbers build larger ones."""

    write: ClassVar[Callable[[Node], str]]  # set by printing.py, which stands above this file

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes directly below."""
        return ()

    @cached_property
    def size(self) -> int:
        """Nodes in the tree, shared ones counted each time."""
        return 1 + sum(child.size for child in self.children)

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that occur."""
        return frozenset[str]().union(*(child.names for child in self.children))

    @cached_property
    def key(self) -> str:
        """One text for equal nodes, whatever the order of terms and factors."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Node) and self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return Node.write(self)

    def __add__(self, other: Node | int) -> Node:
        return add(self, as_node(other))

    def __radd__(self, other: int) -> Node:
        return add(as_node(other), self)

    def __sub__(self, other: Node | int) -> Node:
        return add(self, negate(as_node(other)))

    def __rsub__(self, other: int) -> Node:
        return add(as_node(other), negate(self))

    def __mul__(self, other: Node | int) -> Node:
        return multiply(self, as_node(other))

    def __rmul__(self, other: int) -> Node:
        return multiply(as_node(other), self)

    def __truediv__(self, other: Node | int) -> Node:
        return divide(self, as_node(other))

    def __rtruediv__(self, other: int) -> Node:
        return divide(as_node(other), self)

    def __pow__(self, other: Node | int) -> Node:
        return raise_to(self, as_node(other))

    def __neg__(self) -> Node:
        return negate(self)


@dataclass(frozen=True, eq=False, repr=False)
class Number(Node):
    """An exact number; `decimal` says that it was typed with a point, and is printed so."""

    value: Fraction
    decimal: bool = False

    @cached_property
    def key(self) -> str:
        return str(self.value)


@dataclass(frozen=True, eq=False, repr=False)
class Constant(Node):
    """pi or e."""

    name: str

    @cached_property
    def key(self) -> str:
        return f"#{self.name}"


@dataclass(frozen=True, eq=False, repr=False)
class Variable(Node):
    """A name whose value is given later."""

    name: str

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset((self.name,))

    @cached_property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, repr=False)
class Sum(Node):
    """term_1 + term_2 + …"""

    terms: tuple[Node, ...] = field()

    @property
    def children(self) -> tuple[Node, ...]:
        return self.terms

    @cached_property
    def key(self) -> str:
        return f"+({','.join(sorted(term.key for term in self.terms))})"


@dataclass(frozen=True, eq=False, repr=False)
class Product(Node):
    """factor_1 · factor_2 · …"""

    factors: tuple[Node, ...] = field()

    @property
    def children(self) -> tuple[Node, ...]:
        return self.factors

    @cached_property
    def key(self) -> str:
        return f"*({','.join(sorted(factor.key for factor in self.factors))})"


@dataclass(frozen=True, eq=False, repr=False)
class Power(Node):
    """base ** exponent."""

    base: Node
    exponent: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base, self.exponent)

    @cached_property
    def key(self) -> str:
        return f"^({self.base.key},{self.exponent.key})"


@dataclass(frozen=True, eq=False, repr=False)
class Call(Node):
    """function(argument), the function by its name in `functions.FUNCTIONS`."""

    function: str
    argument: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.argument,)

    @cached_property
    def key(self) -> str:
        return f"{self.function}({self.argument.key})"


ZERO, ONE, MINUS_ONE = Number(Fraction(0)), Number(Fraction(1)), Number(Fraction(-1))


def as_node(value: Node | int) -> Node:
    """A node as it is, an integer as a Number."""
    return value if isinstance(value, Node) else Number(Fraction(value))


def is_number(node: Node, value: int) -> bool:
    """Whether the node is this very number."""
    return isinstance(node, Number) and node.value == value


def add(*terms: Node) -> Node:
    """The sum as written, zeros left out."""
    flat: list[Node] = []
    for term in terms:
        if isinstance(term, Sum):
            flat.extend(term.terms)
        elif not is_number(term, 0):
            flat.append(term)
    return ZERO if not flat else flat[0] if len(flat) == 1 else Sum(tuple(flat))


def multiply(*factors: Node) -> Node:
    """The product as written, signs gathered in front, ones left out."""
    flat: list[Node] = []
    negative = False
    for factor in factors:
        for part in factor.factors if isinstance(factor, Product) else (factor,):
            if is_number(part, -1):
                negative = not negative
            elif not is_number(part, 1):
                flat.append(part)
    if negative:
        first = flat[0] if flat else ONE
        flat[:1] = [Number(-first.value, first.decimal)] if isinstance(first, Number) else [MINUS_ONE, first]
    return ONE if not flat else flat[0] if len(flat) == 1 else Product(tuple(flat))


def negate(node: Node) -> Node:
    """−node, the sign taken into a leading number."""
    if isinstance(node, Number):
        return Number(-node.value, node.decimal)
    if isinstance(node, Product) and isinstance(node.factors[0], Number):
        return multiply(negate(node.factors[0]), *node.factors[1:])
    return multiply(MINUS_ONE, node)


def divide(above: Node, below: Node) -> Node:
    """above / below, with 1/x**2 written as x**(−2) and 1/3 as one number; a one below is left out."""
    if is_number(below, 1):
        return above
    if isinstance(above, Number) and isinstance(below, Number):
        decimal = above.decimal or below.decimal
        if below.value != 0 and not decimal:
            return Number(above.value / below.value)
    if isinstance(below, Power) and isinstance(below.exponent, Number) and below.exponent.value > 0:
        return multiply(above, Power(below.base, negate(below.exponent)))
    return multiply(above, Power(below, MINUS_ONE))


def raise_to(base: Node, exponent: Node) -> Node:
    """base ** exponent, with x**1 as x and 3**(−1) as 1/3."""
    if isinstance(base, Number) and is_number(exponent, -1):
        return divide(ONE, base)
    return base if is_number(exponent, 1) else Power(base, exponent)


def postorder(roots: Iterable[Node]) -> Iterator[Node]:
    """Every distinct node object once, children before parents, without recursion."""
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(list(roots))]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.children))


def ordered_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names in the order in which people count: x1, x2, x10, y.

    >>> ordered_names({"x10", "y", "x2"})
    ('x2', 'x10', 'y')
    """
    return tuple(sorted(names, key=_counting))


def _counting(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts]
