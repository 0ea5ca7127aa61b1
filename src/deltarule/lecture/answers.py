"""Typed answers → formulas: the lecture's, the layer and the textbook notation, as text, Python or simple LaTeX.

    mean_n(…)  sum_k(…)  \\frac{1}{N}\\sum_{n=1}^{N} …      means and sums; Σ_n … and sum_n … reach to the next + or −
    w_12^(0,1)  net_n1^(1,2)  y_n1^(1,2)  o_n1  d_n1  x_n1   quantities; also z, a, t, δ and l
    S'(net_n1^(1,2))  σ'(z_n1^(2))                           the activation's derivative
    ∂o_n1/∂y_n1^(1,2)                                        a link of the chain, not yet worked out

docs/answers.md has the whole grammar. Nothing typed is ever executed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from deltarule.equations.shape import Shape
from deltarule.errors import ExpressionError, UnknownName
from deltarule.expressions.functions import ALIASES, FUNCTIONS
from deltarule.expressions.nodes import Call, Constant, Node, Number, divide
from deltarule.lecture.grammar import Grammar, behind_equals
from deltarule.lecture.naming import SAMPLED, Naming
from deltarule.lecture.scanning import SUMS, Token, error, scan
from deltarule.lecture.terms import Over, Partial, Quantity, Slope, decimal

GRAMMAR = """\
Quantities   w_12^(0,1)  b_2^(1)  x_n1  net_n1^(1,2)  y_n1^(1,2)  o_n1  d_n1  l_n1 (= o_n1 - d_n1)  N
             also y_n1^(1), the textbook's z_n1^(2) a_n1^(1) t_n1 w_12^(1), and δ_n1^(2)
Activation   S'(net_n1^(1,2))  S(...)  S''(...)  or its own form, such as o_n1*(1 - o_n1)
Means, sums  mean_n(...)  sum_n(...)  sum_k(...)  1/N Σ_n ...  or 1/N sum_n ..., to the next + or -
Operators    + - * / ^ ** ( ) and side by side for a product; exp log sqrt tanh abs sign
Links        ∂o_n1/∂y_n1^(1,2) or do_n1/dy_n1^(1,2): a neighbour's derivative, not worked out
LaTeX        \\frac{1}{N} \\sum_{n=1}^{N} 2 \\left(o_{n1} - d_{n1}\\right) S'(net_{n1}^{(1,2)}) y_{n1}^{(1,2)}"""

_ACTIVATION = frozenset({"S", "s", "σ", "sigma"})
_STEP = frozenset({"η", "eta"})
ETA = decimal(0.3719)  # a step size: any positive constant


@dataclass(frozen=True)
class Answer:
    """A formula that was typed."""

    node: Node
    left: tuple[Token, ...] = ()  # what stood left of its first = sign
    remarks: tuple[str, ...] = ()  # what had to be read otherwise than it was typed
    steps: bool = False  # whether a step size η stands in it, or left of its = sign


def read_answer(text: str, shape: Shape) -> Answer:
    """The formula of a typed answer, its names understood as this network's.

    Raises ExpressionError, with one sentence and a position.

    >>> from deltarule.equations.shape import make_shape
    >>> from deltarule.lecture.rendering import text
    >>> from deltarule.lecture.symbols import Symbols
    >>> shape = make_shape([2, 2, 1], "logistic", "logistic", bias=False)
    >>> print(text(read_answer(r"\\frac{1}{N} \\sum_n 2 l_{n1} S'(z_n1^(2)) a_{n1}^{(1)}", shape).node, Symbols(shape)))
    sum_n(2*l_n1*S'(net_n1^(1,2))*y_n1^(1,2))/N
    """
    left, tokens = behind_equals(scan(text))
    reader = Reader(tokens, shape=shape, names=Naming(shape))
    node = reader.expression()
    reader.end()
    free = [name for name in reader.names.letters if name != "n"]
    if free:
        raise ExpressionError(
            f"the index {free[0]} stands for no particular unit: sum over it, sum_{free[0]}(…), or write its number."
        )
    steps = any(token.kind == "name" and token.text in _STEP for token in (*left, *tokens))
    return Answer(node, tuple(left), tuple(reader.names.remarks), steps)


@dataclass(kw_only=True)
class Reader(Grammar):
    """The quantities of a network, as they stand in a formula."""

    shape: Shape
    names: Naming

    def fraction(self) -> Node:
        self.expect("{")
        top = self.differential()
        above = top or self.expression()
        self.expect("}")
        self.expect("{")
        below: Node = self.quantity_of_differential() if top else self.expression()
        self.expect("}")
        if isinstance(above, Quantity) and top is not None:
            assert isinstance(below, Quantity)
            return self.partial(above, below)
        return divide(above, below)

    def differential(self) -> Quantity | None:
        """The quantity behind ∂ or d, where one stands next."""
        token = self.token
        if token is None or token.kind != "name":
            return None
        bare = token.text in ("∂", "d") and not token.index
        if bare:
            following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
            if following is None or following.kind != "name":
                return None
            self.take()
            return self.names.quantity(self.take())
        rest = token.text[1:]
        if token.text[0] == "d" and (rest in SAMPLED or rest in ("E", "w", "b")) and token.text != "delta":
            self.take()
            return self.names.quantity(Token("name", rest, token.start + 1, token.index, token.upper))
        return None

    def quantity_of_differential(self) -> Quantity:
        start = self.token.start if self.token else 0
        found = self.differential()
        if found is None:
            raise error("∂ and the quantity that is changed are expected", start)
        return found

    def partial(self, top: Quantity, bottom: Quantity) -> Node:
        """∂top/∂bottom; of E by a net input it is δ, and by an output ∂E_n/∂o / N."""
        if top.kind == "E" and bottom.kind == "net":
            return Quantity("delta", bottom.layer, bottom.units)
        if top.kind == "E" and bottom.kind == "y" and bottom.layer == self.shape.layers:
            return Partial(Quantity("En"), bottom) / Quantity("N")
        return Partial(top, bottom)

    def named(self, token: Token) -> Node:
        self.at -= 1
        top = self.differential()
        if top is not None:
            self.expect("/")
            return self.partial(top, self.quantity_of_differential())
        self.at += 1
        if token.text in _ACTIVATION:
            return self.slope(token)
        if token.text in SUMS:
            return self.over(token)
        if token.text in SAMPLED or token.text in ("w", "W", "b"):
            return self.names.quantity(token)
        if token.text == "N":
            return Quantity("N")
        if token.text in ("I", "J", "K"):
            layer = {"I": 0, "J": min(1, self.shape.layers), "K": self.shape.layers}[token.text]
            return Number(Fraction(self.shape.sizes[layer]))
        if token.text in _STEP:
            return ETA
        if token.text in ("pi", "e"):
            return Constant(token.text)
        name = ALIASES.get(token.text, token.text)
        if name in FUNCTIONS or name == "step":
            return Call(name, self.argument(token))
        raise self.unknown(token)

    def unknown(self, token: Token) -> ExpressionError:
        if token.text == "n":
            return error("n only counts the samples; it is no factor", token.start)
        known = ["net", "mean", "sum", "exp", "log", "sqrt", "tanh", "abs", "sign", "logistic", "delta"]
        near = UnknownName("name", token.text, known).nearest
        hint = f"did you mean '{near}'?" if near else "quantities are x y o d l net w b; ? shows the grammar."
        return ExpressionError(
            f"unknown name '{token.text}' at position {token.start + 1}: {hint}", token.start + 1
        )

    def slope(self, token: Token) -> Node:
        argument = self.argument(token)
        if token.primes > 2:
            raise error("at most S'' is known", token.start)
        if isinstance(argument, Quantity) and argument.kind == "net":
            return Slope(token.primes, argument.layer, argument)
        same = set(self.shape.activations)
        if len(same) > 1:
            raise error(
                "this network has several activations: give S a net input, S'(net_n1^(1,2)), to say which",
                token.start,
            )
        return Slope(token.primes, 1, argument)

    def over(self, token: Token) -> Node:
        index = token.index or "n"
        name = re.sub(r"=.*", "", index)
        if not re.fullmatch(r"n|h\d+|[a-z]", name):
            raise error(f"{token.text} runs over n, k, j, i or h2: write {token.text}_n(…)", token.start)
        if self.is_operator("^"):  # the upper bound N or K is known
            self.take()
            self.primary_bound()
        outer = self.names.letters.pop(name, None)
        body = self.term() if self.reaches_on(token) else self.argument(token)
        layer = self.names.letters.pop(name, None)
        if outer is not None:
            self.names.letters[name] = outer
        if name == "n":
            return Over(SUMS[token.text], "n", -1, body)
        if layer is None:
            last = self.shape.layers
            layer = {"i": 0, "j": min(1, last), "k": last}.get(
                name, int(name[1:]) if name[1:].isdigit() else last
            )
            if layer > last:
                raise error(f"there is no layer for the index {name}", token.start)
        return Over(SUMS[token.text], name, layer, body)

    def reaches_on(self, token: Token) -> bool:
        """Whether a sum takes the rest of its term: Σ_n …, and sum_n … unless its bracket follows at once."""
        following = self.token
        return token.text == "Σ" or (
            following is not None and following.apart and following.text not in ")]}"
        )

    def primary_bound(self) -> None:
        token = self.take()
        if token.kind == "operator" and token.text in "{(":
            while not self.is_operator("})"):
                self.take()
            self.take()
