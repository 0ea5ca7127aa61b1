"""A laid-out network as plain values, which the page draws: circles, lines with their weights, pieces of text."""

from __future__ import annotations

from typing import Any

from deltarule.diagram.labels import Label
from deltarule.diagram.layout import BLANKS
from deltarule.diagram.shapes import Picture
from deltarule.equations.shape import Shape

NAME = 14  # characters of a column's name under a unit


def drawing(picture: Picture, shape: Shape | None = None) -> dict[str, Any]:
    """The picture; with a shape, each weight's line has the weight's address."""
    last = max(unit.layer for unit in picture.units)
    return {
        "title": picture.title,
        "width": round(picture.width),
        "height": round(picture.height),
        "units": [
            {
                "x": unit.x,
                "y": unit.y,
                "r": unit.radius,
                "layer": unit.layer,
                "unit": unit.number,
                "role": "input" if unit.layer == 0 else "output" if unit.layer == last else "hidden",
                "lit": unit.lit,
            }
            for unit in picture.units
        ],
        "lines": [
            {
                "ends": [line.x1, line.y1, line.x2, line.y2],
                "strength": line.strength,
                "style": line.style,
                "lit": line.lit,
                "weight": address(shape, line.weight),
            }
            for line in picture.lines
        ],
        "texts": [
            {
                "plate": _corners(text.box) if text.plate else None,
                "style": text.style,
                "math": text.label.is_math,
                "blank": BLANKS.index(text.label.base) + 1 if text.style == "blank" else None,
                "x": text.x,
                "y": text.y,
                "size": text.size,
                "pieces": [[p.written, p.x, p.y, p.size, p.width] for p in text.pieces],
            }
            for text in picture.texts
        ],
    }


def address(shape: Shape | None, weight: tuple[int, int, int] | None) -> str | None:
    """`w_12^(0,1)` of (1, 1, 2)."""
    if shape is None or weight is None:
        return None
    m, i, j = weight
    return shape.address(shape.index(f"{m - 1},{m}:{i},{j}"))


def named(name: str) -> Label:
    """A column's name under a unit, cut; what looks like an index in it is none.

    >>> named("blood_pressure").base, named("blood_pressure_in_the_morning").base
    ('blood_pressure', 'blood_pressur…')
    """
    return Label(name if len(name) <= NAME else f"{name[: NAME - 1]}…")


def _corners(box: Any) -> list[float]:
    return [box.left, box.top, box.right - box.left, box.bottom - box.top]
