"""The links of the chain from a weight to E, and the local derivative of each.

∂E_n/∂o_nk = e'(o_nk, d_nk)     ∂o_nk/∂net_nk = S'(net_nk)     ∂net_nk/∂y_nj = w_jk
∂y_nj/∂net_nj = S'(net_nj)      ∂net_nj/∂w_ij = y_ni           ∂net_nj/∂b_j = 1
"""

from __future__ import annotations

from collections.abc import Callable

from deltarule.equations.activations import activation
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.expressions.nodes import ONE, ZERO, Node
from deltarule.lecture.rules import loss_slope
from deltarule.lecture.symbols import Symbols, letter
from deltarule.lecture.terms import Index, Over, Partial, Quantity, Slope, mean_n


class Links:
    """The chain of one network and loss, link by link.

    >>> from deltarule.equations.losses import loss
    >>> from deltarule.equations.shape import make_shape
    >>> from deltarule.lecture.rendering import text
    >>> shape = make_shape([2, 2, 1], "logistic", "logistic", bias=False)
    >>> links = Links(shape, loss("mse"))
    >>> text(links.gradient(Quantity("w", 2, (1, 1))), Symbols(shape))
    "mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*y_n1^(1,2))"
    """

    def __init__(self, shape: Shape, loss: Loss) -> None:
        self.shape, self.loss, self.last = shape, loss, shape.layers
        self.output = activation(shape.activations[-1])

    def unit(self, layer: int) -> Index:
        """Every unit of a layer: its letter, or 1 where it has only one."""
        return 1 if self.shape.sizes[layer] == 1 else letter(layer, self.last)

    def y(self, layer: int, unit: Index) -> Quantity:
        """y_nu^(layer): x for the input, o for the output."""
        return Quantity("y", layer, (unit,))

    def net(self, layer: int, unit: Index) -> Quantity:
        """net_nu^(layer−1,layer)."""
        return Quantity("net", layer, (unit,))

    def d(self, unit: Index) -> Quantity:
        """d_nu."""
        return Quantity("d", self.last, (unit,))

    def w(self, layer: int, i: Index, j: Index) -> Quantity:
        """w_ij^(layer−1,layer)."""
        return Quantity("w", layer, (i, j))

    def over(self, layer: int, index: Index, body: Node) -> Node:
        """Σ over a layer's units; the body itself where the layer has one."""
        return body if isinstance(index, int) else Over("sum", index, layer, body)

    def error_slope(self, unit: Index) -> Node:
        """∂E_n/∂o_nu."""
        return loss_slope(self.loss, self.y(self.last, unit), self.d(unit))

    @property
    def fused(self) -> bool:
        """Whether ∂E_n/∂net of the output is o − d."""
        return self.loss.fused(self.output)

    def output_slope(self, unit: Index, short: bool = False) -> Node:
        """∂E_n/∂net_nu of the output layer; short takes o − d where loss and output fit each other."""
        o, other = self.y(self.last, unit), "c" if self.shape.sizes[-1] > 1 else 1
        if short and self.fused:
            if self.output.name == "softmax":
                return o * self.over(self.last, other, self.d(other)) - self.d(unit)
            return o - self.d(unit)
        if self.output.name == "softmax":
            o_c = self.y(self.last, other)
            towards = Quantity("same", self.last, (other, unit)) - o
            return self.over(self.last, other, self.error_slope(other) * o_c * towards)
        return self.error_slope(unit) * Slope(1, self.last, self.net(self.last, unit))

    def from_above(self, layer: int, unit: Index, above: Callable[[int, Index], Node]) -> Node:
        """∂E_n/∂net_nu of a hidden layer from those of the layer above it, which `above(layer, unit)` writes."""
        k = self.unit(layer + 1)
        through = above(layer + 1, k) * self.w(layer + 1, unit, k)
        return self.over(layer + 1, k, through) * Slope(1, layer, self.net(layer, unit))

    def slope(self, layer: int, unit: Index, short: bool = False) -> Node:
        """∂E_n/∂net_nu^(layer), through every path from there to E."""
        if layer == self.last:
            return self.output_slope(unit, short)
        return self.from_above(layer, unit, lambda m, u: self.slope(m, u, short))

    def source(self, weight: Quantity) -> Node:
        """∂net/∂weight: the output that the weight multiplies, 1 for a bias."""
        if weight.kind == "b":
            return ONE
        return self.y(weight.layer - 1, weight.units[0])

    def gradient(self, weight: Quantity, short: bool = False) -> Node:
        """∂E/∂weight = (1/N) Σ_n ∂E_n/∂net_nj · ∂net_nj/∂weight."""
        return mean_n(self.slope(weight.layer, weight.units[-1], short) * self.source(weight))

    def delta(self, layer: int, unit: Index) -> Node:
        """δ_nu^(layer), from the δ of the layer above; the 1/N is inside."""
        if layer == self.last:
            return self.output_slope(unit, short=True) / Quantity("N")
        return self.from_above(layer, unit, lambda m, u: Quantity("delta", m, (u,)))

    def paths(self, weight: Quantity) -> int:
        """How many paths lead from a weight to E."""
        count = 1
        for size in self.shape.sizes[weight.layer + 1 :]:
            count *= size
        return count * (self.shape.sizes[-1] if self.output.name == "softmax" else 1)

    def partials(self, weight: Quantity) -> list[Partial]:
        """The chain's links from E down to the weight, along one path."""
        units = [weight.units[-1], *(self.unit(layer) for layer in range(weight.layer + 1, self.last + 1))]
        chain: list[Partial] = []
        last: Index = units[-1]
        if self.output.name == "softmax" and self.shape.sizes[-1] > 1:
            chain.append(Partial(Quantity("En"), self.y(self.last, "c")))
            chain.append(Partial(self.y(self.last, "c"), self.net(self.last, last)))
        else:
            chain.append(Partial(Quantity("En"), self.y(self.last, last)))
            chain.append(Partial(self.y(self.last, last), self.net(self.last, last)))
        for layer in range(self.last - 1, weight.layer - 1, -1):
            u, above = units[layer - weight.layer], units[layer + 1 - weight.layer]
            chain.append(Partial(self.net(layer + 1, above), self.y(layer, u)))
            chain.append(Partial(self.y(layer, u), self.net(layer, u)))
        chain.append(Partial(self.net(weight.layer, weight.units[-1]), weight))
        return chain


def worked_out(shape: Shape, loss: Loss, partial: Partial) -> Node:
    """∂top/∂bottom of neighbours in the chain; also ∂o/∂w and ∂o/∂y, which skip net.

    Raises InputError for a pair that is no link of the chain.
    """
    top, bottom, last = partial.top, partial.bottom, shape.layers
    match top.kind, bottom.kind:
        case ("En", "y") if bottom.layer == last:
            return loss_slope(loss, bottom, Quantity("d", last, bottom.units))
        case ("En", "l") if loss.name in ("mse", "half_mse"):
            return (2 if loss.name == "mse" else 1) * bottom
        case ("l", "y") if bottom.layer == last:
            return ONE if top.units == bottom.units else ZERO
        case ("y", "net") if top.layer == bottom.layer:
            return _output_by_net(shape, top, bottom)
        case ("net", "y") if bottom.layer == top.layer - 1:
            return Quantity("w", top.layer, (bottom.units[0], top.units[0]))
        case ("net", "w" | "b") if top.layer == bottom.layer:
            if bottom.units[-1] != top.units[0]:
                return ZERO
            return ONE if bottom.kind == "b" else Quantity("y", top.layer - 1, bottom.units[:1])
        case ("y", "w" | "b" | "y") if top.layer > 0:
            net = Quantity("net", top.layer, top.units)
            return worked_out(shape, loss, Partial(top, net)) * worked_out(shape, loss, Partial(net, bottom))
        case _:
            names = Symbols(shape)
            raise InputError(
                f"∂{names.text(top)}/∂{names.text(bottom)} is not a link of the chain: work it out"
            )


def _output_by_net(shape: Shape, top: Quantity, bottom: Quantity) -> Node:
    if shape.activations[top.layer - 1] == "softmax" and top.units != bottom.units:
        same = Quantity("same", top.layer, (*top.units, *bottom.units))
        return top * (same - Quantity("y", top.layer, bottom.units))
    return Slope(1, top.layer, bottom) if top.units == bottom.units else ZERO
