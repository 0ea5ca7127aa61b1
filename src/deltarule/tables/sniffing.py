"""How a text table is written, found out from its first lines: the delimiter, and whether there is a header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deltarule.tables.missing import USUAL, Missing

DELIMITERS = (",", ";", "\t", "|")
SPACES = " "
SAMPLE = 200  # records
NUMBER = re.compile(r"[-+−]?(\d+([.,]\d+)*|\d*[.,]\d+|\d+[.,])([eE][-+]?\d+)?%?")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: what stands between its cells, its decimal sign, whether it opens with a BOM."""

    delimiter: str = ","
    decimal: str = "."
    bom: bool = False


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number, its decimal sign a point or a comma.

    >>> [is_number(cell) for cell in ("1.5", "-2,75", "3e-4", "x1", "")]
    [True, True, True, False, False]
    """
    return NUMBER.fullmatch(cell.strip()) is not None


def lines_of(text: str) -> list[str]:
    """The lines with their line feeds, at which alone a text is parted: not at U+2028 and others inside a cell.

    >>> lines_of("na\\u2028me,b\\n1,2")
    ['na\\u2028me,b\\n', '1,2']
    """
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def spaced(line: str) -> list[str]:
    """The cells of a line between which spaces and tabs stand, and not other blanks.

    >>> spaced(" 5.1  no\\u00a0break\\n")
    ['5.1', 'no\\xa0break']
    """
    return re.findall(r"[^ \t\n]+", line)


def records(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The first records, quotes resolved, empty lines left out."""
    if delimiter == SPACES:
        return [cells for line in lines if (cells := spaced(line))]
    found: list[list[str]] = []
    try:
        for record in csv.reader(lines, delimiter=delimiter):
            if record:
                found.append(record)
    except csv.Error:
        return found
    return found


def find_delimiter(lines: Sequence[str], missing: Missing = USUAL) -> str:
    """The delimiter under which most records are as long as the first, and the fewest cells hold another one.

    A comma is the answer for a single column; a space stands for any run of spaces and tabs.

    >>> find_delimiter(["a;b", "1,5;2", "2,5;3"])
    ';'
    >>> find_delimiter(["5.1 3.5  1", "4.9 3.0  0"])
    ' '
    """
    scores: dict[str, tuple[float, float, int]] = {}
    for delimiter in DELIMITERS:
        found = records(lines, delimiter)[:SAMPLE]
        width = len(found[0]) if found else 0
        if width < 2:
            continue
        cells = [cell for record in found for cell in record if cell]
        clean = sum(not any(other in cell for other in DELIMITERS[1:]) for cell in cells)
        alike = sum(len(record) == width for record in found[1:]) / max(len(found) - 1, 1)
        scores[delimiter] = (round(alike, 1), clean / max(len(cells), 1), width)
    if scores:
        return max(scores, key=lambda delimiter: scores[delimiter])
    found = records(lines, SPACES)[:SAMPLE]
    widths = Counter(map(len, found))
    numbers = [
        all(is_number(cell) or missing.holds(cell) for cell in record) for record in found[1:] or found
    ]
    if found and len(widths) == 1 and 1 not in widths and all(numbers):
        return SPACES
    return ","


def named(record: Sequence[str], source: str, places: Sequence[int]) -> tuple[list[str], list[str]]:
    """The names in a header, `column_j` for one that stands empty in place j, with a sentence for each of those.

    >>> named(["x", "", " two  words"], "data.csv", [1, 2, 3])[0]
    ['x', 'column_2', 'two words']
    """
    names = [" ".join(name.split()) for name in record]
    notes: list[str] = []
    for at, (name, j) in enumerate(zip(names, places, strict=True)):
        if not name:
            names[at] = f"column_{j}"
            notes.append(f"{source}: column {j} has no name, it is called 'column_{j}' here.")
    return names, notes


def numbered(width: int, source: str, unit: str) -> tuple[list[str], list[str]]:
    """Names for so many columns that have none, and a sentence on that.

    >>> numbered(2, "data.csv", "line")[0]
    ['x1', 'x2']
    """
    names = [f"x{j}" for j in range(1, width + 1)]
    return names, [
        f"{source} has no {unit} of column names (its first {unit} holds data): the columns are called "
        f"{names[0]}{f' … {names[-1]}' if len(names) > 1 else ''}."
    ]


def has_header(found: Sequence[Sequence[str]], missing: Missing = USUAL) -> bool:
    """Whether the first record names the columns.

    It does not where all of it is numbers (or missing), or where some of it is and a text beside them
    comes again below in its column (as a class does).

    >>> has_header([["x", "y"], ["1", "2"]]), has_header([["5.1", "setosa"], ["4.9", "setosa"]])
    (True, False)
    """
    first, below = found[0], found[1:]
    numbers = [is_number(cell) for cell in first]
    if not any(numbers):
        return True
    texts = [j for j, cell in enumerate(first) if not numbers[j] and not missing.holds(cell)]
    return bool(texts) and not any(len(row) > j and row[j] == first[j] for j in texts for row in below)
