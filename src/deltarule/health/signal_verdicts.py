"""Verdicts on what passes back through the layers: vanishing and exploding gradients, saturated and dead units."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from deltarule.health.evidence import Evidence
from deltarule.health.snapshot import FLAT, Snapshot, Units
from deltarule.health.thresholds import DEAD, EXPLODED, SATURATED, VANISHED, Threshold
from deltarule.health.verdict import Verdict, Where, above, below, spans

Numbers = NDArray[np.float64]
TOLD = 3  # layers whose units are told one by one, the worst
BLOWN_UP = 10.0  # once the error has grown so many times, ratios between layers are the wreck, not the cause


def vanishing(e: Evidence) -> Iterator[Verdict]:
    """‖δ^(1)‖/‖δ^(L)‖ below 1e-3, lastingly, in a network that has not learnt."""
    if not (e.deep and e.stalled):
        return
    since = e.lasting(lambda s: bool(s.reach[0] < VANISHED.value))
    if since is None:
        return
    seen = _at(e, since)
    layers = tuple((np.flatnonzero(seen.reach < VANISHED.value) + 1).tolist())
    why, change, cause = _blame(seen, vanishing=True)
    yield Verdict(
        "vanishing_gradient",
        Where(layers),
        since,
        below(float(seen.reach[0]), VANISHED),
        (
            f"‖δ^(1)‖/‖δ^({seen.layers})‖ = {seen.reach[0]:.2g}, threshold {VANISHED.value:g}",
            f"a layer passes back {_typical(seen.factor):.2g} of what it gets: {why}: {change}",
        ),
        f"Next to nothing of the output's error reaches layer{'s' if len(layers) > 1 else ''} {spans(layers)}: "
        f"{why}, {len(seen.factor)} times over: {change}.",
        cause=cause,
    )


def exploding(e: Evidence) -> Iterator[Verdict]:
    """‖δ^(1)‖/‖δ^(L)‖ above 100, before the error itself has blown up, in a network that has not learnt."""
    if not (e.deep and e.stalled):
        return
    limit = BLOWN_UP * e.start_error
    found = [s for s in e.measures.snapshots if s.reach[0] > EXPLODED.value and s.error <= limit]
    if not found:
        return
    seen = found[0]
    layers = tuple((np.flatnonzero(seen.reach > EXPLODED.value) + 1).tolist())
    why, change, cause = _blame(seen, vanishing=False)
    yield Verdict(
        "exploding_gradient",
        Where(layers),
        seen.step,
        above(float(seen.reach[0]), EXPLODED),
        (
            f"‖δ^(1)‖/‖δ^({seen.layers})‖ = {seen.reach[0]:.2g}, threshold {EXPLODED.value:g}",
            f"a layer passes back {_typical(seen.factor):.2g} times what it gets: {why}: {change}",
        ),
        f"The output's error grows on its way back, {seen.reach[0]:.2g}-fold up to layer 1: {why}, "
        f"{len(seen.factor)} times over: {change}.",
        cause=cause,
    )


def saturated(e: Evidence) -> Iterator[Verdict]:
    """A quarter of a layer's logistic or tanh units flat on 98 % of the samples, lastingly."""
    yield from _units(
        e, "saturated_units", SATURATED, lambda s: s.saturated, lambda s: s.saturated_share,
        "saturated: |S'| is under 5 % of its maximum on nearly every sample, so no gradient comes through",
    )  # fmt: skip


def dead(e: Evidence) -> Iterator[Verdict]:
    """Most of a layer's relu-like units on the flat side for every sample, lastingly."""
    yield from _units(
        e, "dead_units", DEAD, lambda s: s.dead, lambda s: s.dead_share,
        "dead: they put out the same for every sample and no gradient ever moves them",
    )  # fmt: skip


def _units(
    e: Evidence,
    name: str,
    threshold: Threshold,
    units: Callable[[Snapshot], Units],
    share: Callable[[Snapshot], Numbers],
    what: str,
) -> Iterator[Verdict]:
    if not e.stalled:
        return
    since = e.lasting(lambda s: bool((share(s) >= threshold.value).any()))
    if since is None:
        return
    seen = _at(e, since)
    ill = np.flatnonzero(share(seen) >= threshold.value)
    worst = int(ill[np.argmax(share(seen)[ill])])
    layers = tuple((ill + 1).tolist())
    some = {int(m) + 1: tuple((units(seen)[m] + 1).tolist()) for m in ill if share(seen)[m] < 1}
    yield Verdict(
        name,
        Where(layers, some),
        since,
        above(float(share(seen)[worst]), threshold),
        tuple(
            f"layer {m + 1}: {len(units(seen)[m])} of {seen.units[m]} units, threshold {threshold.value:.0%}; "
            f"mean |S'| {seen.slope[m]:.2g}, share of it under {FLAT:.0%} of its maximum {seen.flat[m]:.0%}"
            for m in ill[np.argsort(-share(seen)[ill], kind="stable")][:TOLD]
        ),
        f"{len(units(seen)[worst])} of the {seen.units[worst]} units of layer {worst + 1} are {what}.",
        cause=seen.activations[worst],
    )


def _blame(seen: Snapshot, vanishing: bool) -> tuple[str, str, str]:
    """What the slopes and the weights each do to a δ that passes a layer, what to change, and which of the
    two is the cause."""
    slope, weight = _typical(seen.slope_factor), _typical(seen.weight_factor)
    to_blame = min if vanishing else max
    cause = "slope" if to_blame(slope, weight) == slope else "weights"
    change = "change the activation" if cause == "slope" else "change the starting weights"
    return f"S' {slope:.2g} a layer, weights {weight:.2g}", change, cause


def _typical(factors: Numbers) -> float:
    """The geometric mean of what is not 0; 0 where all are."""
    known = factors[np.isfinite(factors) & (factors > 0)]
    return float(np.exp(np.log(known).mean())) if len(known) else 0.0


def _at(e: Evidence, step: int) -> Snapshot:
    return next(s for s in e.measures.snapshots if s.step == step)
