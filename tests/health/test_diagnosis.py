"""diagnose: every subject, the report, and the remedies tried."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from deltarule.descent.evidence import Evidence
from deltarule.descent.stopping import Stopping
from deltarule.descent.training import train
from deltarule.equations.losses import LOSSES
from deltarule.errors import InputError
from deltarule.health.case import Case
from deltarule.health.changes import scale
from deltarule.health.diagnosis import Diagnosis, diagnose
from deltarule.health.measures import Measuring
from deltarule.health.trial import Trial, pace, try_remedy
from deltarule.health.verdict import NAMES, Where, spans
from deltarule.health.verdicts import FOLLOWS
from deltarule.network import Network

X = np.random.default_rng(0).standard_normal((120, 4))
D = np.sin(X[:, :1]) + 0.3 * X[:, 1:2]
GIVEN = {"rule": "gradient", "learning_rate": 0.1, "epochs": 40}


def deep() -> Network:
    return Network([4] + [12] * 9 + [1], "logistic", seed=0)


@cache
def sick() -> Diagnosis:
    """Of the deep network's training: nothing that is asked of it changes it."""
    return diagnose(deep(), X, D, **GIVEN)


@cache
def tried() -> Trial:
    """Its first remedy."""
    return sick().attempt()[0]


def test_a_network_is_looked_at_as_it_stands_without_any_training() -> None:
    found = diagnose(deep(), X, D)
    assert [v.name for v in found.verdicts] == ["vanishing_gradient"]
    assert found.measures.steps.tolist() == [0]
    assert not found.healthy and "vanishing_gradient" in found and "plateau" not in found


def test_the_verdict_says_which_factor_causes_it() -> None:
    by_slope = diagnose(deep(), X, D)["vanishing_gradient"]
    assert by_slope.cause == "slope" and "change the activation" in by_slope.sentence
    small = Network([4] + [12] * 9 + [1], "tanh", seed=0)
    small.theta[:] *= 0.1
    by_weights = diagnose(small, X, D)["vanishing_gradient"]
    assert by_weights.cause == "weights" and "change the starting weights" in by_weights.sentence


def test_a_watched_training_an_unwatched_one_and_a_network_with_settings_get_the_same_verdict() -> None:
    watch = Measuring(every=20)
    result = train(deep(), X, D, observers=[watch], **GIVEN)
    watched, settled = diagnose(watch), sick()
    assert watched.verdicts[0].name == settled.verdicts[0].name == "vanishing_gradient"
    assert watched.verdicts[0].since == 0
    assert "vanishing_gradient" in diagnose(result, X, D)


def test_whatever_can_say_its_case_can_be_diagnosed() -> None:
    class Lab:
        def health_case(self, X=None, D=None) -> Case:
            return Case(deep(), globals()["X"], globals()["D"], find("mse"))

    from deltarule.equations.losses import loss as find

    assert "vanishing_gradient" in diagnose(Lab())


def test_a_replay_measures_the_way_and_reaches_the_same_bits() -> None:
    first = sick()

    class Kept:
        def health_case(self, X=None, D=None) -> Case:
            from dataclasses import replace

            from deltarule.health.measures import Measures

            return replace(first.case, measures=Measures())

    ends, again = diagnose(Kept()), diagnose(Kept(), replay=True)
    assert ends.measures.steps.tolist() == [0, first.case.steps]
    assert len(again.measures) > 20
    assert (again.case.network.theta == first.case.network.theta).all()


@pytest.mark.parametrize(
    ("subject", "given", "words"),
    [
        (None, {}, "diagnose looks at a Network"),
        (deep(), {}, "give its X and D"),
        (Measuring(), {}, "has not seen a training"),
    ],
)
def test_what_cannot_be_diagnosed_is_told_in_a_sentence(subject, given, words) -> None:
    with pytest.raises(InputError, match=words):
        diagnose(subject, **given)


def test_the_report_names_evidence_threshold_place_and_remedies() -> None:
    text = sick().report()
    for part in (
        "vanishing gradient (layers 1–",
        "threshold 0.001",
        "since step 0",
        "1. activation: tanh",
        "follows from",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 100
    healthy = Network([4, 8, 1], seed=0)
    assert (
        "Healthy: no fault was found."
        in diagnose(healthy, X, D, rule="adam", epochs=60, learning_rate=0.01).report()
    )


def test_the_error_at_the_end_is_that_of_the_weights_reached() -> None:
    """The mean of the last epochs decides, and lies above it while the error still falls."""
    found = diagnose(Network([4, 6, 1], seed=0), X, D, **GIVEN)
    E = found.case.network.error(X, D)
    assert found.evidence.final_error == pytest.approx(E, rel=1e-12)
    assert found.evidence.end_error > E
    assert f"{E:.4g} at the end" in found.report()


def test_a_trials_table_ends_in_the_errors_that_are_said_to_be_reached() -> None:
    trial = tried()
    a, b = (f"{side.reached:.4g}" for side in (trial.original, trial.changed))
    assert f"{a} without, {b} with it" in trial.sentence
    assert trial.text().splitlines()[-1].split() == ["reached", a, b]


def test_remedies_are_tried_one_by_kind_or_all_with_the_best_first() -> None:
    found = sick()
    (trial,) = found.attempt("depth")
    assert trial.remedy.kind == "depth" and trial.changed.training.network.shape.layers == 5
    trials = found.attempt("all")
    assert len(trials) == len(found.remedies)
    assert [t.gain for t in trials] == sorted((t.gain for t in trials), reverse=True)
    with pytest.raises(InputError, match="no remedy 'clip' is proposed here"):
        found.attempt("clip")


def test_a_remedy_needs_a_training_and_a_fault() -> None:
    with pytest.raises(InputError, match="give its settings"):
        diagnose(deep(), X, D).attempt()
    with pytest.raises(InputError, match="no fault"):
        diagnose(Network([4, 8, 1]), X, D, rule="adam", epochs=60, learning_rate=0.01).attempt()


def test_the_original_beside_a_remedy_is_the_same_run_bit_for_bit() -> None:
    found, trial = sick(), tried()
    assert (trial.original.training.network.theta == found.case.network.theta).all()
    assert trial.original.training.outcome.step == trial.changed.training.outcome.step
    assert "‖W‖" in trial.text() and trial.sentence in trial.text()


@pytest.mark.parametrize(
    "given",
    [
        {
            "rule": "gradient",
            "learning_rate": 0.5,
            "schedule": "cosine",
            "clip_norm": 0.05,
            "clip_value": 0.04,
        },
        {"rule": "adam", "schedule": "exponential", "seed": 3, "shuffle": False, "engine": "reference"},
        {
            "rule": "gradient",
            "validation": 0.2,
            "sample_weight": np.arange(120.0),
            "penalty": 1e-3,
            "seed": 7,
        },
        {"rule": "adam", "validation": 0.3, "stopping": Stopping(patience=2, steps=100)},
        {"rule": "rprop", "stopping": Stopping(target=0.5)},
    ],
    ids=["schedule and clipping", "seed and order", "weights held out", "stopping", "full batch"],
)
def test_the_original_of_a_training_that_was_watched_is_that_training_bit_for_bit(given: Any) -> None:
    watch = Measuring(every=20)
    watched = train(deep(), X, D, observers=[watch], **{"batch_size": "auto", "epochs": 30, **given})
    found = diagnose(watch)
    original = found.attempt()[0].original.training
    assert (found.case.network.theta == watched.network.theta).all()
    assert (original.network.theta == watched.network.theta).all()
    assert original.outcome == watched.outcome


def test_a_replay_has_the_weights_and_the_penalty_of_the_training_that_was_watched() -> None:
    watch = Measuring()
    watched = train(deep(), X, D, observers=[watch], sample_weight=np.arange(120.0), penalty=1e-3, **GIVEN)
    assert (diagnose(watch, replay=True).case.network.theta == watched.network.theta).all()


def test_evidence_is_proposed_by_the_number_of_weights_and_runs_without_what_steps_ask_for() -> None:
    random = np.random.default_rng(1)
    # noise alone
    half, held = ([random.standard_normal((24, columns)) for columns in (4, 1)] for _ in range(2))
    settings = {
        "rule": "adam",
        "learning_rate": 0.01,
        "epochs": 400,
        "validation": tuple(held),
        "clip_norm": 10.0,
    }
    few = diagnose(Network([4, 60, 1], seed=0), *half, **settings)
    assert "evidence" in {r.kind for r in few["overfitting"].remedies}
    assert isinstance(few.attempt("evidence")[0].changed.training.rule, Evidence)
    many = diagnose(Network([4, 60, 60, 1], seed=0), *half, **settings)  # 125 units, 4,021 weights
    assert "evidence" not in {r.kind for r in many["overfitting"].remedies}


def test_scaled_targets_are_judged_in_their_own_unit() -> None:
    far = 1000 + 50 * D
    network = Network([4, 8, 1], seed=0)
    found = diagnose(network, X, far, rule="adam", epochs=40)
    assert found.verdicts[0].name == "unscaled_targets"
    trial = try_remedy(found.case, scale("targets"))
    scaled = trial.changed.training.network.predict(X) * far.std() + far.mean()
    assert trial.changed.reached == pytest.approx(np.mean((scaled - far) ** 2), rel=1e-9)
    assert trial.changed.error[-1] < trial.original.error[-1]


def test_causes_come_before_what_follows_from_them_and_never_in_a_circle() -> None:
    assert set(FOLLOWS) <= set(NAMES)
    assert all(set(causes) <= set(NAMES) for causes in FOLLOWS.values())
    found = sick()
    told = [bool(v.because) for v in found.verdicts]
    assert told == sorted(told)


def test_places_are_told_shortly() -> None:
    assert str(Where((1, 2, 3, 7))) == "layers 1–3, 7"
    assert str(Where((2,), {2: (1, 5)})) == "layer 2, units 1, 5"
    assert str(Where()) == "the whole network"
    assert spans(range(1, 40, 3)) == "1, 4, 7, 10, 13, 16 and 7 more"


@pytest.mark.parametrize("rule", ["lbfgs", "gradient"])
def test_about_a_hundred_looks_are_taken_whatever_a_step_sees(rule: str) -> None:
    rows = np.random.default_rng(0).standard_normal((3000, 4))
    network, D = Network([4, 3, 1], seed=0), np.sin(rows[:, :1])
    settings = {"rule": rule, "batch_size": "auto" if rule == "lbfgs" else "full", "epochs": 400}
    case = Case(network, rows, D, LOSSES["mse"], settings=settings)
    assert pace(case, case.settings, looks=100) == 4


@pytest.mark.parametrize("rule", ["lm", "evidence"])
def test_a_training_that_no_rows_steered_is_judged_by_rows_it_has_not_seen(rule: str) -> None:
    class Lab:
        def health_case(self, X=None, D=None) -> Case:
            return case

    random = np.random.default_rng(0)
    rows, noise = random.standard_normal((2, 40, 4)), random.standard_normal((2, 40, 1))
    noise += 3 * rows[:, :, :1]  # else nothing is learnt, by heart or else
    noise[1] += 30  # what no training row has told of
    start = Network([4, 30, 1], seed=0)
    trained = train(start, rows[0], noise[0], rule=rule, epochs=100)
    case = Case(
        trained.network, rows[0], noise[0], LOSSES["mse"], start=start, settings={"rule": rule, "epochs": 100},
        history=trained.history, outcome=trained.outcome,
    )  # fmt: skip
    assert "overfitting" not in diagnose(Lab())
    case = replace(case, validation=(rows[1], noise[1]))
    found = diagnose(Lab())["overfitting"]
    assert "on others its error is" in found.sentence
    kinds = [remedy.kind for remedy in found.remedies]
    assert kinds == (["width"] if rule == "evidence" else ["penalty", "evidence", "width"])
    assert diagnose(Lab()).attempt()


def test_a_start_that_the_network_had_already_is_no_remedy() -> None:
    def kinds(found: Diagnosis) -> list[str]:
        return [r.kind for r in found["vanishing_gradient"].remedies]

    lucky = Network([4] + [12] * 9 + [1], "logistic", start="uniform", seed=0)
    assert "start" not in kinds(sick()) and "start" in kinds(diagnose(lucky, X, D, **GIVEN))
