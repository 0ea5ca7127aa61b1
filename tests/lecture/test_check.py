"""check_gradient: right gradients hold by every way, and a wrong one is told its slip."""

from __future__ import annotations

import re

import numpy as np
import pytest

from deltarule import L2, Elastic, Network, train
from deltarule.equations.activations import ACTIVATIONS
from deltarule.equations.losses import LOSSES
from deltarule.errors import InputError
from deltarule.lecture.check import MOST, GradientCheck, check_gradient

HIDDEN = [name for name, a in ACTIVATIONS.items() if not a.output_only]
PAIRS = [(o, e) for o in ACTIVATIONS for e, loss in LOSSES.items() if not loss.outputs or o in loss.outputs]
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])


def samples(network: Network, rows: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    D = random.uniform(0.1, 0.9, (rows, network.sizes[-1]))
    return random.normal(size=(rows, network.sizes[0])), D / D.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_the_librarys_own_gradient_holds(output, loss) -> None:
    network = Network([2, 3, 2, 2], ["silu", "tanh"], output, seed=3)
    network.theta = np.random.default_rng(1).normal(size=network.shape.size)
    found = check_gradient(network, *samples(network), loss, Elastic(0.1, 0.2))
    assert found.holds, str(found)
    assert max(row.off for row in found.table if not row.kink) < 1


@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_activation_holds(hidden) -> None:
    network = Network([2, 3, 2], hidden, seed=5)
    found = check_gradient(network, *samples(network))
    assert found.holds, str(found)
    assert (found.table[0].complex_step is None) == (not ACTIVATIONS[hidden].analytic)
    assert ("no complex step" in found.summary) == (not ACTIVATIONS[hidden].analytic)


def test_float32_weights_are_checked_as_the_numbers_they_are() -> None:
    network = Network([2, 3, 1], dtype="float32")
    assert check_gradient(network, *XOR).holds


def test_a_kink_is_marked_and_not_counted() -> None:
    network = Network([2, 2, 1], "relu", bias=False, seed=2)
    network.W[0][:] = [[1.0, 0.5], [-1.0, 0.7]]  # net_1 = x_1 − x_2 is 0 on (0,0) and (1,1)
    found = check_gradient(network, *XOR)
    kinks = {row.address for row in found.table if row.kink}
    assert kinks == {"w_11^(0,1)", "w_21^(0,1)"}
    assert found.holds
    assert found.layers["W^(0,1)"] == (2, 0, 2)


def test_a_gradient_wrong_by_a_millionth_fails() -> None:
    network = Network([2, 3, 1], seed=1)

    def nearly(network: Network, X: np.ndarray, D: np.ndarray) -> np.ndarray:
        g = network.gradient(X, D).theta
        g[4] *= 1 + 1e-6
        return g

    found = check_gradient(network, *XOR, gradient=nearly)
    assert [row.address for row in found.table if row.verdict == "fails"] == [network.shape.address(4)]
    assert not found.holds


def xor_without_output_slope(network: Network, X: np.ndarray, D: np.ndarray) -> np.ndarray:
    """A gradient as it is often written by hand: δ of the output lacks y (1 − y)."""
    W1, W2 = network.W
    y = 1 / (1 + np.exp(-X @ W1))
    o = 1 / (1 + np.exp(-y @ W2))
    delta2 = 2 * (o - D) / len(X)
    delta1 = delta2 @ W2.T * y * (1 - y)
    return np.concatenate([(X.T @ delta1).ravel(), (y.T @ delta2).ravel()])


def test_the_xor_gradient_that_lacks_y_1_minus_y_is_told_so() -> None:
    found = check_gradient(Network.lecture([2, 2, 1], seed=1), *XOR, gradient=xor_without_output_slope)
    assert not found.holds
    assert found.slips == ("S'(net) of the output layer 2 is missing",)


def backward(
    network, X, D, *, two=2.0, rows=None, S2=None, S1=None, W=None, y0=None, keep_bias=True, one_output=False
):
    W1, W2 = network.W
    b1, b2 = network.b
    net1 = X @ W1 + b1
    y = np.tanh(net1)
    o = 1 / (1 + np.exp(-(y @ W2 + b2)))
    delta2 = two * (o - D) / (len(X) if rows is None else rows) * (o * (1 - o) if S2 is None else S2(o))
    used = W2.T if W is None else W(W2)
    through = delta2[:, :1] @ used[:1] if one_output else delta2 @ used
    delta1 = through * (1 - y**2 if S1 is None else S1(net1, y))
    first = X if y0 is None else y0(X, y)
    bias = 1.0 if keep_bias else 0.0
    parts = [first.T @ delta1, bias * delta1.sum(0), y.T @ delta2, bias * delta2.sum(0)]
    return np.concatenate([part.ravel() for part in parts])


SLIPS = [
    (dict(S2=lambda o: 1.0), ["S'(net) of the output layer 2 is missing"]),
    (dict(S1=lambda net, y: 1.0), ["W^(0,1) and b^(1): S'(net) of layer 1 is missing"]),
    (dict(S1=lambda net, y: 1 - net**2), None),
    (dict(S1=lambda net, y: y), ["W^(0,1) and b^(1): S(net) stands for S'(net)"]),
    (dict(S1=lambda net, y: 1 - np.tanh(y) ** 2), ["W^(0,1) and b^(1): S'(y) stands for S'(net)"]),
    (dict(two=1.0), ["the factor 2 is missing"]),
    (dict(two=-2.0), ["the sign is wrong"]),
    (dict(two=-1.0), ["the sign is wrong and the factor 2 is missing"]),
    (dict(rows=1), ["1/N is missing: the samples are summed, not averaged"]),
    (dict(rows=1, two=1.0), ["2/N is missing"]),
    (dict(W=lambda W: W), ["W^(0,1) and b^(1): W is transposed in the backward pass: δ_j needs Σ_k w_jk δ_k"]),
    (dict(W=lambda W: np.ones_like(W)), ["W^(0,1) and b^(1): the weight w_jk is missing from Σ_k w_jk δ_k"]),
    (dict(W=lambda W: W.T / 3), ["W^(0,1) and b^(1): the sum over k is a mean over k"]),
    (dict(one_output=True), ["W^(0,1) and b^(1): the sum over k is missing: only output 1 is followed"]),
    (dict(y0=lambda X, y: y), [
        "W^(0,1): the index of the layer is shifted: y_j of the layer itself stands for y_i of the one below"]),
    (dict(y0=lambda X, y: np.roll(X, -1, axis=1)), ["W^(0,1): the index i is shifted by one: y_{i+1} stands for y_i"]),
    (dict(keep_bias=False), ["b^(1) and b^(2): the bias is forgotten: ∂E/∂b_j = Σ_n δ_nj, not 0"]),
    (dict(S2=lambda o: 1.0, two=1.0), ["S'(net) of the output layer 2 is missing, and the factor 2 is missing"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "named"), SLIPS, ids=lambda case: str(case).split(" at 0x")[0][:40])
def test_a_usual_slip_is_named(changed, named) -> None:
    network = Network([3, 3, 3], "tanh", "logistic", seed=4)
    network.b[0][:], network.b[1][:] = [0.3, -0.4, 0.2], [0.1, 0.5, -0.6]
    found = check_gradient(network, *samples(network), gradient=lambda n, X, D: backward(n, X, D, **changed))
    assert not found.holds
    if named is None:
        assert all("by none of the usual slips" in slip for slip in found.slips)
    else:
        assert list(found.slips) == named


def test_the_hand_written_backward_pass_without_a_slip_holds() -> None:
    network = Network([3, 3, 3], "tanh", "logistic", seed=4)
    found = check_gradient(network, *samples(network), gradient=backward)
    assert found.holds and found.slips == ()


def test_a_matrix_written_column_by_column_is_recognised() -> None:
    network = Network.lecture([2, 3, 2], seed=4)

    def turned(network: Network, X: np.ndarray, D: np.ndarray) -> np.ndarray:
        return np.concatenate([part.T.ravel() for part in network.gradient(X, D).W])

    found = check_gradient(network, *samples(network), gradient=turned)
    assert found.slips == ("the matrix is transposed: row i, column j belongs to w_ij",)


def test_a_gradient_without_biases_is_told_that_they_are_forgotten() -> None:
    network = Network([2, 3, 2], seed=4)
    weights = network.shape.weight_mask()
    found = check_gradient(
        network, *samples(network), gradient=lambda n, X, D: n.gradient(X, D).theta[weights]
    )
    assert found.slips == ("b^(1) and b^(2): the bias is forgotten: ∂E/∂b_j = Σ_n δ_nj, not 0",)


def test_a_forgotten_penalty_is_named() -> None:
    network = Network([2, 3, 2], seed=4)
    gradient = lambda n, X, D: n.gradient(X, D).theta  # noqa: E731
    found = check_gradient(network, *samples(network), penalty=L2(0.3), gradient=gradient)
    assert found.slips == ("W^(0,1) and W^(1,2): the penalty is forgotten",)


@pytest.mark.parametrize("bias", [False, True])
def test_a_gradient_is_taken_as_matrices_as_numbers_or_as_it_is(bias: bool) -> None:
    network, X, d = Network([2, 3, 1], "logistic", "logistic", bias=bias), np.eye(2), [0.0, 1.0]
    right = network.gradient(X, d)
    parts = [part for pair in zip(right.W, right.b, strict=True) for part in pair] if bias else right.W
    for given in (right, right.theta, parts, lambda *_: parts):
        assert check_gradient(network, X, d, gradient=given).holds
    with pytest.raises(InputError, match=r"parts of shapes \(2, 3\), .*in θ's order; got \(3, 2\)"):
        check_gradient(network, X, d, gradient=[right.W[0].T, *parts[1:]])


def test_a_gradient_of_another_shape_is_refused_in_a_sentence() -> None:
    network = Network([2, 3, 2])
    with pytest.raises(InputError, match=re.escape("must have shape (17,)")):
        check_gradient(network, *samples(network), gradient=lambda n, X, D: np.zeros(4))


def test_the_table_shows_each_way_and_the_summary_each_layer() -> None:
    found: GradientCheck = check_gradient(Network.lecture([2, 2, 1]), *XOR)
    text, html = str(found), found._repr_html_()
    assert all(
        word in text for word in ("symbolic", "backpropagation", "difference", "complex step", "bounds")
    )
    assert "yours" not in text
    assert text.endswith("W^(0,1): 4 hold\nW^(1,2): 2 hold\nthe gradient holds")
    assert html.count("<tr>") == 1 + 6


def test_a_large_network_is_checked_at_evenly_spaced_weights() -> None:
    network = Network([4, 30, 30, 1], "relu", seed=0)
    found = check_gradient(network, *samples(network, 4))
    assert len(found.table) == MOST
    assert (
        f"{network.shape.size - MOST} of {network.shape.size} weights were left out, evenly" in found.summary
    )


def test_a_right_gradient_holds_on_classes_told_apart_almost_surely() -> None:
    """E is then far smaller than the net inputs whose rounding it carries."""
    random = np.random.default_rng(0)
    X = np.vstack([random.normal(c, 0.3, (40, 3)) for c in (-2, 0, 2)])
    d = np.repeat([0, 1, 2], 40)
    network = train(
        Network([3, 6, 3], output="softmax"), X, d, rule="lbfgs", penalty=1e-6, epochs=200
    ).network
    check = check_gradient(network, X, d, loss="cross_entropy", penalty=1e-6)
    assert check.holds


def converged(hidden: list[int], output: str, d: np.ndarray) -> tuple[Network, np.ndarray]:
    X = np.linspace(1, 8, len(d))[:, None]
    plain = Network([1, *hidden, 1], "tanh", output, seed=1)
    return train(plain, X, d, rule="lbfgs", epochs=400).network, X


STRAIGHT = np.array([2, 4, 6, 8, 10, 12, 14, 16.0])
CONVERGED = [
    ([], "identity", STRAIGHT),  # every term of the sum is 0
    ([], "identity", np.array([2, 4, 6, 8, 10, 12, 14.5, 15.5])),  # the terms cancel
    ([3], "identity", STRAIGHT),
    ([2], "logistic", STRAIGHT / 20),
]


@pytest.mark.parametrize(("hidden", "output", "d"), CONVERGED)
def test_a_right_gradient_holds_where_the_training_has_converged_and_nothing_but_rounding_is_left(
    hidden, output, d
) -> None:
    network, X = converged(hidden, output, d)
    found = check_gradient(network, X, d)
    assert found.holds, str(found)
    # a sum in another order is no slip either
    turned = check_gradient(
        network, X, d, gradient=lambda n, X, D: n.gradient(X[::-1].copy(), D[::-1].copy()).theta
    )
    assert turned.holds and turned.slips == ()


@pytest.mark.parametrize(("hidden", "output", "d"), CONVERGED)
def test_a_wrong_gradient_fails_where_the_training_has_converged(hidden, output, d) -> None:
    network, X = converged(hidden, output, d)
    for slip in (1e-6, -1e-6):  # the rounding of these sums is below 1e-13
        found = check_gradient(network, X, d, gradient=lambda n, X, D, s=slip: n.gradient(X, D).theta + s)
        assert not found.holds and found.slips


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_right_gradient_holds_where_poissons_terms_cancel(seed) -> None:
    """o is then d to a millionth, and E the small rest of o − d and d ln(d/o)."""
    random = np.random.default_rng(seed)
    X, d = random.normal(size=(5, 2)), random.uniform(1, 9, (5, 2))
    start = Network([2, 4, 2], "tanh", "softplus", seed=1)
    network = train(start, X, d, loss="poisson", rule="lbfgs", epochs=2000).network
    found = check_gradient(network, X, d, "poisson")
    assert found.holds, str(found)
