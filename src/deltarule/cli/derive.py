"""`deltarule derive`: ∂E/∂w of one weight, step by step, as formulas and in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deltarule.cli.network_argument import Subject, is_sizes, subject_of
from deltarule.cli.printing import as_json, bold
from deltarule.errors import InputError
from deltarule.whole_file import write_whole

if TYPE_CHECKING:
    from deltarule.lecture.derivation import Derivation


PROVED = "SymPy differentiates the unfolded E; ours - SymPy's, over one denominator and expanded, is 0"


def derive(
    network: Annotated[
        str, typer.Argument(metavar="NETWORK", help="Sizes such as 2-2-1, or the folder of a run.")
    ],
    weight: Annotated[
        str, typer.Argument(metavar="WEIGHT", help='"w_12^(0,1)" or 0,1:1,2; a bias "b_2^(1)" or 1:2.')
    ],
    second: Annotated[
        str | None,
        typer.Option("--second", metavar="WEIGHT", help="The second derivative, by this weight too."),
    ] = None,
    notation: Annotated[
        Literal["lecture", "layer", "textbook"],
        typer.Option("--notation", help="How quantities are written."),
    ] = "lecture",
    activation: Annotated[
        str | None,
        typer.Option("--activation", metavar="NAME", help="With sizes: the hidden units'  [logistic]"),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output-activation", metavar="NAME", help="With sizes: the outputs'  [logistic]"),
    ] = None,
    bias: Annotated[bool | None, typer.Option("--bias/--no-bias", help="With sizes: biases  [no]")] = None,
    loss: Annotated[
        str | None,
        typer.Option("--loss", metavar="NAME", help="With sizes: the error  [mse; of softmax cross_entropy]"),
    ] = None,
    penalty: Annotated[
        str | None,
        typer.Option("--penalty", metavar="L", help="With sizes: 0.01, l1:0.01 or elastic:0.01,0.1"),
    ] = None,
    row: Annotated[
        int | None,
        typer.Option(
            "--row",
            help="With a run: the row of the table shown in numbers, from 1  [the first training row]",
        ),
    ] = None,
    at: Annotated[
        Literal["start", "end"] | None,
        typer.Option("--at", help="With a run: weights before or after the training  [end]"),
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", metavar="FILE", help="With a run: the table, where it has moved.")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Hold it against SymPy's derivative of the unfolded E.")
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print the formulas as LaTeX.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Also write the network, paths lit: .svg or .tex"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the picture's file.")] = False,
) -> None:
    """Derive the gradient of one weight: its paths, the chain of factors, with δ, and in numbers."""
    from deltarule.lecture.derivation import derive as derived

    if is_sizes(network):
        _refuse_options_of_runs(network, row, at, table)
    asked = subject_of(
        network,
        activation=activation,
        output=output,
        bias=bias,
        loss=loss,
        penalty=penalty,
        table=table,
        at=at or "end",
    )
    sample = asked.sample(row)
    found = derived(
        asked.network, weight, asked.loss, asked.penalty, notation, second, asked.X, asked.D, sample
    )
    if picture is not None:
        _draw(picture, asked, weight, notation, force)
    proof = _proof(found) if prove else None
    if json:
        print(as_json(_record(found, proof)))
    elif latex:
        print("\n".join(formula for step in found.steps for formula in step.latex))
        if proof is not None:
            print(f"% Proof: {_said(proof)}")
    else:
        print("\n\n".join(_screens(found, proof, _whose(asked, sample) if second is None else "")))


def _whose(asked: Subject, sample: int) -> str:
    """Which row of the table the numbers are of."""
    return f"Sample {sample} is row {asked.rows[sample - 1]} of {asked.run.source.path}." if asked.run else ""


def _refuse_options_of_runs(sizes: str, row: int | None, at: str | None, table: str | None) -> None:
    for option, given, lacks in (
        ("--row", row is not None, "has no rows"),
        ("--at", at is not None, "was not trained"),
        ("--table", table is not None, "has no table"),
    ):
        if given:
            raise InputError(f"{option} is for a run; {sizes} is sizes alone and {lacks}: leave {option} out")


def _screens(found: Derivation, proof: bool | None, whose: str) -> list[str]:
    screens: list[str] = []
    for at, step in enumerate(found.steps, 1):
        title, *formulas = step.text.splitlines()
        head, _, words = title.partition(":")
        screens.append("\n".join([f"{bold(f'{at}. {head}')}:{words}", *formulas]))
    screens += [whose] if whose else []
    if proof is not None:
        screens.append(f"{bold('Proof')}: {_said(proof)}")
    return screens


def _said(proof: bool) -> str:
    return PROVED if proof else "SymPy did not bring ours - its own derivative of E to 0"


def _proof(found: Derivation) -> bool:
    if found.shape.size > 60:
        raise InputError(
            f"--prove unfolds E, which is feasible up to 60 weights; this network has {found.shape.size}"
        )
    return found.prove()


def _record(found: Derivation, proof: bool | None) -> dict[str, Any]:
    steps = [
        {
            "title": step.title,
            "words": step.words,
            "lines": [line.text(found.names) for line in step.lines],
            "latex": step.latex,
        }
        for step in found.steps
    ]
    record: dict[str, Any] = {
        "text": found.text,
        "latex": found.latex,
        "mathml": found.mathml,
        "steps": steps,
    }
    return record if proof is None else {**record, "proved": proof}


def _draw(file: Path, asked: Subject, weight: str, notation: str, force: bool) -> None:
    from deltarule.lecture.drawing import draw

    if file.suffix not in (".svg", ".tex"):
        raise InputError(f"--picture writes .svg or .tex, got '{file}'")
    drawing = draw(asked.network, "symbols", notation, weight=weight)
    write_whole(file, (drawing.svg if file.suffix == ".svg" else drawing.tikz) + "\n", force)
