"""Numbers from formulas: exact, real, shared parts once."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule.errors import ExpressionError, InputError, UnknownName
from deltarule.expressions import Tape, evaluate, parse

VALUES = [
    ("1 + 2*3 - 4/8", {}, 6.5),
    ("2**3**2", {}, 512.0),
    ("-2**2", {}, -4.0),
    ("x/y/2", {"x": 3.0, "y": 4.0}, 0.375),
    ("x - y - 1", {"x": 3.0, "y": 4.0}, -2.0),
    ("x**-2", {"x": 4.0}, 0.0625),
    ("logistic(x)", {"x": -1000.0}, 0.0),
    ("logistic(x)", {"x": 1000.0}, 1.0),
    ("sin(pi/2) + log(e)", {}, 2.0),
    ("log10(x) + log2(x)", {"x": 1.0}, 0.0),
]


@pytest.mark.parametrize(("typed", "at", "expected"), VALUES)
def test_value(typed: str, at: dict[str, float], expected: float) -> None:
    assert evaluate(parse(typed), at) == expected


def test_arrays_broadcast() -> None:
    x, y = np.arange(3.0), np.arange(4.0).reshape(4, 1)
    assert np.array_equal(evaluate(parse("x*y - 1"), {"x": x, "y": y}), x * y - 1)


WITHOUT_VALUE = [
    ("x**400", {"x": 10.0}, "the part x**400 is too large for a float at x = 10."),
    ("1 + sqrt(y - x)", {"x": 2.0, "y": 1.0}, "sqrt(y - x) has no real value at x = 2, y = 1"),
    ("x**0.5", {"x": -1.0}, "x**0.5 has no real value at x = -1"),
    ("1/(x - 2)", {"x": 2.0}, "1/(x - 2) is too large"),
    ("log(x)", {"x": np.array([1.0, -3.0])}, "at x = -3"),
]


@pytest.mark.parametrize(("typed", "at", "said"), WITHOUT_VALUE)
def test_a_part_without_a_real_value_is_named(typed: str, at: dict[str, float], said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(typed), at)
    assert said in str(caught.value)


def test_a_missing_name_is_named() -> None:
    with pytest.raises(UnknownName, match="did you mean 'width'"):
        evaluate(parse("widht*2"), {"width": 1.0})


@pytest.mark.parametrize("values", [{"x": "three"}, {"x": np.zeros(3), "y": np.zeros(4)}])
def test_values_that_are_no_numbers_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(InputError, match="numbers or arrays"):
        evaluate(parse("x"), values)


def test_a_tape_computes_shared_parts_once_and_answers_nan_silently() -> None:
    tape = Tape([parse("exp(x)*y"), parse("exp(x)/y"), parse("y*exp(x)"), parse("log(x)")], ["x", "y"])
    assert len(tape) == 4
    result = tape(-1.0, 0.0)
    assert result[1] == np.inf and np.isnan(result[3])


def test_parts_whose_result_is_not_used_are_not_computed() -> None:
    assert len(Tape([parse("a - b*c")], ["a", "b", "c"])) == 2
    assert len(Tape([parse("a/(b*c)")], ["a", "b", "c"])) == 2


def test_registers_are_reused() -> None:
    tape = Tape([parse("+".join(f"sin(x*{i})" for i in range(1, 40)))], ["x"])
    assert len(tape._start) < 39 + 10  # its numbers, the name, and a few  # pyright: ignore[reportPrivateUsage]
