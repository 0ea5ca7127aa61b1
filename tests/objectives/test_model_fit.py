"""The sum of squares of a typed model: residuals, Jacobian, gradient and Hessian hold together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deltarule.errors import ExpressionError, InputError
from deltarule.objectives.model_fit import ModelFit

x = np.linspace(0.2, 3, 25)
TABLE = {"x": x, "z": x**2 - 1, "y": 2 * np.exp(-x) + 0.1 * np.sin(9 * x)}
MODELS = [
    ("a*exp(-b*x)", "y", [1.5, 0.8]),
    ("a + b*x + c*z", "y", [0.1, -0.2, 0.3]),
    ("logistic(b1*x + b2*z) + b10", "log(y + 3)", [0.3, -0.1, 0.5]),
    ("a", "y", [0.7]),
]


@pytest.mark.parametrize(("model", "target", "at"), MODELS)
def test_derivatives_equal_central_differences(model: str, target: str, at: list[float]) -> None:
    f, theta, h = ModelFit(model, TABLE, target), np.array(at), 1e-6
    J, H = f.jacobian(theta), f.hessian(theta)
    assert J.shape == (25, len(at))
    for p in range(f.size):
        step = h * np.eye(f.size)[p]
        assert J[:, p] == pytest.approx(
            (f.residuals(theta + step) - f.residuals(theta - step)) / (2 * h), abs=1e-8
        )
        difference = (f.gradient(theta + step)[1] - f.gradient(theta - step)[1]) / (2 * h)
        assert H[:, p] == pytest.approx(difference, rel=1e-6, abs=1e-6)
    value, g = f.gradient(theta)
    assert value == f.value(theta) == pytest.approx(np.sum(f.residuals(theta) ** 2), rel=1e-14)
    assert g == pytest.approx(2 * J.T @ f.residuals(theta), rel=1e-12)
    assert f.hessian_vector(theta, theta) == pytest.approx(H @ theta, rel=1e-12)


def test_parameters_are_the_names_that_are_no_columns_in_counting_order() -> None:
    assert ModelFit("b10*x + b2*z + b1", TABLE, "y").parameters == ("b1", "b2", "b10")
    assert ModelFit("a*x + b", TABLE, "y", parameters=["b", "a"]).parameters == ("b", "a")


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (lambda: ModelFit("x + z", TABLE, "y"), InputError, "has no parameter"),
    (
        lambda: ModelFit("a*x", TABLE, "y", parameters=["a", "b"]),
        InputError,
        "does not contain the parameter b",
    ),
    (lambda: ModelFit("a*x", TABLE, "w"), ExpressionError, "unknown name 'w'"),
    (lambda: ModelFit("a*x", TABLE, "2"), InputError, "must name a column"),
    (
        lambda: ModelFit("a*e", {**TABLE, "e": x}, "y"),
        InputError,
        "'e' in the model means the constant 2.71828",
    ),
    (
        lambda: ModelFit("a*x", {**TABLE, "y": TABLE["y"] - 5}, "log(y)"),
        ExpressionError,
        "ln(y) has no real value",
    ),
]


@pytest.mark.parametrize(("make", "error", "said"), REFUSED)
def test_what_cannot_be_used_is_said(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert said in str(caught.value)


def test_an_overflow_is_infinite_without_a_warning() -> None:
    f = ModelFit("exp(a*x)", TABLE, "y")
    assert f.value(np.array([1000.0])) == np.inf
