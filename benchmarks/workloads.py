"""What is measured: shapes of nine weights to a million and a half, Adam, float32, random data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Workload:
    """One network, batch and loss; rows is the table's length."""

    name: str
    sizes: tuple[int, ...]
    hidden: str
    output: str
    batch: int
    rows: int = 4096

    @property
    def loss(self) -> str:
        return "cross_entropy" if self.output == "softmax" else "mse"

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.rows // self.batch)

    @property
    def flops(self) -> int:
        """Matrix-product operations of a step: forward, ∂E/∂W, and δ back to every layer but the input."""
        pairs = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        return (
            2
            * min(self.batch, self.rows)
            * sum(i * j * (2 if m == 0 else 3) for m, (i, j) in enumerate(pairs))
        )

    def data(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """X (rows, inputs) and D (rows, outputs; one-hot for softmax)."""
        random = np.random.default_rng(0)
        X = random.standard_normal((self.rows, self.sizes[0])).astype(np.float32)
        K = self.sizes[-1]
        D = (
            np.eye(K)[random.integers(0, K, self.rows)]
            if self.output == "softmax"
            else random.random((self.rows, K))
        )
        return X, D.astype(np.float32)


WORKLOADS = (
    Workload("3-4-2 online", (3, 4, 2), "logistic", "identity", 1),
    Workload("3-4-2, batch 32", (3, 4, 2), "logistic", "identity", 32),
    Workload("3-4-2, full batch", (3, 4, 2), "logistic", "identity", 4096),
    Workload("8-64-64-1, batch 32", (8, 64, 64, 1), "tanh", "identity", 32),
    Workload("8-64-64-1, batch 256", (8, 64, 64, 1), "tanh", "identity", 256),
    Workload("13-50-1, batch 32", (13, 50, 1), "tanh", "identity", 32, 506),
    Workload("4-32-16-4, N = 10,000", (4, 32, 16, 4), "tanh", "identity", 10_000, 10_000),
    Workload("784-128-10, batch 128", (784, 128, 10), "relu", "softmax", 128),
    Workload("784-800-10, batch 128", (784, 800, 10), "relu", "softmax", 128),
    Workload("512-1024-1024-10, batch 512", (512, 1024, 1024, 10), "relu", "softmax", 512, 2048),
)
