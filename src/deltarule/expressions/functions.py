"""The functions a formula may call: value, slope and spelling side by side, one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deltarule.expressions.nodes import ZERO, Call, Node, as_node

Values = Any  # a float or an array of float64


@dataclass(frozen=True)
class Function:
    """f(u): its value for NumPy numbers, its slope f'(u) as a formula, its LaTeX and its Python."""

    value: Callable[[Values], Values]
    slope: Callable[[Node], Node]
    latex: str
    python: str


def _logistic(z: Values) -> Values:
    return 1.0 / (1.0 + np.exp(-z))


def f(name: str, u: Node) -> Node:
    """The node name(u)."""
    return Call(name, u)


FUNCTIONS: dict[str, Function] = {
    "sin": Function(np.sin, lambda u: f("cos", u), r"\sin", "np.sin"),
    "cos": Function(np.cos, lambda u: -f("sin", u), r"\cos", "np.cos"),
    "tan": Function(np.tan, lambda u: 1 + f("tan", u) ** 2, r"\tan", "np.tan"),
    "exp": Function(np.exp, lambda u: f("exp", u), r"\exp", "np.exp"),
    "log": Function(np.log, lambda u: 1 / u, r"\ln", "np.log"),
    "log2": Function(np.log2, lambda u: 1 / (u * f("log", as_node(2))), r"\log_{2}", "np.log2"),
    "log10": Function(np.log10, lambda u: 1 / (u * f("log", as_node(10))), r"\log_{10}", "np.log10"),
    "log1p": Function(np.log1p, lambda u: 1 / (1 + u), r"\operatorname{log1p}", "np.log1p"),
    "expm1": Function(np.expm1, lambda u: f("exp", u), r"\operatorname{expm1}", "np.expm1"),
    "sqrt": Function(np.sqrt, lambda u: 1 / (2 * f("sqrt", u)), r"\sqrt", "np.sqrt"),
    "sinh": Function(np.sinh, lambda u: f("cosh", u), r"\sinh", "np.sinh"),
    "cosh": Function(np.cosh, lambda u: f("sinh", u), r"\cosh", "np.cosh"),
    "tanh": Function(np.tanh, lambda u: 1 - f("tanh", u) ** 2, r"\tanh", "np.tanh"),
    "arcsin": Function(np.arcsin, lambda u: 1 / f("sqrt", 1 - u**2), r"\arcsin", "np.arcsin"),
    "arccos": Function(np.arccos, lambda u: -(1 / f("sqrt", 1 - u**2)), r"\arccos", "np.arccos"),
    "arctan": Function(np.arctan, lambda u: 1 / (1 + u**2), r"\arctan", "np.arctan"),
    "arcsinh": Function(
        np.arcsinh, lambda u: 1 / f("sqrt", u**2 + 1), r"\operatorname{arcsinh}", "np.arcsinh"
    ),
    "arccosh": Function(
        np.arccosh,
        lambda u: 1 / (f("sqrt", u - 1) * f("sqrt", u + 1)),
        r"\operatorname{arccosh}",
        "np.arccosh",
    ),
    "arctanh": Function(np.arctanh, lambda u: 1 / (1 - u**2), r"\operatorname{arctanh}", "np.arctanh"),
    "logistic": Function(
        _logistic,
        lambda u: f("logistic", u) * f("logistic", -u),
        r"\operatorname{logistic}",
        "scipy.special.expit",
    ),
    "abs": Function(np.abs, lambda u: f("sign", u), r"\operatorname{abs}", "np.abs"),
    "sign": Function(np.sign, lambda _: ZERO, r"\operatorname{sign}", "np.sign"),
}

ALIASES = {
    "ln": "log",
    "sigmoid": "logistic",
    "fabs": "abs",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
}

CONSTANTS = {"pi": np.pi, "e": np.e}
