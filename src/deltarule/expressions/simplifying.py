"""The same formula, shorter: like terms and like factors collected, numbers computed exactly.

Identities are those of real numbers where both sides are defined:
x/x is 1, sqrt(x)**2 is x, exp(a)*exp(b) is exp(a + b).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache

from deltarule.errors import ExpressionError
from deltarule.expressions.nodes import (
    MINUS_ONE,
    ONE,
    ZERO,
    Call,
    Constant,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    is_number,
    postorder,
)

LARGEST = 20_000
HALF = Number(Fraction(1, 2))
_LONGEST_NUMBER = 2**128

# f(number) = number
_EXACT = {
    ("exp", 0): 1, ("log", 1): 0, ("log2", 1): 0, ("log10", 1): 0, ("log10", 10): 1, ("log2", 2): 1, ("log1p", 0): 0,
    ("expm1", 0): 0, ("sqrt", 0): 0, ("sqrt", 1): 1, ("sin", 0): 0, ("cos", 0): 1, ("tan", 0): 0, ("sinh", 0): 0,
    ("cosh", 0): 1, ("tanh", 0): 0, ("arcsin", 0): 0, ("arccos", 1): 0, ("arctan", 0): 0, ("arcsinh", 0): 0,
    ("arccosh", 1): 0, ("arctanh", 0): 0,
}  # fmt: skip


def simplify(formula: Node) -> Node:
    """The formula with like terms and like factors collected.

    Raises
    ------
    ExpressionError : the result would have more than 20,000 parts.

    >>> from deltarule.expressions import parse
    >>> simplify(parse("x*2*x + 0*y - (x**2 - 1)"))
    x**2 + 1
    """
    return simplify_all([formula])[0]


def simplify_all(formulas: Sequence[Node]) -> tuple[Node, ...]:
    """Each formula simplified, the parts they share only once."""
    done: dict[int, Node] = {}
    for node in postorder(formulas):
        match node:
            case Sum():
                result = sum_of(done[id(term)] for term in node.terms)
            case Product():
                result = product_of(done[id(factor)] for factor in node.factors)
            case Power():
                result = power_of(done[id(node.base)], done[id(node.exponent)])
            case Call():
                result = call_of(node.function, done[id(node.argument)])
            case _:
                result = node
        if result.size > LARGEST:
            raise ExpressionError(
                f"the formula would have more than {LARGEST:,} parts, too many to be shown."
            )
        done[id(node)] = result
    return tuple(done[id(formula)] for formula in formulas)


def number(value: Fraction, decimal: bool) -> Number:
    """An exact number, rounded to a float once it has grown too long to be exact."""
    if max(abs(value.numerator), value.denominator) > _LONGEST_NUMBER:
        try:
            value = Fraction(repr(float(value)))
        except (OverflowError, ValueError):
            raise ExpressionError("a number in the formula grows beyond a float (1.8e308).") from None
    return Number(value, decimal)


def coefficient_of(term: Node) -> tuple[Number, Node]:
    """term = number · rest."""
    if isinstance(term, Number):
        return term, ONE
    if isinstance(term, Product) and isinstance(term.factors[0], Number):
        rest = term.factors[1:]
        return term.factors[0], rest[0] if len(rest) == 1 else Product(rest)
    return ONE, term


def sum_of(terms: Iterable[Node]) -> Node:
    """Like terms collected; a number times a bracket is multiplied out where that is no longer."""
    terms = list(terms)
    plain = _collected(terms)
    brackets = [term for term in _flat(terms, Sum) if isinstance(coefficient_of(term)[1], Sum)]
    if len(terms) == 1 or not brackets:
        return plain
    spread: list[Node] = []
    for term in _flat(terms, Sum):
        factor, rest = coefficient_of(term)
        spread.extend(
            [product_of((factor, part)) for part in rest.terms] if isinstance(rest, Sum) else [term]
        )
    opened = _collected(spread)
    return opened if opened.size <= plain.size else plain


def _flat(nodes: Iterable[Node], kind: type[Sum] | type[Product]) -> list[Node]:
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.children) if isinstance(node, kind) else flat.append(node)
    return flat


def _collected(terms: Iterable[Node]) -> Node:
    found: dict[str, tuple[Number, Node]] = {}
    for term in _flat(terms, Sum):
        factor, rest = coefficient_of(term)
        before, rest = found.get(rest.key, (ZERO, rest))
        found[rest.key] = (number(before.value + factor.value, before.decimal or factor.decimal), rest)
    constant, _ = found.pop(ONE.key, (ZERO, ONE))
    kept = [_times(factor, rest) for factor, rest in found.values() if factor.value != 0]
    if constant.value != 0:
        negative = all(coefficient_of(term)[0].value < 0 for term in kept)
        kept.insert(0, constant) if negative and constant.value > 0 else kept.append(constant)
    return ZERO if not kept else kept[0] if len(kept) == 1 else Sum(tuple(kept))


def _times(factor: Number, rest: Node) -> Node:
    if factor.value == 1:
        return rest
    return Product((factor, *rest.factors)) if isinstance(rest, Product) else Product((factor, rest))


def product_of(factors: Iterable[Node]) -> Node:
    """Numbers multiplied, powers of one base collected, factors in their order: numbers, names, brackets, calls."""
    value, decimal = Fraction(1), False
    bases: dict[str, tuple[Node, list[Node]]] = {}
    exponents: list[Node] = []  # of exp
    for factor in _flat(factors, Product):
        if isinstance(factor, Number):
            value, decimal = value * factor.value, decimal or factor.decimal
        elif isinstance(factor, Call) and factor.function == "exp":
            exponents.append(factor.argument)
        elif isinstance(factor, Call) and factor.function == "sqrt":
            bases.setdefault(factor.argument.key, (factor.argument, []))[1].append(HALF)
        else:
            base, exponent = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, ONE)
            if isinstance(base, Call) and base.function == "sqrt" and isinstance(exponent, Number):
                base, exponent = base.argument, product_of((exponent, HALF))
            bases.setdefault(base.key, (base, []))[1].append(exponent)
    if value == 0:
        return ZERO
    parts = [
        power_of(base, powers[0] if len(powers) == 1 else sum_of(powers)) for base, powers in bases.values()
    ]
    if exponents:
        parts.append(call_of("exp", sum_of(exponents)))
    kept: list[Node] = []
    for part in _flat(parts, Product):
        if isinstance(part, Number):
            value, decimal = value * part.value, decimal or part.decimal
        else:
            kept.append(part)
    kept.sort(key=_place)
    first = number(value, decimal)
    if not kept:
        return first
    if first.value != 1:
        kept.insert(0, first)
    return kept[0] if len(kept) == 1 else Product(tuple(kept))


def _place(factor: Node) -> tuple[int, str]:
    base = factor.base if isinstance(factor, Power) else factor
    match base:
        case Number():
            return 0, factor.key
        case Constant():
            return 1, factor.key
        case Variable():
            return 2, _padded(factor.key)
        case Sum() | Product() | Power():
            return 3, _padded(factor.key)
        case _:
            return 4, _padded(factor.key)


@lru_cache(maxsize=4096)
def _padded(key: str) -> str:
    """A text that sorts x2 before x10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(8), key.lstrip("^("))


def power_of(base: Node, exponent: Node) -> Node:
    """base ** exponent with numbers computed and whole powers of products and powers multiplied through."""
    if is_number(exponent, 0):
        return ONE
    if is_number(exponent, 1) or is_number(base, 1):
        return base
    whole = isinstance(exponent, Number) and exponent.value.denominator == 1
    if isinstance(exponent, Number) and abs(exponent.value) == HALF.value and not exponent.decimal:
        root = call_of("sqrt", base)
        return root if exponent.value > 0 else Power(root, MINUS_ONE)
    match base:
        case Number() if whole and isinstance(exponent, Number):
            return _number_power(base, exponent)
        case Product() if whole:
            return product_of(power_of(factor, exponent) for factor in base.factors)
        case Power() if whole:
            return power_of(base.base, product_of((base.exponent, exponent)))
        case Call(function="sqrt") if whole and not is_number(exponent, -1):
            return power_of(base.argument, product_of((exponent, HALF)))
        case Call(function="exp") if whole:
            return call_of("exp", product_of((exponent, base.argument)))
        case _:
            return Power(base, exponent)


def _number_power(base: Number, exponent: Number) -> Node:
    steps = int(exponent.value)
    bits = max(abs(base.value.numerator), base.value.denominator).bit_length()
    if (base.value == 0 and steps < 0) or abs(steps) * bits > 128:
        return Power(base, exponent)
    return Number(base.value**steps, base.decimal or exponent.decimal)


def call_of(function: str, argument: Node) -> Node:
    """f(argument), as a number where that is exact: exp(0), log(e), sqrt(4)."""
    if isinstance(argument, Number):
        if argument.value.denominator == 1 and (function, int(argument.value)) in _EXACT:
            return Number(Fraction(_EXACT[function, int(argument.value)]))
        if function == "abs":
            return Number(abs(argument.value), argument.decimal)
        if function == "sign":
            return Number(Fraction((argument.value > 0) - (argument.value < 0)))
        if function == "sqrt" and argument.value > 0:
            above, below = math.isqrt(argument.value.numerator), math.isqrt(argument.value.denominator)
            if Fraction(above * above, below * below) == argument.value:
                return Number(Fraction(above, below), argument.decimal)
    if function == "log" and argument == Constant("e"):
        return ONE
    if function == "log" and isinstance(argument, Call) and argument.function == "exp":
        return argument.argument
    if function == "exp" and isinstance(argument, Call) and argument.function == "log":
        return argument.argument
    return Call(function, argument)
