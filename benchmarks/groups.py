"""Tables whose rows belong together, as the visits of one patient do: `python -m benchmarks.groups`.

40 groups of 6 rows; each group has a level of its own that is normal with spread 1. A default `train` of 50 hidden
units that is told the groups, one that is not, Adam that stops by groups held out, and a line; R² on groups that were
not trained on, in five folds of groups, mean of three draws of the table.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from deltarule import Network, train
from deltarule.tables.grouping import group_folds

Floats = NDArray[np.float64]
Whose = NDArray[np.int64]

DRAWS, GROUPS, EACH, FOLDS = 3, 40, 6, 5
# name → target of what a group has, Z, what a row has, X, the group's level and noise; whether X is an input
TABLES: dict[str, tuple[Callable[[Floats, Floats, Floats, Floats], Floats], bool]] = {
    "inputs of the group alone: z1/2 + level": (lambda Z, X, level, e: 0.5 * Z[:, 0] + level + 0.3 * e, False),
    "both: sin 2x1 + z1/2 + level": (
        lambda Z, X, level, e: np.sin(2 * X[:, 0]) + 0.5 * Z[:, 0] + level + 0.3 * e, True,
    ),
    "inputs of the row: x2 sin 2x1 + 0.3 level": (
        lambda Z, X, level, e: np.sin(2 * X[:, 0]) * X[:, 1] + 0.3 * level + 0.3 * e, True,
    ),
}  # fmt: skip


def _of(X: Floats, d: Floats, **options: object) -> Callable[[Floats], Floats]:
    network = train(Network([X.shape[1], 50, 1]), X, d, **options).network  # pyright: ignore[reportArgumentType]
    return lambda Z: network.predict(Z)[:, 0]


def line(X: Floats, d: Floats, whose: Whose) -> Callable[[Floats], Floats]:
    w = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), d, rcond=None)[0]
    return lambda Z: np.column_stack([Z, np.ones(len(Z))]) @ w


WAYS: dict[str, Callable[[Floats, Floats, Whose], Callable[[Floats], Floats]]] = {
    "`groups=…`": lambda X, d, whose: _of(X, d, groups=whose),
    "without": lambda X, d, whose: _of(X, d),
    "Adam, groups held out": lambda X, d, whose: _of(
        X, d, rule="adam", epochs=500, validation=0.2, groups=whose
    ),
    "a line": line,
}


def main() -> None:
    print(f"| | {' | '.join(WAYS)} |\n|---|{'---|' * len(WAYS)}")
    for name, (target, rows_too) in TABLES.items():
        found: dict[str, list[float]] = {way: [] for way in WAYS}
        for draw in range(DRAWS):
            random = np.random.default_rng(draw)
            whose = np.repeat(np.arange(GROUPS), EACH)
            Z, level = random.standard_normal((GROUPS, 3))[whose], random.standard_normal(GROUPS)[whose]
            X, e = random.standard_normal((len(whose), 2)), random.standard_normal(len(whose))
            inputs, d = np.column_stack([Z, X]) if rows_too else Z, target(Z, X, level, e)
            for fold in group_folds(whose, FOLDS, draw):
                for way, fitted in WAYS.items():
                    predict = fitted(inputs[fold.train], d[fold.train], whose[fold.train])
                    l = predict(inputs[fold.test]) - d[fold.test]
                    found[way].append(1 - float(np.mean(l * l)) / float(np.var(d[fold.test])))
        print(f"| {name} | {' | '.join(f'{np.mean(found[way]):.2f}' for way in WAYS)} |", flush=True)


if __name__ == "__main__":
    main()
