"""A typed formula and a Python function answer the same questions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deltarule.errors import ExpressionError, InputError
from deltarule.objectives.formula import Formula, PythonFunction, objective_of

ROSENBROCK = "100*(x2 - x1**2)**2 + (1 - x1)**2"


def rosenbrock(x: Any) -> float:
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def rosenbrock_gradient(x: Any) -> list[float]:
    return [-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]


def rosenbrock_hessian(x: Any) -> list[list[float]]:
    return [[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200]]


AT = np.array([-1.2, 1.0])
WAYS = [
    ("typed", Formula(ROSENBROCK), 1e-14, 1e-14),
    ("given", PythonFunction(rosenbrock, 2, rosenbrock_gradient, rosenbrock_hessian), 1e-14, 1e-14),
    ("differenced once", PythonFunction(rosenbrock, 2, rosenbrock_gradient), 1e-14, 1e-8),
    ("differenced twice", PythonFunction(rosenbrock, 2), 1e-8, 1e-5),
]


@pytest.mark.parametrize(("f", "slope", "curve"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_value_gradient_and_hessian_are_the_functions(f: Any, slope: float, curve: float) -> None:
    value, g = f.gradient(AT)
    assert f.size == 2 and f.names == ("x1", "x2")
    assert f.value(AT) == value == pytest.approx(rosenbrock(AT), rel=1e-14)
    assert g == pytest.approx(rosenbrock_gradient(AT), rel=slope)
    assert f.hessian(AT) == pytest.approx(np.array(rosenbrock_hessian(AT)), rel=curve)
    v = np.array([0.5, -2.0])
    assert f.hessian_vector(AT, v) == pytest.approx(rosenbrock_hessian(AT) @ v, rel=curve)
    assert np.array_equal(f.hessian(AT), f.hessian(AT).T)


def test_names_give_the_order_of_theta() -> None:
    assert Formula("x10 + 2*x2").names == ("x2", "x10")
    assert Formula("a - b", names=["b", "a"]).value(np.array([1.0, 5.0])) == 4.0


def test_what_has_no_real_value_is_nan_or_infinite_without_a_warning() -> None:
    f = Formula("sqrt(x) + 1/y")
    assert np.isnan(f.value(np.array([-1.0, 1.0])))
    assert f.value(np.array([1.0, 0.0])) == np.inf


REFUSED = [
    (lambda: Formula("3 + 4"), ExpressionError, "no variable"),
    (lambda: Formula("x + z", names=["x", "y"]), ExpressionError, "unknown name 'z'"),
    (lambda: Formula("x", names=["x", "x"]), InputError, "must differ"),
    (
        lambda: objective_of("x + y", 3),
        InputError,
        "f has the variables x, y: 2 numbers are expected, the start has 3",
    ),
    (lambda: objective_of(7, 1), InputError, "a formula as text or a Python function, got int"),
    (lambda: PythonFunction(rosenbrock, 2, names=["x"]), InputError, "2 names"),
    (
        lambda: PythonFunction(lambda x: x, 2).value(AT),
        InputError,
        r"f(θ) must answer the shape (), got (2,)",
    ),
    (lambda: PythonFunction(lambda x: "one", 2).value(AT), InputError, "real numbers, got str"),
    (lambda: PythonFunction(lambda x: 1j, 2).value(AT), InputError, "real numbers, got complex"),
    (
        lambda: PythonFunction(rosenbrock, 2, lambda x: [1.0]).gradient(AT),
        InputError,
        "gradient(θ) must answer the shape (2,)",
    ),
]


@pytest.mark.parametrize(("make", "error", "said"), REFUSED)
def test_what_cannot_be_used_is_said(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert said in str(caught.value)


def test_a_function_that_changes_its_argument_does_no_harm() -> None:
    def greedy(x: Any) -> float:
        x *= 2
        return float(x @ x)

    at = np.array([1.0, 2.0])
    assert PythonFunction(greedy, 2).gradient(at)[1] == pytest.approx([8.0, 16.0], rel=1e-8)
    assert at.tolist() == [1.0, 2.0]
