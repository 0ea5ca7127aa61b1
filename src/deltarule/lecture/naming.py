"""A typed name → the quantity it means in one network: its kind, its layer, its units.

A name may leave out what is plain: the sample n, and the layer where only one is possible. An index letter stands for
every unit of one layer; which, is kept, so that one letter cannot run over two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from deltarule.equations.shape import Shape
from deltarule.lecture.scanning import Token, error
from deltarule.lecture.terms import Index, Quantity

# name → kind of quantity
SAMPLED = {
    "x": "y", "y": "y", "o": "y", "a": "y", "net": "net", "z": "net", "d": "d", "t": "d", "l": "l",
    "δ": "delta", "delta": "delta",
}  # fmt: skip
_UNIT = re.compile(r"h\d+|[a-z]|\d")


@dataclass
class Naming:
    """The names of one network, and the letters that stand free so far."""

    shape: Shape
    letters: dict[str, int] = field(default_factory=dict)  # free index letter → the layer it runs over
    remarks: list[str] = field(default_factory=list)  # what had to be read otherwise than it was typed

    def quantity(self, token: Token) -> Quantity:
        """The quantity of a name.

        Raises ExpressionError for a name that this network does not have.
        """
        name, shape = token.text, self.shape
        if token.primes:
            raise error(f"{name} has no derivative S': write S'(net_n1^(1,2))", token.start)
        if name == "E":
            return Quantity("En" if token.index == "n" else "E")
        if name not in SAMPLED and name not in ("w", "W", "b"):
            raise error(f"{name} is no quantity of a network", token.start)
        units = self.units(token)
        if name in ("w", "W"):
            return self.weight(token, units)
        layer = self.layer(token)
        kind = "b" if name == "b" else SAMPLED[name]
        if kind == "b" and not shape.bias:
            raise error("this network has no biases", token.start)
        self.check_units(token, (layer,), units, 1)
        return Quantity(kind, layer, units)

    def weight(self, token: Token, units: tuple[Index, ...]) -> Quantity:
        layers = [int(part) for part in token.upper.split(",")] if token.upper else []
        last = self.shape.layers
        if not layers and last == 1:
            layers = [0, 1]
        if not layers:
            raise error("say between which layers the weight lies, as in w_12^(0,1),", token.start)
        m = layers[-1]
        if not 1 <= m <= last or (len(layers) == 2 and layers[0] != m - 1):
            known = ", ".join(f"({p - 1},{p})" for p in range(1, last + 1))
            raise error(f"this network has weights between layers {known}, not ({token.upper}),", token.start)
        if len(units) == 2 and self.are_swapped(units, m):
            self.remarks.append(
                f"the indices of {token.text}_{token.index} are swapped: w_ij goes from i to j"
            )
            units = (units[1], units[0])
        self.check_units(token, (m - 1, m), units, 2)
        return Quantity("w", m, units)

    def are_swapped(self, units: tuple[Index, ...], m: int) -> bool:
        """Whether an index letter stands at the wrong end of a weight: w_k1^(1,2) with k of layer 2."""
        runs = {"k": self.shape.layers, **self.letters}
        wrong = [
            isinstance(u, str) and runs.get(u, layer) != layer
            for u, layer in zip(units, (m - 1, m), strict=True)
        ]
        right = [
            isinstance(u, str) and runs.get(u) == layer
            for u, layer in zip(units[::-1], (m - 1, m), strict=True)
        ]
        return any(wrong) and any(right)

    def layer(self, token: Token) -> int:
        """The layer of a unit's quantity, from its name or from what stands above it."""
        name, last = token.text, self.shape.layers
        given = [int(part) for part in token.upper.split(",")] if token.upper else []
        if name == "x":
            return 0
        if name in ("o", "d", "t", "l"):
            return last
        if not given:
            hidden = 1 if name in ("y", "a") and last == 2 else last if last == 1 else 0
            if not hidden:
                form = "_n1^(1)" if name in ("y", "a", "z", "δ", "delta", "b") else "_n1^(1,2)"
                raise error(f"{name} must say which layer, as {name}{form} does,", token.start)
            return hidden
        if name in ("y", "a"):
            layer, lowest = given[0], 0  # the lecture's y^(1,2) leaves layer 1
        else:
            layer, lowest = given[-1], 1
        if (len(given) == 2 and given[1] != given[0] + 1) or not lowest <= layer <= last:
            raise error(
                f"this network has no {name}^({token.upper}): its layers are 0 to {last}", token.start
            )
        return layer

    def units(self, token: Token) -> tuple[Index, ...]:
        """The unit numbers and index letters of a name; a leading n is the sample."""
        written = token.index
        if not written:
            raise error(f"{token.text} needs its unit, as in {token.text}_n1,", token.start)
        alone = written.removeprefix("n").removeprefix(",")
        if token.text not in ("w", "W") and alone.isdigit():
            return (int(alone),)
        parts = written.split(",") if "," in written else _UNIT.findall(written)
        if "".join(parts) != written.replace(",", "") or not all(
            re.fullmatch(r"h\d+|[a-z]|\d+", p) for p in parts
        ):
            raise error(f"the index {written} cannot be read", token.start)
        if len(parts) > 1 and "," in written:  # n1,2 or n,12
            parts = [
                piece
                for part in parts
                for piece in ([part[0], part[1:]] if re.fullmatch(r"n\d+", part) else [part])
            ]
        if parts[0] == "n":
            parts = parts[1:]
        return tuple(int(part) if part.isdigit() else part for part in parts)

    def check_units(
        self, token: Token, layers: tuple[int, ...], units: tuple[Index, ...], count: int
    ) -> None:
        if len(units) != count:
            wanted = "one unit (and n)" if count == 1 else "two units"
            raise error(
                f"{token.text}_{token.index} names {len(units)} units, {wanted} are expected", token.start
            )
        for layer, unit in zip(layers, units, strict=True):
            size = self.shape.sizes[layer]
            if isinstance(unit, int) and not 1 <= unit <= size:
                raise error(f"layer {layer} has {size} units, there is no unit {unit}", token.start)
            if isinstance(unit, str) and self.letters.setdefault(unit, layer) != layer:
                raise error(
                    f"the index {unit} runs over layer {self.letters[unit]} and over layer {layer}",
                    token.start,
                )
