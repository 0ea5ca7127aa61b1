"""Verdicts on what a training begins with: the samples' units and the starting weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.activations import activation
from deltarule.health.evidence import Evidence
from deltarule.health.snapshot import two_sided
from deltarule.health.thresholds import (
    COLUMN_LARGE,
    COLUMN_RATIO,
    COLUMN_SMALL,
    GAIN_HIGH,
    GAIN_LOW,
    INPUTS_LEARNT,
    MOSTLY_FLAT,
    START_ERROR,
    TARGET_LARGE,
    TARGET_OUTSIDE,
    TARGET_SMALL,
    TWINS,
)
from deltarule.health.verdict import Verdict, Where, above, below, spans
from deltarule.network import Network

Numbers = NDArray[np.float64]
NARROW = 3  # up to so many inputs Nguyen-Widrow starts with long weights on purpose, spread by the biases
SAME = 1e-9  # relative difference of two units that counts as none


def unscaled_inputs(e: Evidence) -> Iterator[Verdict]:
    """Columns of very large, very small, or very different size."""
    if e.trained and e.learnt >= INPUTS_LEARNT.value:
        return
    X = e.case.X.astype(np.float64, copy=False)
    with np.errstate(over="ignore"):
        size = np.sqrt(np.mean(X * X, axis=0))
    numbers = np.array([_many_values(X[:, i]) for i in range(X.shape[1])])
    largest = int(np.argmax(size))
    if size[largest] > COLUMN_LARGE.value:
        certainty, limit = above(float(size[largest]), COLUMN_LARGE), COLUMN_LARGE.value
        columns, words = np.flatnonzero(size > limit), f"above {limit:g}"
    elif numbers.any() and 0 < size[largest] < COLUMN_SMALL.value:
        certainty, limit = below(float(size[largest]), COLUMN_SMALL), COLUMN_SMALL.value
        columns, words = np.arange(len(size)), f"below {limit:g}"
    else:
        known = np.flatnonzero(numbers & (size > 0))
        ratio = float(size[known].max() / size[known].min()) if len(known) else 1.0
        if ratio <= COLUMN_RATIO.value:
            return
        certainty, words = (
            above(ratio, COLUMN_RATIO),
            f"sizes {ratio:.3g} apart, threshold {COLUMN_RATIO.value:g}",
        )
        columns = known[size[known] * COLUMN_RATIO.value < size[known].max()]
    named = [_named(e, int(i)) for i in columns[:4]]
    more = f" and {len(columns) - 4} more" if len(columns) > 4 else ""
    yield Verdict(
        "unscaled_inputs",
        Where(note=f"input column{'s' if len(columns) > 1 else ''} {', '.join(named)}{more}"),
        None,
        certainty,
        (f"root mean square of the columns from {size.min():.3g} to {size.max():.3g}: {words}",),
        f"The inputs are not scaled: {', '.join(named)}{more} {'have' if len(columns) > 1 else 'has'} "
        f"a root mean square of {_range(size[columns])}; bring every column to mean 0 and spread 1.",
    )


def unscaled_targets(e: Evidence) -> Iterator[Verdict]:
    """Targets far larger or smaller than what outputs start with, or out of the output's reach."""
    if e.case.loss.targets or (e.trained and e.learnt >= INPUTS_LEARNT.value):
        return  # classes, shares and counts have their own units
    D = e.case.D.astype(np.float64, copy=False)
    S = activation(e.case.network.shape.activations[-1])
    outside = np.mean((S.low > D) | (S.high < D), axis=0)
    with np.errstate(over="ignore"):
        size = np.sqrt(np.mean(D * D, axis=0))
    k = int(np.argmax(outside))
    if outside[k] > TARGET_OUTSIDE.value:
        reach = f"[{S.low:g}, {S.high:g}]"
        evidence = f"target {k + 1}: {outside[k]:.0%} outside {reach}, threshold {TARGET_OUTSIDE.value:.0%}"
        certainty = above(float(outside[k]), TARGET_OUTSIDE)
        why = f"{outside[k]:.0%} of target {k + 1} lies outside what a {S.name} output can give, {reach}"
    elif np.isfinite(S.low) and np.isfinite(S.high):
        return
    elif size.max() > TARGET_LARGE.value:
        k = int(np.argmax(size))
        evidence = f"target {k + 1}: root mean square {size[k]:.3g}, threshold {TARGET_LARGE.value:g}"
        certainty = above(float(size[k]), TARGET_LARGE)
        why = f"target {k + 1} has a root mean square of {size[k]:.3g}, and outputs start near 1"
    elif 0 < size.max() < TARGET_SMALL.value:
        evidence = f"root mean square at most {size.max():.3g}, threshold {TARGET_SMALL.value:g}"
        certainty = below(float(size.max()), TARGET_SMALL)
        why = f"the targets have a root mean square of {size.max():.3g}, and outputs start near 1"
    else:
        return
    yield Verdict(
        "unscaled_targets",
        Where((e.case.network.shape.layers,), note=f"target {k + 1}"),
        None,
        certainty,
        (evidence,),
        f"The targets are not scaled: {why}; scale them, and the predictions back.",
        cause=S.name,
    )


def symmetric(e: Evidence) -> Iterator[Verdict]:
    """Units of a layer with the same weights in and out: gradient descent can never tell them apart."""
    found = _twins(e.case.first)
    if e.trained and not e.diverged:  # what came apart while learning is no fault
        still = _twins(e.case.network)
        found = {m: units for m, units in found.items() if m in still}
    if not found:
        return
    layers = tuple(found)
    zero = not e.case.first.theta[e.case.first.shape.weight_mask()].any()
    m, units = next(iter(found.items()))
    of = e.case.network.sizes[m]
    yield Verdict(
        "symmetric_weights",
        Where(layers, {} if len(units) == of else found),
        0,
        above(len(units) / of, TWINS),
        tuple(
            f"layer {m}: {len(u)} of {e.case.network.sizes[m]} units have a twin" for m, u in found.items()
        ),
        f"{len(units)} of the {of} units of layer {m} have the same weights in and out"
        f"{' (all are 0)' if zero else ''}, so they get the same gradient and stay one unit: start "
        f"from random weights.",
    )


def bad_start(e: Evidence) -> Iterator[Verdict]:
    """Starting weights that swamp or starve the units, though the samples are scaled."""
    seen = e.measures.first
    if seen.step != 0 or not e.stalled:
        return
    sizes = e.case.network.sizes
    hidden = range(seen.layers - 1)
    start_left = e.scale.left(seen.error)
    for_large = [
        m
        for m in hidden
        if seen.gain[m] > GAIN_HIGH.value
        and (m > 0 or sizes[0] > NARROW)
        and (
            (two_sided(activation(seen.activations[m])) and seen.flat[m] > MOSTLY_FLAT.value)
            or start_left > START_ERROR.value
        )
    ]
    for_small = [m for m in hidden if 0 < seen.gain[m] < GAIN_LOW.value]
    ill, large = (for_large, True) if for_large else (for_small, False)
    if not ill:
        return
    m = max(ill, key=lambda m: abs(np.log(seen.gain[m])))
    threshold = GAIN_HIGH if large else GAIN_LOW
    layers = tuple(m + 1 for m in ill)
    effect = (
        f"{seen.flat[m]:.0%} of its values are flat and E starts at {start_left:.3g} times the best constant's"
        if large
        else "the samples hardly show in its outputs, and its units are nearly alike"
    )
    yield Verdict(
        "bad_start",
        Where(layers),
        0,
        above(float(seen.gain[m]), threshold) if large else below(float(seen.gain[m]), threshold),
        (
            f"layer {m + 1}: √(fan_in · mean w²) = {seen.gain[m]:.3g}, threshold {threshold.value:g}; {effect}",
        ),
        f"The starting weights of layer{'s' if len(layers) > 1 else ''} {spans(layers)} are too "
        f"{'large' if large else 'small'}: "
        f"{effect}; matched weights have √(fan_in · mean w²) near 1.",
        cause="large" if large else "small",
    )


def _twins(network: Network) -> dict[int, tuple[int, ...]]:
    """Hidden layers most of whose units have a twin, with those units, from 1."""
    found: dict[int, tuple[int, ...]] = {}
    W, b = network.W, network.b
    for m in range(1, network.shape.layers):
        if network.sizes[m] < 2:
            continue
        ends = [W[m - 1].T, W[m], *([b[m - 1][:, None]] if b else [])]
        unit = np.hstack([part.astype(np.float64) for part in ends])
        step = max(float(np.abs(unit).max()) * SAME, 1e-300)
        with np.errstate(all="ignore"):
            _, twin, count = np.unique(np.round(unit / step), axis=0, return_inverse=True, return_counts=True)
        twins = np.flatnonzero(count[twin.reshape(-1)] > 1)
        if len(twins) / len(unit) >= TWINS.value:
            found[m] = tuple((twins + 1).tolist())
    return found


def _many_values(column: Numbers) -> bool:
    """Whether a column is a number and not one of two values (a category's mark, a constant)."""
    first = column[0]
    other = column[column != first]
    return len(other) > 0 and bool((other != other[0]).any())


def _named(e: Evidence, i: int) -> str:
    return f"x{i + 1}" if i >= len(e.case.names) else f"'{e.case.names[i]}'"


def _range(values: Numbers) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{high:.3g}" if high <= 1.5 * low else f"{low:.3g} to {high:.3g}"
