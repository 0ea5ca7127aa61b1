"""The right chain of factors with one usual slip made, each with the sentence that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deltarule.expressions.nodes import ONE, Node
from deltarule.lecture.links import Links
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.terms import Over, Quantity, Slope, everything, map_node, with_units

Change = Callable[[Node], Node | None]


def variants(links: Links, weight: Quantity, names: Symbols) -> Iterator[tuple[str, Node]]:
    """(sentence, ∂E_n/∂weight with that slip); the sentences end a feedback."""
    right = links.slope(weight.layer, weight.units[-1]) * links.source(weight)
    shape, last = links.shape, links.last
    for m in range(last, weight.layer - 1, -1):
        unit = weight.units[-1] if m == weight.layer else links.unit(m)
        net = names.text(links.net(m, unit))
        where = f"{names.activation}'({net})"
        yield f"{where} is missing", changed(right, _slopes(m, lambda _: ONE))
        yield (
            f"{names.activation} stands where {where} belongs",
            changed(right, _slopes(m, lambda s: Slope(0, s.layer, s.argument))),
        )
        yield (
            f"{names.activation}' is taken at {names.text(links.y(m, unit))} instead of {net}",
            changed(right, _slopes(m, _at_output)),
        )
    if weight.layer < last:
        yield (
            f"{names.activation}' is missing in every layer",
            changed(right, lambda part: ONE if isinstance(part, Slope) else None),
        )
    for p in range(weight.layer + 1, last + 1):
        yield from _weight_slips(links, right, p, names)
    for letter, layer in _sums(right):
        for u in range(1, shape.sizes[layer] + 1):
            opened = with_units(right, {letter: u})
            yield f"the sum over {letter} is missing: only {letter} = {u} is followed", opened
        yield f"the sum over {letter} is a mean over {letter}", changed(right, _mean(letter))
    yield from _source_slips(links, weight, names)
    for j in range(1, shape.sizes[weight.layer] + 1):
        if j != weight.units[-1]:
            other = links.slope(weight.layer, j) * links.source(weight)
            yield (
                f"the unit is wrong: unit {j} stands for unit {weight.units[-1]} of layer {weight.layer}",
                other,
            )
    yield from _error_slips(links, right, names)


def changed(node: Node, change: Change) -> Node:
    """The formula with every part replaced for which the change gives another."""
    other = change(node)
    if other is not None:
        return other
    return map_node(node, tuple(changed(child, change) for child in node.children)) if node.children else node


def _slopes(layer: int, make: Callable[[Slope], Node]) -> Change:
    return lambda part: make(part) if isinstance(part, Slope) and part.layer == layer else None


def _at_output(slope: Slope) -> Node:
    net = slope.argument
    assert isinstance(net, Quantity)
    return Slope(1, slope.layer, Quantity("y", net.layer, net.units))


def _weight_slips(links: Links, right: Node, p: int, names: Symbols) -> Iterator[tuple[str, Node]]:
    sizes = links.shape.sizes

    def of_layer(part: Node) -> bool:
        return isinstance(part, Quantity) and part.kind == "w" and part.layer == p

    found = next(part for part in everything(right) if of_layer(part))
    assert isinstance(found, Quantity)
    written = names.text(found)
    yield f"{written} is missing", changed(right, lambda part: ONE if of_layer(part) else None)
    i, j = found.units
    turned = Quantity("w", p, (j, i))
    if i != j and all(
        isinstance(u, str) or u <= size for u, size in zip(turned.units, sizes[p - 1 : p + 1], strict=True)
    ):
        square = sizes[p - 1] == sizes[p] or all(isinstance(u, int) for u in found.units)
        if square:
            sentence = (
                f"{names.text(turned)} stands for {written}: the indices are swapped, as in the transposed W"
            )
            yield sentence, changed(right, lambda part: turned if of_layer(part) else None)
    if isinstance(i, int):
        for other in range(1, sizes[p - 1] + 1):
            if other != i:
                wrong = Quantity("w", p, (other, j))
                yield (
                    f"{names.text(wrong)} stands for {written}",
                    changed(right, lambda part, w=wrong: w if of_layer(part) else None),
                )


def _source_slips(links: Links, weight: Quantity, names: Symbols) -> Iterator[tuple[str, Node]]:
    slope, m = links.slope(weight.layer, weight.units[-1]), weight.layer
    if weight.kind == "b":
        below = links.y(m - 1, 1)
        yield f"{names.text(below)} is one too many: a bias has the input 1", slope * below
        return
    right = links.y(m - 1, weight.units[0])
    yield f"{names.text(right)} is missing", slope
    for i in range(1, links.shape.sizes[m - 1] + 1):
        if i != weight.units[0]:
            yield (
                f"the unit is wrong: {names.text(links.y(m - 1, i))} stands for {names.text(right)}, "
                f"unit {i} for unit {weight.units[0]} of layer {m - 1}",
                slope * links.y(m - 1, i),
            )
    for layer in range(links.last + 1):
        if layer != m - 1:
            for u in range(1, links.shape.sizes[layer] + 1):
                wrong = links.y(layer, u)
                sentence = f"the layer is shifted: {names.text(wrong)} stands for {names.text(right)}"
                yield sentence, slope * wrong


def _error_slips(links: Links, right: Node, names: Symbols) -> Iterator[tuple[str, Node]]:
    k = links.unit(links.last)
    o, d = links.y(links.last, k), links.d(k)
    error = f"{names.text(o)} - {names.text(d)}"

    def is_slope(part: Node) -> bool:
        return part.key == (o - d).key

    if links.loss.name in ("mse", "half_mse") and any(is_slope(part) for part in everything(right)):
        yield (
            f"the error l = {error} is missing",
            changed(right, lambda part: ONE if is_slope(part) else None),
        )
        squared = changed(right, lambda part: (o - d) ** 2 if is_slope(part) else None)
        yield "the square is not differentiated: l² stands where 2l belongs", squared / 2
        yield (
            f"{names.text(o)} stands for l = {error}",
            changed(right, lambda part: o if is_slope(part) else None),
        )


def _sums(node: Node) -> list[tuple[str, int]]:
    return list(
        dict.fromkeys(
            (part.index, part.layer)
            for part in everything(node)
            if isinstance(part, Over) and part.layer >= 0
        )
    )


def _mean(letter: str) -> Change:
    def change(part: Node) -> Node | None:
        if isinstance(part, Over) and part.index == letter:
            return Over("mean", letter, part.layer, part.body)
        return None

    return change
