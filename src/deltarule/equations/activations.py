"""S, S' and S'' of every activation, side by side, as functions of the net input z.

Each is written so that no float64 or float32 z, ±1e4 included, overflows or becomes NaN.
`analytic` gives the same S without abs, max or where, so that a complex step can pass through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import UnknownName

Floats = NDArray[np.floating]
Function = Callable[[Floats], Floats]

LEAK = 0.01  # leaky_relu's slope for z < 0 (Maas, Hannun, Ng 2013)
# Klambauer et al. 2017
SELU_SCALE, SELU_ALPHA = (
    1.0507009873554804934193349852946,
    1.6732632423543772848170429916717,
)
SQRT_HALF, _INV_SQRT_2PI = 0.7071067811865476, 0.3989422804014327


@dataclass(frozen=True)
class Activation:
    """One activation: y = S(net), with its first two derivatives.

    `low`, `high` bound S; `slope_max` bounds |S'|; `kinks` lists where S' jumps (the value taken there is
    stated at the function); `complex_S` is the analytic twin or None where S has kinks.

    >>> import numpy as np
    >>> S = activation("sigmoid"); z = np.array([-2.0, 0.0, 3.0])
    >>> bool(np.allclose(S.S_prime(z), S.S(z) * (1 - S.S(z))))
    True
    """

    name: str
    S: Function
    S_prime: Function
    S_second: Function
    low: float = -np.inf
    high: float = np.inf
    slope_max: float = 1.0
    kinks: tuple[float, ...] = ()
    complex_S: Callable[[NDArray[np.complexfloating]], NDArray[np.complexfloating]] | None = None
    output_only: bool = False

    @property
    def analytic(self) -> bool:
        """Whether a complex step passes through S."""
        return self.complex_S is not None


# identity: S = z ------------------------------------------------------------------------------------------------


def identity(z: Floats) -> Floats:
    return z.copy()


def identity_prime(z: Floats) -> Floats:
    return np.ones_like(z)


def identity_second(z: Floats) -> Floats:
    return np.zeros_like(z)


# logistic (the lecture's sigmoid): S = 1/(1 + e^−z), S' = S(z) S(−z) = S(1 − S), S'' = S'(1 − 2S) ---------------


def logistic(z: Floats) -> Floats:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def logistic_prime(z: Floats) -> Floats:
    e = np.exp(-np.abs(z))
    return e / ((1 + e) * (1 + e))  # S(z) S(−z): 1 − S would lose all digits for large z


def logistic_second(z: Floats) -> Floats:
    return -logistic_prime(z) * np.tanh(z / 2)  # 1 − 2S = −tanh(z/2)


# tanh: S' = 1 − S² = 1/cosh² z, S'' = −2 S S' -------------------------------------------------------------------


def tanh(z: Floats) -> Floats:
    return np.tanh(z)


def tanh_prime(z: Floats) -> Floats:
    e = np.exp(-2 * np.abs(z))
    return 4 * e / ((1 + e) * (1 + e))


def tanh_second(z: Floats) -> Floats:
    return -2 * np.tanh(z) * tanh_prime(z)


# relu: S = max(z, 0), S'(0) = 0 ---------------------------------------------------------------------------------


def relu(z: Floats) -> Floats:
    return np.maximum(z, 0)


def relu_prime(z: Floats) -> Floats:
    return np.where(np.isnan(z), z, z > 0).astype(z.dtype)


# leaky_relu: S = z for z > 0, LEAK z otherwise; S'(0) = LEAK ----------------------------------------------------


def leaky_relu(z: Floats) -> Floats:
    return np.where(z > 0, z, z.dtype.type(LEAK) * z)


def leaky_relu_prime(z: Floats) -> Floats:
    one, leak = z.dtype.type(1), z.dtype.type(LEAK)
    return np.where(z > 0, one, np.where(np.isnan(z), z, leak))


# elu: S = z for z > 0, e^z − 1 otherwise (Clevert et al. 2016); S''(0) = 1 --------------------------------------


def elu(z: Floats) -> Floats:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def elu_prime(z: Floats) -> Floats:
    return np.exp(np.minimum(z, 0))


def elu_second(z: Floats) -> Floats:
    return np.where(z > 0, z.dtype.type(0), np.exp(np.minimum(z, 0)))


# selu: S = λ z for z > 0, λ α (e^z − 1) otherwise; S'(0) = λ α ---------------------------------------------------


def selu(z: Floats) -> Floats:
    return SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0)))


def selu_prime(z: Floats) -> Floats:
    return SELU_SCALE * np.where(z > 0, z.dtype.type(1), SELU_ALPHA * np.exp(np.minimum(z, 0)))


def selu_second(z: Floats) -> Floats:
    return SELU_SCALE * np.where(z > 0, z.dtype.type(0), SELU_ALPHA * np.exp(np.minimum(z, 0)))


# gelu: S = z Φ(z), Φ the normal distribution function (Hendrycks, Gimpel 2016); S' = Φ + zφ; S'' = (2 − z²)φ ----


def gelu(z: Floats) -> Floats:
    return z * normal_below(z)


def gelu_prime(z: Floats) -> Floats:
    return normal_below(z) + z * normal_density(z)


def gelu_second(z: Floats) -> Floats:
    z = np.clip(z, -100, 100)  # the density is 0 far before; z² must not overflow
    return (2 - z * z) * normal_density(z)


def normal_below(z: Floats) -> Floats:
    """Φ(z) = ½ erfc(−z/√2)."""
    from scipy.special import erfc

    return 0.5 * erfc(-SQRT_HALF * z)


def normal_density(z: Floats) -> Floats:
    """φ(z) = e^(−z²/2)/√(2π)."""
    z = np.clip(z, -100, 100)
    return _INV_SQRT_2PI * np.exp(-0.5 * z * z)


# silu: S = z s, with s = logistic(z); S' = s + z s'; S'' = 2s' + z s'' (Elfwing et al. 2018) --------------------


def silu(z: Floats) -> Floats:
    return z * logistic(z)


def silu_prime(z: Floats) -> Floats:
    return logistic(z) + z * logistic_prime(z)


def silu_second(z: Floats) -> Floats:
    return 2 * logistic_prime(z) + z * logistic_second(z)


# softplus: S = ln(1 + e^z), S' = logistic(z), S'' = logistic'(z) ------------------------------------------------


def softplus(z: Floats) -> Floats:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


# exp (output only): S = S' = S'' = e^z, held at the largest finite number --------------------------------------


def exp(z: Floats) -> Floats:
    return np.exp(np.minimum(z, z.dtype.type(np.log(np.finfo(z.dtype).max) * (1 - 1e-6))))


# softmax (output only): S_k = e^{z_k} / Σ e^{z_j} on the last axis; its derivative is a matrix -------------------


def softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_product(o: Floats, v: Floats) -> Floats:
    """J v for each row, J = diag(o) − o oᵀ the (symmetric) Jacobian of softmax at its output o; o, v (N, K)."""
    return o * (v - (o * v).sum(axis=-1, keepdims=True))


def softmax_diagonal(z: Floats) -> Floats:
    """∂o_k/∂net_k = o_k (1 − o_k): the diagonal of softmax's Jacobian."""
    o = softmax(z)
    return o * (1 - o)


def softmax_diagonal_second(z: Floats) -> Floats:
    """∂²o_k/∂net_k² = o_k (1 − o_k)(1 − 2 o_k)."""
    o = softmax(z)
    return o * (1 - o) * (1 - 2 * o)


def _complex_gelu(z: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
    from scipy.special import erf

    return np.asarray(0.5 * z * (1 + erf(SQRT_HALF * z)), np.complex128)


def _complex_softmax(z: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _complex_logistic(z: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * z), np.complex128)


_TABLE = (
    Activation("identity", identity, identity_prime, identity_second, complex_S=lambda z: +z),
    Activation(
        "logistic", logistic, logistic_prime, logistic_second, 0, 1, 0.25, complex_S=_complex_logistic
    ),
    Activation("tanh", tanh, tanh_prime, tanh_second, -1, 1, complex_S=np.tanh),
    Activation("relu", relu, relu_prime, identity_second, low=0, kinks=(0.0,)),
    Activation("leaky_relu", leaky_relu, leaky_relu_prime, identity_second, kinks=(0.0,)),
    Activation("elu", elu, elu_prime, elu_second, low=-1),
    Activation(
        "selu",
        selu,
        selu_prime,
        selu_second,
        -SELU_SCALE * SELU_ALPHA,
        slope_max=SELU_SCALE * SELU_ALPHA,
        kinks=(0.0,),
    ),
    Activation(
        "gelu",
        gelu,
        gelu_prime,
        gelu_second,
        -0.16997120747990369,
        slope_max=1.1289042807,
        complex_S=_complex_gelu,
    ),
    Activation(
        "silu",
        silu,
        silu_prime,
        silu_second,
        -0.27846454276107380,
        slope_max=1.0998393194,
        complex_S=lambda z: z * _complex_logistic(z),
    ),
    Activation(
        "softplus", softplus, logistic, logistic_prime, low=0, complex_S=lambda z: np.log(1 + np.exp(z))
    ),
    Activation(
        "softmax",
        softmax,
        softmax_diagonal,
        softmax_diagonal_second,
        0,
        1,
        0.25,
        complex_S=_complex_softmax,
        output_only=True,
    ),
    Activation("exp", exp, exp, exp, low=0, slope_max=np.inf, complex_S=np.exp, output_only=True),
)
ACTIVATIONS: dict[str, Activation] = {a.name: a for a in _TABLE}
ALIASES = {
    "sigmoid": "logistic",
    "linear": "identity",
    "swish": "silu",
    "tansig": "tanh",
    "logsig": "logistic",
    "purelin": "identity",
    "poslin": "relu",
}
INSTEAD = {  # of what MATLAB has and we have not: what comes nearest
    "satlin": "logistic, which saturates smoothly",
    "satlins": "tanh, which saturates smoothly",
    "elliotsig": "tanh",
    "elliot2sig": "tanh",
    "hardlim": "logistic: a step has no slope to follow",
    "hardlims": "tanh: a step has no slope to follow",
    "radbas": "tanh: networks of radial units are not here",
    "radbasn": "tanh: networks of radial units are not here",
    "tribas": "tanh: networks of radial units are not here",
    "compet": "softmax, for the output",
}


def activation(name: str | Activation, hidden: bool = False) -> Activation:
    """The activation of that name.

    Parameters: hidden, whether it is for a hidden layer, for which those of the output only are not suggested.

    Raises UnknownName, with the nearest known one.

    >>> activation("sigmoid").name
    'logistic'
    """
    if isinstance(name, Activation):
        return name
    found = ACTIVATIONS.get(ALIASES.get(name, name)) if isinstance(name, str) else None
    if found is None:
        known = [known for known, found in ACTIVATIONS.items() if not (hidden and found.output_only)]
        raise UnknownName("activation", name, [*known, *ALIASES], INSTEAD.get(name))
    return found
