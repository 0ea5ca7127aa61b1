"""exp, ln(1 + x), tanh and erfc on whole vectors, without a call, a branch or a table.

e^z = 2ⁿ e^r with n = round(z / ln 2) and |r| ≤ ½ ln 2; e^r − 1 is its Taylor polynomial, cut where the next term
lies below the last digit (r⁷/7! in float32, r¹³/13! in float64). NaN stays NaN in every function.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import overload

from deltarule.kernels.compiling import inner
from deltarule.kernels.vectors import absolute, less, magic, power_of_two, signed, split

_OPTIONS = {"error_model": "numpy"}
_PER_LN2 = 1 / math.log(2)
_HIGH_32, _LOW_32 = 0.693359375, math.log(2) - 0.693359375  # ln 2 in two parts: n · high is exact
_HIGH_64 = 0.6931471803691238
_LOW_64 = 1.9082149292705877e-10
LARGEST_32, LARGEST_64 = 88.0, 709.0  # e^z below infinity, 2ⁿ with n inside the exponent's range
_F = [1 / math.factorial(k) for k in range(14)]
_F2, _F3, _F4, _F5, _F6, _F7, _F8, _F9, _F10, _F11, _F12, _F13 = _F[2:]

_B0, _B1, _B2, _B3, _B4, _B5 = (
    0.6931471880262288, 0.24022650760568126, 0.05550357114219078, 0.009618082557277852,
    0.0013390863364671234, 0.0001545316294512069,
)  # fmt: skip
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10 = (
    0.6931471805599453, 0.24022650695910097, 0.0555041086648216, 0.009618129107606888,
    0.0013333558146416936, 0.0001540353044173605, 1.525273382983612e-05, 1.321544258792169e-06,
    1.0178062445845774e-07, 7.072585949269223e-09, 4.4549605981865186e-10,
)  # fmt: skip


def _reduced(z: Any) -> Any:
    """(e^r − 1, 2ⁿ), e^z = 2ⁿ e^r, for |z| ≤ LARGEST."""
    raise NotImplementedError


def _reduced_32(z: Any) -> Any:
    z = less(LARGEST_32, z, LARGEST_32, less(z, -87.0, -87.0, z))
    shifted = z * _PER_LN2 + magic(z)
    n = shifted - magic(z)
    r = z - n * _HIGH_32 - n * _LOW_32
    p = ((((_F7 * r + _F6) * r + _F5) * r + _F4) * r + _F3) * r + _F2
    return p * (r * r) + r, power_of_two(shifted)


def _reduced_64(z: Any) -> Any:
    z = less(LARGEST_64, z, LARGEST_64, less(z, -708.0, -708.0, z))
    shifted = z * _PER_LN2 + magic(z)
    n = shifted - magic(z)
    r = z - n * _HIGH_64 - n * _LOW_64
    s = r * r
    high = ((_F13 * r + _F12) * s + (_F11 * r + _F10)) * s + (_F9 * r + _F8)
    low = ((_F7 * r + _F6) * s + (_F5 * r + _F4)) * s + (_F3 * r + _F2)
    return (high * (s * s * s) + low) * s + r, power_of_two(shifted)


@overload(_reduced, jit_options=_OPTIONS)
def _reduced_of(z: Any) -> Any:
    return _reduced_32 if z.element.bitwidth == 32 else _reduced_64


def falling(z: Any, factor: Any) -> Any:
    """(e, e − 1) for e = e^(−factor |z|), in fewer steps than `exp`: in powers of two, 2^u with u = −factor |z| / ln 2.

    2^f − 1 = f · P(f) for |f| ≤ ½, P by interpolation at Chebyshev's points (relative error 1e-8 and 2e-17).
    """
    raise NotImplementedError


def _falling_32(z: Any, factor: Any) -> Any:
    u = (-factor * _PER_LN2) * absolute(z)
    u = less(u, -125.0, -125.0, u)
    shifted = u + magic(z)
    f = u - (shifted - magic(z))
    power = power_of_two(shifted)
    p = (((((_B5 * f + _B4) * f + _B3) * f + _B2) * f + _B1) * f + _B0) * f
    return p * power + power, p * power + (power - 1.0)


def _falling_64(z: Any, factor: Any) -> Any:
    u = (-factor * _PER_LN2) * absolute(z)
    u = less(u, -1021.0, -1021.0, u)
    shifted = u + magic(z)
    f = u - (shifted - magic(z))
    power, s = power_of_two(shifted), f * f
    high = (_C10 * s + (_C9 * f + _C8)) * s + (_C7 * f + _C6)
    low = ((_C5 * f + _C4) * s + (_C3 * f + _C2)) * s + (_C1 * f + _C0)
    p = (high * (s * s * s) + low) * f
    return p * power + power, p * power + (power - 1.0)


@overload(falling, jit_options=_OPTIONS)
def _falling_of(z: Any, factor: Any) -> Any:
    return _falling_32 if z.element.bitwidth == 32 else _falling_64


def tanh_and_slope(z: Any) -> Any:
    """(tanh z, tanh' z): from e = e^(−2|z|) in float64.

    In float32 from z P(z²)/Q(z²), fitted on |z| ≤ 9 to 2e-8, in half the steps.
    """
    raise NotImplementedError


def _tanh_64(z: Any) -> Any:
    e, less_1 = falling(z, 2.0)  # |tanh z| = (1 − e)/(1 + e), tanh' = 4 e/(1 + e)²
    r = 1.0 / (1.0 + e)
    return signed(less_1 * r, z), 4.0 * e * (r * r)


def _tanh_32(z: Any) -> Any:
    x = less(9.0, z, 9.0, less(z, -9.0, -9.0, z))
    t = x * x
    P = (
        ((1.3373205704194952e-08 * t + 2.062246816954183e-05) * t + 0.0034964036773329826) * t
        + 0.13381713514307678
    ) * t + 1.0
    Q = (
        ((7.7841452645773e-07 * t + 0.0003286966729748825) * t + 0.02588008831637541) * t
        + 0.46715029380254786
    ) * t + 1.0
    y = x * P / Q
    slope = 1.0 - y * y
    return y, less(slope, 0.0, 0.0, slope)


@overload(tanh_and_slope, jit_options=_OPTIONS)
def _tanh_of(z: Any) -> Any:
    return _tanh_32 if z.element.bitwidth == 32 else _tanh_64


def largest_exponent(z: Any) -> float:
    """The z at which `equations.activations.exp` holds e^z finite."""
    raise NotImplementedError


@overload(largest_exponent, jit_options=_OPTIONS)
def _largest_exponent_of(z: Any) -> Any:
    largest = float(np.log(np.finfo(f"f{z.element.bitwidth // 8}").max) * (1 - 1e-6))

    def chosen(z: Any) -> Any:
        return largest

    return chosen


def tiny(z: Any) -> float:
    """The smallest normal number: ln and 1/o stay finite above it."""
    raise NotImplementedError


@overload(tiny, jit_options=_OPTIONS)
def _tiny_of(z: Any) -> Any:
    smallest = float(np.finfo(f"f{z.element.bitwidth // 8}").tiny)

    def chosen(z: Any) -> Any:
        return smallest

    return chosen


@inner
def exp(z: Any) -> Any:
    """e^z, z held inside ±LARGEST."""
    p, power = _reduced(z)
    return p * power + power


@inner
def exp_and_expm1(z: Any) -> Any:
    """e^z, and e^z − 1 with all its digits near 0."""
    p, power = _reduced(z)
    return p * power + power, p * power + (power - 1.0)


def _log_series(s: Any) -> Any:
    """Σ s^2k / (2k + 3), k = 0 …: ln m = 2s (1 + s² · series) with s = (m − 1)/(m + 1), |s| ≤ 0.172."""
    raise NotImplementedError


def _log_series_32(q: Any) -> Any:
    return ((q / 9 + 1 / 7) * q + 1 / 5) * q + 1 / 3


def _log_series_64(q: Any) -> Any:
    high = ((q / 21 + 1 / 19) * q + 1 / 17) * q + 1 / 15
    return ((((high * q + 1 / 13) * q + 1 / 11) * q + 1 / 9) * q + 1 / 7) * q * q + (q / 5 + 1 / 3)


@overload(_log_series, jit_options=_OPTIONS)
def _log_series_of(q: Any) -> Any:
    return _log_series_32 if q.element.bitwidth == 32 else _log_series_64


@inner
def log(v: Any) -> Any:
    """ln v for positive normal v; NaN for NaN and infinity."""
    m, n = split(v)
    f = m - 1.0
    s = f / (f + 2.0)
    q = s * s
    return n * _HIGH_32 + (n * _LOW_32 + (f - s * (f - 2.0 * q * _log_series(q)))) + 0.0 * v


@inner
def log1p(e: Any) -> Any:
    """ln(1 + e) for 0 ≤ e ≤ 1, with all its digits near 0."""
    u = 1.0 + e
    return log(u) + (e - (u - 1.0)) / u


_ERFC_64 = (
    0.32986277475303677, -0.45366152053780207, 0.16039834082156296, -0.044908121151122825, 0.009641428650695697,
    -0.0014425080777443955, 0.00010099436735379916, 1.2085024534455297e-05, -3.6254206027537586e-06,
    7.186810742476165e-08, 8.914235859898045e-08, -7.421566624960247e-09, -2.3893365702653436e-09,
    3.0622355355060965e-10, 7.788945388394031e-11, -1.0973745826407159e-11, -3.0915207284134207e-12,
    3.5254339043351987e-13, 1.3990452317203243e-13, -8.246037210940857e-15, -6.639962306973936e-15,
)  # fmt: skip


@inner
def normal_below(z: Any) -> Any:
    """Φ(z) = ½ erfc(−z/√2), from erfc(x) e^(x²) = Σ_k c_k T_k((x − 3)/(x + 3)), a Chebyshev sum for x ≥ 0."""
    x = 0.7071067811865476 * absolute(z)
    t = 2.0 * ((x - 3.0) / (x + 3.0))
    later, sum_k = 0.0 * x, 0.0 * x
    for k in range(len(_ERFC_64) - 1, 0, -1):
        later, sum_k = sum_k, t * sum_k - later + _ERFC_64[k]
    tail = 0.5 * exp(-x * x) * (0.5 * t * sum_k - later + _ERFC_64[0])
    return less(z, 0.0, tail, 1.0 - tail)
