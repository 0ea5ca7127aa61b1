"""A model: encodings, a network and its loss; it reads a table and answers in the target's own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.losses import Huber, Loss, Quantile, loss
from deltarule.errors import InputError
from deltarule.network import Network
from deltarule.sentences import count, listed
from deltarule.tables import InputEncoding, Table, TargetEncoding, read_table

Floats = NDArray[np.float64]
BLOCK = 8192  # rows predicted at a time, so that a long table needs no long intermediate arrays


@dataclass(frozen=True, eq=False)
class Model:
    """What training a table leaves behind.

    inputs : columns → X.  targets : target columns → D, and outputs back.
    network : X → o.  loss : what it was trained with.

    >>> table = read_table({"x": [0.0, 1.0, 2.0], "y": [10.0, 12.0, 14.0]})
    >>> inputs, targets = InputEncoding.fit(table, ["x"]), TargetEncoding.fit(table, "y")
    >>> network = Network([1, 1]); network.theta[:] = 1.0, 0.0
    >>> model = Model(inputs, targets, network, loss("mse"))
    >>> bool(np.allclose(model.predict({"x": [3.0]}), [16.0]))
    True
    >>> model.error(table)["targets"]["y"]["rmse"] < 1e-12
    True
    """

    inputs: InputEncoding
    targets: TargetEncoding
    network: Network
    loss: Loss

    def __post_init__(self) -> None:
        given = (self.network.sizes[0], self.network.sizes[-1])
        expected = (len(self.inputs.names), len(self.targets.names))
        if given != expected:
            raise InputError(
                f"the encodings make {expected[0]} inputs and {expected[1]} outputs, the network has {given[0]} and "
                f"{given[1]}: build it with sizes [{expected[0]}, …, {expected[1]}]"
            )

    def __repr__(self) -> str:
        targets, columns = listed(self.targets.targets, 3), count(len(self.inputs.sources), "column")
        return f"<Model: {targets} from {columns} by {self.network!r}>"

    def read(self, table: Any, sheet: str | None = None) -> Table:
        """Anything that `read_table` reads, with the further words for missing of the table trained on."""
        return read_table(table, sheet, self.inputs.missing)

    def outputs(self, table: Any, notes: list[str] | None = None) -> Floats:
        """o (N, K), as the network gives it.

        table : anything that `read_table` reads; its columns are found by name.
        notes : a list that gets a sentence for each column with categories not trained on.
        """
        X = self.inputs.transform(self.read(table), notes)
        parts = [self.network.predict(X[at : at + BLOCK]) for at in range(0, len(X), BLOCK)]
        return np.concatenate(parts or [np.empty((0, self.network.sizes[-1]))]).astype(np.float64)

    def predict(self, table: Any, notes: list[str] | None = None) -> NDArray[Any]:
        """Predictions in the target's own unit: (N,) numbers or class labels, (N, T) for several targets."""
        found = self.targets.inverse(self.outputs(table, notes))
        return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found

    def predict_proba(self, table: Any, notes: list[str] | None = None) -> Floats:
        """(N, classes) probabilities in the order of `targets.classes`; InputError where the targets are numbers."""
        return self.targets.probabilities(self.outputs(table, notes))

    def predictions(
        self, table: Any, notes: list[str] | None = None, probabilities: bool = False
    ) -> dict[str, NDArray[Any]]:
        """Columns to add to a table: `y_predicted` for a target y, for classes also `y_probability`, that class's.

        probabilities : for classes, whether to add a column `P_class` for each of them.
        notes : a list that gets a sentence for each column with categories not trained on, and one for filled cells.
        """
        rows = self.read(table)
        o = self.outputs(rows, notes)
        if notes is not None:
            notes += self.inputs.filled(rows)
        found = self.targets.inverse(o)
        if self.targets.kind == "numbers" and not probabilities:
            return {f"{name}_predicted": found[:, k] for k, name in enumerate(self.targets.targets)}
        p = self.targets.probabilities(o)
        (name,) = self.targets.targets
        each = {f"P_{label}": p[:, k] for k, label in enumerate(self.targets.classes)}
        return {
            f"{name}_predicted": found,
            f"{name}_probability": p.max(axis=1),
            **(each if probabilities else {}),
        }

    def error(self, table: Any, notes: list[str] | None = None) -> dict[str, Any]:
        """How far predictions are from the table's own targets, in the target's unit: see `judged`."""
        rows = self.read(table)
        return judged(self.targets, rows, self.outputs(rows, notes), self.loss)

    def to_json(self) -> dict[str, Any]:
        """Everything but the network's weights, as plain values."""
        return {
            "inputs": self.inputs.to_json(),
            "targets": self.targets.to_json(),
            "loss": {"name": self.loss.name, "constants": list(self.loss.constants)},
        }

    @classmethod
    def from_json(cls, settings: dict[str, Any], network: Network) -> Model:
        """The model that `to_json` wrote, with its network."""
        try:
            inputs, targets, lost = settings["inputs"], settings["targets"], settings["loss"]
            name, constants = str(lost["name"]), [float(constant) for constant in lost["constants"]]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"these are no settings of a model ({error!r}): train the run again") from error
        made = {"huber": Huber, "quantile": Quantile}.get(name)
        found = made(*constants) if made and constants else loss(name, network.shape.activations[-1])
        return cls(InputEncoding.from_json(inputs), TargetEncoding.from_json(targets), network, found)


def judged(targets: TargetEncoding, table: Table, o: Floats, trained: Loss | None = None) -> dict[str, Any]:
    """Errors of outputs o (N, K) on a table's rows, as plain values.

    numbers: for each target, in its own unit, rmse = sqrt((1/N) Σ l²), mae = (1/N) Σ |l|,
        r2 = 1 − Σ l² / Σ (d − mean d)² (None where d is constant); where `trained`, the loss of the training, is
        mae, also d2 = 1 − Σ |l| / Σ |d − median d| (None likewise); where it is quantile, what `judged_quantile` tells.
    classes: accuracy, log_loss = −(1/N) Σ log p of the right class (p at least 1e-15), and for each class its rows,
        how many were predicted as it, and how many of those rightly.
    """
    if targets.kind == "classes":
        return judged_classes(targets, table, o)
    d, found = targets.values(table), targets.inverse(o)
    errors: dict[str, Any] = {}
    for k, name in enumerate(targets.targets):
        l = found[:, k] - d[:, k]
        around = float(np.sum((d[:, k] - d[:, k].mean()) ** 2))
        errors[name] = {
            "rmse": float(np.sqrt(np.mean(l**2))),
            "mae": float(np.mean(np.abs(l))),
            "r2": 1.0 - float(np.sum(l**2)) / around if around > 0.0 else None,
        }
        if trained is not None and trained.name == "quantile":
            errors[name] |= judged_quantile(trained, found[:, k], d[:, k])
        elif trained is not None and trained.name == "mae":
            errors[name]["d2"] = d2(trained, 0.5, found[:, k], d[:, k])
    return {"kind": "numbers", "rows": table.rows, "targets": errors}


def judged_quantile(trained: Loss, o: Floats, d: Floats) -> dict[str, float | None]:
    """How good o (N,) are as a quantile of d (N,): the loss's level, quantile_loss = (1/N) Σ e,
    d2 = 1 − Σ e / Σ e of d's own quantile (None where that is 0), and below = the share of d at or below o.

    >>> judged_quantile(Quantile(0.75), np.full(4, 3.0), np.array([1.0, 2.0, 3.0, 5.0]))
    {'level': 0.75, 'quantile_loss': 0.5625, 'd2': 0.0, 'below': 0.75}
    """
    (level,) = trained.constants
    return {
        "level": level,
        "quantile_loss": float(np.mean(trained.e(o, d))),
        "d2": d2(trained, level, o, d),
        "below": float(np.mean(d <= o)),
    }


def d2(trained: Loss, level: float, o: Floats, d: Floats) -> float | None:
    """1 − Σ e / Σ e of the quantile of d (N,) at this level, which no constant falls below; None where that is 0.

    >>> d2(Quantile(0.5), 0.5, np.array([1.0, 2.0, 9.0]), np.array([1.0, 2.0, 6.0]))
    0.4
    """
    error, least = (
        float(np.mean(trained.e(each, d))) for each in (o, np.full_like(d, np.quantile(d, level)))
    )
    return 1.0 - error / least if least > 0.0 else None


def judged_classes(targets: TargetEncoding, table: Table, o: Floats) -> dict[str, Any]:
    """The errors of class predictions."""
    right, p = targets.codes(table), targets.probabilities(o)
    chosen = np.argmax(p, axis=1)
    of_right = np.maximum(p[np.arange(len(p)), right], 1e-15)
    counts = {
        label: {
            "rows": int(np.sum(right == code)),
            "predicted": int(np.sum(chosen == code)),
            "right": int(np.sum((chosen == code) & (right == code))),
        }
        for code, label in enumerate(targets.classes)
    }
    return {
        "kind": "classes",
        "rows": table.rows,
        "accuracy": float(np.mean(chosen == right)),
        "log_loss": float(-np.mean(np.log(of_right))),
        "classes": counts,
    }
