"""What stands left of the = sign says what the formula behind it is."""

from __future__ import annotations

import pytest

from deltarule import Exercise

A = "mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)"  # ∂E/∂w_11^(1,2) of the 2-2-1 network
B = "mean_n(2 l_n1 S'(net_n1^(1,2)) w_11^(1,2) S'(net_n1^(0,1)) x_n2)"  # ∂E/∂w_21^(0,1) of the 3-3-1 network
SIGN = "sign only: the rest is right"


@pytest.mark.parametrize(
    ("typed", "feedback"),
    [
        ("Δw_21^(0,1) = -η B", "right"),
        ("Δw_21^(0,1) = η B", SIGN),
        ("Δw = B", SIGN),
        ("-Δw = B", "right"),
        ("Δw = -η ∂E/∂w = -η B", "right"),
        ("Δw = -η ∂E/∂w = η B", SIGN),
        ("Δw/η = -B", "right"),
        ("Δw ∝ -B", "right"),
        (r"\Delta w_{21}^{(0,1)} \propto -B", "right"),
        (r"\Delta w_{21}^{(0,1)} = -\eta B", "right"),
        ("(-∂E/∂w_21^(0,1)) = -B", "right"),
        ("∂E/∂w = B", "right"),
        ("∂MSE/∂w_21 = B", "right"),
        ("∂E/∂w_21 = -B", SIGN),
        (r"-\frac{\partial E}{\partial w_{21}^{(0,1)}} = -B", "right"),
        ("Δw_11^(0,1) = -B", "another weight stands left of the =: w_11^(0,1), and w_21^(0,1) is asked."),
        ("∂E/∂o_n1 = B", "left of the = stands neither ∂E/∂w_21^(0,1) nor Δw_21^(0,1)."),
        ("x_n1 = B", "left of the = stands neither ∂E/∂w_21^(0,1) nor Δw_21^(0,1)."),
    ],
)
def test_the_step_and_both_signs_of_the_gradient_are_read(typed, feedback) -> None:
    exercise = Exercise("gradients", level=2, seed=1)
    assert "Δw_21^(0,1) proportional" in exercise.question
    assert exercise.mark({"1": typed.replace("B", B)}).marks["1"].feedback == feedback


@pytest.mark.parametrize("left", ["E", "MSE", "w_31^(1,2)", "Δ", "∂E"])
def test_a_left_side_that_is_not_asked_is_refused(left) -> None:
    mark = Exercise("gradients", level=2).mark({"1": f"{left} = -{A}"}).marks["1"]
    assert mark.score == 0 and "left of the =" in mark.feedback


@pytest.mark.parametrize(
    ("typed", "feedback"),
    [
        ("Δw = -η A", "right"),
        ("Δw_11^(1,2) = -A", "right"),
        ("Δw = η A", SIGN),
        ("(-∂E/∂w_11^(1,2)) = -A", "right"),
        ("(-∂E/∂w_11^(1,2)) = A", SIGN),
        ("N ∂E/∂w = N A", "right"),
        ("2 ∂E/∂w = A", "the factor 2 is missing: the derivative of l² is 2l"),
    ],
)
def test_constants_before_the_gradient_count(typed, feedback) -> None:
    assert Exercise("gradients", level=2).mark({"1": typed.replace("A", A)}).marks["1"].feedback == feedback


@pytest.mark.parametrize(
    ("key", "typed", "score"),
    [
        ("1", "-∂E_n/∂o_n1 = -2(o_n1 - d_n1)", 1),
        ("1", "∂E/∂o = 2(o_n1 - d_n1)", 1),
        ("1", "-∂E_n/∂o_n1 = 2(o_n1 - d_n1)", 0.5),
        ("2", "∂o_n1/∂w_11^(1,2) = S'(net_n1^(1,2)) w_11^(1,2)", 1),
        ("2", "∂o_n1/∂y_n2 = S'(net_n1^(1,2)) w_11^(1,2)", 0),
        ("3", "∂y_n1/∂w_11 = S'(net_n1^(0,1)) x_n1", 1),
    ],
)
def test_the_blanks_of_a_chain_read_it_too(key, typed, score) -> None:
    assert Exercise("gradients", level=1, seed=2).mark({key: typed}).marks[key].score == score


def test_a_minus_left_of_a_plain_formula_counts() -> None:
    exercise = Exercise("stationary", level=2, seed=0)  # x_1^3 - 3 x_1 + x_2^2
    assert exercise.mark({"g1": "-∂f/∂x_1 = 3 - 3 x_1^2"}).marks["g1"].right
    assert exercise.mark({"g1": "-∂f/∂x_1 = 3 x_1^2 - 3"}).marks["g1"].feedback == "the sign is wrong"
