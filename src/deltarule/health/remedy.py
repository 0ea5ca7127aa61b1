"""A remedy: one change of settings, with the reason, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.rules import rule as find_rule
from deltarule.descent.schedules import schedule
from deltarule.equations.activations import activation
from deltarule.equations.penalties import penalty
from deltarule.health.case import Case
from deltarule.network import Network
from deltarule.tables.scaling import Scaling
from deltarule.tables.targets import RANGE_OF

Floats = NDArray[np.floating]
Scalings = tuple[Scaling, ...]  # one for each column

KINDS = (
    "activation",
    "start",
    "scale",
    "clip",
    "penalty",
    "learning-rate",
    "schedule",
    "rule",
    "epochs",
    "depth",
    "width",
    "stopping",
    "evidence",
)


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
            inputs = _fitted(X)
            X = _scaled(X, inputs)
        if "targets" in self.scale:
            targets = _fitted(D, reach(case.network.shape.activations[-1]))
            D = _scaled(D, targets)
        held_out = settings.get("validation")
        if isinstance(held_out, tuple):
            x, d, *weights = held_out
            x, d = np.asarray(x), np.asarray(d)
            settings["validation"] = (
                _scaled(x, inputs) if inputs else x,
                _scaled(d.reshape(len(d), -1), targets) if targets else d,
                *weights,
            )
        return Changed(self._network(case), X, D, settings, targets, inputs)

    def changes(self, case: Case) -> bool:
        """Whether it does: what the case has already is no remedy, and no more is a layer of as many units."""
        if self.sizes == case.first.sizes:
            return False
        if not all(_is_set(case, name, value) for name, value in self.settings.items()):
            return True
        if self.scale:
            changed = self.apply(case)
            return not (np.allclose(changed.X, case.X) and np.allclose(changed.D, case.D))
        network = self._network(case)
        return network.shape != case.first.shape or not np.array_equal(network.theta, case.first.theta)

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
    targets: Scalings | None = None
    inputs: Scalings | None = None

    def scaled(self, X: Floats, D: Floats) -> tuple[Floats, Floats]:
        """Further rows, as the change makes them."""
        return _scaled(X, self.inputs) if self.inputs else X, _scaled(D, self.targets) if self.targets else D

    def error(
        self, network: Network, case: Case, rows: tuple[Floats, Floats, Floats | None] | None = None
    ) -> float:
        """E of that network on these rows X, D, s as changed, None for the training samples; in the targets' own unit,
        without the penalty."""
        X, D, s = (self.X, self.D, case.sample_weight) if rows is None else rows
        with np.errstate(all="ignore"):
            if self.targets is None:
                return float(network.error(X, D, case.loss, sample_weight=s))
            o, d = (_unscaled(v, self.targets) for v in (network.predict(X), D))
            return float(np.average(case.loss.e(o, d).sum(axis=1), weights=s))

    def in_unit(self, errors: Floats, case: Case) -> Floats:
        """Errors of the course in the targets' own unit, where the scale is one for all targets; else as they are."""
        if self.targets is None or case.loss.name not in ("mse", "half_mse"):
            return errors
        spreads = {each.spread for each in self.targets}
        return errors * spreads.pop() ** 2 if len(spreads) == 1 else errors


def _is_set(case: Case, name: str, value: Any) -> bool:
    """Whether this argument of `train` has that value in the case, whatever it was called there."""
    now = case.arguments.get(name)
    if name == "rule":
        return bool(find_rule(value) == case.rule)
    if name in _FOUND:
        return bool(_FOUND[name](value) == _FOUND[name](now))
    return bool(now == value)


_FOUND: dict[str, Callable[[Any], Any]] = {"penalty": penalty, "schedule": schedule}


def _fitted(values: Floats, within: tuple[float, float] | None = None) -> Scalings:
    """Of each column: to mean 0 and spread 1, or within these bounds; a constant column is only shifted."""
    columns = values.astype(np.float64).T
    if within is None:
        return tuple(Scaling.fit(column, "standard") for column in columns)
    return tuple(Scaling.fit(column, "minmax", *within) for column in columns)


def _scaled(values: Floats, scalings: Scalings) -> Floats:
    columns = zip(values.T, scalings, strict=True)
    return np.stack([each.scale(column) for column, each in columns], axis=1).astype(values.dtype)


def _unscaled(values: Floats, scalings: Scalings) -> Floats:
    columns = zip(values.astype(np.float64).T, scalings, strict=True)
    return np.stack([each.unscale(column) for column, each in columns], axis=1)


def reach(output: str) -> tuple[float, float] | None:
    """Where targets are placed so that outputs of this activation reach them; None where they reach everything."""
    return RANGE_OF.get(output) or (RANGE_OF["relu"] if activation(output).low >= 0 else None)


def matched_start(activation: str) -> str:
    """The start that keeps the gradient's size: He for relu and its kin, LeCun for selu, else Glorot."""
    if activation in ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus"):
        return "he"
    return "lecun" if activation == "selu" else "glorot"


def unchanged(case: Case) -> Remedy:
    """No change at all: the original, to be run beside."""
    return replace(Remedy("", "the original", ""), settings=dict(case.settings))
