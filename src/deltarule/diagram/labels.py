"""A label as it is set: a base with an index below and a layer above, and how much room it takes.

`w_12^(0,1)` is base `w`, index `12`, layer `(0,1)`. Anything else is plain text. Widths are those of a serif italic;
the writers hold the set text to them, so that boxes that do not overlap here do not overlap on any screen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MATH = re.compile(r"(?P<base>[^\W\d_]+'*)(?:_(?P<sub>[\w,₂₃₄₅₆₇₈₉]+))?(?:\^(?P<sup>\([\w,−]+\)))?")
_NARROW = frozenset(" .,;:'|ijlt()[]-·⋮")
_WIDE = frozenset("mwMWOQNDGHS∂Σ①②③④⑤⑥⑦⑧⑨⑩")
_SERIF = {
    "x": 0.46,
    "y": 0.46,
    "z": 0.42,
    "e": 0.46,
    "a": 0.52,
    "w": 0.69,
    "m": 0.74,
    "W": 0.86,
    "t": 0.3,
    "l": 0.3,
}
SCRIPT = 0.68  # size of an index, of the base's


@dataclass(frozen=True)
class Label:
    """One line of text, perhaps with a lower and an upper index set above each other.

    >>> Label.read("w_12^(0,1)")
    Label(base='w', sub='12', sup='(0,1)')
    >>> Label.read("0.53").sub
    ''
    """

    base: str
    sub: str = ""
    sup: str = ""

    @classmethod
    def read(cls, text: str | Label) -> Label:
        """The label of a text such as `net_n1^(0,1)`; what is not of that form, or a label already, is set as it is."""
        if isinstance(text, Label):
            return text
        match = _MATH.fullmatch(text)
        if not match or not (match["sub"] or match["sup"]):
            return cls(text)
        return cls(match["base"], match["sub"] or "", match["sup"] or "")

    @property
    def is_math(self) -> bool:
        """Whether the base is set in italics."""
        return bool(self.sub or self.sup)

    def base_width(self, size: float) -> float:
        """Room of the base at that font size."""
        if self.is_math:
            return sum(_SERIF.get(c, 0.52) for c in self.base) * size
        return text_width(self.base, size)

    def width(self, size: float) -> float:
        """Room of the whole label."""
        scripts = max((text_width(part, size * SCRIPT) for part in (self.sub, self.sup) if part), default=0.0)
        return self.base_width(size) + (scripts + 1 if scripts else 0)

    def height(self, size: float) -> float:
        """From the lower index's foot to the upper one's top."""
        return size * (1.35 if self.is_math else 1.1)

    @property
    def latex(self) -> str:
        """For a formula in a LaTeX text."""
        if not self.is_math:
            return (
                rf"\text{{{self.base}}}"
                if re.search(r"[^\d.\-−+e]", self.base)
                else self.base.replace("−", "-")
            )
        primes = self.base.count("'")
        base = self.base.rstrip("'")
        base = {"δ": r"\delta", "σ": r"\sigma", "Σ": r"\sum"}.get(
            base, rf"\mathrm{{{base}}}" if len(base) > 1 else base
        ) + "'" * primes
        sub = f"_{{{_subscripts(self.sub)}}}" if self.sub else ""
        return base + sub + (f"^{{{self.sup}}}" if self.sup else "")


def text_width(text: str, size: float) -> float:
    """Room of plain text at that font size, with a little to spare."""
    return sum(0.34 if c in _NARROW else 0.84 if c in _WIDE else 0.58 for c in text) * size


def _subscripts(sub: str) -> str:
    return re.sub("[₂-₉]", lambda digit: f"_{'₀₁₂₃₄₅₆₇₈₉'.index(digit[0])}", sub)


def number(value: float) -> str:
    """A number in at most seven characters, three digits that count.

    >>> number(0.62345), number(-0.000012345), number(1234567.0), number(0.0)
    ('0.623', '−1.2e-5', '1.2e6', '0')
    """
    if value == 0:
        return "0"
    size = abs(value)
    if not size < float("inf"):
        return str(value)
    if 1e-3 <= size < 1e4:
        digits = f"{size:.3g}" if size < 1000 else f"{size:.0f}"
    else:
        mantissa, power = f"{size:.1e}".split("e")
        digits = f"{mantissa}e{int(power)}"
    return ("−" if value < 0 else "") + digits
