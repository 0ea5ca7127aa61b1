"""Time to goal of every rule on MATLAB's two smallest problems, 30 starts each: `python -m benchmarks.goals`.

SIN: 1-5-1 on one period of a sine, goal mse 0.002. PARITY: 3-10-10-1, tanh throughout, the parity of three bits, goal
0.001 (Deep Learning Toolbox User's Guide, on choosing a training function). Nguyen-Widrow starts, the same for all.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np

STARTS = 30
RULES: dict[str, dict[str, Any]] = {
    "lm": {},
    "bfgs": {},
    "lbfgs": {},
    "newton": {},
    "scg": {},
    "cg": {},
    "rprop": {},
    "adam": {"batch_size": "full", "learning_rate": 0.01},
    "momentum": {"batch_size": "full", "learning_rate": 0.05},
    "gradient": {"batch_size": "full", "learning_rate": 0.1},
}


def sine() -> tuple[list[int], str, Any, Any, float]:
    """Sizes, output, X, D and goal."""
    x = np.linspace(-1, 1, 41)[:, None]
    return [1, 5, 1], "identity", x, np.sin(np.pi * x), 0.002


def parity() -> tuple[list[int], str, Any, Any, float]:
    """The same, for three bits of −1 and 1."""
    X = np.array([[a, b, c] for a in (-1.0, 1.0) for b in (-1.0, 1.0) for c in (-1.0, 1.0)])
    return [3, 10, 10, 1], "tanh", X, X.prod(axis=1, keepdims=True), 0.001


def main() -> None:
    from deltarule import Network, Stopping, train

    for name, problem in (("SIN 1-5-1", sine), ("PARITY 3-10-10-1", parity)):
        sizes, output, X, D, goal = problem()
        print(f"{name}, goal {goal}: median milliseconds and iterations of the starts that reached it")
        for rule, more in RULES.items():
            times, steps = [], []
            for seed in range(STARTS):
                network = Network(sizes, output=output, start="nguyen_widrow", seed=seed)
                began = time.perf_counter()
                result = train(
                    network, X, D, rule=rule, epochs=20000, stopping=Stopping(target=goal), budget=20, **more
                )
                if len(result.history) and result.history.error[-1] <= goal:
                    times.append(time.perf_counter() - began)
                    steps.append(len(result.history))
            told = (
                f"{1e3 * median(times):10.3g} ms {median(steps):8.0f}" if times else f"{'–':>10}    {'–':>8}"
            )
            print(f"  {rule:<10}{told}   {len(times)} of {STARTS}", flush=True)


if __name__ == "__main__":
    main()
