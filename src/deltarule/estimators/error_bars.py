"""Error bars of one network or of a committee, in the target's own unit.

A committee's variance is the mean of its members' and the variance of their outputs; its intervals are as many
deviations wide as its members' are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.error_bars import ErrorBars
from deltarule.descent.error_bars import error_bars as bars_of
from deltarule.estimators.standardisation import Standardisation
from deltarule.network import Network

Floats = NDArray[Any]


@dataclass(frozen=True)
class Member:
    """A network as it was trained, its error bars in its own units, and the scaling between those and the user's."""

    network: Network
    bars: ErrorBars
    scaling: Standardisation | None

    @classmethod
    def of(
        cls, network: Network, X: Floats, D: Floats, s: Floats | None, scaling: Standardisation | None
    ) -> Member:
        """From the rows that trained it, as it saw them."""
        return cls(network, bars_of(network, X, D, "half_mse", s, counts=True), scaling)

    def told(self, X: Floats, coverage: float) -> tuple[Floats, Floats, Floats]:
        """Outputs, deviations and half the width of the interval at X (N, I), each (N, K)."""
        x = X.astype(np.float64) if self.scaling is None else self.scaling.inputs(X)
        deviation = self.bars.deviation(self.network, x)
        low, high = self.bars.interval(self.network, x, coverage)
        o, half = (low + high) / 2, (high - low) / 2
        if self.scaling is None:
            return o, deviation, half
        spread = self.scaling.target_spread
        return o * spread + self.scaling.target_center, deviation * spread, half * spread


def together(members: list[Member], X: Floats, coverage: float = 0.5) -> tuple[Floats, Floats]:
    """Deviation and half the width of an interval (N, K) around the mean of the members' outputs."""
    outputs, deviations, halves = (
        np.array(part) for part in zip(*(m.told(X, coverage) for m in members), strict=True)
    )
    deviation = np.sqrt(np.mean(deviations**2, axis=0) + np.var(outputs, axis=0))
    return deviation, deviation * np.mean(halves / deviations, axis=0)
