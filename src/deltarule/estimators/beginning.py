"""How a fit began: its random_state as it stood before the first draw, so that all can be drawn again."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.estimators.fitting import Samples
from deltarule.estimators.parameters import Parameters
from deltarule.estimators.rows import SparseRows
from deltarule.estimators.solvers import holds_out, scales_inside
from deltarule.estimators.starting import starting_theta

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Drawn:
    """What a fit takes from its random_state: the rows on either side, and θ and the batches' seed of each start."""

    train: Samples
    held_out: Samples | None
    starts: list[tuple[Floats, int]]


@dataclass(frozen=True)
class Beginning:
    """Kept with a fit. random : before its first draw; rows : of the X it was given; own_rows : whether rows to
    hold out were given too."""

    random: np.random.RandomState
    rows: int
    own_rows: bool

    @classmethod
    def of(cls, random: np.random.RandomState, rows: int, own_rows: bool) -> Beginning:
        return cls(deepcopy(random), rows, own_rows)

    def again(self, given: Parameters, shape: Shape, samples: Samples, stratify: Any) -> Drawn | None:
        """All that was drawn, from the samples of that fit; None where these cannot be those, or some are not known."""
        if len(samples) != self.rows or (self.own_rows and holds_out(given)):
            return None
        return draw(given, shape, samples, deepcopy(self.random), stratify)


def draw(
    given: Parameters,
    shape: Shape,
    samples: Samples,
    random: np.random.RandomState,
    stratify: Callable[[Floats], Any],
    begun: Floats | None = None,
    own_rows: Samples | None = None,
) -> Drawn:
    """Draws in scikit-learn's order: starting weights, rows to hold out, then a seed; further starts after them.

    begun : the weights reached, where a fit goes on; own_rows : held out by the user; stratify : of D, what both
    sides shall have in equal shares.
    """
    dtype, theta = samples.D.dtype, begun
    if theta is None and not scales_inside(given):
        theta = starting_theta(given, shape, random, dtype)
    train, held_out = (samples, own_rows) if own_rows else _parted(given, samples, random, stratify)
    starts: list[tuple[Floats, int]] = []
    for _ in range(given.restarts):
        start = starting_theta(given, shape, random, dtype) if theta is None or starts else theta
        starts.append((start, int(random.randint(np.iinfo(np.int32).max))))
    return Drawn(train, held_out, starts)


def _parted(
    given: Parameters, samples: Samples, random: np.random.RandomState, stratify: Callable[[Floats], Any]
) -> tuple[Samples, Samples | None]:
    """The rows to train on, and the share held out where early_stopping asks for one."""
    if not holds_out(given):
        return samples, None
    if given.validation_fraction == 0:
        raise InputError(
            "early_stopping looks at held-out rows, and validation_fraction=0 holds out none: write for example "
            "validation_fraction=0.1, or give fit rows of your own as X_val and y_val"
        )
    from sklearn.model_selection import train_test_split

    train_at, held_at = train_test_split(
        np.arange(len(samples)),
        random_state=random,
        test_size=given.validation_fraction,
        stratify=stratify(samples.D),
    )
    if len(held_at) < 2:
        raise InputError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
        )

    def part(at: Any) -> Samples:
        X = SparseRows(samples.X.matrix[at]) if isinstance(samples.X, SparseRows) else samples.X[at]
        return Samples(X, samples.D[at], None if samples.s is None else samples.s[at])

    return part(train_at), part(held_at)
