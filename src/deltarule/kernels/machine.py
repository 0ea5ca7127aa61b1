"""The way from an objective's Python values to the compiled burst and back.

A machine holds what bursts over one data set need: addresses, the layout, the room that θ, its memories, gradients and
tiles take. θ and the rule's memory are laid in at a burst's start and taken out at its end; between the bursts of one
loop they stay, and are shown where someone looks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.kernels import epochs
from deltarule.kernels import places as e
from deltarule.kernels.activations import activation_pass
from deltarule.kernels.cores import available
from deltarule.kernels.items import gradient_pass, item_pass, tile_pass
from deltarule.kernels.lanes import FEW
from deltarule.kernels.layout import ACTIVATION, COUNT, I, J, Layout, W, Y, lanes_layout, tiles_layout
from deltarule.kernels.losses import loss_pass, softmax_pass
from deltarule.kernels.microkernel import DEPTH, VECTORS, product_pass
from deltarule.kernels.planning import GROUPS, LENGTHY, SHARED_FROM, Plan, padded, plan, rows_alone, worth
from deltarule.kernels.random import dropout_pass
from deltarule.kernels.room import zeros
from deltarule.kernels.sharing import shared_from_the_start
from deltarule.kernels.team import beside
from deltarule.kernels.threads import (
    APART,
    CLOCK,
    CONTROL,
    SLEEP,
    STOP,
    TICKETS,
    YIELD,
    system_calls,
)
from deltarule.kernels.updates import SCALARS, scalars, update_pass
from deltarule.kernels.vectors import BYTES, LINE

Floats = NDArray[np.floating]
_ORDER = np.arange(65_536, dtype=np.int64)


@cache
def _cut(shape: Shape, rows: int, dtype: str, forward_only: bool) -> tuple[Plan, Layout]:
    lanes, line = (bytes // np.dtype(dtype).itemsize for bytes in (BYTES, LINE))
    chosen = plan(shape, rows, lanes, forward_only)
    if chosen.name == "lanes":
        return chosen, lanes_layout(shape, lanes, chosen.height, VECTORS * lanes)
    return chosen, tiles_layout(shape, lanes, chosen.height, VECTORS * lanes, line, DEPTH)


class Machine:
    """Compiled passes over rows of X and D for one shape and dtype."""

    def __init__(
        self, shape: Shape, dtype: np.dtype[Any], X: Floats, D: Floats | None = None, loss: Loss | None = None,
        sample_weight: Floats | None = None, batch_size: int | None = None, shuffle: bool = False,
        threads: int | None = None, dropout: tuple[float, ...] = (),
    ) -> None:  # fmt: skip
        self.shape, self.dtype, self.loss = shape, np.dtype(dtype), loss
        self.forward_only = D is None
        self.X, self.D = _readable(X), None if D is None else _readable(D)
        self.weights = None if sample_weight is None else np.ascontiguousarray(sample_weight, np.float64)
        self.batch = len(X) if batch_size is None else batch_size
        self.plan, self.layout = _cut(
            shape,
            min(self.batch, 4096) if self.forward_only else self.batch,
            self.dtype.name,
            self.forward_only,
        )
        self.threads = threads or available()
        self.rows_alone = rows_alone(shape, self.forward_only)
        # for each hidden layer: below which draw a unit is left out, and what the others are multiplied with
        kept = [(p * 2.0**64, float(1 / self.dtype.type(1 - p))) for p in dropout]
        self.drops = np.array(kept, np.float64).reshape(-1)
        self.lock = threading.Lock()
        self.shuffle = shuffle
        self.rooms: dict[tuple[str, int] | None, _Room] = {}

    def advance(
        self, rule: Any, state: Any, steps: int, rates: Floats, clip: Any, penalty: Any, stay: bool = False
    ) -> tuple[int, Any]:
        """Up to `steps` steps from `state`, in place; (steps done, records of the epochs that ended).

        stay : θ and the rule's memory stay here until `settle` or another state's burst; θ is not written meanwhile.
        """
        with self._borrowed(rule, wait=True) as room:
            job, reals = room.job, room.reals
            if room.guest is not state:
                self._bring_home(state)
                room.bring_home()
                room.lay_in(state.theta, state.memory)
            job[e.DROPS] = self.drops.ctypes.data if len(self.drops) else 0
            job[e.POSITION], job[e.EPOCHS] = state.position, 0
            job[e.COUNTER], job[e.KEY] = _signed(state.counter), _signed(state.key)
            reals[e.L1], reals[e.L2] = penalty.l1, penalty.l2
            reals[e.CLIP_VALUE], reals[e.CLIP_NORM] = clip.value, clip.norm
            reals[e.ERROR_SUM], reals[e.PENALTY_SUM], reals[e.WEIGHT_SUM] = (
                state.error_sum,
                state.penalty_sum,
                state.weight_sum,
            )
            rows = steps // -(-len(self.X) // self.batch) + 2
            records = np.zeros((rows, 3 + self.shape.layers))
            table = scalars(rule, np.asarray(rates[:steps]), state.step)
            order = state.order
            done = int(room.run(epochs.burst, order, table, records, steps, steps * self.batch))
            room.guest = state
            if not stay:
                room.bring_home()
            state.step += done
            state.epoch += int(job[e.EPOCHS])
            state.position, state.counter = int(job[e.POSITION]), int(job[e.COUNTER]) % (1 << 64)
            state.error_sum, state.penalty_sum, state.weight_sum = (
                float(reals[p]) for p in (e.ERROR_SUM, e.PENALTY_SUM, e.WEIGHT_SUM)
            )
            return done, records[: int(job[e.EPOCHS])]

    def show(self, state: Any) -> None:
        """Brings home θ alone of what of `state` stayed here after a burst."""
        with self.lock:
            for room in self.rooms.values():
                if room.guest is state:
                    room.take_out()

    def settle(self, state: Any) -> None:
        """Brings home what of `state` stayed here after a burst."""
        with self.lock:
            self._bring_home(state)

    def _bring_home(self, state: Any) -> None:
        for room in self.rooms.values():
            if room.guest is state:
                room.bring_home()

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        """E and ∂E/∂θ (P,) at θ, from all rows; no penalty."""
        with self._borrowed(None) as room:
            room.lay_in(theta, None)
            room.job[e.DROPS] = 0
            room.reals[e.L1] = room.reals[e.L2] = 0.0
            room.reals[e.CLIP_VALUE] = room.reals[e.CLIP_NORM] = np.inf
            records = np.zeros((1, 3 + self.shape.layers))
            rows = len(self.X)
            E = float(room.run(epochs.explore, _in_order(rows), np.zeros((1, SCALARS)), records, rows, rows))
            return E, room.gradient()

    @contextmanager
    def helped(self) -> Iterator[None]:
        """While it lasts, helping threads stay beside the gradients, also where they would not pay for one alone."""
        with self._borrowed(None, wait=True) as room:
            begun = room.threads > 1 and not room.job[e.HELPED]
            if begun:
                room.job[e.THREADS], room.job[e.HELPED], room.tickets[:] = room.threads, 1, 0
        if not begun:
            yield
            return
        with beside(room.work_along, room.threads):
            try:
                yield
            finally:
                with self.lock:
                    room.job[e.HELPED], room.tickets[:] = 0, STOP

    def predict(self, theta: Floats, X: Floats | None = None) -> Floats:
        """o (N, K) for every row of X, or of another X with as many rows at most."""
        rows = self.X if X is None else _readable(X)
        out = np.empty((len(rows), self.shape.sizes[-1]), self.dtype)
        with self._borrowed(None) as room:
            room.lay_in(theta, None)
            room.tables[0], room.job[e.N] = _table(rows), len(rows)
            room.job[e.OUT] = out.ctypes.data
            room.run(
                epochs.explore,
                _in_order(len(rows)),
                np.zeros((1, SCALARS)),
                np.zeros((1, 3)),
                len(rows),
                len(rows),
            )
        return out

    def _borrowed(self, rule: Any, wait: bool = False) -> _Borrowed:
        return _Borrowed(self, rule, wait)


class _Borrowed:
    """The machine's room while one call uses it; a second call at the same time waits or gets a room of its own."""

    def __init__(self, machine: Machine, rule: Any, wait: bool) -> None:
        self.machine, self.rule, self.wait = machine, rule, wait

    def __enter__(self) -> _Room:
        machine = self.machine
        self.held = machine.lock.acquire(blocking=self.wait)
        key = None if self.rule is None else (self.rule.code, self.rule.memories)
        room = machine.rooms.get(key) if self.held else None
        if room is None:
            room = _Room(machine, key)
            if self.held:
                machine.rooms[key] = room
        return room

    def __exit__(self, *_: object) -> None:
        if self.held:
            self.machine.lock.release()


class _Room:
    """Arrays that the compiled code works in, and the job that says where things lie in them."""

    def __init__(self, machine: Machine, rule: tuple[str, int] | None) -> None:
        self.machine, self.rule = machine, rule
        self.guest: Any = None  # the state whose θ and memory lie here
        layout, cut, dtype = machine.layout, machine.plan, machine.dtype
        lanes, line = BYTES // dtype.itemsize, LINE // dtype.itemsize
        memories = rule[1] if rule else 0
        rows = len(machine.X) if machine.forward_only or rule is None else machine.batch
        tile = padded(layout.row * layout.rows, line) + 5 * line
        tiles = -(-rows // cut.height)
        self.group = -(-tiles // GROUPS) if cut.slotted else 1
        items = -(-tiles // self.group) if cut.slotted else 1
        self.threads = worth(machine.shape, rows, machine.threads, items if cut.slotted else 2 * tiles)
        tiles_at_once = self.threads if cut.slotted else -(-cut.part // cut.height)
        slots = 0 if machine.forward_only else self.threads * items if cut.slotted else 1
        room = padded(int(layout.blocks[:, COUNT].max()), line) + line  # of one block's gradient
        job, at = np.zeros(e.JOB, np.int64), 0
        sections = (
            (e.THETA, layout.size), (e.NEW, layout.size), (e.MEMORY, memories * layout.size),
            (e.GRADIENT, max(slots * layout.size, 0 if cut.slotted else self.threads * room)),
            (e.TURNED, layout.transposed), (e.ZEROS, VECTORS * lanes), (e.TILES, tiles_at_once * tile),
            (e.IS_WEIGHT, layout.size if layout.lanes else 0),
        )  # fmt: skip
        for name, count in sections:
            job[name] = at
            at += padded(count, line) + line
        self.work = zeros(at, dtype=dtype)
        job[e.ROOM] = room
        self.job, self.reals = job, np.zeros(e.REALS)
        self.layers = self._layers(tile, tiles_at_once)
        self.blocks, self.pairs = np.ascontiguousarray(layout.blocks), np.ascontiguousarray(layout.pairs)
        blocks = max(len(layout.blocks), machine.shape.layers, tiles_at_once) + 8
        self.results = np.zeros((blocks + self.threads * items) * e.RESULTS)
        self.control = np.zeros(CONTROL + APART * self.threads, np.int64)
        self.tickets = self.control[TICKETS::APART]
        if 6.0 * machine.shape.size * rows > LENGTHY:
            shared_from_the_start(self.control)
        self.tables = np.array(
            [_table(machine.X), _table(machine.X if machine.D is None else machine.D)], np.int64
        )
        self._fill(tile, rule)
        job[e.E_AT], job[e.MOST_SLOTS] = blocks, items
        # turns of waiting in which another thread would do an item twice over
        job[e.PATIENCE] = 200 + int(min(rows, self.group * cut.height) * machine.shape.size / 150)

    def _layers(self, tile: int, tiles: int) -> Any:
        machine, layout = self.machine, self.machine.layout
        layers, names = layout.layers.copy(), machine.shape.activations
        for m, name in enumerate(names):
            # the output's S is the loss pass's part
            if m < len(names) - 1 or (machine.forward_only and name != "softmax"):
                layers[m, ACTIVATION] = activation_pass(name, machine.dtype.name).address
        if layout.lanes:
            for layer in layers:
                first = int(self.job[e.IS_WEIGHT] + layer[W])
                self.work[first : first + int(layer[I] * layer[J])] = 1
            # the rows of ones that biases are multiplied with
            for t in range(tiles):
                base = int(self.job[e.TILES]) + t * tile
                starts = [
                    machine.shape.sizes[0] * layout.rows,
                    *(int(layer[Y]) + int(layer[J]) * layout.rows for layer in layers),
                ]
                for start in starts:
                    self.work[base + start : base + start + layout.rows] = 1
        return np.ascontiguousarray(layers)

    def _fill(self, tile: int, rule: tuple[str, int] | None) -> None:
        machine, layout, cut, job = self.machine, self.machine.layout, self.machine.plan, self.job
        shape, dtype = machine.shape, machine.dtype
        fixed = {
            e.LAYERS: shape.layers, e.BIASED: shape.bias, e.IN_LANES: layout.lanes, e.PANEL: layout.panel,
            e.HEIGHT: layout.rows, e.TILE: tile, e.X_LENGTH: layout.x[1], e.X_STRIP: layout.x[0],
            e.SPARE: layout.spare, e.TARGETS: layout.targets, e.SHARES: layout.share,
            e.MARK: layout.row * layout.rows,
            e.BLOCKS: len(layout.blocks), e.SIZE: layout.size, e.ROW: layout.size,
            e.GROUP: self.group, e.SLOTTED: cut.slotted, e.PART: cut.part,
            e.N: len(machine.X), e.BATCH: machine.batch, e.SHUFFLED: machine.shuffle,
            e.WEIGHTS: 0 if machine.weights is None else machine.weights.ctypes.data,
            e.THREADS: self.threads, e.TURNS: bool(layout.transposed),
            e.LAYER_TABLE: self.layers.ctypes.data, e.BLOCK_TABLE: self.blocks.ctypes.data,
            e.TABLES: self.tables.ctypes.data, e.PAIRS: self.pairs.ctypes.data,
            e.FORWARD_ONLY: machine.forward_only,
            e.ALONE: self.threads == 1 or layout.lanes or layout.size < SHARED_FROM,
        }  # fmt: skip
        for name, value in fixed.items():
            job[name] = int(value)
        kinds = [e.GROUPS] if cut.slotted else [e.TILES_OF_ROWS, e.GRADIENTS]
        if not machine.forward_only:
            kinds += [
                e.GATHERING,
                *([e.UPDATES] if rule else []),
                *([e.TURNING] if layout.transposed else []),
            ]
        for kind in kinds:
            job[e.ITEMS + kind] = item_pass(kind, layout.lanes, dtype.name).address
        if not layout.lanes or any((layer[I] + 1) * layer[J] > FEW for layer in layout.layers):
            job[e.PRODUCT], job[e.SCALED] = (
                product_pass(scaled, dtype.name).address for scaled in (False, True)
            )
        if not layout.lanes:
            job[e.TILE_PASS], job[e.WEIGHT_GRADIENT] = (
                tile_pass(dtype.name).address,
                gradient_pass(dtype.name).address,
            )
        if machine.loss is not None:
            job[e.LOSS] = loss_pass(machine.loss.name, shape.activations[-1], dtype.name).address
            self.reals[e.CONSTANT] = machine.loss.constants[0] if machine.loss.constants else 0.0
        elif shape.activations[-1] == "softmax":
            job[e.LOSS] = softmax_pass(dtype.name).address
        if len(machine.drops):
            job[e.DROPOUT] = dropout_pass(dtype.name).address
        self.reals[e.CLIP_VALUE] = self.reals[e.CLIP_NORM] = np.inf
        if rule is not None:
            job[e.UPDATE] = update_pass(rule[0], rule[1], dtype.name).address
            job[e.DECAYS] = rule[0] == "adamw"
        self.control[YIELD], self.control[SLEEP], self.control[CLOCK] = system_calls()
        self.first = int(job[e.THETA]), int(job[e.NEW])

    def run(self, kernel: Any, order: Any, table: Any, records: Any, count: int, rows: int) -> Any:
        """One kernel on this thread, with helping threads beside it until it ends where it passes rows enough."""
        self.job[e.ORDER], self.job[e.SCALARS_AT] = order.ctypes.data, table.ctypes.data
        given = (self.job, self.reals, self.results, self.control, records, self.work, count)
        if self.job[e.HELPED]:
            return kernel(*given)
        threads = self.threads if rows >= self.machine.rows_alone else 1
        self.job[e.THREADS], self.job[e.TOGETHER] = threads, 0
        self.tickets[:] = 0
        with beside(self.work_along, threads):
            try:
                return kernel(*given)
            finally:
                self.tickets[:] = STOP

    def work_along(self, thread: int) -> None:
        """What a helping thread does: items, until work has ended."""
        epochs.work_along(self.job, self.reals, self.results, self.control, self.work, thread)

    def lay_in(self, theta: Floats, memory: Floats | None) -> None:
        job = self.job
        job[e.THETA], job[e.NEW] = self.first
        job[e.LAID] = 1
        self._carry(theta, e.THETA, 0, True)
        for n, row in enumerate(() if memory is None else memory):
            self._carry(row, e.MEMORY, n, True)

    def take_out(self) -> None:
        """The guest's θ back into its state."""
        self._carry(self.guest.theta, e.THETA, 0, False)

    def bring_home(self) -> None:
        """The guest's θ and memory back into its state; then there is no guest."""
        if self.guest is None:
            return
        self.take_out()
        for n, row in enumerate(self.guest.memory):
            self._carry(row, e.MEMORY, n, False)
        self.guest = None

    def gradient(self) -> Floats:
        g = np.empty(self.machine.shape.size, self.machine.dtype)
        self._carry(g, e.GRADIENT, 0, False)
        return g

    def _carry(self, values: Floats, section: int, row: int, inward: bool) -> None:
        place = int(self.job[section]) + row * self.machine.layout.size
        own = np.ascontiguousarray(values)
        epochs.carry(
            self.machine.layout.runs, own, self.work[place : place + self.machine.layout.size], inward
        )
        if not inward and own is not values:
            values[:] = own


def _readable(array: Any) -> Any:
    """The array itself where compiled code can read it: native float32 or float64, aligned."""
    if array.dtype in (np.float32, np.float64) and array.dtype.isnative and array.flags.aligned:
        return array
    return np.ascontiguousarray(array, np.float32 if array.dtype == np.float32 else np.float64)


def _table(array: Any) -> list[int]:
    return [array.ctypes.data, array.strides[0], array.strides[1], array.itemsize, array.shape[1]]


def _in_order(count: int) -> Any:
    return np.arange(count, dtype=np.int64) if count > len(_ORDER) else _ORDER[:count]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
