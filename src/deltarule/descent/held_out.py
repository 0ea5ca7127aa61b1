"""Rows held out of a training: their error, and what early stopping goes by, which may be a score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule import samples
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.objectives.network_error import NetworkError
from deltarule.samples import numbered

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


class Apart(NamedTuple):
    """X (N, I), D (N, K), s (N,) and groups (N,) of the rows that train; the error of those held out."""

    X: Floats
    D: Floats
    s: Floats | None
    groups: NDArray[np.int64] | None
    held: NetworkError | None


def set_apart(
    X: Floats, D: Floats, s: Floats | None, validation: Any, shape: Shape, loss: Loss, seed: int,
    groups: NDArray[np.int64] | None = None,
) -> Apart:  # fmt: skip
    """The rows that train, and the error of those held out, where there are any.

    validation : as `train` has it, (X, D), (X, D, s), a share of the rows in (0, 1), or None.
    groups : (N,) from 0, where rows belong together: the share is then one of whole groups.
    Raises InputError for anything else, and for a share that leaves no row on a side.

    >>> from deltarule.equations.losses import LOSSES
    >>> X, shape = np.ones((5, 1)), Shape((1, 1), ("identity",))
    >>> found = set_apart(X, X, None, 0.2, shape, LOSSES["mse"], seed=0)
    >>> len(found.X), len(found.held.X)
    (4, 1)
    """
    if validation is None:
        return Apart(X, D, s, groups, None)
    if isinstance(validation, (int, float, np.number)):
        share, held = float(validation), round(float(validation) * len(X))
        if not (0 < validation < 1 and 0 < held < len(X)):
            raise InputError(
                f"validation as a share must leave rows on both sides: {validation!r} of {len(X)} rows does "
                f"not"
            )
        if groups is None:
            order = np.random.default_rng(seed).permutation(len(X))
            train_rows, rows = np.sort(order[held:]), np.sort(order[:held])
        else:
            from deltarule.tables.grouping import group_split

            parts = group_split(groups, test=0, validation=share, seed=seed, called="groups")
            train_rows, rows, groups = parts.train, parts.validation, numbered(groups[parts.train])
        weights = None
        if s is not None:
            weights = samples.weights(s[rows], len(rows), "sample_weight of the rows held out")
            s = samples.weights(s[train_rows], len(train_rows), "sample_weight of the rows that train")
        objective = NetworkError(shape, X[rows], D[rows], loss, sample_weight=weights)
        return Apart(X[train_rows], D[train_rows], s, groups, objective)
    try:
        X_held, D_held, *weighed = validation
        [s_held] = weighed or [None]
    except (TypeError, ValueError):
        raise InputError(
            "validation must be (X, D) or (X, D, s), or the share of rows to hold out such as 0.2"
        ) from None
    x = samples.inputs(X_held, shape, "validation X")
    d = samples.targets(D_held, len(x), shape, loss, "validation D")
    weights = samples.weights(s_held, len(x), "validation s")
    return Apart(X, D, s, groups, NetworkError(shape, x, d, loss, sample_weight=weights))
