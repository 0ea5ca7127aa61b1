"""Who won on the rows that were set apart: the network, a constant, or the line; said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from deltarule.runs.rare_class import found_of_rare
from deltarule.runs.run import Run
from deltarule.sentences import count, listed

TELLING = {
    "mean": "mean of the training rows",
    "median": "median of the training rows",
    "quantile": "quantile of the training rows",
    "majority": "majority of the training rows",
    "linear": "linear regression",
    "shifted_linear": "shifted linear regression",
    "logistic": "logistic regression",
}
PLAIN = ("mean", "median", "quantile", "majority")
LINES = ("linear", "shifted_linear", "logistic")
FEW = 20  # test rows; by fewer the verdict says so
NOISE = 0.4  # over √rows: the share by which two mean errors on the same rows differ by chance, about


def line_wins(metrics: Mapping[str, Any]) -> bool | None:
    """Whether linear or logistic regression is at least as good on the test rows, for classes by accuracy and log loss
    together; None where nothing was judged."""
    judged = judgements(metrics)
    if not judged:
        return None
    network = _mean([_score(each["test"]) for each in judged])
    line = _mean([_score(_line(each["baselines"])) for each in judged])
    return _no_worse(line, network) or _ahead(line, network, _rows(judged))


def verdict(run: Run) -> str:
    """Whether the network was worth it, what it finds of a rare class, and by how many rows that was judged where they
    are few; empty where nothing was judged."""
    judged = judgements(run.metrics)
    if not judged:
        return ""
    found, rows, rare = _comparison(run, judged), judged[0]["test"]["rows"], found_of_rare(judged)
    few = f"That was judged by {count(rows, 'row')} alone: --folds judges by every row."
    alone = [few] if len(judged) == 1 and rows < FEW else []
    return " ".join([found, *_dates(run, judged), *([rare] if rare else []), *alone])


def _dates(run: Run, judged: list[Mapping[str, Any]]) -> list[str]:
    """What a date among the inputs does not tell, where no more than a line was learnt."""
    dates = [f"'{column.name}'" for column in run.model.inputs.columns if column.kind == "date"]
    line = _mean([_score(_line(each["baselines"])) for each in judged])
    if not dates or _ahead(_mean([_score(each["test"]) for each in judged]), line, _rows(judged)):
        return []
    reads = "is a position" if len(dates) == 1 else "are positions"
    return [
        f"{listed(dates)} {reads} in time and nothing else: what depends on the hour, the weekday or the month needs a "
        "column that tells it."
    ]


def _comparison(run: Run, judged: list[Mapping[str, Any]]) -> str:
    rivals = {
        name: _mean([_score(each["baselines"][name]) for each in judged]) for name in judged[0]["baselines"]
    }
    network = _mean([_score(each["test"]) for each in judged])
    plain, line = (next(name for name in kind if name in rivals) for kind in (PLAIN, LINES))
    better = "more rows, other columns or a --penalty"
    if run.outcome.name == "time_limit":
        better = "a longer --budget: the training did not come to its end"
    rows = _rows(judged)
    if _leads(network, rivals[plain], rows) and _leads(rivals[plain], network, rows):
        return f"{_apart(f'the {TELLING[plain]}', network, rivals[plain])} Try {better}."
    if not _ahead(network, rivals[plain], rows):
        below = rivals[plain] != network and _no_worse(rivals[plain], network)
        does = "better" if below or _ahead(rivals[plain], network, rows) else "about as well"
        further = _no_worse(rivals[line], network) and _leads(rivals[line], rivals[plain], rows)
        also = f", and {TELLING[line]} better still" if further else ""
        return f"Nothing was learnt that helps: the {TELLING[plain]} does {does}{also}. Try {better}."
    bare, straight = len(run.network.sizes) == 2, run.network.shape.activations[-1] == "identity"
    if bare and _ahead(rivals[line], network, rows):
        return f"A network without hidden layer is no better here than {TELLING[line]}. Use that, or try {better}."
    if line_wins(run.metrics) and not bare:
        wins = "The simpler model wins" if line == "logistic" else "The line wins"
        return f"{wins}: {TELLING[line]} is at least as good here. Use it, or try {better}."
    itself = ", a line itself since it has no hidden layer," if straight else ", which has no hidden layer,"
    if _ahead(network, rivals[line], rows):
        return f"The network{itself if bare else ''} beats {TELLING[line]}."
    if _leads(network, rivals[line], rows):
        return _apart(TELLING[line], network, rivals[line])
    if bare:
        return f"The network{itself} does about as well as {TELLING[line]}."
    return f"The network does about as well as {TELLING[line]} here, which is simpler."


def _rows(judged: list[Mapping[str, Any]]) -> int:
    return sum(each["test"]["rows"] for each in judged)


def _no_worse(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether no score of one is above that of the other."""
    return all(a <= b for a, b in zip(one, other, strict=True))


def _leads(one: tuple[float, ...], other: tuple[float, ...], rows: int) -> bool:
    """Whether some score of one is below that of the other by more than chance makes it on so many rows.

    Of classes the first is the share of wrong ones: that of rows on which only one of the two is wrong is at most the
    sum, so the difference has a standard deviation of at most √(sum/rows).

    >>> _leads((0.16, 0.4571), (0.16, 0.461), 60), _leads((0.04, 0.1), (0.24, 0.5), 120)
    (False, True)
    """
    *wrong, (a, b) = zip(one, other, strict=True)
    return a < b * (1 - NOISE * rows**-0.5) or any(d - c > ((c + d) / rows) ** 0.5 for c, d in wrong)


def _ahead(one: tuple[float, ...], other: tuple[float, ...], rows: int) -> bool:
    """Whether one leads by some score and the other by none."""
    return _leads(one, other, rows) and not _leads(other, one, rows)


def _apart(rival: str, network: tuple[float, ...], other: tuple[float, ...]) -> str:
    """Of two of which one leads by accuracy and the other by log loss."""
    often, worse = ("more often", "worse") if network[0] < other[0] else ("less often", "better")
    return (
        f"The network is right {often} than {rival}, and its probabilities are {worse}: log loss {network[1]:.4g} "
        f"beside {other[1]:.4g}."
    )


def judgements(metrics: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Each time that test rows were looked at: once, or once a fold."""
    return metrics.get("folds") or ([metrics] if "baselines" in metrics else [])


def _line(rivals: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(rivals[name] for name in LINES if name in rivals)


def _score(error: Mapping[str, Any]) -> tuple[float, ...]:
    """What is compared, smaller is better: wrong classes, then log loss; for numbers the mean of 1 − R², for what
    learnt their median (mae) or another quantile of 1 − D²."""
    if error["kind"] == "classes":
        return 1 - error["accuracy"], error["log_loss"]
    found = next(iter(error["targets"].values()))
    own = "quantile_loss" if "quantile_loss" in found else "mae"
    size, share = (own, "d2") if "d2" in found else ("rmse", "r2")
    score = fmean(f[size] if f[share] is None else 1 - f[share] for f in error["targets"].values())
    return (score if score == score else float("inf"),)


def _mean(scores: list[tuple[float, ...]]) -> tuple[float, ...]:
    """The mean of each, to four digits: a lead in a later one is rounding's, or the start's."""
    return tuple(float(f"{fmean(each):.4g}") for each in zip(*scores, strict=True))
