"""What a training came to, for a person and as JSON: from what, how, how it ended, how good, and what next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from deltarule.cli.printing import bold, columns, count, listed, number, pairs

if TYPE_CHECKING:
    from deltarule.runs.run import Run

TELLING = {"mean": "mean of the training rows", "majority": "shares of the training rows", "linear": "linear regression", "logistic": "logistic regression"}
LINES = ("linear", "logistic")
SCALED = {
    "standard": "mean 0 and spread 1 on the training rows",
    "minmax": "-1 to 1 on the training rows",
    "none": "as they are",
}


def as_text(run: Run, folder: Path) -> str:
    """The summary, as `deltarule train` prints it."""
    parts = [bold(_headline(run)), pairs(_how(run))]
    parts += [table for table in (_folds(run), _judged(run)) if table]
    if run.notes:
        parts.append("\n".join(f"  Note: {note}" for note in run.notes))
    parts.append(pairs(_next(run, folder)))
    return "\n\n".join(parts)


def as_record(run: Run, folder: Path) -> dict[str, Any]:
    """The same for programs."""
    from deltarule.runs.run import finite

    network = run.network
    return finite(
        {
            "folder": str(folder),
            "target": run.model.targets.targets,
            "inputs": run.model.inputs.names,
            "left_out": dict(run.model.inputs.skipped),
            "network": {"sizes": network.sizes, "activations": network.shape.activations, "bias": network.shape.bias, "weights": network.shape.size},
            "rule": run.rule,
            "loss": run.model.loss.name,
            "rows": {"all": run.source.rows, "train": len(run.split.train), "validation": len(run.split.validation), "test": len(run.split.test)},
            "outcome": run.outcome.name,
            "epochs": len(run.history),
            "steps": run.outcome.step,
            "seconds": round(run.seconds, 3),
            "metrics": run.metrics,
            "line_wins": line_wins(run.metrics),
            "notes": run.notes,
        }
    )


def line_wins(metrics: Mapping[str, Any]) -> bool | None:
    """Whether linear or logistic regression is at least as good on the test rows; None where nothing was judged."""
    judged = metrics.get("folds") or ([metrics] if "baselines" in metrics else [])
    if not judged:
        return None
    network, line = ([_score(each) for each in errors] for errors in zip(*((j["test"], _line(j["baselines"])) for j in judged), strict=True))
    return _mean(line) <= _mean(network)


def _headline(run: Run) -> str:
    network, split = run.network, run.split
    what = listed(run.model.targets.targets)
    used = count(len(run.model.inputs.sources), "column")
    rows = [f"{len(split.train):,} to learn from"]
    if len(split.validation):
        rows.append(f"{len(split.validation):,} to stop by")
    if len(split.test):
        rows.append(f"{len(split.test):,} to judge by")
    sizes = "-".join(map(str, network.sizes))
    return f"Learnt {what} from {used} of {run.source.path}\n{count(run.source.rows, 'row')}: {', '.join(rows)}.  Network {sizes}, {count(network.shape.size, 'weight')}."


def _how(run: Run) -> dict[str, str]:
    shape, targets = run.network.shape, run.model.targets
    hidden = listed(list(dict.fromkeys(shape.activations[:-1]))) or "none"
    scaled = f"inputs {SCALED[run.model.inputs.scale]}"
    if targets.kind == "numbers" and not targets.range:
        scaled += "; the target likewise" if len(targets.targets) == 1 else "; the targets likewise"
    elif targets.kind == "numbers" and targets.range:
        scaled += f"; the target{'' if len(targets.targets) == 1 else 's'} {targets.range[0]:g} to {targets.range[1]:g}, inside the output's range"
    settings = run.settings
    rate = run.history.learning_rate
    batch = settings.get("batch", "auto")
    if batch == "auto":
        batch = "full" if settings.get("lecture") else min(32, len(run.split.train))
    rows = "all training rows a step" if batch == "full" else f"{count(int(batch), 'row')} a step"
    extras = [f"{key} {settings[key]}" for key in ("schedule", "penalty", "clip") if settings.get(key)]
    return {
        "Network": f"hidden {hidden}, output {shape.activations[-1]}{'' if shape.bias else ', no biases'}; error {run.model.loss.name}",
        "Rule": ", ".join([_rule(run.rule), f"learning rate {number(float(rate[0])) if len(rate) else '-'}", rows, *extras]),
        "Scaling": scaled,
        "Ended": f"after {count(len(run.history), 'epoch')} ({_seconds(run.seconds)}): {run.outcome.message}",
    }


def _rule(text: str) -> str:
    """`Adam(beta_1=0.9, …)` as Adam; constants that are not the usual ones stay."""
    from deltarule.descent.rules import RULES

    usual = {repr(make()) for make in RULES.values()}
    return text.partition("(")[0] if text in usual else re.sub(r"[()]", " ", text).strip()


def _judged(run: Run) -> str:
    metrics = run.metrics
    if "test" not in metrics:
        return "" if metrics.get("folds") else "  No rows were set apart to judge by (--test 0): how well it predicts is not known."
    test, rivals = metrics["test"], metrics["baselines"]
    rows = count(test["rows"], "row")
    where = f" of {run.settings['test']}" if isinstance(run.settings.get("test"), str) else ""
    verdict = _verdict(metrics)
    return f"  On the {rows}{where} it has not seen:\n{_errors({'this network': test, **_named(rivals)})}\n\n  {verdict}"


def _folds(run: Run) -> str:
    folds = run.metrics.get("folds")
    if not folds:
        return ""
    told = {"this network": [fold["test"] for fold in folds]}
    for name in folds[0]["baselines"]:
        told[TELLING[name]] = [fold["baselines"][name] for fold in folds]
    names = list(_numbers(folds[0]["test"]))
    rows = [[who, *(f"{number(fmean(values), 4)} ± {number(stdev(values), 2)}" for values in _by_name(errors, names))] for who, errors in told.items()]
    return (
        f"  Over {len(folds)} folds, each judged on rows it has not seen (mean ± spread between folds):\n"
        f"{columns(['', *names], rows, indent='    ')}\n\n  {_verdict(run.metrics)}\n  The network kept was then trained on all rows."
    )


def _by_name(errors: list[dict[str, Any]], names: list[str]) -> list[list[float]]:
    return [[_numbers(error)[name] for error in errors] for name in names]


def _errors(told: Mapping[str, Mapping[str, Any]]) -> str:
    names = list(_numbers(next(iter(told.values()))))
    return columns(["", *names], [[who, *(number(_numbers(error)[name], 4) for name in names)] for who, error in told.items()], indent="    ")


def _numbers(error: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one judgement under their headings, in the target's own unit."""
    if error["kind"] == "classes":
        return {"right, %": 100 * error["accuracy"], "log loss": error["log_loss"]}
    several = len(error["targets"]) > 1
    headings = {"rmse": "RMSE", "mae": "mean |error|", "r2": "R²"}
    return {
        f"{name} {heading}" if several else heading: figures[key]
        for name, figures in error["targets"].items()
        for key, heading in headings.items()
    }


def _verdict(metrics: Mapping[str, Any]) -> str:
    line = "Linear" if "linear" in (metrics.get("baselines") or metrics["folds"][0]["baselines"]) else "Logistic"
    if line_wins(metrics):
        return f"The line wins: {line.lower()} regression is at least as good here. Use it, or try more rows, other columns or a --penalty."
    return f"The network beats {line.lower()} regression."


def _named(rivals: Mapping[str, Any]) -> dict[str, Any]:
    return {TELLING[name]: error for name, error in rivals.items()}


def _line(rivals: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(rivals[name] for name in LINES if name in rivals)


def _score(error: Mapping[str, Any]) -> tuple[float, ...]:
    """What is compared, smaller is better: wrong classes, then log loss; for numbers the mean of 1 − R²."""
    if error["kind"] == "classes":
        return 1 - error["accuracy"], error["log_loss"]
    figures = error["targets"].values()
    return (fmean(f["rmse"] if f["r2"] is None else 1 - f["r2"] for f in figures),)


def _mean(scores: list[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(fmean(each) for each in zip(*scores, strict=True))


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _next(run: Run, folder: Path) -> dict[str, str]:
    return {
        "Kept in": str(folder),
        "Predict": f"deltarule predict {folder} FILE",
        "Look inside": f"deltarule explain {folder} --row 1",
        "In Python": python_call(run.settings),
    }


def python_call(settings: Mapping[str, Any]) -> str:
    """The Python call that trains the same run."""
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    table, target = given.pop("table"), given.pop("target")
    target = target[0] if len(target) == 1 else target
    options = "".join(f", {key}={value!r}" for key, value in given.items())
    return f"from deltarule.runs import train_table; run = train_table({table!r}, {target!r}{options})"
