"""Act 3 of the demo: a gradient that vanishes and its cure; one that explodes, then clipped, then with L2 as well."""

from __future__ import annotations

from pathlib import Path

from deltarule.cli.printing import bold, columns
from deltarule.cli.stage import Stage

DEEP = ",".join(["12"] * 9)
WIDE = ",".join(["100"] * 9)
SETTINGS = ["--target", "progression", "--rule", "gradient"]


def act_three(stage: Stage, folder: Path, table: Path) -> None:
    """Prints the act: its commands, what they say, and a table that compares three trainings."""
    print("\n" + bold("Act 3: gradients that vanish and explode"))
    print(
        "Ten layers of logistic units, trained as in the lecture. S' is at most 1/4, so little of the error comes back:"
    )
    stage.run("flow", "--depth", "10", "--activation", "logistic,tanh")
    print(
        "\nThe same depth on the diabetes table. It does not learn, and is asked why, and to try the first remedy:"
    )
    deep = str(folder / "deep")
    stage.train(
        str(table), *SETTINGS, "--hidden", DEEP, "--activation", "logistic", "--epochs", "100", "--out", deep
    )
    stage.run("diagnose", deep, "--try")

    print("\nTen relu layers with starting weights that are too large: every layer doubles what comes back.")
    wide = [str(table), *SETTINGS, "--hidden", WIDE, "--activation", "relu", "--start", "uniform"]
    wide += ["--learning-rate", "0.01", "--epochs", "40"]
    cures = {
        "unclipped": [],
        "clipped": ["--clip", "82"],
        "clipped, with L2": ["--clip", "82", "--penalty", "0.05"],
    }
    runs = {name: str(folder / f"exploding-{n}") for n, name in enumerate(cures)}
    for name, words in cures.items():
        stage.train(*wide, *words, "--out", runs[name])
    print("\n" + _compared(runs))
    stage.run("diagnose", runs["unclipped"], "--try", "clip")


def _compared(runs: dict[str, str]) -> str:
    from deltarule.health.snapshot import norm
    from deltarule.runs import load

    rows: list[list[str]] = []
    for name, folder in runs.items():
        run = load(folder)
        error = run.history.error
        judged = run.metrics["test"]["targets"]["progression"]["rmse"]
        weights = [norm(network.theta[network.shape.weight_mask()]) for network in (run.start, run.network)]
        ended = f"{error[-1]:.4g}" if len(error) and run.outcome.name != "diverged" else "no number"
        told = f"{judged:.4g}" if judged is not None and judged < 1e6 else "beyond all measure"
        rows.append([name, run.outcome.name, ended, f"{weights[0]:.4g}", f"{weights[1]:.4g}", told])
    return columns(["", "ended", "training error", "‖W‖ before", "‖W‖ after", "RMSE on test rows"], rows)
