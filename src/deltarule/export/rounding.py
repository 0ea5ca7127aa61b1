"""A model with its numbers as a format prints them: how many digits it shows decides how far it is from the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from deltarule.errors import InputError
from deltarule.model import Model
from deltarule.network import Network
from deltarule.tables.inputs import BooleanInput, NumberInput
from deltarule.tables.scaling import Scaling


def shown(value: float, digits: int | None) -> str:
    """A number with so many significant digits; None is as many as it has.

    >>> shown(1 / 3, 4), shown(2.0, 4), shown(0.1, None)
    ('0.3333', '2', '0.1')
    """
    return repr(float(value)) if digits is None else f"{float(value):.{digits}g}"


def rounded(model: Model, digits: int | None) -> Model:
    """The same model, in float64, each number as `shown` prints it."""
    if digits is not None and not 2 <= digits <= 17:
        raise InputError(f"digits must be from 2 to 17, or None for all, got {digits!r}")

    def seen(value: float) -> float:
        return float(shown(value, digits))

    def scaling(given: Scaling) -> Scaling:
        return Scaling(seen(given.center), seen(given.spread))

    def column(given: Any) -> Any:
        if isinstance(given, NumberInput):
            return replace(given, scaling=scaling(given.scaling), missing=seen(given.missing))
        return replace(given, missing=seen(given.missing)) if isinstance(given, BooleanInput) else given

    theta = np.array([seen(value) for value in model.network.theta])
    return Model(
        replace(model.inputs, columns=tuple(column(c) for c in model.inputs.columns)),
        replace(model.targets, scalings=tuple(scaling(s) for s in model.targets.scalings)),
        Network.from_theta(model.network.shape, theta),
        model.loss,
    )
