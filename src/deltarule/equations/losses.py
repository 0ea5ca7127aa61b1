"""E of every loss, with its delta at the output and its curvature; each states its normalisation.

    E = (1/Σ_n s_n) Σ_n s_n Σ_k e(o_nk, d_nk)        s_n = 1 without sample weights: then 1/Σ s_n = 1/N

A loss is told by e, ∂e/∂o and ∂²e/∂o². Three pairs of loss and output also have a form in net that cannot overflow,
and whose delta is simply o − d: binary_cross_entropy with logistic, cross_entropy with softmax, poisson with exp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import is_number, shown
from deltarule.equations import activations
from deltarule.equations.activations import Activation
from deltarule.errors import InputError, UnknownName

Floats = NDArray[np.floating]
PairFunction = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Loss:
    """One loss: e of one output on one sample, and its derivatives.

    Parameters
    ----------
    e, e_prime, e_second : e(o, d), ∂e/∂o, ∂²e/∂o², element-wise on (N, K).
    normalisation : E written out, for people.
    outputs : the output activations it can be used with; () means any.
    natural_output : the output whose delta is o − d.
    kinks : where ∂e/∂o jumps, as values of l = o − d; the value taken there is stated at the function.
    constants : what the loss was made with (huber's threshold, quantile's level).
    """

    name: str
    e: PairFunction = field(repr=False, compare=False)
    e_prime: PairFunction = field(repr=False, compare=False)
    e_second: PairFunction = field(repr=False, compare=False)
    normalisation: str = ""
    outputs: tuple[str, ...] = ()
    natural_output: str = ""
    kinks: tuple[float, ...] = ()
    constants: tuple[float, ...] = ()
    targets: str = ""  # what D must be, where not any number

    def fused(self, output: Activation) -> bool:
        """Whether this output makes delta = o − d."""
        return output.name == self.natural_output

    def per_output(self, net: Floats, o: Floats, D: Floats, output: Activation) -> Floats:
        """e(o_nk, d_nk) for every sample and output, (N, K), from net where that is exact and o is not."""
        if not self.fused(output):
            return self.e(o, D)
        if output.name == "logistic":
            return activations.softplus(net) - D * net
        if output.name == "softmax":
            top = net.max(axis=1, keepdims=True)
            log_sum = top + np.log(np.exp(net - top).sum(axis=1, keepdims=True))
            return _times(D, log_sum - net)
        return self.e(o, D)

    def delta(self, net: Floats, o: Floats, D: Floats, output: Activation, share: Floats | float) -> Floats:
        """δ^(L)_nk = ∂E/∂net_nk, (N, K); share is s_n/Σs as (N, 1), or 1/N."""
        if self.fused(output):
            if output.name == "softmax":
                return share * (D.sum(axis=1, keepdims=True) * o - D)
            return share * (o - D)
        slope = share * self.e_prime(o, D)
        if output.name == "softmax":
            return activations.softmax_product(o, slope)
        return output.S_prime(net) * slope


def _times(D: Floats, log_part: Floats) -> Floats:
    return np.where(D == 0, D.dtype.type(0), D * log_part)  # 0 · ∞ counts as 0


# mse: the lecture's error, e = l², l = o − d ---------------------------------------------------------------------


def _square(o: Floats, d: Floats) -> Floats:
    return (o - d) * (o - d)


def _square_prime(o: Floats, d: Floats) -> Floats:
    return 2 * (o - d)


def _square_second(o: Floats, d: Floats) -> Floats:
    return np.full_like(o, 2)


# half_mse: e = l²/2 ----------------------------------------------------------------------------------------------


def _half_square(o: Floats, d: Floats) -> Floats:
    return 0.5 * (o - d) * (o - d)


def _half_square_prime(o: Floats, d: Floats) -> Floats:
    return o - d


def _ones(o: Floats, d: Floats) -> Floats:
    return np.ones_like(o)


# mae: e = |l|, ∂e/∂o = sign(l), 0 at l = 0 -----------------------------------------------------------------------


def _absolute(o: Floats, d: Floats) -> Floats:
    return np.abs(o - d)


def _absolute_prime(o: Floats, d: Floats) -> Floats:
    return np.sign(o - d)


def _zeros(o: Floats, d: Floats) -> Floats:
    return np.zeros_like(o)


# poisson: half the deviance, e = o − d + d ln(d/o), for o > 0 and d ≥ 0 ------------------------------------------


def _poisson(o: Floats, d: Floats) -> Floats:
    o = _above_zero(o)
    ratio = np.where(d == 0, d.dtype.type(1), d) / o
    return o - d + d * np.log(ratio)


def _poisson_prime(o: Floats, d: Floats) -> Floats:
    return 1 - d / _above_zero(o)


def _poisson_second(o: Floats, d: Floats) -> Floats:
    o = _above_zero(o)
    return d / o / o


# binary_cross_entropy: e = −d ln o − (1 − d) ln(1 − o), 0 ≤ d ≤ 1 -------------------------------------------------


def _binary(o: Floats, d: Floats) -> Floats:
    return -_times(d, np.log(_above_zero(o))) - _times(1 - d, np.log(_above_zero(1 - o)))


def _binary_prime(o: Floats, d: Floats) -> Floats:
    return (1 - d) / _above_zero(1 - o) - d / _above_zero(o)


def _binary_second(o: Floats, d: Floats) -> Floats:
    o, rest = _above_zero(o), _above_zero(1 - o)
    return (1 - d) / rest / rest + d / o / o


# cross_entropy: e = −d ln o, Σ_k o = 1 ---------------------------------------------------------------------------


def _cross(o: Floats, d: Floats) -> Floats:
    return -_times(d, np.log(_above_zero(o)))


def _cross_prime(o: Floats, d: Floats) -> Floats:
    return -d / _above_zero(o)


def _cross_second(o: Floats, d: Floats) -> Floats:
    o = _above_zero(o)
    return d / o / o


def _above_zero(o: Floats) -> Floats:
    return np.maximum(o, np.finfo(o.dtype).tiny)  # ln and 1/o stay finite


def Huber(threshold: float = 1.0) -> Loss:
    """e = l²/2 where |l| ≤ threshold, threshold·(|l| − threshold/2) beyond: E = (1/N) Σ_n Σ_k e (Huber 1964).

    l = o − d; with sample weights E is (1/Σs) Σ_n s_n Σ_k e.

    Parameters
    ----------
    threshold : > 0, in the units of D; 1 suits targets of unit spread.

    Returns a Loss, for `train(…, loss=Huber(1.5))` and all else that takes one; "huber" is Huber(1). Raises
    InputError for a threshold that is not above 0.

    >>> import numpy as np
    >>> Huber(1.0).e(np.array([0.5, 3.0]), np.zeros(2)).tolist()
    [0.125, 2.5]

    One wild target of twenty bends a line, and hardly this one:

    >>> from deltarule import Network, train
    >>> X = np.linspace(-1, 1, 20)[:, None]; d = 2 * X[:, 0]; d[-1] = 50
    >>> square, huber = (train(Network([1, 1]), X, d, rule="lbfgs", loss=e).network for e in ("mse", Huber(0.1)))
    >>> bool(square.W[0][0, 0] > 5), bool(abs(huber.W[0][0, 0] - 2) < 0.05)
    (True, True)
    """
    if not (is_number(threshold) and 0 < threshold < np.inf):
        raise InputError(
            f"huber's threshold must be a number above 0, got {shown(threshold)}: 1 suits targets of unit spread"
        )
    c = float(threshold)
    return Loss(
        "huber",
        partial(_huber, threshold=c),
        partial(_huber_prime, threshold=c),
        partial(_huber_second, threshold=c),
        f"E = (1/N) Σ_n Σ_k huber(l_nk), threshold {c:g}",
        constants=(c,),
    )


def _huber(o: Floats, d: Floats, threshold: float) -> Floats:
    size = np.abs(o - d)
    return np.where(size <= threshold, 0.5 * size * size, threshold * (size - 0.5 * threshold))


def _huber_prime(o: Floats, d: Floats, threshold: float) -> Floats:
    return np.clip(o - d, -threshold, threshold)


def _huber_second(o: Floats, d: Floats, threshold: float) -> Floats:
    return (np.abs(o - d) <= threshold).astype(o.dtype)


def Quantile(level: float = 0.5) -> Loss:
    """e = level·(d − o) where o < d, (1 − level)·(o − d) beyond: E = (1/N) Σ_n Σ_k e (Koenker, Bassett 1978).

    ∂e/∂o = 0 at o = d; with sample weights E is (1/Σs) Σ_n s_n Σ_k e.

    Parameters
    ----------
    level : the share of targets to lie below the output, 0 < level < 1; 0.5 fits the median.

    Returns a Loss, for `train(…, loss=Quantile(0.9))` and all else that takes one; "quantile" is Quantile(0.5). Raises
    InputError for a level outside its range.

    >>> import numpy as np
    >>> Quantile(0.9).e(np.array([1.0, 3.0]), np.full(2, 2.0)).round(6).tolist()
    [0.9, 0.1]
    >>> from deltarule import Network, train
    >>> random = np.random.default_rng(0); X = random.uniform(-1, 1, (300, 1)); d = X[:, 0] + random.normal(size=300)
    >>> bound = train(Network([1, 1]), X, d, rule="adam", learning_rate=0.02, epochs=200, loss=Quantile(0.9)).network
    >>> bool(0.88 < np.mean(d < bound.predict(X)[:, 0]) < 0.92)
    True
    """
    if not (is_number(level) and 0 < level < 1):
        raise InputError(
            f"quantile's level must lie between 0 and 1, got {shown(level)}: 0.9 fits a bound that nine of ten "
            "targets stay below"
        )
    q = float(level)
    return Loss(
        "quantile",
        partial(_pinball, level=q),
        partial(_pinball_prime, level=q),
        _zeros,
        f"E = (1/N) Σ_n Σ_k pinball(l_nk), level {q:g}",
        kinks=(0.0,),
        constants=(q,),
    )


def _pinball(o: Floats, d: Floats, level: float) -> Floats:
    return np.maximum(level * (d - o), (1 - level) * (o - d))


def _pinball_prime(o: Floats, d: Floats, level: float) -> Floats:
    l = o - d
    return np.where(l > 0, o.dtype.type(1 - level), np.where(l < 0, o.dtype.type(-level), 0 * l))


_TABLE = (
    Loss("mse", _square, _square_prime, _square_second, "E = (1/N) Σ_n Σ_k l_nk²"),
    Loss("half_mse", _half_square, _half_square_prime, _ones, "E = (1/2N) Σ_n Σ_k l_nk²"),
    Loss("mae", _absolute, _absolute_prime, _zeros, "E = (1/N) Σ_n Σ_k |l_nk|", kinks=(0.0,)),
    Huber(),
    Loss("poisson", _poisson, _poisson_prime, _poisson_second,
         "E = (1/N) Σ_n Σ_k (o_nk − d_nk + d_nk ln(d_nk/o_nk))",
         ("exp", "softplus"), "exp", targets="counts, 0 or more"),
    Quantile(),
    Loss("binary_cross_entropy", _binary, _binary_prime, _binary_second,
         "E = −(1/N) Σ_n Σ_k (d_nk ln o_nk + (1 − d_nk) ln(1 − o_nk))",
         ("logistic",), "logistic", targets="between 0 and 1"),
    Loss("cross_entropy", _cross, _cross_prime, _cross_second, "E = −(1/N) Σ_n Σ_k d_nk ln o_nk",
         ("softmax",), "softmax", targets="class numbers 0 … K−1, or rows of shares between 0 and 1"),
)  # fmt: skip
LOSSES: dict[str, Loss] = {loss.name: loss for loss in _TABLE}
ALIASES = {
    "bce": "binary_cross_entropy",
    "log_loss": "cross_entropy",
    "crossentropy": "cross_entropy",
    "squared_error": "half_mse",
    "pinball": "quantile",
}
INSTEAD = {  # of sums over the samples, the mean that has the same minimum
    "sse": "mse, the same divided by N",
    "sae": "mae, the same divided by N",
}


def loss(name: str | Loss | None, output: str = "identity") -> Loss:
    """The loss of that name; None gives the output's natural loss, and mse where it has none.

    Raises UnknownName, or InputError for an output that the loss cannot be used with.

    >>> loss(None, "softmax").name, loss("mse").normalisation
    ('cross_entropy', 'E = (1/N) Σ_n Σ_k l_nk²')
    """
    if name is None:
        # a logistic output may be the lecture's regression: only softmax says that classes are meant
        found = (
            LOSSES["cross_entropy"]
            if output == "softmax"
            else LOSSES["poisson"]
            if output == "exp"
            else LOSSES["mse"]
        )
    elif isinstance(name, Loss):
        found = name
    else:
        known = LOSSES.get(ALIASES.get(name, name)) if isinstance(name, str) else None
        if known is None:
            raise UnknownName("loss", name, [*LOSSES, *ALIASES], INSTEAD.get(name))
        found = known
    if found.outputs and output not in found.outputs:
        raise InputError(
            f"loss '{found.name}' needs {' or '.join(found.outputs)} outputs, this network's are {output}: "
            f"use output='{found.outputs[0]}'"
        )
    return found
