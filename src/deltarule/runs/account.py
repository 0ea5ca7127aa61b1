"""What is told of a run, part by part: how it was learnt, how good it is, what ails it, its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from deltarule.health.diagnosis import Diagnosis, diagnose
from deltarule.runs.checkup import checkup
from deltarule.runs.command import command
from deltarule.runs.figures import Figures, settings_lines
from deltarule.runs.judgement import verdict
from deltarule.runs.run import Run, table_of
from deltarule.runs.scores import Scores, means, scores
from deltarule.runs.wording import rule_in_words
from deltarule.tables import Table


@dataclass(frozen=True)
class Account:
    """The parts of a report.

    Parameters: run; table: the table it was trained on, None reads it where it was.
    """

    run: Run
    table: Table

    @classmethod
    def of(cls, run: Run, file: str | None = None) -> Self:
        """That of a run; file: its table, where that has moved."""
        return cls(run, table_of(run, file))

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """The verdicts and their remedies."""
        return diagnose(checkup(self.run, self.table))

    @cached_property
    def figures(self) -> Figures:
        """The figures, drawn one by one."""
        return Figures(self.run, self.diagnosis.case, self.table)

    @property
    def headline(self) -> str:
        """What was learnt from what."""
        run = self.run
        what = " and ".join(run.model.targets.targets)
        return f"{what} from {len(run.model.inputs.sources)} columns of {Path(run.source.path).name}"

    @property
    def summary(self) -> dict[str, str]:
        """How it was learnt, and how it ended."""
        run, shape = self.run, self.run.network.shape
        hidden = ", ".join(dict.fromkeys(shape.activations[:-1])) or "no hidden layer"
        rows = {
            "train": len(run.split.train),
            "stop by": len(run.split.validation),
            "judge by": len(run.split.test),
        }
        return {
            "Network": f"{'-'.join(map(str, shape.sizes))}, {hidden}, output "
            f"{shape.activations[-1]}; {shape.size} weights",
            "Rows": ", ".join(f"{n:,} to {use}" for use, n in rows.items() if n),
            "Rule": f"{rule_in_words(run.rule)}, loss {run.model.loss.name}",
            "Ended": str(run.outcome),
            "Time": f"{run.seconds:.2f} s for {len(run.history):,} epochs",
            "Made": f"{run.created} by deltarule {run.versions.get('deltarule', '')}",
        }

    @property
    def scores(self) -> list[tuple[str, ...]]:
        """A table of the errors, its head first: the network on each part of the rows, the baselines on test rows;
        of folds, whose test rows are all rows once, the mean."""
        metrics = self.run.metrics
        parts = {name: metrics[name] for name in ("train", "validation", "test") if name in metrics}
        told: list[tuple[str, str, Scores]] = []
        for name, judged in parts.items():
            told += [("network", f"{name}{of}", s) for of, s in _scores(judged)]
        for name, judged in metrics.get("baselines", {}).items():
            told += [(name, f"test{of}", s) for of, s in _scores(judged)]
        folds: Sequence[Mapping[str, Any]] = metrics.get("folds") or ()
        for name in folds[0]["baselines"] if folds else ():
            told += _over_folds(name, [fold["baselines"][name] for fold in folds])
        if folds:
            told[:0] = _over_folds("network", [fold["test"] for fold in folds])
        names = dict.fromkeys(name for _, _, s in told for name in s)
        lines = [(who, rows, *(_number(s.get(name)) for name in names)) for who, rows, s in told]
        return [("", "rows", *names), *lines]

    @property
    def judgement(self) -> str:
        """Whether it was worth it, in sentences; empty where no rows judged."""
        return verdict(self.run)

    @property
    def settings(self) -> dict[str, str]:
        """What was asked for; what is not listed was left to its default."""
        return settings_lines(self.run.settings)

    @property
    def command(self) -> str:
        """The command that trains the same run again."""
        return command(self.run.settings)


def _over_folds(who: str, errors: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, Scores]]:
    """The mean of each score over the folds."""
    return [
        (who, f"test, mean of {len(parts)} folds{parts[0][0]}", means([s for _, s in parts]))
        for parts in zip(*map(_scores, errors), strict=True)
    ]


def _scores(judged: Mapping[str, Any]) -> list[tuple[str, Scores]]:
    if judged["kind"] == "classes":
        return [("", scores(judged))]
    several = len(judged["targets"]) > 1
    return [(f", {name}" if several else "", scores(found)) for name, found in judged["targets"].items()]


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:.4g}"
