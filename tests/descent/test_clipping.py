import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deltarule.descent.clipping import Clipping
from deltarule.errors import InputError

gradients = arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e6, 1e6))


@given(gradients, st.floats(1e-3, 1e3))
def test_clipping_by_norm_keeps_the_direction_and_the_limit(g, c):
    clipped = Clipping(norm=c).apply(g)
    assert np.linalg.norm(clipped) <= c * (1 + 4 * np.finfo(float).eps)
    if np.linalg.norm(g) <= c:
        assert (clipped == g).all()
    else:
        np.testing.assert_allclose(
            clipped * np.linalg.norm(g), g * np.linalg.norm(clipped), rtol=1e-12, atol=1e-300
        )


@given(gradients, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_values_are_clipped_first_then_the_norm(g, value, norm):
    both = Clipping(value, norm).apply(g)
    np.testing.assert_array_equal(both, Clipping(norm=norm).apply(np.clip(g, -value, value)))


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "1"])
def test_limits_must_be_above_zero(limit):
    with pytest.raises(InputError, match="clip_norm must be a number above 0"):
        Clipping(norm=limit)
