"""A finished run: how good it is, its pictures, one row's way through the network, one weight's derivative."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Literal
from xml.etree import ElementTree

from deltarule.diagram import lay_out
from deltarule.diagram.labels import number
from deltarule.diagram.layout import Content, drawn_units
from deltarule.diagram.weights import unit_output, weights_content
from deltarule.errors import DeltaruleError, UnknownName
from deltarule.lecture.check import check_gradient
from deltarule.lecture.derivation import derive
from deltarule.lecture.rendering import mathml
from deltarule.lecture.symbols import Symbols
from deltarule.pictures.canvas import svg
from deltarule.runs.explanation import Explanation
from deltarule.runs.explanation import explain as explained
from deltarule.runs.folder import read_record
from deltarule.runs.glance import glance
from deltarule.runs.judgement import TELLING, verdict
from deltarule.runs.resuming import UNFINISHED
from deltarule.studio.answers import Answer
from deltarule.studio.drawing import drawing, named
from deltarule.studio.opened import RunAsked, Runs
from deltarule.studio.planning import LARGEST_PICTURE
from deltarule.studio.telling import curve, spread

CHECKED = 32  # rows by which every gradient is checked
LISTED = 60  # units of a layer listed with their numbers
_DRAWING = threading.Lock()  # matplotlib's settings are one for all threads


class FigureAsked(RunAsked):
    """Which figure of a run."""

    figure: str


class RowAsked(RunAsked):
    """Which row, counted from 1, before or after the training; which weight is lit, or derived."""

    row: int = 1
    at: Literal["start", "end"] = "end"
    weight: str | None = None
    notation: Literal["lecture", "layer", "textbook"] = "lecture"


def listed(runs: Runs) -> list[dict[str, Any]]:
    """Every run of the folder in a few words; one that cannot be read says why."""
    return [_in_short(runs, name) for name in runs.folder.runs()]


def _in_short(runs: Runs, name: str) -> dict[str, Any]:
    try:
        record = read_record(runs.folder.run(name))
        return {
            "name": name,
            "target": record["settings"]["target"],
            "table": record["table"]["path"],
            "sizes": record["network"]["sizes"],
            "outcome": record["outcome"]["name"],
            "created": record["created"],
            "judged": glance(record["metrics"], record["model"]["loss"]["name"]),
        }
    except (DeltaruleError, KeyError, TypeError) as fault:
        return {"name": name, "error": str(fault)}


def summary(runs: Runs, asked: RunAsked) -> dict[str, Any]:
    """What is told from the run alone."""
    opened = runs.opened(asked.run)
    run, report = opened.run, opened.brief
    head, *scores = report.scores
    return {
        "name": opened.name,
        "headline": report.headline,
        "verdict": verdict(run),
        "summary": report.summary,
        "scores": [head, *([TELLING.get(who, who), *cells] for who, *cells in scores)],
        "settings": report.settings,
        "command": report.command,
        "folder": runs.folder.told(opened.path),
        "notes": run.notes,
        "outcome": run.outcome.name,
        "message": run.outcome.message,
        "unfinished": run.outcome.name in UNFINISHED and run.checkpoint is not None,
        "epochs": len(run.history),
        "seconds": run.seconds,
        "curve": curve(run.history, spread(len(run.history))) if len(run.history) else None,
        "sizes": run.network.sizes,
        "activations": run.network.shape.activations,
        "weights": run.network.shape.size,
        "rows": run.source.in_file,
        "first_row": run.source.numbers[0],
        "test_rows": run.source.numbers[run.split.test[:200]],
        "target": run.model.targets.targets,
        "kind": run.model.targets.kind,
        "intervals": run.error_bars is not None,
    }


def figures(runs: Runs, asked: RunAsked) -> dict[str, Any]:
    """The figures of the report, section by section, by name and caption."""
    opened = runs.opened(asked.run)
    with opened.lock:
        sections, captions = opened.report.figures.sections, opened.report.figures.captions
    return {
        "sections": [
            {"title": title, "figures": [{"name": name, "caption": captions[name]} for name in names]}
            for title, names in sections
        ]
    }


def figure(runs: Runs, asked: FigureAsked) -> Answer:
    """One figure as SVG, drawn by `pictures`."""
    opened = runs.opened(asked.run)
    with opened.lock, _DRAWING:
        found = opened.report.figures
        if asked.figure not in found.names:
            raise UnknownName("figure", asked.figure, found.names)
        drawn = svg(found.draw(asked.figure))
    return Answer(drawn.encode(), file=f"{asked.figure}.svg", kind="image/svg+xml")


def row(runs: Runs, asked: RowAsked) -> dict[str, Any]:
    """One row's whole computation, as numbers and as a picture."""
    opened = runs.opened(asked.run)
    e = explained(opened.run, opened.table, asked.row, asked.at)
    shape, model = e.network.shape, e.run.model
    lit = None if asked.weight is None else shape.locate(asked.weight)
    names = model.targets.meanings
    return {
        "row": e.row,
        "part": e.part,
        "at": e.at,
        "cells": e.cells,
        "inputs": list(zip(model.inputs.names[:LISTED], e.x[:LISTED].tolist(), strict=True)),
        "layers": [_layer(e, m, names) for m in range(1, shape.layers + 1)],
        "error": float(e.sample.error),
        "predicted": e.predicted,
        "wanted": e.wanted,
        "weights": [
            {
                "address": shape.address(p),
                "w": float(e.network.theta[p]),
                "sample": float(e.sample.theta[p]),
                "mean": float(e.mean.theta[p] + e.penalty[p]),
            }
            for p in e.chosen()
        ],
        "penalised": bool(e.penalty.any()),
        "picture": _picture(e, names, lit),
    }


def weight(runs: Runs, asked: RowAsked) -> dict[str, Any]:
    """∂E/∂w of one weight: formula, chain of factors with the row's numbers, and the same number otherwise found."""
    opened = runs.opened(asked.run)
    e = explained(opened.run, opened.table, asked.row, asked.at)
    network, shape = e.network, e.network.shape
    p = shape.index(asked.weight or shape.address(0))
    address = shape.address(p)
    derived = derive(network, address, e.run.model.loss, e.run.penalty, asked.notation)
    names = Symbols(shape, asked.notation)
    chain = e.chain(p, names)
    return {
        "address": address,
        "w": float(network.theta[p]),
        "formula": formula(derived.latex),
        "text": derived.text,
        "steps": [
            {"title": step.title, "words": step.words, "formulas": [formula(line) for line in step.latex]}
            for step in derived.steps
        ],
        "chain": [
            {
                "formula": formula(factor.line.latex(names)),
                "text": factor.line.text(names),
                "digits": factor.digits,
                "given": factor.given and formula(factor.given.latex(names)),
            }
            for factor in chain.factors
        ],
        "backpropagation": chain.value,
        "quotient": chain.quotient,
        "difference": chain.difference,
        "mean": float(e.mean.theta[p] + e.penalty[p]),
        "rows": len(e.X),
        "penalised": bool(e.penalty.any()),
    }


def checked(runs: Runs, asked: RunAsked) -> dict[str, Any]:
    """Every gradient of the network, on a few training rows, by every way there is."""
    opened = runs.opened(asked.run)
    e = explained(opened.run, opened.table, int(opened.run.source.numbers[0]))
    found = check_gradient(e.network, e.X[:CHECKED], e.D[:CHECKED], e.run.model.loss, e.run.penalty)
    headings, cells = found.rows()
    return {
        "holds": found.holds,
        "summary": found.summary.splitlines(),
        "headings": headings,
        "rows": cells,
        "of": min(CHECKED, len(e.X)),
    }


def formula(latex: str) -> list[Any]:
    """A formula as a tree of MathML: [name, attributes, children], a child being a tree or a text."""
    return _tree(ElementTree.fromstring(mathml(latex)))


def _tree(element: ElementTree.Element) -> list[Any]:
    children: list[Any] = [element.text] if element.text and element.text.strip() else []
    children += [_tree(child) for child in element]
    return [element.tag.rpartition("}")[2], dict(element.attrib), children]


def _layer(e: Explanation, m: int, names: tuple[str, ...]) -> dict[str, Any]:
    shape, last = e.network.shape, m == e.network.shape.layers
    slopes = e.S_prime(m)
    units = [
        {
            "unit": j + 1,
            "name": names[j] if last else "",
            "net": float(e.trace.net[m - 1][0, j]),
            "y": float(e.trace.y[m][0, j]),
            "slope": float(slopes[j]),
            "delta": float(e.sample.delta[m - 1][0, j]),
            "d": float(e.d[j]) if last else None,
        }
        for j in range(min(shape.sizes[m], LISTED))
    ]
    return {"layer": m, "activation": shape.activations[m - 1], "size": shape.sizes[m], "units": units}


def _picture(
    e: Explanation, names: tuple[str, ...], lit: tuple[int, int | None, int, int] | None
) -> dict[str, Any] | None:
    """The network with its weights, and in each unit what it puts out for this row."""
    network, sizes = e.network, e.network.sizes
    last = len(sizes) - 1
    if len(sizes) > LARGEST_PICTURE:
        return None
    drawn = [(p, u) for p in range(last + 1) for u in drawn_units(sizes[p]) if u]
    names_at = {0: e.run.model.inputs.names, last: names}
    content: Content = weights_content(sizes, network.W, network.b)
    chosen: frozenset[tuple[int, ...]] = frozenset()
    if lit is not None:
        m, i, j, _ = lit
        chosen = frozenset({(m, j)} if i is None else {(m, i, j), (m - 1, i), (m, j)})
    content = replace(
        content,
        inside={(p, u): number(float(e.trace.y[p][0, u - 1])) for p, u in drawn},
        above={(p, u): unit_output(p, u, last) for p, u in drawn},
        below={(p, u): named(names_at[p][u - 1]) for p, u in drawn if p in names_at},
        matrices=[],
        lit=chosen,
    )
    return drawing(lay_out(sizes, content), network.shape)
