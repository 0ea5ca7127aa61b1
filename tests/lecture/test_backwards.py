"""The recursion of backpropagation, line by line: its numbers are the network's, and what is written multiplies out."""

from __future__ import annotations

import ast
import operator
from typing import Any

import numpy as np
import pytest

from deltarule import Network
from deltarule.equations.losses import loss
from deltarule.lecture.backwards import backwards, in_digits
from deltarule.lecture.links import Links
from deltarule.lecture.numbers import Numbers
from deltarule.lecture.symbols import Symbols, weight_quantity

OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
FUNCTIONS = {"step": lambda z: float(z > 0), "sign": lambda z: float(np.sign(z)), "abs": abs}
CASES = [
    (Network([3, 4, 2], "logistic", "logistic", seed=1), "mse", "w_12^(0,1)", 2),
    (Network([3, 4, 2], "logistic", "logistic", seed=1), "mse", "w_12^(1,2)", 2),
    (Network([2, 3, 3, 2], "tanh", "softmax", seed=2), "cross_entropy", "b_1^(1)", 2),
    (Network([2, 3, 3, 2], "tanh", "softmax", seed=2), "cross_entropy", "w_32^(2,3)", 2),
    (Network([2, 3, 1], "gelu", "identity", seed=3), "huber", "w_21^(0,1)", 3),
    (Network([2, 20, 9], "tanh", "identity", seed=4), "mae", "w_21^(0,1)", 2),
    (Network([2, 1], "tanh", "identity", seed=5), "quantile", "b_1^(1)", 2),
]


def worked_out(text: str) -> float:
    """A sum of products of numbers, as it is typed."""

    def value(node: Any) -> float:
        if isinstance(node, ast.BinOp):
            return OPERATIONS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            return FUNCTIONS[node.func.id](value(node.args[0]))
        return float(node.value)

    return value(ast.parse(text.strip(), mode="eval").body)


@pytest.mark.parametrize(("network", "error", "weight", "told"), CASES)
def test_each_line_in_digits_comes_to_what_backpropagation_finds(
    network: Network, error: str, weight: str, told: int
) -> None:
    rng = np.random.default_rng(0)
    x, d = rng.normal(size=(1, network.sizes[0])), np.eye(network.sizes[-1])[:1]
    gradient, shape = network.gradient(x, d, error), network.shape
    q = weight_quantity(shape, weight)
    j = int(q.units[-1]) - 1
    wanted = [
        float(gradient.theta[shape.index(weight)]),
        float(gradient.delta[q.layer - 1][0, j]),
    ]
    found = loss(error, shape.activations[-1])
    links, names = Links(shape, found), Symbols(shape)
    numbers = Numbers(shape, network.theta, x, d, found)
    digits = [in_digits(line, numbers, names) for line in backwards(links, q)]
    written = [line for line in digits if line is not None]
    assert len(written) == told
    for line, value in zip(written, wanted, strict=False):
        for part in line.split(" = "):
            assert worked_out(part) == pytest.approx(value, rel=2e-5, abs=1e-6)


def test_letters_and_what_is_not_finite_have_no_digits() -> None:
    network = Network([1, 2, 2], "tanh", "identity", seed=1)
    network.theta[:] = 1e300
    links, names = Links(network.shape, loss("mse")), Symbols(network.shape)
    lines = backwards(links, weight_quantity(network.shape, "w_11^(0,1)"))
    with np.errstate(all="ignore"):
        numbers = Numbers(network.shape, network.theta, [[1e10]], [[0.0, 0.0]], loss("mse"))
        assert [in_digits(line, numbers, names) for line in lines] == [None, None, None]
