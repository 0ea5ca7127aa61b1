"""What helps against each verdict, best first, with the lecture's reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deltarule.descent.gradient import Momentum
from deltarule.descent.rules import first_order
from deltarule.descent.stopping import Stopping
from deltarule.health.changes import (
    OWN_STEPS,
    PLAIN,
    SMALL,
    activation,
    clip,
    depth,
    faster,
    longer,
    penalty,
    rules,
    scale,
    schedule,
    slower,
    start,
    width,
)
from deltarule.health.evidence import Evidence
from deltarule.health.remedy import Remedy
from deltarule.health.verdict import Verdict

FAR = 5  # a learning rate so many times the fair one is lowered before it is scheduled


def remedies(verdict: Verdict, e: Evidence) -> tuple[Remedy, ...]:
    """The remedies of a verdict on a case, ranked; those of the cause where it follows from another are the cause's."""
    found = [remedy for remedy in _FOR[verdict.name](verdict, e) if remedy.changes(e.case)]
    unique: dict[tuple[str, str], Remedy] = {(r.kind, r.title): r for r in found}
    return tuple(unique.values())


def _vanishing(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    if v.cause == "slope":
        yield activation(e)
        yield start(e)
    else:
        yield start(e)
        yield activation(e)
    yield from rules(e)
    yield depth(e)


def _exploding(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    if v.since == 0:
        yield start(e)
    yield from clip(e)
    yield penalty(e)
    yield from slower(e)
    yield depth(e)


def _saturated(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield start(e)
    yield penalty(e)
    yield activation(e)
    yield from slower(e)


def _dead(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield start(e)
    yield Remedy(
        "activation", "leaky relu units with He's start",
        "Its slope is 0.01 where relu's is 0: a unit that went silent still gets a gradient and can come back.",
        activation="leaky_relu", start="he",
    )  # fmt: skip
    yield from slower(e)


def _too_large(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield from _beyond_its_batches(e) or slower(e)
    yield from clip(e)
    if first_order(e.case.rule):
        yield schedule()


def _beyond_its_batches(e: Evidence) -> list[Remedy]:
    """A tenth of a rate that threw the weights though all samples together would bear it."""
    if e.code not in PLAIN or not e.learning_rate < e.bend_first.edge:
        return []
    rate = float(f"{e.learning_rate / 10:.2g}")
    rows = "row" if e.case.rows_a_step == 1 else "rows"
    reason = (
        f"All samples together would bear {e.learning_rate:g}, as 2/λ_max is {e.bend_first.edge:.2g}, but steps of "
        f"{e.case.rows_a_step} {rows} meet steeper bends: a tenth of what threw the weights."
    )
    return [Remedy("learning-rate", f"learning rate {rate:g}", reason, {"learning_rate": rate})]


def _too_small(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield from faster(e)
    yield from rules(e)


def _ended_early(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield from longer(e)
    yield from faster(e)
    yield from rules(e)


def _inputs(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield scale("inputs")
    yield from slower(e)


def _targets(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield scale("targets", e.case.network.shape.activations[-1])
    if v.cause in ("logistic", "tanh"):
        return
    yield from slower(e)


def _bad_start(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield start(e)


def _plateau(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    if v.cause == "schedule":
        yield Remedy(
            "schedule", "a constant learning rate",
            "The schedule took the learning rate away before the error had fallen.", {"schedule": None},
        )  # fmt: skip
    yield from rules(e)
    yield from faster(e)
    yield start(e)


def _oscillation(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    moves = e.case.rule
    if isinstance(moves, Momentum) and moves.beta > 0.95:
        yield Remedy(
            "rule", "momentum 0.9",
            f"With {moves.beta:g} a step lasts {1 / (1 - moves.beta):.0f} steps: it carries θ past "
            f"the valley and back.",
            {"rule": Momentum(0.9)},
        )  # fmt: skip
    if not first_order(moves):
        return
    rate = list(slower(e))
    far = rate and e.learning_rate > FAR * rate[0].settings["learning_rate"]
    yield from [*rate, schedule()] if far else [schedule(), *rate]


def _overfitting(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    from deltarule.descent.evidence import Evidence as ByEvidence

    own_penalty = isinstance(e.case.rule, ByEvidence)
    if not own_penalty:
        yield penalty(e, share=0.03)
    if (
        e.case.settings.get("validation") is not None and not e.case.keeps_best
    ):  # else it would end with the same
        yield Remedy(
            "stopping", "an end after 10 epochs without a lower validation error",
            "Past the lowest validation error only the noise of the training samples is learnt.",
            {"stopping": Stopping(patience=10)},
        )  # fmt: skip
    if e.case.network.shape.size <= SMALL and not own_penalty:
        yield Remedy(
            "evidence", "Bayesian regularisation", "The evidence of the training samples sets the penalty's strength.",
            {**OWN_STEPS, "rule": "evidence", "penalty": None},
        )  # fmt: skip
    if e.case.network.shape.layers > 1:
        yield width(e, 0.25)


def _underfitting(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    if v.cause == "penalty":
        yield Remedy(
            "penalty", "no penalty", "The penalty outweighs the samples: it holds every weight near 0.",
            {"penalty": None},
        )  # fmt: skip
    yield width(e, 4)
    yield from rules(e)


def _not_a_number(v: Verdict, e: Evidence) -> Iterator[Remedy]:
    yield from clip(e)
    yield from slower(e)


_FOR: dict[str, Callable[[Verdict, Evidence], Iterator[Remedy]]] = {
    "vanishing_gradient": _vanishing,
    "exploding_gradient": _exploding,
    "saturated_units": _saturated,
    "dead_units": _dead,
    "learning_rate_too_large": _too_large,
    "learning_rate_too_small": _too_small,
    "ended_early": _ended_early,
    "unscaled_inputs": _inputs,
    "unscaled_targets": _targets,
    "bad_start": _bad_start,
    "symmetric_weights": _bad_start,
    "plateau": _plateau,
    "oscillation": _oscillation,
    "overfitting": _overfitting,
    "underfitting": _underfitting,
    "not_a_number": _not_a_number,
}
