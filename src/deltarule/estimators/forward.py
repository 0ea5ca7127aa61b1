"""Outputs of a fitted network, again and again: what compiled code needs is set up once, and kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.kernels.planning import planned
from deltarule.network import Network

Floats = NDArray[np.floating]
COMPILED = 50_000  # rows times weights up to which a plain forward pass takes no longer


class Forward:
    """o (N, K) of checked rows, by one machine for each order of magnitude of N."""

    def __init__(self, network: Network, threads: int | None) -> None:
        self.network, self.threads = network, threads
        self.machines: dict[tuple[int, str], Any] = {}

    def __call__(self, X: Floats) -> Floats:
        """X (N, I), float32 or float64 of any strides, is read where it lies; o has the wider dtype of X and θ."""
        shape = self.network.shape
        dtype = np.result_type(X.dtype, self.network.dtype)
        theta = self.network.theta.astype(dtype, copy=False)
        if len(X) * shape.size < COMPILED or planned(shape, len(X), dtype.name).name == "reference":
            return backprop.forward(shape, theta, X.astype(dtype, copy=False)).o
        size = len(X).bit_length()
        key = size, dtype.name
        if key not in self.machines:
            from deltarule.kernels.machine import Machine

            nothing = np.broadcast_to(np.zeros((1, shape.sizes[0])), (1 << size, shape.sizes[0]))
            self.machines[key] = Machine(shape, dtype, nothing, threads=self.threads)
        return self.machines[key].predict(theta, X)
