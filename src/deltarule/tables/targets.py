"""Target columns → D, and outputs back into the target's own unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError, TableError, UnknownName
from deltarule.tables.conversion import cells_as, require_finite
from deltarule.tables.scaling import SCALES, Scale, Scaling
from deltarule.tables.sentences import count, listed, plain
from deltarule.tables.table import Column, Table

TargetKind = Literal["numbers", "classes"]
TARGET_KINDS = ("auto", "numbers", "classes")
FEW_INTEGERS = 20  # up to so many different whole numbers might be classes
MOST_CLASSES = 1000
# Where numeric targets are placed so that an output of this activation reaches them.
RANGE_OF: dict[str, tuple[float, float]] = {
    "logistic": (0.1, 0.9),
    "relu": (0.1, 0.9),
    "softplus": (0.1, 0.9),
    "gelu": (0.1, 0.9),
    "silu": (0.1, 0.9),
    "tanh": (-0.9, 0.9),
    "elu": (-0.9, 0.9),
    "selu": (-0.9, 0.9),
}
ALIAS = {"sigmoid": "logistic"}


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
        return "numbers", few_integers(columns[0]) if len(columns) == 1 else ""
    if kind == "numbers" or (kind == "auto" and len(columns) > 1 and all_but_texts(columns)):
        return "numbers", ""
    if len(columns) > 1:
        texts = listed(f"'{column.name}'" for column in columns if column.kind == "category" or kind == "classes")
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
        others = f" (and in {count(absent.size - 1, 'more row')})" if absent.size > 1 else ""
        raise TableError(
            f"{table.place(int(absent[0]))}: the target '{column.name}' is missing{others}: "
            "fill it in or delete the row."
        )
    if column.stray:
        raise TableError(
            f"{table.source}: the target '{column.name}' has {column.stray}: correct it or delete the row."
        )


def few_integers(column: Column) -> str:
    """A sentence on whole numbers so few that they might be classes."""
    distinct = np.unique(column.values)
    if len(distinct) > FEW_INTEGERS or np.any(distinct != np.floor(distinct)):
        return ""
    return (
        f"the target '{column.name}' has {len(distinct)} different whole numbers: they are predicted as numbers, "
        "not as classes."
    )


def all_but_texts(columns: Sequence[Column]) -> bool:
    return all(column.kind in ("number", "boolean") for column in columns)


@dataclass(frozen=True)
class TargetEncoding:
    """How target columns become D, and how a network's outputs become predictions.

    kind: "numbers" (each scaled, and placed inside the range of a bounded output) or "classes" (one column for each
        class; a single one, for the second class, where two classes meet a logistic or tanh output).
    targets: the names of the target columns.
    classes: the class labels in the order of D's columns; empty for numbers.
    scalings: one for each numeric target.
    output: the output layer's activation.

    >>> from deltarule.tables import read_table
    >>> table = read_table({"y": [1.0, 3.0, 5.0]})
    >>> encoding = TargetEncoding.fit(table, ["y"], scale="minmax", output="logistic")
    >>> D = encoding.transform(table)
    >>> D.round(3).tolist() == [[0.1], [0.5], [0.9]]
    True
    >>> bool(np.allclose(encoding.inverse(D)[:, 0], [1.0, 3.0, 5.0], rtol=1e-15))
    True
    """

    kind: TargetKind
    targets: tuple[str, ...]
    output: str
    scale: str = "none"
    classes: tuple[str, ...] = ()
    scalings: tuple[Scaling, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        table: Table,
        targets: Sequence[str] | str,
        scale: Scale | str = "standard",
        output: str = "auto",
        classes: Sequence[str] | None = None,
        kind: str = "auto",
    ) -> TargetEncoding:
        """Learn the scaling or the classes from these rows, which should be the training rows only.

        targets: one or several names. scale: "standard", "minmax" or "none", for numbers.
        output: the output layer's activation; "auto" is identity for numbers, softmax for classes.
        classes: all labels, where these rows might not show each of them.
        kind: "numbers" or "classes" where "auto" would see it otherwise.
        Raises TableError for a missing, infinite or constant target, or a single class, with line and column.
        """
        if scale not in SCALES:
            raise UnknownName("scaling", scale, SCALES)
        targets = (targets,) if isinstance(targets, str) else tuple(targets)
        found, note = target_kind(table, targets, "classes" if classes is not None else kind)
        output = ALIAS.get(output, output)
        if output == "auto":
            output = "softmax" if found == "classes" else "identity"
        if found == "classes":
            labels = class_labels(table, targets[0], classes)
            return cls("classes", targets, output, classes=labels, notes=(note,) if note else ())
        if output == "softmax":
            raise TableError(
                f"{table.source}: a softmax output predicts classes, but {listed(targets)} holds numbers: "
                "choose the identity output, or ask for classes."
            )
        scalings, notes = zip(*(fit_number(table, name, scale, output) for name in targets), strict=True)
        said = [sentence for sentence in (note, *dict.fromkeys(notes)) if sentence]
        return cls("numbers", targets, output, scale, scalings=scalings, notes=tuple(said))

    @property
    def single(self) -> bool:
        """Whether two classes share one output."""
        return self.kind == "classes" and len(self.classes) == 2 and self.output in ("logistic", "tanh")

    @property
    def names(self) -> tuple[str, ...]:
        """(K,) the names of D's columns."""
        if self.kind == "numbers":
            return self.targets
        shown = self.classes[1:] if self.single else self.classes
        return tuple(f"{self.targets[0]}={label}" for label in shown)

    @property
    def range(self) -> tuple[float, float] | None:
        """Where numeric targets of the training rows lie in D, for a bounded output; what off and on are, for classes."""
        if self.kind == "classes":
            return (-0.9, 0.9) if self.output == "tanh" else (0.0, 1.0)
        return RANGE_OF.get(self.output)

    def transform(self, table: Table) -> NDArray[np.float64]:
        """D (N, K) float64.

        Raises TableError with line and column for a missing or infinite target and for a class not trained on.
        """
        for name in self.targets:
            refuse_target(table, table[name])
        if self.kind == "numbers":
            columns = [
                scaling.scale(target_values(table, name, self.output))
                for name, scaling in zip(self.targets, self.scalings, strict=True)
            ]
            return np.column_stack(columns)
        codes = self.codes(table)
        off, on = self.range or (0.0, 1.0)
        if self.single:
            return np.where(codes == 1, on, off)[:, np.newaxis]
        D = np.full((table.rows, len(self.classes)), off)
        D[np.arange(table.rows), codes] = on
        return D

    def codes(self, table: Table) -> NDArray[np.intp]:
        """(N,) each row's class as its place in `classes`."""
        (name,) = self.targets
        words = cells_as(table, name, "category")
        place = {label: code for code, label in enumerate(self.classes)}
        codes = np.array([place.get(word, -1) for word in words.tolist()], dtype=np.intp)
        strange = np.flatnonzero(codes < 0)
        if strange.size:
            row = int(strange[0])
            raise TableError(
                f"{table.place(row)}: the target '{name}' is '{words[row]}', not one of the classes trained on "
                f"({listed(self.classes)}): correct the cell or train with it."
            )
        return codes

    def values(self, table: Table) -> NDArray[np.float64]:
        """(N, T) numeric targets in their own unit."""
        return np.column_stack([target_values(table, name, self.output) for name in self.targets])

    def inverse(self, O: NDArray[np.floating[Any]]) -> NDArray[Any]:  # noqa: E741 - outputs, a capital as all matrices
        """Outputs (N, K) → (N, T) numbers in the targets' unit, or (N,) class labels (object array of str)."""
        if self.kind == "classes":
            labels = np.array([*self.classes, None], dtype=object)[:-1]
            return labels[np.argmax(self.probabilities(O), axis=1)]
        O = np.asarray(O, dtype=np.float64)  # noqa: E741
        return np.column_stack([scaling.unscale(O[:, k]) for k, scaling in enumerate(self.scalings)])

    def probabilities(self, O: NDArray[np.floating[Any]]) -> NDArray[np.float64]:  # noqa: E741
        """Outputs (N, K) → (N, classes) shares that sum to 1: softmax as it is, one logistic output o as (1 − o, o),
        several of them, and outputs that are no probabilities, cut to [0, 1] and divided by their sum."""
        if self.kind != "classes":
            raise InputError(f"{listed(self.targets)} holds numbers: probabilities are for classes only.")
        O = np.asarray(O, dtype=np.float64)  # noqa: E741
        if self.output == "softmax":
            return O
        off, on = self.range or (0.0, 1.0)
        share = np.clip((O - off) / (on - off), 0.0, 1.0)
        if self.single:
            return np.column_stack([1.0 - share[:, 0], share[:, 0]])
        total = share.sum(axis=1, keepdims=True)
        # no output above zero: the largest decides
        lone = (np.argmax(O, axis=1)[:, np.newaxis] == np.arange(O.shape[1])).astype(np.float64)
        return np.where(total > 0.0, share / np.where(total > 0.0, total, 1.0), lone)

    def to_json(self) -> dict[str, Any]:
        """Settings as plain values; floats survive JSON bit for bit."""
        return {
            "kind": self.kind,
            "targets": list(self.targets),
            "output": self.output,
            "scale": self.scale,
            "classes": list(self.classes),
            "scalings": [scaling.to_json() for scaling in self.scalings],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, settings: dict[str, Any]) -> TargetEncoding:
        """The encoding that `to_json` wrote."""
        try:
            scalings = tuple(Scaling(float(s["center"]), float(s["spread"])) for s in settings["scalings"])
            kind = settings["kind"]
            if kind not in TARGET_KINDS[1:]:
                raise ValueError(kind)
            return cls(
                kind,
                tuple(settings["targets"]),
                settings["output"],
                settings["scale"],
                tuple(settings["classes"]),
                scalings,
                tuple(settings["notes"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"these are no settings of a target encoding ({error!r}): train the run again.") from error


def target_values(table: Table, name: str, output: str) -> NDArray[np.float64]:
    """(N,) a numeric target, finite, and not negative where the output is exp."""
    column = table[name]
    values = column.values if column.kind == "boolean" else cells_as(table, name, "number")
    require_finite(table, name, values)
    negative = np.flatnonzero(values < 0) if output == "exp" else np.empty(0, dtype=np.intp)
    if negative.size:
        row = int(negative[0])
        raise TableError(
            f"{table.place(row)}: the target '{name}' is {plain(float(values[row]))}, but an exp output is positive: "
            "choose another output, or counts as the target."
        )
    return values


def fit_number(table: Table, name: str, scale: str, output: str) -> tuple[Scaling, str]:
    """One numeric target's scaling, and a sentence where the output's range decided it."""
    values = target_values(table, name, output)
    if np.all(values == values[0]):
        if len(values) == 1:
            raise TableError(f"{table.source} has 1 row to learn from: give more rows.")
        raise TableError(
            f"{table.source}: the target '{name}' is {plain(float(values[0]))} in every row: there is nothing to "
            "learn, so choose another target."
        )
    if output == "exp":
        return Scaling(), "targets are not scaled for an exp output: counts stay counts."
    if output in RANGE_OF:
        low, high = RANGE_OF[output]
        return (
            Scaling.fit(values, "minmax", low, high),
            f"targets are scaled to [{low}, {high}], inside the range of the {output} output.",
        )
    return Scaling.fit(values, scale), ""


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
            f"{table.source}: the target '{name}' has one class only ('{labels[0]}'): "
            "give rows of at least two classes."
        )
    if given is None and (len(labels) > MOST_CLASSES or len(labels) > max(10, len(words) / 2)):
        raise TableError(
            f"{table.source}: the target '{name}' has {len(labels)} different texts in {len(words)} rows, too many "
            "for classes: choose another target."
        )
    return labels


def class_order(label: str) -> tuple[int, float, str]:
    """Numbers by size, then texts by alphabet."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
