"""MLPRegressor and MLPClassifier beside scikit-learn's, with its defaults: `python -m benchmarks.estimators`.

Fit, and predict of all rows at once and of one row, on tables that scikit-learn ships and one of 100,000 × 20. Each
player has a process of its own, for the threads of one's BLAS go on turning after a fit; they take turns of some tenths
of a second, and a ratio is of the medians, above 1 where deltarule is faster. Every fit has the same number of epochs
or iterations: stopping is switched off (tol = 0) and `max_iter` given.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from statistics import median
from typing import Any

import numpy as np

EPOCHS = {"digits": 20, "breast cancer": 50, "diabetes": 50, "100,000 × 20": 2}
ITERATIONS = {"digits": 60, "breast cancer": 150, "diabetes": 150, "100,000 × 20": 10}
UNITS = 20
TURN = 0.3  # seconds of fits or predictions in a row
OWN = ("lm", "evidence", "scg", "newton", "rprop")


@cache
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


def prepare(threads: int) -> None:
    """A player's process, before anything is imported in it."""
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads)))
    warnings.simplefilter("ignore")


@cache
def model(library: str, name: str, solver: str) -> Any:
    """An estimator that has been fitted once."""
    from importlib import import_module

    kind, X, y = tables()[name]
    work = ITERATIONS[name] if solver == "lbfgs" else EPOCHS[name]
    settings = {"solver": solver, "max_iter": work, "tol": 0, "n_iter_no_change": 10**6, "random_state": 0}
    if solver == "lbfgs":
        settings |= {"tol": 1e-12, "max_fun": 10**6}
    if solver in OWN:
        settings = {"hidden_layer_sizes": (UNITS,), "solver": solver, "max_iter": 50, "random_state": 0}
    cls = "MLPClassifier" if kind == "C" else "MLPRegressor"
    return getattr(import_module(library), cls)(**settings).fit(X, y)


def turn(library: str, name: str, solver: str, what: str, times: int) -> float:
    """Seconds of a fit or of a prediction, of so many in a row."""
    _, X, y = tables()[name]
    player = model(library, name, solver)
    part = X[:1] if what == "one row" else X
    began = time.perf_counter()
    for _ in range(times):
        player.fit(X, y) if what == "fit" else player.predict(part)
    return (time.perf_counter() - began) / times


class Player:
    """A library with a process and a number of threads."""

    def __init__(self, library: str, threads: int) -> None:
        self.library = library
        context = get_context("spawn")
        self.process = ProcessPoolExecutor(1, mp_context=context, initializer=prepare, initargs=(threads,))

    def plays(self, *given: Any) -> float:
        return self.process.submit(turn, self.library, *given).result()

    def steps(self, *given: Any) -> int:
        return self.process.submit(steps, self.library, *given).result()


def steps(library: str, name: str, solver: str) -> int:
    """Epochs or iterations of a fit."""
    return int(model(library, name, solver).n_iter_)


def in_turns(players: list[Player], rounds: int, *given: Any) -> list[float]:
    """Median seconds of each."""
    times = [max(1, min(1000, round(TURN / player.plays(*given, 1)))) for player in players]
    played = [
        [player.plays(*given, n) for player, n in zip(players, times, strict=True)] for _ in range(rounds)
    ]
    return [median(column) for column in zip(*played, strict=True)]


def measured(players: list[Player], name: str, solver: str, rounds: int) -> dict[str, Any]:
    """A table and a solver: fit, and for adam predict; theirs is the best of one BLAS thread and all."""
    ours = players[0]
    if solver in OWN:
        (spent,) = in_turns([ours], max(rounds // 2, 1), name, solver, "fit")
        told = f"{solver}, {UNITS} units"
        return {"table": name, "solver": told, "epochs": ours.steps(name, solver), "fit": (spent, None)}
    row: dict[str, Any] = {"table": name, "solver": solver, "epochs": ours.steps(name, solver)}
    for what in ("fit", "predict", "one row") if solver == "adam" else ("fit",):
        own, *theirs = in_turns(players, rounds, name, solver, what)
        row[what] = (own, min(theirs))
        row["ratio" if what == "fit" else f"{what} ratio"] = min(theirs) / own
    return row


def rows(rounds: int, names: list[str]) -> list[dict[str, Any]]:
    """One for each table and solver."""
    found: list[dict[str, Any]] = []
    cores = os.cpu_count() or 1
    players = [
        Player("deltarule", cores),
        Player("sklearn.neural_network", cores),
        Player("sklearn.neural_network", 1),
    ]
    for name, (_, X, _) in tables().items():
        if name not in names:
            continue
        for solver in ("adam", "sgd", "lbfgs", *(OWN if len(X) < 1000 else ("scg",))):
            found.append(measured(players, name, solver, rounds))
            print(line(found[-1]), flush=True)
    for player in players:
        player.process.shutdown()
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
    print(f"{'table':14} {'solver':18} {'steps':>5}  {'deltarule':>13}  {'scikit-learn':>13}")
    found = rows(arguments.rounds, arguments.tables)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=2)


if __name__ == "__main__":
    main()
