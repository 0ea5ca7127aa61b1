"""A step of a derivation, and its lines: left = right, in words, text and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from deltarule.expressions.nodes import Node
from deltarule.lecture import rendering
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.terms import everything


@dataclass(frozen=True)
class Line:
    """left = right; right may be a number."""

    left: Node
    right: Node | float

    @property
    def parts(self) -> Iterator[Node]:
        """Everything that stands on its right side."""
        return everything(self.right) if isinstance(self.right, Node) else iter(())

    def text(self, names: Symbols) -> str:
        """As text."""
        # -0 is 0
        right = (
            rendering.text(self.right, names) if isinstance(self.right, Node) else f"{self.right + 0.0:.6g}"
        )
        return f"{rendering.text(self.left, names)} = {right}"

    def latex(self, names: Symbols) -> str:
        """As LaTeX."""
        right = (
            rendering.latex(self.right, names) if isinstance(self.right, Node) else _latex_number(self.right)
        )
        return f"{rendering.latex(self.left, names)} = {right}"


@dataclass(frozen=True)
class Step:
    """One step of a derivation: what is done, why, and the formulas."""

    title: str
    words: str
    lines: tuple[Line, ...]
    names: Symbols = field(repr=False)

    @property
    def text(self) -> str:
        """The step as text, formulas indented."""
        return "\n".join(
            [f"{self.title}: {self.words}", *("    " + line.text(self.names) for line in self.lines)]
        )

    @property
    def latex(self) -> list[str]:
        """Its formulas as LaTeX, one each."""
        return [line.latex(self.names) for line in self.lines]


def _latex_number(value: float) -> str:
    mantissa, _, power = f"{value + 0.0:.6g}".partition("e")
    return mantissa + (rf" \cdot 10^{{{int(power)}}}" if power else "")
