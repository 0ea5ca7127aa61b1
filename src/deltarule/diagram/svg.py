"""A picture as SVG: one self-contained element, readable by people who cannot see it (role, title)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from deltarule.diagram.layout import BLANKS
from deltarule.diagram.shapes import Line, Picture, Piece, Text, Unit

_SERIF = "'STIX Two Text','Cambria','Times New Roman','Liberation Serif',serif"
_SANS = "'Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif"
_INK, _FAINT, _ABOVE, _BELOW, _LIT = "#1b1f24", "#5b6570", "#1f6fb2", "#c2571a", "#b0127b"
_FILLS = ("#eef1f4", "#e3f0fa", "#fdf0df")  # input, hidden, output


def svg(picture: Picture) -> str:
    """The SVG element, with a white ground.

    >>> from deltarule.diagram.layout import lay_out
    >>> svg(lay_out([2, 2, 1])).startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    True
    """
    w, h = f"{picture.width:.0f}", f"{picture.height:.0f}"
    last = max(unit.layer for unit in picture.units)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
        f'style="max-width:100%;height:auto" font-family="{_SERIF}" fill="{_INK}">',
        f"<title>{escape(picture.title)}</title>",
        f'<rect width="{w}" height="{h}" fill="#ffffff"/>',
    ]
    parts += [_line(line) for line in sorted(picture.lines, key=lambda line: line.lit)]
    parts += [_unit(unit, last) for unit in picture.units]
    parts += [_text(text) for text in picture.texts]
    return "\n".join([*parts, "</svg>"])


def _line(line: Line) -> str:
    if line.style == "bracket":
        colour, width = _INK, 1.2
    elif line.lit:
        colour, width = _LIT, 3.0
    elif line.strength is None:
        colour, width = "#9aa5b1", 1.1
    else:
        colour, width = (_ABOVE if line.strength >= 0 else _BELOW), 0.5 + 3.0 * min(abs(line.strength), 1.0)
    ends = f'x1="{line.x1:.1f}" y1="{line.y1:.1f}" x2="{line.x2:.1f}" y2="{line.y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width:.1f}"/>'


def _unit(unit: Unit, last: int) -> str:
    fill = _FILLS[0 if unit.layer == 0 else 2 if unit.layer == last else 1]
    stroke, width = (_LIT, 3) if unit.lit else ("#44505c", 1.2)
    look = f'fill="{fill}" stroke="{stroke}" stroke-width="{width}"'
    return f'<circle cx="{unit.x:.1f}" cy="{unit.y:.1f}" r="{unit.radius:.1f}" {look}/>'


def _text(text: Text) -> str:
    box, parts = text.box, list[str]()
    if text.style == "blank":
        return _blank(text)
    if text.plate:
        parts.append(
            f'<rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.right - box.left:.1f}" '
            f'height="{box.bottom - box.top:.1f}" fill="#ffffff" fill-opacity="0.88"/>'
        )
    label = text.label
    look = {
        "head": f' font-weight="bold" font-family="{_SANS}"',
        "faint": f' fill="{_FAINT}" font-family="{_SANS}"',
    }.get(text.style, "")
    if not label.is_math and not look:
        look = f' font-family="{_SANS}"'
    slanted = ' font-style="italic"' if label.is_math else ""
    base, *scripts = text.pieces
    return "".join([*parts, _piece(base, look + slanted), *(_piece(script, look) for script in scripts)])


def _piece(piece: Piece, look: str) -> str:
    """Text held to the width that was laid out for it, whatever the font."""
    long = len(piece.written) > 1
    held = f' textLength="{piece.width * 0.96:.1f}" lengthAdjust="spacingAndGlyphs"' if long else ""
    at = f'x="{piece.x:.1f}" y="{piece.y:.1f}" font-size="{piece.size:.1f}"'
    return f"<text {at}{held}{look}>{escape(piece.written)}</text>"


def _blank(text: Text) -> str:
    """A numbered blank, drawn: the fonts of many screens lack ① and its sisters."""
    number = BLANKS.index(text.label.base) + 1
    radius = (text.box.right - text.box.left) / 2
    return (
        f'<circle cx="{text.x:.1f}" cy="{text.y:.1f}" r="{radius:.1f}" fill="#fffbe6" stroke="{_LIT}"/>'
        f'<text x="{text.x:.1f}" y="{text.y + text.size * 0.34:.1f}" font-size="{text.size * 0.92:.1f}" '
        f'text-anchor="middle" font-family="{_SANS}" fill="{_LIT}">{number}</text>'
    )
