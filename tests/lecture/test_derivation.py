"""∂E/∂w as formulas: the lecture's own, equal to SymPy's derivative of the unfolded E, and to backpropagation."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule import L1, L2, Elastic, Network
from deltarule.equations.activations import ACTIVATIONS
from deltarule.equations.losses import LOSSES
from deltarule.errors import InputError, UnknownName
from deltarule.lecture.derivation import derive
from deltarule.lecture.proof import is_zero

HIDDEN = [name for name, a in ACTIVATIONS.items() if not a.output_only]
PAIRS = [(o, e) for o in ACTIVATIONS for e, loss in LOSSES.items() if not loss.outputs or o in loss.outputs]


def addresses(network: Network) -> list[str]:
    return [network.shape.address(index) for index in range(network.shape.size)]


# the lecture's solutions, its weights w_11, w_21 of (1,2) and w_11, w_12, w_21, w_22 of (0,1), one output
LECTURE = {
    "w_11^(1,2)": "mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*y_n1^(1,2))",
    "w_21^(1,2)": "mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*y_n2^(1,2))",
    "w_11^(0,1)": "mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*w_11^(1,2)*S'(net_n1^(0,1))*x_n1)",
    "w_12^(0,1)": "mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*w_21^(1,2)*S'(net_n2^(0,1))*x_n1)",
    "w_21^(0,1)": "mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*w_11^(1,2)*S'(net_n1^(0,1))*x_n2)",
    "w_22^(0,1)": "mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*w_21^(1,2)*S'(net_n2^(0,1))*x_n2)",
}


@pytest.mark.parametrize(("weight", "formula"), LECTURE.items())
def test_the_lectures_own_chain_stands_among_the_steps(weight, formula) -> None:
    steps = str(derive(Network.lecture([2, 2, 1]), weight))
    assert f"∂E/∂{weight} = {formula}" in steps


def test_several_outputs_are_summed_over_k() -> None:
    chain = "mean_n(sum_k(2*(o_nk - d_nk)*S'(net_nk^(1,2))*w_2k^(1,2))*S'(net_n2^(0,1))*x_n1)"
    assert f"∂E/∂w_12^(0,1) = {chain}" in str(derive(Network.lecture([3, 4, 2]), "w_12^(0,1)"))


def test_deeper_units_are_summed_over_h2_before_k() -> None:
    found = derive(Network.lecture([2, 2, 3, 2]), "w_11^(0,1)", notation="layer")
    assert "δ_n1^(1) = sum_h2(δ_n,h2^(2)*w_1,h2^(1,2))*S'(net_n1^(0,1))" in str(found)
    assert "6 paths" in str(found)


@pytest.mark.parametrize(
    ("notation", "formula"),
    [
        ("lecture", "∂E/∂w_11^(1,2) = mean_n(2*(o_n1 - d_n1)*o_n1*(1 - o_n1)*y_n1^(1,2))"),
        ("layer", "∂E/∂w_11^(1,2) = mean_n(2*(o_n1 - d_n1)*o_n1*(1 - o_n1)*y_n1^(1))"),
        ("textbook", "∂E/∂w_11^(2) = mean_n(2*(a_n1^(2) - t_n1)*a_n1^(2)*(1 - a_n1^(2))*a_n1^(1))"),
    ],
)
def test_each_notation_has_its_own_names(notation, formula) -> None:
    assert derive(Network.lecture([2, 2, 1]), "w_11^(1,2)", notation=notation).text == formula


def test_a_large_network_keeps_its_sums_and_says_why() -> None:
    found = str(derive(Network([8, 16, 16, 4]), "w_1,1^(0,1)"))
    assert "64 paths are too many to write out: they stay as sums" in found


@pytest.mark.parametrize("sizes", [[2, 2, 1], [3, 2, 2], [3, 4, 2]], ids=str)
def test_every_weight_equals_sympys_derivative_of_the_unfolded_error(sizes) -> None:
    network = Network.lecture(sizes)
    for weight in addresses(network):
        assert derive(network, weight).prove(), weight


def test_a_depth_3_network_equals_sympys_derivative() -> None:
    network = Network.lecture([2, 2, 2, 2])
    for weight in ("w_11^(0,1)", "w_12^(1,2)", "w_22^(2,3)"):
        assert derive(network, weight).prove(), weight


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [[2, 2, 1], [3, 2, 2], [3, 4, 2]], ids=str)
def test_the_mean_over_two_samples_equals_sympys_derivative(sizes) -> None:
    network = Network.lecture(sizes)
    for weight in ("w_11^(1,2)", "w_12^(0,1)"):
        assert derive(network, weight).prove(rows=2), weight


@pytest.mark.slow
def test_every_weight_of_a_depth_3_network_equals_sympys_derivative() -> None:
    network = Network.lecture([2, 2, 2, 2])
    for weight in addresses(network):
        assert derive(network, weight).prove(), weight


SMOOTH = [("identity", "mse"), ("logistic", "binary_cross_entropy"), ("softmax", "mse")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hidden", "output", "loss"),
    [
        *(("identity", o, e) for o, e in PAIRS),
        *((hidden, o, e) for hidden in HIDDEN for o, e in SMOOTH if hidden != "identity"),
    ],
)
def test_every_activation_and_loss_equals_sympys_derivative(hidden, output, loss) -> None:
    network = Network([1, 2, 2], hidden, output)
    for weight in ("w_11^(0,1)", "b_2^(1)", "w_12^(1,2)"):
        assert derive(network, weight, loss, Elastic(0.1, 0.2)).prove(), weight


def test_a_wrong_formula_is_not_proved() -> None:
    import sympy

    x, y = sympy.symbols("x y", real=True)
    assert is_zero(sympy.exp(-2 * x) * sympy.exp(x) ** 2 - 1)
    assert not is_zero(sympy.exp(-x) - 1 / (1 + sympy.exp(x)))
    assert not is_zero(x * y - x)


@st.composite
def networks(draw) -> tuple[Network, str, np.ndarray, np.ndarray]:
    output, loss = draw(st.sampled_from(PAIRS))
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=5))
    sizes[-1] += output == "softmax" and sizes[-1] == 1
    hidden = draw(st.lists(st.sampled_from(HIDDEN), min_size=len(sizes) - 2, max_size=len(sizes) - 2))
    network = Network(sizes, hidden, output, bias=draw(st.booleans()), seed=draw(st.integers(0, 1000)))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    network.theta = random.normal(0, 0.8, network.shape.size)
    D = random.uniform(0.1, 0.9, (4, sizes[-1]))
    return (
        network,
        loss,
        random.normal(size=(4, sizes[0])),
        D / D.sum(axis=1, keepdims=True) if loss == "cross_entropy" else D,
    )


@settings(max_examples=60, deadline=None)
@given(networks())
def test_symbolic_values_equal_backpropagation(case) -> None:
    network, loss, X, D = case
    penalty = Elastic(0.1, 0.3)
    gradient = network.gradient(X, D, loss, penalty).theta
    for index, weight in enumerate(addresses(network)):
        value = derive(network, weight, loss, penalty).value(X, D)
        assert value == pytest.approx(gradient[index], rel=1e-10, abs=1e-10), weight


def test_a_wide_network_is_evaluated_without_writing_its_paths_out() -> None:
    network = Network([5, 30, 40, 20, 3], "tanh", seed=1)
    random = np.random.default_rng(0)
    X, D = random.normal(size=(10, 5)), random.normal(size=(10, 3))
    value = derive(network, "w_1,2^(0,1)").value(X, D)
    assert value == pytest.approx(network.gradient(X, D).W[0][0, 1], rel=1e-10)


def differenced(network: Network, X, D, loss, weight: str, other: str) -> float:
    """∂²E/∂weight∂other from the gradient at θ ± h; its error is about h² E''''/6 + 1e-16/h."""
    h, i, j = 1e-5, network.shape.index(weight), network.shape.index(other)
    up, down = network.copy(), network.copy()
    up.theta[j] += h
    down.theta[j] -= h
    return float((up.gradient(X, D, loss).theta[i] - down.gradient(X, D, loss).theta[i]) / (2 * h))


@pytest.mark.parametrize(("hidden", "output", "loss"), [
    ("logistic", "logistic", "mse"), ("tanh", "identity", "huber"), ("silu", "softmax", "cross_entropy"),
    ("gelu", "softmax", "mse"), ("softplus", "exp", "poisson"), ("elu", "logistic", "binary_cross_entropy"),
])  # fmt: skip
def test_second_derivatives_equal_differences_of_the_gradient(hidden, output, loss) -> None:
    network = Network([2, 2, 3, 2], hidden, output, seed=4)
    random = np.random.default_rng(1)
    X, D = random.normal(size=(6, 2)), random.uniform(0.2, 0.8, (6, 2))
    D = D / D.sum(axis=1, keepdims=True)
    pairs = itertools.product(
        ["w_12^(0,1)", "b_3^(2)", "w_31^(2,3)"], ["w_12^(0,1)", "w_22^(1,2)", "b_1^(1)", "w_32^(2,3)"]
    )
    for weight, other in pairs:
        value = derive(network, weight, loss, second=other).value(X, D)
        assert value == pytest.approx(differenced(network, X, D, loss, weight, other), rel=1e-6, abs=1e-8), (
            weight,
            other,
        )


def test_second_derivatives_equal_sympys() -> None:
    network = Network.lecture([2, 2, 1])
    for weight, other in itertools.combinations_with_replacement(addresses(network)[2:], 2):
        assert derive(network, weight, second=other, penalty=L2(0.5)).prove(), (weight, other)


def test_a_penalty_is_added_to_weights_and_not_to_biases() -> None:
    network = Network([2, 2, 1])
    assert derive(network, "w_12^(0,1)", penalty=L2(0.25)).text.endswith(" + 0.25*w_12^(0,1)")
    assert derive(network, "w_12^(0,1)", penalty=L1(0.25)).text.endswith(" + 0.25*sign(w_12^(0,1))")
    assert "0.25" not in derive(network, "b_1^(1)", penalty=L2(0.25)).text


def test_the_numbers_of_a_sample_end_in_the_gradient() -> None:
    network = Network.lecture([2, 2, 1], seed=3)
    X, D = [[0.0, 1.0], [1.0, 1.0]], [1.0, 0.0]
    last = derive(network, "w_21^(0,1)", X=X, D=D, sample=2).steps[-1]
    assert last.lines[-1].right == pytest.approx(network.gradient(X, D).W[0][1, 0], rel=1e-12)
    assert "x_n2 = 1" in last.text


def test_the_sympy_expression_sums_to_the_same_value() -> None:
    import sympy

    network = Network.lecture([2, 2, 1], seed=3)
    X, D = np.array([[0.3, 1.0], [1.0, -0.5]]), np.array([1.0, 0.0])
    found = derive(network, "w_12^(0,1)")
    trace = network.forward(X)
    N, n = sympy.Symbol("N", positive=True, integer=True), sympy.Symbol("n", integer=True)
    written = found.expression.subs(N, 2).doit()
    w: Any = sympy.IndexedBase("w^(1,2)", real=True)
    values = {w[2, 1]: network.W[1][1, 0]}
    for name, array in {"x": X, "y^(1,2)": trace.y[1], "o": trace.o, "d": D[:, None]}.items():
        base: Any = sympy.IndexedBase(name, real=True)
        values |= {base[s + 1, u + 1]: array[s, u] for s in range(2) for u in range(array.shape[1])}
    assert n not in written.free_symbols
    assert float(written.subs(values)) == pytest.approx(found.value(X, D), rel=1e-12)


def test_latex_and_mathml_are_written() -> None:
    found = derive(Network.lecture([3, 4, 2]), "w_12^(0,1)")
    assert found.latex.startswith(r"\frac{\partial E}{\partial w_{12}^{(0,1)}} = \frac{1}{N} \sum_{n=1}^{N}")
    assert found.latex.count("{") == found.latex.count("}")
    assert found.mathml.startswith("<math") and found._repr_html_().count("<li>") == len(found.steps)


def test_each_part_of_a_derivation_can_be_looked_at() -> None:
    found = derive(Network.lecture([3, 4, 2]), "w_12^(0,1)", second="w_11^(1,2)", penalty=0.1)
    assert all(
        repr(part) for part in (found, found.weight, found.second, found.left, found.chain, found.formula)
    )


def test_units_that_are_known_are_the_same_or_not() -> None:
    network = Network([2, 2, 2], "logistic", "softmax", bias=False)
    written_out = derive(network, "w_11^(0,1)", loss="cross_entropy").steps[3].text.splitlines()[-1]
    assert (
        "= 1]" not in written_out and "-d_n1*o_n1*(1 - o_n1)/o_n1" in written_out and "(-o_n1)" in written_out
    )


def test_what_cannot_be_derived_is_said() -> None:
    network = Network.lecture([2, 2, 1])
    with pytest.raises(InputError, match=r"got list: the lecture's is Network\.lecture\(\[2, 2, 1\]\)"):
        derive([2, 2, 1], "w_11^(0,1)")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"named by a text"):
        derive(network, (1, 2))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"no biases"):
        derive(network, "b_1^(1)")
    with pytest.raises(InputError, match=r"goes from units 1 to 2"):
        derive(network, "w_31^(0,1)")
    with pytest.raises(UnknownName, match="did you mean 'textbook'"):
        derive(network, "w_11^(0,1)", notation="textbok")
    with pytest.raises(InputError, match="sample must be between 1 and 1"):
        derive(network, "w_11^(0,1)", X=[[0.0, 0.0]], D=[1.0], sample=2)


def test_with_a_penalty_no_name_has_two_formulas() -> None:
    for weight in ("w_12^(0,1)", "b_1^(1)"):
        found = derive(Network([2, 2, 1]), weight, penalty=Elastic(0.01, 0.1))
        lines = [line.text(found.names).split(" = ", 1) for step in found.steps for line in step.lines]
        by_name = {left: right for left, right in lines if not right.startswith("mean_n(∂")}
        assert by_name["E"] == "mean_n(E_n) + 0.1*sum_w(w**2)/2 + 0.01*sum_w(abs(w))"
        whole = [right for left, right in lines if left == f"∂E/∂{weight}"]
        added = " + 0.1*w_12^(0,1) + 0.01*sign(w_12^(0,1))" if weight[0] == "w" else ""
        assert len(whole) == 2 and all(right.endswith(added) for right in whole)
        assert whole[0] == f"mean_n(∂E_n/∂{weight}){added}"
    second = derive(Network([2, 2, 1]), "w_12^(0,1)", penalty=L2(0.5), second="w_12^(0,1)")
    assert second.steps[0].lines[0].text(second.names).endswith(" + 0.5*w_12^(0,1)")


def test_in_latex_a_penalty_stands_outside_of_the_sum_over_n() -> None:
    found = derive(Network([2, 1]), "w_11^(0,1)", penalty=L2(0.1))
    assert found.latex.endswith(r"x_{n1}\right) + 0.1 \, w_{11}^{(0,1)}")


def test_softmax_of_one_output_is_refused() -> None:
    with pytest.raises(InputError, match="softmax of one output is always 1"):
        derive(Network([2, 2, 1], output="softmax"), "w_11^(0,1)", "cross_entropy")


def test_what_softmax_does_is_said_as_the_formula_has_it() -> None:
    step = derive(Network.lecture([2, 2, 2]), "w_11^(0,1)", notation="layer").steps[5]
    assert step.words == "S' of logistic in its own terms."
    shape = Network([2, 2, 2], "logistic", "softmax")
    said = derive(shape, "w_11^(0,1)", "cross_entropy").steps[5].words
    assert said == (
        "S' of logistic in its own terms. With cross_entropy and softmax outputs ∂E_n/∂net_nk^(1,2) is "
        "o_nk Σ_c d_nc - d_nk, which is o_nk - d_nk where the d of a row sum to 1."
    )


def test_the_slope_of_relu_says_what_it_is_at_the_kink() -> None:
    assert "step(z) is 1 for z > 0 and 0 for z ≤ 0." in str(derive(Network([2, 2, 1], "relu"), "w_11^(0,1)"))


def test_the_natural_logarithm_is_ln_in_text_and_in_latex() -> None:
    step = derive(Network([2, 2], output="softmax"), "w_11^(0,1)", "cross_entropy").steps[0]
    assert "ln(o_nk)" in step.text and r"\ln\left(o_{nk}\right)" in step.latex[0]


def test_quantile_has_no_sum_of_numbers_and_no_term_that_is_0() -> None:
    found = derive(Network([1, 1]), "w_11^(0,1)", "quantile", second="w_11^(0,1)")
    assert "1 - 0.5" not in str(found) and "*0*" not in str(found)


def test_a_zero_has_no_sign() -> None:
    network = Network([1, 1], bias=False)
    network.theta[:] = 1
    assert "= -0" not in str(derive(network, "w_11^(0,1)", X=[[0.0], [1.0]], D=[1.0, 1.0]))
