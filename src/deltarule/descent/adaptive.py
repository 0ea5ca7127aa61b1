"""Rules with a learning rate of their own for each weight, from running means of g and g².

m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²; both start at 0, which Adam corrects for. t counts steps from 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import above_zero, from_zero, share

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class AdaGrad:
    """v ← v + g²,  θ ← θ − η g/(√v + ε) (Duchi, Hazan, Singer 2011).

    v, the memory, starts at 0 and never falls: steps along a lasting g become shorter as 1/√t.

    Parameters
    ----------
    epsilon : ε > 0, in the unit of g; so small (1e-10, PyTorch's) that it only keeps 0/0 away.

    η is `train`'s learning_rate, 0.01 where none is given: the length of each weight's first step.

    Raises InputError for an epsilon that is not above 0.

    Source: Duchi, Hazan, Singer 2011, eq. 1 (without the projection), with ε for their δ.

    >>> from deltarule import descend
    >>> path = descend("2*x", [1], rule=AdaGrad(), learning_rate=0.1, steps=2).path  # g = 2: v = 4, then 8
    >>> bool(np.allclose(path.ravel(), [1, 1 - 0.1 * 2 / 2, 0.9 - 0.1 * 2 / 8**0.5]))
    True
    """

    epsilon: float = 1e-10
    code: ClassVar[str] = "adagrad"
    memories: ClassVar[int] = 1
    learning_rate: ClassVar[float] = 0.01

    def __post_init__(self) -> None:
        above_zero("epsilon", self.epsilon)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.epsilon,)

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        v = memory[0]
        v += g * g
        theta -= learning_rate * g / (np.sqrt(v) + self.epsilon)


@dataclass(frozen=True)
class RMSprop:
    """v ← ρ v + (1 − ρ) g²,  θ ← θ − η g/(√v + ε) (Tieleman, Hinton 2012, lecture 6.5).

    v, the memory, starts at 0, which is not corrected for: the first step is η/√(1 − ρ) long.

    Parameters
    ----------
    rho : ρ, at least 0 and below 1, the share of v kept; 0.99, PyTorch's, averages about a hundred squares (the
        lecture: 0.9).
    epsilon : ε > 0, in the unit of g; so small (1e-8) that it only keeps 0/0 away.

    η is `train`'s learning_rate, 0.001 where none is given.

    Raises InputError for a rho or an epsilon outside its range.

    >>> from deltarule import descend
    >>> path = descend("2*x", [1], rule=RMSprop(0.75), learning_rate=0.1, steps=2).path  # g = 2: v = 1, then 1.75
    >>> bool(np.allclose(path.ravel(), [1, 1 - 0.1 * 2 / 1, 0.8 - 0.1 * 2 / 1.75**0.5]))
    True
    """

    rho: float = 0.99
    epsilon: float = 1e-8
    code: ClassVar[str] = "rmsprop"
    memories: ClassVar[int] = 1
    learning_rate: ClassVar[float] = 0.001

    def __post_init__(self) -> None:
        share("rho", self.rho)
        above_zero("epsilon", self.epsilon)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.rho, self.epsilon)

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        v = memory[0]
        v *= self.rho
        v += (1 - self.rho) * g * g
        theta -= learning_rate * g / (np.sqrt(v) + self.epsilon)


@dataclass(frozen=True)
class Adam:
    """θ ← θ − η_t m/(√v + ε),  η_t = η √(1 − β₂ᵗ)/(1 − β₁ᵗ) (Kingma, Ba 2015, the efficient form at the end of §2).

    This is scikit-learn's and Keras' form; PyTorch's is the same with ε √(1 − β₂ᵗ) in place of ε.

    Parameters
    ----------
    beta_1 : β₁, at least 0 and below 1, the share of m kept; 0.9 averages about ten gradients.
    beta_2 : β₂, at least 0 and below 1, the share of v kept; 0.999 averages about a thousand squares.
    epsilon : ε > 0, in the unit of g; so small (1e-8) that it only keeps 0/0 away.

    η is `train`'s learning_rate, 0.001 where none is given: about the longest step that a weight takes.

    Raises InputError for a constant outside its range.

    The first step is η long, whatever the size of g:

    >>> theta = np.array([1.0]); memory = np.zeros((2, 1))
    >>> Adam().update(theta, np.array([3.0]), memory, 0.001, 1, np.ones(1, bool)); float(theta[0].round(6))
    0.999
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    code: ClassVar[str] = "adam"
    memories: ClassVar[int] = 2
    learning_rate: ClassVar[float] = 0.001

    def __post_init__(self) -> None:
        share("beta_1", self.beta_1)
        share("beta_2", self.beta_2)
        above_zero("epsilon", self.epsilon)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.beta_1, self.beta_2, self.epsilon)

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        m, v = moments(memory, g, self.beta_1, self.beta_2)
        rate = learning_rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        theta -= rate * m / (np.sqrt(v) + self.epsilon)


@dataclass(frozen=True)
class AdamW:
    """w ← w − η λ w for weights (biases are left alone), then Adam's step (Loshchilov, Hutter 2019).

    The decay is no part of g, so that Adam does not divide it by √v as it would an L2 penalty's slope.

    Parameters
    ----------
    weight_decay : λ, 0 or more; 0.01 as PyTorch has it.
    beta_1 : β₁, at least 0 and below 1, the share of m kept; 0.9 averages about ten gradients.
    beta_2 : β₂, at least 0 and below 1, the share of v kept; 0.999 averages about a thousand squares.
    epsilon : ε > 0, in the unit of g; so small (1e-8) that it only keeps 0/0 away.

    η is `train`'s learning_rate, 0.001 where none is given.

    Raises InputError for a constant outside its range.

    Source: Loshchilov, Hutter 2019, Algorithm 2, line 12, with η λ for their λ, as PyTorch has it too.

    >>> theta, memory = np.array([1.0, 1.0]), np.zeros((2, 2))  # a weight and a bias
    >>> AdamW(weight_decay=0.5).update(theta, np.array([3.0, 3.0]), memory, 0.1, 1, np.array([True, False]))
    >>> bool(np.allclose(theta, [1 - 0.1 * 0.5 - 0.1, 1 - 0.1]))
    True
    """

    weight_decay: float = 0.01
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    code: ClassVar[str] = "adamw"
    memories: ClassVar[int] = 2
    learning_rate: ClassVar[float] = 0.001

    def __post_init__(self) -> None:
        share("beta_1", self.beta_1)
        share("beta_2", self.beta_2)
        above_zero("epsilon", self.epsilon)
        from_zero("weight_decay", self.weight_decay)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.beta_1, self.beta_2, self.epsilon, self.weight_decay)

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        theta[weights] *= 1 - learning_rate * self.weight_decay
        m, v = moments(memory, g, self.beta_1, self.beta_2)
        rate = learning_rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        theta -= rate * m / (np.sqrt(v) + self.epsilon)


@dataclass(frozen=True)
class NAdam:
    """Adam that looks ahead: m becomes β₁ m (1 − β₁ᵗ)/(1 − β₁ᵗ⁺¹) + (1 − β₁) g (Dozat 2016, with constant β₁).

    It does so in the step alone; the m that is kept is Adam's.

    Parameters
    ----------
    beta_1 : β₁, at least 0 and below 1, the share of m kept; 0.9 averages about ten gradients.
    beta_2 : β₂, at least 0 and below 1, the share of v kept; 0.999 averages about a thousand squares.
    epsilon : ε > 0, in the unit of g; so small (1e-8) that it only keeps 0/0 away.

    η is `train`'s learning_rate, 0.001 where none is given.

    Raises InputError for a constant outside its range.

    Source: Dozat 2016, Algorithm 2, with η √(1 − β₂ᵗ)/(1 − β₁ᵗ) and ε as in Adam.

    >>> from deltarule import descend
    >>> path = descend("2*x", [1], rule=NAdam(), learning_rate=0.1, steps=1).path  # t = 1: 0.9 · 0.1/0.19 = 9/19
    >>> bool(np.allclose(path.ravel(), [1, 1 - 0.1 * (1 + 9 / 19)]))
    True
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    code: ClassVar[str] = "nadam"
    memories: ClassVar[int] = 2
    learning_rate: ClassVar[float] = 0.001

    def __post_init__(self) -> None:
        share("beta_1", self.beta_1)
        share("beta_2", self.beta_2)
        above_zero("epsilon", self.epsilon)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.beta_1, self.beta_2, self.epsilon)

    def update(
        self, theta: Floats, g: Floats, memory: Floats, learning_rate: float, t: int, weights: Mask
    ) -> None:
        m, v = moments(memory, g, self.beta_1, self.beta_2)
        ahead = self.beta_1 * (1 - self.beta_1**t) / (1 - self.beta_1 ** (t + 1))
        rate = learning_rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        theta -= rate * (ahead * m + (1 - self.beta_1) * g) / (np.sqrt(v) + self.epsilon)


def moments(memory: Floats, g: Floats, beta_1: float, beta_2: float) -> tuple[Floats, Floats]:
    """m and v after this gradient, moved in place."""
    m, v = memory
    m *= beta_1
    m += (1 - beta_1) * g
    v *= beta_2
    v += (1 - beta_2) * g * g
    return m, v
