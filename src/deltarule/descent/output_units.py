"""The unit of each output's targets, and a network's weights told in it: θ' = θ/scale, o' = o/u.

A penalty on θ, or a damping of its steps, means something else where targets are in thousands than where they are in
thousandths: the weights and biases of an identity output carry their unit, all others do not. u_k is the power of two
nearest to the targets' spread, so that dividing by it loses nothing, and is 1 where the spread is about one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.errors import InputError

Floats = NDArray[np.floating]

LARGEST = 500  # power of two of a unit


def spread(D: Floats, s: Floats | None = None) -> Floats:
    """The standard deviation of each target of D (N, K), weighted by s (N,); 1 where a target is constant."""
    D = np.asarray(D, np.float64)
    size = np.abs(D).max(axis=0)  # squares of the largest and the smallest numbers are none
    size = np.where((size > 0) & np.isfinite(size), size, 1.0)
    D = D / size
    mean = np.average(D, axis=0, weights=s)
    found = size * np.sqrt(np.average((D - mean) ** 2, axis=0, weights=s))
    return np.where(found > 0, found, 1.0)


@dataclass(frozen=True)
class OutputUnits:
    """u (K,) of each output, and `scale` (P,): u_k for weights and biases of output k, 1 for all others.

    >>> from deltarule import Network
    >>> shape, D = Network([1, 2, 1]).shape, np.array([[-3000.0], [3000.0]])
    >>> found = OutputUnits.of(shape, D)
    >>> found.u.tolist(), found.scale.tolist()
    ([4096.0], [1.0, 1.0, 1.0, 1.0, 4096.0, 4096.0, 4096.0])
    """

    u: Floats
    scale: Floats

    @classmethod
    def of(cls, shape: Shape, D: Floats, s: Floats | None = None) -> OutputUnits:
        """From targets D (N, K) with weights s (N,); units of 1 where the outputs are no plain sums.

        Raises InputError where a target's squares are no numbers.
        """
        u = np.ones(shape.sizes[-1])
        if shape.activations[-1] == "identity":
            wide = spread(D, s)
            power = np.round(np.log2(wide))
            for found in wide[np.abs(power) > LARGEST]:
                raise InputError(
                    f"targets with a spread of {found:.3g} have squares too large or too small for a number: "
                    "use another unit"
                )
            u = 2.0**power
        scale = np.ones(shape.size)
        W, b = shape.views(scale)
        W[-1][:] = u
        if shape.bias:
            b[-1][:] = u
        return cls(u, scale)

    @classmethod
    def none(cls, shape: Shape) -> OutputUnits:
        """All 1."""
        return cls(np.ones(shape.sizes[-1]), np.ones(shape.size))
