"""Small tables with something to learn, made from a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def bowl(path: Path, rows: int = 80, seed: int = 0) -> Path:
    """y = x1² + x2 + noise, with a colour that shifts it and gaps in x2."""
    random = np.random.default_rng(seed)
    x1, x2, noise = random.normal(size=(3, rows))
    colour = random.integers(0, 3, rows)
    y = x1**2 + x2 + colour + 0.1 * noise
    lines = ["x1,x2,colour,y"]
    for n in range(rows):
        gap = "" if n % 11 == 3 else f"{x2[n]:.6f}"
        lines.append(f"{x1[n]:.6f},{gap},{('red', 'green', 'blue')[colour[n]]},{y[n]:.6f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def rings(path: Path, rows: int = 90, seed: int = 0) -> Path:
    """Three classes by distance from the middle: no line parts them."""
    random = np.random.default_rng(seed)
    x1, x2 = random.normal(size=(2, rows))
    radius = np.hypot(x1, x2)
    names = np.array(["inner", "middle", "outer"])[np.searchsorted([0.8, 1.5], radius)]
    path.write_text(
        "\n".join(["x1,x2,ring", *(f"{a:.6f},{b:.6f},{c}" for a, b, c in zip(x1, x2, names, strict=True))])
        + "\n"
    )
    return path
