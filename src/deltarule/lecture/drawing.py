"""A network drawn with its symbols, with the numbers of a sample, with its gradient, or with its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deltarule.diagram import Content, Matrix, Picture, lay_out, svg, tikz
from deltarule.diagram.labels import number
from deltarule.diagram.layout import MOST_DRAWN, drawn_units
from deltarule.diagram.weights import layer_roles, weights_content
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError, UnknownName
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.terms import Quantity
from deltarule.network import Network

SHOWS = ("symbols", "numbers", "gradients", "weights")
Place = tuple[int, int]


@dataclass(frozen=True)
class Drawing:
    """A picture of a network; a notebook shows it."""

    picture: Picture

    @property
    def svg(self) -> str:
        """For pages."""
        return svg(self.picture)

    @property
    def tikz(self) -> str:
        """For LaTeX."""
        return tikz(self.picture)

    def _repr_svg_(self) -> str:
        return self.svg


def draw(
    network: Network,
    show: str = "symbols",
    notation: str = "lecture",
    X: ArrayLike | None = None,
    D: ArrayLike | None = None,
    sample: int = 1,
    loss: str | Loss | None = "mse",
    weight: str | None = None,
) -> Drawing:
    """The picture of a network.

    Parameters
    ----------
    show : symbols; numbers (y in the units, net below, w on the lines, of one sample of X); gradients (∂E/∂net in the
        units, ∂E/∂w on the lines, over all of X, D); weights.
    sample : counted from 1.
    weight : an address: its paths to E are lit.

    >>> drawing = draw(Network.lecture([2, 2, 1]), weight="w_11^(0,1)")
    >>> drawing.svg.startswith("<svg"), drawing.picture.overlaps()
    (True, [])
    """
    if show not in SHOWS:
        raise UnknownName("show", show, SHOWS)
    shape = network.shape
    if show == "weights":
        content = weights_content(shape.sizes, network.W, network.b)
    elif show == "symbols":
        content = symbols_content(Symbols(shape, notation))
    elif X is None or (show == "gradients" and D is None):
        raise InputError(f"show='{show}' needs X{' and D' if show == 'gradients' else ''}, the samples")
    elif show == "numbers":
        content = _numbers(network, X, sample)
    else:
        content = _gradients(network, X, D, loss)
    if weight is not None:
        m, i, j, _ = shape.locate(weight)
        content = replace(content, lit=path_of(shape, weight), chosen=None if i is None else (m, i, j))
    return Drawing(lay_out(shape.sizes, content))


def symbols_content(names: Symbols, blanks: Mapping[str, str] | None = None) -> Content:
    """The content of a network's symbols, some of them replaced by blanks (by a quantity's key)."""
    shape, blanks = names.shape, blanks or {}

    def written(q: Quantity) -> str:
        return blanks.get(q.key) or names.text(q)

    units = _units(shape)
    matrices = [
        Matrix(
            f"W^({names.parts(Quantity('w', m, (1, 1)))[2]})",
            [
                [written(Quantity("w", m, (i, j))).partition("^")[0] for j in range(1, shape.sizes[m] + 1)]
                for i in range(1, shape.sizes[m - 1] + 1)
            ],
        )
        for m in _written_matrices(shape)
    ]
    return Content(
        inside={(m, j): written(Quantity("y", m, (j,))) for m, j in units},
        above={(m, j): written(Quantity("b", m, (j,))) for m, j in units if m and shape.bias},
        below={(m, j): written(Quantity("net", m, (j,))) for m, j in units if m},
        weights={(m, i, j): written(Quantity("w", m, (i, j))) for m, i, j in _lines(shape)},
        layers=layer_roles(shape.layers),
        matrices=[] if blanks else matrices,
    )


def path_of(shape: Shape, weight: str) -> frozenset[tuple[int, ...]]:
    """The lines and units from a weight or bias to E."""
    m, i, j, _ = shape.locate(weight)
    found: set[tuple[int, ...]] = {(m, j)} if i is None else {(m, j), (m, i, j)}
    reached = [j]
    for p in range(m + 1, shape.layers + 1):
        units = [u for u in drawn_units(shape.sizes[p]) if u]
        found |= {(p, a, u) for a in reached for u in units} | {(p, u) for u in units}
        reached = units
    return frozenset(found)


def _units(shape: Shape) -> list[Place]:
    return [(m, j) for m, size in enumerate(shape.sizes) for j in drawn_units(size) if j]


def _lines(shape: Shape) -> list[tuple[int, int, int]]:
    drawn = [[u for u in drawn_units(size) if u] for size in shape.sizes]
    return [(m, i, j) for m in range(1, shape.layers + 1) for i in drawn[m - 1] for j in drawn[m]]


def _written_matrices(shape: Shape) -> list[int]:
    return [m for m in range(1, shape.layers + 1) if max(shape.sizes[m - 1 : m + 1]) <= MOST_DRAWN]


def _with_values(
    shape: Shape,
    W: list[Any],
    inside: dict[Place, str],
    above: dict[Place, str],
    below: dict[Place, str],
    name: str,
    caption: str,
) -> Content:
    strongest = max((float(np.abs(w).max()) for w in W), default=0.0) or 1.0
    values = {(m, i, j): float(W[m - 1][i - 1, j - 1]) for m, i, j in _lines(shape)}
    return Content(
        inside=inside,
        above=above,
        below=below,
        weights={at: number(w) for at, w in values.items()},
        strengths={at: w / strongest for at, w in values.items()},
        layers=layer_roles(shape.layers),
        matrices=[
            Matrix(f"{name}^({m - 1},{m})", [[number(float(w)) for w in row] for row in W[m - 1]])
            for m in _written_matrices(shape)
        ],
        caption=caption,
    )


def _numbers(network: Network, X: ArrayLike, sample: int) -> Content:
    trace, shape = network.forward(X), network.shape
    count = len(trace.o)
    if not 1 <= sample <= count:
        raise InputError(f"sample must be between 1 and {count}, the number of rows of X; got {sample}")
    units, n = _units(shape), sample - 1
    return _with_values(
        shape,
        network.W,
        {(m, j): number(float(trace.y[m][n, j - 1])) for m, j in units},
        {(m, j): f"b {number(float(network.b[m - 1][j - 1]))}" for m, j in units if m and shape.bias},
        {(m, j): f"net {number(float(trace.net[m - 1][n, j - 1]))}" for m, j in units if m},
        "W",
        f"sample {sample}: y in the units, net below, w on the lines",
    )


def _gradients(network: Network, X: ArrayLike, D: ArrayLike | None, loss: str | Loss | None) -> Content:
    assert D is not None
    gradient, shape = network.gradient(X, D, loss), network.shape
    delta = [d.sum(axis=0) for d in gradient.delta]
    return _with_values(
        shape,
        gradient.W,
        {(m, j): number(float(delta[m - 1][j - 1])) for m, j in _units(shape) if m},
        {},
        {},
        "∂E/∂W",
        "∂E/∂w on the lines; in the units Σ_n ∂E/∂net_n (with a bias, its gradient)",
    )
