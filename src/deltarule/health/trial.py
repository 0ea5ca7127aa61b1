"""The proof of a remedy: the training with it beside the training without, same seed, same budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule import samples
from deltarule.descent.held_out import set_apart
from deltarule.descent.training import Training, train
from deltarule.health.case import Case
from deltarule.health.measures import Measures, Measuring
from deltarule.health.remedy import Changed, Remedy, unchanged
from deltarule.health.verdict import Verdict

Numbers = NDArray[np.float64]
HELPED = 1.05  # the error must fall by a twentieth to be called a gain


@dataclass(frozen=True)
class Side:
    """One of the two trainings: the curves over the steps, and the error of the weights kept, in the targets'
    own unit."""

    title: str
    training: Training
    measures: Measures
    error: Numbers
    validation: Numbers  # NaN where validation rows were not looked at
    reached: float

    @property
    def steps(self) -> Numbers:
        """(epochs,): the step at each epoch's end."""
        return self.training.history.step

    @property
    def gradient_norm(self) -> Numbers:
        """(epochs,): ‖∂(E + penalty)/∂θ‖ at each epoch's last step."""
        return _sizes(self.training.history.gradient_norm) if len(self.error) else np.empty(0)

    @property
    def weight_norm(self) -> tuple[NDArray[np.int64], Numbers]:
        """The steps measured, and ‖W‖ over all layers at each."""
        return self.measures.steps, _sizes(self.measures["weight_size"])


@dataclass(frozen=True)
class Trial:
    """A remedy beside the original: `.gain` is the error reached without it over that with it; above 1 it helped."""

    remedy: Remedy
    original: Side
    changed: Side
    judged_on: str

    @property
    def gain(self) -> float:
        """Error without the remedy over error with it; ∞ where only the remedy's is a number."""
        a, b = self.original.reached, self.changed.reached
        if not np.isfinite(b):
            return 1.0 if not np.isfinite(a) else 0.0
        if not np.isfinite(a):
            return float("inf")
        return a / b if b > 0 else float("inf") if a > 0 else 1.0

    @property
    def helped(self) -> bool:
        """Whether the error fell by more than a twentieth."""
        return self.gain > HELPED

    @property
    def sentence(self) -> str:
        """What came of it, for a person."""
        a, b = self.original.reached, self.changed.reached
        both = f"{self.judged_on} error {_number(a)} without, {_number(b)} with it"
        if self.helped:
            times = (
                "only with it is the error a number"
                if not np.isfinite(self.gain)
                else f"{self.gain:.3g} times lower"
            )
            return f"{self.remedy.title} helped: {both}: {times}."
        return f"{self.remedy.title} did not help: {both}."

    def text(self, rows: int = 8) -> str:
        """Error, gradient norm and ‖W‖ of both over the steps, as a table for a terminal."""
        lines = [self.sentence, ""]
        lines.append(f"{'':>10}{'without':^33}{'with ' + self.remedy.kind:^33}")
        lines.append(f"{'step':>10}" + f"{'error':>11}{'‖gradient‖':>11}{'‖W‖':>11}" * 2)
        last = max((float(s.steps[-1]) for s in (self.original, self.changed) if len(s.steps)), default=0.0)
        first = max((float(s.steps[0]) for s in (self.original, self.changed) if len(s.steps)), default=0.0)
        for step in np.unique(np.linspace(min(first, last), last, rows).round()):
            cells = [c for side in (self.original, self.changed) for c in _row(side, step)]
            lines.append(f"{int(step):>10}" + "".join(f"{c:>11}" for c in cells))
        # an epoch's error is a mean over its steps; what was reached is that of the weights kept
        reached = [f"{_number(side.reached):>11}" for side in (self.original, self.changed)]
        label = "reached" if self.judged_on == "training" else self.judged_on
        lines.append(f"{label:>10}{reached[0]}{'':>22}{reached[1]}")
        return "\n".join(lines)


def to_try(case: Case, verdicts: Sequence[Verdict]) -> Case:
    """The case with its unseen rows only where a verdict rests on them: those alone judge then."""
    rests = any(v.name == "overfitting" and v.cause == "unseen" for v in verdicts)
    return case if rests else replace(case, unseen=None)


def try_remedy(case: Case, remedy: Remedy, original: Side | None = None, every: int | None = None) -> Trial:
    """Trains the case as it was and with the remedy.

    Parameters: the case, with its settings, as `to_try` has it; the remedy; the original's side, where it has been run
    already; every: steps between measures, None for about sixty over the run.
    """
    judged_on = "training" if case.settings.get("validation") is None else "validation"
    judged_on = judged_on if case.unseen is None else "test"
    return Trial(remedy, original or run(case, unchanged(case), every), run(case, remedy, every), judged_on)


def run(case: Case, remedy: Remedy, every: int | None = None) -> Side:
    """One training of the case, with a remedy or without."""
    changed = remedy.apply(case)
    settings = {**case.arguments, **changed.settings}
    watch = Measuring(every or pace(case, settings))
    observers = [*settings.pop("observers", ()), watch]
    training = train(changed.network, changed.X, changed.D, observers=observers, **settings)
    if training.outcome.name == "interrupted":  # half a training beside a whole one shows nothing
        raise KeyboardInterrupt
    history = training.history
    error, validation = (
        changed.in_unit(errors, case).astype(np.float64) if len(history) else np.empty(0)
        for errors in (history.error, history.validation_error)
    )
    reached = _reached(training, changed, case)
    return Side(remedy.title, training, watch.measures, error, validation, reached)


def pace(case: Case, settings: Mapping[str, Any], looks: int = 60) -> int:
    """Steps between measures, for about so many over a whole run of the case with these settings."""
    size = replace(case, settings={**case.settings, **settings}).rows_a_step
    steps = -(-len(case.X) // size) * int(settings.get("epochs") or 100)
    return max(1, steps // looks)


def _reached(training: Training, changed: Changed, case: Case) -> float:
    """The error of the weights kept: on the case's unseen rows, else on validation rows, where some chose the weights,
    else on training rows."""
    history, network = training.history, training.network
    if case.unseen is not None:
        return changed.error(network, case, (*changed.scaled(*case.unseen), None))
    validation = changed.settings.get("validation")
    if validation is not None:
        shape, seed = changed.network.shape, changed.settings.get("seed", 0)
        groups = samples.groups(changed.settings.get("groups"), len(changed.X))
        held = set_apart(
            changed.X, changed.D, case.sample_weight, validation, shape, case.loss, seed, groups
        ).held
        assert held is not None
        return changed.error(network, case, (held.X, held.D, held.sample_weight))
    if len(history) and training.outcome.name == "diverged" and not np.isfinite(history.error[-1]):
        return float("inf")
    return changed.error(network, case)


def _sizes(rows: Numbers) -> Numbers:
    """‖row‖ of each; the last ones of a training that diverged may be too large for a number."""
    with np.errstate(over="ignore"):
        return np.linalg.norm(rows, axis=1)


def _row(side: Side, step: float) -> list[str]:
    at = int(np.searchsorted(side.steps, step, side="right")) - 1
    steps, sizes = side.weight_norm
    look = int(np.searchsorted(steps, step, side="right")) - 1
    known = at >= 0 and step <= side.training.outcome.step
    return [
        _number(float(side.error[at])) if known else "–",
        _number(float(side.gradient_norm[at])) if known else "–",
        _number(float(sizes[look])) if look >= 0 and step <= side.training.outcome.step else "–",
    ]


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "no number"
