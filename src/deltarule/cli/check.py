"""`deltarule check`: the gradient of every weight by formula, backpropagation, difference and complex step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from deltarule.cli.network_argument import is_sizes, subject_of
from deltarule.cli.printing import as_json, bold, columns, room, wrapped
from deltarule.errors import InputError
from deltarule.sentences import count

_SHOWN = 40  # weights up to which all are shown


def check(
    network: Annotated[
        str, typer.Argument(metavar="NETWORK", help="The folder of a run, or sizes such as 2-2-1.")
    ],
    rows: Annotated[int, typer.Option("--rows", metavar="N", help="How many training rows to take.")] = 50,
    at: Annotated[
        Literal["start", "end"],
        typer.Option("--at", help="With a run: weights before or after the training."),
    ] = "end",
    everything: Annotated[bool, typer.Option("--all", help="Show all weights, also above 40.")] = False,
    table: Annotated[
        str | None, typer.Option("--table", metavar="FILE", help="With a run: the table, where it has moved.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the gradient of every weight several ways, each difference in units of its error bound.

    Ends with 1 where a weight does not hold.
    """
    import numpy as np

    from deltarule.equations.memory import refuse_beyond
    from deltarule.lecture.check import check_gradient

    if rows < 1:
        raise InputError(f"--rows must be at least 1, got {rows}")
    asked = subject_of(network, table=table, at=at)
    X, D = asked.X, asked.D
    if is_sizes(network):
        sizes = asked.network.sizes
        refuse_beyond(64 * rows * sum(sizes), f"a check on {rows:,} rows", "give fewer with --rows")
        random = np.random.default_rng(0)
        X = random.normal(size=(rows, asked.network.sizes[0]))
        D = random.uniform(0.1, 0.9, (rows, asked.network.sizes[-1]))
    found = check_gradient(asked.network, X[:rows], D[:rows], asked.loss, asked.penalty)
    headings, cells = found.rows()
    if json:
        print(
            as_json({"holds": found.holds, "layers": _layers(found.layers), "weights": _records(found.table)})
        )
    else:
        order = sorted(
            range(len(cells)), key=lambda at: (found.table[at].verdict != "fails", -found.table[at].off)
        )
        shown = list(range(len(cells))) if everything or len(cells) <= _SHOWN else order[:_SHOWN]
        cut = (
            ""
            if len(shown) == len(cells)
            else f" (the {_SHOWN} farthest off of {len(cells)}; --all shows all)"
        )
        title = (
            f"∂E/∂w on {count(len(X[:rows]), 'row')}{' of random numbers' if is_sizes(network) else ''}{cut}"
        )
        table_of_weights = columns(headings, [cells[at] for at in shown], width=room())
        print(wrapped(f"{bold(title)}\n{table_of_weights}\n\n{found.summary}", room()))
    if not found.holds:
        raise typer.Exit(1)


def _layers(layers: dict[str, tuple[int, int, int]]) -> dict[str, dict[str, int]]:
    return {name: dict(zip(("hold", "fail", "kink"), counts, strict=True)) for name, counts in layers.items()}


def _records(table: Any) -> list[dict[str, Any]]:
    fields = ("symbolic", "backpropagation", "kernel", "difference", "bound", "complex_step", "verdict")
    return [{"weight": row.address, **{name: getattr(row, name) for name in fields}} for row in table]
