from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.equations.shape import Shape, make_shape
from deltarule.errors import InputError

sizes = st.lists(st.integers(1, 12), min_size=2, max_size=6)


@given(sizes, st.booleans())
def test_views_cover_theta_once_and_write_through(sizes, bias):
    shape = make_shape(sizes, bias=bias)
    theta = np.zeros(shape.size)
    W, b = shape.views(theta)
    for part in (*W, *b):
        part += 1
    assert (theta == 1).all()
    assert [w.shape for w in W] == list(pairwise(sizes))
    assert len(b) == (len(sizes) - 1) * bias
    assert shape.weight_mask().sum() == sum(w.size for w in W)


@given(sizes, st.booleans())
def test_every_entry_has_an_address_that_leads_back_to_it(sizes, bias):
    shape = make_shape(sizes, bias=bias)
    addresses = [shape.address(p) for p in range(shape.size)]
    assert [shape.index(a) for a in addresses] == list(range(shape.size))
    assert len(set(addresses)) == shape.size


@pytest.mark.parametrize(
    ("address", "index"),
    [("w_11^(0,1)", 0), ("w_12^(0,1)", 1), ("w_21^(0,1)", 4), ("0,1:2,1", 4), ("w_{21}^{(0,1)}", 4), ("b_2^(1)", 13),
     ("1:2", 13), ("w_11^(1,2)", 16), ("W_42^(1,2)", 23), (" w_4,2^(1,2) ", 23), ("b_2^(2)", 25)],
)  # fmt: skip
def test_addresses_count_from_one_and_name_both_layers(address, index):
    assert make_shape([3, 4, 2]).index(address) == index


def test_units_are_parted_by_a_comma_once_a_layer_has_ten():
    shape = make_shape([2, 12, 1])
    assert shape.address(11) == "w_1,12^(0,1)"
    assert shape.index("w_1,12^(0,1)") == shape.index("0,1:1,12") == 11


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("w12", "written w_12\\^\\(0,1\\)"),
        ("w_51^(0,1)", "units 1 to 3 to units 1 to 4"),
        ("w_11^(0,2)", "weights between layers \\(0,1\\), \\(1,2\\)"),
        ("w_11^(2,3)", "weights between layers"),
        ("b_1^(3)", "layers 1 to 2"),
        ("b_5^(1)", "units 1 to 4"),
        ("w_123^(0,1)", "with a comma"),
        ("", "written"),
    ],
)
def test_wrong_addresses_are_answered_with_what_there_is(address, said):
    with pytest.raises(InputError, match=said):
        make_shape([3, 4, 2]).index(address)


def test_a_network_without_bias_has_none_to_address():
    with pytest.raises(InputError, match="no biases"):
        make_shape([3, 4, 2], bias=False).index("b_1^(1)")


def test_layer_norms_add_up_to_the_norm_of_theta():
    shape = make_shape([3, 4, 2])
    theta = np.random.default_rng(0).standard_normal(shape.size)
    assert np.hypot(*shape.layer_norms(theta)) == pytest.approx(np.linalg.norm(theta))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: make_shape([3]), "at least two whole numbers"),
        (lambda: make_shape([3, 0, 1]), "at least two whole numbers"),
        (lambda: make_shape([3, 2.5, 1]), "at least two whole numbers"),
        (
            lambda: make_shape([3, 4, 2], ["tanh", "relu"]),
            r"names 2 layers, and a network of sizes \[3, 4, 2\] has 1 hidden layer:",
        ),
        (lambda: make_shape([3, 4, 2], "softmax"), "for the output only"),
        (lambda: make_shape([3, 4, 2], "rleu"), "did you mean 'relu'"),
        (lambda: make_shape([3, 2], "rleu"), "did you mean 'relu'"),
        (lambda: Shape((3, 4, 2), ("tanh",)), "2 layers with an activation, got 1"),
    ],
)
def test_what_is_no_network_is_refused_in_one_sentence(make, said):
    with pytest.raises(InputError, match=said):
        make()
