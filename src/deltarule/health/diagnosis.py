"""diagnose: what is wrong with a network, or that nothing is; why, and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deltarule import samples
from deltarule.descent.held_out import HeldOutRows
from deltarule.descent.loop import Moment
from deltarule.descent.rules import first_order
from deltarule.descent.training import Training, train
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import penalty as find_penalty
from deltarule.errors import InputError
from deltarule.health.case import Case, Subject
from deltarule.health.course_remarks import course_remarks
from deltarule.health.evidence import Evidence
from deltarule.health.measures import Measures, Measuring
from deltarule.health.remarks import remarks
from deltarule.health.remedies import remedies
from deltarule.health.remedy import KINDS, Remedy
from deltarule.health.trial import Trial, pace, to_try, try_remedy
from deltarule.health.verdict import Verdict
from deltarule.health.verdicts import judge
from deltarule.network import Network


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    verdicts : the faults, those that stand alone first, each with its remedies; empty when healthy.
    measures : what they rest on. case : what was looked at.

    >>> X = np.random.default_rng(0).standard_normal((100, 4)); D = np.sin(X[:, :1])
    >>> found = diagnose(Network([4] + [12] * 9 + [1], "logistic"), X, D, rule="gradient", epochs=20)
    >>> found.healthy, "vanishing_gradient" in found
    (False, True)
    >>> found["vanishing_gradient"].remedies[0] == found.remedies[0]
    True
    """

    case: Case
    evidence: Evidence
    verdicts: tuple[Verdict, ...]

    @property
    def healthy(self) -> bool:
        """Whether no fault was found."""
        return not self.verdicts

    @property
    def measures(self) -> Measures:
        """The snapshots that the verdicts rest on, by step."""
        return self.case.measures

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """Every remedy proposed, best first."""
        unique = {(r.kind, r.title): r for v in self.verdicts if not v.because for r in v.remedies}
        return tuple(unique.values())

    def __getitem__(self, name: str) -> Verdict:
        for verdict in self.verdicts:
            if verdict.name == name:
                return verdict
        raise InputError(
            f"no verdict '{name}' was given: {', '.join(v.name for v in self.verdicts) or 'healthy'}"
        )

    def __contains__(self, name: object) -> bool:
        return any(v.name == name for v in self.verdicts)

    def report(self, width: int = 100) -> str:
        """Verdicts, evidence and remedies as plain text, in lines of up to `width` characters."""

        def wrapped(words: str, first: str, then: str) -> list[str]:
            return wrap(words, width, initial_indent=first, subsequent_indent=then, break_long_words=False)

        lines = [repr(self.case.network).strip("<>")]
        lines += [line for words in (*self.measured, *self.remarks) for line in wrapped(words, "", "  ")]
        if self.healthy:
            return "\n".join([*lines, "", "Healthy: no fault was found."])
        for v in self.verdicts:
            follows = f" (follows from: {v.because.replace('_', ' ')})" if v.because else ""
            lines += ["", *wrapped(f"{v}{follows}", "", "  ")]
            lines += [line for words in v.evidence for line in wrapped(words, "  evidence: ", "    ")]
            if not v.because:
                ranked = enumerate(v.remedies, start=1)
                lines += [line for n, r in ranked for line in wrapped(str(r), f"  {n}. ", "     ")]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Verdicts and remarks as plain values."""
        return {
            "healthy": self.healthy,
            "remarks": list(self.remarks),
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What the samples and the course say that is no fault or that no remedy mends, in sentences; mostly none."""
        return (*remarks(self.case), *course_remarks(self.evidence, self.healthy))

    @property
    def measured(self) -> list[str]:
        """What is told of a training whether a fault was found or not, in sentences; nothing before a training."""
        e = self.evidence
        if not e.trained:
            return []
        errors = (
            f"Trained for {self.case.steps} steps: error {_number(e.start_error)} before, "
            f"{_number(e.final_error)} at the end, {_number(e.scale.constant)} for the best constant."
        )
        return [errors, self._slopes]

    @property
    def _slopes(self) -> str:
        """Curvature against the learning rate, and the noise between batches, in words."""
        e = self.evidence
        told: list[str] = []
        for when, b in (("at the start", e.bend_first), ("at the end", e.bend_last)):
            if np.isfinite(b.largest):
                told.append(f"λ_max {b.largest:.3g}, 2/λ_max {b.edge:.3g} {when}")
        words = f"Curvature: {'; '.join(told)}" if told else ""
        if e.code and np.isfinite(e.learning_rate):
            words += f"{'; ' if words else ''}learning rate {e.learning_rate:.3g} ({e.code})"
        if np.isfinite(e.noise):
            words += (
                f"; gradients of batches of {e.case.rows_a_step} scatter by {e.noise**0.5:.2g} of their mean"
            )
        return f"{words}." if words else "No curvature: the error is not finite."

    def attempt(self, kind: str | Remedy | None = None) -> tuple[Trial, ...]:
        """Trains with remedies beside the original, same seed, same budget.

        Parameters: kind: None is the top remedy, "all" every one, else one of KINDS, or a remedy that was proposed.
        Returns the trials, the best gain first. Raises InputError where nothing was trained, nothing is proposed, or
        nothing of that kind.

        >>> X = np.random.default_rng(0).standard_normal((100, 4)); D = np.sin(X[:, :1])
        >>> found = diagnose(Network([4] + [12] * 9 + [1], "logistic"), X, D, rule="gradient", epochs=20)
        >>> (trial,) = found.attempt(found.remedies[0])
        >>> bool(trial.changed.error[-1] < trial.original.error[-1])
        True
        """
        if not self.case.trained:
            raise InputError(
                "a remedy is tried on a training: give its settings, as in diagnose(network, X, D, epochs=100)"
            )
        chosen, case = self._chosen(kind), to_try(self.case, self.verdicts)
        first = try_remedy(case, chosen[0])
        trials = [first, *(try_remedy(case, r, first.original) for r in chosen[1:])]
        return tuple(sorted(trials, key=lambda t: -t.gain))

    def _chosen(self, kind: str | Remedy | None) -> tuple[Remedy, ...]:
        if isinstance(kind, Remedy):
            return (kind,)
        found = self.remedies
        if not found:
            raise InputError("there is nothing to try: no fault was found")
        if kind is None:
            return found[:1]
        chosen = found if kind == "all" else tuple(r for r in found if r.kind == kind)
        if not chosen:
            known = dict.fromkeys(r.kind for r in found)
            raise InputError(
                f"no remedy '{kind}' is proposed here: there are {', '.join(known)}, and all "
                f"({', '.join(KINDS)} elsewhere)"
            )
        return chosen if kind == "all" else chosen[:1]

    def __repr__(self) -> str:
        return f"<Diagnosis: {'healthy' if self.healthy else ', '.join(v.name for v in self.verdicts)}>"


def diagnose(
    subject: Any,
    X: ArrayLike | None = None,
    D: ArrayLike | None = None,
    *,
    loss: str | Loss | None = None,
    every: int | None = None,
    replay: bool = False,
    **settings: Any,
) -> Diagnosis:
    """Looks at a network and its training, and says what is wrong with it.

    Parameters
    ----------
    subject : a Network; a Training (with the X, D it had); an observer `Measuring` after its training; a run or an
        estimator; or a PyTorch module of dense layers.
    X (N, I), D (N, K) : the training samples in the units that the network sees; a run knows its own.
    loss : None is mse, or the output's own.
    every : steps between the measures; None for about a hundred over the run.
    replay : train a run again, same seed and so the same bits, to measure every layer on the way; without, a run that
        was not watched is measured at its start and its end.
    settings : arguments of `train`. With any, a Network is trained with them, and the training is looked at too;
        without, the network is looked at as it stands.

    Returns a Diagnosis. Raises InputError for what cannot be used.

    >>> X = np.random.default_rng(0).standard_normal((100, 4)); D = np.sin(X[:, :1])
    >>> found = diagnose(Network([4] + [12] * 9 + [1], "logistic"), X, D, rule="gradient", epochs=20)
    >>> found.verdicts[0].name, found.verdicts[0].remedies[0].kind
    ('vanishing_gradient', 'activation')
    """
    case = _case(subject, X, D, loss, every, settings)
    if replay and case.start is not None:
        case = _trained(replace(case, network=case.start), every)
    case = case.looked_at()
    evidence = Evidence(case)
    found = judge(evidence)
    return Diagnosis(case, evidence, tuple(replace(v, remedies=remedies(v, evidence)) for v in found))


def _case(
    subject: Any,
    X: ArrayLike | None,
    D: ArrayLike | None,
    loss: Any,
    every: int | None,
    settings: Mapping[str, Any],
) -> Case:
    if isinstance(subject, Subject):
        return subject.health_case(X, D)
    if isinstance(subject, Measuring):
        return _measured(subject)
    if type(subject).__module__.split(".")[0] == "torch" or hasattr(subject, "named_modules"):
        from deltarule.health.torch_hooks import torch_case

        return torch_case(subject, X, D, loss)
    network = subject.network if isinstance(subject, Training) else subject
    if not isinstance(network, Network):
        raise InputError(
            f"diagnose looks at a Network, a Training, a run, an estimator or a PyTorch module of "
            f"dense layers, got {subject!r}"
        )
    if X is None or D is None:
        raise InputError("a network is diagnosed on samples: give its X and D, as in diagnose(network, X, D)")
    found = find_loss(loss, network.shape.activations[-1])
    x = samples.inputs(X, network.shape)
    d = samples.targets(D, len(x), network.shape, found)
    case = Case(network, x, d, found, find_penalty(settings.get("penalty")), settings=dict(settings))
    case = replace(case, sample_weight=samples.weights(settings.get("sample_weight"), len(x)))
    if isinstance(subject, Training):
        return replace(
            case,
            history=subject.history,
            outcome=subject.outcome,
            settings={"rule": subject.rule, **settings},
        )
    return _trained(case, every) if settings else case


def _trained(case: Case, every: int | None) -> Case:
    settings = case.arguments
    watch = Measuring(every or pace(case, settings, looks=100))
    observers = [*settings.pop("observers", ()), watch]
    result = train(case.network, case.X, case.D, observers=observers, **settings)
    return replace(
        case,
        network=result.network,
        start=case.network.copy(),
        settings={**settings, "rule": result.rule},
        history=result.history,
        outcome=result.outcome,
        measures=watch.measures,
    )


def _measured(watch: Measuring) -> Case:
    moment = watch.moment
    if moment is None or watch.start is None:
        raise InputError(
            "this observer has not seen a training to its end: pass it as train(…, observers=[watch]) first"
        )
    f = moment.objective
    return Case(
        network=Network.from_theta(f.shape, moment.state.theta if moment.best is None else moment.best),
        X=f.X,
        D=f.D,
        loss=f.loss,
        penalty=f.penalty,
        sample_weight=f.sample_weight,
        start=Network.from_theta(f.shape, watch.start),
        settings=_settings(moment),
        history=moment.history,
        outcome=moment.outcome,
        measures=watch.measures,
    )


def _settings(moment: Moment) -> Mapping[str, Any]:
    """What `train` was given for the training seen, by its argument names."""
    f, asked = moment.objective, moment.settings
    held = asked.held_out
    settings: dict[str, Any] = {
        "rule": moment.rule,
        "batch_size": f.batch_size,
        "epochs": asked.epochs,
        "validation": held.samples if isinstance(held, HeldOutRows) else None,
        "groups": f.row_groups,
        "stopping": asked.stopping,
        "shuffle": f.shuffle,
        "seed": asked.seed,
        "threads": f.threads,
        "engine": f.engine,
    }
    if not first_order(moment.rule):
        return settings
    return settings | {
        "learning_rate": asked.learning_rate,
        "schedule": asked.schedule,
        "clip_norm": asked.clip.norm,
        "clip_value": asked.clip.value,
    }


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "no number"
