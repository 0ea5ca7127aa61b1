"""What a target is: numbers or classes, and which; what cannot be a target, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from deltarule.errors import InputError, TableError, UnknownName
from deltarule.sentences import count, listed, quoted
from deltarule.tables.column import Column
from deltarule.tables.conversion import cells_as
from deltarule.tables.table import Table

TargetKind = Literal["numbers", "classes"]
TARGET_KINDS = ("auto", "numbers", "classes")
FEW_INTEGERS = 20  # up to so many different whole numbers, each twice on average, might be classes
MOST_CLASSES = 1000


def target_kind(table: Table, targets: Sequence[str], kind: str = "auto") -> tuple[TargetKind, str]:
    """Whether the targets are numbers or classes, and a sentence where that could be seen otherwise.

    Texts and booleans are classes, numbers are numbers; `kind` "numbers" or "classes" decides instead.

    >>> from deltarule.tables import read_table
    >>> table = read_table({"price": [1.5, 2.25], "colour": ["red", "blue"]})
    >>> target_kind(table, ["price"])[0], target_kind(table, ["colour"])[0]
    ('numbers', 'classes')
    """
    if kind not in TARGET_KINDS:
        raise UnknownName("kind of target", kind, TARGET_KINDS)
    if not targets:
        raise InputError("there is no target: name the column to predict.")
    if len(set(targets)) < len(targets):
        twice = next(name for name in targets if list(targets).count(name) > 1)
        raise InputError(f"the target '{twice}' is named twice: name each target once.")
    columns = [table[name] for name in targets]
    for column in columns:
        refuse_target(table, column)
    if kind == "auto" and all(column.kind == "number" for column in columns):
        return "numbers", few_integers(columns[0]) if len(targets) == 1 else ""
    if kind == "numbers" or (kind == "auto" and len(columns) > 1 and all_but_texts(columns)):
        return "numbers", ""
    if len(columns) > 1:
        texts = listed(
            f"'{column.name}'" for column in columns if column.kind == "category" or kind == "classes"
        )
        raise TableError(
            f"{table.source}: several targets must all be numbers, but {texts} would be classes: "
            "predict classes one target at a time."
        )
    return "classes", ""


def refuse_target(table: Table, column: Column) -> None:
    """Say where a target cannot be used: its first missing cell, its type, a slip among its numbers."""
    if column.unusable:
        raise TableError(f"{table.source}: the target '{column.name}' cannot be used: {column.unusable}.")
    if column.kind == "date":
        raise TableError(
            f"{table.source}: the target '{column.name}' is a date, expected numbers or classes: "
            "give the days between two dates instead."
        )
    absent = np.flatnonzero(column.missing)
    if absent.size:
        others, way = "", "fill it in or delete the row."
        if absent.size > 1:
            others = f" (and in {count(absent.size - 1, 'more row')})"
            way = (
                "fill them in or delete these rows, as "
                f"table.take(np.flatnonzero(~table[{column.name!r}].missing)).write('whole.csv') does in Python."
            )
        raise TableError(
            f"{table.place(int(absent[0]))}: the target '{column.name}' is missing{others}: {way}"
        )
    if column.stray:
        raise TableError(
            f"{table.source}: the target '{column.name}' has {column.stray}: correct it or delete the row"
            f"{column.cure}."
        )


def few_integers(column: Column) -> str:
    """A sentence on whole numbers so few that they might be classes."""
    distinct = np.unique(column.values)
    few = len(distinct) <= min(FEW_INTEGERS, len(column.values) // 2)
    if not few or np.any(distinct != np.floor(distinct)):
        return ""
    return (
        f"the target '{column.name}' has {len(distinct)} different whole numbers: they are predicted as numbers, "
        "not as classes (kind 'classes' changes that)."
    )


def all_but_texts(columns: Sequence[Column]) -> bool:
    return all(column.kind in ("number", "boolean") for column in columns)


def class_labels(table: Table, name: str, given: Sequence[str] | None) -> tuple[str, ...]:
    """The classes in order: as given, else no before yes, numbers by size, texts by alphabet."""
    column = table[name]
    words = cells_as(table, name, "category").tolist()
    if given is not None:
        labels = tuple(str(label) for label in given)
    elif column.kind == "boolean":
        labels = tuple(label for label in column.labels if label in set(words))
    else:
        labels = tuple(sorted(set(words), key=class_order))
    if len(labels) < 2:
        if len(words) == 1:
            raise TableError(f"{table.source} has 1 row to learn from: give more rows.")
        raise TableError(
            f"{table.source}: the target '{name}' has one class only ({listed(map(quoted, labels))}): "
            "give rows of at least two classes."
        )
    if given is None and (len(labels) > MOST_CLASSES or len(labels) > max(10, len(words) / 2)):
        noun = {"number": "numbers", "date": "dates"}.get(column.kind, "texts")
        raise TableError(
            f"{table.source}: the target '{name}' has {len(labels)} different {noun} in {len(words)} rows, too many "
            "for classes: choose another target."
        )
    return labels


def class_order(label: str) -> tuple[int, float, str]:
    """Numbers by size, then texts by alphabet."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
