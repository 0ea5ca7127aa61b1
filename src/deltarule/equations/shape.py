"""Layer sizes, activations and bias; and where each weight and bias lies in θ.

θ (P,) holds W^(0,1) row by row, then b^(1), then W^(1,2), b^(2), … (no b when bias is off).
W^(m−1,m) has one row per unit of layer m−1 and one column per unit of layer m: w_ij goes from unit i to unit j.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import is_count
from deltarule.equations.activations import activation as find_activation
from deltarule.errors import InputError

Floats = NDArray[np.floating]

_WRITTEN = re.compile(
    r"\s*(?P<kind>[wWb])_?\{?(?P<units>\d+(?:,\d+)?)\}?\s*\^?\s*[({]\(?(?P<layers>\d+(?:\s*,\s*\d+)?)\)?[)}]\s*"
)
_SHELL = re.compile(r"\s*(?P<layers>\d+(?:,\d+)?):(?P<units>\d+(?:,\d+)?)\s*")


@dataclass(frozen=True)
class Shape:
    """The form of a dense network: everything about it but its numbers.

    Parameters
    ----------
    sizes : units of layers 0 … L, each ≥ 1; layer 0 is the input.
    activations : one name for each of layers 1 … L; the last is the output's.
    bias : whether layers 1 … L have a bias (the lecture's formulas have none).

    >>> shape = Shape((3, 4, 2), ("logistic", "logistic"), bias=False)
    >>> shape.size, shape.address(5), shape.index("w_22^(0,1)")
    (20, 'w_22^(0,1)', 5)
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    bias: bool = True

    def __post_init__(self) -> None:
        sizes = self.sizes
        if len(sizes) < 2 or any(not is_count(s) or s < 1 for s in sizes):
            raise InputError(
                f"sizes must be at least two whole numbers ≥ 1 (inputs, hidden units, outputs), got {list(sizes)!r}: "
                "write for example [3, 4, 2]"
            )
        object.__setattr__(self, "sizes", tuple(int(s) for s in sizes))
        last = len(self.activations) - 1
        names = tuple(find_activation(a, hidden=i < last).name for i, a in enumerate(self.activations))
        object.__setattr__(self, "activations", names)
        if len(self.activations) != self.layers:
            raise InputError(
                f"a network of sizes {list(self.sizes)} has {self.layers} layers with an activation, "
                f"got {len(self.activations)} activations: give one name, or one a hidden layer"
            )
        for name in self.activations[:-1]:
            if find_activation(name).output_only:
                raise InputError(
                    f"activation '{name}' is for the output only, not for a hidden layer: use output='{name}'"
                )

    @property
    def layers(self) -> int:
        """L, the number of layers that have weights."""
        return len(self.sizes) - 1

    @cached_property
    def size(self) -> int:
        """P, the number of weights and biases."""
        return self._places[-1][1].stop

    @cached_property
    def _places(self) -> list[tuple[slice, slice]]:
        """Where W and b of layers 1 … L lie in θ."""
        places, start = [], 0
        for i, j in pairwise(self.sizes):
            middle, stop = start + i * j, start + (i + self.bias) * j
            places.append((slice(start, middle), slice(middle, stop)))
            start = stop
        return places

    def W_at(self, m: int) -> slice:
        """Where W^(m−1,m) lies in θ, m = 1 … L."""
        return self._places[m - 1][0]

    def b_at(self, m: int) -> slice:
        """Where b^(m) lies in θ, m = 1 … L; empty when bias is off."""
        return self._places[m - 1][1]

    def layer_at(self, m: int) -> slice:
        """Where W^(m−1,m) and b^(m) lie in θ: one piece, Ŵ (I + 1, J) row by row."""
        return slice(self.W_at(m).start, self.b_at(m).stop)

    def views(self, theta: Floats) -> tuple[list[Floats], list[Floats]]:
        """θ (P,) as views: W, a list of (units of m−1, units of m), and b, a list of (units of m,), [] without bias."""
        layers = range(1, self.layers + 1)
        W = [theta[self.W_at(m)].reshape(self.sizes[m - 1], self.sizes[m]) for m in layers]
        b = [theta[self.b_at(m)] for m in layers] if self.bias else []
        return W, b

    def weight_mask(self) -> NDArray[np.bool_]:
        """(P,): True where θ holds a weight, False where it holds a bias."""
        mask = np.ones(self.size, dtype=np.bool_)
        for m in range(1, self.layers + 1):
            mask[self.b_at(m)] = False
        return mask

    def layer_norms(self, theta: Floats) -> NDArray[np.float64]:
        """(L,): the Euclidean norm of each layer's part of a vector of θ's shape (W and b together)."""
        layers = range(1, self.layers + 1)
        return np.array([float(np.linalg.norm(theta[self.layer_at(m)])) for m in layers])

    def address(self, index: int) -> str:
        """The name of θ[index]: `w_12^(0,1)` or `b_2^(1)`; a comma parts the units once a layer has ten.

        >>> Shape((2, 12), ("identity",)).address(13)
        'w_2,2^(0,1)'
        """
        if not 0 <= index < self.size:
            raise InputError(f"θ has {self.size} entries, numbered 0 to {self.size - 1}; got {index}")
        for m in range(1, self.layers + 1):
            W, b = self.W_at(m), self.b_at(m)
            if index < W.stop:
                i, j = divmod(index - W.start, self.sizes[m])
                comma = "," if max(self.sizes[m - 1], self.sizes[m]) > 9 else ""
                return f"w_{i + 1}{comma}{j + 1}^({m - 1},{m})"
            if index < b.stop:
                return f"b_{index - b.start + 1}^({m})"
        raise AssertionError("unreachable: every index lies in a layer")

    def index(self, address: str) -> int:
        """Where the weight or bias of that name lies in θ.

        Takes `w_12^(0,1)`, `w12(0,1)`, `w_1,12^(0,1)`, a textbook's `w_12^(1)`, `b_2^(1)`, and without quotes in a
        shell `0,1:1,12` and `1:2`.

        >>> shape = Shape((3, 4, 2), ("tanh", "identity"))
        >>> shape.index("1:2"), shape.index("w_12^(0,1)") == shape.index("w12(0,1)") == shape.index("w_12^(1)")
        (13, True)
        """
        return self.locate(address)[3]

    def locate(self, address: str) -> tuple[int, int | None, int, int]:
        """(m, i, j, index) of a weight w_ij^(m−1,m), units counted from 1; i is None for a bias b_j^(m)."""
        match = _WRITTEN.fullmatch(address) or _SHELL.fullmatch(address)
        if not match:
            raise InputError(
                f"a weight is written w_12^(0,1) or 0,1:1,2 and a bias b_2^(1) or 1:2; got '{address}'"
            )
        layers = [int(n) for n in match["layers"].split(",")]
        kind = match.groupdict().get("kind") or ("w" if len(layers) == 2 else "b")
        if kind == "b":
            return self._locate_bias(address, layers[-1], match["units"])
        if len(layers) == 1:  # a textbook's w^(m) leads to layer m
            layers.insert(0, layers[0] - 1)
        if layers[1] != layers[0] + 1 or not 1 <= layers[1] <= self.layers:
            known = ", ".join(f"({m - 1},{m})" for m in range(1, self.layers + 1))
            raise InputError(f"'{address}': this network has weights between layers {known}")
        m = layers[1]
        i, j = self._units(address, match["units"], m)
        if not (1 <= i <= self.sizes[m - 1] and 1 <= j <= self.sizes[m]):
            raise InputError(
                f"'{address}': W^({m - 1},{m}) goes from units 1 to {self.sizes[m - 1]} to units 1 to {self.sizes[m]}"
            )
        return m, i, j, self.W_at(m).start + (i - 1) * self.sizes[m] + j - 1

    def _locate_bias(self, address: str, m: int, units: str) -> tuple[int, None, int, int]:
        if not self.bias:
            raise InputError(f"'{address}': this network has no biases")
        if not 1 <= m <= self.layers:
            raise InputError(f"'{address}': biases belong to layers 1 to {self.layers}")
        if "," in units or not 1 <= int(units) <= self.sizes[m]:
            raise InputError(f"'{address}': layer {m} has units 1 to {self.sizes[m]}")
        return m, None, int(units), self.b_at(m).start + int(units) - 1

    def _units(self, address: str, units: str, m: int) -> tuple[int, int]:
        if "," in units:
            i, j = units.split(",")
            return int(i), int(j)
        if len(units) != 2:
            raise InputError(
                f"'{address}': write the two unit numbers with a comma, as in w_1,12^({m - 1},{m})"
            )
        return int(units[0]), int(units[1])


def make_shape(
    sizes: Sequence[int],
    activation: str | Sequence[str] = "tanh",
    output: str = "identity",
    bias: bool = True,
) -> Shape:
    """A Shape from sizes, one hidden activation (or one for each hidden layer) and the output's."""
    if not isinstance(sizes, Iterable) or not isinstance(activation, Iterable):
        given = ("sizes", sizes) if not isinstance(sizes, Iterable) else ("activation", activation)
        raise InputError(
            f"{given[0]} must be a list such as [3, 4, 2] or a name such as 'tanh', got {given[1]!r}"
        )
    sizes = tuple(sizes)
    hidden = max(len(sizes) - 2, 0)
    names = (activation,) * hidden if isinstance(activation, str) else tuple(activation)
    if len(names) != hidden:
        named = "1 layer" if len(names) == 1 else f"{len(names)} layers"
        there = "1 hidden layer" if hidden == 1 else f"{hidden or 'no'} hidden layers"
        raise InputError(
            f"activation names {named}, and a network of sizes {list(sizes)} has {there}: "
            "give one name, or one a hidden layer"
        )
    if isinstance(activation, str):
        find_activation(activation, hidden=True)
    return Shape(sizes, (*names, output), bool(bias))
