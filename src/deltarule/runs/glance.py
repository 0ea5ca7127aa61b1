"""A run at a glance: the figures that tell most of how good it is, and by which rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deltarule.runs.judgement import judgements
from deltarule.runs.scores import Scores, means, scores
from deltarule.sentences import count

USUAL = ("rmse", "r2")
# what tells most where the training made another loss small
TOLD = {"quantile": ("quantile_loss", "below"), "mae": ("mae", "rmse", "r2")}


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
    targets = {target: means([each[target] for each in told]) for target in told[0]}
    folds = f", in {len(judged)} folds" if len(judged) > 1 else ""
    return {"rows": f"{count(sum(e['rows'] for e in judged), 'row')} {rows}{folds}", "targets": targets}


def _told(error: Mapping[str, Any], loss: str) -> dict[str, Scores]:
    if error["kind"] == "classes":
        return {"": scores(error, ["accuracy"])}
    asked = TOLD.get(loss, USUAL)
    return {
        # a run of an older version has fewer
        target: scores(found, asked if all(key in found for key in asked) else USUAL)
        for target, found in error["targets"].items()
    }
