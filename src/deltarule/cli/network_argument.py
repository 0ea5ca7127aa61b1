"""What a NETWORK argument means: sizes such as 2-2-1 (the lecture's network), or the folder of a run with its rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deltarule.errors import InputError

if TYPE_CHECKING:
    from deltarule.equations.losses import Loss
    from deltarule.equations.penalties import Penalty
    from deltarule.network import Network

_SIZES = re.compile(r"\d+(?:-\d+)+")


@dataclass(frozen=True)
class Subject:
    """A network with the loss, penalty and rows that it is asked about; X and D are None for sizes alone."""

    network: Network
    loss: Loss
    penalty: Penalty
    X: Any = None
    D: Any = None


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
    from deltarule.equations.losses import loss as find_loss
    from deltarule.equations.penalties import penalty as find_penalty
    from deltarule.network import Network
    from deltarule.runs.run import load, table_of
    from deltarule.runs.settings import penalty_of

    if is_sizes(text):
        sizes = [int(size) for size in text.split("-")]
        network = Network(sizes, activation or "logistic", output or "logistic", bool(bias), start="uniform")
        named = loss or ("cross_entropy" if output == "softmax" else "mse")
        found = find_loss(named, network.shape.activations[-1])
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
    run = load(text)
    training = table_of(run, table).take(run.split.train)
    network = run.network if at == "end" else run.start
    X, D = run.model.inputs.transform(training), run.model.targets.transform(training)
    return Subject(network, run.model.loss, find_penalty(run.penalty), X, D)
