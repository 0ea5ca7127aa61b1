"""MLPRegressor and MLPClassifier beside scikit-learn's, with its defaults: `python -m benchmarks.estimators`.

Fit, and predict of all rows at once and of one row, on tables that scikit-learn ships and one of 100,000 × 20.
The two take turns in the same process; a ratio is of the medians, above 1 where deltarule is faster. Every fit has the
same number of epochs or iterations: stopping is switched off (tol = 0) and `max_iter` given.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))

import numpy as np
from threadpoolctl import threadpool_limits

EPOCHS = {"digits": 20, "breast cancer": 50, "diabetes": 50, "100,000 × 20": 2}
ITERATIONS = {"digits": 60, "breast cancer": 150, "diabetes": 150, "100,000 × 20": 10}
UNITS = 20
OWN = ("lm", "evidence", "scg", "newton", "rprop")


def tables() -> dict[str, tuple[str, Any, Any]]:
    """Kind, X and y of each table, standardised."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
    from sklearn.preprocessing import StandardScaler

    def scaled(X: Any) -> Any:
        return StandardScaler().fit_transform(X)

    random = np.random.default_rng(0)
    X = random.standard_normal((100_000, 20))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * random.standard_normal(len(X))
    X_digits, y_digits = load_digits(return_X_y=True)
    X_cancer, y_cancer = load_breast_cancer(return_X_y=True)
    X_diabetes, y_diabetes = load_diabetes(return_X_y=True)
    return {
        "digits": ("C", X_digits / 16, y_digits),
        "breast cancer": ("C", scaled(X_cancer), y_cancer),
        "diabetes": ("R", scaled(X_diabetes), (y_diabetes - y_diabetes.mean()) / y_diabetes.std()),
        "100,000 × 20": ("R", X, y),
    }


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of both, in turns after a round not counted; theirs is the best of one BLAS thread and all."""

    def on_one() -> None:
        with threadpool_limits(1):
            theirs()

    players = (ours, theirs, on_one)
    for play in players:
        play()
    rounds_played = [[seconds(play) for play in players] for _ in range(rounds)]
    own, on_all, on_one_thread = (median(column) for column in zip(*rounds_played, strict=True))
    return own, min(on_all, on_one_thread)


def beside(name: str, cls: str, X: Any, y: Any, solver: str, rounds: int) -> dict[str, Any]:
    """A solver of scikit-learn's: fit, and for adam predict."""
    import sklearn.neural_network as theirs

    import deltarule

    work = ITERATIONS[name] if solver == "lbfgs" else EPOCHS[name]
    settings = {"solver": solver, "max_iter": work, "tol": 0, "n_iter_no_change": 10**6, "random_state": 0}
    if solver == "lbfgs":
        settings |= {"tol": 1e-12, "max_fun": 10**6}
    own, other = getattr(deltarule, cls)(**settings), getattr(theirs, cls)(**settings)
    fit = in_turns(lambda: own.fit(X, y), lambda: other.fit(X, y), rounds)
    row: dict[str, Any] = {
        "table": name,
        "solver": solver,
        "epochs": work,
        "fit": fit,
        "ratio": fit[1] / fit[0],
    }
    if solver != "adam":
        return row
    for what, part, times in (("predict", X, 5), ("one row", X[:1], 200)):
        both = in_turns(partial(repeated, own, part, times), partial(repeated, other, part, times), rounds)
        row[what] = [value / times for value in both]
        row[f"{what} ratio"] = both[1] / both[0]
    return row


def repeated(model: Any, X: Any, times: int) -> None:
    for _ in range(times):
        model.predict(X)


def alone(name: str, cls: str, X: Any, y: Any, solver: str, rounds: int) -> dict[str, Any]:
    """A solver that scikit-learn has not: fit."""
    import deltarule

    own = getattr(deltarule, cls)(
        hidden_layer_sizes=(UNITS,), solver=solver, max_iter=50, random_state=0
    ).fit(X, y)
    spent = median(seconds(lambda: own.fit(X, y)) for _ in range(max(rounds // 2, 1)))
    return {"table": name, "solver": f"{solver}, {UNITS} units", "epochs": own.n_iter_, "fit": (spent, None)}


def rows(rounds: int, names: list[str]) -> list[dict[str, Any]]:
    """One for each table and solver."""
    found: list[dict[str, Any]] = []
    for name, (kind, X, y) in tables().items():
        if name not in names:
            continue
        cls = "MLPClassifier" if kind == "C" else "MLPRegressor"
        works = [(beside, solver) for solver in ("adam", "sgd", "lbfgs")]
        works += [(alone, solver) for solver in (OWN if len(X) < 1000 else ("scg",))]
        for work, solver in works:
            found.append(work(name, cls, X, y, solver, rounds))
            print(line(found[-1]), flush=True)
    return found


def line(row: dict[str, Any]) -> str:
    """A row as text."""
    ours, theirs = row["fit"]
    text = f"{row['table']:14} {row['solver']:18} {row['epochs']:5}  {1e3 * ours:10.2f} ms"
    if theirs is not None:
        text += f"  {1e3 * theirs:10.2f} ms  {row['ratio']:6.1f}x"
    for what in ("predict", "one row"):
        if what in row:
            text += f"   {what} {1e6 * row[what][0]:8.0f} µs, {row[f'{what} ratio']:4.1f}x"
    return text


def main() -> None:
    """Prints the table; with --json also writes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tables", nargs="*", default=list(EPOCHS))
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print(f"{'table':14} {'solver':18} {'steps':>5}  {'deltarule':>13}  {'scikit-learn':>13}")
        found = rows(arguments.rounds, arguments.tables)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=2)


if __name__ == "__main__":
    main()
