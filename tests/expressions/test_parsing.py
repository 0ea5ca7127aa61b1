"""What the parser reads, and that everything else ends in one sentence, quickly, with nothing executed."""

from __future__ import annotations

import time

import pytest

from deltarule.errors import ExpressionError
from deltarule.expressions import evaluate, parse, text

READ = [
    ("x1**2 + 3*x1*x2", "x1**2 + 3*x1*x2"),
    ("x^2", "x**2"),
    ("-x^2", "-x**2"),
    ("(-2)**2*x", "(-2)**2*x"),
    ("2^-3*x", "x/2**3"),
    ("a - (b - c)", "a - (b - c)"),
    ("a - b - c", "a - b - c"),
    ("a/b/c", "a/(b*c)"),
    ("a*-b", "-a*b"),
    ("x**y**z", "x**y**z"),
    ("(x**y)**z", "(x**y)**z"),
    ("ln(x) + sigmoid(x) + atan(x)", "ln(x) + logistic(x) + arctan(x)"),
    ("007*x + .5 + 1. + 2e-3", "7*x + 0.5 + 1 + 0.002"),
    ("x\n + y\t", "x + y"),
    ("pi*e*x", "pi*e*x"),
    ("lambda_1 + _y", "lambda_1 + _y"),
    ("2*Größe^2 + sin(β_1)", "2*Größe**2 + sin(β_1)"),
    ("µ*x", "µ*x"),  # the micro sign, of which Python would make the Greek letter
    ("o\u0308 + 高さ", "o\u0308 + 高さ"),  # ö in two characters
    ("ｓｉｎ + x", "ｓｉｎ + x"),
]


@pytest.mark.parametrize(("typed", "expected"), READ)
def test_formula_is_read(typed: str, expected: str) -> None:
    assert text(parse(typed)) == expected
    assert text(parse(expected)) == expected


REFUSED = [
    ("", "empty"),
    ("  ", "empty"),
    ("__import__('os')", 'character "\'"'),
    ("().__class__", "character '.'"),
    ("x.y", "character '.'"),
    ("x[1]", "character '['"),
    ("lambda x: x", "'lambda' is a word of Python's"),
    ("x if y else z", "'if'"),
    ("True", "'True'"),
    ("not x", "'not'"),
    ("x := 2", "character ':'"),
    ("x == y", "character '='"),
    ("x % y", "character '%'"),
    ("x // y", "not '/', at position 4"),
    ("f'{x}'", 'character "\'"'),
    ("x² + 1", "character '²' has no meaning in a formula at position 2"),
    ("Größe + snh(x)", "unknown function 'snh' at position 9"),
    ("größe + x y", "write * between 'x' and 'y' at position 11"),
    ("x\x00", "character '\\x00'"),
    ("(" * 100_000, "100,000 characters"),
    ("x" + "+x" * 600, "1,201 characters"),
    ("(" * 60 + "x" + ")" * 60, "more than 50 deep"),
    ("-" * 60 + "x", "more than 50 deep"),
    ("x" + "**x" * 60, "more than 50 deep"),
    ("sin(" * 51 + "x" + ")" * 51, "more than 50 deep"),
    ("9**9**9", "9**9**9 is not a finite real number at position 1"),
    ("x + 9**999", "9**999"),
    ("x + 1/0", "1/0"),
    ("x + log(0)", "ln(0)"),
    ("x*sqrt(-1)", "sqrt(-1)"),
    ("x + (-8)**0.5", "(-8)**0.5"),
    ("1e999", "too large"),
    ("1" * 500, "too large"),
    ("2x", "write * between '2' and 'x' at position 2"),
    ("2(x)", "write * between '2' and '(' at position 2"),
    ("x y", "write * between 'x' and 'y' at position 3"),
    ("sin(x)(y)", "write * between ')' and '('"),
    ("0x10", "write * between '0' and 'x10'"),
    ("1_000", "write * between '1' and '_000'"),
    ("3j", "write * between '3' and 'j'"),
    ("x +", "breaks off after '+'"),
    ("*x", "not '*', at position 1"),
    ("(x", "never closed at position 1"),
    ("x)", "closes no bracket at position 2"),
    ("sin", "'sin' is a function"),
    ("sin()", "not ')'"),
    ("sin(x, y)", "takes one argument"),
    ("(x, y)", "understood here"),
    ("x, y", "understood here"),
    ("tanhh(x)", "did you mean 'tanh'"),
    ("eval(x)", "unknown function 'eval'"),
    ("factorial(170)", "unknown function 'factorial'"),
]


@pytest.mark.parametrize(("typed", "said"), REFUSED, ids=[typed[:20] for typed, _ in REFUSED])
def test_what_is_no_formula_ends_in_one_sentence(typed: str, said: str) -> None:
    took: list[float] = []
    for _ in range(3):  # in one of them Python may be collecting what other tests have left
        began = time.thread_time()
        with pytest.raises(ExpressionError) as caught:
            parse(typed)
        took.append(time.thread_time() - began)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)
    assert min(took) < 0.1


def test_a_formula_that_is_no_text_is_refused() -> None:
    with pytest.raises(ExpressionError, match="as text, not as int"):
        parse(3)  # pyright: ignore[reportArgumentType]


def test_only_the_given_names_are_read() -> None:
    assert evaluate(parse("e*x", names=["x", "e"]), {"x": 2.0, "e": 5.0}) == 10.0
    with pytest.raises(ExpressionError, match="unknown name 'lenght' at position 3: did you mean 'length'"):
        parse("2*lenght", names=["length", "width"])


def test_position_counts_the_characters_typed() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("x^2 +  007*foo(y)")
    assert caught.value.position == 12


def test_the_longest_formulas_are_read_quickly() -> None:
    began = time.thread_time()
    long = "+".join(["x"] * 500)
    deep = "(" * 50 + "x" + ")" * 50
    towers = "-(" * 25 + "x" + ")" * 25
    assert [evaluate(parse(typed), {"x": 2.0}) for typed in (long, deep, towers)] == [1000.0, 2.0, -2.0]
    # of this thread: a reader that tried every nesting would take hours
    assert time.thread_time() - began < 1
