"""All verdicts on a case, causes before what follows from them."""

from __future__ import annotations

from dataclasses import replace

from deltarule.health import course_verdicts, fit_verdicts, signal_verdicts, start_verdicts
from deltarule.health.evidence import Evidence
from deltarule.health.verdict import NAMES, Verdict

JUDGES = (
    start_verdicts.unscaled_inputs,
    start_verdicts.unscaled_targets,
    start_verdicts.symmetric,
    start_verdicts.bad_start,
    signal_verdicts.dead,
    signal_verdicts.saturated,
    signal_verdicts.exploding,
    signal_verdicts.vanishing,
    course_verdicts.too_large,
    course_verdicts.too_small,
    course_verdicts.oscillation,
    course_verdicts.plateau,
    course_verdicts.not_a_number,
    fit_verdicts.overfitting,
    fit_verdicts.underfitting,
)

_UNITS = ("unscaled_inputs", "unscaled_targets")
_PASSING = ("exploding_gradient", "vanishing_gradient")
_BACK = ("symmetric_weights", "dead_units", "saturated_units", *_PASSING)
_RATE = ("learning_rate_too_large", "oscillation")
# what each can follow from; of two that begin at the same step the earlier in NAMES is the cause
FOLLOWS: dict[str, tuple[str, ...]] = {
    "dead_units": (*_UNITS, "symmetric_weights", *_PASSING, "bad_start", *_RATE),
    "saturated_units": (*_UNITS, *_PASSING, "bad_start", *_RATE),
    "exploding_gradient": ("unscaled_targets", "learning_rate_too_large"),
    "vanishing_gradient": (*_UNITS, *_BACK, "learning_rate_too_large"),
    "bad_start": ("symmetric_weights", *_PASSING),
    "learning_rate_too_large": (*_UNITS, "exploding_gradient", "bad_start"),
    "oscillation": (*_UNITS, *_BACK, "bad_start", "learning_rate_too_large"),
    "not_a_number": (*_UNITS, *_BACK, "bad_start", *_RATE),
    "learning_rate_too_small": (*_UNITS, *_BACK, "bad_start"),
    "underfitting": (*_UNITS, *_BACK, "bad_start", *_RATE, "learning_rate_too_small"),
    "plateau": (*_UNITS, *_BACK, "bad_start", *_RATE, "learning_rate_too_small", "underfitting"),
}
_BY_COURSE = (
    "oscillation",
    "not_a_number",
    "learning_rate_too_small",
    "overfitting",
    "underfitting",
    "plateau",
)


def judge(evidence: Evidence) -> tuple[Verdict, ...]:
    """Every fault found; those that stand alone first, then what follows from them, the surest first.

    That a training ended early is said only of one without another fault, which more of the same would not mend.
    """
    found = [verdict for judges in JUDGES for verdict in judges(evidence)]
    found = found or list(course_verdicts.ended_early(evidence))
    found = [replace(v, because=_because(v, found)) for v in found]
    return tuple(sorted(found, key=lambda v: (bool(v.because), NAMES.index(v.name), -v.certainty)))


def _because(verdict: Verdict, found: list[Verdict]) -> str:
    known = FOLLOWS.get(verdict.name, ())
    causes = [v for v in found if v.name != verdict.name and v.name in known and _when(v) < _when(verdict)]
    return min(causes, key=_when).name if causes else ""


def _when(verdict: Verdict) -> tuple[float, int]:
    """What comes first is the cause. A learning rate is there from the first step on, and an oscillation's steps
    with it; how a course ends comes last."""
    if verdict.name in _BY_COURSE:
        return float("inf"), NAMES.index(verdict.name)
    from_the_first_step = {"learning_rate_too_large": 0.25, "oscillation": 0.5}
    return from_the_first_step.get(verdict.name, verdict.since or 0), NAMES.index(verdict.name)
