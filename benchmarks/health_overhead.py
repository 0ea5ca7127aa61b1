"""What watching a training costs: processor time with measures and without, in turn, the least of each counts.

python -m benchmarks.health_overhead
"""

from __future__ import annotations

import time

import numpy as np

from deltarule.descent.training import train
from deltarule.health.measures import Measuring
from deltarule.network import Network

NETWORKS = {
    "8-64-64-1, tanh": ([8, 64, 64, 1], "tanh", 2000, 2500),
    "20-100-1, relu": ([20, 100, 1], "relu", 5000, 1500),
    "16-…-1, ten layers, tanh": ([16] * 10 + [1], "tanh", 2000, 2500),
}
ROUNDS = 7


def main() -> None:
    """Prints a line for each network: processor seconds without and with, what watching adds, and snapshots taken."""
    print(f"{'network':<28}{'alone, CPU s':>14}{'watched':>12}{'cost':>9}{'snapshots':>11}")
    for name, (sizes, activation, rows, epochs) in NETWORKS.items():
        random = np.random.default_rng(0)
        X = random.standard_normal((rows, sizes[0]))
        D = np.sin(X[:, :1])
        given = {"rule": "adam", "epochs": epochs}
        # what is compiled once is not measured
        train(Network(sizes, activation), X, D, rule="adam", epochs=1)
        alone: list[float] = []
        watched: list[float] = []
        for _ in range(ROUNDS):
            alone.append(_seconds(Network(sizes, activation), X, D, given))
            watch = Measuring()
            watched.append(_seconds(Network(sizes, activation), X, D, given | {"observers": [watch]}))
        a, w = min(alone), min(watched)  # noise of a shared machine only adds
        print(
            f"{name:<28}{a:>14.3f}{w:>12.3f}{w / a - 1:>9.1%}{len(watch.measures):>11}",
            flush=True,
        )


def _seconds(network: Network, X: np.ndarray, D: np.ndarray, given: dict) -> float:
    began = time.process_time()
    train(network, X, D, **given)
    return time.process_time() - began


if __name__ == "__main__":
    main()
