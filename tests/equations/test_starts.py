import numpy as np
import pytest

from deltarule.equations.shape import make_shape
from deltarule.equations.starts import STARTS, start
from deltarule.errors import InputError, UnknownName

SHAPE = make_shape([200, 300, 1])


def first_layer(name: str, seed: int = 0) -> np.ndarray:
    return SHAPE.views(start(name, SHAPE, np.random.default_rng(seed)))[0][0]


@pytest.mark.parametrize(
    ("name", "variance"), [("uniform", 1 / 12), ("glorot", 2 / 500), ("he", 2 / 200), ("lecun", 1 / 200)]
)
def test_weights_have_the_variance_of_their_source(name, variance):
    assert first_layer(name).var() == pytest.approx(variance, rel=0.03)
    assert abs(first_layer(name).mean()) < 4 * np.sqrt(variance / 60_000)


def test_glorot_keeps_within_its_bound():
    assert np.abs(first_layer("glorot")).max() <= np.sqrt(6 / 500)


@pytest.mark.parametrize(("I", "J"), [(5, 5), (7, 3), (3, 7)])
def test_orthogonal_has_orthonormal_rows_or_columns(I, J):
    W = STARTS["orthogonal"](np.random.default_rng(0), I, J)
    product = W.T @ W if I >= J else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(I, J)), atol=1e-14)


def test_nguyen_widrow_gives_every_unit_the_same_length_and_spreads_the_biases():
    shape = make_shape([4, 30, 2])
    W, b = shape.views(start("nguyen_widrow", shape, np.random.default_rng(0)))
    length = 0.7 * 30 ** (1 / 4)
    np.testing.assert_allclose(np.linalg.norm(W[0], axis=0), length)
    assert np.abs(b[0]).max() == pytest.approx(length)
    np.testing.assert_allclose(np.diff(np.sort(np.abs(b[0]))).max(), 2 * length / 29, rtol=0.01)


@pytest.mark.parametrize("name", STARTS)
def test_the_same_generator_gives_the_same_theta_and_biases_start_at_zero(name):
    shape = make_shape([3, 5, 2])
    first, again = (start(name, shape, np.random.default_rng(7)) for _ in range(2))
    assert (first == again).all()
    if name != "nguyen_widrow":
        assert all((b == 0).all() for b in shape.views(first)[1])


def test_unknown_starts_and_a_seed_for_a_generator_are_refused():
    with pytest.raises(UnknownName, match="did you mean 'glorot'"):
        start("glorott", SHAPE, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"numpy\.random\.Generator"):
        start("glorot", SHAPE, 0)  # pyright: ignore[reportArgumentType]
