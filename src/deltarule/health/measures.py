"""The measures over a training: snapshots taken by an observer while it runs, or at start and end after the fact."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule import amounts
from deltarule.descent.loop import Moment
from deltarule.descent.rules import first_order
from deltarule.equations.losses import Loss
from deltarule.errors import InputError
from deltarule.health.snapshot import Snapshot, look, norm
from deltarule.kernels.one_thread import one_thread
from deltarule.network import Network

Floats = NDArray[np.floating]
Numbers = NDArray[np.float64]

ROWS = 256  # samples of a snapshot: a share of 0.5 is then known to ±0.06, and a pass costs like eight steps of 32
SHARE = 0.03  # of the training's time that the measures may take


@dataclass(frozen=True)
class Measures:
    """Snapshots in the order of their steps; `measures["slope"]` is that measure over time, (T, L) or (T, L−1)."""

    snapshots: tuple[Snapshot, ...] = ()

    def __len__(self) -> int:
        return len(self.snapshots)

    def __getitem__(self, name: str) -> Numbers:
        if not self.snapshots or not isinstance(getattr(self.snapshots[0], name, None), np.ndarray):
            raise InputError(f"there is no measure '{name}' by layer: there are {', '.join(self.names)}")
        return np.array([getattr(s, name) for s in self.snapshots])

    @property
    def names(self) -> list[str]:
        """The measures that have a number for each layer."""
        if not self.snapshots:
            return []
        seen = self.snapshots[0]
        known = [*vars(seen), "factor", "reach", "saturated_share", "dead_share"]
        return [name for name in known if isinstance(getattr(seen, name), np.ndarray)]

    @property
    def steps(self) -> NDArray[np.int64]:
        """(T,): the step of each snapshot."""
        return np.array([s.step for s in self.snapshots], np.int64)

    @property
    def first(self) -> Snapshot:
        """The earliest snapshot."""
        return self.snapshots[0]

    @property
    def last(self) -> Snapshot:
        """The latest snapshot."""
        return self.snapshots[-1]

    @classmethod
    def after(
        cls,
        networks: Sequence[Network],
        steps: Sequence[int],
        X: Floats,
        D: Floats,
        loss: Loss,
        weight: Floats | None = None,
    ) -> Measures:
        """After the fact: a snapshot of each network, on rows spread evenly over X."""
        rows = probe_rows(len(X))
        s = None if weight is None else weight[rows]
        pairs = zip(networks, steps, strict=True)
        return cls(tuple(look(n.shape, n.theta, X[rows], D[rows], loss, s, step) for n, step in pairs))


class Measuring:
    """An observer for `train(observers=[…])` that takes the measures while a network learns.

    Parameters
    ----------
    every : a snapshot exactly at each multiple of so many steps; None takes them as time allows, the
    first and last always.
    share : of the training's time that the measures may take when `every` is None; 0.03 is 3 %.
    rows : how many samples a snapshot looks at, spread evenly over X.

    >>> from deltarule.descent.training import train
    >>> X = np.random.default_rng(0).standard_normal((64, 2)); watch = Measuring(every=10)
    >>> result = train(Network([2, 4, 1]), X, X[:, :1], rule="adam", epochs=15, observers=[watch])
    >>> watch.measures.steps.tolist(), watch.measures["slope"].shape
    ([0, 10, 20, 30], (4, 2))
    """

    def __init__(self, every: int | None = None, share: float = SHARE, rows: int = ROWS) -> None:
        self.every = 0 if every is None else amounts.count("every", every)
        self.share = amounts.share("share", share, one=True)
        self.rows = amounts.count("rows", rows)
        self.seconds = self._last = 0.0
        self.start: Floats | None = None
        self.moment: Moment | None = None
        self._snapshots: list[Snapshot] = []

    @property
    def measures(self) -> Measures:
        """What was measured so far."""
        return Measures(tuple(self._snapshots))

    def __call__(self, moment: Moment) -> None:
        step = moment.state.step
        if step == 0 and moment.outcome is None:  # a new training begins
            self.start, self._snapshots, self.seconds = moment.state.theta.copy(), [], 0.0
        if moment.outcome is not None:
            self.moment = moment
        if self._snapshots and self._snapshots[-1].step == step:
            return
        due = (
            step % self.every == 0 if self.every else self.seconds + self._last <= self.share * moment.seconds
        )
        if due or moment.outcome is not None or not self._snapshots:
            began = time.perf_counter()
            self._snapshots.append(self._look(moment))
            self._last = time.perf_counter() - began
            self.seconds += self._last

    def _look(self, moment: Moment) -> Snapshot:
        f, theta = moment.objective, moment.state.theta
        rows = probe_rows(len(f.X), self.rows)
        X, D = f.X[rows].astype(theta.dtype, copy=False), f.D[rows].astype(theta.dtype, copy=False)
        s = None if f.sample_weight is None else f.sample_weight[rows].astype(theta.dtype, copy=False)
        if s is not None and not s.any():
            s = None
        with one_thread():  # the products are small: more threads would wait for each other
            return look(f.shape, theta, X, D, f.loss, s, moment.state.step, partial(update_ratio, moment))


def update_ratio(moment: Moment, g: Floats) -> Numbers:
    """‖Δθ^(m)‖/‖θ^(m)‖ per layer of the rule's step now with gradient g (P,); nan for full-batch rules."""
    f, state, rule = moment.objective, moment.state, moment.rule
    if not first_order(rule):
        return np.full(f.shape.layers, np.nan)
    theta = state.theta.copy()
    rule.update(theta, g, state.memory.copy(), _rate(moment), state.step + 1, f.weights)
    sizes = f.shape.layer_norms(theta - state.theta)
    return sizes / np.maximum(f.shape.layer_norms(state.theta), np.finfo(np.float64).tiny)


def probe_rows(N: int, rows: int = ROWS) -> slice | NDArray[np.intp]:
    """All rows where they are few, else so many spread evenly."""
    return slice(None) if rows >= N else np.linspace(0, N - 1, rows).round().astype(np.intp)


def movement(network: Network, start: Network) -> float:
    """‖θ − θ₀‖/‖θ₀‖: how far a training went, measured by where it began; nan of a committee, of several starts."""
    if network.sizes != start.sizes:
        return float("nan")
    return norm(network.theta - start.theta) / max(norm(start.theta), np.finfo(np.float64).tiny)


def _rate(moment: Moment) -> float:
    history: Any = moment.history
    if len(history) and np.isfinite(history.learning_rate[-1]):
        return float(history.learning_rate[-1])
    return float(getattr(moment.rule, "learning_rate", np.nan))
