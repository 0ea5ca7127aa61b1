"""Numbers and tables as plain text; bold headings where stdout is a terminal that wants them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def number(value: Any, digits: int = 6) -> str:
    """Six significant digits for numbers, anything else as it is.

    >>> number(0.1234567), number(-1e-9), number(-0.0), number(12), number("red"), number(None)
    ('0.123457', '-1e-09', '0', '12', 'red', '-')
    """
    if value is None or value != value:
        return "-"
    return f"{value + 0.0:.{digits}g}" if isinstance(value, float) else str(value)


def columns(headings: Sequence[str], rows: Iterable[Sequence[Any]], indent: str = "  ", left: int = 1) -> str:
    """A table of text: the first `left` columns begin together, the others (numbers) end together.

    >>> print(columns(["weight", "w"], [["w_11^(0,1)", -0.5], ["b_1^(1)", 12.0]]))
      weight          w
      w_11^(0,1)   -0.5
      b_1^(1)        12
    """
    cells = [[number(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]

    def line(row: Sequence[str]) -> str:
        parts = [
            cell.ljust(w) if i < left else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        return (indent + "  ".join(parts)).rstrip()

    return "\n".join([bold(line(headings)), *map(line, cells)])


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
    """The value as JSON, two spaces deep."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def listed(names: Sequence[str], most: int = 6) -> str:
    """`a, b and c`, cut after `most` names.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = list(names) if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def count(n: int, noun: str) -> str:
    """`1 row`, `20 rows`.

    >>> count(1, "row"), count(1500, "row")
    ('1 row', '1,500 rows')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
