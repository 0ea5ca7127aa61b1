"""A network's weights as content of its picture: numbers on the lines, their width and colour, and the W matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltarule.diagram.labels import number
from deltarule.diagram.layout import MOST_DRAWN, Content, Matrix, drawn_units


def weights_content(sizes: Sequence[int], W: Sequence[Any], b: Sequence[Any] = ()) -> Content:
    """Content from W[m] (units of layer m, units of layer m+1) and b[m] (units of layer m+1,), or no b.

    >>> weights_content([1, 1], [[[0.5]]]).weights
    {(1, 1, 1): '0.5'}
    """
    last = len(sizes) - 1
    drawn = [[unit for unit in drawn_units(size) if unit] for size in sizes]
    values = {
        (m, i, j): float(W[m - 1][i - 1][j - 1])
        for m in range(1, last + 1)
        for i in drawn[m - 1]
        for j in drawn[m]
    }
    strongest = max(map(abs, values.values())) or 1.0
    small = [m for m in range(1, last + 1) if max(sizes[m - 1], sizes[m]) <= MOST_DRAWN]
    return Content(
        inside={(p, u): unit_output(p, u, last) for p in range(last + 1) for u in drawn[p]},
        below={
            (m, j): f"b {number(float(b[m - 1][j - 1]))}"
            for m in range(1, last + 1)
            for j in drawn[m]
            if len(b)
        },
        weights={at: number(w) for at, w in values.items()},
        strengths={at: w / strongest for at, w in values.items()},
        layers=layer_roles(last),
        matrices=[
            Matrix(f"W^({m - 1},{m})", [[number(float(w)) for w in row] for row in W[m - 1]]) for m in small
        ],
    )


def unit_output(layer: int, unit: int, last: int) -> str:
    """x_n1, y_n1^(1) or o_n1; a comma from ten units on.

    >>> unit_output(0, 1, 2), unit_output(1, 12, 2), unit_output(2, 3, 2)
    ('x_n1', 'y_n,12^(1)', 'o_n3')
    """
    index = f"n{unit}" if unit < 10 else f"n,{unit}"
    return f"x_{index}" if layer == 0 else f"o_{index}" if layer == last else f"y_{index}^({layer})"


def layer_roles(last: int) -> list[str]:
    """input, hidden …, output for layers 0 … last."""
    return ["input", *["hidden"] * (last - 1), "output"]
