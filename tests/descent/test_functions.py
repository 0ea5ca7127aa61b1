"""Test functions of Moré, Garbow and Hillstrom (1981), with the rules that can solve them; each failure
named, no endless loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deltarule.descent.loop import Settings, run
from deltarule.descent.outcome import OUTCOMES
from deltarule.descent.rules import rule as find_rule

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SumOfSquares:
    """f = Σ r², with the Jacobian by complex steps, exact to rounding."""

    name: str
    r: Callable[[Any], list[Any]]
    start: tuple[float, ...]
    minimum: float
    at: tuple[tuple[float, ...], ...] = ()

    @property
    def size(self) -> int:
        return len(self.start)

    def residuals(self, theta: Floats) -> Floats:
        return np.array(self.r(theta), dtype=float)

    def jacobian(self, theta: Floats) -> Floats:
        columns = [np.imag(np.array(self.r(theta + 1e-30j * e))) / 1e-30 for e in np.eye(len(theta))]
        return np.array(columns).T

    def value(self, theta: Floats) -> float:
        r = self.residuals(theta)
        return float(r @ r)

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        r = self.residuals(theta)
        return float(r @ r), 2 * r @ self.jacobian(theta)

    def hessian(self, theta: Floats) -> Floats:
        h = 1e-5 * (1 + np.abs(theta))
        columns = [
            (self.gradient(theta + step * e)[1] - self.gradient(theta - step * e)[1]) / (2 * step)
            for step, e in zip(h, np.eye(len(theta)), strict=True)
        ]
        H = np.array(columns)
        return (H + H.T) / 2


def helical(x: Any) -> list[Any]:
    turn = np.arctan(x[1] / x[0]) / (2 * pi) + (0.5 if np.real(x[0]) < 0 else 0.0)
    return [10 * (x[2] - 10 * turn), 10 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]]


ROSENBROCK = SumOfSquares(
    "Rosenbrock", lambda x: [10 * (x[1] - x[0] ** 2), 1 - x[0]], (-1.2, 1.0), 0.0, ((1.0, 1.0),)
)
POWELL = SumOfSquares(
    "Powell singular",
    lambda x: [x[0] + 10 * x[1], 5**0.5 * (x[2] - x[3]), (x[1] - 2 * x[2]) ** 2, 10**0.5 * (x[0] - x[3]) ** 2],
    (3.0, -1.0, 0.0, 1.0), 0.0,
)  # fmt: skip
WOOD = SumOfSquares(
    "Wood",
    lambda x: [
        10 * (x[1] - x[0] ** 2), 1 - x[0], 90**0.5 * (x[3] - x[2] ** 2), 1 - x[2],
        10**0.5 * (x[1] + x[3] - 2), (x[1] - x[3]) / 10**0.5,
    ],
    (-3.0, -1.0, -3.0, -1.0), 0.0, ((1.0,) * 4,),
)  # fmt: skip
BEALE = SumOfSquares(
    "Beale",
    lambda x: [c - x[0] * (1 - x[1] ** i) for i, c in ((1, 1.5), (2, 2.25), (3, 2.625))],
    (1.0, 1.0),
    0.0,
    ((3.0, 0.5),),
)
HELICAL = SumOfSquares("Helical valley", helical, (-1.0, 0.1, 0.0), 0.0, ((1.0, 0.0, 0.0),))
FREUDENSTEIN = SumOfSquares(
    "Freudenstein-Roth",
    lambda x: [-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]],
    (0.5, -2.0), 48.98425367924, ((5.0, 4.0), (11.41277900, -0.89680525)),
)  # fmt: skip
BROWN = SumOfSquares(
    "Brown badly scaled",
    lambda x: [x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2],
    (1.0, 1.0),
    0.0,
    ((1e6, 2e-6),),
)
FUNCTIONS = [ROSENBROCK, POWELL, WOOD, BEALE, HELICAL, FREUDENSTEIN, BROWN]
SECOND_ORDER = ["lm", "gauss_newton", "newton", "bfgs", "lbfgs", "cg", "scg", "rprop"]

# what a rule cannot do from this start, and how it ends instead
NOT_SOLVED = {
    # its step grows parallel to the valley as the Jacobian becomes singular: Levenberg-Marquardt's reason to
    # be
    ("gauss_newton", "Freudenstein-Roth"): {"step_limit", "stuck"},
    # signs alone do not follow a curved valley, nor scales six powers of ten apart
    ("rprop", "Rosenbrock"): {"step_limit"},
    ("rprop", "Powell singular"): {"step_limit"},
    ("rprop", "Wood"): {"step_limit"},
    ("rprop", "Brown badly scaled"): {"step_limit"},
}


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.name)
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_known_minimum_is_reached(name: str, f: SumOfSquares) -> None:
    result = run(f, find_rule(name), np.array(f.start), Settings(epochs=3000))
    value = f.value(result.theta)
    assert result.outcome.name in OUTCOMES
    assert np.isfinite(result.theta).all()
    if (name, f.name) in NOT_SOLVED:
        assert result.outcome.name in NOT_SOLVED[name, f.name]
        return
    assert min(abs(value - f.minimum), value) < 1e-8 * (1 + f.minimum)


@pytest.mark.parametrize("name", SECOND_ORDER)
@pytest.mark.parametrize(
    "r",
    [
        lambda x: [np.exp(100 * x[0]), 1e200 * x[1], x[0] - x[1]],  # huge
        lambda x: [0 * x[0] + 1.0, 0 * x[1]],  # flat
        lambda x: [np.log(x[0]), x[1]],  # undefined a step away
        lambda x: [np.sqrt(-1 - x[0] ** 2 + 0 * x[1])],  # never a number
        lambda x: [x[0] + x[1], 2 * x[0] + 2 * x[1]],  # singular
    ],
    ids=["huge", "flat", "logarithm", "not a number", "singular"],
)
def test_hostile_functions_end_in_a_named_outcome(name: str, r: Callable[[Any], list[Any]]) -> None:
    f = SumOfSquares("", r, (0.7, -0.3), 0.0)
    result = run(f, find_rule(name), np.array(f.start), Settings(epochs=300))
    assert result.outcome.name in OUTCOMES
    assert np.isfinite(result.theta).all()
