import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from deltarule import InputError, Network, RunError, UnknownName

X = np.array([[1.0, 2.0], [0.5, -1.0], [0.0, 0.3]])
D = np.array([1.0, 0.0, 2.0])


def test_w_and_b_are_writable_views_of_theta_and_nothing_is_cached():
    network = Network([2, 3, 1])
    before = network.predict(X)
    network.W[1][:] *= 2
    network.b[1][:] = 1.0
    assert network.theta[-1] == 1.0
    np.testing.assert_allclose(network.predict(X), 2 * before + 1)
    network.theta = np.zeros(13)
    assert (network.W[0] == 0).all()


def test_a_copy_is_independent():
    network = Network([2, 3, 1])
    copy = network.copy()
    copy.theta[:] = 0
    assert (network.theta != 0).any()


def test_no_hidden_layer_is_a_linear_model():
    network = Network([2, 1])
    network.theta[:] = 2, -1, 0.5
    np.testing.assert_allclose(network.predict(X)[:, 0], 2 * X[:, 0] - X[:, 1] + 0.5)


def test_activations_may_differ_from_layer_to_layer():
    network = Network([2, 3, 4, 1], ["relu", "tanh"], output="exp")
    assert network.shape.activations == ("relu", "tanh", "exp")
    assert (network.predict(X) > 0).all()


def test_the_same_seed_gives_the_same_network_and_a_generator_is_taken_too():
    assert (Network([2, 3, 1], seed=4).theta == Network([2, 3, 1], seed=4).theta).all()
    assert (Network([2, 3, 1], seed=4).theta == Network([2, 3, 1], seed=np.random.default_rng(4)).theta).all()
    assert (Network([2, 3, 1], seed=4).theta != Network([2, 3, 1], seed=5).theta).any()


def test_residual_is_o_minus_d_where_d_is_given():
    network = Network([2, 3, 1])
    trace = network.forward(X, D)
    assert trace.residual is not None
    np.testing.assert_array_equal(trace.residual[:, 0], trace.o[:, 0] - D)
    assert network.forward(X).residual is None


def test_class_numbers_and_one_hot_rows_are_the_same_target():
    network = Network([2, 3, 3], output="softmax")
    hot = np.eye(3)[[0, 2, 1]]
    assert network.error(X, [0, 2, 1], loss=None) == network.error(X, hot, loss=None)
    np.testing.assert_array_equal(network.forward(X, [0, 2, 1]).residual, network.predict(X) - hot)


def test_per_output_errors_add_up():
    network = Network([2, 3, 2])
    parts = network.error(X, np.ones((3, 2)), per_output=True)
    assert parts.shape == (2,)
    assert parts.sum() == pytest.approx(network.error(X, np.ones((3, 2))))


def test_step_keeps_what_it_did():
    network = Network([2, 3, 1])
    step = network.step(X, D, learning_rate=0.1, penalty=0.2)
    np.testing.assert_allclose(
        step.after - step.before,
        np.concatenate([p.ravel() for pair in zip(step.dW, step.db, strict=True) for p in pair]),
    )
    assert step.error_after == network.error(X, D, penalty=0.2) < step.error_before


def test_save_and_load_are_exact_in_both_dtypes(tmp_path):
    for dtype in ("float32", "float64"):
        network = Network([2, 3, 1], ["silu"], bias=False, dtype=dtype)
        network.save(tmp_path / dtype)
        again = Network.load(tmp_path / dtype)
        assert again.shape == network.shape
        assert again.theta.dtype == dtype
        assert (again.theta == network.theta).all()
    with pytest.raises(RunError, match="exists"):
        network.save(tmp_path / "float32")
    network.save(tmp_path / "float32", force=True)


def test_what_is_no_saved_network_is_refused(tmp_path):
    with pytest.raises(RunError, match="holds no network"):
        Network.load(tmp_path)
    (tmp_path / "network.safetensors").write_bytes(b"junk")
    with pytest.raises(RunError, match="is not a network"):
        Network.load(tmp_path)


N = Network([2, 3, 1])
SOFT = Network([2, 3, 3], output="softmax")
WRONG = [
    (lambda: Network([2, 3, 1], activation="sigmoidal"), "did you mean 'sigmoid'"),
    (lambda: Network([2, 3, 1], output="softmx"), "did you mean 'softmax'"),
    (lambda: Network([2, 3, 1], start="gloro"), "did you mean 'glorot'"),
    (lambda: Network([2, 3, 1], dtype="int8"), "dtype must be 'float64' or 'float32', got 'int8'"),
    (lambda: Network([2, 3, 1], dtype="flt"), "dtype must be"),
    (lambda: Network([2, 3, 1], seed=-1), "seed must be"),
    (lambda: Network([2, 3, 1], seed=1.5), "seed must be"),
    (lambda: Network("23"), "whole numbers"),
    (lambda: N.predict(np.zeros((3, 5))), r"X must have shape \(N, 2\).*got \(3, 5\)"),
    (lambda: N.predict(np.zeros((0, 2))), "X has no rows"),
    (lambda: N.predict([["a", "b"]]), "X must hold numbers"),
    (lambda: N.predict([[1.0], [1.0, 2.0]]), "rectangular"),
    (lambda: N.predict([[1.0, np.nan]]), r"not finite, the first at X\[0, 1\] = nan"),
    (lambda: N.predict([[np.inf, -np.inf]]), r"2 value\(s\) that are not finite"),
    (lambda: N.predict(X + 1j), "X must hold numbers"),
    (lambda: N.error(X, np.zeros((3, 2))), r"D must have shape \(3, 1\) or \(3,\).*got \(3, 2\)"),
    (lambda: N.error(X, np.zeros(4)), r"D must have shape \(3, 1\)"),
    (lambda: Network([2, 3, 3]).error(X, np.zeros(3)), r"D must have shape \(3, 3\)"),
    (lambda: N.error(X, [1.0, np.nan, 2.0]), r"the first at D\[1\] = nan"),
    (lambda: N.error(X, D, loss="mes"), "did you mean 'mse'"),
    (lambda: N.error(X, D, loss="cross_entropy"), "needs softmax outputs"),
    (lambda: SOFT.error(X, [0, 1, 3], loss=None), "whole numbers from 0 to 2 .*got values from 0 to 3"),
    (lambda: SOFT.error(X, [0.5, 1, 2], loss=None), "whole numbers from 0 to 2"),
    (lambda: SOFT.error(X, ["a", "b", "c"], loss=None), "whole numbers from 0 to 2"),
    (lambda: SOFT.error(X, 2 * np.eye(3), loss=None), "between 0 and 1; got values from 0 to 2"),
    (lambda: Network([2, 1], output="exp").error(X, -D - 1, loss="poisson"), "counts, 0 or more"),
    (lambda: N.error(X, D, sample_weight=[1, 2]), r"sample_weight must have shape \(3,\)"),
    (lambda: N.error(X, D, sample_weight=[1, -2, 1]), "0 or more and not all 0"),
    (lambda: N.error(X, D, sample_weight=[0, 0, 0]), "0 or more and not all 0"),
    (lambda: N.step(X, D, learning_rate=0), "learning_rate must be a number above 0"),
    (lambda: N.step(X, D, learning_rate=float("nan")), "learning_rate"),
    (lambda: setattr(N, "theta", np.zeros(3)), r"shape \(13,\), got \(3,\)"),
    (lambda: Network.from_theta(N.shape, np.zeros(3)), r"shape \(13,\), got \(3,\)"),
]


@pytest.mark.parametrize(("call", "said"), WRONG)
def test_what_cannot_be_used_is_refused_in_one_sentence(call, said):
    with pytest.raises((InputError, UnknownName), match=said) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_inputs_that_overflow_when_summed_are_still_finite():
    assert N.predict([[1e308, 1e308]]).shape == (1, 1)


def test_integers_and_single_samples_are_taken():
    assert N.predict(np.array([1, 2])).shape == (1, 1)
    assert N.predict(X.astype(np.float32)).dtype == np.float64


@pytest.mark.parametrize(
    ("sizes", "rows", "ask"),
    [
        ([60, 120, 80, 3], 3000, lambda n, X, D: n.gradient(X, D).theta),
        ([60, 120, 80, 3], 3000, lambda n, X, D: n.error(X, D, sample_weight=np.arange(1.0, len(X) + 1))),
        ([60, 120, 80, 3], 3000, lambda n, X, D: n.forward(X).o),
        ([20, 20, 1], 2000, lambda n, X, D: n.hessian(X, D)),
        ([20, 20, 1], 2000, lambda n, X, D: n.gauss_newton(X, D)),
        ([20, 20, 1], 2000, lambda n, X, D: n.hessian_vector(X, D, n.theta)),
        ([20, 20, 1], 2000, lambda n, X, D: n.jacobian(X)),
        ([1000, 1], 10, lambda n, X, D: n.gradient(X, D).theta),
    ],
    ids=["gradient", "error", "forward", "hessian", "gauss_newton", "hessian_vector", "jacobian", "few_rows"],
)
def test_answers_are_the_same_bits_whatever_the_number_of_blas_threads(sizes, rows, ask):
    random = np.random.default_rng(0)
    network = Network(sizes, seed=1)
    X, D = random.standard_normal((rows, sizes[0])), random.standard_normal((rows, sizes[-1]))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            found.append(np.asarray(ask(network, X, D)).tobytes())
    assert found[0] == found[1]
