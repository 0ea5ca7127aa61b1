"""Everything that the verdicts look at, worked out once for a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.outcome import OUTCOMES
from deltarule.descent.rules import first_order
from deltarule.equations import backprop
from deltarule.health.bend import Bend, bend
from deltarule.health.case import Case
from deltarule.health.measures import Measures, movement, probe_rows
from deltarule.health.snapshot import Snapshot
from deltarule.health.thresholds import DEEP, FLAT_COURSE, LEARNT
from deltarule.health.yardsticks import Yardsticks, yardsticks
from deltarule.network import Network

Floats = NDArray[np.floating]
Numbers = NDArray[np.float64]
BATCHES = 16  # looked at for the gradient's noise
MANY = 20_000  # samples that the error before the first step is taken from


@dataclass(frozen=True)
class Evidence:
    """A case with its measures, its yardsticks, and its course."""

    case: Case

    @property
    def measures(self) -> Measures:
        return self.case.measures

    @cached_property
    def scale(self) -> Yardsticks:
        """What an error is worth on these samples."""
        c = self.case
        return yardsticks(c.X, c.D, c.loss, c.network.shape.activations[-1], c.sample_weight)

    @cached_property
    def other_scale(self) -> Yardsticks:
        """The same of the rows held out; of the training samples where those are known by their share alone."""
        c = self.case
        held = c.settings.get("validation")
        if not isinstance(held, tuple):
            return self.scale
        X, D, *weights = held
        x, d = np.asarray(X), np.asarray(D)
        s = np.asarray(weights[0]) if weights and weights[0] is not None else None
        return yardsticks(x, d.reshape(len(d), -1), c.loss, c.network.shape.activations[-1], s)

    @property
    def deep(self) -> bool:
        """Whether there are layers enough for a gradient to vanish or explode on the way."""
        return self.case.network.shape.layers >= DEEP.value

    @property
    def trained(self) -> bool:
        """Whether a training is known."""
        return self.case.trained

    @property
    def diverged(self) -> bool:
        return self.case.outcome is not None and self.case.outcome.name == "diverged"

    @property
    def not_finite(self) -> bool:
        """Whether a number stopped being finite (and not only grew)."""
        return (
            self.diverged
            and self.case.outcome is not None
            and self.case.outcome.message == OUTCOMES["diverged"]
        )

    @cached_property
    def start_error(self) -> float:
        """E before the first step, on all samples (evenly spread ones where they are very many)."""
        return self.measures.first.error if self.case.start is None else self._error_of(self.case.start)

    @cached_property
    def final_error(self) -> float:
        """E of the weights that the training ended with, on the same samples: what is told, and decides nothing."""
        return float("inf") if self.not_finite else self._error_of(self.case.network)

    def _error_of(self, network: Network) -> float:
        c = self.case
        rows = probe_rows(len(c.X), MANY)
        s = None if c.sample_weight is None else c.sample_weight[rows]
        if s is not None and not s.any():  # of rows without weight there is no error
            return float("nan")
        x, d = (values[rows].astype(network.dtype, copy=False) for values in (c.X, c.D))
        with np.errstate(all="ignore"):
            trace = backprop.forward(network.shape, network.theta, x)
            return backprop.error(network.shape, trace, d, c.loss, s)

    @property
    def peak(self) -> float:
        """The largest E seen on the way, over that before the first step."""
        seen = [*self.error.tolist(), *(s.error for s in self.measures.snapshots)]
        finite = [v for v in seen if np.isfinite(v)]
        return max(finite) / self.start_error if finite and self.start_error > 0 else float("nan")

    @cached_property
    def error(self) -> Numbers:
        """(epochs,): the training error, epoch by epoch."""
        return (
            self.case.history.error
            if self.case.history is not None and len(self.case.history)
            else np.empty(0)
        )

    @property
    def steps(self) -> Numbers:
        """(epochs,): the step at each epoch's end."""
        return (
            self.case.history.step
            if self.case.history is not None and len(self.case.history)
            else np.empty(0)
        )

    @cached_property
    def end_error(self) -> float:
        """E towards the end: the mean of the last twentieth of the epochs, so that one noisy epoch decides nothing."""
        if self.not_finite:
            return float("inf")
        if not len(self.error):
            return self.measures.last.error
        return float(np.mean(self.error[-max(1, len(self.error) // 20) :]))

    @cached_property
    def beside_line(self) -> float:
        """The squared error of the weights that the training ended with over that of the best straight line; nan for
        losses that are no squares and of no classes."""
        if self.case.loss.name not in ("mse", "half_mse", "cross_entropy", "binary_cross_entropy"):
            return float("nan")
        c, line = self.case, self.scale.line
        s = np.ones(len(c.X)) if c.sample_weight is None else c.sample_weight
        with np.errstate(all="ignore"):
            o, d = c.network.predict(c.X).astype(np.float64), c.D.astype(np.float64)
            least = line * (s @ (d - np.average(d, axis=0, weights=s)) ** 2).sum()
            return float((s @ (d - o) ** 2).sum() / least) if least > 0 else float("nan")

    @property
    def still_falls(self) -> bool:
        """Whether E of the weights that the training ended with lies below that in the middle of its epochs, clearly
        and by more than twice its swing."""
        e, middle = self.error, len(self.error) // 2
        if len(e) < 2:
            return self.final_error < (1 - FLAT_COURSE.value) * self.start_error
        before = np.median(e[middle : middle + max(1, len(e) // 10)])
        return bool(before - self.final_error > max(FLAT_COURSE.value * before, 2 * self.swing))

    @property
    def left(self) -> float:
        """E at the end over E of the best constant."""
        return self.scale.left(self.end_error)

    @property
    def learnt(self) -> float:
        """1 − left."""
        return 1 - self.left

    @property
    def stalled(self) -> bool:
        """Whether the network has not learnt half of what a constant leaves, or nothing is known of its learning."""
        return not self.trained or self.learnt < LEARNT.value

    @property
    def fall(self) -> float:
        """Relative fall of E over the second half of the epochs, each half told by the median of a tenth."""
        e = self.error
        if len(e) < 4:
            return float("nan")
        tenth = max(1, len(e) // 10)
        middle, end = np.median(e[len(e) // 2 : len(e) // 2 + tenth]), np.median(e[-tenth:])
        return float((middle - end) / middle) if middle > 0 else 0.0

    @cached_property
    def swing(self) -> float:
        """Standard deviation of E around a parabola over the last half of the epochs."""
        e = self.error[len(self.error) // 2 :]
        if len(e) < 8 or not np.isfinite(e).all():
            return 0.0
        t = np.arange(len(e), dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.std(e - np.polyval(np.polyfit(t, e, 2), t)))

    @property
    def full_batch(self) -> bool:
        """Whether every step saw all samples: then no rise of E is noise."""
        return len(self.steps) > 0 and self.steps[0] == 1

    @property
    def rises(self) -> float:
        """The sum of all rises of E from epoch to epoch over the last half."""
        e = self.error[len(self.error) // 2 :]
        return float(np.maximum(np.diff(e), 0).sum()) if np.isfinite(e).all() else 0.0

    @cached_property
    def moved(self) -> float:
        """‖θ − θ₀‖/‖θ₀‖, nan where the start is not known."""
        c = self.case
        return movement(c.network, c.start) if c.start is not None else float("nan")

    @cached_property
    def bend_first(self) -> Bend:
        """λ_max and λ_min at the start."""
        return self._bend(True)

    @cached_property
    def bend_last(self) -> Bend:
        """λ_max and λ_min at the end."""
        return self._bend(False)

    def _bend(self, first: bool) -> Bend:
        c = self.case
        return bend(c.first if first else c.network, c.X, c.D, c.loss, c.penalty, c.sample_weight)

    @cached_property
    def noise(self) -> float:
        """E‖g_b − g‖²/‖g‖² at the end: how far the gradients of single batches g_b lie from that of all samples g.

        From BATCHES batches of the training's own size; nan where a step sees all samples or nothing is known.
        """
        c, size = self.case, self.case.rows_a_step
        if not self.trained or size >= len(c.X) or not np.isfinite(c.network.theta).all():
            return float("nan")
        rows = np.random.default_rng(0).permutation(len(c.X))[: BATCHES * size]
        batches = [self._gradient(part) for part in np.array_split(rows, max(2, len(rows) // size))]
        g = np.mean(batches, axis=0)
        far = float(np.mean([np.sum((b - g) ** 2) for b in batches]))
        return far / float(g @ g) if g.any() else float("inf")

    def _gradient(self, rows: NDArray[np.intp]) -> Floats:
        c = self.case
        s = None if c.sample_weight is None else c.sample_weight[rows]
        if s is not None and not s.any():  # a batch whose samples all have weight 0 has nothing to say
            return np.zeros(c.network.shape.size)
        with np.errstate(all="ignore"):
            return c.network.gradient(c.X[rows], c.D[rows], c.loss, sample_weight=s).theta.astype(np.float64)

    @property
    def learning_rate(self) -> float:
        """η of the first step, nan where unknown."""
        h = self.case.history
        if h is not None and len(h) and np.isfinite(h.learning_rate[0]):
            return float(h.learning_rate[0])
        given = self.case.settings.get("learning_rate")
        return float(given) if given is not None else self.rule_rate

    @property
    def rule_rate(self) -> float:
        """The rule's own η, nan where unknown."""
        return float(getattr(self.case.rule, "learning_rate", np.nan))

    @property
    def code(self) -> str:
        """The code of the first-order rule that moved θ; "" for full-batch rules, which have no learning rate."""
        return str(getattr(self.case.rule, "code", "gradient")) if first_order(self.case.rule) else ""

    def lasting(self, holds: Callable[[Snapshot], bool]) -> int | None:
        """The step of the first snapshot from which on it holds in all; None where it does not hold at the end."""
        since: int | None = None
        for seen in reversed(self.measures.snapshots):
            if not holds(seen):
                break
            since = seen.step
        return since
