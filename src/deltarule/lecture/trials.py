"""Formulas compared on random networks and samples: equal, equal but for a constant, or different.

Each trial has other weights, other samples and another N, so that a lost 1/N is told from a lost 1/3. Two formulas of
a few factors that agree to 1e-9 on four networks are the same but for a chance of about 1e-30.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import ExpressionError
from deltarule.expressions.nodes import Node
from deltarule.lecture.numbers import Numbers
from deltarule.lecture.terms import letters

ROWS = (3, 5, 4, 7)
CLOSE = 1e-9

# constants that get lost, and what they are called; N is the number of samples
CONSTANTS: tuple[tuple[float, int, str], ...] = (
    (1.0, 0, ""),
    (-1.0, 0, "sign only: the rest is right"),
    (0.5, 0, "the factor 2 is missing: the derivative of l² is 2l"),
    (2.0, 0, "there is a factor 2 too many"),
    (1.0, 1, "1/N is missing: E is a mean over the samples"),
    (1.0, -1, "1/N is there twice"),
    (-0.5, 0, "the sign is wrong, and the factor 2 is missing"),
    (-2.0, 0, "the sign is wrong, and there is a factor 2 too many"),
    (-1.0, 1, "the sign is wrong, and 1/N is missing"),
    (0.5, 1, "2/N is missing"),
    (-0.5, 1, "the sign is wrong, and 2/N is missing"),
)


class Values:
    """A formula's values on every trial: one array each, over n where it depends on n."""

    def __init__(self, arrays: list[NDArray[np.float64]]) -> None:
        self.arrays = arrays

    @property
    def sampled(self) -> bool:
        """Whether the formula still depends on n."""
        return any(array.shape[0] > 1 for array in self.arrays)

    @property
    def zero(self) -> bool:
        """Whether the formula is 0 on every trial."""
        return not any(array.any() for array in self.arrays)

    def flat(self, like: Values) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """These, the others, and N, broadcast together and strung out."""
        both = [np.broadcast_arrays(a, b) for a, b in zip(self.arrays, like.arrays, strict=True)]
        rows = [np.full(a.size, float(N)) for (a, _), N in zip(both, ROWS, strict=True)]
        return (
            np.concatenate([a.ravel() for a, _ in both]),
            np.concatenate([b.ravel() for _, b in both]),
            np.concatenate(rows),
        )

    def equals(self, other: Values, constant: float = 1.0, power: int = 0) -> bool:
        """Whether these are constant · N^power times the others."""
        a, b, N = self.flat(other)
        target = constant * N**power * b
        return bool(np.abs(a - target).max() <= CLOSE * max(float(np.abs(target).max()), 1e-300))

    def ratio(self, other: Values) -> float | None:
        """The constant by which these differ from the others, if there is one."""
        a, b, _ = self.flat(other)
        if not b.any() or not a.any():
            return None
        at = int(np.abs(b).argmax())
        constant = float(a[at] / b[at])
        return constant if constant and self.equals(other, constant) else None

    def ratio_but_for_N(self, other: Values) -> float | None:
        """The constant by which these differ from the others, N or 1/N in it or not, if there is one."""
        rows = [float(N) for N in ROWS]
        for power in (0, 1, -1):
            scaled = [array * N**power for array, N in zip(other.arrays, rows, strict=True)]
            ratio = self.ratio(Values(scaled))
            if ratio is not None:
                return ratio
        return None

    def constant_slip(self, other: Values) -> str | None:
        """ "" where equal, the sentence of a lost constant, None where more than a constant differs."""
        for constant, power, sentence in CONSTANTS:
            if self.equals(other, constant, power):
                return sentence
        return None


class Trials:
    """Random networks of one shape, with random samples.

    >>> from deltarule.equations.losses import loss
    >>> from deltarule.equations.shape import make_shape
    >>> from deltarule.lecture.answers import read_answer
    >>> shape = make_shape([2, 2, 1], "logistic", "logistic", bias=False)
    >>> trials = Trials(shape, loss("mse"))
    >>> slope, own = (trials.values(read_answer(a, shape).node) for a in ("S'(net_n1^(0,1))", "y_n1*(1 - y_n1)"))
    >>> slope.equals(own)
    True
    """

    def __init__(self, shape: Shape, loss: Loss, seed: int = 0) -> None:
        self.shape, self.loss = shape, loss
        random = np.random.default_rng(seed)
        self._samples: list[tuple[Any, Any, Any]] = []
        self._numbers: dict[tuple[str, ...], list[Numbers]] = {}
        for rows in ROWS:
            D = random.uniform(0.1, 0.9, (rows, shape.sizes[-1]))
            if loss.name == "cross_entropy":
                D = D / D.sum(axis=1, keepdims=True)
            self._samples.append(
                (random.normal(size=shape.size), random.normal(size=(rows, shape.sizes[0])), D)
            )

    def _numbers_with(self, names: list[str]) -> list[Numbers]:
        key = tuple(sorted(names))
        if key not in self._numbers:
            made = [Numbers(self.shape, theta, X, D, self.loss, key) for theta, X, D in self._samples]
            self._numbers[key] = made
        return self._numbers[key]

    def values(self, node: Node) -> Values:
        """The values of a formula.

        Raises ExpressionError where a trial gives no finite value.
        """
        names = letters(node)
        arrays: list[NDArray[np.float64]] = []
        for numbers in self._numbers_with(names):
            try:
                with np.errstate(all="ignore"):
                    found = np.asarray(numbers.value(node), dtype=np.float64)
            except OverflowError:
                raise ExpressionError("a number in the answer is too large.") from None
            if not np.isfinite(found).all():
                raise ExpressionError(
                    "the answer has no finite value: it overflows, divides by 0 or takes a log below 0."
                )
            rows = found.shape[0] if found.ndim else 1
            arrays.append(found.reshape(rows) if found.size == rows else found)
        return Values(arrays)
