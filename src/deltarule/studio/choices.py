"""The names that a page offers: those that the library knows, in its own order."""

from __future__ import annotations

from typing import Any

from deltarule.descent.rules import RULES, first_order
from deltarule.descent.schedules import SCHEDULES
from deltarule.equations.activations import ACTIVATIONS
from deltarule.equations.losses import LOSSES
from deltarule.equations.starts import STARTS


def choices() -> dict[str, Any]:
    """Activations, rules, starts, losses and schedules; of the rules, those that take small batches apart."""
    return {
        "activations": [name for name, found in ACTIVATIONS.items() if not found.output_only],
        "outputs": list(ACTIVATIONS),
        "batch_rules": [name for name, make in RULES.items() if first_order(make())],
        "full_rules": [name for name, make in RULES.items() if not first_order(make())],
        "starts": list(STARTS),
        "losses": list(LOSSES),
        "schedules": list(SCHEDULES),
    }
