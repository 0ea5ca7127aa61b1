"""Starting weights, each with its source; biases start at 0 unless said. All from an explicit Generator.

With I units in, J units out: `fan_in` = I, `fan_out` = J.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.errors import InputError, UnknownName

Floats = NDArray[np.floating]


def zeros(random: Generator, I: int, J: int) -> Floats:
    """w = 0: shown because it fails; all units of a layer then stay equal."""
    return np.zeros((I, J))


def uniform(random: Generator, I: int, J: int) -> Floats:
    """w ~ U(−0.5, 0.5): the textbook's small random weights (Rumelhart, Hinton, Williams 1986)."""
    return random.uniform(-0.5, 0.5, (I, J))


def glorot(random: Generator, I: int, J: int) -> Floats:
    """w ~ U(−r, r), r = √(6/(I + J)): variance 2/(I + J) (Glorot, Bengio 2010, eq. 16)."""
    r = np.sqrt(6 / (I + J))
    return random.uniform(-r, r, (I, J))


def he(random: Generator, I: int, J: int) -> Floats:
    """w ~ N(0, 2/I), for relu (He, Zhang, Ren, Sun 2015, eq. 10)."""
    return random.standard_normal((I, J)) * np.sqrt(2 / I)


def lecun(random: Generator, I: int, J: int) -> Floats:
    """w ~ N(0, 1/I), for tanh and selu (LeCun, Bottou, Orr, Müller 1998, §4.6)."""
    return random.standard_normal((I, J)) * np.sqrt(1 / I)


def orthogonal(random: Generator, I: int, J: int) -> Floats:
    """W with orthonormal rows or columns: QR of a Gaussian matrix, signs fixed (Saxe, McClelland, Ganguli 2014)."""
    Q, R = np.linalg.qr(random.standard_normal((max(I, J), min(I, J))))
    Q = Q * np.where(np.diag(R) < 0, -1.0, 1.0)
    return Q if I >= J else Q.T


def nguyen_widrow(random: Generator, I: int, J: int) -> Floats:
    """Columns of length 0.7 J^(1/I), directions random (Nguyen, Widrow 1990).

    Each unit's slope covers its share of inputs in [−1, 1].
    """
    W = random.uniform(-1, 1, (I, J))
    return 0.7 * J ** (1 / I) * W / np.linalg.norm(W, axis=0)


STARTS: dict[str, Callable[[Generator, int, int], Floats]] = {
    f.__name__: f for f in (zeros, uniform, glorot, he, lecun, orthogonal, nguyen_widrow)
}
ALIASES = {"xavier": "glorot", "kaiming": "he", "initnw": "nguyen_widrow"}


def start(name: str, shape: Shape, random: Generator) -> Floats:
    """θ (P,) float64 for a shape: weights by name, biases 0 (Nguyen-Widrow: spread over ±0.7 J^(1/I) in hidden layers).

    Parameters
    ----------
    name : zeros, uniform, glorot, he, lecun, orthogonal or nguyen_widrow.
    random : where the numbers come from; the same seed gives the same θ.

    >>> shape = Shape((3, 4, 2), ("tanh", "identity"))
    >>> float(abs(start("glorot", shape, np.random.default_rng(0))).max()) <= (6 / 6) ** 0.5
    True
    """
    name = ALIASES.get(name, name) if isinstance(name, str) else name
    if name not in STARTS:
        raise UnknownName("start", name, [*STARTS, *ALIASES])
    if not isinstance(random, Generator):
        raise InputError(
            f"random must be a numpy.random.Generator, got {random!r}: write numpy.random.default_rng(0)"
        )
    theta = np.zeros(shape.size)
    W, b = shape.views(theta)
    for m in range(1, shape.layers + 1):
        I, J = shape.sizes[m - 1], shape.sizes[m]
        hidden = m < shape.layers
        # Nguyen-Widrow is made for hidden layers with a bias; a linear output layer gets small weights
        W[m - 1][:] = (
            STARTS[name](random, I, J) if hidden or name != "nguyen_widrow" else uniform(random, I, J)
        )
        if name == "nguyen_widrow" and hidden and shape.bias:
            b[m - 1][:] = 0.7 * J ** (1 / I) * np.linspace(-1, 1, J) * np.sign(W[m - 1][0])
    return theta
