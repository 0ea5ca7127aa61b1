"""E(θ): a network's error on a data set, as a function of its weights; and the burst of mini-batch steps down it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.equations.dropout import masks
from deltarule.equations.dropout import rates as dropout_rates
from deltarule.equations.losses import LOSSES, Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.random import shuffle
from deltarule.equations.shape import Shape
from deltarule.errors import UnknownName
from deltarule.objectives.network_curvature import NetworkCurvature
from deltarule.objectives.objective import Burst, Clip, FirstOrderRule, Records, State

Floats = NDArray[np.floating]
NO_PENALTY = Penalty()


class NetworkError(NetworkCurvature):
    """f(θ) = E(θ) + penalty(θ), E = (1/Σs) Σ_n s_n Σ_k e(o_nk, d_nk).

    Parameters
    ----------
    shape : the network's form.
    X (N, I), D (N, K) : checked samples, float32 or float64; used where they are, a batch at a time in θ's dtype.
    loss, penalty : as found by `loss` and `penalty`.
    sample_weight : s (N,) or None.
    batch_size : rows a step in `advance`, 1 … N; N is full batch.
    shuffle : draw a new order of the samples for each epoch (full batch: never, the order changes nothing).
    engine : "auto" asks `network.engine` who answers; "reference" is the plain equations.
    threads : how many the compiled engine may use; None is what the machine or OMP_NUM_THREADS says.
    dropout : share of the hidden units left out of each step of `advance`, one number or one a layer.
    row_groups : (N,) whole numbers, the same for rows that belong together; what leaves rows out leaves out those.

    >>> from deltarule.equations.losses import LOSSES
    >>> f = NetworkError(Shape((1, 1), ("identity",)), np.array([[1.0], [2.0]]), np.zeros((2, 1)), LOSSES["mse"])
    >>> f.value(np.array([1.0, 0.0])), f.gradient(np.array([1.0, 0.0]))[1].tolist()
    (2.5, [5.0, 3.0])
    """

    def __init__(
        self,
        shape: Shape,
        X: Floats,
        D: Floats,
        loss: Loss,
        penalty: Penalty | None = None,
        sample_weight: Floats | None = None,
        batch_size: int | None = None,
        shuffle: bool = True,
        engine: str = "auto",
        threads: int | None = None,
        dropout: float | tuple[float, ...] | list[float] | None = None,
        row_groups: NDArray[np.int64] | None = None,
    ) -> None:
        self.shape, self.X, self.D, self.loss = shape, X, D, loss
        self.penalty = penalty or Penalty()
        self.sample_weight, self.row_groups = sample_weight, row_groups
        self.batch_size = len(X) if batch_size is None else min(batch_size, len(X))
        self.shuffle = shuffle and self.batch_size < len(X)
        self.weights = shape.weight_mask()
        if engine not in ("auto", "reference"):
            raise UnknownName("engine", engine, ["auto", "reference"])
        self.dropout = dropout_rates(dropout, shape)
        self.engine, self.threads = engine, threads
        self._machines: dict[np.dtype[np.floating], Any] = {}

    @property
    def size(self) -> int:
        """P, the number of weights and biases."""
        return self.shape.size

    @property
    def steps_an_epoch(self) -> int:
        """How many batches make an epoch; the last may be smaller."""
        return -(-len(self.X) // self.batch_size)

    def value(self, theta: Floats) -> float:
        """E + penalty at θ."""
        return self.error(theta) + self.penalty.value(theta, self.weights)

    def error(self, theta: Floats) -> float:
        """E alone at θ."""
        _, D, s = self._rows(slice(None), theta.dtype)
        return backprop.error(self.shape, self.forward(theta), D, self.loss, s)

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        """E + penalty and its gradient (P,) at θ, from all samples."""
        machine = self._machine(theta.dtype)
        error, g = machine.gradient(theta) if machine is not None else self._batch(theta, slice(None))
        if self.penalty == NO_PENALTY:
            return error, g
        return error + self.penalty.value(theta, self.weights), g + self.penalty.gradient(theta, self.weights)

    def helped(self, theta: Floats) -> AbstractContextManager[None]:
        """While it lasts, the gradients of many steps share their helping threads: a step alone may be too short."""
        machine = self._machine(theta.dtype)
        return nullcontext() if machine is None else machine.helped()

    def begin(self, theta: Floats, rule: FirstOrderRule, key: int = 0) -> State:
        """The state before the first step: θ copied, the rule's memory empty, the samples in order."""
        memory = np.zeros((rule.memories, len(theta)), theta.dtype)
        return State(theta.copy(), memory, order=np.arange(len(self.X), dtype=np.int64), key=key)

    def advance(
        self, rule: FirstOrderRule, state: State, steps: int, rates: Floats, clip: Clip, stay: bool = False
    ) -> Burst:
        """Up to `steps` mini-batch steps from `state`, in place; rates (steps,) are the learning rates.

        Each step: gather a batch, forward, error, backward, penalty, clip, update. A value that is not finite ends the
        burst with θ as it was before that step. With `stay`, state.theta is known only after `show` and state.memory
        after `settle`, and θ is not to be written before it: the next burst begins without copying them.
        """
        machine = self._machine(state.theta.dtype, rule.code)
        if machine is None:
            return self._reference_burst(rule, state, steps, rates, clip)
        done, records = machine.advance(rule, state, steps, rates, clip, self.penalty, stay)
        ends = records[:, 2].astype(np.int64)
        return Burst(
            done,
            None if done == steps else "not finite",
            records[:, 0].copy(),
            records[:, 1].copy(),
            records[:, 3:].copy(),
            np.asarray(rates, np.float64)[ends - 1],
            ends + state.step - done,
        )

    def show(self, state: State) -> None:
        """Makes state.theta known after bursts with `stay`."""
        for machine in self._machines.values():
            machine.show(state)

    def settle(self, state: State) -> None:
        """Makes state.theta and state.memory known after bursts with `stay`."""
        for machine in self._machines.values():
            machine.settle(state)

    def _machine(self, dtype: np.dtype[np.floating], code: str | None = None) -> Any:
        """What runs this objective compiled; None where the plain equations answer."""
        if code is None and dtype in self._machines:  # asked for and found before
            return self._machines[dtype]
        named = self.loss.name in ("huber", "quantile") or LOSSES.get(self.loss.name) is self.loss
        if self.engine == "reference" or not named or (code and type(self.penalty) is not Penalty):
            return None
        from deltarule.network import engine

        if engine(self.shape, self.batch_size, dtype, self.loss.name, code).name == "reference":
            return None
        if dtype not in self._machines:
            from deltarule.kernels.machine import Machine

            self._machines[dtype] = Machine(
                self.shape,
                dtype,
                self.X,
                self.D,
                self.loss,
                self.sample_weight,
                self.batch_size,
                self.shuffle,
                self.threads,
                self.dropout,
            )
        return self._machines[dtype]

    def _reference_burst(
        self, rule: FirstOrderRule, state: State, steps: int, rates: Floats, clip: Clip
    ) -> Burst:
        records, N, B = Records(), len(self.X), self.batch_size
        for s in range(steps):
            if state.position == 0 and self.shuffle:
                state.counter = shuffle(state.order, state.key, state.counter)
            rows = state.order[state.position : state.position + B] if B < N else slice(None)
            error, g = self._batch(
                state.theta, rows, self._masks(state, N if isinstance(rows, slice) else len(rows))
            )
            penalty = self.penalty.value(state.theta, self.weights)
            g += self.penalty.gradient(state.theta, self.weights)
            if not (np.isfinite(error + penalty) and np.isfinite(g).all()):
                return records.burst(s, "not finite", self.shape.layers)
            norms = self.shape.layer_norms(g)
            before = state.theta.copy()
            rule.update(
                state.theta, clip.apply(g), state.memory, float(rates[s]), state.step + 1, self.weights
            )
            if not np.isfinite(state.theta).all():
                state.theta[:] = before
                return records.burst(s, "not finite", self.shape.layers)
            state.step += 1
            share = self._share(rows)
            state.error_sum += share * error
            state.penalty_sum += share * penalty
            state.weight_sum += share
            state.position += B
            if state.position >= N:
                total = state.weight_sum or 1.0
                records.add(
                    state.error_sum / total, state.penalty_sum / total, norms, float(rates[s]), state.step
                )
                state.error_sum = state.penalty_sum = state.weight_sum = 0.0
                state.position = 0
                state.epoch += 1
        return records.burst(steps, None, self.shape.layers)

    def _masks(self, state: State, rows: int) -> list[Floats]:
        if not self.dropout:
            return []
        found, state.counter = masks(
            self.dropout, self.shape, rows, state.theta.dtype, state.key, state.counter
        )
        return found

    def _batch(
        self, theta: Floats, rows: slice | NDArray[np.int64], masks: Sequence[Floats] = ()
    ) -> tuple[float, Floats]:
        X, D, s = self._rows(rows, theta.dtype)
        if s is not None and not s.any():  # a batch whose samples all have weight 0 has nothing to say
            return 0.0, np.zeros_like(theta)
        trace = backprop.forward(self.shape, theta, X, masks)
        delta = backprop.output_delta(self.shape, trace, D, self.loss, s)
        gradient = backprop.backward(self.shape, theta, trace, delta, masks)
        return backprop.error(self.shape, trace, D, self.loss, s), gradient.theta

    def _rows(
        self, rows: slice | NDArray[np.int64], dtype: np.dtype[np.floating]
    ) -> tuple[Floats, Floats, Floats | None]:
        s = None if self.sample_weight is None else self.sample_weight[rows].astype(dtype, copy=False)
        return self.X[rows].astype(dtype, copy=False), self.D[rows].astype(dtype, copy=False), s

    def _share(self, rows: slice | NDArray[np.int64]) -> float:
        if self.sample_weight is not None:
            return float(self.sample_weight[rows].sum())
        return float(len(self.X) if isinstance(rows, slice) else len(rows))
