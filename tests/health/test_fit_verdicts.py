"""Overfitting: told by the weights that were kept, in a sentence that its evidence bears out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.equations.losses import LOSSES
from deltarule.health.case import Case
from deltarule.health.diagnosis import Diagnosis, diagnose
from deltarule.network import Network
from deltarule.objectives.objective import Burst

random = np.random.default_rng(0)
X = random.standard_normal((60, 4))
D = np.sin(2 * X[:, :1]) + 0.1 * random.standard_normal((60, 1))  # a line leaves two thirds of its variance
CONSTANT = float(D.var())


def course(training: Any, validation: Any) -> Case:
    """A training whose errors were these, epoch by epoch, as shares of the best constant's."""
    history = History(layers=2)
    for n, (own, other) in enumerate(np.broadcast(training, validation), start=1):
        burst = Burst(
            1,
            None,
            np.array([own * CONSTANT]),
            np.zeros(1),
            np.ones((1, 2)),
            np.full(1, 0.001),
            np.array([10 * n]),
        )
        history.extend(burst, float(n), other * CONSTANT)
    network = Network([4, 8, 1], seed=0)
    return Case(
        network, X, D, LOSSES["mse"], start=network.copy(), settings={"rule": "adam"}, history=history,
        outcome=Outcome.of("step_limit", 10 * len(history)),
    )  # fmt: skip


def told(case: Case) -> Diagnosis:
    found = diagnose(case)
    return replace(found, verdicts=tuple(v for v in found.verdicts if v.name == "overfitting"))


FALLING = np.geomspace(1, 1e-3, 40)
VALLEY = np.r_[np.geomspace(1, 0.1, 20), np.geomspace(0.1, 0.5, 20)]  # lowest at step 200


def test_a_rise_after_a_good_lowest_point_whose_weights_were_kept_is_a_remark() -> None:
    found = told(course(FALLING, VALLEY))
    assert not found.verdicts
    (remark,) = [words for words in found.remarks if "not in them" in words]
    assert "After step 2" in remark


def test_the_same_rise_is_overfitting_where_the_last_weights_were_kept() -> None:
    found = told(replace(course(FALLING, VALLEY), keeps_best=False))
    (fault,) = found.verdicts
    assert "its error rose" in fault.sentence and "kept" not in fault.sentence
    assert not [words for words in found.remarks if "not in them" in words]


def test_a_rise_after_a_poor_lowest_point_is_overfitting_and_says_how_poor() -> None:
    (fault,) = told(course(FALLING, 9 * VALLEY)).verdicts
    assert "rose" in fault.sentence and "it is 0.9 times that of the best constant" in fault.sentence
    assert fault.since is not None and 180 <= fault.since <= 220
    assert "stopping" not in {r.kind for r in fault.remedies}  # it would end with the same weights


def test_samples_learnt_by_heart_while_the_validation_error_rests_have_a_sentence_without_a_rise() -> None:
    (fault,) = told(course(FALLING, 1.2)).verdicts
    assert "by heart: the error on them is down to" in fault.sentence
    assert "on others it is 1.2 times that of the best constant at its lowest" in fault.sentence
    assert "-fold" not in fault.sentence
    assert not any("times its lowest" in words for words in fault.evidence)
    # training at a fifth of the validation error: 0.24 of the constant's, after a fifth of the way
    assert fault.since is not None and 80 <= fault.since <= 110


def test_validation_rows_that_are_easier_than_those_that_train_are_not_learnt_by_heart() -> None:
    outliers = np.linspace(
        1, 0.85, 40
    )  # most of the training error lies in a few rows, none of which is held out
    assert not told(course(outliers, np.r_[np.full(10, 0.05), np.linspace(0.05, 0.08, 30)])).verdicts


def test_a_validation_error_that_rests_says_that_the_learning_rate_is_not_too_small() -> None:
    noise = np.random.default_rng(5).standard_normal((400, 5))
    own, other = (noise[:240, :4], noise[:240, 4:]), (noise[240:, :4], noise[240:, 4:])
    network = Network([4, 50, 1], seed=0)
    found = diagnose(network, *own, validation=other, rule="adam", epochs=200)
    assert found.healthy
    assert [words for words in found.remarks if words.startswith("Nothing learnable was seen")]
    slow = diagnose(network, X, D, rule="adam", learning_rate=1e-6, epochs=30, validation=0.3)
    assert "learning_rate_too_small" in slow and not [w for w in slow.remarks if "learnable" in w]


def by_heart(unseen: int, validation: int = 0, wrong: bool = True) -> Diagnosis:
    """Of 32 rows with random classes, learnt to the last, and judged by others, wrongly told or rightly."""
    random = np.random.default_rng(0)
    rows, classes = random.standard_normal((32, 6)), np.eye(2)[random.integers(0, 2, 32)]
    near, told = rows[:unseen] + 0.01, classes[:unseen]
    held = (rows[:validation] + 0.01, classes[:validation]) if validation else None
    settings = {
        "rule": "adam",
        "learning_rate": 0.02,
        "epochs": 300,
        "batch_size": "full",
        "validation": held,
    }
    found = diagnose(Network([6, 50, 2], output="softmax", seed=0), rows, classes, **settings)
    return diagnose(replace(found.case, unseen=(near, 1 - told if wrong else told)))


def test_few_rows_that_judged_show_samples_learnt_by_heart_where_a_constant_does_far_better() -> None:
    found = by_heart(8)
    (fault,) = found.verdicts
    assert fault.name == "overfitting" and "on 8 others" in fault.evidence[0]
    assert by_heart(8, wrong=False).healthy and by_heart(4).healthy
    trial = found.attempt()[0]
    assert trial.judged_on == "test" and trial.helped
    assert trial.original.reached == pytest.approx(
        float(fault.evidence[0].split(", ")[1].split()[0]), rel=0.01
    )


def test_rows_that_judged_show_it_too_where_those_that_steered_do_not() -> None:
    assert [v.name for v in by_heart(20, validation=12).verdicts] == ["overfitting"]
    assert by_heart(20, validation=12, wrong=False).healthy


@pytest.mark.parametrize("learnt", [0, 1])
def test_one_judged_row_with_an_absurd_input_is_told_of_and_is_no_overfitting(learnt: int) -> None:
    random = np.random.default_rng(0)
    rows = random.standard_normal((240, 4))
    rows[207, 0] = 1e9
    targets = rows[:, 1:2] * learnt + 0.3 * random.standard_normal((240, 1))
    network = Network([4, 1], seed=0)
    found = diagnose(network, rows[:200], targets[:200], rule="lm", epochs=20)
    case = replace(found.case, unseen=(rows[200:], targets[200:]), names=("a", "b", "c", "d"))
    told = diagnose(case)
    assert "overfitting" not in told
    (remark,) = [words for words in told.remarks if "makes up" in words]
    assert "number 8 of the 40 that judged, makes up 100% of their error; its 'a' lies far" in remark


def test_more_weights_than_rows_none_of_which_is_set_apart_are_told_of() -> None:
    def told(**settings: Any) -> list[str]:
        found = diagnose(
            Network([4, 20, 1], seed=0), X, D, epochs=30, learning_rate=0.01, rule="adam", **settings
        )
        return [words for words in found.remarks if "cannot be seen" in words]

    assert told() == [
        "121 weights learnt from 60 rows and none was set apart: whether they are learnt by heart cannot be seen here."
    ]
    assert not told(validation=0.25)
