"""The single changes that remedies are made of, each as the case needs it, with the lecture's reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from deltarule.descent.rules import first_order
from deltarule.descent.stopping import Stopping
from deltarule.health.bend import bend
from deltarule.health.evidence import Evidence
from deltarule.health.remedy import Remedy, matched_start, reach

STEP_SHARE = 0.01  # clipping: no step moves the weights by more than a hundredth of their size
# of 2/λ_max: half of the fastest rate, since single batches bend more than all samples together
EDGE_SHARE = 0.25
ADAPTIVE_RATE = 0.01  # Adam's and its kin's, whose steps are near the rate whatever the gradient's size
PLAIN = ("gradient", "momentum", "nesterov")  # rules whose learning rate has an edge
PLAIN_SHARE = 0.5  # of the edge that their rate may take after a change
SMALL = 2000  # weights up to which the second-order rules are asked for
OWN_STEPS: dict[str, Any] = {  # of rules that find their steps themselves
    "learning_rate": None, "batch_size": "auto", "schedule": None, "clip_norm": None, "clip_value": None
}  # fmt: skip


def activation(e: Evidence) -> Remedy:
    """tanh where S' is at fault; relu where tanh itself is."""
    hidden = e.case.network.shape.activations[:-1]
    if "tanh" in hidden:
        return settled(e, Remedy(
            "activation", "relu units with He's start",
            "relu's slope is 1 wherever a unit is on: S' takes nothing from the gradient on its way back.",
            activation="relu", start="he",
        ))  # fmt: skip
    return settled(e, Remedy(
        "activation", "tanh units with Glorot's start",
        "The logistic's S' is at most 1/4, so each layer takes three quarters of the gradient; tanh' is 1 at 0.",
        activation="tanh", start="glorot",
    ))  # fmt: skip


def start(e: Evidence) -> Remedy:
    """The start matched to the activation, biases 0."""
    hidden = e.case.network.shape.activations[:-1]
    name = matched_start(hidden[0] if hidden else "identity")
    by = {"he": "He's start", "glorot": "Glorot's start", "lecun": "LeCun's start"}[name]
    units = hidden[0] if hidden else "linear"
    return settled(e, Remedy(
        "start", f"{by}, biases 0",
        f"Random weights of this size keep the gradient's size from layer to layer with {units} units.",
        start=name,
    ))  # fmt: skip


def settled(e: Evidence, remedy: Remedy) -> Remedy:
    """The remedy, with a learning rate below the new network's own edge where the present one lies beyond it."""
    if e.code not in PLAIN:
        return remedy
    c, changed = e.case, remedy.apply(e.case)
    edge = bend(changed.network, changed.X, changed.D, c.loss, c.penalty, c.sample_weight).edge
    if not (np.isfinite(edge) and e.learning_rate > PLAIN_SHARE * edge):
        return remedy
    rate = float(f"{EDGE_SHARE * edge:.1g}")
    why = f"{remedy.reason} With {e.learning_rate:g} descent would climb there: 2/λ_max is {edge:.2g}."
    return replace(
        remedy, title=f"{remedy.title}, learning rate {rate:g}", reason=why,
        settings={**remedy.settings, "learning_rate": rate},
    )  # fmt: skip


def clip(e: Evidence) -> Iterator[Remedy]:
    """‖g‖ ≤ c: the median norm seen while the error was fair, but no step beyond a hundredth of the weights."""
    if not e.code:
        return
    size = float(np.linalg.norm(e.case.first.theta))
    rate = e.learning_rate if np.isfinite(e.learning_rate) and e.learning_rate > 0 else 1.0
    limit = STEP_SHARE * size / rate
    h = e.case.history
    if h is not None and len(h):
        norms = np.linalg.norm(h.gradient_norm[h.error <= 2 * e.start_error], axis=1)
        norms = norms[np.isfinite(norms) & (norms > 0)]
        limit = min(limit, float(np.median(norms))) if len(norms) else limit
    limit = float(f"{limit:.2g}")
    yield Remedy(
        "clip", f"the gradient clipped to norm {limit:g}",
        "Clipping keeps the direction of a large gradient and takes away its length, so that no "
        "single step throws the weights.",
        {"clip_norm": limit},
    )  # fmt: skip


def penalty(e: Evidence, share: float = 0.001) -> Remedy:
    """L2 with λ a share of the error's largest curvature."""
    from deltarule.equations.penalties import L2

    bent = e.bend_first.largest
    strength = float(f"{share * bent:.1g}") if 0 < bent < 1e4 else 0.01
    return Remedy(
        "penalty", f"L2 with λ = {strength:g}",
        "Small weights keep units off their flat ends and layers from multiplying what passes; large "
        "ones must pay for themselves.",
        {"penalty": L2(strength)},
    )  # fmt: skip


def longer(e: Evidence) -> Iterator[Remedy]:
    """Four times what ended the training, 100 epochs at least."""
    settings, ended = e.case.settings, e.case.outcome.name if e.case.outcome is not None else ""
    limits = settings.get("stopping") or Stopping()
    change: dict[str, Any] = {"epochs": max(4 * int(settings.get("epochs") or 100), 100)}
    words = f"{change['epochs']} epochs"
    if limits.steps is not None:
        change["stopping"] = limits = replace(limits, steps=4 * limits.steps)
        words = f"up to {words}, {limits.steps} steps"
    if ended == "time_limit":
        budget = settings.get("budget")
        change = {"budget": None if budget is None else 4 * budget}
        if limits.seconds is not None:
            change["stopping"] = replace(limits, seconds=4 * limits.seconds)
        words = "four times the time"
    yield Remedy(
        "epochs", words, "The error still fell when the training ended: it had not come to its end.", change
    )


def slower(e: Evidence) -> Iterator[Remedy]:
    """A learning rate that the curvature allows, where the present one is beyond it."""
    fair = fair_rate(e)
    if fair is not None and not e.learning_rate <= fair:
        yield _rate(e, fair)


def faster(e: Evidence) -> Iterator[Remedy]:
    """A learning rate that the curvature allows, where the present one is far below it."""
    fair = fair_rate(e)
    if fair is not None and e.learning_rate < fair:
        yield _rate(e, fair)


def fair_rate(e: Evidence) -> float | None:
    """A quarter of the edge 2/λ_max at the start (times 1 − β with momentum);
    0.01 for rules that scale their steps; None for none."""
    moves = e.case.rule
    if not first_order(moves):
        return None
    if getattr(moves, "code", "") not in PLAIN:
        return ADAPTIVE_RATE if e.learning_rate < ADAPTIVE_RATE else min(ADAPTIVE_RATE, e.learning_rate / 10)
    edge = e.bend_first.edge
    if not np.isfinite(edge):
        return e.learning_rate / 100 if np.isfinite(e.learning_rate) else None
    return float(f"{EDGE_SHARE * edge * (1 - getattr(moves, 'beta', 0.0)):.2g}")


def _rate(e: Evidence, rate: float) -> Remedy:
    edge = e.bend_first.edge
    plain = getattr(e.case.rule, "code", "") in PLAIN and np.isfinite(edge)
    reason = (
        f"Along the steepest bend, λ_max = {2 / edge:.3g}, descent climbs beyond 2/λ_max = {edge:.3g} "
        f"and crawls far below it."
        if plain
        else "The steps of this rule are about as long as its learning rate, whatever the gradient's size."
    )
    return Remedy("learning-rate", f"learning rate {rate:.2g}", reason, {"learning_rate": rate})


def schedule() -> Remedy:
    """Cosine: large steps first, small ones at the end."""
    return Remedy(
        "schedule", "a cosine schedule",
        "Large steps find the valley, small ones settle in it: the learning rate falls to 0 over the run.",
        {"schedule": "cosine"},
    )  # fmt: skip


def rules(e: Evidence) -> Iterator[Remedy]:
    """A second-order rule where the network is small and the error a sum of squares; else Adam where it
    is not in use."""
    moves = e.case.rule
    P = e.case.network.shape.size
    if first_order(moves) and P <= SMALL and e.case.loss.name in ("mse", "half_mse"):
        yield Remedy(
            "rule", "Levenberg-Marquardt",
            "It knows the curvature and steps far where the error is flat, each weight by its own measure.",
            {**OWN_STEPS, "rule": "lm"},
        )  # fmt: skip
    if getattr(moves, "code", "") in PLAIN:
        yield Remedy(
            "rule", f"Adam, learning rate {ADAPTIVE_RATE:g}",
            "Adam divides each weight's gradient by its usual size, so that layers with small gradients move too.",
            {"rule": "adam", "learning_rate": ADAPTIVE_RATE},
        )  # fmt: skip


def scale(what: str, output: str = "identity") -> Remedy:
    """Mean 0 and spread 1, or within what the output reaches."""
    reason = {
        "inputs": "Then net stays where S' is steep, and one learning rate suits every column.",
        "targets": "Then the first errors, and with them the gradient, have the size that starting "
        "weights and learning rates are made for.",
    }
    within = reach(output) if what == "targets" else None
    to = "mean 0 and spread 1" if within is None else f"{within[0]:g} … {within[1]:g}"
    return Remedy("scale", f"{what} scaled to {to}", reason[what], scale=(what,))


def depth(e: Evidence) -> Remedy:
    """Half the hidden layers."""
    sizes = e.case.network.sizes
    keep = max(1, (len(sizes) - 2) // 2)
    return settled(e, Remedy(
        "depth", f"{keep} hidden layer{'s' if keep > 1 else ''} instead of {len(sizes) - 2}",
        "Each layer less is one factor less on the gradient's way back.",
        sizes=(sizes[0], *sizes[1 : 1 + keep], sizes[-1]), start=matched_start(e.case.network.shape.activations[0]),
    ))  # fmt: skip


def width(e: Evidence, factor: float) -> Remedy:
    """More units (at least 20 in a first hidden layer), or fewer."""
    sizes = e.case.network.sizes
    if factor > 1:
        hidden = tuple(max(20, round(factor * n)) for n in sizes[1:-1]) or (20,)
        reason = "Every unit adds one bend that the network can make."
    else:
        hidden = tuple(min(n, max(2, round(factor * n))) for n in sizes[1:-1])
        reason = "Fewer weights can learn less by heart."
    units = "-".join(map(str, hidden))
    activations = e.case.network.shape.activations
    hidden_activation = activations[0] if len(activations) > 1 else "tanh"
    few = sizes[0] <= 3 and hidden_activation in ("tanh", "logistic") and e.case.network.shape.bias
    return Remedy(
        "width", f"{units} hidden units" + (", Nguyen and Widrow's start" if few and factor > 1 else ""),
        reason + (" The start spreads those bends over the inputs." if few and factor > 1 else ""),
        sizes=(sizes[0], *hidden, sizes[-1]), activation=hidden_activation,
        start="nguyen_widrow" if few and factor > 1 else matched_start(hidden_activation),
    )  # fmt: skip
