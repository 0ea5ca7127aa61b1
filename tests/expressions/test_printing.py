"""What is printed is read back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from tests.expressions.random_formulas import NAMES, formulas, points

from deltarule.expressions import Node, Tape, latex, parse, python, text


@settings(max_examples=100, deadline=None)
@given(formulas, points)
def test_printed_formula_reads_back_to_the_same_text_and_value(formula: Node, point: list[float]) -> None:
    written = text(formula)
    value = Tape([formula], NAMES)(*point)[0]
    try:
        again = parse(written)
    except ValueError:
        # a part without a variable that has no finite value cannot be typed
        return
    assert text(parse(text(again))) == text(again)
    found = Tape([again], NAMES)(*point)[0]
    if np.isinf(value):  # -1/(0*x) and -1/(-0*x) print alike: no zero that is written has a sign
        found, value = abs(found), abs(value)
    np.testing.assert_allclose(found, value, rtol=1e-7, atol=1e-7)


NUMBERS = [
    "x1/(pi*(0.1/1))",
    "x1/(pi*0.1*1**(-1))",
    "x1/(pi*(0.1/2))",
    "x1/(pi*0.1/1**2)",
    "(-1)**(-1)",
    "-1/2*0/pi",
    "-(1/2)*(1/2)/pi",
    "(-1/x1)*(-2/pi)",
    "x1*(-1/2)*y",
]


@pytest.mark.parametrize("typed", NUMBERS)
def test_a_quotient_of_numbers_is_printed_as_it_reads_back(typed: str) -> None:
    written = text(parse(typed))
    assert text(parse(written)) == written


LATEX = [
    ("3*x1*x2/(2*y)", r"\frac{3 x_{1} x_{2}}{2 y}"),
    ("x**(y+1)", "x^{y + 1}"),
    ("sqrt(x)*abs(y)", r"\sqrt{x} \left|y\right|"),
    ("alpha_1*2", r"\alpha_{1} \cdot 2"),
    ("2e-7*x", r"\left(2 \cdot 10^{-7}\right) x"),
    ("sin(pi*x)**2", r"\sin\left(\pi x\right)^{2}"),
    ("-(a+b)*rate", r"-\left(a + b\right) \mathrm{rate}"),
    ("x/3 + 1/3", r"\frac{x}{3} + \frac{1}{3}"),
]


@pytest.mark.parametrize(("typed", "expected"), LATEX)
def test_latex(typed: str, expected: str) -> None:
    assert latex(parse(typed)) == expected


def test_python_text_computes_the_same() -> None:
    typed = "exp(-x1)*arctan(x2)/(1 + x1**2) - pi*sqrt(x2)"
    assert python(parse(typed)) == "np.exp(-x1)*np.arctan(x2)/(1 + x1**2) - np.pi*np.sqrt(x2)"
