"""The steps of a derivation told: paths, links, their product, the sum, δ, the activation's own S', and numbers."""

from __future__ import annotations

import numpy as np

from deltarule.equations.penalties import Penalty
from deltarule.errors import InputError
from deltarule.expressions.nodes import ZERO, Call, Node, Product, Variable, is_number
from deltarule.lecture import rendering
from deltarule.lecture.links import Links, worked_out
from deltarule.lecture.numbers import Numbers
from deltarule.lecture.rules import loss_value, own, own_value
from deltarule.lecture.steps import Line, Step
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.terms import (
    Over,
    Partial,
    Quantity,
    Slope,
    decimal,
    letters,
    mean_n,
    opened,
    sum_n,
    sum_w,
)
from deltarule.sentences import count as counted

MOST_WRITTEN_OUT = 8  # paths that are written out term by term


class Telling:
    """The steps of one derivation."""

    def __init__(self, names: Symbols, links: Links, penalty: Penalty, weight: Quantity) -> None:
        self.names, self.links, self.penalty, self.weight = names, links, penalty, weight
        self.shape = names.shape
        self.left = Partial(Quantity("E"), weight)
        self.penalised = bool(penalty.l1 or penalty.l2)
        # with a penalty, what is derived first is only a part of ∂E/∂w
        self.data = mean_n(Partial(Quantity("En"), weight)) if self.penalised else self.left

    def _left(self, other: Quantity | None) -> Node:
        return Partial(Quantity("E"), self.weight, other)

    def first(self) -> tuple[list[Step], Node, Node]:
        """The steps, the chain with S', and the formula."""
        links, w = self.links, self.weight
        chain = links.gradient(w)
        short = links.gradient(w, short=True)
        added = self._penalty_slope()
        formula = own(self.shape, short)
        steps = [
            self._paths(),
            self._local_derivatives(),
            self._along_a_path(),
            self._added_up(chain),
            self._with_delta(),
        ]
        steps.append(self._with_own_slope(formula))
        if self.penalised:
            formula, chain = formula + added, chain + added
            words = "the penalty's derivative is added as it is, not divided by N; biases are left alone."
            lines = [Line(self.left, self.data + added), Line(self.left, formula)]
            steps.append(self._step("Penalty", words, lines))
        return steps, chain, formula

    def second(
        self, other: Quantity, chain: Node, formula: Node, words: list[str]
    ) -> tuple[list[Step], Node, Node]:
        """The steps of ∂²E/∂w∂w'."""
        first = self.links.gradient(self.weight, short=True) + self._penalty_slope()
        steps = [
            self._step("First derivative", words[0], [Line(self.left, first)]),
            self._step("Differentiated again", words[1], [Line(self._left(other), chain)]),
            self._step("With the activation's own derivatives", words[2], [Line(self._left(other), formula)]),
        ]
        return steps, chain, formula

    def _step(self, title: str, words: str, lines: list[Line] | None = None) -> Step:
        return Step(title, words, tuple(lines or ()), self.names)

    def _name(self, q: Quantity) -> str:
        return self.names.text(q)

    def _paths(self) -> Step:
        links, w, m = self.links, self.weight, self.weight.layer
        net = links.net(m, w.units[-1])
        route = [self._name(net)]
        for layer in range(m, links.last + 1):
            unit = w.units[-1] if layer == m else links.unit(layer)
            if layer > m:
                route.append(self._name(links.net(layer, unit)))
            route.append(self._name(links.y(layer, unit)))
        words = f"{self._name(w)} enters {self._name(net)} and nothing else. From there: {' → '.join([*route, 'E'])}"
        several = [layer for layer in range(m + 1, links.last + 1) if self.shape.sizes[layer] > 1]
        if several:
            words += f", with {', '.join(rendering.unit_range(self.names, layer) for layer in several)}"
        count = links.paths(w)
        words += f": {counted(count, 'path')}"
        words += ", whose products are added." if count > 1 else "."
        if links.output.name == "softmax":
            words += " (In softmax every net input leads to every output.)"
        k = links.unit(links.last)
        error = links.over(links.last, k, loss_value(links.loss, links.y(links.last, k), links.d(k)))
        lines = [Line(Quantity("E"), mean_n(error))]
        if self.penalised:
            lines = [
                Line(Quantity("E"), mean_n(Quantity("En")) + self._penalty()),
                Line(Quantity("En"), error),
            ]
            words += " The penalty depends on w itself: it comes last."
        return self._step("Paths", words, lines)

    def _local_derivatives(self) -> Step:
        lines = [
            Line(p, worked_out(self.shape, self.links.loss, p)) for p in self.links.partials(self.weight)
        ]
        return self._step("Links", "the derivative of each link of a path, from E down to the weight.", lines)

    def _along_a_path(self) -> Step:
        chain = self.links.partials(self.weight)
        product = Product(tuple(chain))
        worked: Node = worked_out(self.shape, self.links.loss, chain[0])
        for link in chain[1:]:
            worked = worked * worked_out(self.shape, self.links.loss, link)
        words = "the links of one path are multiplied."
        return self._step("One path", words, [Line(product, worked)])

    def _added_up(self, chain: Node) -> Step:
        lines = [Line(self.data, chain)]
        count = self.links.paths(self.weight)
        said = [
            "the paths are added" if count > 1 else "there is one path",
            "E without the penalty is the mean over n of E_n, so this is a mean over n"
            if self.penalised
            else "E is the mean over n of E_n, so this is a mean over n",
        ]
        inner = [part for part in letters(chain) if part != "c"]
        if 1 < count <= MOST_WRITTEN_OUT and inner:
            lines.append(Line(self.data, opened(chain, self.shape.sizes)))
            said.append("the second line writes every path out")
        elif count > MOST_WRITTEN_OUT:
            said.append(f"{count} paths are too many to write out: they stay as sums")
        return self._step("All paths, all samples", "; ".join(said) + ".", lines)

    def _with_delta(self) -> Step:
        links, w = self.links, self.weight
        lines: list[Line] = []
        for layer in range(links.last, w.layer - 1, -1):
            unit = w.units[-1] if layer == w.layer else links.unit(layer)
            lines.append(Line(Quantity("delta", layer, (unit,)), links.delta(layer, unit)))
        lines.append(Line(self.data, sum_n(Quantity("delta", w.layer, w.units[-1:]) * links.source(w))))
        words = "the same, each layer's ∂E/∂net from the layer above it; the 1/N is inside δ."
        if self.names.notation != "lecture":
            words = "the same, each layer's δ = ∂E/∂net from the layer above it; the 1/N is inside δ."
        return self._step("With δ", words, lines)

    def _with_own_slope(self, formula: Node) -> Step:
        names: dict[str, None] = {}
        lines: list[Line] = []
        for layer in range(self.links.last, self.weight.layer - 1, -1):
            unit = self.weight.units[-1] if layer == self.weight.layer else self.links.unit(layer)
            slope = Slope(1, layer, self.links.net(layer, unit))
            if self.shape.activations[layer - 1] != "softmax" and not (
                layer == self.links.last and self.links.fused
            ):
                lines.append(Line(slope, own_value(self.shape, slope)))
                names[self.shape.activations[layer - 1]] = None
        lines.append(Line(self.data, formula))
        said = [f"S' of {' and '.join(names)} in its own terms."] if names else []
        if any(isinstance(part, Call) and part.function == "step" for line in lines for part in line.parts):
            said.append("step(z) is 1 for z > 0 and 0 for z ≤ 0.")
        said += self._output_told()
        return self._step("With the activation's own derivative", " ".join(said) or "as it is.", lines)

    def _output_told(self) -> list[str]:
        """What ∂E_n/∂net of the outputs is, where it has no S' of its own."""
        links = self.links
        softmax, k = links.output.name == "softmax", links.unit(links.last)
        if not links.fused:
            return ["Softmax is in its own terms already."] if softmax else []
        o, d = self._name(links.y(links.last, k)), self._name(links.d(k))
        net = self._name(links.net(links.last, k))
        given = f"With {links.loss.name} and {links.output.name} outputs ∂E_n/∂{net} is"
        if not softmax:
            return [f"{given} {o} - {d}."]
        total = self._name(links.d("c"))
        return [f"{given} {o} Σ_c {total} - {d}, which is {o} - {d} where the d of a row sum to 1."]

    def _penalty(self) -> Node:
        """(λ₂/2) Σ w² + λ₁ Σ |w|."""
        w = Variable("w")
        l1, l2 = decimal(self.penalty.l1), decimal(self.penalty.l2)
        total = l2 * sum_w(w**2) / 2 if self.penalty.l2 else ZERO
        return total + l1 * sum_w(Call("abs", w)) if self.penalty.l1 else total

    def _penalty_slope(self) -> Node:
        """λ₁ sign(w) + λ₂ w; 0 for a bias."""
        added: Node = ZERO
        if self.weight.kind == "w":
            if self.penalty.l2:
                added = added + decimal(self.penalty.l2) * self.weight
            if self.penalty.l1:
                added = added + decimal(self.penalty.l1) * Call("sign", self.weight)
        return added

    def in_numbers(self, numbers: Numbers, formula: Node, other: Quantity | None, sample: int) -> Step:
        """Every factor on one sample, their product, and the mean over all samples."""
        count = len(numbers.X)
        if not 1 <= sample <= count:
            raise InputError(f"sample must be between 1 and {count}, the number of rows of X; got {sample}")
        lines: list[Line] = []
        if other is None:
            lines = self._factor_lines(numbers, sample)
        lines.append(Line(self._left(other), numbers.scalar(formula)))
        words = (
            f"the factors of sample {sample}; the last line is the mean over all {count} samples"
            if other is None
            else f"over {counted(count, 'sample')}"
        )
        if not is_number(self._penalty_slope(), 0):
            words += ", the penalty included"
        return self._step("In numbers", words + ".", lines)

    def _factor_lines(self, numbers: Numbers, sample: int) -> list[Line]:
        links, w = self.links, self.weight
        row = _Row(numbers, sample - 1)
        lines: list[Line] = []
        if w.kind == "w":
            lines.append(row.line(links.source(w)))
        for layer in range(w.layer, links.last + 1):
            unit = w.units[-1] if layer == w.layer else links.unit(layer)
            units = range(1, self.shape.sizes[layer] + 1) if isinstance(unit, str) else [unit]
            for u in list(units)[:MOST_WRITTEN_OUT]:
                lines.append(row.line(links.net(layer, u)))
                lines.append(row.line(links.y(layer, u)))
                if layer == links.last:
                    lines.append(row.line(links.d(u)))
                    lines.append(row.line(Partial(Quantity("En"), links.y(layer, u)), links.error_slope(u)))
                if self.shape.activations[layer - 1] != "softmax":
                    lines.append(row.line(Slope(1, layer, links.net(layer, u))))
                if layer == w.layer + 1:
                    lines.append(row.line(links.w(layer, w.units[-1], u)))
        body = links.gradient(w, short=True)
        assert isinstance(body, Over)
        lines.append(row.line(Partial(Quantity("En"), w), body.body))
        return lines


class _Row:
    """Values on one sample."""

    def __init__(self, numbers: Numbers, n: int) -> None:
        self.numbers, self.n = numbers, n

    def line(self, left: Node, right: Node | None = None) -> Line:
        """left = its value on the sample."""
        value = np.asarray(self.numbers.value(left if right is None else right))
        return Line(left, float(value.reshape(-1)[self.n] if value.size > 1 else value.reshape(-1)[0]))
