"""Rows held out of a training: their error, and what early stopping goes by, which may be a score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.objectives.network_error import NetworkError

Floats = NDArray[np.floating]
# of outputs o, targets d and weights s; higher is better
Score = Callable[[Floats, Floats, Floats | None], float]


class Judgement(NamedTuple):
    """What held-out rows say of θ. criterion : what is to be low, the error itself or minus a score."""

    error: float
    criterion: float


class Judge(Protocol):
    """Whatever looks at held-out rows for the loop, once an epoch."""

    def judge(self, theta: Floats) -> Judgement: ...


@dataclass(frozen=True)
class HeldOutRows:
    """Held-out rows, with a network's error on them; score : what is judged by, None for the error.

    >>> from deltarule.equations.losses import LOSSES
    >>> from deltarule.equations.shape import Shape
    >>> error = NetworkError(Shape((1, 1), ("identity",)), np.array([[1.0], [2.0]]), np.zeros((2, 1)), LOSSES["mse"])
    >>> HeldOutRows(error).judge(np.array([1.0, 0.0]))
    Judgement(error=2.5, criterion=2.5)
    >>> HeldOutRows(error, lambda o, d, s: -abs(o - d).max()).judge(np.array([1.0, 0.0])).criterion
    2.0
    """

    rows: NetworkError
    score: Score | None = None

    def judge(self, theta: Floats) -> Judgement:
        error = self.rows.error(theta)
        if self.score is None:
            return Judgement(error, error)
        o, rows = self.rows.forward(theta).o, self.rows
        return Judgement(error, -float(self.score(o, rows.D, rows.sample_weight)))

    @property
    def samples(self) -> tuple[Any, Floats, Floats | None]:
        """X, D and s, as `train` takes them."""
        return self.rows.X, self.rows.D, self.rows.sample_weight
