"""One number's scaling: (x − center) / spread, fitted on training rows, undone exactly enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import UnknownName

Scale = Literal["standard", "minmax", "none"]
SCALES = ("standard", "minmax", "none")
F = TypeVar("F", float, NDArray[np.float64])


@dataclass(frozen=True)
class Scaling:
    """scaled = (value − center) / spread; value = scaled · spread + center.

    standard: center = mean, spread = standard deviation (divided by N), so that scaled values have mean 0, variance 1.
    minmax: center and spread take [least, greatest] to [low, high], [−1, 1] by default.
    none: center 0, spread 1.

    >>> Scaling.fit(np.array([1.0, 3.0]), "standard")
    Scaling(center=2.0, spread=1.0)
    >>> Scaling.fit(np.array([0.0, 10.0]), "minmax").scale(10.0) == 1.0
    True
    """

    center: float = 0.0
    spread: float = 1.0

    @classmethod
    def fit(
        cls, values: NDArray[np.float64], scale: Scale | str, low: float = -1.0, high: float = 1.0
    ) -> Scaling:
        """The scaling of these finite values (N,); where they do not differ, the spread is 1."""
        if scale not in SCALES:
            raise UnknownName("scaling", scale, SCALES)
        if scale == "none":
            return cls()
        if np.all(values == values[0]):  # their mean may be rounded, and their spread with it
            return cls(float(values[0]))
        if scale == "standard":
            center = float(values.mean())
            away = values - center
            size = 2.0 ** np.frexp(np.abs(away).max())[1]  # small numbers have no squares
            spread = float(size * np.sqrt(np.mean((away / size) ** 2)))
        else:
            least, greatest = float(values.min()), float(values.max())
            spread = (greatest - least) / (high - low)
            center = least - low * spread
        return cls(center, spread) if spread > 0.0 else cls(center)

    def scale(self, value: F) -> F:
        """(value − center) / spread."""
        return (value - self.center) / self.spread

    def unscale(self, scaled: F) -> F:
        """scaled · spread + center."""
        return scaled * self.spread + self.center

    def to_json(self) -> dict[str, Any]:
        """Center and spread."""
        return {"center": self.center, "spread": self.spread}
