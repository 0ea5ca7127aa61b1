"""A default `deltarule train` on real tables, beside its two baselines: `make tables`.

Classes: log loss on the test rows. Numbers: RMSE on the test rows, in the target's unit. Lower is better in both; each
figure is the mean over five splits (20 % test rows, seeds 0 to 4).
The tables are those that scikit-learn ships, and those in the folder that DELTARULE_DATA names, where it is set.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any


def tables(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Name, file and target of each table; scikit-learn's are written to the folder."""
    from sklearn import datasets

    for name in ("iris", "wine", "breast_cancer", "digits", "diabetes"):
        bunch: Any = getattr(datasets, f"load_{name}")()
        classes = getattr(bunch, "target_names", None)
        path = folder / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*bunch.feature_names, "target"])
            for x, d in zip(bunch.data.tolist(), bunch.target.tolist(), strict=True):
                writer.writerow([*x, d if classes is None else f"is {classes[d]}"])
        yield name, path, "target"
    data = os.environ.get("DELTARULE_DATA")
    if data:
        for path in sorted(Path(data, "uci").glob("*.csv")):
            yield f"uci {path.stem}", path, "y"


SPLITS = range(5)


def main() -> None:
    from deltarule.runs import train_table

    print(
        f"{'table':<16}{'measure':<10}{'network':>10}{'mean/majority':>15}{'line':>10}{'s a run':>9}  wins over"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, path, target in tables(Path(folder)):
            runs = [train_table(path, target, seed=seed) for seed in SPLITS]
            names = ("network", *runs[0].metrics["baselines"])
            ours, *others = (fmean(figure(run, n) for run in runs) for n in names)
            better = [n for n, other in zip(names[1:], others, strict=True) if ours < other]
            measure = "log loss" if runs[0].model.targets.kind == "classes" else "RMSE"
            figures = (
                f"{ours:>10.4g}{others[0]:>15.4g}{others[1]:>10.4g}{fmean(r.seconds for r in runs):>9.2f}"
            )
            print(f"{name:<16}{measure:<10}{figures}  {' and '.join(better) or 'neither'}", flush=True)


def figure(run: Any, name: str) -> float:
    """The test rows' log loss or RMSE, of the network or of a baseline by name."""
    metrics = run.metrics["test"] if name == "network" else run.metrics["baselines"][name]
    if metrics["kind"] == "classes":
        return metrics["log_loss"]
    (target,) = metrics["targets"].values()
    return target["rmse"]


if __name__ == "__main__":
    main()
