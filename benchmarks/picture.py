"""The table as a picture: how many times longer each rival takes for a step, on a logarithmic axis."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

RIVALS = ("JAX", "PyTorch", "scikit-learn")
COLOURS = ("#3b6ea5", "#c8553d", "#e0a030")
LEFT, WIDTH, ROW = 230, 470, 46


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Writes the SVG."""
    top = max(1.0, *(math.log10(row["ratio"][rival]) for row in rows for rival in RIVALS))
    height = 70 + ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 70} {height}" '
        'font-family="sans-serif" font-size="12">',
        "<title>How many times longer a training step takes elsewhere</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        _text(LEFT, 18, "time of a step ÷ deltarule’s (Adam, float32)", 'font-size="14"'),
    ]
    for n, (rival, colour) in enumerate(zip(RIVALS, COLOURS, strict=True)):
        parts += [_bar(LEFT + 110 * n, 28, 10, colour), _text(LEFT + 15 + 110 * n, 38, rival)]
    for power in range(int(top) + 1):
        x = LEFT + WIDTH * power / top
        parts.append(f'<line x1="{x:.1f}" y1="50" x2="{x:.1f}" y2="{height - 18}" stroke="#ddd"/>')
        parts.append(_text(x, height - 4, f"{10**power:,}", 'text-anchor="middle"'))
    for r, row in enumerate(rows):
        y = 54 + ROW * r
        parts.append(_text(LEFT - 8, y + 24, row["name"], 'text-anchor="end"'))
        for n, (rival, colour) in enumerate(zip(RIVALS, COLOURS, strict=True)):
            ratio = row["ratio"][rival]
            length = max(1.0, WIDTH * math.log10(max(ratio, 1.0)) / top)
            parts.append(_bar(LEFT, y + 13 * n, length, colour))
            parts.append(_text(LEFT + length + 4, y + 10 + 13 * n, f"{digits(ratio)}x", 'font-size="10"'))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def digits(value: float, count: int = 3) -> str:
    """So many digits of a number, written out.

    >>> digits(1263.4), digits(0.9371), digits(34796.0, 4)
    ('1,260', '0.937', '34,800')
    """
    return f"{float(f'{value:.{count}g}'):,.{max(count, 9)}g}"


def _text(x: float, y: float, words: str, how: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {how}>{words}</text>'


def _bar(x: float, y: float, length: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{length:.1f}" height="11" fill="{colour}"/>'
