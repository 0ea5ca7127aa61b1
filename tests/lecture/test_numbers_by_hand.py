"""Numbers worked out by hand: rounding is no mistake, an earlier slip is followed, and a slip is named."""

from __future__ import annotations

import re

import numpy as np
import pytest

from deltarule import Exercise
from deltarule.lecture.tasks.rounded import half_unit, last_digit, spread
from deltarule.lecture.tasks.task import written


def _by_hand(exercise: Exercise, transposed: bool, rounded: bool) -> dict[str, str]:
    """The answers to level 2 of someone who may have taken W^(0,1) for its transpose, and goes on with what is
    typed or with all digits."""
    printed = dict(re.findall(r"(\w+(?:\^\(\d,\d\))?) = (-?[\d.]+)[,;.]", exercise.task.text))
    values = {name: float(number.rstrip(".")) for name, number in printed.items()}
    W1 = np.array([[values[f"w_{i}{j}^(0,1)"] for j in (1, 2)] for i in (1, 2)])
    W2 = [values["w_11^(1,2)"], values["w_21^(1,2)"]]
    x = np.array([values["x_n1"], values["x_n2"]])
    typed: list[str] = []

    def kept(value: float) -> float:
        typed.append(written(value, 3))
        return float(typed[-1]) if rounded else value

    y = []
    for j in (0, 1):
        net = kept(float(x @ (W1.T if transposed else W1)[:, j]))
        y.append(kept(1 / (1 + np.exp(-net))))
    o = kept(1 / (1 + np.exp(-kept(W2[0] * y[0] + W2[1] * y[1]))))
    delta2 = kept(2 * (o - values["d_n1"]) * o * (1 - o))
    delta1 = [kept(W2[j] * delta2 * y[j] * (1 - y[j])) for j in (0, 1)]
    kept(-0.5 * delta2 * y[0])
    kept(-0.5 * delta1[0] * x[0])
    return {str(at): text for at, text in enumerate(typed, 1)}


@pytest.mark.parametrize("rounded", [True, False])
@pytest.mark.parametrize("transposed", [True, False])
def test_what_follows_from_an_earlier_slip_is_right_to_the_digits_asked(transposed, rounded) -> None:
    for seed in range(40):
        exercise = Exercise("numbers", 2, seed)
        marks = exercise.mark(_by_hand(exercise, transposed, rounded)).marks
        wrong = {key for key, mark in marks.items() if not mark.right}
        assert wrong <= ({"1", "3"} if transposed else set()), (seed, marks)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_no_number_is_within_reach_of_rounding(level) -> None:
    for seed in range(60):
        for item in Exercise("numbers", level, seed).task.items:
            assert item.value is not None and item.tolerance < 0.2 * abs(item.value)


@pytest.mark.parametrize("level", [2, 3])
def test_the_step_is_asked_so_that_none_is_wrong(level) -> None:
    for seed in range(30):
        exercise = Exercise("numbers", level, seed)
        for item in exercise.task.items[-2:]:
            weight = item.prompt.split()[0].removeprefix("Δ")
            found = re.search(rf"{re.escape(weight)} = (-?[\d.]+)[,;.]", exercise.task.text)
            assert found is not None and item.prompt.startswith("Δw_11") and item.value is not None
            before = float(found[1].rstrip("."))
            for typed in ("0", f"{before:.3g}", f"{before + item.value:.3g}"):
                assert exercise.mark({item.key: typed}).marks[item.key].score == 0, (seed, item, typed)
            assert exercise.mark({item.key: f"{-item.value:.3g}"}).marks[item.key].score == 0.5


@pytest.mark.parametrize(
    ("key", "typed", "score", "feedback"),
    [
        ("7", "2*(0.373-0.5)*0.373*0.627", 1, "right"),
        ("7", "-0.0592", 1, "right"),
        ("7", "-0.0600", 0, "not right"),
        ("7", "0.0592", 0.5, "the sign is wrong"),
        ("7", "-0.0296", 0.5, "the factor 2 is missing: the derivative of l² is 2l"),
        ("7", "-0.253", 0.5, "S'(net_n1^(1,2)) is missing"),
        ("8", "0.0355", 0.5, "S'(net_n1^(0,1)) is missing"),
        ("10", "0.0334", 0.5, "η is missing: Δw = -η ∂E/∂w"),
        ("10", "-0.0334", 0.25, "this is ∂E/∂w: Δw = -η ∂E/∂w"),
        ("11", "0.3", 0, "w itself is not asked, only its change Δw"),
        ("11", "Δw = -0.000874", 1, "right"),
    ],
)
def test_a_usual_slip_in_a_number_is_named(key, typed, score, feedback) -> None:
    exercise = Exercise("numbers", 2, 5)  # o_n1 = 0.373, d_n1 = 0.5
    mark = exercise.mark({key: typed}).marks[key]
    assert (mark.score, mark.feedback) == (score, feedback)


@pytest.mark.parametrize("typed", ["1e300", "-1e300", "1e-300", "0"])
def test_nothing_follows_from_a_number_beyond_all_bounds(typed) -> None:
    exercise = Exercise("numbers", 3, 2)
    keys = [item.key for item in exercise.task.items]
    marks = exercise.mark({**dict.fromkeys(keys, typed), keys[-1]: "0.123"}).marks
    assert not marks[keys[-1]].right


def test_rounding_is_that_of_the_digits_typed() -> None:
    assert half_unit(0.1234, 3, "y = 0,123400") == pytest.approx(5e-7)
    assert half_unit(0.002, 3, "2e-3") == half_unit(0.002, 3, "1/500") == last_digit(0.002, 3) / 2
    assert spread(lambda known: -2 * known["a"], {"a": 1.0, "b": 1.0}, {"a": 0.1, "b": 9.0}) == pytest.approx(
        0.2
    )
