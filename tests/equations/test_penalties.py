import numpy as np
import pytest

from deltarule.equations.penalties import L1, L2, Elastic, penalty
from deltarule.errors import InputError

THETA = np.array([3.0, -1.0, 0.0, 5.0])
WEIGHTS = np.array([True, True, True, False])  # the last is a bias


@pytest.mark.parametrize(("made", "value"), [(L2(0.5), 2.5), (L1(0.5), 2.0), (Elastic(0.5, 0.5), 4.5)])
def test_value_counts_weights_only(made, value):
    assert made.value(THETA, WEIGHTS) == value


def test_gradient_is_lambda_w_plus_lambda_sign_w_and_zero_for_biases_and_at_zero():
    assert Elastic(1.0, 2.0).gradient(THETA, WEIGHTS).tolist() == [7.0, -3.0, 0.0, 0.0]


def test_curvature_is_the_l2_strength_of_weights():
    assert Elastic(1.0, 2.0).curvature(WEIGHTS).tolist() == [2.0, 2.0, 2.0, 0.0]


def test_a_number_is_l2_and_none_is_none():
    assert penalty(0.1) == L2(0.1)
    assert penalty(None).value(THETA, WEIGHTS) == 0


def test_float32_stays_float32():
    assert Elastic(0.1, 0.1).gradient(THETA.astype(np.float32), WEIGHTS).dtype == np.float32


@pytest.mark.parametrize(
    "wrong", [lambda: L2(-1), lambda: L1(float("nan")), lambda: penalty("l2"), lambda: L2("1")]
)
def test_strengths_below_zero_and_other_things_are_refused(wrong):
    with pytest.raises(InputError, match="penalty"):
        wrong()
