"""Which words each setting has, in the grammar of `wording`: losses, penalties, limits, rules and schedules."""

from __future__ import annotations

from typing import Any

from deltarule.descent.rules import ALIASES as RULE_ALIASES
from deltarule.descent.rules import INSTEAD, RULES
from deltarule.descent.schedules import ALIASES as SCHEDULE_ALIASES
from deltarule.descent.schedules import SCHEDULES, Schedule
from deltarule.equations.losses import ALIASES as LOSS_ALIASES
from deltarule.equations.losses import LOSSES, Huber, Loss, Quantile, loss
from deltarule.equations.penalties import L1, L2, Elastic, Penalty
from deltarule.errors import InputError
from deltarule.runs.wording import from_words

PENALTIES = {"l2": L2, "l1": L1, "elastic": Elastic}


def listed(value: Any) -> Any:
    """`a,b` as ("a", "b"); a list as it is."""
    if isinstance(value, str):
        words = tuple(word.strip() for word in value.split(",")) if value.strip() else ()
        if not all(words):
            raise ValueError(f"nothing stands before or after a comma in '{value}'")
        return words
    return (value,) if isinstance(value, int) else value


def loss_of(words: str | None, output: str) -> Loss:
    """The loss of these words, None for the output's natural one; `huber:1.5` and `quantile:0.9` take a constant."""
    if words is None:
        return loss(None, output)
    name, colon, _ = words.strip().partition(":")
    found = loss(name, output)
    if not colon:
        return found
    if not found.constants:
        raise InputError(f"loss '{words}': {found.name} takes no constants: leave out what follows the colon")
    return from_words("loss", words, {"huber": Huber, "quantile": Quantile}, LOSS_ALIASES)


def penalty_of(words: str | None) -> Penalty | None:
    """`0.001` and `l2:0.001`, `l1:0.001`, `elastic:0.001,0.01`."""
    if words is None:
        return None
    try:
        strength = float(words)
    except ValueError:
        return from_words("penalty", words, PENALTIES)
    return L2(strength)


def clip_of(words: str | None) -> dict[str, float]:
    """`1` and `norm:1`, `value:0.5`, `norm:1,value:0.5` as train's clip_norm and clip_value."""
    limits: dict[str, float] = {}
    for word in listed(words or ""):
        name, _, number = word.rpartition(":")
        try:
            limit = float(number)
        except ValueError:
            limit = 0.0
        if name not in ("", "norm", "value") or not limit > 0:
            raise InputError(f"expected a limit above 0 as in 1, norm:1 or value:0.5, got '{word}'")
        limits["clip_value" if name == "value" else "clip_norm"] = limit
    return limits


def rule_of(words: str) -> Any:
    """A rule's name as it is; with constants (`momentum:0.8`, `adam:beta_1=0.8`) its settings."""
    if words == "auto":
        return words
    return from_words("rule", words, RULES, RULE_ALIASES, INSTEAD)


def rule_name(words: str) -> str:
    """The rule of these words, by the name it has here."""
    name = words.partition(":")[0].strip()
    return RULE_ALIASES.get(name, name)


def schedule_of(words: str | None) -> Schedule | None:
    """A schedule with its constants: `cosine:warmup=0.1`, `steps:every=30,factor=0.5`."""
    return None if words is None else from_words("schedule", words, SCHEDULES, SCHEDULE_ALIASES)


def named_loss(words: str | None) -> Loss | None:
    """The loss that these words name, with its usual constants; None where there is no such."""
    name = (words or "").strip().partition(":")[0]
    return LOSSES.get(LOSS_ALIASES.get(name, name))


def loss_outputs(words: str) -> str:
    """An output that the loss of these words can be used with, to check the words alone."""
    found = named_loss(words)
    return found.outputs[0] if found and found.outputs else "identity"
