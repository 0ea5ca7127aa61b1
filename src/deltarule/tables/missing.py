"""Which words mean that a cell is missing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.sentences import plain

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

ZEROS = ("", ".0", ".00", ",0", ",00")  # three might be thousands


@dataclass(frozen=True)
class Missing:
    """What a missing cell holds: one of the usual words, or one of these further ones.

    >>> missing = Missing.of(["n/k", "-999"])
    >>> [missing.holds(cell) for cell in ("NaN", " N/K ", "-999.0", "0", "no")]
    [True, True, True, False, False]
    """

    further: tuple[str, ...] = ()

    @classmethod
    def of(cls, words: Iterable[object]) -> Self:
        """These further words, or numbers; InputError where one of them is empty."""
        if isinstance(words, str | int | float):
            raise InputError(f"words for missing cells come in a list, got {words!r}: write ({words!r},).")
        found = tuple(dict.fromkeys(str(word).strip() for word in words))
        if not all(found):
            raise InputError("a word for missing cells is empty: say one, as empty cells are missing anyway.")
        return cls(found)

    @cached_property
    def forms(self) -> dict[str, frozenset[str]]:
        """Each further word as cells may have it, in lower case: a whole number also with a 0 or two behind it."""
        return {
            word: frozenset(
                [word.lower(), *(plain(number) + zeros for zeros in ZEROS if number.is_integer())]
            )
            for word, number in ((word, number_of(word)) for word in self.further)
        }

    @cached_property
    def words(self) -> frozenset[str]:
        """All of them, the usual ones too, trimmed and in lower case."""
        return MISSING_WORDS.union(*self.forms.values())

    @cached_property
    def numbers(self) -> dict[str, float]:
        """The further words that are numbers: in a column of numbers every cell equal to one is missing."""
        found = {word: number_of(word) for word in self.further}
        return {word: number for word, number in found.items() if number == number}

    @property
    def values(self) -> NDArray[np.float64]:
        """These numbers."""
        return np.array(list(self.numbers.values()))

    @property
    def finite(self) -> list[float]:
        """Those of them that a program can write down."""
        return [number for number in dict.fromkeys(self.numbers.values()) if math.isfinite(number)]

    def holds(self, cell: str) -> bool:
        """Whether a cell's text stands for nothing."""
        return cell.strip().lower() in self.words

    def added(self, cell: str) -> frozenset[str]:
        """The further words that a cell's text is one of.

        >>> Missing.of(["n/k", "-999"]).added("-999.0"), Missing().added("NaN")
        (frozenset({'-999'}), frozenset())
        """
        text = cell.strip().lower()
        return frozenset(word for word, forms in self.forms.items() if text in forms)


USUAL = Missing()


def number_of(word: str) -> float:
    """The number that a word is, with a decimal point; NaN where it is none.

    >>> [number_of(word) for word in ("-999", "−9.5", "1_0", "n/k")]
    [-999.0, -9.5, nan, nan]
    """
    try:
        return float(word.replace("−", "-").replace("_", "?"))
    except ValueError:
        return math.nan
