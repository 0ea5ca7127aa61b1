"""What a remedy makes of a case: scaled samples within what the outputs reach, and errors in the targets' own unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deltarule.equations.activations import ACTIVATIONS
from deltarule.equations.losses import LOSSES
from deltarule.health.case import Case
from deltarule.health.changes import scale
from deltarule.health.diagnosis import diagnose
from deltarule.health.remedies import remedies
from deltarule.health.remedy import Remedy
from deltarule.health.verdict import NAMES, Verdict, Where
from deltarule.network import Network

random = np.random.default_rng(0)
X = np.column_stack([1e4 * random.standard_normal(60), np.full(60, 0.1), random.standard_normal(60)])
D = 50 * random.standard_normal((60, 2)) + [1000, -7]


def case(output: str = "identity", **settings: Any) -> Case:
    return Case(Network([3, 4, 2], output=output, seed=0), X, D, LOSSES["mse"], settings=settings)


def test_scaled_inputs_have_mean_0_and_spread_1_and_a_constant_column_is_only_shifted() -> None:
    scaled = scale("inputs").apply(case(validation=(X + 1, D, np.ones(60)))).settings["validation"][0]
    inputs = scale("inputs").apply(case()).X
    assert inputs[:, [0, 2]].mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert inputs[:, [0, 2]].std(axis=0) == pytest.approx([1, 1])
    assert (inputs[:, 1] == 0).all()  # its standard deviation is 4e-17 for rounding's sake
    assert scaled[:, 1] == pytest.approx(np.ones(60))


@pytest.mark.parametrize("output", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_scaled_targets_lie_where_the_outputs_reach(output: str) -> None:
    remedy, S = scale("targets", output), ACTIVATIONS[output]
    changed = remedy.apply(case(output))
    assert ("mean 0" in remedy.title) == (not np.isfinite(S.low) and not np.isfinite(S.high))
    if np.isfinite(S.low) or np.isfinite(S.high):
        assert changed.D.min() > S.low and changed.D.max() < S.high
        assert np.ptp(changed.D, axis=0) == pytest.approx(np.ptp(changed.D[:, 0]))
    else:
        assert changed.D.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("output", ["identity", "softplus"])
def test_an_error_of_scaled_targets_is_told_in_their_own_unit(output: str) -> None:
    changed = scale("targets").apply(case(output))
    network, scaled = changed.network, changed.D
    spread = np.ptp(D, axis=0) / np.ptp(scaled, axis=0)
    expected = np.mean((((network.predict(X) - scaled) * spread) ** 2).sum(axis=1))
    assert changed.error(network, case(output)) == pytest.approx(expected)


def test_a_course_is_told_in_the_targets_unit_where_that_is_one_for_all() -> None:
    one = Case(Network([3, 4, 1], seed=0), X, D[:, :1], LOSSES["mse"])
    errors = np.array([1.0, 0.5])
    assert scale("targets").apply(one).in_unit(errors, one) == pytest.approx(errors * D[:, 0].var())
    assert scale("targets").apply(case()).in_unit(errors, case()) is errors
    assert scale("inputs").apply(one).in_unit(errors, one) is errors


def test_settings_activation_sizes_and_start_are_changed_and_the_rest_is_left() -> None:
    changed = Remedy("width", "", "", {"epochs": 7}, activation="relu", sizes=(3, 9, 5, 2), start="he").apply(
        case(epochs=3, seed=4)
    )
    assert changed.network.sizes == (3, 9, 5, 2)
    assert changed.network.shape.activations == ("relu", "relu", "identity")
    assert changed.settings == {"epochs": 7, "seed": 4}
    assert changed.X is X or (changed.X == X).all()


def proposed(sizes: list[int], rule: str, **settings: Any) -> list[tuple[Remedy, Case]]:
    """Every remedy there is, whatever the verdict, for a training of such a network."""
    network = Network(sizes, start=settings.pop("start", "glorot"))
    found = diagnose(network, X, D, rule=rule, epochs=8, seed=0, **settings)
    told = [Verdict(name, Where(), 0, 1.0, (), "") for name in NAMES]
    return [(remedy, found.case) for verdict in told for remedy in remedies(verdict, found.evidence)]


@pytest.mark.parametrize("sizes", [[3, 2], [3, 1, 2], [3, 8, 2], [3, 4, 4, 4, 2]], ids=str)
@pytest.mark.parametrize("rule", ["gradient", "adam", "evidence"])
def test_what_a_case_has_already_is_no_remedy(sizes: list[int], rule: str) -> None:
    found = proposed(sizes, rule, validation=0.2) + proposed(sizes, rule, start="zeros")
    assert found
    for remedy, case in found:
        changed = remedy.apply(case)
        settings = {**changed.settings, "penalty": changed.settings.get("penalty", case.penalty)}
        taken = replace(
            case, network=changed.network, start=None, X=changed.X, D=changed.D, settings=settings
        )
        assert remedy.changes(case), remedy
        assert not remedy.changes(taken), remedy
        assert remedy.kind not in ("width", "depth") or changed.network.sizes != case.first.sizes, remedy
        assert "no hidden units" not in remedy.title
