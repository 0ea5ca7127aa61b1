"""Every quantity named, in the notation asked for: plain text, LaTeX, MathML and SymPy.

lecture    y_nj^(1,2)  net_nj^(0,1)  ∂E/∂net_nj^(0,1)  w_ij^(0,1)  S
layer      y_nj^(1)    net_nj^(0,1)  δ_nj^(1)          w_ij^(0,1)  S
textbook   a_nj^(1)    z_nj^(1)      δ_nj^(1)          w_ij^(1)    σ
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deltarule.equations.shape import Shape
from deltarule.errors import InputError, UnknownName
from deltarule.lecture.terms import SAMPLED, Index, Quantity

NOTATIONS = ("lecture", "layer", "textbook")


def check_notation(notation: str) -> str:
    """The notation's name, if it is one."""
    if notation not in NOTATIONS:
        raise UnknownName("notation", notation, NOTATIONS)
    return notation


def letter(layer: int, last: int) -> str:
    """The index letter of a layer: i for inputs, k for outputs, j for the first hidden layer, then h2, h3 …

    >>> [letter(layer, 4) for layer in range(5)]
    ['i', 'j', 'h2', 'h3', 'k']
    """
    return "i" if layer == 0 else "k" if layer == last else "j" if layer == 1 else f"h{layer}"


def joined(units: tuple[Index, ...], sizes: tuple[int, ...] = ()) -> str:
    """Indices side by side, with a comma where one has two characters: 12, n1, 1,12, h2,k.

    >>> joined((1, 2)), joined((1, 12)), joined(("h2", "k"))
    ('12', '1,12', 'h2,k')
    """
    parts = [str(u) for u in units]
    comma = any(len(part) > 1 for part in parts) or any(size > 9 for size in sizes)
    return ("," if comma and len(parts) > 1 else "").join(parts)


@dataclass(frozen=True)
class Symbols:
    """The names of one network's quantities in one notation.

    >>> from deltarule.equations.shape import make_shape
    >>> names = Symbols(make_shape([3, 4, 2]))
    >>> names.text(Quantity("y", 1, (2,))), names.latex(Quantity("net", 2, ("k",)))
    ('y_n2^(1,2)', '\\\\mathrm{net}_{nk}^{(1,2)}')
    """

    shape: Shape
    notation: str = "lecture"

    def __post_init__(self) -> None:
        check_notation(self.notation)

    @property
    def activation(self) -> str:
        """S, or σ in a textbook."""
        return "σ" if self.notation == "textbook" else "S"

    def parts(self, q: Quantity) -> tuple[str, str, str]:
        """Base, indices and layer of a name: ('w', '12', '0,1')."""
        textbook, last = self.notation == "textbook", self.shape.layers
        m, sizes = q.layer, self.shape.sizes
        base, upper = q.kind, ""
        if q.kind == "y" and m == 0:
            base = "x"
        elif q.kind == "y":
            base = "a" if textbook else "o" if m == last else "y"
            hidden = f"{m},{m + 1}" if self.notation == "lecture" else f"{m}"
            upper = f"{m}" if textbook else "" if m == last else hidden
        elif q.kind == "net":
            base, upper = ("z", f"{m}") if textbook else ("net", f"{m - 1},{m}")
        elif q.kind == "d":
            base = "t" if textbook else "d"
        elif q.kind == "w":
            upper = f"{m}" if textbook else f"{m - 1},{m}"
            return base, joined(q.units, (sizes[m - 1], sizes[m])), upper
        elif q.kind in ("b", "delta"):
            base, upper = ("δ" if q.kind == "delta" else "b"), f"{m}"
        elif q.kind == "En":
            return "E", "n", ""
        units = joined(q.units)
        if q.kind in SAMPLED:
            units = f"n,{units}" if len(units) > 1 else f"n{units}"
        return base, units, upper

    def text(self, q: Quantity) -> str:
        """As it would be typed: `w_12^(0,1)`."""
        if q.kind == "delta" and self.notation == "lecture":
            return f"∂E/∂{self.text(Quantity('net', q.layer, q.units))}"
        if q.kind == "same":
            return f"[{q.units[0]} = {q.units[1]}]"
        base, units, upper = self.parts(q)
        return base + (f"_{units}" if units else "") + (f"^({upper})" if upper else "")

    def latex(self, q: Quantity) -> str:
        """As LaTeX: `w_{12}^{(0,1)}`."""
        if q.kind == "delta" and self.notation == "lecture":
            return rf"\frac{{\partial E}}{{\partial {self.latex(Quantity('net', q.layer, q.units))}}}"
        if q.kind == "same":
            return rf"[{latex_index(str(q.units[0]))}={latex_index(str(q.units[1]))}]"
        base, units, upper = self.parts(q)
        base = {"δ": r"\delta", "net": r"\mathrm{net}"}.get(base, base)
        written = ",".join(latex_index(part) for part in units.split(",")) if units else ""
        return base + (f"_{{{written}}}" if written else "") + (f"^{{({upper})}}" if upper else "")

    def mathml(self, q: Quantity) -> str:
        """As MathML."""
        from latex2mathml.converter import convert

        return convert(self.latex(q))

    def sympy(self, q: Quantity) -> Any:
        """As SymPy: an Indexed with the sample first, such as `y^(1,2)[n, 2]`; N, E and E_n are symbols."""
        import sympy

        base, _, upper = self.parts(q)
        name = base + (f"^({upper})" if upper else "")
        if q.kind in ("N", "E"):
            return sympy.Symbol(name, positive=q.kind == "N", integer=q.kind == "N" or None)
        indices = [sympy.Symbol(u, integer=True) if isinstance(u, str) else sympy.Integer(u) for u in q.units]
        if q.kind == "same":
            return sympy.KroneckerDelta(*indices)
        if q.kind in SAMPLED:
            indices.insert(0, sympy.Symbol("n", integer=True))
        return sympy.Indexed(sympy.IndexedBase(name, real=True), *indices)


def every_quantity(shape: Shape) -> list[Quantity]:
    """What a network's picture shows: inputs, then layer by layer weights, biases, net inputs and outputs.

    >>> shape = Shape((1, 1), ("tanh",))
    >>> list(map(Symbols(shape).text, every_quantity(shape)))
    ['x_n1', 'w_11^(0,1)', 'b_1^(1)', 'net_n1^(0,1)', 'o_n1']
    """
    found = [Quantity("y", 0, (i,)) for i in range(1, shape.sizes[0] + 1)]
    for m in range(1, shape.layers + 1):
        before, units = range(1, shape.sizes[m - 1] + 1), range(1, shape.sizes[m] + 1)
        found += [Quantity("w", m, (i, j)) for i in before for j in units]
        for j in units:
            found += [Quantity("b", m, (j,))] if shape.bias else []
            found += [Quantity("net", m, (j,)), Quantity("y", m, (j,))]
    return found


def latex_index(part: str) -> str:
    """h2 as h_2; the rest as it is."""
    return f"h_{{{part[1:]}}}" if part.startswith("h") and part[1:].isdigit() else part


def address(shape: Shape, q: Quantity) -> str:
    """The address of a weight or bias, `w_12^(0,1)` or `b_2^(1)`."""
    return Symbols(shape, "layer").text(q)


def weight_quantity(shape: Shape, weight: str) -> Quantity:
    """The weight or bias of an address; also of textbook's w_12^(1)."""
    if not isinstance(weight, str):
        raise InputError(f"a weight is named by a text such as 'w_12^(0,1)' or 'b_2^(1)', got {weight!r}")
    m, i, j, _ = shape.locate(weight)
    return Quantity("b", m, (j,)) if i is None else Quantity("w", m, (i, j))
