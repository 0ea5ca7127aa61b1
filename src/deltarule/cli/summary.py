"""What a training came to, for a person and as JSON: from what, how, how it ended, how good, and what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from deltarule.cli.printing import bold, columns, number, pairs, python, room, whole, wrapped
from deltarule.runs.judgement import TELLING, line_wins, verdict
from deltarule.runs.scores import Scores, scores
from deltarule.sentences import count, listed

if TYPE_CHECKING:
    from deltarule.runs.run import Run

SCALED = {
    "standard": "mean 0 and spread 1 on the training rows",
    "minmax": "-1 to 1 on the training rows",
    "none": "as they are",
}

BESIDE = 1.1  # of a training's time: what came beside it is not told apart


def as_text(run: Run, folder: Path, verbose: bool = False) -> str:
    """The summary, as `deltarule train` prints it."""
    parts = [bold(_headline(run)), pairs(_how(run, verbose))]
    parts += [table for table in (_folds(run), _judged(run)) if table]
    if run.notes:
        parts.append("\n".join(f"  Note: {note}" for note in run.notes))
    parts.append(pairs(_next(run, folder)))
    return wrapped("\n\n".join(parts), room())


def as_record(run: Run, folder: Path) -> dict[str, Any]:
    """The same for programs."""
    network = run.network
    return {
        "folder": str(folder),
        "target": run.model.targets.targets,
        "inputs": run.model.inputs.names,
        "left_out": dict(run.model.inputs.skipped),
        "network": {
            "sizes": network.sizes,
            "activations": network.shape.activations,
            "bias": network.shape.bias,
            "weights": network.shape.size,
        },
        "rule": run.rule,
        "loss": run.model.loss.name,
        "rows": {
            "all": run.source.rows,
            "train": len(run.split.train),
            "validation": len(run.split.validation),
            "test": len(run.split.test),
        },
        "outcome": run.outcome.name,
        "epochs": len(run.history),
        "steps": run.outcome.step,
        "seconds": round(run.seconds, 3),
        "metrics": run.metrics,
        "line_wins": line_wins(run.metrics),
        "notes": run.notes,
    }


def _headline(run: Run) -> str:
    network, split = run.network, run.split
    what = listed(run.model.targets.targets)
    used = count(len(run.model.inputs.sources), "column")
    rows = [f"{len(split.train):,} to learn from"]
    if len(split.validation):
        rows.append(f"{len(split.validation):,} to stop by")
    elif isinstance(file := run.settings.get("validation"), str) and "validation" in run.metrics:
        rows.append(f"{run.metrics['validation']['rows']:,} of {file} to stop by")
    if len(split.test):
        rows.append(f"{len(split.test):,} to judge by")
    sizes = "-".join(map(str, network.sizes))
    weights = count(network.shape.size, "weight") + (" and biases" if network.shape.bias else "")
    return (
        f"Learnt {what} from {used} of {run.source.path}\n"
        f"{count(run.source.rows, 'row')}: {', '.join(rows)}.  Network {sizes}, {weights}."
    )


def _how(run: Run, verbose: bool) -> dict[str, str]:
    shape, targets = run.network.shape, run.model.targets
    hidden = listed(list(dict.fromkeys(shape.activations[:-1]))) or "none"
    scaled = f"inputs {SCALED[run.model.inputs.scale]}"
    if targets.kind == "numbers" and shape.activations[-1] == "exp":
        scaled += "; the target as it is" if len(targets.targets) == 1 else "; the targets as they are"
    elif targets.kind == "numbers" and not targets.range:
        scaled += "; the target likewise" if len(targets.targets) == 1 else "; the targets likewise"
    elif targets.kind == "numbers" and targets.range:
        low, high = targets.range
        several = "" if len(targets.targets) == 1 else "s"
        scaled += f"; the target{several} {low:g} to {high:g}, inside the output's range"
    rates = run.history.learning_rate
    full_batch = len(rates) > 0 and all(rate != rate for rate in rates)  # such rules have none
    how = {
        "Network": f"hidden {hidden}, output {shape.activations[-1]}{'' if shape.bias else ', no biases'}",
        "Error": run.model.loss.normalisation,
        "Rule": _rule(run, full_batch),
        "Scaling": scaled,
        "Ended": f"after {count(len(run.history), 'iteration' if full_batch else 'epoch')} "
        f"({_time(run)}): {run.outcome.message}",
    }
    return how | ({"Engine": _engine(run, full_batch)} if verbose else {})


def _engine(run: Run, full_batch: bool) -> str:
    from deltarule.network import engine

    return str(engine(run.network.shape, _batch(run, full_batch), run.network.dtype))


def _batch(run: Run, full_batch: bool) -> int:
    """Rows a step."""
    from deltarule.descent.batches import rows_a_step
    from deltarule.runs.settings import recorded, settings

    batch = settings(recorded(run.settings)).batch_size
    return rows_a_step(batch, len(run.split.train), not full_batch)


def _rule(run: Run, full_batch: bool) -> str:
    """The rule's name, with its constants where they are not the usual ones, and what steers it."""
    from deltarule.runs.wording import rule_in_words

    settings = run.settings
    words = [rule_in_words(run.rule)]
    if not full_batch and len(run.history):
        words.append(f"learning rate {number(float(run.history.learning_rate[0]))}")
    if full_batch or _batch(run, full_batch) == len(run.split.train):
        words.append(f"all training rows {'an iteration' if full_batch else 'a step'}")
    else:
        words.append(f"{count(_batch(run, full_batch), 'row')} a step")
    return ", ".join(
        [*words, *(f"{key} {settings[key]}" for key in ("schedule", "penalty", "clip") if settings.get(key))]
    )


def _judged(run: Run) -> str:
    metrics = run.metrics
    if "test" not in metrics:
        return (
            ""
            if metrics.get("folds")
            else "  No rows were set apart to judge by (--test 0): how well it predicts is not known."
        )
    test, rivals = metrics["test"], metrics["baselines"]
    rows = count(test["rows"], "row")
    where = f" of {run.settings['test']}" if isinstance(run.settings.get("test"), str) else ""
    found = verdict(run)
    told = {"this network": [test], **{TELLING[name]: [error] for name, error in rivals.items()}}
    return f"  On the {rows}{where} it has not seen:\n{_errors(told)}\n\n  {found}"


def _folds(run: Run) -> str:
    folds = run.metrics.get("folds")
    if not folds:
        return ""
    steering = (
        f", but for {count(len(run.split.validation), 'row')} to stop by" if len(run.split.validation) else ""
    )
    return (
        f"  Over {len(folds)} folds, {_fold_errors(folds)}\n\n"
        f"  {verdict(run)}\n  The network kept was then trained on all rows{steering}."
    )


def folds_so_far(folds: Sequence[Mapping[str, Any]], asked: int) -> str:
    """What the folds came to that were finished before Ctrl-C."""
    nothing_kept = "Nothing was kept: the network to keep is trained after the folds."
    if not folds:
        none = f"Interrupted in the first of {asked} folds: there is no error to show.\n{nothing_kept}"
        return wrapped(none, room())
    done = f"Interrupted with {len(folds)} of {asked} folds finished"
    return wrapped(f"{done}, {_fold_errors(folds)}\n\n{nothing_kept}", room())


def _fold_errors(folds: Sequence[Mapping[str, Any]]) -> str:
    told = {"this network": [fold["test"] for fold in folds]}
    told |= {TELLING[name]: [fold["baselines"][name] for fold in folds] for name in folds[0]["baselines"]}
    spread = " (mean ± spread between folds)" if len(folds) > 1 else ""
    return f"each judged on rows it has not seen{spread}:\n{_errors(told)}"


def _errors(told: Mapping[str, list[Mapping[str, Any]]]) -> str:
    """Who errs by how much; several targets one below the other."""
    figures = {who: [_figures(error) for error in errors] for who, errors in told.items()}
    targets = list(next(iter(figures.values()))[0])
    several = len(targets) > 1
    rows: list[list[Any]] = []
    for target in targets:
        for who, folds in figures.items():
            values = zip(*(fold[target].values() for fold in folds), strict=True)
            rows.append([*([target] if several else []), who, *map(_spread, values)])
    headings = list(next(iter(figures.values()))[0][targets[0]])
    who = [*(["target"] if several else []), ""]
    return columns([*who, *headings], rows, indent="    ", left=len(who), width=room())


def _spread(values: tuple[float | None, ...]) -> str:
    known = [value for value in values if value is not None]
    if len(values) == 1 or len(known) < len(values):
        return number(fmean(known), 4) if known else "-"
    return f"{number(fmean(known), 4)} ± {number(stdev(known), 2)}"


def _figures(error: Mapping[str, Any]) -> dict[str, Scores]:
    """The figures of one judgement under their headings, by target, in the target's own unit."""
    if error["kind"] == "classes":
        return {"": scores(error)}
    return {name: scores(found) for name, found in error["targets"].items()}


def _time(run: Run) -> str:
    """How long it took in all; of a training that its time ended also how much of that it had, which is the limit."""
    whole_time = f"{_seconds(run.seconds)} in all"
    own = float(run.history.seconds[-1]) if len(run.history) else run.seconds
    several = any(run.settings.get(name) for name in ("folds", "restarts", "committee"))
    if run.outcome.name != "time_limit" or several or run.seconds <= BESIDE * own:
        return whole_time
    return f"{_seconds(own)} of training, {whole_time} with reading, compiling and judging"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _next(run: Run, folder: Path) -> dict[str, str]:
    stopped = run.outcome.name in ("interrupted", "time_limit") and run.checkpoint is not None
    return {
        "Kept in": str(folder),
        **({"Go on": whole(f"deltarule train --resume {folder}")} if stopped else {}),
        "Predict": whole(f"deltarule predict {folder} FILE"),
        **({"Ask why": whole(f"deltarule diagnose {folder} --try")} if line_wins(run.metrics) else {}),
        "Look inside": whole(f"deltarule explain {folder} --row {run.source.numbers[0]}"),
        "In Python": python(python_call(run.settings)),
    }


def python_call(settings: Mapping[str, Any]) -> str:
    """The Python call that trains the same run."""
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    table, target = given.pop("table"), given.pop("target")
    target = target[0] if len(target) == 1 else target
    options = "".join(f", {key}={value!r}" for key, value in given.items())
    return f"from deltarule.runs import train_table; run = train_table({table!r}, {target!r}{options})"
