"""A model as LaTeX: inputs as the network sees them, each layer with its matrix, and the prediction."""

from __future__ import annotations

from deltarule.equations.activations import LEAK, SELU_ALPHA, SELU_SCALE
from deltarule.export.rounding import shown
from deltarule.export.written import Written
from deltarule.model import Model
from deltarule.sentences import one_line
from deltarule.tables.inputs import BooleanInput, CategoryInput, Input

DIGITS = 6
S = {
    "identity": r"{z}",
    "logistic": r"\frac{{1}}{{1+e^{{-{z}}}}}",
    "tanh": r"\tanh\left({z}\right)",
    "relu": r"\max\left({z},0\right)",
    "leaky_relu": r"\max\left({z}," f"{LEAK!r}" r"\,{z}\right)",
    "elu": r"\begin{{cases}}{z}&{z}>0\\e^{{{z}}}-1&\text{{else}}\end{{cases}}",
    "selu": f"{SELU_SCALE!r}"
    r"\begin{{cases}}{z}&{z}>0\\"
    f"{SELU_ALPHA!r}"
    r"\,(e^{{{z}}}-1)&\text{{else}}\end{{cases}}",
    "gelu": r"{z}\,\Phi\left({z}\right)",
    "silu": r"\frac{{{z}}}{{1+e^{{-{z}}}}}",
    "softplus": r"\ln\left(1+e^{{{z}}}\right)",
    "exp": r"e^{{{z}}}",
    "softmax": r"\frac{{e^{{{z}}}}}{{\sum_{{k'}} e^{{{zk}}}}}",
}


def latex(model: Model, note: str, _: Written, digits: int | None = DIGITS) -> str:
    """Equations in an align* environment; `note` stands in a comment above."""
    shape, targets = model.network.shape, model.targets
    lines: list[str] = []
    i = 0
    for column in model.inputs.columns:
        for entry in _entries(column, digits):
            i += 1
            lines.append(rf"x_{{{i}}} &= {entry}")
    y = "x"
    W, b = model.network.W, model.network.b
    for m, name in enumerate(shape.activations, 1):
        unit, last = ("k", True) if m == shape.layers else ("j" if shape.layers == 2 else f"h_{m}", False)
        before = "i" if m == 1 else "j" if shape.layers == 2 else f"h_{m - 1}"
        net = rf"\mathrm{{net}}_{{{unit}}}^{{({m - 1},{m})}}"
        bias = rf" + b_{{{unit}}}^{{({m})}}" if shape.bias else ""
        lines.append(
            rf"{net} &= \sum_{{{before}}} w_{{{before}{unit}}}^{{({m - 1},{m})}}\, {y}_{{{before}}}{bias}"
        )
        y = "o" if last else f"y^{{({m})}}"
        zk = rf"\mathrm{{net}}_{{k'}}^{{({m - 1},{m})}}"
        lines.append(rf"{y}_{{{unit}}} &= {S[name].format(z=net, zk=zk)}")
        lines.append(rf"W^{{({m - 1},{m})}} &= {_matrix(W[m - 1].tolist(), digits)}")
        if shape.bias:
            lines.append(rf"b^{{({m})}} &= {_matrix([b[m - 1].tolist()], digits)}")
    if targets.kind == "numbers":
        for k, (name, scaling) in enumerate(zip(targets.targets, targets.scalings, strict=True), 1):
            plain = (scaling.center, scaling.spread) == (0.0, 1.0)
            told = (
                f"o_{{{k}}}"
                if plain
                else rf"{_n(scaling.spread, digits)}\, o_{{{k}}}{_plus(scaling.center, digits)}"
            )
            lines.append(rf"\text{{{_text(name)}}} &= {told}")
    else:
        (name,) = targets.targets
        lines += [
            rf"P(\text{{{_text(name)}}} = \text{{{_text(c)}}}) &= {p}"
            for c, p in zip(targets.classes, _shares(model, digits), strict=True)
        ]
    body = " \\\\\n".join(f"  {line}" for line in lines)
    return f"% {note}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _shares(model: Model, digits: int | None) -> list[str]:
    targets = model.targets
    off, on = targets.range or (0.0, 1.0)

    def share(k: int | str) -> str:
        o = f"o_{{{k}}}"
        return (
            o
            if (off, on) == (0.0, 1.0)
            else rf"\min\left(\max\left(\frac{{{o}{_plus(-off, digits)}}}{{{_n(on - off, digits)}}},0\right),1\right)"
        )

    if targets.single:
        return [f"1 - {share(1)}", share(1)]
    if targets.output == "softmax":
        return [share(k) for k in range(1, len(targets.classes) + 1)]
    return [
        rf"\frac{{{share(k)}}}{{\sum_{{k'}} {share(chr(107) + chr(39))}}}"
        for k in range(1, len(targets.classes) + 1)
    ]


def _n(value: float, digits: int | None) -> str:
    """A number, its power of ten written as one."""
    text = shown(value, digits)
    if "e" not in text:
        return text
    mantissa, power = text.split("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}"


def _plus(value: float, digits: int | None) -> str:
    return f" - {_n(-value, digits)}" if value < 0 else f" + {_n(value, digits)}"


def _matrix(rows: list[list[float]], digits: int | None) -> str:
    body = r" \\ ".join(" & ".join(_n(v, digits) for v in row) for row in rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _text(name: str) -> str:
    special = {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
    special |= {character: f"\\{character}" for character in "#$%&_"}
    return "".join(special.get(character, character) for character in one_line(name))


def _entries(column: Input, digits: int | None) -> list[str]:
    name = rf"\text{{{_text(column.name)}}}"
    absent = rf"\begin{{cases}}1&{name}\text{{ missing}}\\0&\text{{else}}\end{{cases}}"
    if isinstance(column, CategoryInput):
        known = [
            rf"\begin{{cases}}1&{name} = \text{{{_text(c)}}}\\0&\text{{else}}\end{{cases}}"
            for c in column.categories
        ]
        return [*known, absent] if column.missing else known
    indicator = [absent] if column.indicator else []
    filled = column.missing == column.missing
    gap = rf"\\{_n(column.missing, digits)}&\text{{missing}}" if filled else ""
    if isinstance(column, BooleanInput):
        yes, no = (_text(label) for label in reversed(column.labels))
        return [
            rf"\begin{{cases}}1&{name} = \text{{{yes}}}\\0&{name} = \text{{{no}}}{gap}\end{{cases}}",
            *indicator,
        ]
    center, spread = column.scaling.center, column.scaling.spread
    days = r"\text{ in days since 1970}" if column.kind == "date" else ""
    value = name + days
    scaled = (
        value
        if (center, spread) == (0.0, 1.0)
        else rf"\frac{{{value}{_plus(-center, digits)}}}{{{_n(spread, digits)}}}"
    )
    if not filled:
        return [scaled, *indicator]
    gap = _n((column.missing - center) / spread, digits)
    return [rf"\begin{{cases}}{scaled}&\\{gap}&{name}\text{{ missing}}\end{{cases}}", *indicator]
