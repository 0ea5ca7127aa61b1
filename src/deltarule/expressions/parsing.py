"""Text → tree, by a whitelist: nothing that is typed is ever executed.

The text is cut into tokens and its depth counted before Python's parser sees it; then each syntax node is either
one of the few kinds that a formula has, or an error with its position.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Collection
from fractions import Fraction
from typing import NamedTuple

from deltarule.errors import ExpressionError, UnknownName
from deltarule.expressions.evaluation import constant_values
from deltarule.expressions.functions import ALIASES, CONSTANTS, FUNCTIONS
from deltarule.expressions.nodes import (
    Call,
    Constant,
    Node,
    Number,
    Variable,
    add,
    divide,
    multiply,
    negate,
    postorder,
    raise_to,
)

LONGEST, DEEPEST = 1000, 50

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<operator>\*\*|[-+*/^(),])", re.ASCII
)


class Token(NamedTuple):
    """A number, name or operator and where it starts, counted from 0."""

    kind: str
    text: str
    start: int


def parse(text: str, names: Collection[str] | None = None) -> Node:
    """The formula that was typed, as a tree that keeps the order of its terms.

    Numbers, names in letters of any script, `+ - * / ** ^` (power), brackets, pi, e, and
    the functions of `functions.FUNCTIONS`.

    Parameters
    ----------
    text : at most 1,000 characters, nested at most 50 deep.
    names : the variables that may occur; None allows any.

    Raises
    ------
    ExpressionError : one sentence with the position, counted from 1.

    >>> parse("2*x^2 - sin(pi*y)/3")
    2*x**2 - sin(pi*y)/3
    >>> parse("2*snh(x)")
    Traceback (most recent call last):
        ...
    deltarule.errors.ExpressionError: unknown function 'snh' at position 3: did you mean 'sinh'?
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ExpressionError(f"a formula is expected as text, not as {type(text).__name__}.")
    if len(text) > LONGEST:
        raise ExpressionError(f"the formula has {len(text):,} characters; at most {LONGEST:,} are read.")
    tokens = _tokens(text)
    _check_depth(tokens)
    _check_order(tokens)
    source, origin = _python_source(tokens)
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as fault:
        at = min(getattr(fault, "offset", None) or 1, len(origin)) - 1
        raise _error("the formula cannot be read: something is missing or too much", origin[at]) from None
    reader = _Reader(origin, {token.start: token.text for token in tokens}, names)
    node = reader.read(tree.body)
    _check_constants(node, reader.positions)
    return node


def _error(message: str, start: int) -> ExpressionError:
    return ExpressionError(f"{message} at position {start + 1}.", start + 1)


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        if text[at].isspace():
            at += 1
            continue
        if match := _TOKEN.match(text, at):
            token = Token(str(match.lastgroup), match[0], at)
        elif text[at].isidentifier():
            token = Token("name", text[at : _name_end(text, at)], at)
        else:
            raise _error(f"the character {text[at]!r} has no meaning in a formula", at)
        if keyword.iskeyword(token.text):
            raise _error(f"'{token.text}' is a word of Python's, not a name for a variable,", token.start)
        tokens.append(token)
        at += len(token.text)
    if not tokens:
        raise ExpressionError("the formula is empty: write one such as x1**2 + 3*x1*x2.")
    return tokens


def _name_end(text: str, at: int) -> int:
    """Where the name that starts here ends."""
    return next((end for end in range(at + 1, len(text)) if not text[at : end + 1].isidentifier()), len(text))


def _check_order(tokens: list[Token]) -> None:
    """Operands and operators take turns."""
    operand_next, before = True, tokens[0]
    for token in tokens:
        kind, text, start = token
        if operand_next and kind == "operator" and text not in "(+-":
            raise _error(f"a number, a name or a bracket is expected, not '{text}',", start)
        if not operand_next and (kind != "operator" or (text == "(" and before.kind != "name")):
            raise _error(f"write * between '{before.text}' and '{text}'", start)
        operand_next = kind == "operator" and text != ")"
        before = token
    if operand_next:
        raise _error(f"the formula breaks off after '{before.text}'", before.start)


def _check_depth(tokens: list[Token]) -> None:
    """Open brackets, signs in a row and towers of powers: what a parser would have to stack up."""
    open_at: list[int] = []
    chains = [0]  # signs and powers waiting at each bracket level
    before = "("
    for kind, text, start in tokens:
        if text == "(":
            open_at.append(start)
            chains.append(0)
        elif text == ")":
            if not open_at:
                raise _error("this ) closes no bracket", start)
            open_at.pop()
            chains.pop()
        elif text in ("**", "^") or (text in "+-" and before in ("(", ",", "+", "-", "*", "/", "**", "^")):
            chains[-1] += 1
        elif kind == "operator":
            chains[-1] = 0
        if len(open_at) + sum(chains) > DEEPEST:
            raise _error(f"the formula is nested more than {DEEPEST} deep", start)
        before = text if text != ")" else "x"
    if open_at:
        raise _error("this ( is never closed", open_at[-1])


def _python_source(tokens: list[Token]) -> tuple[str, list[int]]:
    """Python's spelling of the tokens, and for each of its characters the position typed.

    Every name is spelt n: Python would write some letters of other scripts anew, and count them in bytes.
    """
    pieces: list[str] = []
    origin: list[int] = []
    for kind, text, start in tokens:
        written = "n" if kind == "name" else "**" if text == "^" else text
        if kind == "number" and text.isdigit():
            written = text.lstrip("0") or "0"
        pieces.append(written + " ")
        origin.extend([start] * len(pieces[-1]))
    return "".join(pieces), origin


class _Reader:
    """Syntax nodes → our nodes; sums and products are walked, not recursed into, along their left side."""

    def __init__(self, origin: list[int], typed: dict[int, str], names: Collection[str] | None) -> None:
        self.origin = origin
        self.typed = typed
        self.names = names
        self.positions: dict[int, int] = {}

    def read(self, tree: ast.expr) -> Node:
        node = self._read(tree)
        self.positions.setdefault(id(node), self._start(tree))
        return node

    def _start(self, tree: ast.expr) -> int:
        return self.origin[tree.col_offset]

    def _word(self, tree: ast.Name) -> str:
        return self.typed[self._start(tree)]

    def _read(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Constant():
                return self._number(tree)
            case ast.Name():
                return self._name(tree)
            case ast.UnaryOp(op=ast.USub()):
                return negate(self.read(tree.operand))
            case ast.UnaryOp(op=ast.UAdd()):
                return self.read(tree.operand)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                parts = self._spine(tree, (ast.Add, ast.Sub))
                return add(*(negate(part) if isinstance(op, ast.Sub) else part for op, part in parts))
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                parts = self._spine(tree, (ast.Mult, ast.Div))
                node = parts[0][1]
                for op, part in parts[1:]:
                    node = divide(node, part) if isinstance(op, ast.Div) else multiply(node, part)
                return node
            case ast.BinOp(op=ast.Pow()):
                return raise_to(self.read(tree.left), self.read(tree.right))
            case ast.Call(func=ast.Name() as called, args=[argument], keywords=[]):
                return Call(self._function(called), self.read(argument))
            case ast.Call(func=ast.Name() as called):
                raise _error(f"the function '{self._word(called)}' takes one argument", self._start(tree))
            case _:
                raise _error(
                    "only + - * / ** and functions of one argument are understood here,", self._start(tree)
                )

    def _spine(
        self, tree: ast.expr, kinds: tuple[type[ast.operator], ...]
    ) -> list[tuple[ast.operator | None, Node]]:
        right: list[tuple[ast.operator | None, ast.expr]] = []
        while isinstance(tree, ast.BinOp) and isinstance(tree.op, kinds):
            right.append((tree.op, tree.right))
            tree = tree.left
        right.append((None, tree))
        return [(op, self.read(part)) for op, part in reversed(right)]

    def _number(self, tree: ast.Constant) -> Node:
        if isinstance(tree.value, bool) or not isinstance(tree.value, int | float):
            raise _error("a number is expected", self._start(tree))
        try:
            size = float(tree.value)
        except OverflowError:
            size = math.inf
        if math.isinf(size):
            raise _error("the number is too large for a float (at most 1.8e308)", self._start(tree))
        if isinstance(tree.value, int):
            return Number(Fraction(tree.value))
        return Number(Fraction(repr(size)), decimal=True)

    def _name(self, tree: ast.Name) -> Node:
        word = self._word(tree)
        if self.names is not None and word in self.names:
            return Variable(word)
        if word in CONSTANTS:
            return Constant(word)
        if word in FUNCTIONS or word in ALIASES:
            raise _error(f"'{word}' is a function and needs its argument, {word}(…),", self._start(tree))
        if self.names is not None:
            raise self._unknown("name", tree, self.names)
        return Variable(word)

    def _function(self, tree: ast.Name) -> str:
        name = ALIASES.get(self._word(tree), self._word(tree))
        if name not in FUNCTIONS:
            raise self._unknown("function", tree, [*FUNCTIONS, *ALIASES])
        return name

    def _unknown(self, kind: str, tree: ast.Name, known: Collection[str]) -> ExpressionError:
        word = self._word(tree)
        near = UnknownName(kind, word, known).nearest
        hint = f"did you mean '{near}'?" if near else f"known: {', '.join(known)}."
        start = self._start(tree)
        return ExpressionError(f"unknown {kind} '{word}' at position {start + 1}: {hint}", start + 1)


def _check_constants(root: Node, positions: dict[int, int]) -> None:
    """Parts without a variable have one value; 9**9**9, 1/0 and log(0) are refused at once."""
    at: int | None = None
    for node in postorder([root]):
        at = positions.get(id(node), at)
        if not node.names and not math.isfinite(constant_values(node)):
            message = f"the part {node} is not a finite real number"
            raise _error(message, at) if at is not None else ExpressionError(message + ".")
