"""What one pass forward and back tells about every layer: the measures at one moment.

    ‖δ^(m)‖/‖δ^(m+1)‖ = (‖δ^(m+1) W^(m,m+1)ᵀ‖/‖δ^(m+1)‖) · (‖δ^(m)‖/‖δ^(m+1) W^(m,m+1)ᵀ‖)
                            what the weights do                 what S' does

The first part lies between W's smallest and largest singular value; the second is at most max |S'|:
1/4 for logistic units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.equations.activations import Activation, activation
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape

Floats = NDArray[np.floating]
Numbers = NDArray[np.float64]
Units = tuple[NDArray[np.intp], ...]

FLAT = 0.05  # |S'| under this share of its maximum passes next to nothing: logistic |net| > 4.4, tanh |net| > 2.2
ALWAYS = 0.98  # a unit is saturated when it is flat on this share of the samples
EXACT_NORM = (
    128  # ‖W‖₂ by singular values up to this many units, beyond by power iteration (1 % low at worst)
)
SAFE_SQUARES = (1e-24, 1e30)  # a float32 sum of squares in here has lost nothing to under- or overflow


@dataclass(frozen=True)
class Passes:
    """One pass forward and back, however it was made: a list entry for each layer m = 1 … L.

    W (units of m−1, units of m); net, y, delta (N, units of m); dW = ∂E/∂W; fused: the output's S' is not in δ^(L).
    """

    activations: Sequence[str]
    W: Sequence[Floats]
    net: Sequence[Floats]
    y: Sequence[Floats]
    delta: Sequence[Floats]
    dW: Sequence[Floats]
    fused: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The measures of one moment; entry m−1 belongs to layer m = 1 … L, and of `*_factor` to the way from m+1 to m.

    delta ‖δ^(m)‖_F and gradient ‖∂E/∂W^(m−1,m)‖_F; slope: mean |S'(net)|; weight ‖W^(m−1,m)‖₂ and weight_size ‖W‖_F;
    gain √(fan_in · mean w²), what the weights do to the spread on the way forward;
    factor ‖δ^(m)‖/‖δ^(m+1)‖ = weight_factor · slope_factor;
    flat: share of (sample, unit) pairs with |S'| under 5 % of its maximum; saturated, dead: which units are (from 0);
    y_mean, y_spread: of what the layer puts out;
    update ‖ΔW‖/‖W‖ of one step, nan where no rule is known.
    """

    step: int
    error: float
    activations: tuple[str, ...]
    delta: Numbers
    gradient: Numbers
    slope: Numbers
    weight: Numbers
    weight_size: Numbers
    gain: Numbers
    weight_factor: Numbers
    slope_factor: Numbers
    flat: Numbers
    saturated: Units
    dead: Units
    units: tuple[int, ...]
    y_mean: Numbers
    y_spread: Numbers
    update: Numbers

    @property
    def layers(self) -> int:
        """L."""
        return len(self.delta)

    @property
    def factor(self) -> Numbers:
        """(L−1,): ‖δ^(m)‖/‖δ^(m+1)‖."""
        return self.weight_factor * self.slope_factor

    @property
    def reach(self) -> Numbers:
        """(L,): ‖δ^(m)‖/‖δ^(L)‖, what of the output's δ arrives at each layer; 1 at the output, nan where δ^(L) = 0."""
        last = self.delta[-1]
        return self.delta / last if 0 < last < np.inf else np.full(self.layers, np.nan)

    @property
    def slope_max(self) -> Numbers:
        """(L,): the largest |S'| of each layer's activation."""
        return np.array([activation(name).slope_max for name in self.activations])

    @property
    def saturated_share(self) -> Numbers:
        """(L,): the share of each layer's units that are saturated."""
        return np.array([len(at) / n for at, n in zip(self.saturated, self.units, strict=True)])

    @property
    def dead_share(self) -> Numbers:
        """(L,): the share of each layer's units that are dead."""
        return np.array([len(at) / n for at, n in zip(self.dead, self.units, strict=True)])


def look(
    shape: Shape,
    theta: Floats,
    X: Floats,
    D: Floats,
    loss: Loss,
    weight: Floats | None = None,
    step: int = 0,
    update: Callable[[Floats], Numbers] | None = None,
) -> Snapshot:
    """The snapshot of a network at θ on samples X (N, I), D (N, K); finite or not, nothing raises.

    `update` answers ‖Δθ^(m)‖/‖θ^(m)‖ of a step with the gradient ∂E/∂θ (P,) that it is given.

    >>> from deltarule.equations.losses import LOSSES
    >>> from deltarule.network import Network
    >>> network = Network([2, 5, 5, 1], "logistic", seed=0)
    >>> X = np.random.default_rng(0).standard_normal((20, 2))
    >>> seen = look(network.shape, network.theta, X, X[:, :1], LOSSES["mse"])
    >>> bool((seen.slope[:-1] <= 0.25).all()), bool(np.allclose(seen.factor, seen.delta[:-1] / seen.delta[1:]))
    (True, True)
    """
    with np.errstate(all="ignore"):
        trace = backprop.forward(shape, theta, X)
        delta = backprop.output_delta(shape, trace, D, loss, weight)
        gradient = backprop.backward(shape, theta, trace, delta)
        W, _ = shape.views(theta)
        fused = loss.fused(activation(shape.activations[-1]))
        passes = Passes(shape.activations, W, trace.net, trace.y[1:], gradient.delta, gradient.W, fused)
        ratio = None if update is None else update(gradient.theta)
        return snapshot(passes, backprop.error(shape, trace, D, loss, weight), step, ratio)


def snapshot(passes: Passes, error: float, step: int = 0, update: Numbers | None = None) -> Snapshot:
    """The measures of passes forward and back."""
    L = len(passes.W)
    found = [activation(name) for name in passes.activations]
    slopes = [np.abs(S.S_prime(z)) for S, z in zip(found, passes.net, strict=True)]
    flat = [s < FLAT * S.slope_max for s, S in zip(slopes, found, strict=True)]
    if passes.fused:  # δ^(L) = o − d: the output's S' stands in no one's way
        flat[-1] = np.zeros_like(flat[-1])
    back = [passes.delta[m] @ passes.W[m].T for m in range(1, L)]
    sent = [norm(d) for d in passes.delta]
    through = [norm(b) for b in back]
    return Snapshot(
        step=step,
        error=error,
        activations=tuple(passes.activations),
        delta=np.array(sent),
        gradient=np.array([norm(g) for g in passes.dW]),
        slope=np.array([float(s.mean()) for s in slopes]),
        weight=np.array([spectral(W) for W in passes.W]),
        weight_size=np.array([norm(W) for W in passes.W]),
        gain=np.array([norm(W) / np.sqrt(W.shape[1]) for W in passes.W]),
        weight_factor=np.array([ratio(through[m], sent[m + 1]) for m in range(L - 1)]),
        slope_factor=np.array([ratio(sent[m], through[m]) for m in range(L - 1)]),
        flat=np.array([float(f.mean()) for f in flat]),
        saturated=tuple(_always(f, ALWAYS, two_sided(S)) for f, S in zip(flat, found, strict=True)),
        dead=tuple(_always(f, 1.0, one_sided(S)) for f, S in zip(flat, found, strict=True)),
        units=tuple(W.shape[1] for W in passes.W),
        y_mean=np.array([float(y.mean()) for y in passes.y]),
        y_spread=np.array([spread(y) for y in passes.y]),
        update=np.full(L, np.nan) if update is None else update,
    )


def two_sided(S: Activation) -> bool:
    """Whether S flattens on both sides, as logistic and tanh do: its units saturate."""
    return bool(np.isfinite(S.low) and np.isfinite(S.high)) and not S.output_only


def one_sided(S: Activation) -> bool:
    """Whether S flattens on one side only, as relu and its smooth kin do: its units die."""
    return bool(np.isfinite(S.low)) and S.high == np.inf and not S.output_only


def norm(array: Floats) -> float:
    """‖·‖_F, free of overflow: what squares out of the floats' range is scaled before it is squared."""
    flat = array.ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        square = float(np.dot(flat, flat))
    if SAFE_SQUARES[0] < square < SAFE_SQUARES[1]:
        return float(np.sqrt(square))
    largest = float(np.max(np.abs(array), initial=0.0))
    if not 0 < largest < np.inf:
        return largest
    return largest * float(np.linalg.norm(array / largest))


def spectral(W: Floats) -> float:
    """‖W‖₂, the largest singular value; nan where W is not finite."""
    if not np.isfinite(W).all():
        return float("nan")
    if min(W.shape) <= EXACT_NORM:
        return float(np.linalg.norm(W, 2))
    # any start that is not orthogonal to the answer
    v = np.ones(W.shape[1], W.dtype) + np.arange(W.shape[1]) % 3
    size = 0.0
    for _ in range(30):
        v = W.T @ (W @ (v / np.linalg.norm(v)))
        size = float(np.sqrt(np.linalg.norm(v)))
        if size == 0:
            break
    return size


def spread(array: Floats) -> float:
    """The standard deviation of all entries."""
    return norm(array - array.mean()) / float(np.sqrt(array.size))


def ratio(a: float, b: float) -> float:
    """a/b, 0 where both are 0."""
    return a / b if b > 0 else 0.0 if a == 0 else float("nan")


def _always(flat: NDArray[np.bool_], share: float, counts: bool) -> NDArray[np.intp]:
    return np.flatnonzero(flat.mean(axis=0) >= share) if counts else np.empty(0, np.intp)
