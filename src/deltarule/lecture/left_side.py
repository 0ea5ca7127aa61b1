"""What stands left of the = sign, and what the formula behind it is then of what is asked.

    −∂E/∂w = A    (−∂E/∂w) = A    N ∂E/∂w = A    Δw = −η ∂E/∂w = A    −∂E_n/∂o_n1 = A

A name may leave out there what the question has said: ∂E/∂w is the weight that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from deltarule.equations.shape import Shape
from deltarule.errors import ExpressionError
from deltarule.expressions.nodes import ONE, Node, Number, divide, is_number, multiply, negate
from deltarule.lecture.answers import ETA, Answer, Reader
from deltarule.lecture.naming import Naming
from deltarule.lecture.scanning import Token
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.terms import Partial, Quantity, everything, factors

_CHANGE = "change"  # Δw, as a kind of quantity


def as_gradient(answer: Answer, weight: Quantity, sign: int, names: Symbols) -> Node:
    """sign · ∂E/∂weight, as the answer has it; Δw is −η ∂E/∂w, and its η may be left out.

    Raises ExpressionError for a left side that is neither ∂E/∂w nor Δw, or of another weight.

    >>> from deltarule.equations.shape import make_shape
    >>> from deltarule.lecture.answers import read_answer
    >>> shape = make_shape([2, 2, 1], "logistic", "logistic", bias=False)
    >>> asked, names = Quantity("w", 2, (1, 1)), Symbols(shape)
    >>> as_gradient(read_answer("(-∂E/∂w_11^(1,2)) = -y_n1", shape), asked, 1, names).key
    'y1[1]'
    """
    if not answer.left:
        return answer.node
    core, constant = _left(answer.left, names.shape, (weight,))
    found: Quantity | None = None
    if isinstance(core, Partial) and core.top.kind in ("E", "En"):
        found = core.bottom
    elif constant is not None and isinstance(core, Quantity) and core.kind == _CHANGE:
        found = replace(core, kind=weight.kind)
        constant = multiply(-ETA if answer.steps else -ONE, constant)
    if found is None or constant is None or found.kind not in ("w", "b"):
        raise ExpressionError(
            f"left of the = stands neither ∂E/∂{names.text(weight)} nor Δ{names.text(weight)}."
        )
    if found.key != weight.key:
        raise ExpressionError(
            f"another weight stands left of the =: {names.text(found)}, and {names.text(weight)} is asked."
        )
    return _over(answer.node, constant if sign > 0 else negate(constant))


def as_link(answer: Answer, links: tuple[Partial, ...], names: Symbols) -> Node:
    """The link of a chain that is asked for, as the answer has it; `links` are the ways to write it.

    Raises ExpressionError for a left side that is something else.
    """
    if not answer.left:
        return answer.node
    meant = tuple(q for link in links for q in (link.top, link.bottom))
    core, constant = _left(answer.left, names.shape, meant)
    written = f"∂{names.text(links[0].top)}/∂{names.text(links[0].bottom)}"
    if constant is None or core.key not in {link.key for link in links}:
        raise ExpressionError(f"what stands left of the = is not {written}, which is asked.")
    return _over(answer.node, constant)


def _over(node: Node, constant: Node) -> Node:
    if is_number(constant, 1):
        return node
    return negate(node) if is_number(constant, -1) else divide(node, constant)


def _left(tokens: tuple[Token, ...], shape: Shape, meant: tuple[Quantity, ...]) -> tuple[Node, Node | None]:
    """The derivative or Δw of a left side, and the constant before it; None where there is more than a constant."""
    reader = _Left(tokens, shape=shape, names=_Filled(shape, meant=meant))
    try:
        node = reader.expression()
        reader.end()
    except ExpressionError as fault:
        raise ExpressionError(f"what stands left of the = is not what is asked: {fault}") from None
    parts = factors(node)
    cores = [part for part in parts if not _is_constant(part)]
    rest = [part for part in parts if _is_constant(part)]
    return cores[0] if cores else node, multiply(*rest, ONE) if len(cores) == 1 else None


def _is_constant(part: Node) -> bool:
    leaves = [leaf for leaf in everything(part) if not leaf.children]
    return not isinstance(part, Partial) and all(
        isinstance(leaf, Number) or leaf.key == Quantity("N").key for leaf in leaves
    )


@dataclass(kw_only=True)
class _Left(Reader):
    """A left side, where Δw may stand and a derivative of E stays one."""

    def partial(self, top: Quantity, bottom: Quantity) -> Node:
        return Partial(Quantity("En") if top.kind == "E" and bottom.kind == "y" else top, bottom)

    def named(self, token: Token) -> Node:
        if token.text != "Δ":
            return super().named(token)
        return replace(self.names.quantity(self.take()), kind=_CHANGE)


@dataclass
class _Filled(Naming):
    """Names that leave out what the question has said."""

    meant: tuple[Quantity, ...] = ()

    def quantity(self, token: Token) -> Quantity:
        if token.text == "MSE":
            return Quantity("E")
        for notation in ("layer", "textbook"):
            names = Symbols(self.shape, notation)
            for q in self.meant:
                base, units, upper = names.parts(q)
                if base == {"W": "w"}.get(token.text, token.text):
                    filled = replace(token, index=token.index or units, upper=token.upper or upper)
                    return super().quantity(filled)
        return super().quantity(token)
