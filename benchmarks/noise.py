"""What a determined parameter costs, told by evidence's noise: `python -m benchmarks.noise`.

β = (N − c γ)/SSE with MacKay's c = 1, with evidence's own 1.5, and with 2: root mean square error on rows that were not
trained on, mean over splits, a start each. Functions and a table of scikit-learn; and, where DELTARULE_DATA names the
folder of the published cases, the UCI tables, a tenth of the *training* rows of each split held out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.uci import TABLES, root_mean_square, splits

Floats = NDArray[np.float64]

COSTS = (1.0, 1.5, 2.0)
SPLITS = 6
APART = 1000  # rows of a function that are kept to judge by


def cases() -> Iterator[tuple[str, int, list[tuple[Floats, Floats, Floats, Floats]]]]:
    """Each case's name, hidden units, and splits: X, d to train on, Z, t to judge by."""
    from sklearn.datasets import load_diabetes, make_friedman1, make_friedman2, make_friedman3

    made: list[tuple[str, Any, Any, int]] = []
    for rows in (60, 200, 600):
        made.append(
            (f"Friedman 1, {rows} rows", *make_friedman1(rows + APART, noise=1.0, random_state=0), rows)
        )
    made.append(("Friedman 2, 300 rows", *make_friedman2(300 + APART, noise=125.0, random_state=2), 300))
    for rows in (60, 600):
        made.append(
            (f"Friedman 3, {rows} rows", *make_friedman3(rows + APART, noise=0.1, random_state=1), rows)
        )
    X, d = load_diabetes(return_X_y=True)
    made.append(("diabetes", X, d, len(X) - 45))
    for name, X, d, rows in made:
        orders = [np.random.default_rng(split).permutation(len(X)) for split in range(SPLITS)]
        yield name, 30, [(X[o[:rows]], d[o[:rows]], X[o[rows:]], d[o[rows:]]) for o in orders]
    folder = os.environ.get("DELTARULE_DATA")
    if folder:
        for name in TABLES:
            found = []
            for split, (X, d, _, _, mean, spread) in enumerate(splits(Path(folder) / "uci", name)):
                o = np.random.default_rng(split).permutation(len(X))
                held, kept = o[: len(X) // 10], o[len(X) // 10 :]
                d = d * spread + mean
                found.append((X[kept], d[kept], X[held], d[held]))
            yield f"{name}, training rows", 50, found


def error(rule: Any, hidden: int, seed: int, X: Floats, d: Floats, Z: Floats, t: Floats) -> float:
    """Root mean square error at Z, in d's unit."""
    from deltarule import Network, train

    mean, spread = X.mean(axis=0), np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    middle, size = d.mean(), d.std()
    start = Network([X.shape[1], hidden, 1], seed=seed)
    network = train(start, (X - mean) / spread, (d - middle) / size, rule=rule).network
    return root_mean_square(network.predict((Z - mean) / spread)[:, 0] * size + middle - t)


def compare(rules: dict[str, Any]) -> None:
    """Prints the mean error of each rule on each case."""
    print("| | " + " | ".join(rules) + " |")
    print("|---|" + "---|" * len(rules))
    for name, hidden, made in cases():
        means = [
            np.mean([error(rule, hidden, seed, *split) for seed, split in enumerate(made)])
            for rule in rules.values()
        ]
        print(f"| {name} | " + " | ".join(f"{mean:.4g}" for mean in means) + " |", flush=True)


def main() -> None:
    from deltarule import Evidence

    compare({f"c = {cost:g}": Evidence(cost=cost) for cost in COSTS})


if __name__ == "__main__":
    main()
