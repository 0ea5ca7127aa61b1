"""What a training went through: one row an epoch (for a full-batch rule an iteration), in columns."""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.objectives.objective import Burst

Column = NDArray[np.float64]


class History:
    """Columns with a row for each epoch; `len(history)` is the epochs that were run.

    error : for first-order rules the epoch's mean error, each batch's before its step; for full-batch
        rules the error reached.
    penalty : likewise, apart; `objective` is their sum.
    validation_error : nan without validation rows.
    learning_rate : of the epoch's last step.  gradient_norm (epochs, layers) : of its last step, unclipped.
    step, seconds : steps done and time passed at the epoch's end.
    Further columns of a rule (μ, γ, …) are reached by name: history["mu"].

    >>> one = np.ones(1); burst = Burst(1, None, 0.5 * one, 0.1 * one, one[:, None], one, np.array([1]))
    >>> history = History(layers=1); history.extend(burst, seconds=0.0)
    >>> len(history), history.objective.tolist()
    (1, [0.6])
    """

    FIXED = ("epoch", "step", "seconds", "error", "penalty", "validation_error", "learning_rate")

    def __init__(self, layers: int) -> None:
        self.layers = layers
        self._chunks: list[dict[str, Column]] = []
        self._length = 0

    def extend(self, burst: Burst, seconds: float, validation_error: float | None = None) -> None:
        """Adds the epochs that a burst completed; the validation error belongs to the last."""
        rows = len(burst.error)
        if not rows:
            return
        validation = np.full(rows, np.nan)
        validation[-1] = np.nan if validation_error is None else validation_error
        chunk = {
            "epoch": np.arange(self._length + 1.0, self._length + rows + 1),
            "step": burst.epoch_step.astype(np.float64),
            "seconds": np.full(rows, seconds),
            "error": burst.error,
            "penalty": burst.penalty,
            "validation_error": validation,
            "learning_rate": burst.learning_rate,
        }
        chunk |= {f"gradient_norm_{m}": burst.gradient_norm[:, m - 1] for m in range(1, self.layers + 1)}
        self._chunks.append(chunk | burst.columns)
        self._length += rows

    def copy(self) -> History:
        """The same rows, to be added to."""
        other = History(self.layers)
        other._chunks, other._length = list(self._chunks), self._length
        return other

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Column:
        if name not in self.names:
            raise InputError(f"this history has no column '{name}': it has {', '.join(self.names)}")
        if len(self._chunks) > 1:  # join what the bursts left, once
            names = self.names
            self._chunks = [{n: np.concatenate([_column(c, n) for c in self._chunks]) for n in names}]
        return _column(self._chunks[0], name) if self._chunks else np.empty(0)

    @property
    def names(self) -> list[str]:
        """Every column's name, the fixed ones first."""
        others = dict.fromkeys(name for chunk in self._chunks for name in chunk if name not in self.FIXED)
        norms = [f"gradient_norm_{m}" for m in range(1, self.layers + 1)]
        return [*self.FIXED, *norms, *(name for name in others if name not in norms)]

    @property
    def error(self) -> Column:
        return self["error"]

    @property
    def penalty(self) -> Column:
        return self["penalty"]

    @property
    def objective(self) -> Column:
        """error + penalty: what is minimised."""
        return self["error"] + self["penalty"]

    @property
    def validation_error(self) -> Column:
        return self["validation_error"]

    @property
    def learning_rate(self) -> Column:
        return self["learning_rate"]

    @property
    def step(self) -> Column:
        return self["step"]

    @property
    def seconds(self) -> Column:
        return self["seconds"]

    @property
    def gradient_norm(self) -> NDArray[np.float64]:
        """(epochs, layers): ‖∂(E + penalty)/∂θ^(m)‖₂ of each layer's weights and biases."""
        return np.stack([self[f"gradient_norm_{m}"] for m in range(1, self.layers + 1)], axis=1)

    def to_csv(self) -> str:
        """The columns as CSV text; floats as repr writes them, so that from_csv gives the same numbers back."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        names = self.names
        writer.writerow(names)
        for row in zip(*(self[name].tolist() for name in names), strict=True):
            writer.writerow([_cell(value) for value in row])
        return out.getvalue()

    @classmethod
    def from_csv(cls, text: str) -> History:
        """The history that `to_csv` wrote."""
        names, *rows = csv.reader(io.StringIO(text))
        history = cls(layers=sum(name.startswith("gradient_norm_") for name in names))
        if rows:
            values = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])
            history._chunks = [dict(zip(names, values.T, strict=True))]
            history._length = len(rows)
        return history

    def __repr__(self) -> str:
        if not self._length:
            return "<History: no epochs>"
        return f"<History: {len(self)} epochs, error {self.error[0]:.6g} → {self.error[-1]:.6g}>"


def _column(chunk: dict[str, Column], name: str) -> Column:
    found = chunk.get(name)
    return np.full(len(chunk["epoch"]), np.nan) if found is None else found


def _cell(value: float) -> str:
    if value != value:
        return ""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)
