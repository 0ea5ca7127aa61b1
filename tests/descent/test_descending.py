"""The way down a function of many variables, and the kind of point it ends in."""

from __future__ import annotations

import signal
from typing import Any

import numpy as np
import pytest

from deltarule.descent.descending import descend
from deltarule.descent.lbfgs import LBFGS
from deltarule.descent.stationary import kind_of
from deltarule.errors import InputError, UnknownName
from deltarule.expressions import evaluate, parse
from deltarule.objectives.formula import Formula

QUADRATIC = "x1**2+3*x1*x2+5*x2**2"
LARGEST = 11.0  # the eigenvalues of ((2, 3), (3, 10)) are 1 and 11


def test_the_quadratics_formulas_path_and_kind() -> None:
    down = descend(QUADRATIC, [2, 1])
    assert str(down.gradient_formula) == "(2*x1 + 3*x2, 3*x1 + 10*x2)"
    assert str(down.hessian_formula) == "((2, 3), (3, 10))"
    assert down.eigenvalues == pytest.approx([1, LARGEST])
    assert (down.kind, down.outcome.name, down.names) == ("minimum", "converged", ("x1", "x2"))
    assert down.path[0].tolist() == [2, 1] and np.array_equal(down.path[-1], down.x)
    assert down.outcome.step == len(down.path) - 1
    assert np.all(np.diff(down.values) < 0)
    assert np.linalg.norm(down.gradient) <= 1e-8


def test_a_step_just_below_two_over_the_largest_eigenvalue_converges() -> None:
    down = descend(QUADRATIC, [2, 1], learning_rate=0.999 * 2 / LARGEST, steps=20_000)
    assert (down.outcome.name, down.kind) == ("converged", "minimum")


def test_a_step_just_above_two_over_the_largest_eigenvalue_diverges() -> None:
    down = descend(QUADRATIC, [2, 1], learning_rate=1.001 * 2 / LARGEST, steps=5000)
    assert down.outcome.name == "diverged"
    assert "smaller learning rate" in down.outcome.message


def test_each_step_is_the_learning_rate_times_the_gradient() -> None:
    down = descend(QUADRATIC, [2, 1], learning_rate=0.1, steps=5)
    gradients = np.array([down.objective.gradient(point)[1] for point in down.path[:-1]])
    assert np.diff(down.path, axis=0) == pytest.approx(-0.1 * gradients, rel=1e-14)
    assert down.outcome.name == "step_limit"


KINDS: list[tuple[Any, list[float], str]] = [
    ("cosh(x) + y**2", [1, 1], "minimum"),
    ("x**2 - y**2", [1, 0], "saddle"),
    ("-x**2 - y**2", [0, 0], "maximum"),
    ("x**4 + y**2", [1, 1], "degenerate"),
    ("(x + y)**2", [1, 1], "degenerate"),
    ("x*0 + 7", [1], "degenerate"),
    ("x**3 + y**2", [0, 0], "degenerate"),
    ("abs(x) + y", [1, 1], "not stationary"),
    ("sin(x)*cos(y)", [1, 0.5], "minimum"),
    (lambda x: (x[0] - 3) ** 2 + x[1] ** 2, [1, 1], "minimum"),
    (lambda x: (x[0] - 3) ** 2 - x[1] ** 2, [1, 0], "saddle"),
    (lambda x: (x[0] - 3) ** 2 + x[1] ** 4, [1, 1], "degenerate"),
]


@pytest.mark.parametrize(("f", "start", "kind"), KINDS)
def test_the_end_is_told_apart_by_the_hessians_eigenvalues(f: Any, start: list[float], kind: str) -> None:
    assert descend(f, start).kind == kind


def test_a_flat_minimum_is_found_degenerate_from_afar() -> None:
    down = descend("x**4", [1], learning_rate=0.2, steps=5000, tolerance=1e-5)
    assert abs(down.x[0]) > 1e-3
    assert (down.outcome.name, down.kind) == ("converged", "degenerate")


ENDLESS = [
    ("x**3", [1], None),
    ("x1**2 - x2**2", [1, 0.001], None),
    ("-exp(x)", [1], 0.1),
    ("-x**2", [1], 1.0),
    ("x*y", [1, -1.001], None),  # so far out that ‖x‖ is no number any more
    ("1e-9*x", [1], None),  # the slope is small, and there is no curvature at all
]


@pytest.mark.parametrize(("f", "start", "learning_rate"), ENDLESS)
def test_a_function_without_a_floor_diverges_downwards(
    f: str, start: list[float], learning_rate: float | None
) -> None:
    down = descend(f, start, learning_rate=learning_rate)
    assert (down.kind, down.outcome.name) == ("not stationary", "diverged")
    assert "falls without end" in down.outcome.message
    assert np.isfinite(down.value) and np.all(np.isfinite(down.path))


def test_the_last_finite_point_is_kept() -> None:
    down = descend("x**4", [3], learning_rate=10)
    assert down.outcome.name == "diverged"
    assert np.all(np.isfinite(down.values)) and down.values[-1] == down.value
    assert np.isinf(down.objective.value(down.x - 10 * down.gradient))


def test_the_steps_stay_where_the_function_has_real_values() -> None:
    down = descend("x - log(x)", [0.01])
    assert (down.kind, down.outcome.name) == ("minimum", "converged")
    assert down.x == pytest.approx([1.0], abs=1e-7)


def test_rounding_does_not_stop_the_descent_on_a_high_plain() -> None:
    down = descend("cosh(x) + y**2 + 1000000", [3, 1])
    assert (down.kind, down.outcome.name) == ("minimum", "converged")


@pytest.mark.parametrize(
    ("rule", "rate"), [("momentum", 0.05), ("adam", 0.1), ("rmsprop", None), ("nesterov", 0.02)]
)
def test_other_rules_walk_too(rule: str, rate: float | None) -> None:
    down = descend(QUADRATIC, [2, 1], rule=rule, learning_rate=rate, steps=5000, tolerance=1e-3)
    assert np.abs(down.x).max() < 0.01


def test_a_start_by_name_is_put_in_order() -> None:
    assert descend("x - y + x**2 + y**2", {"y": 1, "x": 2}).path[0].tolist() == [2, 1]
    assert descend("x + y", {"y": 1, "x": 2}, names=["y", "x"], steps=1, learning_rate=1).path[
        1
    ].tolist() == [0, 1]
    down = descend(lambda v: v @ v, {"p": 1, "q": 2})
    assert down.names == ("p", "q") and down.gradient_formula is None and down.hessian_formula is None


def test_the_formulas_have_the_numbers_values() -> None:
    down = descend("exp(x1*x2) + x1**2 + x2**4", [0.5, 0.5], steps=3)
    at = dict(zip(down.names, down.x, strict=True))
    assert [evaluate(slope, at) for slope in down.gradient_formula or ()] == pytest.approx(
        list(down.gradient)
    )
    for row, numbers in zip(down.hessian_formula or (), down.hessian, strict=True):
        assert [evaluate(entry, at) for entry in row] == pytest.approx(list(numbers))


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"f": "x + y", "start": [1]}, InputError, "f has the variables x, y: 2 numbers"),
    ({"f": "x", "start": []}, InputError, "one finite number a variable"),
    ({"f": "x", "start": [np.nan]}, InputError, "one finite number a variable"),
    ({"f": "x", "start": ["a"]}, InputError, "must be numbers"),
    ({"f": "x", "start": {"y": 1}}, InputError, "the start gives y, but the variables are x"),
    ({"f": "log(x)", "start": [-1]}, InputError, "no finite value at the start, x = -1"),
    ({"f": "sqrt(x)", "start": [0]}, InputError, "no finite value at the start"),
    ({"f": "x**2", "start": [1], "learning_rate": 0.0}, InputError, "learning_rate must be a number above 0"),
    (
        {"f": "x**2", "start": [1], "learning_rate": "a"},
        InputError,
        "learning_rate must be a number above 0, got 'a'",
    ),
    ({"f": "x**2", "start": [1], "steps": 0}, InputError, "steps must be"),
    (
        {"f": "x**2", "start": [1], "steps": "a"},
        InputError,
        "steps must be a whole number of 1 or more, got 'a'",
    ),
    (
        {"f": "x**2", "start": [1], "steps": 1.5},
        InputError,
        "steps must be a whole number of 1 or more, got 1.5",
    ),
    ({"f": "x**2", "start": [1], "tolerance": None}, InputError, "tolerance must be a number of 0 or more"),
    ({"f": "x**2", "start": [1], "rule": "auto"}, InputError, "take gradient, momentum"),
    ({"f": "x**2", "start": [1], "rule": "trainlm"}, InputError, "rule 'lm' is for networks"),
    ({"f": "x**2", "start": [1], "tolerance": -1.0}, InputError, "tolerance"),
    ({"f": "x**2", "start": [1], "rule": "adma"}, UnknownName, "did you mean 'adam'"),
]


@pytest.mark.parametrize(("given", "error", "said"), REFUSED)
def test_what_cannot_be_used_is_said(given: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        descend(**given)
    assert said in str(caught.value)


def test_a_parsed_formula_is_taken_as_it_is() -> None:
    assert descend(parse("(x - 2)**2"), [0]).x == pytest.approx([2])


@pytest.mark.parametrize(
    ("f", "x", "kind"),
    [
        ("abs(x)", [0], "kink"),
        ("abs(x1) + x2**2", [0, 0], "kink"),
        ("abs(x1 - x2) + (x1 + x2)**2", [0, 0], "kink"),
        ("x**2 + 3*abs(x - 1)", [1], "kink"),
        ("abs(x1 - x2) + x1**2", [0.5, 0.5], "not stationary"),  # f falls along (−1, −1)
        ("abs(x1 - x2) + x1**2", [0, 0], "kink"),
        ("1e-9*(x - 5)**2", [0], "not stationary"),
        ("1e-9*(x - 5)**2", [5], "minimum"),
        ("x**2 + 1e-11*(y - 3)**2", [0, 0], "not stationary"),
        ("x**4", [1e-3], "degenerate"),
        ("(x - 5)**4", [4.999], "degenerate"),
        ("1e-9*(x - 5)**4", [4], "not stationary"),
        ("exp(-x)", [20], "not stationary"),
        ("x*abs(x)", [0], "degenerate"),  # f' = 2|x| has the kink, f has none
        ("abs(x - 1)", [1], "kink"),
        ("2*x + abs(x)", [0], "not stationary"),  # from 1 to 3: f falls through the kink
        ("1000*x**2", [0], "minimum"),
        ("x**4", [0], "degenerate"),
        ("(x - 1000)**2", [1000], "minimum"),
    ],
)
def test_a_kink_is_told_from_a_point_without_curvature(f: str, x: float | list[float], kind: str) -> None:
    objective, at = Formula(f), np.array(x, np.float64)
    assert kind_of(objective, at, objective.gradient(at)[1], objective.hessian(at), 1e-8) == kind


STEEP_OR_FLAT: list[tuple[Any, list[float], list[float], str]] = [
    ("exp(10*x) + exp(-10*x)", [5], [0], "minimum"),  # the first step takes η = 1e-22
    ("x**100", [2], [0], "degenerate"),
    ("1e-9*(x - 5)**2", [0], [5], "minimum"),  # |f'(0)| is the tolerance
    (lambda x: 1e-9 * (x[0] - 5) ** 2, [0], [5], "minimum"),
    ("1e-10*x**2", [100], [0], "minimum"),
    ("x**2 + 1e-7*(y - 3)**2", [0, 0], [0, 3], "minimum"),
    ("1e-9*cosh(x - 5)", [3], [5], "minimum"),
    ("1 + 1e-8*sin(x)", [0], [-np.pi / 2], "minimum"),  # f'' is 0 at the start
    ("abs(x1 - x2) + x1**2", [2, 1], [0, 0], "kink"),  # −∇f leads to and fro across x1 = x2
    ("abs(x1 - x2) + abs(x1 + x2 - 1) + x1**2", [3, 1], [0.5, 0.5], "kink"),
]


@pytest.mark.parametrize(("f", "start", "lowest", "kind"), STEEP_OR_FLAT)
def test_the_descent_goes_on_until_it_is_near_the_lowest_point(
    f: Any, start: list[float], lowest: list[float], kind: str
) -> None:
    down = descend(f, start)
    assert (down.kind, down.outcome.name) == (kind, "converged")
    near = 0.04 if kind == "degenerate" else 5e-6  # 1e-6 (1 + ‖x‖), or 0.03 of it without curvature
    assert down.x == pytest.approx(lowest, abs=near)


@pytest.mark.parametrize(
    ("f", "start"), [("x1**4 + x2**4 - 4*x1*x2", [0.1, 0.2]), ("log10(x)**2 + log2(x)", [2])]
)
def test_a_step_that_does_not_lower_f_is_not_taken_without_end(f: str, start: list[float]) -> None:
    down = descend(f, start)
    assert (down.kind, down.outcome.name) == ("minimum", "converged")
    assert down.outcome.step < 50


@pytest.mark.parametrize("f", ["x**4", "x**6", "x1**2 + 3*x1*x2 + 5*x2**2"])
@pytest.mark.parametrize("rule", ["newton", "scg", "rprop", "lbfgs"])
def test_every_rule_goes_down_to_the_tolerance(f: str, rule: str) -> None:
    down = descend(f, [1, 1] if "x1" in f else [1], rule=rule)
    assert (down.kind, down.outcome.name) == ("minimum" if "x1" in f else "degenerate", "converged")
    assert np.linalg.norm(down.gradient) <= 1e-8


@pytest.mark.parametrize(("rule", "steps"), [("adam", 50), (LBFGS(gradient=1e-3), 1000)])
def test_a_gradient_that_is_small_far_from_the_minimum_is_told_with_the_way_left(
    rule: Any, steps: int
) -> None:
    down = descend("1e-4*(x - 5)**2" if steps == 1000 else "1e-9*(x - 5)**2", [0], rule=rule, steps=steps)
    assert down.kind == "not stationary"
    assert "the Newton step from there is 5 long" in down.outcome.message


ONWARDS = [
    ("exp(-x)", [1], "gradient"),
    ("exp(-x)", [1], "newton"),
    ("1/(1 + exp(-x))", [0], "gradient"),
    ("1/(1 + x**2)", [0.1], "gradient"),
    ("exp(-x) + y**2", [1, 1], "lbfgs"),
    ("-log(x)", [1], "gradient"),
    ("exp(-1000*x)", [0], "gradient"),
]


@pytest.mark.parametrize(("f", "start", "rule"), ONWARDS)
def test_a_fall_towards_infinity_is_no_stationary_point(f: str, start: list[float], rule: str) -> None:
    down = descend(f, start, rule=rule)
    assert (down.kind, down.outcome.name) == ("not stationary", "diverged")
    assert "ever more slowly towards infinity" in down.outcome.message


@pytest.mark.parametrize(
    ("f", "start", "rule", "name", "said"),
    [
        ("log(x)", [1], "gradient", "diverged", "falls without end"),
        ("log(x)", [1], "lbfgs", "diverged", "falls without end"),
        ("log(x - 1)", [2], "gradient", "diverged", "falls without end"),
        ("sqrt(x)", [1], "gradient", "stuck", "ever more steeply to the edge"),
        ("abs(x1 - x2) + x1**2", [2, 1], "cg", "stuck", "as f has a kink there"),
    ],
)
def test_where_no_step_leads_on_it_is_said_why(
    f: str, start: list[float], rule: str, name: str, said: str
) -> None:
    down = descend(f, start, rule=rule)
    assert (down.kind, down.outcome.name) == ("not stationary", name)
    assert said in down.outcome.message


def test_a_descent_ends_in_a_kink() -> None:
    down = descend("abs(x)", [1])
    assert (down.kind, down.outcome.message) == ("kink", "the slope changes its sign there")


def test_an_interrupted_walk_speaks_of_its_path() -> None:
    calls = iter([False] * 30 + [True] + [False] * 1000)

    def f(x: np.ndarray) -> float:
        if next(calls):
            signal.raise_signal(signal.SIGINT)
        return float(x @ x)

    down = descend(f, [1.0], learning_rate=0.01)
    assert (down.outcome.name, down.outcome.message) == ("interrupted", "the path ends where it was")
    assert len(down.path) > 1


@pytest.mark.parametrize("rule", ["gd", "sgd", "traingd"])
def test_another_name_of_the_rule_finds_its_steps_likewise(rule: str) -> None:
    down, same = (descend("100*x1**2 + x2**2", [2, 1], rule=name) for name in (rule, "gradient"))
    assert down.outcome.name == "converged" and np.array_equal(down.path, same.path)


@pytest.mark.parametrize(
    ("f", "start"), [("tan(x)", [1]), ("log(x)", [1]), ("log(x1**2 + x2**2)", [1, 1]), ("-1/x**2", [1])]
)
def test_where_a_function_is_infinite_it_is_not_stationary_and_has_no_kink(
    f: str, start: list[float]
) -> None:
    assert descend(f, start).kind == "not stationary"


@pytest.mark.parametrize("f", ["1e9*abs(x)", "sqrt(abs(x))", "abs(x) + 1e6"])
def test_a_steep_kink_is_one_all_the_same(f: str) -> None:
    assert descend(f, [1]).kind == "kink"
