import mpmath
import numpy as np
import pytest

from deltarule.equations.activations import (
    ACTIVATIONS,
    activation,
    softmax,
    softmax_product,
)
from deltarule.errors import UnknownName

ELEMENTWISE = [a for a in ACTIVATIONS.values() if a.name != "softmax"]
POINTS = np.array([-30.0, -8.0, -2.0, -0.7, -0.01, 0.013, 0.4, 1.0, 3.0, 9.0, 30.0])
EXTREMES = np.array([-1e4, -1e3, -750.0, -100.0, 0.0, 100.0, 750.0, 1e3, 1e4])


def exact(name: str, z):
    """S(z) from its definition, in 60 digits."""
    scale, alpha = (
        mpmath.mpf(1.0507009873554804934193349852946),
        mpmath.mpf(1.6732632423543772848170429916717),
    )
    return {
        "identity": lambda: z,
        "logistic": lambda: 1 / (1 + mpmath.exp(-z)),
        "tanh": lambda: mpmath.tanh(z),
        "relu": lambda: max(z, 0),
        "leaky_relu": lambda: z if z > 0 else mpmath.mpf(0.01) * z,
        "elu": lambda: z if z > 0 else mpmath.expm1(z),
        "selu": lambda: scale * (z if z > 0 else alpha * mpmath.expm1(z)),
        "gelu": lambda: z * mpmath.erfc(-z / mpmath.sqrt(2)) / 2,
        "silu": lambda: z / (1 + mpmath.exp(-z)),
        "softplus": lambda: mpmath.log1p(mpmath.exp(z)),
        "exp": lambda: mpmath.exp(z),
    }[name]()


@pytest.mark.parametrize("S", ELEMENTWISE, ids=lambda a: a.name)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_function_and_derivatives_equal_their_definitions_to_nearly_all_digits(S, order):
    with mpmath.workdps(60):
        expected = [float(mpmath.diff(lambda z: exact(S.name, z), z, order)) for z in POINTS.tolist()]
    got = [S.S, S.S_prime, S.S_second][order](POINTS)
    # gelu's and silu's derivatives cross zero: there the error is relative to the size of their terms
    np.testing.assert_allclose(
        got, expected, rtol=4e-14, atol=4e-16 if S.name in ("gelu", "silu") else 1e-300
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("S", ACTIVATIONS.values(), ids=lambda a: a.name)
def test_no_overflow_and_no_nan_at_extreme_inputs(S, dtype):
    z = EXTREMES.astype(dtype)[None, :]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for f in (S.S, S.S_prime, S.S_second):
            y = f(z)
            assert np.isfinite(y).all()
            assert y.dtype == dtype


@pytest.mark.parametrize("S", ACTIVATIONS.values(), ids=lambda a: a.name)
def test_nan_passes_through(S):
    assert np.isnan(S.S(np.full((1, 2), np.nan))).all()


@pytest.mark.parametrize("S", ELEMENTWISE, ids=lambda a: a.name)
def test_values_stay_in_the_stated_range_and_slopes_below_the_stated_bound(S):
    z = np.linspace(-40, 40, 80_001)
    y = S.S(z)
    assert y.min() >= S.low - 1e-15
    assert y.max() <= S.high
    assert np.abs(S.S_prime(z)).max() <= S.slope_max * (1 + 1e-12)
    if np.isfinite(S.slope_max):
        assert np.abs(S.S_prime(np.append(z, [1e-12, -1e-12]))).max() >= S.slope_max * (1 - 1e-6)
    if np.isfinite(S.low):
        assert y.min() <= S.low + 1e-6


def test_logistic_slope_is_the_lectures_s_times_one_minus_s():
    z = np.linspace(-30, 30, 1001)
    S = activation("logistic")
    np.testing.assert_allclose(S.S_prime(z), S.S(z) * S.S(-z), rtol=1e-14)
    np.testing.assert_allclose(S.S_prime(z), S.S(z) * (1 - S.S(z)), rtol=1e-14, atol=2e-16)


def test_logistic_slope_tends_to_zero_is_never_zero_and_at_most_a_quarter():
    slope = activation("logistic").S_prime(np.array([-700.0, -40.0, 0.0, 40.0, 700.0]))
    assert (slope > 0).all()
    assert slope.max() == 0.25
    assert slope[0] < 1e-300


def test_relu_slope_at_zero_is_zero():
    assert activation("relu").S_prime(np.zeros(1))[0] == 0


@pytest.mark.parametrize("S", [a for a in ACTIVATIONS.values() if a.analytic], ids=lambda a: a.name)
def test_complex_step_through_the_analytic_twin_equals_the_slope(S):
    z, h = np.array([[-3.0, -0.5, 0.2, 1.7]]), 1e-30
    if S.name == "softmax":  # its slope here is the Jacobian's diagonal: one input at a time
        twin = np.array([S.complex_S(z + 1j * h * np.eye(4)[[k]])[0, k].imag for k in range(4)])[None] / h
    else:
        twin = S.complex_S(z + 1j * h).imag / h
    np.testing.assert_allclose(S.S_prime(z), twin, rtol=1e-14)


def test_softmax_sums_to_one_and_its_product_is_its_jacobian_times_v():
    random = np.random.default_rng(0)
    z, v, h = random.standard_normal((3, 4)), random.standard_normal((3, 4)), 1e-6
    o = softmax(z)
    np.testing.assert_allclose(o.sum(axis=1), 1, rtol=1e-15)
    difference = (softmax(z + h * v) - softmax(z - h * v)) / (2 * h)
    np.testing.assert_allclose(softmax_product(o, v), difference, atol=1e-10)
    np.testing.assert_allclose(softmax(z + 1e4), o, rtol=1e-11)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("sigmoid", "logistic"),
        ("linear", "identity"),
        ("swish", "silu"),
        ("tansig", "tanh"),
        ("logsig", "logistic"),
        ("purelin", "identity"),
        ("poslin", "relu"),
    ],
)
def test_aliases(alias, name):
    assert activation(alias) is ACTIVATIONS[name]


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="unknown activation 'tahn': did you mean 'tanh'"):
        activation("tahn")
