"""∂E/∂w of any weight or bias of any network, step by step: in words, with δ, with the activation's own S', in numbers.

    ∂E/∂w_ij^(m−1,m) = (1/N) Σ_n ∂E_n/∂net_nj · y_ni,    ∂E_n/∂net_nj = (Σ_k ∂E_n/∂net_nk w_jk) S'(net_nj)

Derived by the element-wise rules of `rules` and `links`; `proof` holds them against SymPy's derivative.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deltarule import samples
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.penalties import penalty as find_penalty
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.expressions.nodes import Node
from deltarule.lecture import rendering
from deltarule.lecture.links import Links
from deltarule.lecture.numbers import Numbers
from deltarule.lecture.second import second_derivative
from deltarule.lecture.steps import Line, Step
from deltarule.lecture.symbols import Symbols, weight_quantity
from deltarule.lecture.telling import Telling
from deltarule.lecture.terms import Partial, Quantity, letters
from deltarule.network import Network


@dataclass(frozen=True)
class Derivation:
    """∂E/∂w, or ∂²E/∂w∂w', derived.

    `steps` are what `print` shows; `chain` keeps S' as it is, `formula` has the activation's own derivative instead.

    >>> network, X, D = Network.lecture([3, 4, 2]), np.ones((2, 3)), np.zeros((2, 2))
    >>> derivation = derive(network, "w_12^(1,2)")
    >>> derivation.text
    '∂E/∂w_12^(1,2) = mean_n(2*(o_n2 - d_n2)*o_n2*(1 - o_n2)*y_n1^(1,2))'
    >>> derivation.prove()
    True
    >>> bool(np.isclose(derivation.value(X, D), network.gradient(X, D).W[1][0, 1], rtol=1e-12))
    True
    """

    weight: Quantity
    second: Quantity | None
    loss: Loss
    penalty: Penalty
    names: Symbols
    theta: Any = field(repr=False)
    steps: tuple[Step, ...]
    chain: Node
    formula: Node

    @property
    def shape(self) -> Shape:
        """The network's form."""
        return self.names.shape

    @property
    def left(self) -> Partial:
        """∂E/∂w, or ∂²E/∂w∂w'."""
        return Partial(Quantity("E"), self.weight, self.second)

    @cached_property
    def text(self) -> str:
        """`∂E/∂w = …` in one line; what stands right can be typed as an answer."""
        return Line(self.left, self.formula).text(self.names)

    @cached_property
    def latex(self) -> str:
        r"""`\frac{\partial E}{\partial w} = …`."""
        return Line(self.left, self.formula).latex(self.names)

    @cached_property
    def mathml(self) -> str:
        """The formula as MathML."""
        return rendering.mathml(self.latex)

    @cached_property
    def expression(self) -> Any:
        """The right side as SymPy: `Sum(…, (n, 1, N))/N` over Indexed symbols such as `y^(1,2)[n, 2]`."""
        return rendering.sympy_expression(self.formula, self.names)

    def value(self, X: ArrayLike, D: ArrayLike) -> float:
        """The formula's value with the network's weights on X (N, I), D (N, K)."""
        return self._numbers(X, D).scalar(self.formula)

    def _numbers(self, X: ArrayLike, D: ArrayLike) -> Numbers:
        x = samples.inputs(X, self.shape)
        d = samples.targets(D, len(x), self.shape, self.loss)
        return Numbers(self.shape, self.theta, x, d, self.loss, letters(self.formula))

    def prove(self, rows: int = 1) -> bool:
        """Whether the formula minus SymPy's derivative of the unfolded E is 0 in normal form, with `rows` samples."""
        from deltarule.lecture.proof import Unfolded, proved

        world = Unfolded(self.shape, self.loss, self.penalty, rows)
        return proved(world, self.formula, self.weight, self.second)

    def __str__(self) -> str:
        return "\n\n".join(f"{at}. {step.text}" for at, step in enumerate(self.steps, 1))

    def __repr__(self) -> str:
        return f"<Derivation {self.text}>"

    def _repr_html_(self) -> str:
        return rendering.steps_html([(step.title, step.words, step.latex) for step in self.steps])

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def derive(
    network: Network | Shape,
    weight: str,
    loss: str | Loss | None = "mse",
    penalty: Penalty | float | None = None,
    notation: str = "lecture",
    second: str | None = None,
    X: ArrayLike | None = None,
    D: ArrayLike | None = None,
    sample: int = 1,
) -> Derivation:
    """∂E/∂weight as a chain of factors, with δ, with the activation's own S', and with the numbers of one sample.

    Parameters
    ----------
    network : a Network, or a Shape where no numbers are wanted.
    weight : an address: `w_12^(0,1)`, `b_2^(1)`, `0,1:1,2`.
    loss, penalty : as for `Network.error`.
    notation : lecture, layer or textbook.
    second : another address: then ∂²E/∂weight∂second.
    X (N, I), D (N, K) : samples; with them the last step is in numbers.
    sample : the sample shown in numbers, counted from 1.

    Raises
    ------
    InputError : no network, an address that it lacks, a loss that its outputs cannot have, or softmax of one output.

    >>> from deltarule import Network
    >>> network = Network.lecture([2, 2, 1])
    >>> found = derive(network, "w_11^(1,2)")
    >>> print(found.text)
    ∂E/∂w_11^(1,2) = mean_n(2*(o_n1 - d_n1)*o_n1*(1 - o_n1)*y_n1^(1,2))
    >>> X, D = [[0.0, 1.0], [1.0, 1.0]], [1.0, 0.0]
    >>> bool(abs(found.value(X, D) - network.gradient(X, D).W[1][0, 0]) < 1e-15)
    True
    """
    if not isinstance(network, (Network, Shape)):
        raise InputError(
            f"derive takes a Network, got {type(network).__name__}: the lecture's is Network.lecture([2, 2, 1]), "
            "a fitted estimator's is .network_, a run's is .network"
        )
    shape = network if isinstance(network, Shape) else network.shape
    if shape.activations[-1] == "softmax" and shape.sizes[-1] == 1:
        raise InputError(
            "softmax of one output is always 1, so that E depends on no weight: take at least two outputs, or logistic"
        )
    theta = np.zeros(shape.size) if isinstance(network, Shape) else np.array(network.theta, dtype=np.float64)
    found = find_loss(loss, shape.activations[-1])
    added = find_penalty(penalty)
    names = Symbols(shape, notation)
    first = weight_quantity(shape, weight)
    other = None if second is None else weight_quantity(shape, second)
    told = Telling(names, Links(shape, found), added, first)
    if other is None:
        steps, chain, formula = told.first()
    else:
        steps, chain, formula = told.second(other, *second_derivative(told.links, added, first, other))
    derivation = Derivation(first, other, found, added, names, theta, tuple(steps), chain, formula)
    if X is None or D is None or isinstance(network, Shape):
        return derivation
    numbers = derivation._numbers(X, D)  # pyright: ignore[reportPrivateUsage]
    extra = told.in_numbers(numbers, formula, other, sample)
    return Derivation(first, other, found, added, names, theta, (*steps, extra), chain, formula)
