"""solver='lbfgs': SciPy's L-BFGS-B with our value and gradient, θ laid out as scikit-learn lays it out."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape
from deltarule.estimators.parameters import Parameters
from deltarule.estimators.rows import SparseRows, blocks
from deltarule.kernels.one_thread import one_thread
from deltarule.objectives.network_error import NetworkError

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Minimum:
    """θ (P,) float64, the objective there and after each iteration; ended: converged, step_limit, time_limit, …."""

    theta: Floats
    loss: float
    curve: list[float]
    ended: str
    message: str


class WholeError:
    """E + penalty and its gradient from all rows; of a large sparse X in blocks: E = Σ_blocks (Σs_block/Σs) E_block."""

    def __init__(
        self,
        shape: Shape,
        X: Floats | SparseRows,
        D: Floats,
        s: Floats | None,
        loss: Loss,
        penalty: Penalty,
        threads: int | None,
    ) -> None:
        self.shape, self.penalty, self.mask = shape, penalty, shape.weight_mask()
        self.rows, self.parts = X, list(blocks(X))
        self.D, self.s, self.loss, self.threads = D.astype(np.float64, copy=False), s, loss, threads
        if len(self.parts) == 1:
            dense = X[:].astype(np.float64, copy=False)
            self.whole = NetworkError(shape, dense, self.D, loss, penalty, s, threads=threads)

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        if len(self.parts) == 1:
            return self.whole.gradient(theta)
        total = len(self.D) if self.s is None else self.s.sum()
        value, g = self.penalty.value(theta, self.mask), self.penalty.gradient(theta, self.mask)
        for part in self.parts:
            s = None if self.s is None else self.s[part]
            share = (part.stop - part.start if s is None else s.sum()) / total
            if not share:
                continue
            X = self.rows[part].astype(np.float64, copy=False)
            E, dE = NetworkError(
                self.shape, X, self.D[part], self.loss, None, s, threads=self.threads
            ).gradient(theta)
            value, g = value + share * E, g + share * dE
        return value, g


def lbfgs(
    error: WholeError,
    theta: Floats,
    given: Parameters,
    seconds: float | None,
    watch: Callable[[Floats, float], bool],
) -> Minimum:
    """Minimises from θ; `watch(theta, loss)` hears each iteration and ends the search by True."""
    from scipy.optimize import minimize

    order = sklearn_order(error.shape)
    back = np.argsort(order)
    curve: list[float] = []
    until = None if seconds is None else time.perf_counter() + seconds
    asked = ""

    def question(packed: Floats) -> tuple[float, Floats]:
        value, g = error.gradient(packed[back])
        return value, g[order]

    def heard(intermediate_result: Any) -> None:
        nonlocal asked
        curve.append(float(intermediate_result.fun))
        asked = "stopped" if watch(intermediate_result.x[back], curve[-1]) else asked
        if not asked and until is not None and time.perf_counter() >= until:
            asked = "time_limit"
        if asked:
            raise StopIteration

    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        found = minimize(
            question,
            theta.astype(np.float64)[order],
            method="L-BFGS-B",
            jac=True,
            callback=heard,
            options={"maxfun": given.max_fun, "maxiter": given.max_iter, "gtol": given.tol},
        )
    ended = asked or ("converged" if found.status == 0 else "step_limit" if found.status == 1 else "stuck")
    return Minimum(found.x[back], float(found.fun), curve, ended, str(found.message))


def sklearn_order(shape: Shape) -> NDArray[np.intp]:
    """(P,): where scikit-learn's packed vector (every W, then every b) finds its entries in θ."""
    layers, places = range(1, shape.layers + 1), np.arange(shape.size)
    return np.concatenate([places[shape.W_at(m)] for m in layers] + [places[shape.b_at(m)] for m in layers])
