"""Pieces of sentences: names in a row, numbers with their noun, cells in quotes."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], most: int = 12) -> str:
    """`a, b and c`, cut after `most` names.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    names = list(names)
    shown = names if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "value"), count(1500, "value")
    ('1 value', '1,500 values')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def one_line(text: str) -> str:
    """A text on one line: line ends of every kind, and what else cannot be printed, as spaces.

    >>> one_line("two\\r\\nlines\\u2028and a third")
    'two  lines and a third'
    """
    return "".join(c if c.isprintable() else " " for c in text)


def quoted(cell: object) -> str:
    """A cell's text in quotes, on one line, cut after 40 characters.

    >>> quoted("two\\nlines")
    "'two lines'"
    """
    text = " ".join(one_line(str(cell)).split())
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def first_line(error: Exception) -> str:
    """The first line of another library's message, without its full stop."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".: ")


def plain(value: float) -> str:
    """The shortest text that reads back as this number; of a zero without its sign, which no table means.

    >>> plain(3.0), plain(0.1), plain(-2e30), plain(-0.0)
    ('3', '0.1', '-2e+30', '0')
    """
    return str(int(value)) if abs(value) < 2**53 and value == int(value) else repr(value)
