"""Random networks, losses, weights and samples: the one table that every telling of the curvature is tested on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import Elastic, Penalty
from deltarule.equations.shape import Shape, make_shape

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One network on its samples."""

    name: str
    shape: Shape
    theta: Floats
    X: Floats
    D: Floats
    loss: Loss
    penalty: Penalty
    weight: Floats | None

    def gradient(self, theta: Floats) -> Floats:
        """∂(E + penalty)/∂θ by backpropagation."""
        trace = backprop.forward(self.shape, theta, self.X)
        delta = backprop.output_delta(self.shape, trace, self.D, self.loss, self.weight)
        mask = self.shape.weight_mask()
        return backprop.backward(self.shape, theta, trace, delta).theta + self.penalty.gradient(theta, mask)


# sizes, hidden activation, output, loss, bias, with sample weights
TABLE = [
    ([3, 4, 2], "tanh", "identity", "mse", True, False),
    ([3, 4, 2], "logistic", "logistic", "mse", False, False),
    ([4, 5, 3, 2], "silu", "tanh", "half_mse", True, True),
    ([2, 6, 1], "gelu", "identity", "mse", True, False),
    ([3, 3, 3, 3, 1], "softplus", "softplus", "mse", True, True),
    ([3, 5, 4], "elu", "softmax", "cross_entropy", True, True),
    ([3, 5, 3], "tanh", "softmax", "mse", True, False),
    ([5, 4, 1], "tanh", "logistic", "binary_cross_entropy", True, False),
    ([3, 4, 2], "softplus", "exp", "poisson", True, True),
    ([3, 4, 2], "tanh", "softplus", "poisson", True, False),
    ([3, 2], "tanh", "identity", "huber", True, True),
    ([3, 4, 2], "relu", "identity", "mse", True, False),
    ([3, 4, 4, 2], "leaky_relu", "exp", "mse", False, False),
    ([3, 4, 2], "selu", "silu", "huber", True, False),
    ([3, 4, 2], "tanh", "identity", "mae", True, False),
    ([3, 4, 1], "identity", "gelu", "quantile", True, False),
]


def make(row: tuple[list[int], str, str, str, bool, bool], seed: int = 0, rows: int = 17) -> Case:
    """The case of a row of the table: Gaussian samples, targets that its loss accepts."""
    sizes, hidden, output, loss, bias, weighted = row
    random = np.random.default_rng(seed)
    shape = make_shape(sizes, hidden, output, bias)
    X = random.standard_normal((rows, sizes[0]))
    D = random.standard_normal((rows, sizes[-1]))
    if loss in ("cross_entropy", "binary_cross_entropy"):
        D = random.random(D.shape)
    if loss == "poisson":
        D = random.poisson(2.0, D.shape).astype(np.float64)
    weight = random.random(rows) + 0.1 if weighted else None
    penalty = Elastic(l1=0.02, l2=0.3) if weighted else Penalty()
    name = f"{'-'.join(map(str, sizes))} {hidden} {output} {loss}"
    return Case(
        name, shape, 0.6 * random.standard_normal(shape.size), X, D, find_loss(loss, output), penalty, weight
    )


CASES = [make(row, seed) for seed, row in enumerate(TABLE)]
SMOOTH = [case for case in CASES if not {"relu", "leaky_relu", "selu"} & set(case.shape.activations)]


def differenced_hessian(case: Case, h: float = 1e-3) -> Floats:
    """H column by column: (8(g(θ+h) − g(θ−h)) − (g(θ+2h) − g(θ−2h)))/12h, wrong by O(h⁴)."""
    columns = []
    for p in range(case.shape.size):
        step = np.zeros(case.shape.size)
        step[p] = h
        near = case.gradient(case.theta + step) - case.gradient(case.theta - step)
        far = case.gradient(case.theta + 2 * step) - case.gradient(case.theta - 2 * step)
        columns.append((8 * near - far) / (12 * h))
    return np.array(columns).T


def relative(found: Floats, expected: Floats) -> float:
    """‖found − expected‖/‖expected‖, and ‖found‖ where nothing is expected."""
    return float(np.linalg.norm(found - expected) / (np.linalg.norm(expected) or 1.0))
