"""Target columns → D, and outputs back into the target's own unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError, TableError, UnknownName
from deltarule.sentences import listed, plain, quoted
from deltarule.tables.conversion import SMALLEST, cells_as, require_finite
from deltarule.tables.scaling import SCALES, Scale, Scaling
from deltarule.tables.table import Table
from deltarule.tables.target_kinds import TARGET_KINDS, TargetKind, class_labels, refuse_target, target_kind

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
        output: the output layer's activation by its own name; "auto" is identity for numbers, softmax for classes.
        classes: all labels, where these rows might not show each of them.
        kind: "numbers" or "classes" where "auto" would see it otherwise.
        Raises TableError for a missing, infinite or constant target, or a single class, with line and column.
        """
        if scale not in SCALES:
            raise UnknownName("scaling", scale, SCALES)
        targets = (targets,) if isinstance(targets, str) else tuple(targets)
        found, note = target_kind(table, targets, "classes" if classes is not None else kind)
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
        fitted = [fit_number(table, name, scale, output) for name in targets]
        said = [sentence for sentence in (note, *dict.fromkeys(said for _, said in fitted)) if sentence]
        scalings = tuple(scaling for scaling, _ in fitted)
        return cls("numbers", targets, output, scale, scalings=scalings, notes=tuple(said))

    @property
    def single(self) -> bool:
        """Whether two classes share one output."""
        return self.kind == "classes" and len(self.classes) == 2 and self.output in ("logistic", "tanh")

    @property
    def meanings(self) -> tuple[str, ...]:
        """(K,) what each of D's columns, and so each output, is about: a target, or a class."""
        if self.kind == "numbers":
            return self.targets
        return self.classes[1:] if self.single else self.classes

    @property
    def names(self) -> tuple[str, ...]:
        """(K,) the names of D's columns: a class with its target."""
        if self.kind == "numbers":
            return self.targets
        return tuple(f"{self.targets[0]}={label}" for label in self.meanings)

    @property
    def range(self) -> tuple[float, float] | None:
        """Numbers: where the training rows' lie in D, for a bounded output. Classes: what stands for no and yes."""
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
                f"{table.place(row)}: the target '{name}' is {quoted(words[row])}, not one of the classes trained on "
                f"({listed(map(quoted, self.classes))}): correct the cell or train with it."
            )
        return codes

    def values(self, table: Table) -> NDArray[np.float64]:
        """(N, T) numeric targets in their own unit."""
        return np.column_stack([target_values(table, name, self.output) for name in self.targets])

    def inverse(self, O: NDArray[np.floating[Any]]) -> NDArray[Any]:
        """Outputs (N, K) → (N, T) numbers in the targets' unit, or (N,) class labels (object array of str)."""
        if self.kind == "classes":
            labels = np.array([*self.classes, None], dtype=object)[:-1]
            return labels[np.argmax(self.probabilities(O), axis=1)]
        o = np.asarray(O, dtype=np.float64)
        return np.column_stack([scaling.unscale(o[:, k]) for k, scaling in enumerate(self.scalings)])

    def probabilities(self, O: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Outputs (N, K) → (N, classes) shares that sum to 1: softmax as it is, one logistic output o as (1 − o, o),
        several of them, and outputs that are no probabilities, cut to [0, 1] and divided by their sum."""
        if self.kind != "classes":
            raise InputError(f"{listed(self.targets)} holds numbers: probabilities are for classes only.")
        o = np.asarray(O, dtype=np.float64)
        if self.output == "softmax":
            return o
        off, on = self.range or (0.0, 1.0)
        share = np.clip((o - off) / (on - off), 0.0, 1.0)
        if self.single:
            return np.column_stack([1.0 - share[:, 0], share[:, 0]])
        total = share.sum(axis=1, keepdims=True)
        # no output above zero: the largest decides
        lone = (np.argmax(o, axis=1)[:, np.newaxis] == np.arange(o.shape[1])).astype(np.float64)
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
            raise InputError(
                f"these are no settings of a target encoding ({error!r}): train the run again."
            ) from error


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
    if np.ptp(values) < SMALLEST:
        raise TableError(
            f"{table.source}: the target '{name}' differs by {plain(float(np.ptp(values)))} at most, expected at least "
            "1e-150, as squares of smaller numbers are 0: use another unit."
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
