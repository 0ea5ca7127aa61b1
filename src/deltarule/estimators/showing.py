"""What a fitted estimator shows of itself: derivations, gradient checks, and its equation in another language."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from deltarule.equations.losses import Loss
from deltarule.export.equation import Equation, equation
from deltarule.model import Model
from deltarule.network import Network
from deltarule.tables import InputEncoding, Table, TargetEncoding, read_table
from deltarule.tables.inputs import NumberInput
from deltarule.tables.scaling import Scaling


def model_of(
    network: Network,
    loss: Loss,
    columns: list[str],
    outputs: list[str],
    classes: list[str] | None,
    scalings: list[Scaling] | None = None,
) -> Model:
    """The estimator's network as a whole model: columns of plain numbers in, numbers or classes out.

    scalings : by which outputs are unscaled, one for each; None where the network puts out numbers in y's unit.
    """
    inputs = InputEncoding(
        tuple(NumberInput(name, "number", Scaling(), float("nan"), False) for name in columns)
    )
    output = network.shape.activations[-1]
    if classes is None:
        each = scalings or [Scaling() for _ in outputs]
        targets = TargetEncoding("numbers", tuple(outputs), output, scalings=tuple(each))
    else:
        targets = TargetEncoding("classes", tuple(outputs), output, classes=tuple(classes))
    double = Network.from_theta(network.shape, network.theta.astype(np.float64))
    return Model(inputs, targets, double, loss)


def shown_equation(model: Model, to: str, X: Any) -> Equation:
    """The equation, re-evaluated on rows X (N, I) where there are any; its largest difference goes to stderr."""
    found = equation(model, to, None if X is None else _table(X, list(model.inputs.sources)))
    print(found.sentence, file=sys.stderr)
    return found


def _table(X: Any, columns: list[str]) -> Table:
    dense = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    return read_table({name: dense[:, i].astype(np.float64) for i, name in enumerate(columns)})
