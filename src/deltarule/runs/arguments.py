"""A run's settings as the arguments of `descent.train`: for its training, and for one of the same again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.stopping import Stopping
from deltarule.runs.plan import Plan
from deltarule.runs.settings import Settings
from deltarule.runs.words import clip_of, penalty_of, schedule_of

Floats = NDArray[np.floating]
Held = tuple[Floats, Floats, Floats | None]


def train_arguments(
    plan: Plan, rows: int, held: Held | None, groups: NDArray[np.int64] | None
) -> dict[str, Any]:
    """All but the loss and the training rows, of which there are so many, with their weights.

    held : X, D and weights of the validation rows, where there are any.
    groups : (rows,) those that training rows belong to, where they do.
    """
    settings = plan.settings
    limits = clip_of(settings.clip)
    return {
        "rule": plan.rule,
        "learning_rate": settings.learning_rate,
        "batch_size": plan.batch,
        "epochs": plan.epochs,
        "penalty": penalty_of(settings.penalty),
        "clip_norm": limits.get("clip_norm"),
        "clip_value": limits.get("clip_value"),
        "schedule": schedule_of(settings.schedule),
        "validation": held,
        "groups": groups,
        "stopping": Stopping(patience=plan.patience(rows) if held else None),
        "restarts": settings.restarts,
        "committee": settings.committee,
        "budget": seconds(settings),
        "seed": settings.seed,
        "threads": settings.threads,
    }


def seconds(settings: Settings) -> float | None:
    """Of the budget, those for one training: each fold's, or the last one's on all rows."""
    return None if settings.budget is None else settings.budget / (1 + (settings.folds or 0))
