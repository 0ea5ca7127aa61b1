"""One sample's ∂E_n/∂w told from the weight upwards, each layer's ∂E_n/∂net from the layer above; formulas and numbers.

∂E_n/∂w_ij   = ∂E_n/∂net_nj y_ni
∂E_n/∂net_nj = (Σ_k ∂E_n/∂net_nk w_jk) S'(net_nj)
∂E_n/∂net_nk = e'(o_nk, d_nk) S'(net_nk)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deltarule.expressions.nodes import Node, Variable
from deltarule.lecture import rendering
from deltarule.lecture.links import Links
from deltarule.lecture.numbers import Numbers
from deltarule.lecture.steps import Line
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.telling import MOST_WRITTEN_OUT
from deltarule.lecture.terms import (
    Index,
    Over,
    Partial,
    Quantity,
    Slope,
    decimal,
    letters,
    map_node,
    opened,
    with_units,
)


def backwards(links: Links, weight: Quantity) -> list[Line]:
    """The recursion of backpropagation for one weight, a line a layer, up to the outputs.

    >>> from deltarule.equations.losses import loss
    >>> from deltarule.equations.shape import make_shape
    >>> shape = make_shape([2, 2, 1], "logistic", "logistic", bias=False)
    >>> lines = backwards(Links(shape, loss("mse")), Quantity("w", 1, (1, 2)))
    >>> print(lines[1].text(Symbols(shape)))
    ∂E_n/∂net_n2^(0,1) = (∂E_n/∂net_n1^(1,2))*w_21^(1,2)*S'(net_n2^(0,1))
    """

    def slope(layer: int, unit: Index) -> Partial:
        return Partial(Quantity("En"), links.net(layer, unit))

    unit = weight.units[-1]
    lines = [Line(Partial(Quantity("En"), weight), slope(weight.layer, unit) * links.source(weight))]
    for layer in range(weight.layer, links.last):
        lines.append(Line(slope(layer, unit), links.from_above(layer, unit, slope)))
        unit = links.unit(layer + 1)
    return [*lines, Line(slope(links.last, unit), links.output_slope(unit, short=True))]


def in_digits(line: Line, numbers: Numbers, names: Symbols) -> str | None:
    """The right side of a line on one sample, each part as its number, and what it comes to; None where a letter stands
    for several units, or where a number is not finite."""
    if letters(line.left):
        return None

    def value(node: Node) -> float:
        return float(np.asarray(numbers.value(node)).reshape(()))

    assert isinstance(line.right, Node)
    sizes = names.shape.sizes
    parts, found = _replaced(_written_out(line.right, sizes), value), value(line.right)
    if parts is None or not np.isfinite(found):
        return None
    total = f"{found + 0.0:.6g}"
    written = rendering.text(parts, names)
    return total if written == total else f"{written} = {total}"


def every_unit_in_digits(line: Line, numbers: Numbers, names: Symbols) -> list[str]:
    """A line's right side in numbers: `= …`; where it stands for several units, `k = 1: …` for each of the first."""
    free = letters(line.left)
    if not free:
        found = in_digits(line, numbers, names)
        return [f"= {found}"] if found else []
    (index,) = free
    assert isinstance(line.left, Partial) and isinstance(line.right, Node)
    told: list[str] = []
    for u in range(1, min(names.shape.sizes[line.left.bottom.layer], MOST_WRITTEN_OUT) + 1):
        one = Line(with_units(line.left, {index: u}), with_units(line.right, {index: u}))
        found = in_digits(one, numbers, names)
        told += [f"{index} = {u}: {found}"] if found else []
    return told


def _written_out(node: Node, sizes: tuple[int, ...]) -> Node:
    """Sums over a few units term by term; longer ones stay, as one number."""
    if isinstance(node, Over):
        return opened(node, sizes) if sizes[node.layer] <= MOST_WRITTEN_OUT else node
    if isinstance(node, Partial) or not node.children:
        return node
    return map_node(node, tuple(_written_out(child, sizes) for child in node.children))


def _replaced(node: Node, value: Callable[[Node], float]) -> Node | None:
    if isinstance(node, Quantity | Slope | Partial | Over):
        found = value(node)
        if abs(found) == 1:  # as a number it would be left out of a product, and a factor seem to be missing
            return Variable("1" if found > 0 else "(-1)")
        return decimal(float(f"{found + 0.0:.6g}")) if np.isfinite(found) else None
    parts = [_replaced(child, value) for child in node.children]
    if any(part is None for part in parts):
        return None
    return map_node(node, tuple(part for part in parts if part is not None))
