"""Scaling is undone by its inverse, and its numbers are the textbook's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.tables.scaling import Scaling

VALUES = st.lists(st.floats(-1e140, 1e140, allow_subnormal=False), min_size=1, max_size=12).map(np.array)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from(["standard", "minmax", "none"]))
def test_unscale_undoes_scale(values: np.ndarray, scale: str) -> None:
    scaling = Scaling.fit(values, scale)
    again = scaling.unscale(scaling.scale(values))
    assert np.all(np.abs(again - values) <= 1e-12 * np.max(np.abs(values)))
    assert np.isfinite(scaling.scale(values)).all()


def test_standard_is_scikit_learn_s_standard_scaler() -> None:
    from sklearn.preprocessing import StandardScaler

    values = np.random.default_rng(0).normal(5.0, 3.0, 50)
    assert np.allclose(
        Scaling.fit(values, "standard").scale(values), StandardScaler().fit_transform(values[:, None])[:, 0]
    )


@pytest.mark.parametrize("low, high", [(-1.0, 1.0), (0.1, 0.9), (-0.9, 0.9)])
def test_minmax_reaches_both_ends(low: float, high: float) -> None:
    values = np.array([3.0, 7.0, 4.5])
    scaled = Scaling.fit(values, "minmax", low, high).scale(values)
    assert np.allclose([scaled.min(), scaled.max()], [low, high])


@pytest.mark.parametrize("scale", ["standard", "minmax"])
@pytest.mark.parametrize("value", [0.1, 0.0, -1e9])
def test_values_that_do_not_differ_keep_their_unit(scale: str, value: float) -> None:
    scaling = Scaling.fit(np.full(7, value), scale)
    assert scaling.spread == 1.0
    assert scaling.scale(value) == 0.0


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-600, 2.0**400], ids=["1e-301", "1e-181", "1e120"])
def test_the_spread_is_the_same_in_every_unit_to_the_bit(unit: float) -> None:
    values = np.random.default_rng(0).standard_normal(50)
    one, other = Scaling.fit(values, "standard"), Scaling.fit(unit * values, "standard")
    assert (other.center, other.spread) == (unit * one.center, unit * one.spread)
