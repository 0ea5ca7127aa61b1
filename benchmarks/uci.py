"""Test error on the UCI tables, one hidden layer of 50 units, default settings: `python -m benchmarks.uci`, `make uci`.

The tables and their five splits lie in the folder that DELTARULE_DATA names. Root mean square error on the test rows in
the target's unit, mean over the splits; seconds a training; and the share of test rows inside the 95 % intervals. One
start may be lucky: below deltarule's own is the mean error of five (the seconds are theirs together), of which its
committee and the distilled network are made.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]  # of (N, I) a target a row (N,), or several starts' (starts, N)

STARTS = 5
TABLES = ("yacht", "energy", "concrete", "wine")
# one hidden layer of 50 units: the lowest of PBP, MC dropout, deep ensembles, tuned MC dropout (the data's README)
PUBLISHED = {"yacht": 0.67, "energy": 0.54, "concrete": 4.83, "wine": 0.61}


def deltarule(X: Floats, d: Floats, restarts: int = 1, committee: bool | str = False) -> Predict:
    from deltarule import Network, error_bars, train

    network = train(Network([X.shape[1], 50, 1]), X, d, restarts=restarts, committee=committee).network
    if restarts == 1:
        bars = error_bars(network, X, d)
        deltarule.intervals = lambda Z: bars.interval(network, Z, 0.95)  # type: ignore[attr-defined]
    return lambda Z: network.predict(Z)[:, 0]


def each_start(X: Floats, d: Floats) -> Predict:
    from deltarule import Network, train
    from deltarule.descent.restarts import fresh_start

    network = Network([X.shape[1], 50, 1])
    trained = [train(fresh_start(network, 0, start), X, d).network for start in range(STARTS)]
    return lambda Z: np.array([network.predict(Z)[:, 0] for network in trained])


def committee(X: Floats, d: Floats) -> Predict:
    return deltarule(X, d, restarts=STARTS, committee=True)


def distilled(X: Floats, d: Floats) -> Predict:
    return deltarule(X, d, restarts=STARTS, committee="distilled")


def sklearn(X: Floats, d: Floats, solver: str = "adam") -> Predict:
    from sklearn.neural_network import MLPRegressor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            MLPRegressor(hidden_layer_sizes=(50,), solver=solver, max_iter=2000, random_state=0)
            .fit(X, d)
            .predict
        )


def sklearn_lbfgs(X: Floats, d: Floats) -> Predict:
    return sklearn(X, d, "lbfgs")


def pytorch(X: Floats, d: Floats, lbfgs: bool = False) -> Predict:
    import torch

    torch.manual_seed(0)
    x, t = torch.tensor(X), torch.tensor(d)[:, None]
    model = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], 50), torch.nn.Tanh(), torch.nn.Linear(50, 1)
    ).double()
    mse = torch.nn.functional.mse_loss
    if lbfgs:
        rule = torch.optim.LBFGS(model.parameters(), max_iter=500, line_search_fn="strong_wolfe")

        def closure() -> Any:
            rule.zero_grad()
            loss = mse(model(x), t)
            loss.backward()
            return loss

        rule.step(closure)
    else:
        adam = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(400):
            order = torch.randperm(len(x))
            for rows in order.split(32):
                adam.zero_grad()
                mse(model(x[rows]), t[rows]).backward()
                adam.step()
    return lambda Z: model(torch.tensor(Z)).detach().numpy()[:, 0]


def pytorch_lbfgs(X: Floats, d: Floats) -> Predict:
    return pytorch(X, d, lbfgs=True)


RIVALS: dict[str, Callable[[Floats, Floats], Predict]] = {
    "deltarule": deltarule,
    "deltarule, mean of 5 starts": each_start,
    "deltarule, committee of 5": committee,
    "deltarule, 5 distilled to 1": distilled,
    "scikit-learn adam": sklearn,
    "scikit-learn lbfgs": sklearn_lbfgs,
    "PyTorch Adam": pytorch,
    "PyTorch L-BFGS": pytorch_lbfgs,
}


def splits(folder: Path, name: str) -> list[tuple[Floats, Floats, Floats, Floats, float, float]]:
    """X, d and the test rows' X, d of each split, scaled by the training rows; the target's mean and spread."""
    rows = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1)
    tests = json.loads((folder / f"{name}.test_rows.json").read_text())
    found = []
    for key in sorted(tests):
        test = np.array(tests[key])
        train = np.setdiff1d(np.arange(len(rows)), test)
        mean, spread = rows[train].mean(axis=0), rows[train].std(axis=0)
        scaled = (rows - mean) / np.where(spread > 0, spread, 1)
        found.append(
            (scaled[train, :-1], scaled[train, -1], scaled[test, :-1], rows[test, -1], mean[-1], spread[-1])
        )
    return found


def root_mean_square(l: Floats) -> float:
    """Over the last axis, mean over the others."""
    return float(np.mean(np.sqrt(np.mean(l * l, axis=-1))))


def main() -> None:
    data = os.environ.get("DELTARULE_DATA")
    if not data:
        raise SystemExit("set DELTARULE_DATA to the folder of the published cases")
    print(f"{'':<28}" + "".join(f"{name:>10} s{'':<4}" for name in TABLES))
    print(f"{'best published':<28}" + "".join(f"{PUBLISHED[name]:>10.3g}  {'':<4}" for name in TABLES))
    inside: dict[str, list[bool]] = {name: [] for name in TABLES}
    for rival, fit in RIVALS.items():
        line = f"{rival:<28}"
        for name in TABLES:
            errors, took = [], []
            for X, d, Z, truth, mean, spread in splits(Path(data) / "uci", name):
                began = time.perf_counter()
                predict = fit(X, d)
                took.append(time.perf_counter() - began)
                errors.append(root_mean_square(predict(Z) * spread + mean - truth))
                if fit is deltarule:
                    low, high = (end[:, 0] * spread + mean for end in deltarule.intervals(Z))  # type: ignore[attr-defined]
                    inside[name] += ((low <= truth) & (truth <= high)).tolist()
            line += f"{np.mean(errors):>10.3g} {np.mean(took):<5.3g}"
        print(line, flush=True)
    each = ", ".join(f"{name} {100 * np.mean(held):.1f}" for name, held in inside.items())
    pooled = [held for table in inside.values() for held in table]
    print(f"95 % intervals hold {100 * np.mean(pooled):.1f} % of {len(pooled)} test rows: {each}")


if __name__ == "__main__":
    main()
