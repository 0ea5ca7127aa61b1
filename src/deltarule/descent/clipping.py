"""Gradient clipping: by value, then by global norm (Pascanu, Mikolov, Bengio 2013, algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import above_zero

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Clipping:
    """g_p ← min(max(g_p, −value), value), then g ← g·min(1, norm/‖g‖₂) over all of θ.

    >>> clipped = Clipping(norm=1.0).apply(np.array([3.0, 4.0]))
    >>> clipped.round(12).tolist()
    [0.6, 0.8]
    """

    value: float = np.inf
    norm: float = np.inf

    def __post_init__(self) -> None:
        for name, limit in (("clip_value", self.value), ("clip_norm", self.norm)):
            if limit != np.inf:  # no limit
                above_zero(name, limit)

    def apply(self, g: Floats) -> Floats:
        """The clipped gradient; g itself where nothing exceeds a limit."""
        if self.value < np.inf:
            g = np.clip(g, -self.value, self.value)
        if self.norm < np.inf:
            size = float(np.linalg.norm(g))
            if size > self.norm:
                g = g * (self.norm / size)
        return g
