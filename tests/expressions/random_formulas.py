"""Random formulas for Hypothesis, and the same formulas in SymPy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import sympy
from hypothesis import strategies as st

from deltarule.expressions import Node, Tape
from deltarule.expressions.nodes import (
    Call,
    Constant,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    add,
    divide,
    multiply,
    negate,
    postorder,
    raise_to,
)

NAMES = ("x1", "x2", "y")
SYMBOLS = {name: sympy.Symbol(name, real=True) for name in NAMES}
SMOOTH = [
    "sin",
    "cos",
    "tan",
    "exp",
    "log",
    "sqrt",
    "tanh",
    "sinh",
    "cosh",
    "logistic",
    "arctan",
    "arcsin",
    "arccos",
]
MORE = ["abs", "log2", "log10", "log1p", "expm1", "arcsinh", "arccosh", "arctanh"]

numbers = st.one_of(
    st.integers(-4, 9).map(lambda value: Number(Fraction(value))),
    st.sampled_from(["0.1", "2.5", "0.75"]).map(lambda typed: Number(Fraction(typed), decimal=True)),
)
leaves = st.one_of(st.sampled_from(NAMES).map(Variable), numbers, st.just(Constant("pi")))
exponents = st.sampled_from([2, 3, -1, -2, Fraction(1, 2), Fraction(-3, 2)]).map(
    lambda value: Number(Fraction(value))
)


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: add(*terms)),
        st.lists(inner, min_size=2, max_size=3).map(lambda factors: multiply(*factors)),
        st.tuples(inner, inner).map(lambda pair: divide(*pair)),
        st.tuples(inner, exponents).map(lambda pair: raise_to(*pair)),
        st.tuples(inner, inner).map(lambda pair: raise_to(*pair)),
        inner.map(negate),
        st.tuples(st.sampled_from(SMOOTH + MORE), inner).map(lambda pair: Call(*pair)),
    )


formulas: st.SearchStrategy[Node] = st.recursive(leaves, _larger, max_leaves=14)
points = st.lists(st.floats(0.4, 1.9), min_size=len(NAMES), max_size=len(NAMES))


def is_tame(formulas: list[Node], point: list[float]) -> bool:
    """Every part is of ordinary size, so that rounding alone cannot part two right answers."""
    with np.errstate(all="ignore"):
        values = np.array([float(Tape([node], NAMES)(*point)[0]) for node in postorder(formulas)])
    sizes = np.abs(values[values != 0])
    return bool(np.all(np.isfinite(values)) and np.all((sizes > 1e-3) & (sizes < 1e3)))


def to_sympy(node: Node) -> sympy.Expr:
    """The same formula, built with SymPy's own classes."""
    match node:
        case Number(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Constant():
            return sympy.pi
        case Variable(name):
            return SYMBOLS[name]
        case Sum(terms):
            return sympy.Add(*(to_sympy(term) for term in terms))
        case Product(factors):
            return sympy.Mul(*(to_sympy(factor) for factor in factors))
        case Power(base, exponent):
            return sympy.Pow(to_sympy(base), to_sympy(exponent))
        case Call(function, argument):
            return _CALLS[function](to_sympy(argument))
        case _:
            raise TypeError(type(node).__name__)


_CALLS = {
    **{name: getattr(sympy, name) for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh")},
    "logistic": lambda u: 1 / (1 + sympy.exp(-u)),
    "arctan": sympy.atan, "arcsin": sympy.asin, "arccos": sympy.acos, "arcsinh": sympy.asinh, "arccosh": sympy.acosh,
    "arctanh": sympy.atanh, "abs": sympy.Abs, "log2": lambda u: sympy.log(u, 2), "log10": lambda u: sympy.log(u, 10),
    "log1p": lambda u: sympy.log(1 + u), "expm1": lambda u: sympy.exp(u) - 1,
}  # fmt: skip
