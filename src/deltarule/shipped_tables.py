"""Three real tables that scikit-learn ships, written as CSV without importing scikit-learn."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deltarule.errors import MissingPart
from deltarule.whole_file import whole_file

DIABETES = ("age", "sex", "bmi", "blood_pressure", "tc", "ldl", "hdl", "tch", "ltg", "glucose", "progression")
IRIS = ("sepal_length", "sepal_width", "petal_length", "petal_width", "species")


def write_linnerud(path: Path) -> None:
    exercise, body = (_table(f"linnerud_{part}.csv", " ") for part in ("exercise", "physiological"))
    _write(path, [[*before, *after[:2]] for before, after in zip(exercise, body, strict=True)])


def write_diabetes(path: Path) -> None:
    measured, progression = _table("diabetes_data_raw.csv.gz", " "), _table("diabetes_target.csv.gz", " ")
    rows = [
        [*map(_short, before), *map(_short, after)]
        for before, after in zip(measured, progression, strict=True)
    ]
    _write(path, [list(DIABETES), *rows])


def write_iris(path: Path) -> None:
    (_, _, *species), *rows = _table("iris.csv", ",")
    _write(path, [list(IRIS), *([*row[:-1], species[int(row[-1])]] for row in rows)])


@dataclass(frozen=True)
class Shipped:
    """A table: what it is about, what one would predict, and what writes it."""

    told: str
    target: tuple[str, ...]
    write: Callable[[Path], None]


SHIPPED: Mapping[str, Shipped] = {
    "diabetes": Shipped(
        "442 patients, ten measurements each, and how far the disease had progressed a year later",
        ("progression",),
        write_diabetes,
    ),
    "iris": Shipped("150 flowers of three species, four lengths each", ("species",), write_iris),
    "linnerud": Shipped(
        "twenty men: how many chin-ups, sit-ups and jumps they did, their weight and waist; the lecture's R³ → R²",
        ("Weight", "Waist"),
        write_linnerud,
    ),
}


def _table(name: str, delimiter: str) -> list[list[str]]:
    """A table that scikit-learn ships, read from its installed files without importing scikit-learn."""
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise MissingPart(
            "the example tables come with scikit-learn, which is not installed: pip install scikit-learn"
        )
    path = Path(found.submodule_search_locations[0]) / "datasets" / "data" / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [row for row in csv.reader(file, delimiter=delimiter) if row]


def _short(cell: str) -> str:
    return f"{float(cell):.10g}"


def _write(path: Path, rows: list[list[str]]) -> None:
    with whole_file(path, force=True) as unfinished, unfinished.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
