"""The scores of one judgement under the names that people read, on terminals and pages alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

Scores = dict[str, float | None]
NAMES = {
    "quantile_loss": "quantile loss",
    "below": "below ({asked:g} asked), %",
    "rmse": "RMSE",
    "mae": "mean |error|",
    "r2": "R²",
    "accuracy": "right, %",
    "log_loss": "log loss",
}
SHARES = ("below", "accuracy")  # told in %


def scores(found: Mapping[str, Any], keys: Iterable[str] = ()) -> Scores:
    """Those of these keys; without any all, and first what the training made small.

    found : the errors of one target, or of classes, as `Model.error` has them.

    >>> scores({"rmse": 2.0, "mae": 1.5, "r2": 0.5, "d2": 0.4})
    {'mean |error|': 1.5, 'RMSE': 2.0, 'R²': 0.5}
    >>> scores({"level": 0.9, "quantile_loss": 0.5, "below": 0.875, "rmse": 2.0}, ["quantile_loss", "below"])
    {'quantile loss': 0.5, 'below (90 asked), %': 87.5}
    """
    made_small = ("mae",) if "d2" in found and "level" not in found else ()
    told = [key for key in keys or dict.fromkeys((*made_small, *NAMES)) if key in found]
    asked = 100 * found.get("level", 0.0)
    return {NAMES[key].format(asked=asked): 100 * found[key] if key in SHARES else found[key] for key in told}


def means(told: Sequence[Scores]) -> Scores:
    """The mean of each score, of where it is a number.

    >>> means([{"RMSE": 2.0, "R²": None}, {"RMSE": 3.0, "R²": None}])
    {'RMSE': 2.5, 'R²': None}
    """
    known = {name: [v for each in told if (v := each.get(name)) is not None] for name in told[0]}
    return {name: fmean(values) if values else None for name, values in known.items()}
