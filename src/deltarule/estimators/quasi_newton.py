"""solver='lbfgs': the steps that SciPy's L-BFGS-B takes where nothing is bounded, without its price for each of them.

Direction, trials along it and ends are those of that algorithm (Byrd, Lu, Nocedal, Zhu 1995; Moré, Thuente 1994), so
that a fit follows scikit-learn's until rounding has grown.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape
from deltarule.estimators.more_thuente import LONGEST, Point, search
from deltarule.estimators.parameters import Parameters
from deltarule.estimators.rows import SparseRows, blocks
from deltarule.kernels.one_thread import one_thread
from deltarule.kernels.working_time import working_time
from deltarule.objectives.network_error import NetworkError

Floats = NDArray[Any]
PAIRS = 10  # of steps and changes of the gradient that are kept
STANDSTILL = 2.220446049250313e-09  # a smaller fall of the loss, relative to it or to 1, is an end


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
        self.shape, self.decay = shape, penalty.l2 * shape.weight_mask()
        self.rows, self.parts = X, list(blocks(X))
        self.D, self.s, self.loss, self.threads = D.astype(np.float64, copy=False), s, loss, threads
        if len(self.parts) == 1:
            dense = X[:].astype(np.float64, copy=False)
            self.whole = NetworkError(shape, dense, self.D, loss, None, s, threads=threads)

    def gradient(self, theta: Floats) -> tuple[float, Floats]:
        E, g = self.whole.gradient(theta) if len(self.parts) == 1 else self._in_parts(theta)
        shrinking = self.decay * theta
        return E + 0.5 * float(shrinking @ theta), g + shrinking

    def helped(self, theta: Floats) -> AbstractContextManager[None]:
        """While it lasts, helping threads stay beside the gradients."""
        return self.whole.helped(theta) if len(self.parts) == 1 else nullcontext()

    def _in_parts(self, theta: Floats) -> tuple[float, Floats]:
        total = len(self.D) if self.s is None else self.s.sum()
        value, g = 0.0, np.zeros_like(theta)
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


class Pairs:
    """H⁻¹ from the last pairs s = Δθ, y = Δ∇f in the compact form (Byrd, Nocedal, Schnabel 1994, theorem 2.2).

        H⁻¹g = γg + S c − γ Y a,  a = R⁻¹Sᵀg,  c = R⁻ᵀ((D + γYᵀY) a − γYᵀg),  γ = s·y/y·y of the newest pair

    R holds s_i·y_j where pair i is not newer than pair j, D its diagonal; pairs take turns in their rows. Without its
    oldest pair R loses a row and a column, and so does R⁻¹; a new one puts −R⁻¹r/ρ and 1/ρ beside it.
    """

    def __init__(self, size: int) -> None:
        self.SY = np.zeros((2 * PAIRS, size))
        self.forget()

    def forget(self) -> None:
        """No pairs: H⁻¹ is 1."""
        self.SY[:] = 0
        self.D, self.YY, self.inverse = np.zeros(PAIRS), np.zeros((PAIRS, PAIRS)), np.zeros((PAIRS, PAIRS))
        self.added, self.gamma = 0, 1.0

    def add(self, s: Floats, y: Floats, sy: float, yy: float) -> None:
        """A new pair, in place of the oldest where there are enough."""
        k = self.added % PAIRS
        self.SY[k], self.SY[PAIRS + k] = s, y
        products, inverse = self.SY @ y, self.inverse
        self.D[k], self.YY[k] = sy, products[PAIRS:]
        self.YY[:, k] = products[PAIRS:]
        inverse[k], inverse[:, k] = 0.0, 0.0
        inverse[:, k] = inverse @ products[:PAIRS] / -sy
        inverse[k, k] = 1 / sy
        self.added, self.gamma = self.added + 1, sy / yy

    def direction(self, g: Floats) -> Floats:
        """−H⁻¹g."""
        if not self.added:
            return -g
        products = self.SY @ g
        a = self.inverse @ products[:PAIRS]
        c = (self.D * a + self.gamma * (self.YY @ a - products[PAIRS:])) @ self.inverse
        return -self.gamma * g - np.concatenate((c, -self.gamma * a)) @ self.SY


def lbfgs(
    error: WholeError,
    theta: Floats,
    given: Parameters,
    seconds: float | None,
    watch: Callable[[Floats, float], str],
) -> Minimum:
    """Minimises from θ; `watch(theta, loss)` hears each iteration and ends the search by a word for why."""
    theta, until = theta.astype(np.float64), None if seconds is None else working_time() + seconds
    with one_thread(), np.errstate(all="ignore"), error.helped(theta):
        descent = _Descent(error, theta)
        ended, message = descent.end(given)
        while not ended:
            if not descent.iterate():
                ended = "stuck"
                message = (
                    "no step along the gradient lowers the loss"
                    if np.isfinite(descent.value)
                    else "the loss of the starting weights is not finite"
                )
                break
            ended = watch(descent.theta, descent.value)
            if ended:
                message = "a callback asked for the end" if ended == "stopped" else "interrupted"
            elif until is not None and working_time() >= until:
                ended, message = "time_limit", "the budget is spent"
            else:
                ended, message = descent.end(given)
    return Minimum(descent.theta, descent.value, descent.curve, ended, message)


class _Descent:
    """θ, f and ∇f there, and the pairs of the way to it."""

    def __init__(self, error: WholeError, theta: Floats) -> None:
        self.error, self.theta = error, theta
        self.value, self.g = error.gradient(theta)
        self.calls, self.curve = 1, list[float]()
        self.pairs, self.fallen = Pairs(len(theta)), np.inf

    def iterate(self) -> bool:
        """One step; False where none lowers f, not even along −∇f."""
        d = self.pairs.direction(self.g)
        slope = float(d @ self.g)
        found = self._along(d, slope) if slope < 0 else None
        while found is None:
            if not self.pairs.added:
                return False
            self.pairs.forget()
            d = -self.g
            slope = float(d @ self.g)
            found = self._along(d, slope)
        theta, g, point = found
        y, gained = g - self.g, (point.slope - slope) * point.t
        self.fallen = (self.value - point.value) / max(abs(self.value), abs(point.value), 1.0)
        if gained > -float_info.epsilon * slope * point.t:
            self.pairs.add(point.t * d, y, gained, float(y @ y))
        self.theta, self.value, self.g = theta, point.value, g
        self.curve.append(point.value)
        return True

    def _along(self, d: Floats, slope: float) -> tuple[Floats, Floats, Point] | None:
        """θ + t d, ∇f there, and f with its slope along d."""
        theta, g = self.theta, self.g

        def phi(t: float) -> tuple[float, float]:
            nonlocal theta, g
            theta = self.theta + (d if t == 1 else t * d)
            value, g = self.error.gradient(theta)
            self.calls += 1
            return value, float(g @ d)

        first = 1.0 if self.curve else min(1 / max(float(np.sqrt(d @ d)), 1 / LONGEST), LONGEST)
        point = search(phi, Point(0.0, self.value, slope), first)
        return None if point is None else (theta, g, point)

    def end(self, given: Parameters) -> tuple[str, str]:
        """How the search has ended, and in words; twice nothing while it goes on."""
        if len(self.curve) >= given.max_iter:
            return "step_limit", "the limit of iterations is reached"
        if self.calls > given.max_fun:
            return "step_limit", "the limit of function calls is reached"
        if float(np.abs(self.g).max()) <= given.tol:
            return "converged", "every slope is at most tol"
        if self.fallen <= STANDSTILL:
            return "converged", "the loss stands still"
        return "", ""
