"""Noisy tables whose inputs act together: `python -m benchmarks.interactions`.

A default `train` of 50 hidden units beside a line, scikit-learn's MLP of 50 units by Adam (with rows held out to stop
by, its answer to noise), and a forest. 1,000 rows that were not trained on; the mean of three draws of the table. Of
numbers R², where 1 is best; of classes the log loss, where 0 is. ε is normal noise of spread 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS, APART = 3, 1000
# name → rows, inputs, classes (0: numbers), target of X and ε
TABLES: dict[str, tuple[int, int, int, Callable[[Floats, Floats], Floats]]] = {
    "x1 x2 + ε": (1500, 10, 0, lambda X, e: X[:, 0] * X[:, 1] + e),
    "x1 + 3[x2 > 1.5] + 0.3ε": (500, 8, 0, lambda X, e: X[:, 0] + 3 * (X[:, 1] > 1.5) + 0.3 * e),
    "x1 ± x3 by x2's sign, + 0.2ε": (
        500, 5, 0, lambda X, e: X[:, 0] + np.sign(X[:, 1]) * X[:, 2] + 0.2 * e,
    ),
    "sign of x1 x2 x3, + 0.3ε": (500, 8, 0, lambda X, e: np.sign(X[:, :3].prod(axis=1)) + 0.3 * e),
    "two classes, x1 x2 + ε/2 > 0": (1200, 10, 2, lambda X, e: X[:, 0] * X[:, 1] + 0.5 * e > 0),
    "two classes, x1 x2 + ε > 0": (1200, 10, 2, lambda X, e: X[:, 0] * X[:, 1] + e > 0),
    "three classes by x1 x2 + ε/2": (
        2000, 15, 3, lambda X, e: np.digitize(X[:, 0] * X[:, 1] + 0.5 * e, [-0.5, 0.5]),
    ),
}  # fmt: skip


def deltarule(X: Floats, d: Floats, classes: int) -> Callable[[Floats], Floats]:
    from deltarule import Network, train

    output = {"output": "softmax"} if classes else {}
    network = train(Network([X.shape[1], 50, classes or 1], **output), X, d).network
    return network.predict if classes else lambda Z: network.predict(Z)[:, 0]


def line(X: Floats, d: Floats, classes: int) -> Callable[[Floats], Floats]:
    from sklearn.linear_model import LogisticRegression, RidgeCV

    return LogisticRegression().fit(X, d).predict_proba if classes else RidgeCV().fit(X, d).predict


def adam(X: Floats, d: Floats, classes: int) -> Callable[[Floats], Floats]:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind: Any = MLPClassifier if classes else MLPRegressor
    model = kind(hidden_layer_sizes=(50,), early_stopping=True, max_iter=1000, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, d)
    return model.predict_proba if classes else model.predict


def forest(X: Floats, d: Floats, classes: int) -> Callable[[Floats], Floats]:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    if classes:
        return RandomForestClassifier(300, random_state=0).fit(X, d).predict_proba
    return RandomForestRegressor(300, random_state=0).fit(X, d).predict


RIVALS = {
    "deltarule": deltarule,
    "line": line,
    "scikit-learn, Adam held out": adam,
    "scikit-learn, forest": forest,
}


def score(o: Floats, d: Floats, classes: int) -> float:
    from sklearn.metrics import log_loss, r2_score

    return float(log_loss(d, np.asarray(o, np.float64)) if classes else r2_score(d, o))


def main() -> None:
    print(f"| | {' | '.join(RIVALS)} |\n|---|{'---|' * len(RIVALS)}")
    for name, (rows, inputs, classes, target) in TABLES.items():
        found: dict[str, list[float]] = {rival: [] for rival in RIVALS}
        for draw in range(DRAWS):
            random = np.random.default_rng(draw)
            X = random.standard_normal((rows + APART, inputs))
            d = target(X, random.standard_normal(rows + APART))
            d = d.astype(np.int64) if classes else (d - d.mean()) / d.std()
            for rival, fit in RIVALS.items():
                found[rival].append(score(fit(X[:rows], d[:rows], classes)(X[rows:]), d[rows:], classes))
        print(f"| {name} | {' | '.join(f'{np.mean(scores):.3f}' for scores in found.values())} |", flush=True)


if __name__ == "__main__":
    main()
