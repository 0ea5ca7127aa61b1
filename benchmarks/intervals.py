"""Coverage of the 95 % intervals on rows set apart from training rows: `python -m benchmarks.intervals`.

The test rows of the UCI tables are not looked at: a sixth of each split's training rows is set apart, and a network of
50 units trained on the rest. For each table the share of the rows set apart that lie inside the intervals, with the
cost of adapted units (descent/error_bars), without it, and for a normal distribution, ± 1.96 s.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.uci import TABLES, splits

COSTS = {"as they are": 1.5, "without the cost of adapted units": 1.0}


def coverages(X: Any, d: Any, seed: int) -> list[Any]:
    """Whether each row set apart lies inside, for each column of the table."""
    from deltarule import Network, error_bars, train
    from deltarule.descent import error_bars as calibration

    order = np.random.default_rng(seed).permutation(len(X))
    apart, kept = order[: len(X) // 6], order[len(X) // 6 :]
    network = train(Network([X.shape[1], 50, 1]), X[kept], d[kept]).network
    s = error_bars(network, X[kept], d[kept]).deviation(network, X[apart])[:, 0]
    found, usual = [], calibration.COST
    for cost in COSTS.values():
        calibration.COST = cost
        bars = error_bars(network, X[kept], d[kept])
        low, high = bars.interval(network, X[apart], 0.95)
        found.append((low[:, 0] <= d[apart]) & (d[apart] <= high[:, 0]))
    calibration.COST = usual
    miss = np.abs(network.predict(X[apart])[:, 0] - d[apart])
    return [*found, miss <= 1.96 * s]


def main() -> None:
    data = os.environ.get("DELTARULE_DATA")
    if not data:
        raise SystemExit("set DELTARULE_DATA to the folder of the published cases")
    print(
        f"{'rows inside the 95 % intervals, in %':<44}"
        + "".join(f"{name:>10}" for name in TABLES)
        + "    pooled"
    )
    columns = [
        [
            np.concatenate(parts)
            for parts in zip(
                *(coverages(X, d, seed) for seed, (X, d, *_) in enumerate(splits(Path(data) / "uci", name))),
                strict=True,
            )
        ]
        for name in TABLES
    ]
    for row, words in enumerate([*COSTS, "normal, 1.96 s"]):
        each = [column[row] for column in columns]
        print(f"{words:<44}" + "".join(f"{100 * h.mean():>10.1f}" for h in [*each, np.concatenate(each)]))


if __name__ == "__main__":
    main()
