"""Which words mean that a cell is missing."""

from __future__ import annotations

# Compared after trimming and in lower case.
MISSING_WORDS = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "nil", "nat", "?", "-", "--", ".", "<na>", "<null>", "(null)"}
    | {
        "#n/a",
        "#na",
        "#n/a n/a",
        "#null!",
        "#value!",
        "#div/0!",
        "#ref!",
        "#num!",
        "#name?",
        "-nan",
        "1.#qnan",
    }
)


def is_missing(cell: str) -> bool:
    """Whether a cell's text stands for nothing.

    >>> [is_missing(cell) for cell in ("NaN", " n/a ", "?", "0", "no")]
    [True, True, True, False, False]
    """
    return cell.strip().lower() in MISSING_WORDS
