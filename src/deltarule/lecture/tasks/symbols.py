"""Fill the blank network with its symbols: a blank is a weight, a bias, a net input, an output, or a matrix's size."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from deltarule.diagram.layout import BLANKS
from deltarule.equations.shape import make_shape
from deltarule.errors import ExpressionError
from deltarule.lecture.answers import read_answer
from deltarule.lecture.drawing import symbols_content
from deltarule.lecture.marking import Mark
from deltarule.lecture.symbols import Symbols, every_quantity
from deltarule.lecture.tasks.task import NOTHING, Item, Task
from deltarule.lecture.terms import Quantity

# in turn, and none of another exercise's: on a paper, the labels of one would be answers to the other
_NETWORKS = {
    1: ([3, 2, 2], [2, 1, 2], [1, 2, 2], [4, 2, 1], [2, 4, 1]),
    2: ([3, 4, 2], [4, 3, 2], [2, 4, 2], [3, 3, 2], [2, 3, 3]),
    3: ([2, 3, 2, 1], [3, 2, 2, 1], [2, 2, 3, 1], [2, 3, 1, 2], [2, 1, 3, 2]),
}
_BLANKS = {1: 8, 2: 12, 3: 16}
_KINDS = {"y": "an output", "net": "a net input", "w": "a weight", "b": "a bias", "d": "a desired output"}


def make(level: int, random: np.random.Generator, notation: str, seed: int = 0) -> Task:
    """A network with some of its symbols blanked, with biases on level 3."""
    sizes, bias = _NETWORKS[level][seed % len(_NETWORKS[level])], level == 3
    names = Symbols(make_shape(sizes, "logistic", "logistic", bias), notation)
    places = every_quantity(names.shape)
    chosen = sorted(random.choice(len(places), _BLANKS[level], replace=False).tolist())
    blanks = {BLANKS[at]: places[place] for at, place in enumerate(chosen)}
    matrix = int(random.integers(1, len(sizes)))
    asked = [Item(str(at), _where(q), names.text(q)) for at, q in enumerate(blanks.values(), 1)]
    size = Item(
        "W",
        f"How many rows and columns has W^({matrix - 1},{matrix})? (as 5x6)",
        f"{sizes[matrix - 1]}x{sizes[matrix]}",
    )

    def mark(answers: Mapping[str, str]) -> dict[str, Mark]:
        found = {
            item.key: _mark(answers.get(item.key, ""), q, names)
            for item, q in zip(asked, blanks.values(), strict=True)
        }
        return {**found, "W": _mark_size(answers.get("W", ""), sizes[matrix - 1], sizes[matrix])}

    return Task(
        title="Fill the network with symbols",
        text=f"A {'-'.join(map(str, sizes))} network, {'with' if bias else 'without'} biases. Write the symbol that "
        "belongs into each blank.",
        items=(*asked, size),
        mark=mark,
        hints=_hints(names, list(blanks.values())),
        sizes=tuple(sizes),
        picture=symbols_content(names, {q.key: blank for blank, q in blanks.items()}),
    )


def _where(q: Quantity) -> str:
    """Where a blank stands, in words, for a terminal."""
    m = q.layer
    match q.kind:
        case "w":
            return f"on the line from unit {q.units[0]} of layer {m - 1} to unit {q.units[1]} of layer {m}"
        case "b":
            return f"above unit {q.units[0]} of layer {m}: its bias"
        case "net":
            return f"below unit {q.units[0]} of layer {m}: its net input"
        case _:
            return f"in unit {q.units[0]} of layer {m}: its output"


def _mark(text: str, wanted: Quantity, names: Symbols) -> Mark:
    if not text.strip():
        return NOTHING
    try:
        found = read_answer(text, names.shape).node
    except ExpressionError as fault:
        swapped = _swapped_but_impossible(text, wanted)
        return Mark(0.0, swapped or str(fault))
    if not isinstance(found, Quantity):
        return Mark(0.0, "one symbol is expected, not a formula")
    if found.key == wanted.key:
        return Mark(1.0, "right")
    if found.kind != wanted.kind:
        return Mark(0.0, f"{_KINDS.get(found.kind, found.kind)} does not stand there")
    if found.layer == wanted.layer and found.units == wanted.units[::-1] and len(found.units) == 2:
        return Mark(0.5, "the indices are swapped: w_ij goes from unit i to unit j")
    if found.units == wanted.units:
        return Mark(0.5, f"the layer is wrong: the unit's layer is {wanted.layer}")
    if found.layer == wanted.layer:
        return Mark(0.5, "the layer is right, the unit is not")
    return Mark(0.0, "neither unit nor layer is right")


def _swapped_but_impossible(text: str, wanted: Quantity) -> str:
    """w_41 for w_14 is no weight of a 3-4-2 network, but the slip is plain where no wrong layer stands above."""
    digits = re.search(r"[wW]_?\{?(\d),?(\d)\}?", text)
    if wanted.kind != "w" or digits is None or digits[1] == digits[2]:
        return ""
    above = re.search(r"\(\s*(?:\d\s*,\s*)?(\d)\s*\)", text)
    swapped = (int(digits[2]), int(digits[1])) == wanted.units
    if swapped and (above is None or int(above[1]) == wanted.layer):
        return "the indices are swapped: w_ij goes from unit i to unit j"
    return ""


def _mark_size(text: str, rows: int, columns: int) -> Mark:
    if not text.strip():
        return NOTHING
    found = re.fullmatch(r"\s*\(?\s*(\d{1,3})\s*(?:[x×,*]|by)\s*(\d{1,3})\s*\)?\s*", text)
    if not found:
        return Mark(0.0, "two numbers are expected, as in 5x6")
    given = int(found[1]), int(found[2])
    if given == (rows, columns):
        return Mark(1.0, "right")
    swapped = given == (columns, rows)
    return Mark(0.5 if swapped else 0.0, "rows and columns are swapped" if swapped else "not right")


def _hints(names: Symbols, asked: list[Quantity]) -> tuple[str, str, str]:
    first = asked[0]
    return (
        "A weight's first index is the unit it comes from, its second the unit it goes to; above stand the two layers.",
        f"Of the blanks {sum(q.kind == 'w' for q in asked)} belong to weights, "
        f"{sum(q.kind == 'net' for q in asked)} to net inputs, {sum(q.kind == 'y' for q in asked)} to outputs.",
        f"Blank 1 is {names.text(first)}.",
    )
