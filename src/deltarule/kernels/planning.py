"""Who answers for a network, and how its work is cut up: from shapes, the dtype and the processor's vectors alone.

Never from the number of threads, the clock, caches or what is compiled already:
the cut decides the order of sums, and so the bits.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from deltarule.equations.shape import Shape

SMALL = 1.5e6  # floating-point operations of a step below which a second thread does not pay
CALL = (
    6e7  # operations that one core does while another, which may sleep, is woken for a thread and waited for
)
LENGTHY = 3e8  # operations of a step that is shared at once, without trying first what it takes alone
SLOT = 32_768  # numbers of θ up to which each group of rows has a gradient of its own
GROUPS = 16  # of them at most
SHARED_FROM = 6000  # numbers of θ from which on its update is shared out
RULES = ("gradient", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam")
LOSSES = ("mse", "half_mse", "mae", "huber", "quantile", "poisson", "binary_cross_entropy", "cross_entropy")


@dataclass(frozen=True)
class Plan:
    """name: reference, lanes (batch in the lanes) or tiles; height, rows of a tile."""

    name: str
    height: int = 0
    slotted: bool = False  # whether each group of rows has a gradient of its own, or all share one
    part: int = 0  # rows whose activations are kept at once, where gradients are shared

    def __str__(self) -> str:
        return self.name


@cache
def vector_bytes() -> int:
    """The processor's vector, 0 where Numba is absent."""
    if importlib.util.find_spec("numba") is None:
        return 0
    try:
        from deltarule.kernels.vectors import BYTES
    except ImportError:  # a Numba that does not fit this NumPy or Python
        return 0
    return BYTES


@lru_cache(maxsize=256)
def planned(shape: Shape, rows: int, dtype: str, loss: str | None = None, rule: str | None = None) -> Plan:
    """Who answers: the reference where there is no compiled telling."""
    told = (loss is None or loss in LOSSES) and (rule is None or rule in RULES)
    if not told or not vector_bytes():
        return Plan("reference")
    return plan(shape, rows, vector_bytes() // (4 if dtype == "float32" else 8))


def padded(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def plan(shape: Shape, rows: int, lanes: int, forward_only: bool = False) -> Plan:
    """The plan for batches of `rows` rows in vectors of `lanes` numbers."""
    sizes, weights = shape.sizes, shape.size
    narrow = in_lanes(sizes, rows, lanes)
    numbers = sum(sizes[:1]) + 2 * sum(sizes[1:])
    small = narrow or weights <= SLOT
    slotted = forward_only or small
    # large weights are read anew for each tile: the fewer the better
    most, near = (256, 8192) if narrow else (128, 40_960)
    while small and most > 32 and most * numbers > near:  # a tile's activations stay in a near cache
        most //= 2
    if small and not narrow and rows > 32:  # four tiles or more for threads to share out
        most = min(most, max(32, padded(-(-rows // 4), lanes)))
    height = min(most, padded(rows, lanes))
    if not slotted and rows > lanes:  # two tiles or more, and so many that threads end at about the same time
        height = min(height, 64, padded(-(-rows // 2), lanes))
    part = max(height, min(padded(rows, height), 512, (1 << 24) // numbers // height * height))
    return Plan("lanes" if narrow else "tiles", height, slotted, part)


def in_lanes(sizes: tuple[int, ...], rows: int, lanes: int) -> bool:
    """Whether rows fill vectors better than units do: by the time of each form's products, as measured."""
    pairs = list(pairwise(sizes))
    weights = sum((before + 1) * units for before, units in pairs)
    if max(sizes[1:]) <= 16 and sizes[0] <= 32 and weights <= 400:
        return True  # so few numbers, a row alone too, that what is around the products takes longer than they do
    if sizes[0] > 256 or weights > SLOT:
        return False
    # ∂E/∂W is a sum along the lanes there, which costs more than a product
    by_rows = 1.4 * weights / lanes * padded(rows, lanes) / rows
    by_units = [(before + 4) * _panel_time(-(-units // lanes)) for before, units in pairs]
    before, units = pairs[-1]
    by_units[-1] = min(by_units[-1], units * (before / lanes + 8))  # a few outputs are dot products
    return by_rows < sum(by_units)


def _panel_time(vectors: int) -> float:
    """Of a row of so many vectors: panels of two vectors and of one are slower for their width."""
    return vectors + 0.2 * (vectors % 4 >= 2) + 0.5 * (vectors % 2)


def worth(shape: Shape, rows: int, threads: int, items: int) -> int:
    """How many threads pay for a step on so many rows that falls into so many items: each has half of SMALL to do."""
    operations = 6 * shape.size * rows
    return max(1, min(threads, items, int(operations / SMALL) + 1)) if operations >= SMALL else 1


def rows_alone(shape: Shape, forward_only: bool) -> float:
    """From how many rows on a call, in all its steps, is long enough to begin other threads for it."""
    return CALL / ((2 if forward_only else 6) * shape.size)
