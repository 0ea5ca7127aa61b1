"""Stationary points of small functions: ∇f, ∇²f, where ∇f = 0, and what kind of point it is."""

from __future__ import annotations

import re

import numpy as np

from deltarule.errors import ExpressionError
from deltarule.expressions import Tape, gradient, hessian, parse
from deltarule.expressions.nodes import Node
from deltarule.lecture.marking import Mark
from deltarule.lecture.plain import read_plain
from deltarule.lecture.tasks.task import Item, Task, item_by_item, number

_NAMES = ("x1", "x2")
_COORDINATE = re.compile(r"x(?:_?([12])|_\{([12])\})")
_LOWERED = str.maketrans("₁₂", "12")
_KINDS = {
    "minimum": "minimum", "min": "minimum", "local minimum": "minimum", "maximum": "maximum", "max": "maximum",
    "local maximum": "maximum", "saddle": "saddle", "saddle point": "saddle", "saddlepoint": "saddle",
    "degenerate": "degenerate",
}  # fmt: skip


def make(level: int, random: np.random.Generator, notation: str) -> Task:
    """Level 1: a quadratic; level 2: a cubic with two stationary points; level 3: with four."""
    function, points = (_quadratic, _cubic, _four_points)[level - 1](random)
    f = parse(function)
    slopes, curvature = gradient(f, _NAMES), hessian(f, _NAMES)
    formulas = {
        "g1": ("∂f/∂x_1", _written(slopes[0])),
        "g2": ("∂f/∂x_2", _written(slopes[1])),
        "h11": ("∂²f/∂x_1²", _written(curvature[0][0])),
        "h12": ("∂²f/∂x_1∂x_2", _written(curvature[0][1])),
        "h22": ("∂²f/∂x_2²", _written(curvature[1][1])),
    }
    tape = Tape([curvature[0][0], curvature[0][1], curvature[1][1]], _NAMES)
    kinds = [_kind(*(float(v) for v in tape(*point))) for point in points]
    items = [Item(key, f"{name} = ", formula) for key, (name, formula) in formulas.items()]
    if level == 1:
        items.append(
            Item("point", "The stationary point (its x_1, x_2) = ", ",".join(f"{v:g}" for v in points[0]))
        )
    for at, (point, kind) in enumerate(zip(points, kinds, strict=True), 1):
        where = "" if level == 1 else f" at ({', '.join(f'{v:g}' for v in point)})"
        items.append(
            Item(f"kind{at}" if level > 1 else "kind", f"Its kind{where} (minimum, maximum, saddle) = ", kind)
        )

    def mark(item: Item, given: str) -> Mark:
        if item.key in formulas:
            return _mark_formula(given, item.solution)
        return _mark_point(given, points[0]) if item.key == "point" else _mark_kind(given, item.solution)

    return Task(
        title="Stationary points",
        text=f"f(x_1, x_2) = {_written(f)}. Give ∇f, ∇²f, and the kind of each stationary point.",
        items=tuple(items),
        mark=item_by_item(items, mark),
        hints=(
            "∇f = 0 at a stationary point; its kind is told by the eigenvalues of ∇²f there: "
            "both positive, both negative, or of both signs.",
            f"There {'is one stationary point' if len(points) == 1 else f'are {len(points)} stationary points'}.",
            f"∂f/∂x_1 = {formulas['g1'][1]}.",
        ),
    )


def _written(formula: Node) -> str:
    """As on paper, and as it may be typed: 3 x_1^2 - 2 x_1 x_2."""
    return re.sub(r"x(\d)", r"x_\1", str(formula)).replace("**", "^").replace("*", " ")


def _signed(terms: list[tuple[int, str]]) -> str:
    written = ""
    for coefficient, name in terms:
        if coefficient:
            size = "" if abs(coefficient) == 1 and name else f"{abs(coefficient)}" + ("*" if name else "")
            written += (" - " if coefficient < 0 else " + ") + size + name
    return (
        written.removeprefix(" + ").replace(" - ", "-", 1)
        if written.startswith(" - ")
        else written.removeprefix(" + ")
    )


def _quadratic(random: np.random.Generator) -> tuple[str, list[tuple[float, float]]]:
    while True:
        a, b, c = (int(v) for v in random.integers(-4, 5, 3))
        if a and c and 4 * a * c - b * b:
            break
    p, q = (int(v) for v in random.integers(-3, 4, 2))
    # a (x−p)² + b (x−p)(y−q) + c (y−q)²
    terms = [(a, "x1**2"), (b, "x1*x2"), (c, "x2**2"), (-2 * a * p - b * q, "x1"), (-b * p - 2 * c * q, "x2")]
    return _signed(terms), [(float(p), float(q))]


def _cubic(random: np.random.Generator) -> tuple[str, list[tuple[float, float]]]:
    a, c = int(random.integers(1, 4)), int(random.choice([-3, -2, -1, 1, 2, 3]))
    return _signed([(1, "x1**3"), (-3 * a * a, "x1"), (c, "x2**2")]), [(float(a), 0.0), (float(-a), 0.0)]


def _four_points(random: np.random.Generator) -> tuple[str, list[tuple[float, float]]]:
    a, b = int(random.integers(1, 4)), int(random.integers(1, 4))
    points = [(s * float(a), t * float(b)) for s in (1, -1) for t in (1, -1)]
    return _signed([(1, "x1**3"), (-3 * a * a, "x1"), (1, "x2**3"), (-3 * b * b, "x2")]), points


def _kind(h11: float, h12: float, h22: float) -> str:
    low, high = np.linalg.eigvalsh(np.array([[h11, h12], [h12, h22]]))
    if low > 0:
        return "minimum"
    return "maximum" if high < 0 else "saddle" if low < 0 < high else "degenerate"


def _mark_formula(given: str, solution: str) -> Mark:
    try:
        mine = Tape([read_plain(given, _NAMES)], _NAMES)
    except ExpressionError as fault:
        return Mark(0.0, str(fault))
    right = Tape([read_plain(solution, _NAMES)], _NAMES)
    x1, x2 = np.random.default_rng(0).normal(size=(2, 20))
    a, b = (np.broadcast_to(np.asarray(tape(x1, x2)[0], float), 20) for tape in (mine, right))
    if not np.isfinite(a).all():
        return Mark(0.0, "the answer has no finite value everywhere")
    close = 1e-9 * (1 + float(np.abs(b).max()))
    if np.abs(a - b).max() <= close:
        return Mark(1.0, "right")
    if np.abs(a + b).max() <= close:
        return Mark(0.5, "the sign is wrong")
    return Mark(0.0, "not right")


def _mark_point(given: str, point: tuple[float, float]) -> Mark:
    named = [int(one or two) for one, two in _COORDINATE.findall(given.translate(_LOWERED))]
    inside = re.sub(rf"{_COORDINATE.pattern}\s*=|^.*=(?=\s*[(\[])", " ", given.translate(_LOWERED))
    inside = re.sub(r"\band\b", ";", inside).strip().strip("()[]").strip()
    parts = re.split("[;|]", inside) if re.search("[;|]", inside) else re.split(r"[,\s]+", inside)
    try:
        found = tuple(number(part) for part in parts)
    except ValueError:
        found = ()
    if len(found) != 2 or named not in ([], [1, 2], [2, 1]):
        return Mark(0.0, "two numbers are expected, x_1 and x_2 with a comma between")
    if named == [2, 1]:
        found = found[::-1]
    if max(abs(a - b) for a, b in zip(found, point, strict=True)) < 1e-6:
        return Mark(1.0, "right")
    return Mark(0.0, "∇f is not 0 there")


def _mark_kind(given: str, kind: str) -> Mark:
    words = re.findall("[a-z]+", given.lower())
    found = _KINDS.get(" ".join(word for word in words if word not in ("a", "an", "the")))
    if found is None:
        return Mark(0.0, "the kinds are minimum, maximum, saddle and degenerate")
    return Mark(1.0, "right") if found == kind else Mark(0.0, "look at the eigenvalues of ∇²f there")
