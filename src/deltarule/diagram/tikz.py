"""A picture as a TikZ environment for LaTeX (`\\usepackage{tikz,amsmath}`)."""

from __future__ import annotations

from deltarule.diagram.layout import BLANKS
from deltarule.diagram.shapes import Line, Picture, Text, Unit

_SCALE = 0.02  # cm a pixel


def tikz(picture: Picture) -> str:
    """The tikzpicture environment.

    >>> from deltarule.diagram.layout import lay_out
    >>> tikz(lay_out([2, 1])).splitlines()[0]
    '\\\\begin{tikzpicture}[line cap=round]'
    """
    last = max(unit.layer for unit in picture.units)
    body = [_line(line) for line in sorted(picture.lines, key=lambda line: line.lit)]
    body += [_unit(unit, last) for unit in picture.units]
    body += [_text(text) for text in picture.texts]
    return "\n".join(
        [r"\begin{tikzpicture}[line cap=round]", *("  " + line for line in body), r"\end{tikzpicture}"]
    )


def _at(x: float, y: float) -> str:
    return f"({x * _SCALE:.3f},{-y * _SCALE:.3f})"


def _line(line: Line) -> str:
    if line.style == "bracket":
        look = "black, line width=0.5pt"
    elif line.lit:
        look = "magenta!70!black, line width=1.4pt"
    elif line.strength is None:
        look = "gray, line width=0.4pt"
    else:
        colour = "blue!60!black" if line.strength >= 0 else "orange!80!black"
        look = f"{colour}, line width={0.3 + 1.5 * min(abs(line.strength), 1.0):.2f}pt"
    return rf"\draw[{look}] {_at(line.x1, line.y1)} -- {_at(line.x2, line.y2)};"


def _unit(unit: Unit, last: int) -> str:
    fill = "gray!10" if unit.layer == 0 else "orange!12" if unit.layer == last else "blue!8"
    edge = "magenta!70!black, line width=1.2pt" if unit.lit else "black!70"
    return rf"\draw[fill={fill}, draw={edge}] {_at(unit.x, unit.y)} circle ({unit.radius * _SCALE:.3f});"


def _text(text: Text) -> str:
    size = f"\\fontsize{{{text.size * 0.56:.1f}}}{{{text.size * 0.7:.1f}}}\\selectfont"
    options = f"font={size}, inner sep=0.6pt" + (", fill=white" if text.plate else "")
    if text.style == "blank":
        options += ", circle, draw=magenta!70!black, fill=yellow!15"
        return rf"\node[{options}] at {_at(text.x, text.y)} {{{BLANKS.index(text.label.base) + 1}}};"
    if text.style == "head":
        return rf"\node[{options}] at {_at(text.x, text.y)} {{\textbf{{{_escaped(text.label.base)}}}}};"
    if text.label.base == "⋮":
        return rf"\node[{options}] at {_at(text.x, text.y)} {{$\vdots$}};"
    if text.label.is_math:
        return rf"\node[{options}] at {_at(text.x, text.y)} {{${text.label.latex}$}};"
    return rf"\node[{options}] at {_at(text.x, text.y)} {{{_escaped(text.label.base)}}};"


def _escaped(written: str) -> str:
    """Plain text with LaTeX's own characters disarmed."""
    special = {
        "−": "$-$",
        "_": r"\_",
        "%": r"\%",
        "#": r"\#",
        "&": r"\&",
        "^": r"\^{}",
        "∂": r"$\partial$",
        "δ": r"$\delta$",
        "η": r"$\eta$",
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
    }
    return "".join(special.get(c, c) for c in written)
