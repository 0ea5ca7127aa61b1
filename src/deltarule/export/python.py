"""A model as a Python file that needs nothing but Python: scaling, categories, layers, and the target's own unit."""

from __future__ import annotations

from pprint import pformat

from deltarule.equations.activations import LEAK, SELU_ALPHA, SELU_SCALE, SQRT_HALF
from deltarule.export.written import Written
from deltarule.model import Model
from deltarule.tables.column import Form
from deltarule.tables.inputs import BooleanInput, CategoryInput, Input
from deltarule.tables.missing import Missing

# S of each activation; those that are not here come from the math module
FUNCTIONS = {
    "logistic": "def logistic(z):\n    return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))",
    "relu": "def relu(z):\n    return max(z, 0.0)",
    "leaky_relu": f"def leaky_relu(z):\n    return z if z > 0 else {LEAK!r} * z",
    "elu": "def elu(z):\n    return z if z > 0 else expm1(z)",
    "selu": f"def selu(z):\n    return {SELU_SCALE!r} * (z if z > 0 else {SELU_ALPHA!r} * expm1(z))",
    "gelu": f"def gelu(z):\n    return 0.5 * z * erfc(-z * {SQRT_HALF!r})",
    "silu": "def silu(z):\n    return z / (1 + exp(-z)) if z >= 0 else z * exp(z) / (1 + exp(z))",
    "softplus": "def softplus(z):\n    return max(z, 0.0) + log1p(exp(-abs(z)))",
    "identity": "def identity(z):\n    return z",
}
SOFTMAX = """def softmax(net):
    top = max(net)
    e = [exp(z - top) for z in net]
    return [value / sum(e) for value in e]"""
ABSENT = """def absent(cell):
    return cell is None or cell != cell or str(cell).strip().lower() in MISSING"""
KNOWN = """def known(value, missing):
    return missing if value is None or value in MISSING_NUMBERS else value"""
NUMBER = """def number(cell, missing, decimal=".", thousands="", sign=None):
    if absent(cell):
        return missing
    if not isinstance(cell, str):
        return float(cell)
    text = "".join(part.strip() for part in cell.split(sign or "\\n")).replace("−", "-").replace("_", "?")
    if thousands and fullmatch(rf"[-+]?\\d{{1,3}}([{thousands}]\\d{{3}})+([{decimal}]\\d*)?", text):
        text = text.replace(thousands, "")
    try:
        return float(text if decimal == "." else text.replace(".", "?").replace(decimal, "."))
    except ValueError:
        raise ValueError(f"{cell!r} where a number with the decimal sign {decimal!r} was expected") from None"""
WORD = """def word(cell):
    return cell.strip() if isinstance(cell, str) else cell"""
DAYS = """def days(cell, missing, form="ISO"):
    \"\"\"A date as days since 1970-01-01.\"\"\"
    if absent(cell):
        return missing
    try:
        if form != "ISO" and isinstance(cell, str):
            moment = datetime.strptime(cell.strip(), form)
        else:
            moment = datetime.fromisoformat(str(cell).strip())
    except ValueError:
        raise ValueError(f"{cell!r} where a date in the form {form} was expected") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return (moment - datetime(1970, 1, 1)).total_seconds() // 1 / 86400"""
YES = """def yes(cell, no, yes, missing):
    \"\"\"1 for yes and 0 for no, in any case; so are 1 and 0, true and false.\"\"\"
    if absent(cell):
        return missing
    word = str(cell).strip().lower().removesuffix(".0")
    if word in (yes, "1", "true"):
        return 1.0
    if word in (no, "0", "false"):
        return 0.0
    raise ValueError(f"{cell!r} where {no!r} or {yes!r} was expected")"""
MAIN = """if __name__ == "__main__":
    # rows of the file that is named, or on stdin, cells parted by {told}, the columns' names first; a line for each on
    # stdout
    import csv
    import signal
    import sys

    if hasattr(signal, "SIGPIPE"):  # a reader that has gone, such as head, ends this without a word
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        rows = open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin
    except OSError as error:
        sys.exit(str(error))
    rows.reconfigure(encoding="utf-8-sig", newline="")
    lines, parted = csv.reader(rows, delimiter={delimiter!r}), {told!r}
    try:
        names = [" ".join(name.split()) for name in next(lines, [])]
        for column in COLUMNS:
            if " ".join(column.split()) not in names:
                raise ValueError(f"there is no column {{column!r}} (cells are parted by {{parted}})")
        places = [names.index(" ".join(column.split())) for column in COLUMNS]
        for line in filter(None, lines):
            if len(line) != len(names):
                raise ValueError(f"{{len(line)}} cells where the first line has {{len(names)}}")
            print(*map(repr, {each}))
    except UnicodeDecodeError:
        sys.exit("the table is not in UTF-8: save it so, as CSV UTF-8 in a spreadsheet")
    except (ValueError, ArithmeticError, csv.Error) as error:
        sys.exit(f"line {{lines.line_num}}: {{error}}")"""


def python(model: Model, note: str, written: Written) -> str:
    """The file's text; `note` stands in its docstring."""
    shape, targets = model.network.shape, model.targets
    used = list(dict.fromkeys(shape.activations))
    columns = [column.name for column in model.inputs.columns]
    kinds = {column.kind for column in model.inputs.columns}
    from_math = {"exp", "expm1", "erfc", "log1p", "tanh"}
    body = [FUNCTIONS[name] for name in used if name in FUNCTIONS]
    if "softmax" in used:
        body.append(SOFTMAX)
    absent = Missing(model.inputs.missing)
    body.append(ABSENT)
    if "number" in kinds:
        body += [NUMBER, KNOWN] if absent.finite else [NUMBER]
    if any(isinstance(column, CategoryInput) for column in model.inputs.columns):
        body.append(WORD)
    if "date" in kinds:
        body.append(DAYS)
    if "boolean" in kinds:
        body.append(YES)
    needed = sorted(name for name in from_math if any(f"{name}(" in text for text in body) or name in used)
    head = [f'"""{note}"""', *([f"from math import {', '.join(needed)}"] if needed else [])]
    if "date" in kinds:
        head.append("from datetime import datetime, timezone")
    if "number" in kinds:
        head.append("from re import fullmatch")
    W, b = model.network.W, model.network.b
    constants = [
        f"COLUMNS = {pformat(columns, width=100)}",
        f"MISSING = {pformat(sorted(absent.words), width=100, compact=True)}",
    ]
    if absent.finite:
        constants.append(f"MISSING_NUMBERS = {pformat(absent.finite, width=100, compact=True)}")
    if targets.kind == "classes":
        constants.append(f"CLASSES = {pformat(list(targets.classes), width=100)}")
    else:
        constants.append(f"TARGETS = {pformat(list(targets.targets), width=100)}")
    for m in range(shape.layers):
        constants.append(
            f"W{m + 1} = {pformat([[float(w) for w in row] for row in W[m].T], width=100)}  # a row a unit"
        )
        biases = [float(v) for v in b[m]] if shape.bias else [0.0] * shape.sizes[m + 1]
        constants.append(f"b{m + 1} = {pformat(biases, width=100)}")
    steps = [_encode(model, written), LAYER, _outputs(model), *_answers(model)]
    row = "[line[place] for place in places]"
    each = f"probabilities({row}).values()" if targets.kind == "classes" else f"outputs({row})"
    main = MAIN.format(each=each, delimiter=written.delimiter, told=written.told)
    return "\n\n\n".join(["\n".join(head), "\n".join(constants), *body, *steps, main]) + "\n"


LAYER = """def layer(y, W, b, S):
    return [S(sum(w * v for w, v in zip(row, y)) + bias) for row, bias in zip(W, b)]"""


def _encode(model: Model, written: Written) -> str:
    numbers = bool(Missing(model.inputs.missing).finite)
    lines = [
        "def encode(row):",
        '    """The inputs as the network sees them; row is a dict by column, or values in the order of COLUMNS."""',
        "    row = row if isinstance(row, dict) else dict(zip(COLUMNS, row))",
        "    return [",
    ]
    lines += [
        f"        {entry}," for column in model.inputs.columns for entry in _entries(column, written, numbers)
    ]
    return "\n".join([*lines, "    ]"])


def _entries(column: Input, written: Written, numbers: bool) -> list[str]:
    """numbers : whether some mean a missing cell."""
    cell = f"row[{column.name!r}]"
    if isinstance(column, CategoryInput):
        entries = [f"float(word({cell}) == {word!r})" for word in column.categories]
        return [*entries, f"float(absent({cell}))"] if column.missing else entries
    missing = "float('nan')" if column.missing != column.missing else repr(column.missing)
    absent = [f"float(absent({cell}))"] if column.indicator else []
    if isinstance(column, BooleanInput):
        no, yes = (label.lower() for label in column.labels)
        return [f"yes({cell}, {no!r}, {yes!r}, {missing})", *absent]
    form = _form(column, written)
    value = f"{'days' if column.kind == 'date' else 'number'}({', '.join([cell, missing, *form])})"
    if numbers and column.kind == "number":
        read = f"number({', '.join([cell, 'None', *form])})"
        value = f"known({read}, {missing})"
        absent = [f"float(known({read}, None) is None)"] if column.indicator else []
    center, spread = column.scaling.center, column.scaling.spread
    if (center, spread) == (0.0, 1.0):
        return [value, *absent]
    return [f"({value} - {center!r}) / {spread!r}", *absent]


def _form(column: Input, written: Written) -> list[str]:
    """How a column's cells are written, where they are not plain numbers or ISO dates."""
    form = written.form(column.name)
    if column.kind == "date":
        return [] if form.date == "ISO" else [repr(form.date)]
    own = {"decimal": form.decimal, "thousands": form.thousands, "sign": form.sign}
    return [f"{name}={given!r}" for name, given in own.items() if given != getattr(Form(), name)]


def _outputs(model: Model) -> str:
    shape, targets = model.network.shape, model.targets
    lines = ["def outputs(row):"]
    if targets.kind == "numbers":
        lines.append('    """TARGETS, each in its own unit."""')
    lines.append("    y = encode(row)")
    for m, name in enumerate(shape.activations, 1):
        if name == "softmax":
            lines.append(f"    y = softmax(layer(y, W{m}, b{m}, lambda z: z))")
        else:
            lines.append(f"    y = layer(y, W{m}, b{m}, {name})")
    if targets.kind == "numbers" and any((s.center, s.spread) != (0.0, 1.0) for s in targets.scalings):
        spreads, centers = [s.spread for s in targets.scalings], [s.center for s in targets.scalings]
        lines.append(f"    return [v * s + c for v, s, c in zip(y, {spreads!r}, {centers!r})]")
    else:
        lines.append("    return y")
    return "\n".join(lines)


def _answers(model: Model) -> list[str]:
    targets = model.targets
    if targets.kind == "numbers":
        answer = "outputs(row)[0]" if len(targets.targets) == 1 else "outputs(row)"
        return [f"def predict(row):\n    return {answer}"]
    off, on = targets.range or (0.0, 1.0)
    if targets.output == "softmax":
        shares = "    p = outputs(row)"
    else:
        shares = f"    p = [min(max((o - {off!r}) / {on - off!r}, 0.0), 1.0) for o in outputs(row)]"
        if targets.single:
            shares += "\n    p = [1 - p[0], p[0]]"
        else:
            shares += "\n    p = [v / sum(p) for v in p]"
    chosen = "def predict(row):\n    p = probabilities(row)\n    return max(p, key=p.get)"
    return [f"def probabilities(row):\n{shares}\n    return dict(zip(CLASSES, p))", chosen]
