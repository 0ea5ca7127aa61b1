"""What is not a step: gradient beside forward, a row's prediction, time to import and to the first trained network."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

SHAPES = ((8, 64, 64, 1), (13, 50, 1), (784, 128, 10))
_FIRST = """
import time; t = time.perf_counter()
from deltarule import Network, train
import numpy as np
imported = time.perf_counter() - t
X = np.random.default_rng(0).standard_normal((500, 8)); D = X[:, :1] * X[:, 1:2]
train(Network([8, 16, 1]), X, D, epochs=10)
print(imported, time.perf_counter() - t)
"""


def measure() -> dict[str, Any]:
    return {
        "gradient_over_forward": [_ratio(sizes) for sizes in SHAPES],
        "one_row_microseconds": _one_row(),
        **_first(),
    }


def _best(work: Callable[[], Any], times: int = 15) -> float:
    found = []
    for _ in range(times):
        began = time.thread_time()  # one thread's own time: what else the machine does is left out
        work()
        found.append(time.thread_time() - began)
    return min(found)


def _ratio(sizes: tuple[int, ...]) -> dict[str, Any]:
    """Time of gradient ÷ time of forward on 4,096 rows in one thread, beside the same ratio of operations."""
    from deltarule.equations.losses import LOSSES
    from deltarule.equations.shape import make_shape
    from deltarule.kernels.machine import Machine

    shape, random = make_shape(sizes), np.random.default_rng(0)
    X, D = (random.standard_normal((4096, n)).astype(np.float32) for n in (sizes[0], sizes[-1]))
    theta = (random.standard_normal(shape.size) / np.sqrt(max(sizes))).astype(np.float32)
    gradient = Machine(shape, X.dtype, X, D, LOSSES["mse"], threads=1)
    forward = Machine(shape, X.dtype, X, threads=1)
    pairs = list(pairwise(sizes))
    operations = sum(i * j * (2 if m == 0 else 3) for m, (i, j) in enumerate(pairs)) / sum(
        i * j for i, j in pairs
    )
    times = [
        median(_best(work, 5) for _ in range(5))
        for work in (lambda: gradient.gradient(theta), lambda: forward.predict(theta))
    ]
    return {"sizes": sizes, "time": times[0] / times[1], "operations": operations}


def _one_row() -> float:
    """Microseconds of compute for one row of 8-64-64-1, gather and output included, in a compiled loop."""
    from deltarule.equations.shape import make_shape
    from deltarule.kernels import places
    from deltarule.kernels.calling import run_item
    from deltarule.kernels.compiling import kernel
    from deltarule.kernels.machine import Machine
    from deltarule.kernels.vectors import numbers

    @kernel
    def repeat(job: Any, reals: Any, results: Any, work: Any, times: int) -> None:
        j = numbers(job)
        for _ in range(times):
            run_item(j[places.ITEMS], j, numbers(reals), numbers(results), numbers(work), 0, 0)

    shape = make_shape((8, 64, 64, 1))
    machine = Machine(shape, np.dtype(np.float32), np.ones((1, 8), np.float32), threads=1)
    machine.predict(np.ones(shape.size, np.float32))
    room: Any = machine.rooms[None]
    order, out = np.zeros(1, np.int64), np.zeros(1, np.float32)
    room.job[places.ORDER], room.job[places.OUT] = order.ctypes.data, out.ctypes.data
    repeat(room.job, room.reals, room.results, room.work, 1)
    return 1e6 * _best(lambda: repeat(room.job, room.reals, room.results, room.work, 1000)) / 1000


def _first() -> dict[str, float]:
    """Seconds to import, and to the first trained network: with kernels to be compiled, and with kernels on disk."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("compiling", "cached"):
            environment = {**os.environ, "DELTARULE_CACHE": folder}
            answer = subprocess.run(
                [sys.executable, "-c", _FIRST], env=environment, capture_output=True, text=True, check=True
            ).stdout
            found["import_seconds"], found[f"first_train_seconds_{name}"] = (
                float(word) for word in answer.split()
            )
    return found


def text(found: dict[str, Any]) -> str:
    lines = [
        f"{'-'.join(map(str, row['sizes']))}: gradient takes {row['time']:.2f} times forward; "
        f"{row['operations']:.2f} times its operations"
        for row in found["gradient_over_forward"]
    ]
    lines.append(f"one row of 8-64-64-1 is predicted in {found['one_row_microseconds']:.2f} µs of compute")
    lines.append(
        f"import {found['import_seconds']:.2f} s; first trained network after "
        f"{found['first_train_seconds_compiling']:.1f} s (compiling) or "
        f"{found['first_train_seconds_cached']:.1f} s (kernels on disk)"
    )
    apart = [value for row in found["rows"] for value in row["apart"]] or [0.0]
    lines.append(
        f"a message from one core to the other and back took {min(apart):.0f} to {max(apart):.0f} ns, "
        f"{np.median(apart):.0f} in the middle"
    )
    return "\n".join(f"- {line}" for line in lines)
