"""Compute with a given network: forward pass, δ, one update. A later step rightly computed from an earlier wrong
value keeps its mark; every number is right to ±1 in the last digit asked, and what the rounding of those before makes
of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deltarule.diagram.layout import Content, Matrix
from deltarule.diagram.weights import layer_roles
from deltarule.equations.activations import activation
from deltarule.equations.shape import Shape, make_shape
from deltarule.lecture.marking import Mark
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.tasks.rounded import half_unit, last_digit, spread
from deltarule.lecture.tasks.task import NOTHING, Item, Number, Task, mark_number, number, written
from deltarule.lecture.terms import Quantity

DIGITS = 3
_ETA = 0.5
_NETWORKS = {
    1: ([2, 2, 1], "logistic", "logistic", False),
    2: ([2, 2, 1], "logistic", "logistic", False),
    3: ([2, 2, 2], "tanh", "logistic", True),
}
_CLEAR = 0.1  # the most of a number that the rounding of those before it may be
Known = Mapping[str, float]
Slips = Callable[[Known], list[tuple[float, Mark]]]


@dataclass(frozen=True)
class _Asked:
    """One number: its name, how it follows from those before, and what the usual slips make of it."""

    key: str
    name: str
    follows: Callable[[Known], float]
    slips: Slips

    def number(self, known: Known, halves: Known) -> Number:
        """What follows from the numbers before it, each rounded by at most its half unit."""
        return Number(self.follows(known), spread(self.follows, known, halves))

    def slipped(self, known: Known, halves: Known) -> list[tuple[Number, Mark]]:
        """What the usual slips make of the numbers before it."""
        return [
            (Number(value, spread(lambda k, at=at: self.slips(k)[at][0], known, halves)), mark)
            for at, (value, mark) in enumerate(self.slips(known))
        ]


def make(level: int, random: np.random.Generator, notation: str) -> Task:
    """One sample through one network; level 1 forward only, levels 2 and 3 with δ and one update."""
    sizes, hidden, output, bias = _NETWORKS[level]
    shape = make_shape(sizes, hidden, output, bias)
    names = Symbols(shape, notation)
    while True:
        theta, x, d = _drawn(shape, random)
        steps = _steps(shape, names, theta, x, d, backward=level > 1)
        right = _right(steps)
        if all(number.spread < _CLEAR * abs(number.value) for number in right.values()):
            break  # else rounding alone could turn a number into its neighbour, or its sign
    items = tuple(
        Item(
            step.key,
            f"{step.name} = ",
            written(right[step.key].value, DIGITS),
            right[step.key].value,
            last_digit(right[step.key].value, DIGITS) + right[step.key].spread,
        )
        for step in steps
    )

    def mark(answers: Mapping[str, str]) -> dict[str, Mark]:
        return _marks(steps, right, answers)

    return Task(
        title="Compute one sample through the network",
        text=_told(shape, names, theta, x, d, level),
        items=items,
        mark=mark,
        hints=_hints(shape, names, items, level),
        sizes=shape.sizes,
        picture=_picture(shape, theta, x),
    )


def _drawn(shape: Shape, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """θ, x and d of one decimal, none of θ and x 0."""
    theta = np.round(random.uniform(-1, 1, shape.size), 1)
    theta[theta == 0] = 0.3
    x = np.round(random.uniform(-1, 1, shape.sizes[0]), 1)
    x[x == 0] = 0.5
    return theta, x, np.round(random.uniform(0.1, 0.9, shape.sizes[-1]), 1)


def _right(steps: list[_Asked]) -> dict[str, Number]:
    """Every number, in turn, and what the rounding of those before makes of it."""
    known: dict[str, float] = {}
    halves: dict[str, float] = {}
    found: dict[str, Number] = {}
    for step in steps:
        found[step.key] = step.number(known, halves)
        known[step.key] = found[step.key].value
        halves[step.key] = half_unit(known[step.key], DIGITS)
    return found


def _marks(steps: list[_Asked], right: Mapping[str, Number], answers: Mapping[str, str]) -> dict[str, Mark]:
    """The marks; what follows is worked out from the numbers typed before, the right ones where none was."""
    known: dict[str, float] = {}
    halves: dict[str, float] = {}
    found: dict[str, Mark] = {}
    for step in steps:
        given, wanted = answers.get(step.key, ""), right[step.key]
        found[step.key] = NOTHING
        if given.strip():
            carried, slips = step.number(known, halves), step.slipped(known, halves)
            found[step.key] = mark_number(given, wanted, DIGITS, carried, slips)
        try:
            known[step.key] = number(given)
        except ValueError:
            known[step.key], given = wanted.value, ""
        halves[step.key] = half_unit(known[step.key], DIGITS, given)
    return found


def _steps(
    shape: Shape, names: Symbols, theta: np.ndarray, x: np.ndarray, d: np.ndarray, backward: bool
) -> list[_Asked]:
    """Everything to be computed, in an order in which each follows from those before."""
    W, b = shape.views(theta)
    L, sizes = shape.layers, shape.sizes
    steps: list[_Asked] = []

    def ask(q: Quantity, follows: Callable[[Known], float], name: str = "", slips: Slips = _none) -> None:
        steps.append(_Asked(str(len(steps) + 1), name or names.text(q), follows, slips))
        keys[q.key] = str(len(steps))

    keys: dict[str, str] = {}

    def value(known: Known, kind: str, layer: int, unit: int) -> float:
        if kind == "y" and layer == 0:
            return float(x[unit - 1])
        return known[keys[Quantity(kind, layer, (unit,)).key]]

    for m in range(1, L + 1):
        S = activation(shape.activations[m - 1])
        for j in range(1, sizes[m] + 1):

            def net(known: Known, m: int = m, j: int = j) -> float:
                total = sum(
                    float(W[m - 1][i - 1, j - 1]) * value(known, "y", m - 1, i)
                    for i in range(1, sizes[m - 1] + 1)
                )
                return total + (float(b[m - 1][j - 1]) if shape.bias else 0.0)

            def output(known: Known, m: int = m, j: int = j, S: Callable[..., np.ndarray] = S.S) -> float:
                return float(S(np.array(value(known, "net", m, j))))

            ask(Quantity("net", m, (j,)), net)
            ask(Quantity("y", m, (j,)), output)
    if not backward:
        return steps
    for m in range(L, 0, -1):
        for j in range(1, sizes[m] + 1):

            def slope(known: Known, m: int = m, j: int = j) -> float:
                y = value(known, "y", m, j)
                return y * (1 - y) if shape.activations[m - 1] == "logistic" else 1 - y * y

            def by_y(known: Known, m: int = m, j: int = j) -> float:
                if m == L:
                    return 2 * (value(known, "y", m, j) - float(d[j - 1]))
                above = range(1, sizes[m + 1] + 1)
                return sum(float(W[m][j - 1, k - 1]) * value(known, "delta", m + 1, k) for k in above)

            q, net_j = Quantity("delta", m, (j,)), names.text(Quantity("net", m, (j,)))
            delta = _product(by_y, slope)
            ask(q, delta, f"∂E/∂{net_j}", _delta_slips(delta, by_y, f"{names.activation}'({net_j})", m == L))
    for m in (L, 1):

        def change(known: Known, m: int = m) -> float:
            return -_ETA * value(known, "delta", m, 1) * value(known, "y", m - 1, 1)

        q = Quantity("w", m, (1, 1))
        slips = _change_slips(change, float(W[m - 1][0, 0]))
        ask(q, change, f"Δ{names.text(q)} of one step (η = {_ETA})", slips)
    return steps


def _none(known: Known) -> list[tuple[float, Mark]]:
    return []


def _product(a: Callable[[Known], float], b: Callable[[Known], float]) -> Callable[[Known], float]:
    return lambda known: a(known) * b(known)


def _delta_slips(
    delta: Callable[[Known], float], by_y: Callable[[Known], float], slope: str, output: bool
) -> Slips:
    """∂E/∂net without its S', and at the output without its 2."""

    def slips(known: Known) -> list[tuple[float, Mark]]:
        found = [(by_y(known), Mark(0.5, f"{slope} is missing"))]
        if output:
            halved = Mark(0.5, "the factor 2 is missing: the derivative of l² is 2l")
            found.append((delta(known) / 2, halved))
        return found

    return slips


def _change_slips(change: Callable[[Known], float], w: float) -> Slips:
    """Δw without its η, and w for Δw: told as such, but w is much the same whatever the step was."""

    def slips(known: Known) -> list[tuple[float, Mark]]:
        step = change(known)
        return [
            (step / _ETA, Mark(0.5, "η is missing: Δw = -η ∂E/∂w")),
            (-step / _ETA, Mark(0.25, "this is ∂E/∂w: Δw = -η ∂E/∂w")),
            (w + step, Mark(0.0, "w itself is not asked, only its change Δw")),
        ]

    return slips


def _told(shape: Shape, names: Symbols, theta: np.ndarray, x: np.ndarray, d: np.ndarray, level: int) -> str:
    weights = ", ".join(f"{names.text(_quantity(shape, p))} = {theta[p]:g}" for p in range(shape.size))
    inputs = ", ".join(f"x_n{i} = {v:g}" for i, v in enumerate(x, 1))
    wanted = ", ".join(f"{names.text(Quantity('d', shape.layers, (k,)))} = {v:g}" for k, v in enumerate(d, 1))
    units = " and ".join(f"layer {m} {name}" for m, name in enumerate(shape.activations, 1))
    what = (
        "Compute every net input and output."
        if level == 1
        else "Compute the forward pass, every ∂E/∂net, and Δw of one update."
    )
    return (
        f"A {'-'.join(map(str, shape.sizes))} network ({units}), one sample (N = 1), E = Σ_k (o_nk - d_nk)². "
        f"{weights}. {inputs}; {wanted}. {what} {DIGITS} significant digits."
    )


def _quantity(shape: Shape, index: int) -> Quantity:
    m, i, j, _ = shape.locate(shape.address(index))
    return Quantity("b", m, (j,)) if i is None else Quantity("w", m, (i, j))


def _picture(shape: Shape, theta: np.ndarray, x: np.ndarray) -> Content:
    W, b = shape.views(theta)
    L = shape.layers
    return Content(
        inside={(0, i): f"{v:g}".replace("-", "−") for i, v in enumerate(x, 1)},
        below={
            (m, j): f"b {b[m - 1][j - 1]:g}"
            for m in range(1, L + 1)
            for j in range(1, shape.sizes[m] + 1)
            if shape.bias
        },
        weights={
            (m, i, j): f"{W[m - 1][i - 1, j - 1]:g}".replace("-", "−")
            for m in range(1, L + 1)
            for i in range(1, shape.sizes[m - 1] + 1)
            for j in range(1, shape.sizes[m] + 1)
        },
        layers=layer_roles(L),
        matrices=[
            Matrix(f"W^({m - 1},{m})", [[f"{w:g}" for w in row] for row in W[m - 1]]) for m in range(1, L + 1)
        ],
    )


def _hints(shape: Shape, names: Symbols, items: tuple[Item, ...], level: int) -> tuple[str, str, str]:
    net = names.text(Quantity("net", 1, (1,)))
    bias = ", plus the bias" if shape.bias else ""
    forward = f"Forward: {net} is the sum of each x_ni times w_i1^(0,1){bias}; then S."
    back = (
        " Backward: the output's ∂E/∂net = 2 (o - d) S'(net); a hidden one is (Σ_k w_jk ∂E/∂net_k) S'(net)."
    )
    return (
        forward + (back if level > 1 else ""),
        f"{len(items)} numbers, in the order in which each follows from those before.",
        f"{items[0].prompt}{items[0].solution}",
    )
