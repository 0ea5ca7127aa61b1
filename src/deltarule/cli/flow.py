"""`deltarule flow`: the lecture's picture of the gradient on its way back through a deep network, untrained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deltarule.cli.printing import as_json, columns, room, wrapped
from deltarule.errors import InputError

if TYPE_CHECKING:
    from deltarule.network import Network

PRODUCTS = "Π runs from the output back to the layer"
BOUND = "max|S'| is 1/4 for logistic units, so (1/4)^(L−m) is their bound"


def flow(
    depth: Annotated[
        int, typer.Option("--depth", metavar="L", min=2, max=1000, help="Layers with weights.")
    ] = 10,
    activation: Annotated[
        str,
        typer.Option(
            "--activation", metavar="NAME[,NAME]", help="Of the hidden layers, one network for each."
        ),
    ] = "logistic,tanh,relu",
    scale: Annotated[float, typer.Option("--scale", help="Multiplies the starting weights.")] = 1.0,
    width: Annotated[
        int, typer.Option("--width", metavar="UNITS", min=1, max=4096, help="Units of every hidden layer.")
    ] = 16,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", metavar="NAME", help="Starting weights  [what suits the activation: glorot, he, lecun]"
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1, max=100_000, help="Random samples that pass through.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of weights and samples.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Draw the picture: flow.svg, flow.png or flow.pdf."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the picture's file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Show how much of the gradient reaches each layer of a deep network, one line an activation."""
    import numpy as np

    from deltarule.health.flow import COLUMNS, gradient_flow
    from deltarule.pictures.canvas import check_suffix, save
    from deltarule.whole_file import refuse_replacing

    if not 0 < abs(scale) < float("inf"):
        raise InputError(f"--scale must be a number other than 0, got {scale:g}")
    names = _names(activation)
    if out is not None:
        check_suffix(out)
        refuse_replacing(out, force)
    random = np.random.default_rng(seed)
    X = random.standard_normal((rows, width))
    D = np.sin(X @ random.standard_normal((width, 1)) / width**0.5)
    networks = {name: _network([width] * depth + [1], name, start, scale, seed) for name in names}
    found = gradient_flow(networks, X, D)
    if out is not None:
        from deltarule.pictures.gradient_flow import gradient_flow as draw

        save(draw(found), out, force=force)
    if json:
        print(as_json(found.table))
        return
    lines = [
        [f"{cell:.3g}" if isinstance(cell, float) else cell for cell in row.values()] for row in found.table
    ]
    print(found.drawing())
    print(f"\n{columns(list(COLUMNS.values()), lines, indent='', width=room(), again=2)}\n")
    print(wrapped(f"{'; '.join([PRODUCTS, BOUND] if 'logistic' in networks else [PRODUCTS])}.", room()))
    if out is not None:
        print(f"Drawn in {out}.")


def _names(typed: str) -> list[str]:
    """Those of the activations, each once; refused where one is not for hidden layers."""
    from deltarule.equations.activations import activation

    names = list(dict.fromkeys(word.strip() for word in typed.split(",") if word.strip()))
    if not names:
        raise InputError("--activation needs at least one name, as in logistic,tanh,relu")
    for name in names:
        if activation(name, hidden=True).output_only:
            raise InputError(
                f"--activation is for hidden layers, and '{name}' is for the output only: leave it out"
            )
    return names


def _network(sizes: list[int], activation: str, start: str | None, scale: float, seed: int) -> Network:
    """Untrained, its weights multiplied by `scale`."""
    from deltarule.health.remedy import matched_start
    from deltarule.network import Network

    network = Network(sizes, activation, start=start or matched_start(activation), seed=seed)
    network.theta[network.shape.weight_mask()] *= scale
    return network
