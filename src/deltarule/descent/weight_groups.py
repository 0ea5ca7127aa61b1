"""Groups of weights that share a penalty strength, each with its own: what evidence estimates.

½ Σ_g α_g Σ_{p in g} ρ_p θ_p²        a weight's Gaussian prior has variance 1/(α_g ρ_p)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.errors import UnknownName

Floats = NDArray[np.floating]

KINDS = ("one", "layers", "inputs")


@dataclass(frozen=True)
class Groups:
    """Which group each entry of θ is in, `index` (P,), each group's name and size, and ρ, `relative` (P,): the
    precision of an entry beside the others of its group.

    >>> Groups.of(Shape((2, 3, 1), ("tanh", "identity")), "inputs").names
    ('input 1', 'input 2', 'biases 1', 'weights 2', 'biases 2')
    """

    names: tuple[str, ...]
    index: NDArray[np.intp]
    relative: Floats

    @classmethod
    def of(cls, shape: Shape, kind: str, outgoing: float = 1.0) -> Groups:
        """One group of everything; each layer's weights and its biases; or, as that, the first
        layer's weights by input.

        In one group ρ is `outgoing` for the weights that leave hidden units, √outgoing for hidden biases and 1 for the
        inputs' weights and the outputs' biases; elsewhere, where each layer's strength is its own, it is 1.

        "inputs" is automatic relevance determination: an input that says nothing gets a large α and its
        weights go to 0.
        """
        if kind not in KINDS:
            raise UnknownName("groups of weights", kind, KINDS)
        if kind == "one":
            return cls(("all",), np.zeros(shape.size, np.intp), _relative(shape, outgoing))
        names: list[str] = []
        index = np.empty(shape.size, np.intp)
        for m in range(1, shape.layers + 1):
            if m == 1 and kind == "inputs":
                index[shape.W_at(1)] = np.repeat(np.arange(shape.sizes[0]), shape.sizes[1])
                names += [f"input {i + 1}" for i in range(shape.sizes[0])]
            else:
                index[shape.W_at(m)] = len(names)
                names.append(f"weights {m}")
            if shape.bias:
                index[shape.b_at(m)] = len(names)
                names.append(f"biases {m}")
        return cls(tuple(names), index, np.ones(shape.size))

    @property
    def sizes(self) -> NDArray[np.intp]:
        """How many entries of θ each group has."""
        return np.bincount(self.index, minlength=len(self.names))

    def sums(self, values: Floats) -> Floats:
        """Σ over each group of values (P,)."""
        return np.asarray(np.bincount(self.index, values, minlength=len(self.names)), np.float64)

    def strengths(self, alpha: Floats) -> Floats:
        """α_g ρ_p of each entry of θ (P,), from α (groups,)."""
        return alpha[self.index] * self.relative


def _relative(shape: Shape, outgoing: float) -> Floats:
    """ρ (P,)."""
    found = np.ones(shape.size)
    W, b = shape.views(found)
    for m in range(1, shape.layers):
        W[m][:] = outgoing
        if shape.bias:
            b[m - 1][:] = np.sqrt(outgoing)
    return found


@dataclass(frozen=True)
class Strengths:
    """The penalty ½ Σ c_p θ_p², c (P,) > 0, biases included: what a penalty answers, for any strengths."""

    c: Floats

    def value(self, theta: Floats, weights: object = None) -> float:
        """½ Σ c θ²."""
        return 0.5 * float(self.c @ (theta * theta))

    def gradient(self, theta: Floats, weights: object = None) -> Floats:
        """c θ."""
        return self.c * theta

    def curvature(self, weights: object = None) -> Floats:
        """c."""
        return self.c
