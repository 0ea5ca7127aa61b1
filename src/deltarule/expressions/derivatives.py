"""∇f and ∇²f as formulas, by the chain rule run backwards through the tree.

Backpropagation, for any formula: with ā = ∂f/∂a of each part a, starting from f̄ = 1,
    a = Σ t_i            t̄_i += ā
    a = Π q_i            q̄_i += ā Π_{j≠i} q_j
    a = u**v             ū  += ā v u**(v−1),   v̄ += ā a log u
    a = φ(u)             ū  += ā φ'(u)
Kept as it comes it is a graph only a few times larger than f's, made for a Tape; simplified it is made for the eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from deltarule.errors import ExpressionError
from deltarule.expressions.functions import FUNCTIONS
from deltarule.expressions.nodes import (
    ONE,
    ZERO,
    Call,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    add,
    is_number,
    ordered_names,
    postorder,
    raise_to,
)
from deltarule.expressions.simplifying import LARGEST, simplify_all


def gradient(formula: Node, names: Sequence[str] | None = None) -> tuple[Node, ...]:
    """∂f/∂name for each name (all of the formula's, x2 before x10, if none are given), simplified.

    >>> from deltarule.expressions import parse
    >>> gradient(parse("x1**2 + 3*x1*x2 + 5*x2**2"))
    (2*x1 + 3*x2, 3*x1 + 10*x2)
    """
    names = ordered_names(formula.names) if names is None else names
    return simplify_all(gradient_graph(formula, names))


def hessian(formula: Node, names: Sequence[str] | None = None) -> tuple[tuple[Node, ...], ...]:
    """∂²f/∂name_i ∂name_j, row by row, simplified and symmetric.

    >>> from deltarule.expressions import parse
    >>> hessian(parse("x1**2 + 3*x1*x2 + 5*x2**2"))
    ((2, 3), (3, 10))
    """
    names = ordered_names(formula.names) if names is None else names
    rows: list[list[Node]] = []
    parts = 0
    for i, part in enumerate(gradient(formula, names)):
        upper = gradient(part, names[i:])
        parts += sum(entry.size for entry in upper)
        if parts > LARGEST:
            raise ExpressionError(
                f"the Hessian would have more than {LARGEST:,} parts, too many to be shown."
            )
        rows.append([rows[j][i] for j in range(i)] + list(upper))
    return tuple(tuple(row) for row in rows)


def gradient_graph(formula: Node, names: Sequence[str]) -> tuple[Node, ...]:
    """∂f/∂name for each name, not simplified: a few times as many operations as f has, however long f is."""
    wanted = frozenset(names)
    parts = [node for node in postorder([formula]) if node.names & wanted]
    adjoint: dict[int, list[Node]] = {id(part): [] for part in parts}
    found: dict[str, list[Node]] = {name: [] for name in names}
    if parts:
        adjoint[id(formula)].append(ONE)

    def give(to: Node, share: Node) -> None:
        if id(to) in adjoint and not is_number(share, 0):
            adjoint[id(to)].append(share)

    for part in reversed(parts):
        above = _total(adjoint[id(part)])
        match part:
            case Variable():
                found[part.name].append(above)
            case Sum():
                for term in reversed(part.terms):
                    give(term, above)
            case Product():
                before = list(accumulate(part.factors, _times, initial=ONE))
                after = list(accumulate(reversed(part.factors), _times, initial=ONE))[::-1]
                for i in reversed(range(len(part.factors))):
                    give(part.factors[i], _times(above, _times(before[i], after[i + 1])))
            case Power(base, exponent):
                if base.names & wanted:
                    lower = Number(exponent.value - 1) if isinstance(exponent, Number) else exponent - 1
                    give(base, _times(above, _times(exponent, raise_to(base, lower))))
                if exponent.names & wanted:
                    give(exponent, _times(above, _times(part, Call("log", base))))
            case Call(function, argument):
                give(argument, _times(above, FUNCTIONS[function].slope(argument)))
            case _:
                raise TypeError(f"no rule to differentiate {type(part).__name__}")
    return tuple(_total(found[name]) for name in names)


def hessian_graph(formula: Node, names: Sequence[str]) -> tuple[tuple[Node, ...], ...]:
    """The upper triangle of ∂²f/∂name_i ∂name_j, not simplified: row i holds j = i, i+1, …"""
    first = gradient_graph(formula, names)
    return tuple(gradient_graph(part, names[i:]) for i, part in enumerate(first))


def hessian_vector_graph(formula: Node, names: Sequence[str], directions: Sequence[str]) -> tuple[Node, ...]:
    """∇(∇f · v) for v given by name: H v at a few times the price of f, without H."""
    slopes = gradient_graph(formula, names)
    along = add(*(_times(slope, Variable(v)) for slope, v in zip(slopes, directions, strict=True)))
    return gradient_graph(along, names)


def _total(shares: list[Node]) -> Node:
    return ZERO if not shares else shares[0] if len(shares) == 1 else Sum(tuple(reversed(shares)))


def _times(left: Node, right: Node) -> Node:
    """left · right as one shared pair: not flattened, so long products stay linear in length."""
    if is_number(left, 0) or is_number(right, 0):
        return ZERO
    return right if is_number(left, 1) else left if is_number(right, 1) else Product((left, right))
