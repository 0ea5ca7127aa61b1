"""What a NETWORK argument means: sizes such as 2-2-1 (the lecture's network), or the folder of a run with its rows."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deltarule.errors import InputError

if TYPE_CHECKING:
    from deltarule.equations.losses import Loss
    from deltarule.equations.penalties import Penalty
    from deltarule.network import Network
    from deltarule.runs.run import Run

_SIZES = re.compile(r"\d+(?:-\d+)+")
_ALMOST = re.compile(r"\d+(?:\s*[-x×,;:_ ]\s*\d+)*[-x×,;:_]?")  # sizes, but for what parts them


@dataclass(frozen=True)
class Subject:
    """A network with the loss, penalty and rows that it is asked about; X and D are None for sizes alone.

    rows : of a run, each training row's number in its table's file, from 1.
    """

    network: Network
    loss: Loss
    penalty: Penalty
    X: Any = None
    D: Any = None
    rows: tuple[int, ...] = ()
    run: Run | None = None

    def sample(self, row: int | None) -> int:
        """Which training sample, from 1, a row of the run's table is; the first one where none is named.

        Raises InputError for a row that was not trained on.
        """
        if row is None or self.run is None:
            return 1
        if row in self.rows:
            return self.rows.index(row) + 1
        part = self.run.part(self.run.source.row(row))
        near = min(self.rows, key=lambda known: abs(known - row))
        raise InputError(
            f"row {row} is a {part} row, and ∂E/∂w is a mean over the training rows: "
            f"take a training row, such as --row {near}, or see this one with deltarule explain"
        )


def is_sizes(text: str) -> bool:
    """Whether the argument is sizes and no folder.

    >>> is_sizes("2-2-1"), is_sizes("my-run")
    (True, False)
    """
    return bool(_SIZES.fullmatch(text)) and not Path(text).is_dir()


def subject_of(
    text: str,
    *,
    activation: str | None = None,
    output: str | None = None,
    bias: bool | None = None,
    loss: str | None = None,
    penalty: str | None = None,
    table: str | None = None,
    at: str = "end",
) -> Subject:
    """The network that a command was asked about.

    Sizes alone are the lecture's network: logistic units, no bias, mse. A run brings its own, and its training rows.
    """
    from deltarule.equations.penalties import penalty as find_penalty
    from deltarule.network import Network
    from deltarule.runs.run import load, table_of
    from deltarule.runs.words import loss_of, penalty_of

    if is_sizes(text):
        sizes = [int(size) for size in text.split("-")]
        network = Network(sizes, activation or "logistic", output or "logistic", bool(bias), start="uniform")
        named = loss or ("cross_entropy" if output == "softmax" else "mse")
        found = loss_of(named, network.shape.activations[-1])
        return Subject(network, found, find_penalty(penalty_of(penalty)))
    given = {
        "--activation": activation,
        "--output-activation": output,
        "--bias": bias,
        "--loss": loss,
        "--penalty": penalty,
    }
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} is for sizes such as 2-2-1; '{text}' is a run and has its own")
    if _ALMOST.fullmatch(text) and not Path(text).exists():
        raise InputError(f"sizes are written 2-2-1 (inputs, hidden units, outputs), got '{text}'")
    run = load(text)
    training = table_of(run, table).take(run.split.train)
    network = run.network if at == "end" else run.start
    X, D = run.model.inputs.transform(training), run.model.targets.transform(training)
    if (weighed := run.settings.get("weights")) is not None:
        print(
            f"The column '{weighed}' weighed the rows of this training; here every row counts alike.",
            file=sys.stderr,
        )
    rows = tuple(run.source.numbers[run.split.train].tolist())
    return Subject(network, run.model.loss, find_penalty(run.penalty), X, D, rows, run)
