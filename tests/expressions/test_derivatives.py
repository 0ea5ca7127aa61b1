"""Values and derivatives against SymPy, an independent route, and against printed formulas."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, assume, given, settings
from tests.expressions.random_formulas import NAMES, SYMBOLS, formulas, is_tame, points, to_sympy

from deltarule.expressions import Node, Tape, evaluate, gradient, hessian, parse, simplify
from deltarule.expressions.derivatives import gradient_graph, hessian_graph, hessian_vector_graph
from deltarule.expressions.functions import FUNCTIONS

FILTERED = [HealthCheck.filter_too_much, HealthCheck.too_slow]


def by_sympy(formula: sympy.Expr, point: list[float]) -> float:
    found = formula.evalf(30, subs={SYMBOLS[name]: value for name, value in zip(NAMES, point, strict=True)})
    assume(not found.has(sympy.Derivative))  # sign(x**pi)' is left as it stands
    return float(found)


@settings(max_examples=60, deadline=None, suppress_health_check=FILTERED)
@given(formulas, points)
def test_value_and_gradient_equal_sympys(formula: Node, point: list[float]) -> None:
    slopes = gradient_graph(formula, NAMES)
    assume(is_tame([formula, *slopes], point))
    expected = to_sympy(formula)
    truth = [
        by_sympy(expected, point),
        *(by_sympy(sympy.diff(expected, SYMBOLS[name]), point) for name in NAMES),
    ]
    assert Tape([formula, *slopes], NAMES)(*point) == pytest.approx(truth, rel=1e-10, abs=1e-10)


@settings(max_examples=25, deadline=None, suppress_health_check=FILTERED)
@given(formulas, points)
def test_second_derivatives_equal_sympys(formula: Node, point: list[float]) -> None:
    rows = hessian_graph(formula, NAMES)
    assume(is_tame([formula, *(part for row in rows for part in row)], point))
    expected = to_sympy(formula)
    for i, row in enumerate(rows):
        for j, part in enumerate(row, start=i):
            truth = by_sympy(sympy.diff(expected, SYMBOLS[NAMES[i]], SYMBOLS[NAMES[j]]), point)
            assert Tape([part], NAMES)(*point)[0] == pytest.approx(truth, rel=1e-10, abs=1e-10)


@settings(max_examples=50, deadline=None, suppress_health_check=FILTERED)
@given(formulas, points)
def test_simplified_formulas_have_the_same_values(formula: Node, point: list[float]) -> None:
    raw = [formula, *gradient_graph(formula, NAMES)]
    short = [simplify(part) for part in raw]
    assume(is_tame(raw, point) and is_tame(short, point))
    assert Tape(short, NAMES)(*point) == pytest.approx(Tape(raw, NAMES)(*point), rel=1e-10, abs=1e-10)


@settings(max_examples=50, deadline=None, suppress_health_check=FILTERED)
@given(formulas, points)
def test_hessian_times_vector_equals_the_hessians_product(formula: Node, point: list[float]) -> None:
    upper = hessian_graph(formula, NAMES)
    product = hessian_vector_graph(formula, NAMES, ("v1", "v2", "v3"))
    assume(is_tame([formula, *(part for row in upper for part in row)], point))
    v = np.array([0.3, -1.2, 0.7])
    H = np.zeros((3, 3))
    for i, row in enumerate(upper):
        H[i, i:] = H[i:, i] = Tape(row, NAMES)(*point)
    found = Tape(product, (*NAMES, "v1", "v2", "v3"))(*point, *v)
    assert found == pytest.approx(list(H @ v), rel=1e-9, abs=1e-9)


SHOWN = [
    ("x1**2+3*x1*x2+5*x2**2", "(2*x1 + 3*x2, 3*x1 + 10*x2)", "((2, 3), (3, 10))"),
    ("100*(x2-x1**2)**2+(1-x1)**2", "(-400*x1*(x2 - x1**2) + 2*x1 - 2, 200*(x2 - x1**2))",
     "((1200*x1**2 - 400*x2 + 2, -400*x1), (-400*x1, 200))"),
    ("0.1*x**3", "(0.3*x**2,)", "((0.6*x,),)"),
    ("3*x - x**2", "(3 - 2*x,)", "((-2,),)"),
    ("x**3/6", "(x**2/2,)", "((x,),)"),
    ("a*exp(-b*x)", "(exp(-b*x), -a*x*exp(-b*x), -a*b*exp(-b*x))", None),
    ("sqrt(x)*log(x)", "(ln(x)/(2*sqrt(x)) + 1/sqrt(x),)", "((-ln(x)/(4*x**(3/2)),),)"),
    ("e**x + 2^x", "(e**x + 2**x*ln(2),)", "((e**x + 2**x*ln(2)**2,),)"),
    ("abs(x)", "(sign(x),)", "((0,),)"),
    ("5", "()", "()"),
    ("x*0 + y", "(0, 1)", "((0, 0), (0, 0))"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "slopes", "curvature"), SHOWN)
def test_derivatives_are_shown_as_a_person_would_write_them(
    typed: str, slopes: str, curvature: str | None
) -> None:
    assert str(gradient(parse(typed))) == slopes
    if curvature is not None:
        assert str(hessian(parse(typed))) == curvature


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "sign"])
def test_slope_of_each_function_equals_its_central_difference(name: str) -> None:
    x = np.array([1.2, 1.7, 2.3]) if name == "arccosh" else np.array([-0.6, 0.3, 0.8])
    if name in ("log", "log2", "log10", "sqrt"):
        x = np.abs(x)
    formula, h = parse(f"{name}(x)"), 1e-6
    (slope,) = gradient(formula)
    difference = (evaluate(formula, {"x": x + h}) - evaluate(formula, {"x": x - h})) / (2 * h)
    assert np.broadcast_to(evaluate(slope, {"x": x}), x.shape) == pytest.approx(difference, rel=1e-8)


def test_a_long_product_keeps_a_short_tape() -> None:
    formula = parse("*".join(f"(x{i}+{i})" for i in range(1, 100)))
    names = tuple(f"x{i}" for i in range(1, 100))
    tape = Tape([formula, *gradient_graph(formula, names)], names)
    assert len(tape) < 6 * 99
    assert np.all(np.isfinite(tape(*np.linspace(0.001, 0.1, 99))))


def test_nested_functions_are_differentiated_twice_in_linear_space() -> None:
    formula = parse("sin(" * 49 + "x" + ")" * 49)
    tape = Tape([part for row in hessian_graph(formula, ["x"]) for part in row], ["x"])
    assert len(tape) < 15 * 49
    x, h = 0.7, 1e-5
    slope = Tape(gradient_graph(formula, ["x"]), ["x"])
    assert tape(x)[0] == pytest.approx((slope(x + h)[0] - slope(x - h)[0]) / (2 * h), rel=1e-7)


def test_a_formula_too_long_to_show_says_so() -> None:
    formula = parse("*".join(f"(x{i}+{i})" for i in range(1, 100)))
    with pytest.raises(ValueError, match="too many to be shown"):
        hessian(formula)
