"""`deltarule descend`: a typed function, its gradient and Hessian as formulas, and the way down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deltarule.cli.printing import as_json, bold, columns, number, python, room, wrapped
from deltarule.cli.stage import INTERRUPTED
from deltarule.errors import ExpressionError, InputError
from deltarule.sentences import count

if TYPE_CHECKING:
    from deltarule.descent.descending import Descent

FIRST, LAST, WIDEST = 6, 4, 100
SAME = 1e-4  # how far apart two ends may lie and count as one place


def descend(
    formula: Annotated[str, typer.Argument(metavar="FORMULA", help='Such as "x1**2+3*x1*x2+5*x2**2".')],
    starts: Annotated[
        list[str],
        typer.Option(
            "--from",
            metavar="2,1",
            help="Where to start, x2 before x10, or by name: x1=2,x2=1. May be given again.",
        ),
    ],
    rule: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="gradient, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam, lbfgs, bfgs, newton, cg, scg "
            "or rprop.",
        ),
    ] = "gradient",
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="ETA", help="The step's length  [gradient: found anew at each step]"),
    ] = None,
    steps: Annotated[int, typer.Option(metavar="N", help="At most so many.")] = 1000,
    tolerance: Annotated[
        float, typer.Option(metavar="G", help="Ends where the gradient's length is at most this.")
    ] = 1e-8,
    everything: Annotated[bool, typer.Option("--all", help="Show every step.")] = False,
    picture: Annotated[
        str | None,
        typer.Option(
            "--picture", metavar="FILE", help="Draw contours with the paths and −∇f: .svg, .png or .pdf."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the picture if it is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with the whole path.")] = False,
) -> None:
    """Walk down a function of many variables; show its gradient, its Hessian, the path and the kind of point."""
    from deltarule.descent.descending import descend as walk

    if picture is not None:
        from deltarule.objectives.formula import Formula
        from deltarule.pictures.canvas import check_suffix
        from deltarule.pictures.contour import check_plane
        from deltarule.whole_file import refuse_replacing

        check_plane(Formula(formula).names)
        check_suffix(Path(picture))
        refuse_replacing(picture, force)
    formula = formula.strip()
    downs: list[Descent] = []
    for start in starts:
        downs.append(walk(formula, _start(start), rule, learning_rate, steps, tolerance))
        if downs[-1].outcome.name == "interrupted":
            break
    if picture is not None:
        from deltarule.pictures.canvas import save
        from deltarule.pictures.contour import contour

        save(contour(downs), picture, force=force)
    if json:
        records = [_record(down) for down in downs]
        print(as_json(records[0] if len(starts) == 1 else records))
    else:
        asked = {"rule": rule, "learning_rate": learning_rate, "steps": steps, "tolerance": tolerance}
        print(wrapped("\n\n".join(_told(formula, starts, downs, everything, asked)), room()))
        if picture is not None:
            print(f"\nDrawn in {picture}")
    if downs[-1].outcome.name == "interrupted":
        raise typer.Exit(INTERRUPTED)


def _told(
    formula: str,
    starts: list[str],
    downs: list[Descent],
    everything: bool,
    asked: dict[str, Any],
) -> list[str]:
    call = f"In Python: {python(_call(formula, starts, asked))}"
    heading = "\n".join([f"f   = {downs[0].objective.formula}", _derivatives(downs[0])])
    screens = [_path(downs[0], everything), _end(downs[0])] if len(downs) == 1 else [_ends(downs)]
    return [heading, *screens, call]


def _start(typed: str) -> list[float] | dict[str, float]:
    parts = [part.strip() for part in typed.split(",")]
    try:
        if all("=" in part for part in parts):
            named = [part.split("=", 1) for part in parts]
            return {name.strip(): float(value) for name, value in named}
        return [float(part) for part in parts]
    except ValueError:
        raise InputError(f"--from takes numbers such as 2,1 or x1=2,x2=1, got '{typed}'.") from None


def _call(formula: str, starts: list[str], asked: dict[str, Any]) -> str:
    """The call that walks the same way; what is as usual is left out."""
    from inspect import signature

    from deltarule.descent.descending import descend as walk

    usual = signature(walk).parameters
    parts = [repr(formula), "start" if len(starts) > 1 else _literal(starts[0])]
    parts += [f"{name}={value!r}" for name, value in asked.items() if value != usual[name].default]
    call = f"deltarule.descend({', '.join(parts)})"
    return f"[{call} for start in ({', '.join(map(_literal, starts))})]" if len(starts) > 1 else call


def _literal(typed: str) -> str:
    start = _start(typed)
    if isinstance(start, dict):
        return repr({name: _short(value) for name, value in start.items()})
    return repr([_short(value) for value in start])


def _short(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _end(down: Descent) -> str:
    at = "  ".join(f"{name} = {number(float(value))}" for name, value in zip(down.names, down.x, strict=True))
    return "\n".join(
        [
            bold(f"{down.kind[0].upper()}{down.kind[1:]}: f = {number(down.value)} at {at}"),
            f"  {_bend(down)}",
            f"  {down.outcome}",
        ]
    )


def _bend(down: Descent) -> str:
    """What tells the kind of point."""
    from deltarule.descent.kinks import jumps

    if down.kind == "kink":
        names = ["f'"] if len(down.names) == 1 else [f"∂f/∂{name}" for name in down.names]
        slopes = "; ".join(
            f"{names[int(i)]} jumps from {_slope(below)} to {_slope(above)}"
            for i, below, above in jumps(down.objective, down.x).tolist()
        )
        return f"f has a kink there and no second derivative: {slopes}"
    eigenvalues = ", ".join(number(float(value)) for value in down.eigenvalues)
    values = (
        f"eigenvalues of ∇²f there: {eigenvalues}" if len(down.names) > 1 else f"f'' there: {eigenvalues}"
    )
    return (
        f"{values}; a 0 at the stationary point leaves its kind open" if down.kind == "degenerate" else values
    )


def _slope(value: float) -> str:
    return number(value).replace("inf", "∞")


def _ends(downs: list[Descent]) -> str:
    """A row a start, and where the starts lead apart."""
    import numpy as np

    places: list[Descent] = []
    rows: list[list[Any]] = []
    for down in downs:
        same = (i for i, other in enumerate(places) if np.allclose(down.x, other.x, rtol=SAME, atol=SAME))
        place = next(same, len(places))
        if place == len(places):
            places.append(down)
        start = ", ".join(number(float(value)) for value in down.path[0])
        outcome = f"{down.outcome.name} at {down.outcome.step}"
        rows.append([start, outcome, down.kind, str(place + 1), *map(float, down.x), down.value])
    table = columns(
        ["from", "outcome", "kind", "place", *downs[0].names, "f"], rows, left=3, width=room(), again=1
    )
    lowest = min(places, key=lambda down: down.value)
    told = f"The {len(downs)} starts end in {count(len(places), 'place')}"
    return f"{table}\n\n{told}; the lowest f is {number(lowest.value)}, at place {places.index(lowest) + 1}."


def _derivatives(down: Descent) -> str:
    try:
        slopes, curvature = down.gradient_formula, down.hessian_formula
    except ExpressionError as fault:
        return f"∇f and ∇²f: {fault}"
    lines = [f"∇f  = {slopes}" if len(down.names) > 1 else f"f'  = {(slopes or ('',))[0]}"]
    lines.append(f"∇²f = {curvature}" if len(down.names) > 1 else f"f'' = {(curvature or (('',),))[0][0]}")
    if max(map(len, lines)) <= min(WIDEST, room()):
        return "\n".join(lines)
    names = down.names
    lines = [f"∂f/∂{name} = {slope}" for name, slope in zip(names, slopes or (), strict=True)]
    for i, row in enumerate(curvature or ()):
        lines += [f"∂²f/∂{names[i]}∂{names[j]} = {row[j]}" for j in range(i, len(names))]
    return "\n".join(lines)


def _path(down: Descent, everything: bool) -> str:
    import numpy as np

    shown: list[int | None] = list(range(len(down.path)))
    if not everything and len(shown) > FIRST + LAST + 1:
        shown[FIRST:-LAST] = [None]
    rows: list[list[Any]] = []
    for step in shown:
        if step is None:
            rows.append(["…"] * (len(down.names) + 3))
            continue
        value, g = down.objective.gradient(down.path[step])
        with np.errstate(over="ignore"):
            rows.append([str(step), *map(float, down.path[step]), value, float(np.linalg.norm(g))])
    size = "‖∇f‖" if len(down.names) > 1 else "|f'|"
    title = f"The path, {count(len(down.path) - 1, 'step')}"
    return f"{title}\n{columns(['step', *down.names, 'f', size], rows, left=0, width=room(), again=1)}"


def _record(down: Descent) -> dict[str, Any]:
    try:
        slopes, curvature = down.gradient_formula, down.hessian_formula
    except ExpressionError:
        slopes = curvature = None
    return {
        "formula": str(down.objective.formula),
        "names": list(down.names),
        "gradient_formula": None if slopes is None else [str(slope) for slope in slopes],
        "hessian_formula": None
        if curvature is None
        else [[str(entry) for entry in row] for row in curvature],
        "x": down.x,
        "value": down.value,
        "gradient": down.gradient,
        "hessian": down.hessian,
        "eigenvalues": down.eigenvalues,
        "kind": down.kind,
        "outcome": {"name": down.outcome.name, "step": down.outcome.step, "message": down.outcome.message},
        "path": down.path,
        "values": down.values,
    }
