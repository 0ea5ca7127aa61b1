"""`deltarule demo`: small acts on real tables, each printing the command that does it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from deltarule.cli.demo_health import act_three
from deltarule.cli.printing import bold
from deltarule.cli.stage import Stage
from deltarule.shipped_tables import write_diabetes, write_linnerud
from deltarule.whole_file import made_folder


def demo(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the tables and runs go.")
    ] = Path("demo-run"),
) -> None:
    """Three small acts on real tables; each prints its commands."""
    stage = Stage.of(context)
    made_folder(folder)
    linnerud, diabetes = folder / "linnerud.csv", folder / "diabetes.csv"
    write_linnerud(linnerud)
    write_diabetes(diabetes)

    _say(
        "Act 1: the lecture's f: R³ → R²",
        "Twenty men, how many chin-ups, sit-ups and jumps they did, and from these their weight and waist.",
        "An illustration: twenty rows are too few to learn much.",
        "The network is the lecture's: 3-4-2, logistic, without biases.",
    )
    run = str(folder / "linnerud")
    stage.run(
        "train",
        str(linnerud),
        "--target",
        "Weight,Waist",
        "--lecture",
        "--hidden",
        "4",
        "--learning-rate",
        "1",
        "--test",
        "0",
        "--out",
        run,
        "--force",
    )
    _say(
        "",
        "The first man's way through the network, and the gradient of one weight:",
        "as a formula, as a number, and as a difference quotient.",
    )
    stage.run("explain", run, "--row", "1", "--weight", "w_12^(0,1)")

    _say(
        "Act 2: a table trained, judged and predicted in its own unit",
        "442 diabetes patients, ten measurements each, and how far the disease had progressed a year later.",
    )
    run = str(folder / "diabetes")
    predicted = str(folder / "diabetes-predicted.csv")
    stage.run("train", str(diabetes), "--target", "progression", "--out", run, "--force")
    stage.run("predict", run, str(diabetes), "--out", predicted, "--force")
    _show_first_rows(
        Path(predicted), ("age", "bmi", "blood_pressure", "progression", "progression_predicted")
    )
    act_three(stage, folder, diabetes)
    _say(
        "",
        f"All weights of the first act:  deltarule explain {folder / 'linnerud'} --row 1",
        "A table of your own:           deltarule train FILE --target COLUMN",
    )


def _say(title: str, *lines: str) -> None:
    print("\n" + "\n".join([*([bold(title)] if title else []), *lines]), flush=True)


def _show_first_rows(path: Path, names: tuple[str, ...], rows: int = 5) -> None:
    from deltarule.cli.printing import columns, number

    with path.open(newline="") as file:
        first = [row for row, _ in zip(csv.DictReader(file), range(rows), strict=False)]
    print(f"\nThe first rows of {path}:")
    print(columns(names, [[number(float(row[name])) for name in names] for row in first], left=0))
