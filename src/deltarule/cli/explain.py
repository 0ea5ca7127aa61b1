"""`deltarule explain`: the whole computation of one row, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deltarule.cli.printing import as_json, bold, columns, number, room, wrapped
from deltarule.errors import InputError
from deltarule.sentences import count

if TYPE_CHECKING:
    from deltarule.network import Step
    from deltarule.runs.explanation import Explanation


MOST_LINES = 40


def explain(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder that deltarule train wrote.")],
    row: Annotated[
        int, typer.Option("--row", help="Which row of the file, counted from 1 without the header.")
    ],
    at: Annotated[
        Literal["start", "end"], typer.Option("--at", help="With the weights before or after the training.")
    ] = "end",
    step: Annotated[
        float | None,
        typer.Option(
            "--step", metavar="ETA", help="Show one step of gradient descent with this learning rate."
        ),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            "--weight",
            metavar="W",
            help='One weight: "w_12^(0,1)", or 0,1:1,2 without quotes; 1:2 is b_2^(1).',
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All units and weights, also above 40.")] = False,
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="FILE", help="The table, where it has moved since the training."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the computation of one row: x, net, y, o, d, l, E, and the gradient of every weight."""
    from deltarule.runs.explanation import explain as explained
    from deltarule.runs.run import load, table_of

    if step is not None and not 0 < step < float("inf"):
        raise InputError(f"--step is a learning rate and must be a number above 0, got {step:g}")
    found = load(run)
    explanation = explained(found, table_of(found, table), row, at)
    chosen = explanation.chosen(weight, everything)
    taken = None if step is None else explanation.step(step)
    if json:
        print(as_json(_record(explanation, chosen, taken)))
    else:
        screens = _screens(explanation, chosen, taken, weight is not None, everything)
        print(wrapped("\n\n".join(screens), room()))


def _screens(
    e: Explanation, chosen: list[int], step: Step | None, weight: bool, everything: bool
) -> list[str]:
    shape = e.network.shape
    sizes = "-".join(map(str, shape.sizes))
    judged = {
        "training": "a training row",
        "validation": "a validation row",
        "test": "a test row: it was not trained on",
    }[e.part]
    when = "before the training" if e.at == "start" else "after the training"
    screens = [
        bold(f"Row {e.row} of {e.run.source.path} ({judged}), {sizes} network {when}"),
        _inputs(e, everything),
    ]
    screens += [_layer(e, m, everything) for m in range(1, shape.layers + 1)]
    screens.append(_error(e))
    screens.append(_chain(e, chosen[0]) if weight else _sample_gradient(e, chosen))
    screens.append(_mean_gradient(e, chosen, step))
    return screens


def _inputs(e: Explanation, everything: bool) -> str:
    names = e.run.model.inputs.names
    raw = _lines(["column", "cell"], e.cells, everything, left=2)
    units = e.run.model.inputs.units
    named = [(f"x_{i + 1}  {name}", float(x)) for i, (name, x) in enumerate(zip(names, e.x, strict=True))]
    headings, rows = ["input", "x"], [list(entry) for entry in named]
    title = f"x_n: the row as it stands, and as the network sees it (scale: {e.run.model.inputs.scale})"
    if any(unit != (0.0, 1.0) for unit in units):
        headings = ["input", "value", "center", "spread", "x"]
        rows = [
            [
                name,
                center + spread * x,
                *([None, None] if (center, spread) == (0.0, 1.0) else [center, spread]),
                x,
            ]
            for (name, x), (center, spread) in zip(named, units, strict=True)
        ]
        title += ", x = (value - center)/spread"
    return f"{title}\n{raw}\n\n{_lines(headings, rows, everything)}"


def _layer(e: Explanation, m: int, everything: bool) -> str:
    shape = e.network.shape
    last = m == shape.layers
    y, before = ("o" if last else "y"), ("x" if m == 1 else f"y^({m - 1})")
    bias = f" + b^({m})" if shape.bias else ""
    name = f"Layer {m}{', the output' if last else ''}"
    title = f"{name}: net = {before} W^({m - 1},{m}){bias}, {y} = S(net), S is {shape.activations[m - 1]}"
    values = [e.trace.net[m - 1][0], e.trace.y[m][0], e.S_prime(m)]
    headings = ["unit", f"net^({m - 1},{m})", y if last else f"y^({m})", "S'(net)"]
    if last:
        assert e.trace.residual is not None
        values += [e.d, e.trace.residual[0]]
        headings += ["d", "l = o - d"]
    values.append(e.sample.delta[m - 1][0])
    headings.append("∂E_n/∂net")
    names = [
        f"{j + 1}  {e.run.model.targets.names[j]}" if last else str(j + 1) for j in range(shape.sizes[m])
    ]
    rows = [[name, *(float(v[j]) for v in values)] for j, name in enumerate(names)]
    return f"{title}\n{_lines(headings, rows, everything)}"


def _lines(headings: Sequence[str], rows: Sequence[Sequence[Any]], everything: bool, left: int = 1) -> str:
    """A table, cut after forty lines unless everything is asked for."""
    if everything or len(rows) <= MOST_LINES:
        return _table(headings, rows, left)
    return f"{_table(headings, rows[:MOST_LINES], left)}\n  … {len(rows) - MOST_LINES} more, --all shows them"


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]], left: int = 1) -> str:
    """A table that fits the terminal."""
    return columns(headings, rows, left=left, width=room())


def _error(e: Explanation) -> str:
    from deltarule.lecture.links import Links
    from deltarule.lecture.rendering import text
    from deltarule.lecture.rules import loss_value
    from deltarule.lecture.symbols import Symbols

    told = [f"{name} {number(value)}, was {number(e.wanted[name])}" for name, value in e.predicted.items()]
    links = Links(e.network.shape, e.run.model.loss)
    k = links.unit(links.last)
    E_n = links.over(links.last, k, loss_value(links.loss, links.y(links.last, k), links.d(k)))
    scaled = [
        f"d_n{k} = ({name} - center)/spread = ({number(e.wanted[name])} {'-+'[c < 0]} {number(abs(c))})/{number(s)} "
        f"= {number(float(d))}; predicted {name} = center + spread*o_n{k}"
        for k, (name, (c, s), d) in enumerate(zip(e.wanted, e.target_units, e.d, strict=False), 1)
        if (c, s) != (0.0, 1.0)
    ]
    return "\n".join(
        [
            f"E_n = {text(E_n, Symbols(links.shape))} = {number(float(e.sample.error))}",
            *scaled,
            f"Predicted in the table's own unit: {'; '.join(told)}",
        ]
    )


def _sample_gradient(e: Explanation, chosen: list[int]) -> str:
    shape = e.network.shape
    rows: list[list[Any]] = []
    for p in chosen:
        m, i, j, _ = shape.locate(shape.address(p))
        net = f"∂E_n/∂net_{j}^({m - 1},{m})"
        if i is None:
            factors = [1.0, net]
        else:
            factors = [float(e.trace.y[m - 1][0, i - 1]), net]
        rows.append(
            [
                shape.address(p),
                float(e.network.theta[p]),
                *factors,
                float(e.sample.delta[m - 1][0, j - 1]),
                float(e.sample.theta[p]),
            ]
        )
    title = f"∂E_n/∂w_ij = y_i · ∂E_n/∂net_j for this row alone{_cut(e, chosen)}"
    return title + "\n" + _table(["weight", "w", "y_i", "times", "= value", "∂E_n/∂w"], rows)


def _chain(e: Explanation, p: int) -> str:
    """One weight's gradient: its factors, the number, and the difference quotient beside it."""
    from deltarule.lecture.symbols import Symbols

    names = Symbols(e.network.shape)
    chain = e.chain(p, names)
    told: list[str] = []
    for factor in chain.factors:
        given = f"  ({factor.given.text(names)})" if factor.given else ""
        told += [factor.line.text(names) + given, *(f"    {digits}" for digits in factor.digits)]
    check = _table(
        ["the same number, twice", ""],
        [
            ["backpropagation", number(chain.value, 10)],
            ["difference quotient (E_n(w+h) - E_n(w-h))/2h", number(chain.quotient, 10)],
            ["difference", number(chain.difference, 2)],
        ],
    )
    return "\n".join(told) + "\n\n" + check


def _mean_gradient(e: Explanation, chosen: list[int], step: Step | None) -> str:
    names = [e.network.shape.address(p) for p in chosen]
    theta, mean, penalty = e.network.theta, e.mean.theta, e.penalty
    total = mean + penalty
    penalised = bool(penalty.any())
    averaged = "(1/N) Σ_n ∂E_n/∂w" if e.s is None else "(1/Σ_n s_n) Σ_n s_n ∂E_n/∂w"
    headings = ["weight", "w"] + ([averaged, "penalty"] if penalised else []) + ["∂E/∂w"]
    rows = [
        [name, float(theta[p]), *([float(mean[p]), float(penalty[p])] if penalised else []), float(total[p])]
        for name, p in zip(names, chosen, strict=True)
    ]
    title = (
        f"∂E/∂w = {averaged}{' + penalty' if penalised else ''} over the {count(len(e.X), 'training row')}"
    )
    if e.s is not None:
        title += f", s_n from the column '{e.run.settings['weights']}'"
    if step is None:
        return f"{title}\n{_table(headings, rows)}"
    rows = [
        [*row, float(step.after[p] - step.before[p]), float(step.after[p])]
        for row, p in zip(rows, chosen, strict=True)
    ]
    eta = number(step.learning_rate)
    table = _table([*headings, f"Δw = -{eta} ∂E/∂w", "w + Δw"], rows)
    fell = "fell" if step.error_after < step.error_before else "did not fall: the step is too long"
    E = "E + penalty" if penalised else "E"
    before, after = number(step.error_before, 9), number(step.error_after, 9)
    return f"{title}\n{table}\n\n{E} before {before}, after {after}: it {fell}"


def _cut(e: Explanation, chosen: list[int]) -> str:
    P = e.network.shape.size
    return f" (the {len(chosen)} largest of {P}; --all shows all)" if 1 < len(chosen) < P else ""


def _record(e: Explanation, chosen: list[int], step: Step | None) -> dict[str, Any]:
    shape, theta = e.network.shape, e.network.theta
    weights = [
        {
            "weight": shape.address(p),
            "w": theta[p],
            "sample_gradient": e.sample.theta[p],
            "mean_gradient": e.mean.theta[p],
            "penalty_gradient": e.penalty[p],
            **({"change": step.after[p] - step.before[p], "after": step.after[p]} if step else {}),
        }
        for p in chosen
    ]
    record: dict[str, Any] = {
        "row": e.row,
        "part": e.part,
        "at": e.at,
        "cells": dict(e.cells),
        "inputs": e.run.model.inputs.names,
        "x": e.x,
        "net": [net[0] for net in e.trace.net],
        "y": [y[0] for y in e.trace.y],
        "d": e.d,
        "l": None if e.trace.residual is None else e.trace.residual[0],
        "error": e.sample.error,
        "net_gradient": [delta[0] for delta in e.sample.delta],
        "predicted": e.predicted,
        "wanted": e.wanted,
        "weights": weights,
    }
    if step:
        record["step"] = {
            "learning_rate": step.learning_rate,
            "error_before": step.error_before,
            "error_after": step.error_after,
        }
    return record
