"""The lecture's formulas as trees: the parts of `expressions`, and four of their own.

Quantity   y_nj^(m), net_nj^(m−1,m), w_ij^(m−1,m) … ; units are numbers or index letters
Slope      S(a), S'(a), S''(a) of one layer's activation
Over       a mean over n, or a sum over n, over the units of a layer or over all weights
Partial    ∂a/∂b of two neighbours in the chain, as it is written before it is worked out
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from deltarule.expressions.nodes import ONE, ZERO, Call, Node, Number, Power, Product, Sum, add, is_number

Index = int | str

# kinds of quantity that have a value for each sample n
SAMPLED = frozenset({"y", "net", "d", "l", "delta", "En"})


@dataclass(frozen=True, eq=False, repr=False)
class Quantity(Node):
    """One quantity of the network.

    Parameters
    ----------
    kind : y (x is y of layer 0, o of layer L), net, d, l, delta, w, b, N, E, En, same.
    layer : the unit's layer m; for w the layer it leads to.
    units : (j,), (i, j) for w and same, () for N, E and En; an index letter stands for every unit of its layer.
    """

    kind: str
    layer: int = 0
    units: tuple[Index, ...] = ()

    @cached_property
    def key(self) -> str:
        return f"{self.kind}{self.layer}[{','.join(map(str, self.units))}]"


@dataclass(frozen=True, eq=False, repr=False)
class Slope(Node):
    """S (order 0), S' (1) or S'' (2) of a layer's activation."""

    order: int
    layer: int
    argument: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.argument,)

    @cached_property
    def key(self) -> str:
        return f"S{self.order}@{self.layer}({self.argument.key})"


@dataclass(frozen=True, eq=False, repr=False)
class Over(Node):
    """A mean over n (mean), or a sum over n, over the units of a layer or over all weights w (sum)."""

    kind: str
    index: str
    layer: int  # the layer whose units the index runs over; −1 for n and w
    body: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)

    @cached_property
    def key(self) -> str:
        return f"{self.kind}_{self.index}@{self.layer}({self.body.key})"


@dataclass(frozen=True, eq=False, repr=False)
class Partial(Node):
    """∂top/∂bottom, or ∂²top/∂bottom∂second."""

    top: Quantity
    bottom: Quantity
    second: Quantity | None = None

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.top, self.bottom) if self.second is None else (self.top, self.bottom, self.second)

    @cached_property
    def key(self) -> str:
        return f"d({','.join(part.key for part in self.children)})"


def mean_n(body: Node) -> Node:
    """(1/N) Σ_n body."""
    return Over("mean", "n", -1, body)


def sum_n(body: Node) -> Node:
    """Σ_n body."""
    return Over("sum", "n", -1, body)


def sum_w(body: Node) -> Node:
    """Σ_w body, over all weights and no bias."""
    return Over("sum", "w", -1, body)


def decimal(value: float) -> Number:
    """A number as it would be typed with a point."""
    return Number(Fraction(repr(float(value))), decimal=True)


def map_node(node: Node, children: tuple[Node, ...]) -> Node:
    """The same node over other children."""
    match node:
        case Sum():
            return Sum(children)
        case Product():
            return Product(children)
        case Power():
            return Power(children[0], children[1])
        case Call():
            return Call(node.function, children[0])
        case Slope():
            return replace(node, argument=children[0])
        case Over():
            return replace(node, body=children[0])
        case _:
            return node


def everything(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(top.children))


def with_units(node: Node, units: dict[str, int]) -> Node:
    """The formula with index letters set to numbers; a sum over such a letter is opened, [1 = 2] is 0."""
    if isinstance(node, Quantity):
        found = tuple(units.get(u, u) if isinstance(u, str) else u for u in node.units)
        if node.kind == "same" and not any(isinstance(u, str) for u in found):
            return ONE if found[0] == found[1] else ZERO
        return replace(node, units=found)
    if isinstance(node, Partial):
        top, bottom = with_units(node.top, units), with_units(node.bottom, units)
        assert isinstance(top, Quantity) and isinstance(bottom, Quantity)
        return Partial(top, bottom)
    if isinstance(node, Over) and node.index in units:
        return with_units(node.body, units)
    children = tuple(with_units(child, units) for child in node.children)
    if isinstance(node, Sum):
        return add(*children)
    if isinstance(node, Product) and any(is_number(child, 0) for child in children):
        return ZERO
    return map_node(node, children) if children else node


def letters(node: Node) -> list[str]:
    """The index letters that occur, n left out."""
    found: dict[str, None] = {}
    for part in everything(node):
        if isinstance(part, Quantity):
            found.update({u: None for u in part.units if isinstance(u, str)})
        elif isinstance(part, Over) and part.index != "n":
            found[part.index] = None
    return list(found)


def factors(node: Node) -> tuple[Node, ...]:
    """A product's factors; anything else is its own only factor."""
    return node.factors if isinstance(node, Product) else (node,)


def opened(node: Node, sizes: tuple[int, ...]) -> Node:
    """The formula with its sums over units written out term by term."""
    if isinstance(node, Over) and node.layer >= 0:
        terms = [
            opened(with_units(node.body, {node.index: u}), sizes) for u in range(1, sizes[node.layer] + 1)
        ]
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))
    return map_node(node, tuple(opened(child, sizes) for child in node.children)) if node.children else node
