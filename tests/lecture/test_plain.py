"""Formulas of plain variables: typed as every answer, and nothing else let in."""

from __future__ import annotations

import pytest

from deltarule.errors import ExpressionError
from deltarule.expressions import evaluate
from deltarule.lecture.plain import read_plain


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("3x1^2-12", 0.0),
        ("3 x_1^2 - 12", 0.0),
        (r"\frac{x_1}{x_{2}}", 2 / 3),
        ("½ x1 x2", 3.0),
        ("g = 2·x1 = x1 + x_1", 4.0),
        ("0,5 x1 + sqrt(x2 + 6)", 4.0),
        ("ln(e) + cos(2 pi)", 2.0),
    ],
)
def test_a_function_is_read_in_any_form(typed, value) -> None:
    node = read_plain(typed, ("x1", "x2"))
    assert evaluate(node, {"x1": 2.0, "x2": 3.0}) == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("x3", "unknown name 'x3' at position 1: known are x1, x2, pi, e."),
        ("foo x1", "unknown name 'foo' at position 1: known are x1, x2, pi, e."),
        ("exp x1", "exp needs its argument in brackets at position 1."),
        ("x1'", "x1 has neither a layer nor a derivative here at position 1."),
        ("x1 =", "nothing stands behind the = sign."),
        ("__import__('os')", "the character '_' has no meaning here at position 1."),
    ],
)
def test_what_is_no_function_is_said(typed, sentence) -> None:
    with pytest.raises(ExpressionError) as fault:
        read_plain(typed, ("x1", "x2"))
    assert str(fault.value) == sentence
