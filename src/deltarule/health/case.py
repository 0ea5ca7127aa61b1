"""The small protocol that a subject of a diagnosis fulfils: what was trained, on what, how, and what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.batches import in_parts, rows_a_step
from deltarule.descent.choosing import choose
from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.descent.rules import first_order
from deltarule.descent.rules import rule as find_rule
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.health.measures import Measures
from deltarule.network import Network

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Case:
    """What a diagnosis looks at.

    network : as it stands; X (N, I), D (N, K) : its training samples, in the units that the network sees.
    loss, penalty, sample_weight : what was minimised.
    start : the network before training, where one is known; settings : what `train` was given, by its argument names,
    enough to run it again; history, outcome : how it went; measures : what was seen while it went.
    validation : (X, D) that did not train; unseen : (X, D) that neither trained nor steered.
    names : of the inputs, for sentences.
    keeps_best : whether, where the history has validation errors, network has the weights of the lowest.
    """

    network: Network
    X: Floats
    D: Floats
    loss: Loss
    penalty: Penalty = field(default_factory=Penalty)
    sample_weight: Floats | None = None
    start: Network | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    history: History | None = None
    outcome: Outcome | None = None
    measures: Measures = field(default_factory=Measures)
    validation: tuple[Floats, Floats] | None = None
    unseen: tuple[Floats, Floats] | None = None
    names: Sequence[str] = ()
    keeps_best: bool = True

    @property
    def trained(self) -> bool:
        """Whether a training is known: how it went, not only where it stands."""
        return self.history is not None and (len(self.history) > 0 or self.outcome is not None)

    def health_case(self, X: Any = None, D: Any = None) -> Case:
        """Itself: what is at hand already is a subject as well."""
        return self

    @property
    def first(self) -> Network:
        """The network at the earliest moment known."""
        return self.start or self.network

    def looked_at(self) -> Case:
        """The case with measures at its start and its end, where nothing was measured on the way."""
        if self.measures.snapshots:
            return self
        networks = [self.start, self.network] if self.start is not None and self.trained else [self.network]
        steps = [0, self.steps] if len(networks) == 2 else [0]
        measures = Measures.after(networks, steps, self.X, self.D, self.loss, self.sample_weight)
        return replace(self, measures=measures)

    @property
    def arguments(self) -> dict[str, Any]:
        """The settings and what was minimised: all that `train` takes beside the network and its samples."""
        return {
            "loss": self.loss,
            "penalty": self.penalty,
            "sample_weight": self.sample_weight,
            **self.settings,
        }

    @property
    def rule(self) -> Any:
        """The rule that moved θ, settings of it; what `train` would choose where the settings leave it open."""
        named = self.settings.get("rule", "auto")
        if not (isinstance(named, str) and named == "auto"):
            return find_rule(named)
        names = ("batch_size", "learning_rate", "schedule", "clip_norm", "clip_value")
        batches = in_parts(*(self.settings.get(name) for name in names))
        return choose(self.network.shape, len(self.X), self.loss, self.penalty, batches).rule

    @property
    def rows_a_step(self) -> int:
        """How many samples each step saw; all of them for full-batch rules."""
        return rows_a_step(self.settings.get("batch_size", "auto"), len(self.X), first_order(self.rule))

    @property
    def steps(self) -> int:
        """How many steps were done."""
        if self.outcome is not None:
            return self.outcome.step
        return int(self.history.step[-1]) if self.history is not None and len(self.history) else 0


@runtime_checkable
class Subject(Protocol):
    """Whatever can be diagnosed: a run, an estimator; X and D where it does not hold them itself."""

    def health_case(self, X: Any = None, D: Any = None) -> Case: ...
