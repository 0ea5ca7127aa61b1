"""Formulas fitted to tables: NIST's certified problems, standard errors, and what cannot be fitted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.descent.fitting import fit_formula
from deltarule.errors import DeltaruleError, InputError, UnknownName

NIST = [
    "Chwirut1", "Chwirut2", "DanWood", "ENSO", "Gauss1", "Gauss2", "Gauss3", "Hahn1", "Kirby2", "Lanczos1", "Lanczos2",
    "Lanczos3", "MGH17", "Misra1a", "Misra1b", "Misra1c", "Misra1d", "Nelson", "Roszman1",
]  # fmt: skip


@pytest.fixture(scope="module")
def nist() -> Path:
    folder = os.environ.get("DELTARULE_DATA")
    if not folder:
        pytest.skip("DELTARULE_DATA, the folder of the published cases, is not set")
    return Path(folder) / "nist"


def digits(found: Any, certified: Any) -> float:
    """The least number of leading digits that agree: −log₁₀ of the relative error."""
    found, certified = np.array(list(found)), np.array(certified)
    return float(-np.log10(np.maximum(np.abs(found - certified) / np.abs(certified), 1e-16)).min())


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", NIST)
def test_nists_certified_parameters_are_reached(nist: Path, name: str, start: str) -> None:
    problem = json.loads((nist / f"{name}.json").read_text())
    fit = fit_formula(problem["model"], problem["data"], problem[start], target=problem["response"])
    assert fit.outcome.name == "converged"
    assert digits(fit.parameters.values(), problem["certified"]) >= 6
    # its residuals, 1e-13, are rounding: they and their spread cannot be certified in floats
    if name == "Lanczos1":
        assert fit.rss < 1e-21
        return
    assert digits(fit.standard_errors.values(), problem["certified_sd"]) >= 6
    assert digits([fit.rss], [problem["certified_rss"]]) >= 9


def test_a_straight_line_has_the_textbooks_standard_errors() -> None:
    x, y = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([1.1, 1.9, 3.2, 3.8, 5.1])
    fit = fit_formula("a + b*x", {"x": x, "y": y}, [0, 0])
    slope = np.sum((x - 3) * (y - y.mean())) / np.sum((x - 3) ** 2)
    s = np.sqrt(np.sum((y - y.mean() - slope * (x - 3)) ** 2) / 3)
    assert fit.parameters == pytest.approx({"a": y.mean() - 3 * slope, "b": slope}, rel=1e-10)
    assert fit.standard_errors == pytest.approx(
        {"a": s * np.sqrt(1 / 5 + 9 / 10), "b": s / np.sqrt(10)}, rel=1e-10
    )
    assert fit.residual_deviation == pytest.approx(s, rel=1e-12)
    assert fit.predict({"x": [7.0, np.nan]}) == pytest.approx([y.mean() + 4 * slope, np.nan], nan_ok=True)


def test_a_fit_prints_its_parameters_with_their_errors() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    shown = str(fit_formula("a1 + b*x", {"x": x, "y": 1 + 2 * x + np.array([0.1, -0.1, -0.1, 0.1])}, [0, 0]))
    assert shown.splitlines()[:2] == ["a1 = 1 ± 0.118", "b  = 2 ± 0.0632"]
    assert "rss = 0.04 over 4 rows, residual deviation 0.141421\nconverged at step" in shown


def test_the_target_may_be_a_formula_and_the_start_be_named() -> None:
    x = np.linspace(0, 2, 15)
    fit = fit_formula("b2 + b10*x", {"x": x, "y": np.exp(1 - 3 * x)}, {"b10": 0, "b2": 0}, target="log(y)")
    assert list(fit.parameters) == ["b2", "b10"]
    assert list(fit.parameters.values()) == pytest.approx([1, -3], rel=1e-12)
    assert fit.outcome.name == "converged"


def test_rows_with_a_missing_value_are_left_out() -> None:
    table = {"x": [0.0, 1.0, np.nan, 3.0, 4.0], "y": [1.0, 3.0, 5.0, 7.0, np.nan], "z": [np.nan] * 5}
    fit = fit_formula("a + b*x", table, [0, 0])
    assert fit.rows == 3
    assert list(fit.parameters.values()) == pytest.approx([1, 2])


def test_parameters_that_the_data_do_not_tell_apart_have_no_standard_error() -> None:
    x = np.linspace(0, 1, 10)
    fit = fit_formula("a + b + c*x", {"x": x, "y": 2 * x + 1 + 0.1 * np.sin(20 * x)}, [0, 0, 0])
    assert fit.standard_errors["a"] == fit.standard_errors["b"] == np.inf
    assert np.isfinite(fit.standard_errors["c"])
    assert fit.outcome.name == "converged"


def test_as_many_parameters_as_rows_leave_no_standard_error() -> None:
    fit = fit_formula("a + b*x", {"x": [0.0, 1.0], "y": [1.0, 3.0]}, [0, 0])
    assert fit.rss == pytest.approx(0, abs=1e-24)
    assert np.isnan(fit.residual_deviation) and all(np.isnan(e) for e in fit.standard_errors.values())


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_text("x,y\n" + "".join(f"{x},{3 - 2 * x}\n" for x in range(12)))
    assert list(fit_formula("a + b*x", path, [0, 0]).parameters.values()) == pytest.approx([3, -2])


TABLE = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0, 8.0], "colour": ["red", "blue", "red", "blue"]}
REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"model": "a*x", "start": [1, 2]}, InputError, "must be 1 finite numbers, for a"),
    ({"model": "a*x + b", "start": {"a": 1}}, InputError, "the start lacks b"),
    ({"model": "a*x + b", "start": {"a": 1, "b": 1, "c": 1}}, UnknownName, "parameter in the start 'c'"),
    ({"model": "a*x", "start": [1], "target": "yy"}, UnknownName, "did you mean 'y'"),
    ({"model": "a*colour", "start": [1]}, InputError, "column 'colour' of"),
    ({"model": "a*x", "start": ["one"]}, InputError, "must be numbers"),
    ({"model": "x", "start": []}, InputError, "has no parameter"),
    (
        {"model": "a + b*x + c*x**2 + d*x**3 + f*x**4", "start": [0] * 5},
        InputError,
        "5 parameters need at least as many rows, got 4",
    ),
    ({"model": "log(a)*x", "start": [-1]}, InputError, "no finite value at the start, a = -1"),
    (
        {"model": "a*x", "start": [1], "steps": 1.5},
        InputError,
        "steps must be a whole number of 1 or more, got 1.5",
    ),
    (
        {"model": "a*x", "start": [1], "steps": 0},
        InputError,
        "steps must be a whole number of 1 or more, got 0",
    ),
    ({"model": "a*x", "start": [1], "steps": "a"}, InputError, "got 'a'"),
    ({"model": "a*x", "start": [1], "rule": "lmm"}, UnknownName, "did you mean 'lm'"),
]


@pytest.mark.parametrize(("asked", "error", "said"), REFUSED)
def test_what_cannot_be_fitted_is_said(asked: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        fit_formula(table=TABLE, **asked)
    assert said in str(caught.value)


MODELS = [
    "b1*exp(b2*x)",
    "b1/(b2 + x)",
    "b1*x**b2",
    "log(b1*x + b2)",
    "exp(exp(b1*x)) + b2",
    "b1*b2*x",
    "sqrt(b1) + b2*0",
]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(MODELS), st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2), st.floats(1e-9, 1e9))
def test_a_fit_always_ends_in_a_named_outcome(model: str, start: list[float], size: float) -> None:
    x = np.linspace(0.1, 3, 12)
    try:
        fit = fit_formula(model, {"x": x, "y": size * np.sin(x)}, start, steps=200)
    except DeltaruleError as refusal:
        assert "no finite value at the start" in str(refusal)
        return
    assert fit.outcome.name in ("converged", "stuck", "step_limit", "diverged")
    assert np.isfinite(fit.rss)


def test_columns_are_named_in_any_letters() -> None:
    size = np.linspace(1, 5, 9)
    fit = fit_formula("a*Größe + µ", {"Größe": size, "y": 2 * size + 3}, {"a": 1, "µ": 1}, target="y")
    assert fit.parameters == pytest.approx({"a": 2, "µ": 3})
