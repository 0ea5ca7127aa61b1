"""What a picture consists of: circles, lines and texts, each with the room that it takes."""

from __future__ import annotations

from dataclasses import dataclass

from deltarule.diagram.labels import SCRIPT, Label, text_width


@dataclass(frozen=True)
class Box:
    """A rectangle by its corners."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True)
class Piece:
    """A stretch of text from its left end, on its baseline, held to a width whatever the font."""

    written: str
    x: float
    y: float
    size: float
    width: float


@dataclass(frozen=True)
class Text:
    """A label centred at (x, y); `plate` draws the ground behind it, so that lines do not run through."""

    x: float
    y: float
    label: Label
    size: float
    style: str = ""  # "", "head", "faint", "blank"
    plate: bool = False

    @property
    def box(self) -> Box:
        """The room that it takes."""
        w, h = self.label.width(self.size) / 2, self.label.height(self.size) / 2
        if self.style == "blank":
            w = h = max(w, h) + 2
        return Box(self.x - w, self.y - h, self.x + w, self.y + h)

    @property
    def pieces(self) -> list[Piece]:
        """The label's base, then its lower and its upper index."""
        label, size, left, baseline = self.label, self.size, self.box.left, self.y + self.size * 0.34
        found = [Piece(label.base, left, baseline, size, label.base_width(size))]
        at, small = left + label.base_width(size) + 0.5, size * SCRIPT
        for script, dy in ((label.sub, size * 0.26), (label.sup, -size * 0.46)):
            if script:
                found.append(Piece(script, at, baseline + dy, small, text_width(script, small)))
        return found


@dataclass(frozen=True)
class Unit:
    """A circle: the unit of that number, from 1, in its layer."""

    x: float
    y: float
    radius: float
    layer: int
    lit: bool = False
    number: int = 0

    @property
    def box(self) -> Box:
        """The square around it."""
        return Box(self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


@dataclass(frozen=True)
class Line:
    """A weight's line, or a bracket's: strength from −1 to 1 where it has one; weight: its (m, i, j)."""

    x1: float
    y1: float
    x2: float
    y2: float
    strength: float | None = None
    style: str = ""  # "", "bracket"
    lit: bool = False
    weight: tuple[int, int, int] | None = None

    def crosses(self, box: Box) -> bool:
        """Whether any of 40 points along the line lies in the box."""
        return any(
            box.left < self.x1 + s / 40 * (self.x2 - self.x1) < box.right
            and box.top < self.y1 + s / 40 * (self.y2 - self.y1) < box.bottom
            for s in range(41)
        )


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn, in pixels."""

    width: float
    height: float
    units: list[Unit]
    lines: list[Line]
    texts: list[Text]
    title: str

    def overlaps(self) -> list[tuple[str, str]]:
        """Pairs of texts that overlap; there should be none."""
        boxes = [(text, text.box) for text in self.texts]
        return [
            (a.label.base, b.label.base)
            for k, (a, one) in enumerate(boxes)
            for b, two in boxes[:k]
            if one.overlaps(two)
        ]
