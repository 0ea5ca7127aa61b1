"""Every first-order rule's step on whole vectors, by the names of `descent.gradient` and `descent.adaptive`.

A formula takes θ, g, the memories m and v, and its scalars; it gives the new θ, m, v (a memory not kept is given back).
What depends on the step number alone (η_t of Adam …) is worked out beforehand, for a whole burst, by `scalars`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from deltarule.kernels.compiling import declared, inner, named, pointer_to
from deltarule.kernels.vectors import at, lanes, load, root, store, total, will_write

Numbers = NDArray[np.float64]
AHEAD = 24  # vectors: lines that are on their way at once
SCALARS = 6  # rate and one more of the step, then up to four constants of the rule


def gradient(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate = s[0]
    return theta - rate * g, m, v


def momentum(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate, beta = s[0], s[2]
    m = beta * m - rate * g
    return theta + m, m, v


def nesterov(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate, beta = s[0], s[2]
    m = beta * m - rate * g
    return theta + (beta * m - rate * g), m, v


def adagrad(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate, epsilon = s[0], s[2]
    m = m + g * g
    return theta - rate * g / (root(m) + epsilon), m, v


def rmsprop(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate, rho, epsilon = s[0], s[2], s[3]
    m = rho * m + (1.0 - rho) * g * g
    return theta - rate * g / (root(m) + epsilon), m, v


def adam(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate, beta_1, beta_2, epsilon = s[0], s[2], s[3], s[4]
    m = beta_1 * m + (1.0 - beta_1) * g
    v = beta_2 * v + (1.0 - beta_2) * g * g
    return theta - rate * m / (root(v) + epsilon), m, v


def adamw(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate, kept, beta_1, beta_2, epsilon = s[0], s[1], s[2], s[3], s[4]
    m = beta_1 * m + (1.0 - beta_1) * g
    v = beta_2 * v + (1.0 - beta_2) * g * g
    return kept * theta - rate * m / (root(v) + epsilon), m, v


def nadam(theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    rate, ahead, beta_1, beta_2, epsilon = s[0], s[1], s[2], s[3], s[4]
    m = beta_1 * m + (1.0 - beta_1) * g
    v = beta_2 * v + (1.0 - beta_2) * g * g
    return theta - rate * (ahead * m + (1.0 - beta_1) * g) / (root(v) + epsilon), m, v


FORMULAS = {
    "gradient": gradient, "momentum": momentum, "nesterov": nesterov,
    "adagrad": adagrad, "rmsprop": rmsprop, "adam": adam, "adamw": adamw, "nadam": nadam,
}  # fmt: skip


def scalars(rule: Any, rates: NDArray[np.floating], step: int) -> Numbers:
    """(steps, SCALARS): what each step's update needs; step is the number of steps done before."""
    table = np.zeros((len(rates), SCALARS))
    constants = rule.constants
    table[:, 0] = rates
    table[:, 2 : 2 + len(constants)] = constants
    if rule.code in ("adam", "adamw", "nadam"):
        t = step + 1 + np.arange(len(rates))
        beta_1, beta_2 = constants[0], constants[1]
        table[:, 0] *= np.sqrt(1 - _powers(beta_2, t)) / (1 - _powers(beta_1, t))
        if rule.code == "adamw":
            table[:, 1] = 1 - rates.astype(np.float64) * constants[3]
        if rule.code == "nadam":
            table[:, 1] = beta_1 * (1 - _powers(beta_1, t)) / (1 - _powers(beta_1, t + 1))
    return table


def _powers(beta: float, t: NDArray[np.int64]) -> Numbers:
    """βᵗ, whose bits depend on t alone: β^(256 q) · β^r, so that a burst may begin anywhere."""
    high, low = t >> 8, t & 255
    first = int(high[0])
    tall = np.array([beta ** (256 * q) for q in range(first, int(high[-1]) + 1)])
    return tall[high - first] * _first_powers(beta)[low]


@cache
def _first_powers(beta: float) -> NDArray[np.float64]:
    return np.array([beta**r for r in range(256)])


def step_of(name: str, theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    """The new (θ, m, v) of the rule of that name."""
    raise NotImplementedError


@overload(step_of, prefer_literal=True, jit_options={"error_model": "numpy"})
def _step_of(name: Any, theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
    if not isinstance(name, types.StringLiteral):
        return None
    formula = inner(FORMULAS[name.literal_value])

    def chosen(name: Any, theta: Any, g: Any, m: Any, v: Any, s: Any) -> Any:
        return formula(theta, g, m, v, s)

    return chosen


@cache
def update_pass(name: str, memories: int, dtype: str) -> Any:
    """The compiled step: double(θ, new θ, g, memory, distance of its rows, count, scalars, kept).

    It returns 0 where the new θ is finite, NaN elsewhere. The old θ stays, to be gone back to.
    """
    pointer = pointer_to(dtype)

    def update(
        theta: Any, new: Any, g: Any, memory: Any, row: int, count: int, given: Any, kept: float
    ) -> float:
        s = (given[0], given[1] if kept < 0.0 else kept, given[2], given[3], given[4], given[5])
        first, second = memory, at(memory, row)
        fault = 0.0 * load(g, 0)
        for q in range(0, count, lanes(theta)):
            will_write(new, q + AHEAD * lanes(theta))  # other threads have read the θ that lay there
            m = load(first, q) if memories > 0 else load(g, q)
            v = load(second, q) if memories > 1 else load(g, q)
            moved, m, v = step_of(name, load(theta, q), load(g, q), m, v, s)
            store(new, q, moved)
            if memories > 0:
                store(first, q, m)
            if memories > 1:
                store(second, q, v)
            fault = fault + 0.0 * moved
        return float(total(fault))

    return declared(
        named(update, name, memories, dtype),
        types.double,
        pointer,
        pointer,
        pointer,
        pointer,
        types.intp,
        types.intp,
        types.CPointer(types.double),
        types.double,
    )
