"""Default settings on the UCI tables, against the best published plain networks, and the intervals' coverage."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from benchmarks.uci import PUBLISHED, STARTS, TABLES, each_start, root_mean_square, splits

from deltarule import Network, error_bars, train

DATA = os.environ.get("DELTARULE_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA, reason="DELTARULE_DATA, the folder of the published cases, is not set"),
]


# wine has no error to be below and takes as long as all others together: `make uci` has its other splits
JUDGED = {"yacht": 5, "energy": 5, "concrete": 5, "wine": 2}


def judged(name: str) -> tuple[float, tuple[bool, ...]]:
    """Mean test RMSE over the splits, and whether each test row lies in its 95 % interval."""
    errors, inside = [], []
    for X, d, Z, truth, mean, spread in splits(Path(DATA or "") / "uci", name)[: JUDGED[name]]:
        network = train(Network([X.shape[1], 50, 1]), X, d).network
        errors.append(root_mean_square(network.predict(Z)[:, 0] * spread + mean - truth))
        low, high = (
            end[:, 0] * spread + mean for end in error_bars(network, X, d).interval(network, Z, 0.95)
        )
        inside += ((low <= truth) & (truth <= high)).tolist()
    return float(np.mean(errors)), tuple(inside)


def test_one_start_is_below_the_best_published_errors_and_its_intervals_hold_what_they_say() -> None:
    found = {name: judged(name) for name in TABLES}
    for name in ("yacht", "energy"):  # concrete is near, wine is not: docs/rules.md
        assert found[name][0] < PUBLISHED[name]
    assert 0.93 <= np.mean([row for _, inside in found.values() for row in inside]) <= 0.97


def test_one_network_taught_by_five_starts_is_better_than_they_are_on_average() -> None:
    errors, starts = [], []
    # all four tables and five splits: `make uci`
    for X, d, Z, truth, mean, spread in splits(Path(DATA or "") / "uci", "yacht")[:2]:
        start = Network([X.shape[1], 50, 1])
        network = train(start, X, d, restarts=STARTS, committee="distilled").network
        assert network.sizes == start.sizes
        errors.append(root_mean_square(network.predict(Z)[:, 0] * spread + mean - truth))
        starts.append(root_mean_square(each_start(X, d)(Z) * spread + mean - truth))
    assert np.mean(errors) < np.mean(starts)
