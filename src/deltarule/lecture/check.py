"""One gradient by every way there is, side by side: formula, backpropagation, kernel, difference, complex step.

A weight holds where all ways agree: symbolic, backpropagation, kernel and complex step to 1e-9 of the largest ∂E/∂w
and to the rounding of the terms that are summed, the central difference within its own bound. Where a kink lies
within the step (relu at 0) the difference means nothing: the weight is marked and not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule import samples
from deltarule.equations.backprop import Gradient
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.penalties import penalty as find_penalty
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.expressions.nodes import Call, Node
from deltarule.lecture.differences import Differences
from deltarule.lecture.links import Links
from deltarule.lecture.numbers import Numbers
from deltarule.lecture.rounding import gradient_rounding
from deltarule.lecture.rules import own
from deltarule.lecture.slips import slips
from deltarule.lecture.symbols import weight_quantity
from deltarule.lecture.terms import decimal
from deltarule.network import Network, engine
from deltarule.objectives.network_error import NetworkError

Floats = NDArray[np.float64]
MOST = 500  # weights that are checked one by one; of more, evenly spaced ones
AGREE = 1e-9  # of the largest |∂E/∂w|; beside it, twice what rounding alone does to the terms that are summed


@dataclass(frozen=True)
class WeightCheck:
    """∂E/∂w of one weight by every way; None where there is no such way."""

    address: str
    symbolic: float
    backpropagation: float
    kernel: float | None
    difference: float
    bound: float
    complex_step: float | None
    given: float | None
    kink: bool
    verdict: str  # holds, kink, fails

    @property
    def off(self) -> float:
        """|difference − backpropagation| (or the given gradient) in units of the difference's bound."""
        judged = self.backpropagation if self.given is None else self.given
        return abs(self.difference - judged) / self.bound if self.bound > 0 else 0.0


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """What a check found.

    table : one row a weight.  holds : whether every counted weight holds.  slips : what is likely wrong, in sentences.

    >>> network, X, D = Network.lecture([3, 4, 2]), np.ones((2, 3)), np.zeros((2, 2))
    >>> found = check_gradient(network, X, D)
    >>> found.holds, found.layers
    (True, {'W^(0,1)': (12, 0, 0), 'W^(1,2)': (8, 0, 0)})
    >>> wrong = network.gradient(X, D)
    >>> wrong.W[1][0, 1] *= 1.001
    >>> [row.address for row in check_gradient(network, X, D, gradient=wrong).table if row.verdict == "fails"]
    ['w_12^(1,2)']
    """

    table: tuple[WeightCheck, ...]
    holds: bool
    slips: tuple[str, ...]
    shape: Shape = field(repr=False)

    @property
    def layers(self) -> dict[str, tuple[int, int, int]]:
        """For W^(0,1), b^(1) …: how many weights hold, fail, lie at a kink."""
        found: dict[str, list[int]] = {}
        for row in self.table:
            name = _block(row.address)
            found.setdefault(name, [0, 0, 0])[("holds", "fails", "kink").index(row.verdict)] += 1
        return {name: (counts[0], counts[1], counts[2]) for name, counts in found.items()}

    @property
    def summary(self) -> str:
        """One line for each layer, and one for all."""
        lines = [f"{name}: {_counts(*counts)}" for name, counts in self.layers.items()]
        left_out = self.shape.size - len(self.table)
        lines += [f"{left_out} of {self.shape.size} weights were left out, evenly"] if left_out else []
        if all(row.complex_step is None for row in self.table):
            lines.append("no complex step: it passes only through an S and a loss without kinks")
        overall = "the gradient holds" if self.holds else "the gradient does NOT hold"
        return "\n".join([*lines, *(f"likely: {slip}" for slip in self.slips), overall])

    def rows(self) -> tuple[list[str], list[list[str]]]:
        """Headings and cells, columns without values left out."""
        columns: list[tuple[str, Callable[[WeightCheck], Any]]] = [
            ("weight", lambda r: r.address),
            ("symbolic", lambda r: r.symbolic),
            ("backpropagation", lambda r: r.backpropagation),
            ("kernel", lambda r: r.kernel),
            ("yours", lambda r: r.given),
            ("difference", lambda r: r.difference),
            ("bound", lambda r: f"{r.bound:.1e}"),
            ("off by", lambda r: f"{r.off:.2f} bounds"),
            ("complex step", lambda r: r.complex_step),
            ("verdict", lambda r: r.verdict),
        ]
        shown = [(head, get) for head, get in columns if any(get(row) is not None for row in self.table)]
        cells = [[_cell(get(row)) for _, get in shown] for row in self.table]
        return [head for head, _ in shown], cells

    def __repr__(self) -> str:
        return f"<GradientCheck of {len(self.table)} weights: {self.summary.splitlines()[-1]}>"

    def __str__(self) -> str:
        headings, cells = self.rows()
        widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
        lines = [
            "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
            for row in (headings, *cells)
        ]
        return "\n".join([*lines, self.summary])

    def _repr_html_(self) -> str:
        headings, cells = self.rows()
        head = "".join(f"<th>{name}</th>" for name in headings)
        body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
        said = "<br>".join(self.summary.splitlines())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{said}</p>"


def check_gradient(
    network: Network,
    X: ArrayLike,
    D: ArrayLike,
    loss: str | Loss | None = "mse",
    penalty: Penalty | float | None = None,
    gradient: Callable[[Network, Floats, Floats], Any]
    | Gradient
    | ArrayLike
    | Sequence[ArrayLike]
    | None = None,
) -> GradientCheck:
    """∂E/∂w of every weight by formula, backpropagation, kernel, central difference and complex step, compared.

    Parameters
    ----------
    network : float32 weights are checked as the float64 numbers that they are.
    X (N, I), D (N, K) : samples; a few dozen are enough.
    loss, penalty : as for `Network.error`.
    gradient : your own: (P,) in θ's order, the list W^(0,1), b^(1), W^(1,2), … (or each W alone), a Gradient, or a
        function `gradient(network, X, D)` that gives one of these; it is judged, and its likely slip named.

    Raises InputError for samples that do not fit, or a gradient of another shape.

    >>> network = Network.lecture([2, 2, 1], seed=1)
    >>> X, d = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    >>> check_gradient(network, X, d).holds
    True
    >>> check_gradient(network, X, d, gradient=-network.gradient(X, d).theta).slips
    ('the sign is wrong',)
    """
    shape = network.shape
    found, added = find_loss(loss, shape.activations[-1]), find_penalty(penalty)
    x = samples.inputs(X, shape).astype(np.float64)
    d = samples.targets(D, len(x), shape, found).astype(np.float64)
    theta = np.array(network.theta, dtype=np.float64)
    f = NetworkError(shape, x, d, found, added, engine="reference")
    backward = np.asarray(f.gradient(theta)[1], dtype=np.float64)
    kernel = None
    if str(engine(shape, len(x), loss=found.name)) != "reference":
        kernel = np.asarray(NetworkError(shape, x, d, found, added).gradient(theta)[1], dtype=np.float64)
    given = None if gradient is None else _given(gradient, Network.from_theta(shape, theta), x, d)
    differences = Differences(shape, theta, x, d, found, added)
    symbolic = _Symbolic(shape, theta, x, d, found, added)
    chosen = (
        range(shape.size) if shape.size <= MOST else np.linspace(0, shape.size - 1, MOST).astype(int).tolist()
    )
    close = AGREE * np.abs(backward).max() + 2 * gradient_rounding(shape, theta, x, d, found, added)
    rows = [
        _row(shape.address(p), p, symbolic, backward, kernel, given, differences, float(close[p]))
        for p in chosen
    ]
    right = given is None or bool((np.abs(given - backward) <= close).all())
    named = [] if right or given is None else slips(shape, theta, x, d, found, added, given)
    counted = [row for row in rows if row.verdict != "kink"]
    return GradientCheck(
        tuple(rows), all(row.verdict == "holds" for row in counted) and not named, tuple(named), shape
    )


class _Symbolic:
    """The formula's value for every weight; parts that weights share are computed once."""

    def __init__(
        self, shape: Shape, theta: Floats, X: Floats, D: Floats, loss: Loss, penalty: Penalty
    ) -> None:
        self.shape, self.penalty = shape, penalty
        self.numbers, self.links = Numbers(shape, theta, X, D, loss), Links(shape, loss)

    def value(self, address: str) -> float:
        weight = weight_quantity(self.shape, address)
        formula: Node = own(self.shape, self.links.gradient(weight, short=True))
        if weight.kind == "w":
            formula = (
                formula + decimal(self.penalty.l2) * weight + decimal(self.penalty.l1) * Call("sign", weight)
            )
        return self.numbers.scalar(formula)


def _row(
    address: str,
    p: int,
    symbolic: _Symbolic,
    backward: Floats,
    kernel: Floats | None,
    given: Floats | None,
    differences: Differences,
    close: float,
) -> WeightCheck:
    formula, g = symbolic.value(address), float(backward[p])
    quotient = differences.central(p)
    exact = differences.complex_step(p) if differences.analytic else None
    exact = exact if exact is not None and np.isfinite(exact) else None
    compiled = None if kernel is None else float(kernel[p])
    mine = None if given is None else float(given[p])
    same = all(abs(value - g) <= close for value in (formula, exact, compiled) if value is not None)
    judged = g if mine is None else mine
    within = abs(quotient.value - judged) <= quotient.bound + close
    verdict = "kink" if quotient.kink else "holds" if same and within else "fails"
    return WeightCheck(
        address, formula, g, compiled, quotient.value, quotient.bound, exact, mine, quotient.kink, verdict
    )


def _given(gradient: Any, network: Network, X: Floats, D: Floats) -> Floats:
    shape = network.shape
    told = gradient(network, X.copy(), D.copy()) if callable(gradient) else gradient
    found = _in_theta_s_order(shape, told.theta if isinstance(told, Gradient) else told)
    weights = shape.weight_mask()
    if shape.bias and found.shape == (int(weights.sum()),):  # the biases are forgotten
        padded = np.zeros(shape.size)
        padded[weights] = found
        return padded
    if found.shape != (shape.size,):
        raise InputError(
            f"your gradient must have shape ({shape.size},), one entry for each entry of network.theta in its order; "
            f"got {found.shape}: np.concatenate the .ravel() of W^(0,1), b^(1), W^(1,2), …"
        )
    return found


def _in_theta_s_order(shape: Shape, told: Any) -> Floats:
    """Numbers one after the other; matrices W^(0,1), b^(1), W^(1,2), … (or each W alone) are laid so."""
    if not isinstance(told, (list, tuple)) or not all(np.ndim(part) for part in told):
        return np.asarray(told, dtype=np.float64)
    W, b = ([block.shape for block in blocks] for blocks in shape.views(np.zeros(shape.size)))
    parts = [np.asarray(part, dtype=np.float64) for part in told]
    whole = [form for pair in zip(W, b, strict=True) for form in pair] if shape.bias else W
    if [part.shape for part in parts] not in (whole, W):
        raise InputError(
            f"your gradient must have parts of shapes {', '.join(map(str, whole))}, in θ's order; "
            f"got {', '.join(str(part.shape) for part in parts)}"
        )
    return np.concatenate([part.ravel() for part in parts])


def _block(address: str) -> str:
    kind, _, layer = address.partition("_")
    return f"{'W' if kind == 'w' else 'b'}^{layer.partition('^')[2]}"


def _counts(holds: int, fails: int, kinks: int) -> str:
    parts = [f"{holds} hold" if holds != 1 else "1 holds"]
    parts += [f"{fails} {'fails' if fails == 1 else 'fail'}"] if fails else []
    parts += [f"{kinks} at a kink, not counted"] if kinks else []
    return ", ".join(parts)


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value + 0.0:.9g}" if isinstance(value, float) else str(value)
