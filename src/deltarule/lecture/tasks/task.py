"""A task: what is asked, item by item, how the answers are marked, and four hints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from deltarule.diagram.layout import Content
from deltarule.equations.shape import Shape
from deltarule.lecture.marking import Mark

HINTS = 4
NOTHING = Mark(0.0, "no answer")


@dataclass(frozen=True)
class Item:
    """One thing asked: the key that answers it, what is asked, and the solution as it can be typed.

    value : the solution as a number, where it is one (exams of numbers use it); tolerance : how far off is still right.
    """

    key: str
    prompt: str
    solution: str
    value: float | None = None
    tolerance: float = 0.0


@dataclass(frozen=True)
class Task:
    """One variant of an exercise.

    mark : answers by key → a Mark by key, for every item.  hints : four, from a nudge to the whole solution.
    sizes, picture : the network's picture, where there is one; lit : what the first hint lights up in it.
    shape : the network of formulas that can be proved.
    """

    title: str
    text: str
    items: tuple[Item, ...]
    mark: Callable[[Mapping[str, str]], dict[str, Mark]] = field(repr=False)
    hints: tuple[str, str, str, str] = field(repr=False)
    sizes: tuple[int, ...] = ()
    picture: Content | None = field(default=None, repr=False)
    lit: frozenset[tuple[int, ...]] = frozenset()
    shape: Shape | None = None


def item_by_item(
    items: Sequence[Item], mark: Callable[[Item, str], Mark]
) -> Callable[[Mapping[str, str]], dict[str, Mark]]:
    """A task's `mark`, where each item is marked for itself; what was left out is no answer."""

    def every(answers: Mapping[str, str]) -> dict[str, Mark]:
        given = {item.key: answers.get(item.key, "") for item in items}
        return {
            item.key: mark(item, given[item.key]) if given[item.key].strip() else NOTHING for item in items
        }

    return every


def number(text: str) -> float:
    """A typed number; a decimal comma and a real minus sign are understood.

    Raises ValueError for anything else.

    >>> number(" −0,25 "), number("1.5e-3")
    (-0.25, 0.0015)
    """
    written = text.strip().replace("−", "-")
    if len(written) > 40:
        raise ValueError("too long")
    if written.count(",") == 1 and "." not in written:
        written = written.replace(",", ".")
    value = float(written)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("not finite")
    return value


def last_digit(value: float, digits: int) -> float:
    """One unit in the last of so many significant digits.

    >>> last_digit(0.01234, 3), last_digit(45.6, 3)
    (0.0001, 0.1)
    """
    from math import floor, log10

    return 10.0 ** (floor(log10(abs(value))) - digits + 1) if value else 10.0**-digits


def near(given: float, wanted: float, digits: int) -> bool:
    """Whether a number is right to ±1 in the last digit asked."""
    unit = last_digit(wanted, digits)
    return abs(given - round(wanted / unit) * unit) <= 1.0001 * unit


def mark_number(text: str, wanted: float, digits: int, carried: float | None = None) -> Mark:
    """The mark of a number; `carried` is what follows from the answers before, right or wrong."""
    try:
        given = number(text)
    except ValueError:
        return Mark(0.0, f"a number is expected, not '{text.strip()[:40]}'")
    if near(given, wanted, digits):
        return Mark(1.0, "right")
    if carried is not None and near(given, carried, digits):
        return Mark(1.0, "rightly computed from your earlier value")
    if near(-given, wanted, digits):
        return Mark(0.5, "the sign is wrong")
    return Mark(0.0, "not right")
