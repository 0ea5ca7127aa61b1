"""Numbers and tables as plain text; bold headings where stdout is a terminal that wants them."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDE = 100  # a terminal of so many columns, a file or a pipe gets every line as long as it is
_ESCAPE = re.compile("\x1b\\[\\d*m")
_GLUE = "\ue000"  # of private use: a space where no line may end
_STRING = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")


def number(value: Any, digits: int = 6) -> str:
    """Six significant digits for numbers, anything else as it is.

    >>> number(0.1234567), number(-1e-9), number(-0.0), number(12), number("red"), number(None)
    ('0.123457', '-1e-09', '0', '12', 'red', '-')
    """
    if value is None or value != value:
        return "-"
    return f"{value + 0.0:.{digits}g}" if isinstance(value, float) else str(value)


def columns(
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    indent: str = "  ",
    left: int = 1,
    width: float = float("inf"),
    again: int | None = None,
) -> str:
    """A table of text: the first `left` columns begin together, the others (numbers) end together.

    What would be wider than `width` goes on below, the first `again` columns (None: the left) once more before it.

    >>> print(columns(["weight", "w"], [["w_11^(0,1)", -0.5], ["b_1^(1)", 12.0]]))
      weight          w
      w_11^(0,1)   -0.5
      b_1^(1)        12
    >>> print(columns(["weight", "w", "penalty"], [["b_1^(1)", 12.0, 0.5]], width=18))
      weight    w
      b_1^(1)  12
    <BLANKLINE>
      weight   penalty
      b_1^(1)      0.5
    """
    cells = [[number(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]

    def line(row: Sequence[str], shown: list[int]) -> str:
        parts = [row[i].ljust(widths[i]) if i < left else row[i].rjust(widths[i]) for i in shown]
        return (indent + "  ".join(parts)).rstrip()

    return "\n\n".join(
        "\n".join([bold(line(headings, shown)), *(line(row, shown) for row in cells)])
        for shown in _folds(widths, left if again is None else again, width - len(indent))
    )


def _folds(widths: list[int], again: int, room: float) -> list[list[int]]:
    """The columns that stand beside each other: the first `again` each time, and of the others what has room."""
    folds: list[list[int]] = [[]]
    for i in range(again, len(widths)):
        beside = [*widths[:again], *(widths[k] for k in folds[-1]), widths[i]]
        if folds[-1] and sum(beside) + 2 * (len(beside) - 1) > room:
            folds.append([])
        folds[-1].append(i)
    return [[*range(again), *fold] for fold in folds]


def room() -> float:
    """How long a line may be: the terminal's columns (or COLUMNS) where they are few, without end elsewhere."""
    found = shutil.get_terminal_size((WIDE, 24)).columns
    return found if found < WIDE else float("inf")


def wrapped(text: str, width: float) -> str:
    """The lines that are longer than `width` broken between words, each further part indented.

    >>> print(wrapped("E_n = 0.5\\nPredicted: Weight 183.6, was 191", width=20))
    E_n = 0.5
    Predicted: Weight
        183.6, was 191
    """

    def broken(line: str) -> list[str]:
        if len(_ESCAPE.sub("", line)) <= width:
            return [line]
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        return textwrap.wrap(
            line, int(width), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )

    return "\n".join(part for line in text.split("\n") for part in broken(line)).replace(_GLUE, " ")


def whole(command: str) -> str:
    """A command to copy: `wrapped` breaks a line before it and not within.

    >>> print(wrapped("  Predict  " + whole("deltarule predict run FILE"), width=30))
      Predict
          deltarule predict run FILE
    """
    return command.replace(" ", _GLUE)


def python(code: str) -> str:
    """Python to copy: `wrapped` breaks it after a comma or semicolon, never in a string.

    >>> print(wrapped(python("a = train('x, y, z', hidden=(4, 2))"), width=20))
    a = train('x, y, z',
        hidden=(4, 2))
    """
    strings = _STRING.sub(lambda found: whole(found[0]), code)
    return re.sub("(?<![,;]) ", _GLUE, strings)


def bold(text: str) -> str:
    """The text in bold, where stdout is a terminal and NO_COLOR is not set."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        return f"\x1b[1m{text}\x1b[0m"
    return text


def pairs(entries: Mapping[str, str], indent: str = "  ") -> str:
    """Names and what they mean, a line each."""
    width = max(map(len, entries), default=0)
    return "\n".join(f"{indent}{name.ljust(width)}  {text}" for name, text in entries.items())


def as_json(value: Any) -> str:
    """The value as JSON, two spaces deep; what is not finite as null."""
    from deltarule.json_values import finite

    return json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False)
