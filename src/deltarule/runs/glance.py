"""A run at a glance: the figures that tell most of how good it is, and by which rows."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from deltarule.runs.judgement import judgements
from deltarule.sentences import count

Figures = dict[str, float | None]
USUAL = ("rmse", "r2")
# what tells most where the training made another loss small
TOLD = {"quantile": ("quantile_loss", "below"), "mae": ("mae", "rmse", "r2")}
NAMES = {"rmse": "RMSE", "mae": "mean |error|", "r2": "R²", "quantile_loss": "quantile loss"}


def glance(metrics: Mapping[str, Any], loss: str) -> dict[str, Any]:
    """The figures under their names, by target ("" for classes), and the rows: unseen ones where there are any.

    metrics : a run's; several folds give their mean.  loss : the name of what the training made small.

    >>> judged = {"kind": "numbers", "rows": 9, "targets": {"y": {"rmse": 2.0, "mae": 1.5, "r2": 0.5}}}
    >>> glance({"train": judged}, "mse")
    {'rows': '9 rows it learnt from', 'targets': {'y': {'RMSE': 2.0, 'R²': 0.5}}}
    """
    judged, rows = [each["test"] for each in judgements(metrics)], "it has not seen"
    if not judged:
        judged, rows = [metrics["train"]], "it learnt from"
    told = [_told(error, loss) for error in judged]
    means = {
        target: {name: _mean([each[target][name] for each in told]) for name in figures}
        for target, figures in told[0].items()
    }
    folds = f", in {len(judged)} folds" if len(judged) > 1 else ""
    return {"rows": f"{count(sum(e['rows'] for e in judged), 'row')} {rows}{folds}", "targets": means}


def below_asked(level: float) -> str:
    """What stands over the share of rows below a predicted quantile.

    >>> below_asked(0.9)
    'below (90 asked), %'
    """
    return f"below ({100 * level:g} asked), %"


def _told(error: Mapping[str, Any], loss: str) -> dict[str, Figures]:
    if error["kind"] == "classes":
        return {"": {"right, %": 100 * error["accuracy"]}}
    return {target: _figures(found, TOLD.get(loss, USUAL)) for target, found in error["targets"].items()}


def _figures(found: Mapping[str, Any], keys: tuple[str, ...]) -> Figures:
    known = keys if all(key in found for key in keys) else USUAL  # a run of an older version has fewer
    figures: Figures = {NAMES[key]: found[key] for key in known if key != "below"}
    if "below" in known:
        figures[below_asked(found["level"])] = 100 * found["below"]
    return figures


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
