"""How many rows of a rare class were found, which the share of right ones hides; said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deltarule.sentences import count, listed

RARE = 0.1  # of the rows: a class with less hardly shows in the share of right ones
HELP = "predict --probabilities with a threshold of your own finds more, and so do --weights that count such rows more"

Counts = Mapping[str, int]


def found_of_rare(judged: Sequence[Mapping[str, Any]]) -> str:
    """The classes that are never predicted, else the rarest where it is rare; empty where there is none.

    judged : what `judgements` found, with the counts of each class.

    >>> always = {"no": {"rows": 84, "predicted": 100, "right": 84}, "yes": {"rows": 16, "predicted": 0, "right": 0}}
    >>> found_of_rare([{"test": {"classes": always}}]).split(":")[0]
    'Of the 16 rows that are yes it finds none, as it always says no'
    """
    classes = _together(judged)
    missed = {label: each for label, each in classes.items() if each["rows"] and not each["predicted"]}
    if missed:
        said = [label for label, each in classes.items() if each["predicted"]]
        always = f", as it always says {said[0]}" if len(said) == 1 else ""
        rows = count(sum(each["rows"] for each in missed.values()), "row")
        verb = "is" if rows == "1 row" else "are"
        return f"Of the {rows} that {verb} {' or '.join(_few(missed))} it finds none{always}: {HELP}."
    total = sum(each["rows"] for each in classes.values())
    rare = {label: each for label, each in classes.items() if 0 < each["rows"] < RARE * total}
    if not rare or len(classes) > 1 / RARE:
        return ""
    label, least = min(rare.items(), key=lambda item: item[1]["rows"])
    wrong = least["predicted"] - least["right"]
    also = f", and takes {count(wrong, 'other')} for such" if wrong else ""
    more = "" if least["right"] > least["rows"] / 2 else f": {HELP}"
    return f"Of the {count(least['rows'], 'row')} that are {label} it finds {least['right'] or 'none'}{also}{more}."


def _few(labels: Mapping[str, Counts]) -> list[str]:
    return [listed(labels, 3)] if len(labels) > 3 else list(labels)


def _together(judged: Sequence[Mapping[str, Any]]) -> dict[str, Counts]:
    """The counts of each class over all times that rows were judged."""
    told = [each["test"].get("classes", {}) for each in judged]
    names = ("rows", "predicted", "right")
    return {label: {n: sum(each[label][n] for each in told) for n in names} for label in (told or [{}])[0]}
