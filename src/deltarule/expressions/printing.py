"""Formulas as text that the parser reads back, as LaTeX, and as Python over NumPy.

A product is written as a fraction: factors with negative number powers go below the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from deltarule.expressions.functions import FUNCTIONS
from deltarule.expressions.nodes import (
    ONE,
    Call,
    Constant,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    is_number,
    multiply,
    negate,
    raise_to,
)

# how tightly a text binds
SUM, PRODUCT, SIGN, POWER, ATOM = range(5)

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega"
)


def text(formula: Node) -> str:
    """The formula as it would be typed; the parser reads it back to the same values.

    >>> from deltarule.expressions import parse
    >>> text(parse("-(x1^2)/(2*y) + .5*log(x1)"))
    '-x1**2/(2*y) + 0.5*ln(x1)'
    """
    return _TYPED.write(formula)[0]


def python(formula: Node) -> str:
    """A Python expression over NumPy (`np.sin(x1)`).

    >>> from deltarule.expressions import parse
    >>> python(parse("sin(pi*x1)**2"))
    'np.sin(np.pi*x1)**2'
    """
    return _PYTHON.write(formula)[0]


def latex(formula: Node) -> str:
    r"""LaTeX, with x1 as x_{1} and eta as \eta.

    >>> from deltarule.expressions import parse
    >>> print(latex(parse("3*x1*exp(-eta)/2")))
    \frac{3 x_{1} \exp\left(-\eta\right)}{2}
    """
    return _LATEX.write(formula)[0]


def fraction_parts(factors: tuple[Node, ...]) -> tuple[bool, list[Node], list[Node]]:
    """Whether the product is negative (zero has no sign), the factors above the line and those below."""
    negative, above, below = False, list[Node](), list[Node]()
    for factor in factors:
        if isinstance(factor, Number):
            fraction = not factor.decimal and factor.value.denominator != 1
            # 0.2*(-0.3) stays: numbers in the place of letters
            if factor.value < 0 and (fraction or not above):
                negative, factor = not negative, Number(-factor.value, factor.decimal)
            if fraction:
                below.append(Number(Fraction(factor.value.denominator)))
                factor = Number(Fraction(factor.value.numerator))
            if factor.value != 1:
                above.append(factor)
        elif isinstance(factor, Power) and isinstance(factor.exponent, Number) and factor.exponent.value < 0:
            under = raise_to(factor.base, negate(factor.exponent))
            leads = isinstance(under, Product) and isinstance(under.factors[0], Number)
            below.extend(under.factors if isinstance(under, Product) and not leads else [under])
        else:
            above.append(factor)
    above = above or [ONE]
    return negative and not is_number(above[0], 0), above, below


def number_text(number: Number) -> str:
    """An integer, a fraction p/q, or for a number typed with a point its shortest decimal text."""
    value = number.value
    if value.denominator == 1 and (abs(value) < 10**16 or not number.decimal):
        return str(value.numerator)
    return repr(float(value)) if number.decimal else f"{value.numerator}/{value.denominator}"


def _refused(node: Node) -> str:
    raise TypeError(f"no rule to print {type(node).__name__}")


@dataclass(frozen=True)
class _Style:
    name: Callable[[str], str]
    constant: Callable[[str], str]
    function: Callable[[str], str]
    other: Callable[[Node], str] = _refused  # nodes of floors above this one

    def write(self, node: Node) -> tuple[str, int]:
        """The text and how tightly it binds."""
        match node:
            case Number():
                written = number_text(node)
                return written, SIGN if node.value < 0 else PRODUCT if "/" in written else ATOM
            case Constant(name):
                return self.constant(name), ATOM
            case Variable(name):
                return self.name(name), ATOM
            case Sum(terms):
                return self.sum(terms), SUM
            case Product(factors):
                return self.product(*fraction_parts(factors))
            case Power(base, exponent):
                if isinstance(exponent, Number) and exponent.value < 0:
                    return self.product(False, [ONE], [raise_to(base, negate(exponent))])
                return self.power(base, exponent)
            case Call(function, argument):
                return self.call(function, argument)
            case _:
                return self.other(node), ATOM

    def inside(self, node: Node, at_least: int) -> str:
        written, binding = self.write(node)
        return written if binding >= at_least else self.bracket(written)

    def bracket(self, written: str) -> str:
        return f"({written})"

    def sum(self, terms: tuple[Node, ...]) -> str:
        pieces: list[str] = []
        for term in terms:
            written = self.inside(term, PRODUCT)
            if pieces and written.startswith("-"):
                pieces.append(f" - {written[1:]}")
            else:
                pieces.append(f" + {written}" if pieces else written)
        return "".join(pieces)

    def product(self, negative: bool, above: list[Node], below: list[Node]) -> tuple[str, int]:
        sign = "-" if negative else ""
        if len(above) > 1 and above[0] is ONE:
            above = above[1:]
        written = "*".join(
            self.inside(factor, POWER if at else PRODUCT + 1) for at, factor in enumerate(above)
        )
        if below:
            written += "/" + self.inside(multiply(*below), POWER)
        elif len(above) == 1 and negative:
            written = self.inside(above[0], POWER)
        return sign + written, PRODUCT

    def power(self, base: Node, exponent: Node) -> tuple[str, int]:
        return f"{self.inside(base, ATOM)}**{self.inside(exponent, POWER)}", POWER

    def call(self, function: str, argument: Node) -> tuple[str, int]:
        return f"{self.function(function)}({self.write(argument)[0]})", ATOM


class _LatexStyle(_Style):
    def write(self, node: Node) -> tuple[str, int]:
        if isinstance(node, Number):
            sign, value = "-" if node.value < 0 else "", Number(abs(node.value), node.decimal)
            above, _, below = number_text(value).partition("/")
            mantissa, _, power = above.partition("e")
            written = rf"\frac{{{above}}}{{{below}}}" if below else mantissa
            if power:
                written += rf" \cdot 10^{{{int(power)}}}"
            return sign + written, SIGN if sign else PRODUCT if below or power else ATOM
        return super().write(node)

    def bracket(self, written: str) -> str:
        return rf"\left({written}\right)"

    def product(self, negative: bool, above: list[Node], below: list[Node]) -> tuple[str, int]:
        sign = "-" if negative else ""
        if below:
            over = self._row(above) if len(above) > 1 else self.write(above[0])[0]
            under = self._row(below) if len(below) > 1 else self.write(below[0])[0]
            return rf"{sign}\frac{{{over}}}{{{under}}}", PRODUCT
        return sign + self._row(above), PRODUCT

    def _row(self, factors: list[Node]) -> str:
        """Factors side by side; a dot where two numbers would run together."""
        written = self.inside(factors[0], POWER)
        for factor in factors[1:]:
            piece = self.inside(factor, POWER)
            written += rf" \cdot {piece}" if piece[0].isdigit() else f" {piece}"
        return written

    def power(self, base: Node, exponent: Node) -> tuple[str, int]:
        return f"{self.inside(base, ATOM)}^{{{self.write(exponent)[0]}}}", POWER

    def call(self, function: str, argument: Node) -> tuple[str, int]:
        inner = self.write(argument)[0]
        if function == "sqrt":
            return rf"\sqrt{{{inner}}}", ATOM
        if function == "abs":
            return rf"\left|{inner}\right|", ATOM
        return rf"{self.function(function)}\left({inner}\right)", ATOM


def _latex_name(name: str) -> str:
    match = re.fullmatch(r"([^\W\d_]+?)_?([0-9]+)", name)
    stem, index = (match[1], match[2]) if match else (name, "")
    if _GREEK.fullmatch(stem):
        stem = "\\" + stem
    elif len(stem) > 1:
        stem = r"\mathrm{" + stem.replace("_", r"\_") + "}"
    return f"{stem}_{{{index}}}" if index else stem


# the natural logarithm is ln wherever it is shown, and may be typed as log too (docs/notation.md)
_TYPED = _Style(
    name=str,
    constant=str,
    function=lambda name: "ln" if name == "log" else name,
    other=lambda node: node.key,
)
_PYTHON = _Style(name=str, constant=lambda name: f"np.{name}", function=lambda name: FUNCTIONS[name].python)
_LATEX = _LatexStyle(
    name=_latex_name,
    constant=lambda name: {"pi": r"\pi"}.get(name, name),
    function=lambda name: FUNCTIONS[name].latex,
)
Node.write = text
