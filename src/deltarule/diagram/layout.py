"""Where everything of a network's picture stands: units, weights, their labels, layer numbers and W matrices.

Layers stand side by side from left to right, units count from the top. No two texts overlap: where the labels of the
weights cannot all be placed, the gap between the layers grows, and in the end they stand in the matrices alone.
A layer of more than 16 units is drawn with its first units, an ellipsis that says how many are left out, and its last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot

from deltarule.diagram.labels import Label
from deltarule.diagram.shapes import Line, Picture, Text, Unit

MOST_DRAWN = 16  # units of a layer drawn one by one
FIRST_DRAWN = 5  # of a larger layer, before the ellipsis
MOST_LABELS = 24  # weights between two layers with a label each
_PLACES = (
    0.5,
    0.42,
    0.58,
    0.35,
    0.65,
    0.28,
    0.72,
    0.22,
    0.78,
    0.46,
    0.54,
    0.38,
    0.62,
    0.31,
    0.69,
    0.25,
    0.75,
    0.18,
    0.82,
)


@dataclass(frozen=True)
class Matrix:
    """A matrix that stands below the network: its name and its entries as texts, row by row."""

    name: str
    entries: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Content:
    """What is written into a network: texts by layer and unit, counted from layer 0 and unit 1.

    Parameters
    ----------
    inside, above, below : (layer, unit) → text in, over and under a unit; a column's name, such as blood_pressure, as a
        Label, which is not read for indices.
    weights : (m, i, j) → text on the line from unit i of layer m−1 to unit j of layer m.
    strengths : (m, i, j) → a number from −1 to 1: the line's colour (blue above 0, orange below) and width.
    lit : lines and units drawn in the colour of attention.
    chosen : the weight (m, i, j) that has its label however many there are.
    layers : a line under each layer's number.
    matrices : drawn below the network.
    caption : one line at the foot.
    """

    inside: Mapping[tuple[int, int], str | Label] = field(default_factory=dict)
    above: Mapping[tuple[int, int], str | Label] = field(default_factory=dict)
    below: Mapping[tuple[int, int], str | Label] = field(default_factory=dict)
    weights: Mapping[tuple[int, int, int], str] = field(default_factory=dict)
    strengths: Mapping[tuple[int, int, int], float] = field(default_factory=dict)
    lit: frozenset[tuple[int, ...]] = frozenset()
    chosen: tuple[int, int, int] | None = None
    layers: Sequence[str] = ()
    matrices: Sequence[Matrix] = ()
    caption: str = ""


def lay_out(sizes: Sequence[int], content: Content | None = None) -> Picture:
    """The picture of a network of these sizes.

    >>> picture = lay_out([2, 2, 1])
    >>> len(picture.units), len([line for line in picture.lines if not line.style]), picture.overlaps()
    (5, 6, [])
    """
    content = content or Content()
    for stretch in (1.0, 1.3, 1.7, 2.2):
        drawing = _Drawing(sizes, content, stretch)
        if drawing.place_units() and drawing.place_weight_labels():
            break
    else:
        chosen = {at: text for at, text in content.weights.items() if at == content.chosen}
        drawing = _Drawing(sizes, replace(content, weights=chosen), 1.0)
        drawing.place_units()
        drawing.place_weight_labels()
    return drawing.finish()


def drawn_units(size: int) -> list[int]:
    """The units of a layer that are drawn; 0 stands for the ellipsis.

    >>> drawn_units(4), drawn_units(100)
    ([1, 2, 3, 4], [1, 2, 3, 4, 5, 0, 100])
    """
    if size <= MOST_DRAWN:
        return list(range(1, size + 1))
    return [*range(1, FIRST_DRAWN + 1), 0, size]


class _Drawing:
    """One attempt at a picture, with the gaps between layers stretched."""

    def __init__(self, sizes: Sequence[int], content: Content, stretch: float) -> None:
        self.sizes, self.content, self.stretch = tuple(sizes), content, stretch
        self.columns = [drawn_units(size) for size in self.sizes]
        most = max(len(column) for column in self.columns)
        self.small = most > 8
        self.font = 11.5 if self.small else 12.5
        inside = max((Label.read(t).width(self.font) for t in content.inside.values()), default=0.0)
        self.radius = max(15.0 if self.small else 21.0, inside / 2 + 4)
        room = self.font * 1.5
        self.pitch = (
            2 * self.radius
            + (room if content.above else 0)
            + (room if content.below else 0)
            + (10 if self.small else 26)
        )
        if content.weights and not self.small:
            self.pitch = max(self.pitch, 92.0) * (1 + 0.35 * (stretch - 1))
        self.top = 64.0
        self.column_height = most * self.pitch
        self.at: dict[tuple[int, int], Unit] = {}
        self.units: list[Unit] = []
        self.lines: list[Line] = []
        self.edges: dict[tuple[int, int, int], Line] = {}
        self.texts: list[Text] = []
        self.right = 0.0

    def place_units(self) -> bool:
        x = 30 + self._half_width(0)
        for layer, column in enumerate(self.columns):
            top = self.top + (self.column_height - len(column) * self.pitch) / 2 + self.pitch / 2
            for place, unit in enumerate(column):
                self._place_unit(layer, unit, x, top + place * self.pitch)
            self._place_head(layer, x)
            self.right = x + self._half_width(layer)
            if layer < len(self.sizes) - 1:
                x = self.right + self._gap(layer + 1) + self._half_width(layer + 1)
        for m in range(1, len(self.sizes)):
            for i in self.columns[m - 1]:
                for j in self.columns[m]:
                    if i and j:
                        self._place_edge(m, i, j)
        return True

    def _labelled(self, m: int) -> bool:
        drawn = sum(1 for (layer, _, _) in self.content.weights if layer == m)
        return 0 < drawn <= MOST_LABELS

    def _gap(self, m: int) -> float:
        if not self._labelled(m):
            return 100.0 + 11.0 * max(len(self.columns[m - 1]), len(self.columns[m]))
        widest = max(
            Label.read(t).width(self.font) for (layer, _, _), t in self.content.weights.items() if layer == m
        )
        return self.stretch * max(150.0, 60 + widest * (1.2 + 0.55 * min(len(self.columns[m - 1]), 5)))

    def _half_width(self, layer: int) -> float:
        c = self.content
        widths = [
            Label.read(t).width(self.font)
            for part in (c.above, c.below)
            for (at, _), t in part.items()
            if at == layer
        ]
        heads = [t.label.width(t.size) for t in self._head(layer, 0.0)]
        return max(self.radius, *(w / 2 for w in widths), *(w / 2 for w in heads), 0.0)

    def _head(self, layer: int, x: float) -> list[Text]:
        named = self.content.layers[layer] if layer < len(self.content.layers) else ""
        head = [Text(x, 22, Label(f"layer {layer}"), 13, "head")]
        return [*head, Text(x, 40, Label(named), 11, "faint")] if named else head

    def _place_head(self, layer: int, x: float) -> None:
        self.texts += self._head(layer, x)

    def _place_unit(self, layer: int, unit: int, x: float, y: float) -> None:
        if unit == 0:
            self.texts.append(Text(x, y - 10, Label("⋮"), 18))
            left_out = self.sizes[layer] - len(self.columns[layer]) + 1
            self.texts.append(Text(x, y + 10, Label(f"{left_out} more"), 11, "faint"))
            return
        circle = Unit(x, y, self.radius, layer, (layer, unit) in self.content.lit, unit)
        self.at[layer, unit] = circle
        self.units.append(circle)
        off = self.radius + self.font * 0.85
        for texts, dy in ((self.content.inside, 0.0), (self.content.above, -off), (self.content.below, off)):
            if (layer, unit) in texts:
                self.texts.append(_text(x, y + dy, texts[layer, unit], self.font, plate=dy != 0))

    def _place_edge(self, m: int, i: int, j: int) -> None:
        a, b = self.at[m - 1, i], self.at[m, j]
        length = hypot(b.x - a.x, b.y - a.y)
        dx, dy = (b.x - a.x) / length * self.radius, (b.y - a.y) / length * self.radius
        lit = (m, i, j) in self.content.lit
        strength = self.content.strengths.get((m, i, j))
        line = Line(a.x + dx, a.y + dy, b.x - dx, b.y - dy, strength, lit=lit, weight=(m, i, j))
        self.edges[m, i, j] = line
        self.lines.append(line)

    def place_weight_labels(self) -> bool:
        taken = [text.box for text in self.texts] + [unit.box for unit in self.units]
        for address, written in self.content.weights.items():
            m = address[0]
            if address not in self.edges or not (self._labelled(m) or address == self.content.chosen):
                continue
            line = self.edges[address]
            others = [edge for at, edge in self.edges.items() if at[0] == m and at != address]
            best: tuple[float, Text] | None = None
            for wish, t in enumerate(_PLACES):
                text = _text(
                    line.x1 + t * (line.x2 - line.x1),
                    line.y1 + t * (line.y2 - line.y1),
                    written,
                    self.font,
                    plate=True,
                )
                box = text.box
                if any(box.overlaps(other) for other in taken):
                    continue
                cost = sum(edge.crosses(box) for edge in others) + 0.03 * wish
                if best is None or cost < best[0]:
                    best = cost, text
            if best is None:
                return False
            self.texts.append(best[1])
            taken.append(best[1].box)
        return True

    def finish(self) -> Picture:
        bottom = self.top + self.column_height + 6
        width = self.right + 30
        for m in range(1, len(self.sizes)):
            hidden = [p for p in (m - 1, m) if self.sizes[p] > MOST_DRAWN]
            if hidden and not self.content.caption:
                said = ", ".join(
                    f"layer {p} has {self.sizes[p]} units"
                    for p in range(len(self.sizes))
                    if self.sizes[p] > MOST_DRAWN
                )
                self.texts.append(
                    Text(0, bottom + 12, Label(f"{said}: {FIRST_DRAWN + 1} drawn of each"), 11, "faint")
                )
                bottom += 26
                break
        bottom, width = self._place_matrices(bottom, width)
        if self.content.caption:
            self.texts.append(Text(0, bottom + 14, Label(self.content.caption), 11, "faint"))
            bottom += 30
        widest = max(text.label.width(text.size) for text in self.texts)
        width = max(width, widest + 40)
        self.texts = [Text(width / 2, t.y, t.label, t.size, t.style) if t.x == 0 else t for t in self.texts]
        title = f"A {'-'.join(map(str, self.sizes))} network"
        return Picture(width, bottom + 10, self.units, self.lines, self.texts, title)

    def _place_matrices(self, top: float, width: float) -> tuple[float, float]:
        """The matrices side by side, a new row where the width is used up."""
        across, line_height, most = 24.0, 0.0, max(width, 860.0)
        top += 10 if self.content.matrices else 0
        size = self.font - 1
        for matrix in self.content.matrices:
            cells = [[Label.read(entry) for entry in row] for row in matrix.entries]
            columns = [max(row[c].width(size) for row in cells) + 12 for c in range(len(cells[0]))]
            name = Label.read(matrix.name)
            left = name.width(15) + 30
            w, h = left + sum(columns) + 22, len(cells) * (size + 9) + 16
            if across > 24 and across + w > most:
                across, top, line_height = 24.0, top + line_height + 12, 0.0
            self._place_matrix(across, top, h, name, cells, columns, size)
            across += w + 16
            width = max(width, across)
            line_height = max(line_height, h)
        return top + line_height, width

    def _place_matrix(
        self,
        left: float,
        top: float,
        height: float,
        name: Label,
        cells: list[list[Label]],
        columns: list[float],
        size: float,
    ) -> None:
        middle = top + height / 2
        self.texts.append(Text(left + name.width(15) / 2, middle, name, 15))
        self.texts.append(Text(left + name.width(15) + 12, middle, Label("="), 14))
        x0 = left + name.width(15) + 26
        x1 = x0 + sum(columns) + 8
        for x, tick in ((x0, 5), (x1, -5)):
            ends = (
                (x + tick, top, x, top),
                (x, top, x, top + height),
                (x, top + height, x + tick, top + height),
            )
            self.lines += [Line(*end, style="bracket") for end in ends]
        for r, row in enumerate(cells):
            x = x0 + 4
            for c, label in enumerate(row):
                style = "blank" if label.base[:1] in BLANKS else ""
                self.texts.append(
                    Text(x + columns[c] / 2, top + 8 + (size + 9) * (r + 0.5), label, size, style)
                )
                x += columns[c]


BLANKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿"


def _text(x: float, y: float, written: str | Label, size: float, plate: bool) -> Text:
    blank = isinstance(written, str) and len(written) == 1 and written in BLANKS
    return Text(x, y, Label.read(written), size, "blank" if blank else "", plate)
