"""∂²E/∂w∂w': the first derivative differentiated again, by the product rule and the tangents ∂net/∂w', ∂y/∂w'.

∂net_nu^(m')/∂w'_ij = y_ni where u = j            (m' is the layer of w', the lower of the two)
∂net_nu^(p)/∂w'     = Σ_v w_vu S'(net_nv) ∂net_nv/∂w'                            p > m'
∂S^(r)(net)/∂w'     = S^(r+1)(net) ∂net/∂w'
"""

from __future__ import annotations

from deltarule.equations.penalties import Penalty
from deltarule.expressions.nodes import (
    MINUS_ONE,
    ONE,
    ZERO,
    Call,
    Node,
    Number,
    Power,
    Product,
    Sum,
    is_number,
)
from deltarule.lecture.links import Links
from deltarule.lecture.rules import own
from deltarule.lecture.terms import Index, Over, Quantity, Slope, decimal, mean_n


def second_derivative(
    links: Links, penalty: Penalty, first: Quantity, other: Quantity
) -> tuple[Node, Node, list[str]]:
    """∂²E/∂first∂other with S' and S'', the same in the activations' own terms, and a sentence for each step."""
    upper, lower = (first, other) if first.layer >= other.layer else (other, first)
    slope = links.slope(upper.layer, upper.units[-1], short=True) * links.source(upper)
    chain = mean_n(_Along(links, lower).derivative(slope))
    formula = own(links.shape, chain)
    if first.key == other.key and first.kind == "w" and penalty.l2:
        chain, formula = chain + decimal(penalty.l2), formula + decimal(penalty.l2)
    words = [
        "as derived for it alone.",
        "each factor in turn is differentiated by the other weight (product rule): S' becomes S'' times ∂net, and a "
        "change of the lower weight reaches every net input above it through the weights between.",
        "S' and S'' in their own terms" + (", and λ of the penalty on the diagonal." if penalty.l2 else "."),
    ]
    return chain, formula, words


class _Along:
    """Derivatives by one weight, the lowest in the formula."""

    def __init__(self, links: Links, weight: Quantity) -> None:
        self.links, self.weight = links, weight

    def derivative(self, node: Node) -> Node:
        """∂node/∂weight."""
        match node:
            case Number():
                return ZERO
            case Quantity():
                return self._quantity(node)
            case Sum(terms):
                return _added([self.derivative(term) for term in terms])
            case Product(parts):
                return _added([self._at(parts, place) for place in range(len(parts))])
            case Power(base, exponent):
                inner = self.derivative(base)
                lower = Power(base, exponent + MINUS_ONE) if not is_number(exponent, 2) else base
                return ZERO if is_number(inner, 0) else exponent * lower * inner
            case Call(function, argument):
                outer, inner = _call_slope(function, argument), self.derivative(argument)
                return ZERO if is_number(inner, 0) or is_number(outer, 0) else outer * inner
            case Slope(order, layer, argument):
                inner = self.derivative(argument)
                return ZERO if is_number(inner, 0) else Slope(order + 1, layer, argument) * inner
            case Over():
                inner = self.derivative(node.body)
                return ZERO if is_number(inner, 0) else Over(node.kind, node.index, node.layer, inner)
            case _:
                raise TypeError(f"no rule to differentiate {type(node).__name__}")

    def _at(self, parts: tuple[Node, ...], place: int) -> Node:
        inner = self.derivative(parts[place])
        if is_number(inner, 0):
            return ZERO
        total: Node = ONE
        for at, part in enumerate(parts):
            total = total * (inner if at == place else part)
        return total

    def _quantity(self, q: Quantity) -> Node:
        if q.kind == "net":
            return self._net(q.layer, q.units[0])
        if q.kind == "y" and q.layer >= self.weight.layer:
            return self._y(q.layer, q.units[0])
        return ZERO

    def _y(self, layer: int, unit: Index) -> Node:
        links = self.links
        if layer == links.last and links.output.name == "softmax":
            other: Index = "p0" if links.shape.sizes[-1] > 1 else 1
            o, o_c = links.y(layer, unit), links.y(layer, other)
            return o * (self._net(layer, unit) - links.over(layer, other, o_c * self._net(layer, other)))
        net = self._net(layer, unit)
        return ZERO if is_number(net, 0) else Slope(1, layer, links.net(layer, unit)) * net

    def _net(self, layer: int, unit: Index) -> Node:
        """∂net_nu^(layer)/∂weight."""
        links, w = self.links, self.weight
        if layer < w.layer:
            return ZERO
        j = w.units[-1]
        if layer == w.layer:
            if unit == j:
                return links.source(w)
            same = Quantity("same", layer, (unit, j))
            return ZERO if isinstance(unit, int) else same * links.source(w)
        if layer == w.layer + 1:
            return links.w(layer, j, unit) * Slope(1, w.layer, links.net(w.layer, j)) * links.source(w)
        below: Index = f"p{layer - 1}" if links.shape.sizes[layer - 1] > 1 else 1
        through = links.w(layer, below, unit) * Slope(1, layer - 1, links.net(layer - 1, below))
        return links.over(layer - 1, below, through * self._net(layer - 1, below))


def _added(terms: list[Node]) -> Node:
    total: Node = ZERO
    for term in terms:
        total = total + term
    return total


def _call_slope(function: str, z: Node) -> Node:
    """φ'(z) of the functions that our formulas use, kinks left out."""
    match function:
        case "step" | "sign":
            return ZERO
        case "abs":
            return Call("sign", z)
        case "exp":
            return Call("exp", z)
        case "log":
            return ONE / z
        case "logistic":
            return Call("logistic", z) * (1 - Call("logistic", z))
        case "Phi":
            return Call("phi", z)
        case "phi":
            return -z * Call("phi", z)
        case _:
            raise TypeError(f"no rule to differentiate {function}")
