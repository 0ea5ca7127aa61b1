"""Draws the pictures of the documentation from real runs: `python docs/pictures.py` writes them beside this file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deltarule.cli.demo import write_linnerud
from deltarule.diagram import lay_out, svg
from deltarule.diagram.labels import number
from deltarule.diagram.weights import weights_content
from deltarule.lecture.drawing import draw
from deltarule.network import Network
from deltarule.runs import train_table
from deltarule.runs.explanation import Explanation, explain
from deltarule.tables import read_table

HERE = Path(__file__).parent


def linnerud() -> Explanation:
    """Row 1 of the demo's first act."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "linnerud.csv"
        write_linnerud(path)
        run = train_table(path, ("Weight", "Waist"), hidden=(4,), lecture=True, learning_rate=1.0, test=0.0)
        return explain(run, read_table(path), row=1)


def network(e: Explanation) -> str:
    """The network with its weights, and what each unit puts out for this row."""
    sizes = e.network.sizes
    inputs = {(0, i): name for i, name in enumerate(e.run.model.inputs.names, 1)}
    outputs = {(len(sizes) - 1, k): name for k, name in enumerate(e.run.model.targets.names, 1)}
    values = {
        (m, j): number(float(y)) for m, layer in enumerate(e.trace.y) for j, y in enumerate(layer[0], 1)
    }
    content = replace(
        weights_content(sizes, e.network.W),
        above={**inputs, **outputs},
        below=values,
        matrices=(),
        caption="Linnerud's twenty men, row 1: chin-ups, sit-ups, jumps → weight, waist (all scaled)",
    )
    return svg(lay_out(sizes, content))


def symbols() -> str:
    """The lecture's 3-4-2 network with its symbols; the paths of w_12^(0,1) to E are lit."""
    return draw(Network.lecture([3, 4, 2]), "symbols", weight="w_12^(0,1)").svg


if __name__ == "__main__":
    (HERE / "symbols.svg").write_text(symbols(), encoding="utf-8")
    (HERE / "network.svg").write_text(network(linnerud()), encoding="utf-8")
