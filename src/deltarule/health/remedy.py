"""A remedy: one change of settings, with the reason, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.health.case import Case
from deltarule.network import Network

Floats = NDArray[np.floating]

KINDS = (
    "activation",
    "start",
    "scale",
    "clip",
    "penalty",
    "learning-rate",
    "schedule",
    "rule",
    "depth",
    "width",
    "stopping",
    "evidence",
)


@dataclass(frozen=True)
class Scaling:
    """x ← (x − mean)/spread, column by column, fitted on training samples; constant columns are only shifted."""

    mean: Floats
    spread: Floats

    @classmethod
    def fit(cls, values: Floats, low: float = -np.inf, high: float = np.inf) -> Scaling:
        """To mean 0 and spread 1; with bounds, the range to the inner 80 % of [low, high]."""
        v = values.astype(np.float64)
        if np.isfinite(low) and np.isfinite(high):
            width = np.ptp(v, axis=0) / (0.8 * (high - low))
            width = np.where(width > 0, width, 1.0)
            return cls(v.min(axis=0) - width * (low + 0.1 * (high - low)), width)
        spread = v.std(axis=0)
        return cls(v.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def apply(self, values: Floats) -> Floats:
        return ((values - self.mean) / self.spread).astype(values.dtype)

    def back(self, values: Floats) -> Floats:
        return values * self.spread + self.mean


@dataclass(frozen=True)
class Remedy:
    """One change.

    kind : one of KINDS. title : what is changed, in words. reason : why it helps, as the lecture says it.
    settings : arguments of `train` to be replaced. activation, sizes : of the hidden layers, where they change.
    start : starting weights to be drawn anew (with the case's seed). scale : "inputs", "targets".
    """

    kind: str
    title: str
    reason: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    activation: str | None = None
    start: str | None = None
    sizes: tuple[int, ...] | None = None
    scale: Sequence[str] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}. {self.reason}"

    def apply(self, case: Case) -> Changed:
        """The case with this change: what to train, on what, how; and the way back to the targets' own unit."""
        settings = {**case.settings, **self.settings}
        X, D, inputs, targets = case.X, case.D, None, None
        if "inputs" in self.scale:
            inputs = Scaling.fit(X)
            X = inputs.apply(X)
        if "targets" in self.scale:
            S = case.network.shape.activations[-1]
            targets = Scaling.fit(D, *{"logistic": (0.0, 1.0), "tanh": (-1.0, 1.0)}.get(S, ()))
            D = targets.apply(D)
        held_out = settings.get("validation")
        if isinstance(held_out, tuple):
            x, d, *weights = held_out
            x, d = np.asarray(x), np.asarray(d)
            settings["validation"] = (
                inputs.apply(x) if inputs else x,
                targets.apply(d.reshape(len(d), -1)) if targets else d,
                *weights,
            )
        return Changed(self._network(case), X, D, settings, targets)

    def changes(self, case: Case) -> bool:
        """Whether it does: a start that the case had already does not."""
        if not self.start or self.activation or self.sizes or self.scale or self.settings:
            return True
        return not np.array_equal(self._network(case).theta, case.first.theta)

    def _network(self, case: Case) -> Network:
        if not (self.activation or self.start or self.sizes):
            return case.first.copy()
        old, sizes = case.first.shape, self.sizes or case.first.sizes
        before = list(old.activations)
        hidden = [self.activation] * (len(sizes) - 2) if self.activation else before[:-1]
        if len(hidden) != len(sizes) - 2:
            hidden = [before[0] if len(before) > 1 else "tanh"] * (len(sizes) - 2)
        seed = int(case.settings.get("seed", 0))
        start = self.start or matched_start(hidden[0] if hidden else "identity")
        return Network(
            sizes,
            hidden,
            before[-1],
            old.bias,
            start,
            seed,
            case.first.dtype,
        )


@dataclass(frozen=True)
class Changed:
    """What a remedy makes of a case."""

    network: Network
    X: Floats
    D: Floats
    settings: Mapping[str, Any]
    targets: Scaling | None = None

    def error(
        self, network: Network, case: Case, rows: tuple[Floats, Floats, Floats | None] | None = None
    ) -> float:
        """E of that network on these rows X, D, s as changed, None for the training samples; in the targets' own unit,
        without the penalty."""
        X, D, s = (self.X, self.D, case.sample_weight) if rows is None else rows
        with np.errstate(all="ignore"):
            if self.targets is None:
                return float(network.error(X, D, case.loss, sample_weight=s))
            o, d = (self.targets.back(v.astype(np.float64)) for v in (network.predict(X), D))
            return float(np.average(case.loss.e(o, d).sum(axis=1), weights=s))

    def in_unit(self, errors: Floats, case: Case) -> Floats:
        """Errors of the course in the targets' own unit, where the scale is one for all targets; else as they are."""
        if (
            self.targets is None
            or case.loss.name not in ("mse", "half_mse")
            or len(set(self.targets.spread.tolist())) > 1
        ):
            return errors
        return errors * float(self.targets.spread[0]) ** 2


def matched_start(activation: str) -> str:
    """The start that keeps the gradient's size: He for relu and its kin, LeCun for selu, else Glorot."""
    if activation in ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus"):
        return "he"
    return "lecun" if activation == "selu" else "glorot"


def unchanged(case: Case) -> Remedy:
    """No change at all: the original, to be run beside."""
    return replace(Remedy("", "the original", ""), settings=dict(case.settings))
