"""Gradient descent θ ← θ − η g, and its two ways of keeping speed: momentum and Nesterov's.

g is ∂(E + penalty)/∂θ, clipped; η the learning rate of the step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import share

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class GradientDescent:
    """θ ← θ − η g: the lecture's Δw ∝ −∂E/∂w.

    >>> theta = np.array([1.0, 2.0]); rule = GradientDescent()
    >>> rule.update(theta, np.array([0.5, -1.0]), np.empty((0, 2)), 0.1, 1, np.ones(2, bool)); theta.tolist()
    [0.95, 2.1]
    """

    code: ClassVar[str] = "gradient"
    memories: ClassVar[int] = 0
    learning_rate: ClassVar[float] = 0.1

    @property
    def constants(self) -> tuple[float, ...]:
        return ()

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        theta -= learning_rate * g


@dataclass(frozen=True)
class Momentum:
    """v ← β v − η g,  θ ← θ + v (Polyak 1964); v, the memory, starts at 0.

    Parameters
    ----------
    beta : β, 0 to 1, the share of the last step kept; 0.9 averages about ten steps, 1 never slows down.

    η is `train`'s learning_rate, 0.01 where none is given: a lasting g is stepped along by η g/(1 − β).

    Raises InputError for a beta outside its range.

    Source: Sutskever, Martens, Dahl, Hinton 2013, eqs. 1 and 2.

    >>> from deltarule import descend
    >>> path = descend("2*x", [1], rule=Momentum(), learning_rate=0.1, steps=2).path  # g = 2: v = −0.2, then −0.38
    >>> path.ravel().round(12).tolist()
    [1.0, 0.8, 0.42]
    """

    beta: float = 0.9
    code: ClassVar[str] = "momentum"
    memories: ClassVar[int] = 1
    learning_rate: ClassVar[float] = 0.01

    def __post_init__(self) -> None:
        share("beta", self.beta, one=True)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.beta,)

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        v = memory[0]
        v *= self.beta
        v -= learning_rate * g
        theta += v


@dataclass(frozen=True)
class Nesterov:
    """v ← β v − η g,  θ ← θ + β v − η g (Nesterov 1983, in the form of Sutskever et al. 2013).

    θ here is the point looked ahead to, at which g is taken; v, the memory, starts at 0.

    Parameters
    ----------
    beta : β, 0 to 1, the share of the last step kept; 0.9 averages about ten steps, 1 never slows down.

    η is `train`'s learning_rate, 0.01 where none is given.

    Raises InputError for a beta outside its range.

    Source: Sutskever, Martens, Dahl, Hinton 2013, eqs. 3 and 4, with θ + μ v there for θ here.

    >>> from deltarule import descend
    >>> path = descend("2*x", [1], rule=Nesterov(), learning_rate=0.1, steps=2).path  # g = 2: v = −0.2, then −0.38
    >>> bool(np.allclose(path.ravel(), [1, 1 - 0.9 * 0.2 - 0.2, 0.62 - 0.9 * 0.38 - 0.2]))
    True
    """

    beta: float = 0.9
    code: ClassVar[str] = "nesterov"
    memories: ClassVar[int] = 1
    learning_rate: ClassVar[float] = 0.01

    def __post_init__(self) -> None:
        share("beta", self.beta, one=True)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.beta,)

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        v = memory[0]
        v *= self.beta
        v -= learning_rate * g
        theta += self.beta * v - learning_rate * g
