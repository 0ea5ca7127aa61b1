"""What rounding does to a number that is worked out from rounded ones.

spread(f; a, b, …) = Σ_a max |f(a ± h_a, b, …) − f(a, b, …)|        h_a half a unit of a's last digit
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import floor, log10

_DECIMAL = re.compile(r"[-+−–]?\s*\d*(?:[.,](\d+))?(?:[eE]([-+]?\d{1,3}))?")


def last_digit(value: float, digits: int) -> float:
    """One unit in the last of so many significant digits.

    >>> last_digit(0.01234, 3), last_digit(45.6, 3)
    (0.0001, 0.1)
    """
    return 10.0 ** (floor(log10(abs(value))) - digits + 1) if value else 10.0**-digits


def half_unit(value: float, digits: int, typed: str = "") -> float:
    """Half a unit of the last digit that was typed, and at most of so many significant ones.

    >>> half_unit(0.373, 3), half_unit(0.37312, 3, "y = 0.37312"), half_unit(0.37, 3, "0.37")
    (0.0005, 5e-06, 0.0005)
    """
    asked = last_digit(value, digits) / 2
    decimal = _DECIMAL.fullmatch(typed.rpartition("=")[2].strip())
    if not decimal:
        return asked
    return min(asked, 10.0 ** (int(decimal[2] or 0) - len(decimal[1] or "")) / 2)


def spread(
    follows: Callable[[Mapping[str, float]], float],
    known: Mapping[str, float],
    halves: Mapping[str, float],
) -> float:
    """How far the rounding of the known numbers can move what follows from them.

    >>> round(spread(lambda known: known["a"] * known["b"], {"a": 2.0, "b": 3.0}, {"a": 0.05, "b": 0.5}), 12)
    1.15
    """
    value = follows(known)
    return sum(
        max(abs(follows({**known, key: known[key] + side * half}) - value) for side in (1, -1))
        for key, half in halves.items()
    )
