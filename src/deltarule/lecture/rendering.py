"""The lecture's formulas written out: as text that can be typed back, as LaTeX, as MathML, as SymPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from deltarule.expressions.nodes import ONE, Call, Constant, Node, Number, Power, Product, Sum, Variable
from deltarule.expressions.printing import fraction_parts, number_text
from deltarule.lecture.symbols import Symbols, latex_index, letter
from deltarule.lecture.terms import Over, Partial, Quantity, Slope

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_LATEX_FUNCTIONS = {
    "log": r"\ln", "exp": r"\exp", "sign": r"\operatorname{sign}", "step": r"\operatorname{step}", "Phi": r"\Phi",
    "phi": r"\varphi", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "tanh": r"\tanh",
}  # fmt: skip


def text(node: Node, names: Symbols) -> str:
    """As it would be typed: `mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*y_n1^(1,2))`."""
    return _Text(names).write(node)[0]


def latex(node: Node, names: Symbols) -> str:
    """As LaTeX, for a formula of its own line."""
    return _Latex(names).write(node)[0]


def mathml(formula: str) -> str:
    """LaTeX as a MathML element, which browsers draw without any script."""
    from latex2mathml.converter import convert

    return convert(formula, display="block")


@dataclass(frozen=True)
class _Text:
    names: Symbols

    def write(self, node: Node) -> tuple[str, int]:
        """The text, and how tightly it binds."""
        match node:
            case Number():
                return self.number(node)
            case Quantity():
                return self.quantity(node)
            case Variable(name) | Constant(name):
                return name, _ATOM
            case Slope():
                return self.slope(node), _ATOM
            case Over():
                return self.over(node)
            case Partial():
                return self.partial(node)
            case Sum(terms):
                return self.sum(terms), _SUM
            case Product(parts):
                return self.product(parts)
            case Power(base, exponent):
                if isinstance(exponent, Number) and exponent.value < 0:
                    return self.product((node,))
                return self.power(base, exponent), _POWER
            case Call(function, argument):
                return self.call(function, argument), _ATOM
            case _:
                raise TypeError(f"no rule to print {type(node).__name__}")

    def inside(self, node: Node, at_least: int) -> str:
        written, binding = self.write(node)
        return written if binding >= at_least else self.bracket(written)

    def bracket(self, written: str) -> str:
        return f"({written})"

    def number(self, node: Number) -> tuple[str, int]:
        written = number_text(node)
        return written, _SIGN if node.value < 0 else _PRODUCT if "/" in written else _ATOM

    def quantity(self, node: Quantity) -> tuple[str, int]:
        written = self.names.text(node)
        return written, _PRODUCT if "/" in written else _ATOM

    def slope(self, node: Slope) -> str:
        return f"{self.names.activation}{chr(39) * node.order}({self.write(node.argument)[0]})"

    def over(self, node: Over) -> tuple[str, int]:
        return f"{node.kind}_{node.index}({self.write(node.body)[0]})", _ATOM

    def partial(self, node: Partial) -> tuple[str, int]:
        below = "".join(
            f"∂{self.names.text(part)}" for part in node.children[1:] if isinstance(part, Quantity)
        )
        return f"{'∂²' if node.second else '∂'}{self.names.text(node.top)}/{below}", _PRODUCT

    def sum(self, terms: tuple[Node, ...]) -> str:
        written = ""
        for at, term in enumerate(terms, 1):
            piece = self.term(term, at == len(terms))
            if not written:
                written = piece
            else:
                written += f" - {piece[1:]}" if piece.startswith("-") else f" + {piece}"
        return written

    def term(self, node: Node, last: bool) -> str:
        return self.inside(node, _PRODUCT)

    def product(self, parts: tuple[Node, ...]) -> tuple[str, int]:
        negative, above, below = fraction_parts(parts)
        if len(above) > 1 and above[0] is ONE:
            above = above[1:]
        written = "*".join(
            self.inside(factor, _POWER if at else _PRODUCT + 1) for at, factor in enumerate(above)
        )
        if below:
            under = [self.inside(factor, _POWER) for factor in below]
            written += "/" + (under[0] if len(under) == 1 else f"({'*'.join(under)})")
        return ("-" if negative else "") + written, _PRODUCT

    def power(self, base: Node, exponent: Node) -> str:
        return f"{self.inside(base, _ATOM)}**{self.inside(exponent, _POWER)}"

    def call(self, function: str, argument: Node) -> str:
        return f"{'ln' if function == 'log' else function}({self.write(argument)[0]})"


class _Latex(_Text):
    def bracket(self, written: str) -> str:
        return rf"\left({written}\right)"

    def number(self, node: Number) -> tuple[str, int]:
        sign, value = "-" if node.value < 0 else "", Number(abs(node.value), node.decimal)
        above, _, below = number_text(value).partition("/")
        mantissa, _, power = above.partition("e")
        written = rf"\frac{{{above}}}{{{below}}}" if below else mantissa
        if power:
            written += rf" \cdot 10^{{{int(power)}}}"
        return sign + written, _SIGN if sign else _PRODUCT if below or power else _ATOM

    def quantity(self, node: Quantity) -> tuple[str, int]:
        return self.names.latex(node), _ATOM

    def slope(self, node: Slope) -> str:
        S = r"\sigma" if self.names.activation == "σ" else "S"
        return rf"{S}{chr(39) * node.order}\left({self.write(node.argument)[0]}\right)"

    def term(self, node: Node, last: bool) -> str:
        """A Σ that is not the last term is bracketed: nothing after it could be read as under it."""
        above = fraction_parts(node.factors)[1] if isinstance(node, Product) else [node]
        under_sigma = isinstance(above[-1], Over) and not last
        return self.bracket(self.write(node)[0]) if under_sigma else super().term(node, last)

    def over(self, node: Over) -> tuple[str, int]:
        if node.index == "w":
            return rf"\sum_{{w}} {self.inside(node.body, _PRODUCT)}", _PRODUCT
        top = "N" if node.index == "n" else str(self.names.shape.sizes[node.layer])
        index = latex_index(node.index)
        mean = r"\frac{1}{N} " if node.kind == "mean" else ""
        return rf"{mean}\sum_{{{index}=1}}^{{{top}}} {self.inside(node.body, _PRODUCT)}", _PRODUCT

    def partial(self, node: Partial) -> tuple[str, int]:
        parts = [
            rf"\partial {self.names.latex(part)}" for part in node.children[1:] if isinstance(part, Quantity)
        ]
        above, below = r"\partial^2" if node.second else r"\partial", r" \, ".join(parts)
        return rf"\frac{{{above} {self.names.latex(node.top)}}}{{{below}}}", _ATOM

    def product(self, parts: tuple[Node, ...]) -> tuple[str, int]:
        negative, above, below = fraction_parts(parts)
        if below:
            under = self._row(below) if len(below) > 1 else self.write(below[0])[0]
            if all(isinstance(factor, Number | Quantity) for factor in above) and len(above) == 1:
                written = rf"\frac{{{self.write(above[0])[0]}}}{{{under}}}"
            else:
                numbers = [factor for factor in above[:1] if isinstance(factor, Number)]
                lead = self.write(numbers[0])[0] if numbers else "1"
                rest = above[len(numbers) :]
                written = (
                    rf"\frac{{{lead}}}{{{under}}} {self._row(rest)}"
                    if rest
                    else rf"\frac{{{lead}}}{{{under}}}"
                )
        else:
            written = self._row(above[1:] if len(above) > 1 and above[0] is ONE else above)
        return ("-" if negative else "") + written, _PRODUCT

    def _row(self, parts: list[Node]) -> str:
        """Factors side by side: a sum over units in brackets unless it comes last."""
        written = ""
        for at, factor in enumerate(parts):
            last = at == len(parts) - 1
            alone = isinstance(factor, Over) and last
            piece = self.inside(factor, _PRODUCT if alone else _POWER)
            dot = r" \cdot " if piece[0].isdigit() else r" \, "
            written += f"{dot}{piece}" if written else piece
        return written

    def power(self, base: Node, exponent: Node) -> str:
        lower = self.write(base)[0] if isinstance(base, Number) else self.bracket(self.write(base)[0])
        return f"{lower}^{{{self.write(exponent)[0]}}}"

    def call(self, function: str, argument: Node) -> str:
        inner = self.write(argument)[0]
        if function == "abs":
            return rf"\left|{inner}\right|"
        if function == "sqrt":
            return rf"\sqrt{{{inner}}}"
        name = _LATEX_FUNCTIONS.get(function) or rf"\operatorname{{{function}}}"
        return rf"{name}\left({inner}\right)"


def sympy_expression(node: Node, names: Symbols) -> Any:
    """As SymPy: samples and units as indices, sums kept as `Sum`."""
    import sympy

    def convert(part: Node) -> Any:
        match part:
            case Number(value):
                return sympy.Rational(value.numerator, value.denominator)
            case Quantity():
                return names.sympy(part)
            case Sum(terms):
                return sympy.Add(*(convert(term) for term in terms))
            case Product(parts):
                return sympy.Mul(*(convert(factor) for factor in parts))
            case Power(base, exponent):
                return convert(base) ** convert(exponent)
            case Call(function, argument):
                return sympy_function(function)(convert(argument))
            case Slope():
                from deltarule.lecture.rules import own_value

                return convert(own_value(names.shape, part))
            case Over():
                index = sympy.Symbol(part.index, integer=True)
                N = names.sympy(Quantity("N"))
                top = N if part.index == "n" else names.shape.sizes[part.layer]
                total = sympy.Sum(convert(part.body), (index, 1, top))
                return total / N if part.kind == "mean" else total
            case _:
                raise TypeError(f"no rule to write {type(part).__name__} as SymPy")

    return convert(node)


def sympy_function(function: str) -> Any:
    """SymPy's function of one of our names."""
    import sympy

    known: dict[str, Any] = {
        "log": sympy.log,
        "abs": sympy.Abs,
        "step": lambda z: sympy.Piecewise((1, z > 0), (0, True)),
        "logistic": lambda z: 1 / (1 + sympy.exp(-z)),
        "Phi": lambda z: (1 + sympy.erf(z / sympy.sqrt(2))) / 2,
        "phi": lambda z: sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi),
    }
    return known[function] if function in known else getattr(sympy, function)


def unit_range(names: Symbols, layer: int) -> str:
    """`k = 1 … 2`."""
    return f"{letter(layer, names.shape.layers)} = 1 … {names.shape.sizes[layer]}"


def steps_html(steps: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    """Steps (title, words, LaTeX formulas) as an ordered list with MathML."""

    def set_off(formula: str) -> str:
        return f'<div style="margin:0.5em 0">{mathml(formula)}</div>'

    items = [
        f"<li><b>{escape(title)}</b>: {escape(words)}{''.join(map(set_off, formulas))}</li>"
        for title, words, formulas in steps
    ]
    return f"<ol>{''.join(items)}</ol>"
