"""Verdicts on how a training went: the learning rate, plateaus, oscillation, and numbers that ceased to be finite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deltarule.descent.evidence import Evidence as EvidenceRule
from deltarule.health.birth import where_born
from deltarule.health.evidence import Evidence
from deltarule.health.steering import steering
from deltarule.health.thresholds import (
    BARELY_MOVED,
    FAR_BELOW_EDGE,
    FLAT_COURSE,
    LEARNT,
    MUCH_LEFT,
    ON_ITS_WAY,
    PEAK,
    RATE_GONE,
    RISES,
    STILL_FALLING,
    SWING,
    SWING_SELF,
    UNLEARNT,
    WORSE,
    WORSE_THAN_LINE,
)
from deltarule.health.verdict import Verdict, Where, above, below


def too_large(e: Evidence) -> Iterator[Verdict]:
    """The training ended worse than it began, or not at all; or the error once leapt up and never recovered."""
    if not (e.trained and e.code):
        return
    worse = e.end_error / e.start_error if e.start_error > 0 else float("inf")
    leapt = e.peak > PEAK.value and e.stalled
    if not (e.diverged or leapt or (worse > WORSE.value and e.left > WORSE.value)):
        return
    rate, edge = e.learning_rate, e.bend_first.edge
    evidence = [f"E went from {e.start_error:.3g} to {_number(e.end_error)}, threshold {WORSE.value:g} times"]
    if leapt:
        evidence.append(
            f"on the way it was {_number(e.peak)} times E before the first step, threshold {PEAK.value:g}"
        )
    plain = e.code == "gradient"
    if plain and np.isfinite(edge):
        evidence.append(
            f"learning rate {rate:.3g}, edge 2/λ_max = {edge:.3g} at the start: {rate / edge:.2g} times"
        )
    beyond = f", {rate / edge:.2g} times the edge 2/λ_max = {edge:.2g}" if plain and rate > edge else ""
    yield Verdict(
        "learning_rate_too_large",
        Where(),
        _first_rise(e),
        max(above(worse, WORSE), above(e.peak, PEAK) if leapt else 0.0),
        tuple(evidence),
        f"With a learning rate of {rate:.3g}{beyond} the error climbs instead of falling.",
        cause="edge" if beyond else "",
    )


def too_small(e: Evidence) -> Iterator[Verdict]:
    """The error falls as steadily at the end as at the beginning, and the weights have hardly moved."""
    if not (e.trained and e.left > MUCH_LEFT.value and len(e.error) >= 4 and e.code) or e.diverged:
        return
    if e.end_error < LEARNT.value * min(e.scale.constant, e.start_error):
        return
    course = steering(e)
    if course is not None and course.rested:
        return
    half = len(e.error) // 2
    first, second = float(e.error[0] - e.error[half]), float(e.error[half] - e.end_error)
    if not (first > 0 and second >= STILL_FALLING.value * first):
        return
    edge = e.bend_last.edge
    crawls = e.code == "gradient" and e.learning_rate < FAR_BELOW_EDGE.value * edge < np.inf
    if not (e.moved < BARELY_MOVED.value or crawls):
        return
    evidence = [
        f"‖θ − θ₀‖/‖θ₀‖ = {e.moved:.2g} over {e.case.steps} steps, threshold {BARELY_MOVED.value:g}",
        f"E fell by {first:.2g} in the first half of the epochs and by {second:.2g} in the second",
    ]
    if e.code == "gradient" and np.isfinite(edge):
        evidence.append(
            f"learning rate {e.learning_rate:.3g} is {e.learning_rate / edge:.1g} of the edge 2/λ_max = {edge:.3g}"
        )
    yield Verdict(
        "learning_rate_too_small",
        Where(),
        0,
        max(
            below(e.moved, BARELY_MOVED) if e.moved < BARELY_MOVED.value else 0.0,
            below(e.learning_rate / edge, FAR_BELOW_EDGE) if crawls else 0.0,
        ),
        tuple(evidence),
        f"With a learning rate of {e.learning_rate:.3g} the error is still falling after "
        f"{e.case.steps} steps as at the "
        "beginning: the steps are too short.",
    )


def ended_early(e: Evidence) -> Iterator[Verdict]:
    """The last epoch came while the error still fell, and had not come below that of a line, or of a constant."""
    ended = e.case.outcome.name if e.case.outcome is not None else "step_limit"
    if not e.trained or ended not in ("step_limit", "time_limit", "interrupted") or not e.still_falls:
        return
    course = steering(e)
    left = e.scale.left(e.final_error)
    if (course is not None and course.rested) or left < MUCH_LEFT.value:
        return
    by_line = e.beside_line > WORSE_THAN_LINE.value
    if not (by_line or left > UNLEARNT.value):
        return
    evidence = [
        f"E went from {e.start_error:.3g} to {e.final_error:.3g}, {left:.2f} times the best constant's"
    ]
    if by_line:
        evidence.append(
            f"the squared error is {e.beside_line:.2g} times that of the best straight line, threshold "
            f"{WORSE_THAN_LINE.value:g}"
        )
    rival = "a straight line leaves less" if by_line else "a constant does as well"
    yield Verdict(
        "ended_early",
        Where(),
        None,
        above(e.beside_line, WORSE_THAN_LINE) if by_line else above(left, UNLEARNT),
        tuple(evidence),
        f"The training ended after {e.case.steps} steps while the error was still falling, at {left:.2f} times that of "
        f"the best constant: {rival}.",
        cause="time" if ended == "time_limit" else "",
    )


def plateau(e: Evidence) -> Iterator[Verdict]:
    """The error rests where the samples say that it could be lower, and a line or the curvature that it could fall."""
    if not (e.trained and e.learnt < LEARNT.value and e.fall == e.fall and abs(e.fall) < FLAT_COURSE.value):
        return
    if not e.scale.structured or e.diverged:
        return
    line = e.left / e.scale.line if e.scale.line > 0 else float("inf")
    opposite = e.scale.neighbour > 1.5
    rates = e.case.history.learning_rate if e.case.history is not None else np.ones(1)
    gone = rates[len(rates) // 2] < RATE_GONE.value * rates[0]
    if not (line > WORSE_THAN_LINE.value or opposite or gone):
        return
    evidence = [f"E fell by {e.fall:.2%} over the second half, threshold {FLAT_COURSE.value:.0%}"]
    if opposite:
        evidence.append("neighbouring samples have opposite targets, and E is still that of a constant")
        why = "the samples follow a rule"
    elif line > WORSE_THAN_LINE.value:
        evidence.append(
            f"E is {line:.2g} times that of the best straight line, threshold {WORSE_THAN_LINE.value:g}"
        )
        why = "a straight line alone would do better"
    else:
        why = "neighbouring samples are alike"
    if gone:
        evidence.append(
            f"the learning rate was down to {rates[len(rates) // 2] / rates[0]:.1g} of the first at half-time"
        )
    b = e.bend_last
    if b.smallest < 0 < b.largest:
        evidence.append(f"the error bends down somewhere: λ_min = {b.smallest:.2g}, λ_max = {b.largest:.2g}")
    yield Verdict(
        "plateau",
        Where(),
        _rests_since(e),
        below(abs(e.fall), FLAT_COURSE),
        tuple(evidence),
        f"The error rests at {e.left:.2f} of the best constant's, though {why}.",
        cause="schedule" if gone else "",
    )


def oscillation(e: Evidence) -> Iterator[Verdict]:
    """The error swings by a part of what there is to learn, beyond the noise of small batches."""
    if not e.trained or e.diverged or not e.scale.constant > 0:
        return
    # evidence's penalty grows and shrinks, and E with it: F is what it lowers
    if isinstance(e.case.rule, EvidenceRule):
        return
    swing, rises = e.swing / e.scale.constant, e.rises / e.scale.constant
    middle = float(np.median(e.error[len(e.error) // 2 :])) if len(e.error) else 0.0
    swings = swing > SWING.value and e.swing > SWING_SELF.value * middle and not e.fall > ON_ITS_WAY.value
    climbs = e.full_batch and rises > RISES.value
    if not (swings or climbs):
        return
    evidence = [f"E swings by {swing:.2g} of the best constant's around its trend, threshold {SWING.value:g}"]
    if climbs:
        evidence.append(f"its rises add up to {rises:.2g} of the best constant's, threshold {RISES.value:g}")
    yield Verdict(
        "oscillation",
        Where(),
        int(e.steps[len(e.steps) // 2]),
        max(above(swing, SWING) if swings else 0.0, above(rises, RISES) if climbs else 0.0),
        tuple(evidence),
        "The error swings up and down instead of settling: the steps overshoot.",
    )


def not_a_number(e: Evidence) -> Iterator[Verdict]:
    """A number that ceased to be finite, and where it was born."""
    if not e.not_finite:
        return
    where, words = where_born(e.case)
    step = e.case.steps + 1
    yield Verdict(
        "not_a_number",
        where,
        step,
        1.0,
        (f"step {step} was not done: {words}",),
        f"At step {step} a number ceased to be finite: {words}.",
    )


def _first_rise(e: Evidence) -> int:
    """The first step known at which E was beyond WORSE times its start."""
    seen = [s.step for s in e.measures.snapshots if not s.error <= WORSE.value * e.start_error]
    risen = [
        int(step) for step, E in zip(e.steps, e.error, strict=True) if not WORSE.value * e.start_error >= E
    ]
    return min([*seen, *risen, e.case.steps + 1])


def _rests_since(e: Evidence) -> int:
    """The first epoch's last step from which on E stays within FLAT_COURSE of its end."""
    near = np.abs(e.error - e.end_error) <= FLAT_COURSE.value * e.end_error
    far = np.flatnonzero(~near)
    return int(e.steps[min(far[-1] + 1, len(e.steps) - 1)]) if len(far) else 0


def _number(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "no number"
