"""What is said about a network: a name, where, since when, how surely, on what evidence, and what helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deltarule.health.thresholds import Threshold

if TYPE_CHECKING:
    from deltarule.health.remedy import Remedy

# in the order in which one is taken for the cause of another that appears at the same step
NAMES = (
    "unscaled_inputs",
    "unscaled_targets",
    "symmetric_weights",
    "dead_units",
    "saturated_units",
    "exploding_gradient",
    "vanishing_gradient",
    "bad_start",
    "learning_rate_too_large",
    "oscillation",
    "not_a_number",
    "learning_rate_too_small",
    "ended_early",
    "overfitting",
    "underfitting",
    "plateau",
)


@dataclass(frozen=True)
class Where:
    """The layers m (1 … L) that a verdict is about, and of them the units (from 1) where single ones are meant."""

    layers: tuple[int, ...] = ()
    units: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    note: str = ""

    def __str__(self) -> str:
        parts = [f"layer{'s' if len(self.layers) > 1 else ''} {spans(self.layers)}"] if self.layers else []
        # of several layers the units are in `units`, a sentence has no room for them
        if len(self.units) == 1:
            units = next(iter(self.units.values()))
            parts.append(f"unit{'s' if len(units) > 1 else ''} {spans(units)}")
        return ", ".join([*parts, *([self.note] if self.note else [])]) or "the whole network"


@dataclass(frozen=True)
class Verdict:
    """One fault.

    name : one of NAMES. where : layers and units. since : the step at which it was first seen to last, None where it
    is not a matter of time. certainty : 0.5 at the threshold, towards 1 beyond it. evidence : what was measured, each
    with its threshold. sentence : for a person. because : the verdict that it follows from, "" where it stands alone.
    remedies : what helps, best first.
    """

    name: str
    where: Where
    since: int | None
    certainty: float
    evidence: tuple[str, ...]
    sentence: str
    because: str = ""
    cause: str = ""
    remedies: tuple[Remedy, ...] = ()

    def __str__(self) -> str:
        when = "" if self.since is None else f", since step {self.since}"
        return f"{self.name.replace('_', ' ')} ({self.where}{when}; certainty {self.certainty:.2f}): {self.sentence}"

    def to_json(self) -> dict[str, Any]:
        """The same as plain values; what follows from another verdict has its remedies there."""
        return {
            "name": self.name,
            "layers": list(self.where.layers),
            "units": {str(m): list(units) for m, units in self.where.units.items()},
            "where": str(self.where),
            "since": self.since,
            "certainty": round(self.certainty, 3),
            "because": self.because or None,
            "evidence": list(self.evidence),
            "sentence": self.sentence,
            "remedies": []
            if self.because
            else [{"kind": r.kind, "title": r.title, "reason": r.reason} for r in self.remedies],
        }


def above(value: float, threshold: Threshold) -> float:
    """Certainty of a value beyond its threshold, 1 − threshold/(2 value): 0.5 at it, 0.95 at ten times.

    >>> above(100.0, Threshold(10, "")), above(float("inf"), Threshold(10, ""))
    (0.95, 1.0)
    """
    return (
        1.0
        if not np.isfinite(value)
        else float(np.clip(1 - threshold.value / (2 * max(value, 1e-300)), 0, 1))
    )


def below(value: float, threshold: Threshold) -> float:
    """Certainty of a value under its threshold, 1 − value/(2 threshold).

    >>> below(0.0, Threshold(10, ""))
    1.0
    """
    return float(np.clip(1 - value / (2 * threshold.value), 0, 1))


def spans(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 as '1–3, 7'; beyond six spans the rest is counted.

    >>> spans([1, 2, 3, 7])
    '1–3, 7'
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    words = [f"{a}–{b}" if b > a else f"{a}" for a, b in runs]
    if len(words) <= 6:
        return ", ".join(words)
    return f"{', '.join(words[:6])} and {sum(b - a + 1 for a, b in runs[6:])} more"
