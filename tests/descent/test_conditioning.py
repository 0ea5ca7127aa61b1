"""Inputs that were not scaled are told of where a rule with curvature may come to nothing by them."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule import Network, train
from deltarule.descent.conditioning import conditioning

x = np.linspace(-1, 1, 60)[:, None]
t = np.sin(3 * x[:, 0])


@pytest.mark.parametrize("rule", ["lm", "evidence", "auto"])
def test_a_training_on_inputs_far_from_0_says_what_to_do(rule: str) -> None:
    trained = train(Network([1, 4, 1], seed=0), 20 * x + 2000, t, rule=rule)
    assert trained.hint == "input 1 has mean 2000 and spread 11.7: train on (X - X.mean(0)) / X.std(0)"
    assert repr(trained).endswith(f"; {trained.hint}>")
    several = train(Network([1, 4, 1], seed=0), 20 * x + 2000, t, rule=rule, restarts=2, epochs=5)
    assert several.hint == trained.hint


def test_other_trainings_say_nothing() -> None:
    assert train(Network([1, 4, 1]), x, t, rule="lm", epochs=3).hint == ""
    by_steps = train(Network([1, 4, 1]), x + 20, t, rule="adam", epochs=3)
    assert by_steps.hint == "" and "train on" not in repr(by_steps)


@pytest.mark.parametrize(
    ("X", "said"),
    [
        (x * 1000, "spread 587: train on"),
        (x / 1000, "has mean"),
        (np.c_[x, x + 50, x - 50], "input 2 (and 1 more) has mean 50 and spread 0.587"),
        (np.c_[x, np.ones(60)], ""),  # a constant column is the bias once more
        ((np.arange(60) < 3).astype(float)[:, None], ""),  # a rare class
    ],
)
def test_columns_far_from_0_or_of_another_size_are_named(X: np.ndarray, said: str) -> None:
    found = conditioning(X)
    assert (said in found) if said else found == ""
    called = conditioning(X, ["a", "b", "c"], "do so")
    assert called == found.replace("input 1", "input 'a'").replace("input 2", "input 'b'").replace(
        "train on (X - X.mean(0)) / X.std(0)", "do so"
    )


@pytest.mark.parametrize(
    ("middle", "spread", "told"),
    [
        (10, 1, False),
        (-10, 1, False),
        (10.5, 1, True),
        (-10.5, 1, True),
        (0, 100, False),
        (0, 101, True),
        (0, 1 / 100, False),
        (0, 1 / 101, True),
    ],
)
def test_far_is_ten_spreads_from_0_and_odd_a_hundred_times_1(
    middle: float, spread: float, told: bool
) -> None:
    assert bool(conditioning(np.array([[middle - spread], [middle + spread]]))) is told
