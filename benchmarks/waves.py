"""Functions that look like noise to a line: `python -m benchmarks.waves`.

The share of the variance that is missed on 2,000 rows without noise (0 is perfect, 1 the mean's), the median and the
worst of five starts, networks of 10 and 50 hidden units, inputs and targets of spread 1. Beside evidence as it is: from
a large α alone, Levenberg-Marquardt without a penalty, and scikit-learn's L-BFGS.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STARTS = 5
HIDDEN = (10, 50)
NOISE = 0.1
# name → inputs, rows, f(X) of X in ±1
WAVES: dict[str, tuple[int, int, Callable[[Floats], Floats]]] = {
    "sin(2πx), 200 rows": (1, 200, lambda X: np.sin(2 * np.pi * X[:, 0])),
    "sin(3πx), 200 rows": (1, 200, lambda X: np.sin(3 * np.pi * X[:, 0])),
    "x1 + sin(3πx2), 300 rows": (2, 300, lambda X: X[:, 0] + np.sin(3 * np.pi * X[:, 1])),
    "sin(πx1) sin(πx2), 300 rows": (2, 300, lambda X: np.sin(np.pi * X[:, 0]) * np.sin(np.pi * X[:, 1])),
    "x1 − x2 of five, 150 rows": (5, 150, lambda X: X[:, 0] - X[:, 1]),
}


def by_rule(rule: Any) -> Callable[[Floats, Floats, int, int], Callable[[Floats], Floats]]:
    def fit(X: Floats, d: Floats, hidden: int, seed: int) -> Callable[[Floats], Floats]:
        from deltarule import Network, train

        network = train(Network([X.shape[1], hidden, 1], seed=seed), X, d, rule=rule).network
        return lambda Z: network.predict(Z)[:, 0]

    return fit


def sklearn(X: Floats, d: Floats, hidden: int, seed: int) -> Callable[[Floats], Floats]:
    from sklearn.neural_network import MLPRegressor

    model = MLPRegressor(
        hidden_layer_sizes=(hidden,), solver="lbfgs", activation="tanh", max_iter=2000, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, d).predict


def missed(fit: Any, inputs: int, rows: int, f: Callable[[Floats], Floats], seed: int, hidden: int) -> float:
    """The share of f's variance that is missed."""
    random = np.random.default_rng(seed)
    X, Z = random.uniform(-1, 1, (rows, inputs)), random.uniform(-1, 1, (2000, inputs))
    d = f(X) + NOISE * random.standard_normal(rows)
    predict = fit((X - X.mean(0)) / X.std(0), (d - d.mean()) / d.std(), hidden, seed)
    found = predict((Z - X.mean(0)) / X.std(0)) * d.std() + d.mean()
    return float(np.mean((found - f(Z)) ** 2) / f(Z).var())


def main() -> None:
    from deltarule import Evidence

    rivals = {
        "evidence": by_rule("evidence"),
        "from a large α alone": by_rule(Evidence(alpha=20.0)),
        "lm": by_rule("lm"),
        "scikit-learn, lbfgs": sklearn,
    }
    print(f"| median (worst) | {' | '.join(rivals)} |\n|{'---|' * (1 + len(rivals))}", flush=True)
    for name, wave in WAVES.items():
        line = f"| {name} |"
        for fit in rivals.values():
            found = [missed(fit, *wave, seed, hidden) for seed in range(STARTS) for hidden in HIDDEN]
            line += f" {np.median(found):.3f} ({max(found):.3f}) |"
        print(line, flush=True)


if __name__ == "__main__":
    main()
