"""The table as a picture: how many times longer each rival takes for a step, on a logarithmic axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

RIVALS = ("JAX", "PyTorch", "scikit-learn")
COLOURS = ("#3b6ea5", "#c8553d", "#e0a030")
LEFT, WIDTH, ROW = 230, 470, 46


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Writes the SVG."""
    import math

    top = max(1.0, *(math.log10(row["ratio"][rival]) for row in rows for rival in RIVALS))
    height = 70 + ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 70} {height}" font-family="sans-serif" font-size="12">',
        "<title>How many times longer a training step takes elsewhere</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-size="14">time of a step ÷ deltarule’s (Adam, float32)</text>',
    ]
    for n, (rival, colour) in enumerate(zip(RIVALS, COLOURS, strict=True)):
        parts.append(f'<rect x="{LEFT + 110 * n}" y="28" width="10" height="10" fill="{colour}"/><text x="{LEFT + 15 + 110 * n}" y="38">{rival}</text>')
    for power in range(int(top) + 1):
        x = LEFT + WIDTH * power / top
        parts.append(f'<line x1="{x:.1f}" y1="50" x2="{x:.1f}" y2="{height - 18}" stroke="#ddd"/><text x="{x:.1f}" y="{height - 4}" text-anchor="middle">{10**power:,}</text>')
    for r, row in enumerate(rows):
        y = 54 + ROW * r
        parts.append(f'<text x="{LEFT - 8}" y="{y + 24}" text-anchor="end">{row["name"]}</text>')
        for n, (rival, colour) in enumerate(zip(RIVALS, COLOURS, strict=True)):
            ratio = row["ratio"][rival]
            length = max(1.0, WIDTH * math.log10(max(ratio, 1.0)) / top)
            parts.append(f'<rect x="{LEFT}" y="{y + 13 * n}" width="{length:.1f}" height="11" fill="{colour}"/><text x="{LEFT + length + 4:.1f}" y="{y + 10 + 13 * n}" font-size="10">{ratio:.3g}x</text>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")
