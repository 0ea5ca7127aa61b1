"""A model as spreadsheet formulas: two lines to paste into cell A1, names above and formulas below, to be filled down.

The inputs' columns come first, then the scaled ones, then a column for each unit, then the prediction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from deltarule.equations.activations import LEAK, SELU_ALPHA, SELU_SCALE
from deltarule.errors import InputError
from deltarule.export.rounding import shown
from deltarule.export.written import Written
from deltarule.model import Model
from deltarule.sentences import one_line
from deltarule.tables.conversion import SAME_AS_LABELS
from deltarule.tables.inputs import BooleanInput, CategoryInput, Input
from deltarule.tables.missing import Missing

DIGITS = 15  # what a spreadsheet keeps of a number
LONGEST, WIDEST = 8192, 16384  # characters of a formula, columns of a sheet
LITERAL = 255  # characters of a word in a formula
CHOICES = 254  # values that CHOOSE takes
ACTIVE = ("=", "+", "-", "@", '"')  # what begins a formula in a cell, or a cell of several lines
ROW = 2
SCALE, ALPHA = shown(SELU_SCALE, DIGITS), shown(SELU_ALPHA, DIGITS)
SAME = SAME_AS_LABELS[::2], SAME_AS_LABELS[1::2]
FUNCTIONS = {
    "identity": "{z}",
    "logistic": "1/(1+EXP(-MAX(-700,MIN(700,{z}))))",
    "tanh": "TANH({z})",
    "relu": "MAX({z},0)",
    "leaky_relu": f"MAX({{z}},{shown(LEAK, DIGITS)}*({{z}}))",
    "elu": "IF({z}>0,{z},EXP(MIN({z},0))-1)",
    "selu": f"{SCALE}*IF({{z}}>0,{{z}},{ALPHA}*(EXP(MIN({{z}},0))-1))",
    "gelu": "({z})*NORMSDIST({z})",
    "silu": "({z})/(1+EXP(-MAX(-700,MIN(700,{z}))))",
    "softplus": "MAX({z},0)+LN(1+EXP(-ABS({z})))",
    "exp": "EXP({z})",
}
# these name z again: it gets a column of its own
TWICE = (
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "leaky_relu",
)


class Sheet:
    """Columns of a sheet as they are added: a name in line 1, a formula (or nothing, for an input) in line 2."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.formulas: list[str] = []

    def add(self, name: str, formula: str = "") -> str:
        """The address of the new column's cell in line 2."""
        if len(formula) >= LONGEST:
            raise InputError(
                f"the formula of '{name}' would have {len(formula)} characters and a spreadsheet takes {LONGEST}: "
                "train with fewer inputs or units, or export to python or c"
            )
        self.names.append(name)
        self.formulas.append(f"={formula}" if formula else "")
        if len(self.names) > WIDEST:
            raise InputError(
                f"this model needs more than the {WIDEST} columns of a spreadsheet: export to python or c"
            )
        return f"{letters(len(self.names))}{ROW}"

    def text(self) -> str:
        """Two lines, columns parted by tabs."""
        clean = [_name(name) for name in self.names]
        return "\t".join(clean) + "\n" + "\t".join(self.formulas) + "\n"


def _name(text: str) -> str:
    """A name as a cell's text: on one line, and behind an apostrophe, which is not shown, where it would be a formula.

    >>> _name("=1+1"), _name("price\\tin $")
    ("'=1+1", 'price in $')
    """
    clean = one_line(text)
    return f"'{clean}" if clean.lstrip().startswith(ACTIVE) else clean


def letters(column: int) -> str:
    """The letters of a column counted from 1.

    >>> letters(1), letters(27), letters(16384)
    ('A', 'AA', 'XFD')
    """
    name = ""
    while column:
        column, place = divmod(column - 1, 26)
        name = chr(65 + place) + name
    return name


def excel(model: Model, _: str, written: Written) -> str:
    """The two lines, which have no room for a note."""
    return sheet_of(model, written).text()


def sheet_of(model: Model, written: Written) -> Sheet:
    """The sheet, column by column; the last are the predictions (for classes: probabilities, then the class)."""
    sheet, shape, targets = Sheet(), model.network.shape, model.targets
    percent = {column.name for column in model.inputs.columns if written.form(column.name).sign == "%"}
    cells = [
        sheet.add(column.name + " in %, 5 for 5%" * (column.name in percent))
        for column in model.inputs.columns
    ]
    y: list[str] = []
    absent = Missing(model.inputs.missing)
    for column, cell in zip(model.inputs.columns, cells, strict=True):
        for name, entry in zip(column.names, _entries(column, cell, absent), strict=True):
            y.append(entry if entry == cell else sheet.add(f"{name} (as the network sees it)", entry))
    W, b = model.network.W, model.network.b
    for m, S in enumerate(shape.activations, 1):
        before, last = y, m == shape.layers
        bias = [float(v) for v in b[m - 1]] if shape.bias else [0.0] * shape.sizes[m]
        nets = [weighted([float(w) for w in W[m - 1][:, j]], before, bias[j]) for j in range(shape.sizes[m])]
        named = [f"o{k + 1}" if last else f"y{m}_{k + 1}" for k in range(shape.sizes[m])]
        if S == "softmax":
            y = _softmax(sheet, nets, named)
            continue
        y = []
        for name, net in zip(named, nets, strict=True):
            z = sheet.add(f"net {name}", net) if S in TWICE else net
            y.append(sheet.add(name, FUNCTIONS[S].format(z=z)))
    if targets.kind == "numbers":
        for name, o, scaling in zip(targets.targets, y, targets.scalings, strict=True):
            sheet.add(f"{name} predicted", f"{o}*{_n(scaling.spread)}{_signed(scaling.center)}")
        return sheet
    _classes(sheet, model, y)
    return sheet


def _softmax(sheet: Sheet, nets: list[str], named: list[str]) -> list[str]:
    cells = [sheet.add(f"net {name}", net) for name, net in zip(named, nets, strict=True)]
    top = f"MAX({cells[0]}:{cells[-1]})"
    e = [sheet.add(f"e {name}", f"EXP({cell}-{top})") for name, cell in zip(named, cells, strict=True)]
    return [sheet.add(name, f"{cell}/SUM({e[0]}:{e[-1]})") for name, cell in zip(named, e, strict=True)]


def _classes(sheet: Sheet, model: Model, y: list[str]) -> None:
    targets = model.targets
    if len(targets.classes) > CHOICES:
        raise InputError(
            f"this model has {len(targets.classes)} classes and a spreadsheet chooses among {CHOICES}: "
            "export to python or c"
        )
    off, on = targets.range or (0.0, 1.0)
    if targets.output == "softmax":
        p = y
    else:
        p = [f"MIN(MAX(({o}-{_n(off)})/{_n(on - off)},0),1)" for o in y]
        p = [f"1-{p[0]}", p[0]] if targets.single else [f"{v}/({'+'.join(p)})" for v in p]
    (name,) = targets.targets
    cells = [sheet.add(f"{name} = {label}", share) for label, share in zip(targets.classes, p, strict=True)]
    span = f"{cells[0]}:{cells[-1]}"
    words = ",".join(_text(label) for label in targets.classes)
    sheet.add(f"{name} predicted", f"CHOOSE(MATCH(MAX({span}),{span},0),{words})")


def weighted(w: list[float], y: list[str], bias: float) -> str:
    """Σ w y + b with its signs; a sum of nothing is 0."""
    terms = [(_n(abs(v)), v < 0, f"*{cell}") for v, cell in zip(w, y, strict=True) if v]
    if bias or not terms:
        terms.append((_n(abs(bias)), bias < 0, ""))
    text = "".join(f"{'-' if minus else '+'}{value}{cell}" for value, minus, cell in terms)
    return text[1:] if text[0] == "+" else f"0{text}"


def _n(value: float) -> str:
    return shown(value, DIGITS).upper()


def _signed(value: float) -> str:
    return f"-{_n(-value)}" if value < 0 else f"+{_n(value)}"


def _text(word: str) -> str:
    """A word as a formula has it: quotes doubled, line ends and tabs (which part cells) by their numbers.

    >>> print(_text('say "a" or\\nb'))
    "say ""a"" or"&CHAR(10)&"b"
    """
    parts = re.findall(rf"[\x00-\x1f]|[^\x00-\x1f]{{1,{LITERAL}}}", word)
    quoted = (f"CHAR({ord(part)})" if part < " " else '"' + part.replace('"', '""') + '"' for part in parts)
    return "&".join(quoted) or '""'


def trimmed(word: str) -> str:
    """A word as TRIM leaves it: single spaces inside, none around.

    >>> trimmed("New  York")
    'New York'
    """
    return re.sub(" +", " ", word).strip(" ")


def one_of(cell: str, words: Iterable[str], numbers: Iterable[float] = ()) -> str:
    """Whether a cell holds one of these words, which are in lower case, in any case and with spaces around; or numbers.

    >>> print(one_of("A2", ["yes", "1"], [-999.0]))
    OR(LOWER(TRIM(A2))={"yes","1"},A2=-999)
    """
    equal = "".join(f",{cell}={_n(number)}" for number in numbers)
    return f"OR(LOWER(TRIM({cell}))={{{','.join(map(_text, words))}}}{equal})"


def _entries(column: Input, cell: str, missing: Missing) -> list[str]:
    gone = one_of(cell, sorted(missing.words), missing.finite)
    if isinstance(column, CategoryInput):
        entries = [f"IF(EXACT(TRIM({cell}),{_text(trimmed(word))}),1,0)" for word in column.categories]
        return [*entries, f"IF({gone},1,0)"] if column.missing else entries
    absent = [f"IF({gone},1,0)"] if column.indicator else []
    value = cell if column.missing != column.missing else f"IF({gone},{_n(column.missing)},{cell})"
    if isinstance(column, BooleanInput):
        no, yes = (
            one_of(cell, [label.lower(), *words]) for label, words in zip(column.labels, SAME, strict=True)
        )
        return [f"IF({gone},{_n(column.missing)},IF({yes},1,IF({no},0,NA())))", *absent]
    if column.kind == "date":  # a spreadsheet counts days from 1899-12-30
        days = f"({cell}-25569)"
        value = days if value == cell else f"IF({gone},{_n(column.missing)},{days})"
    center, spread = column.scaling.center, column.scaling.spread
    if (center, spread) == (0.0, 1.0):
        return [value, *absent]
    return [f"({value}{_signed(-center)})/{_n(spread)}", *absent]
