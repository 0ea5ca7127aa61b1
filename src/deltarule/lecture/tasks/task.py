"""A task: what is asked, item by item, how the answers are marked, and four hints."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose, isfinite

from deltarule.diagram.layout import Content
from deltarule.equations.shape import Shape
from deltarule.expressions.evaluation import constant_values
from deltarule.lecture.marking import Mark
from deltarule.lecture.plain import read_plain
from deltarule.lecture.tasks.rounded import last_digit

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

    mark : answers by key → a Mark by key, for every item.
    hints : from a nudge to one factor; the fourth is the solution.  hints_of : the same by key, where items differ.
    sizes, picture : the network's picture, where there is one; lit : what the first hint lights up in it.
    shape : the network of formulas that can be proved.
    """

    title: str
    text: str
    items: tuple[Item, ...]
    mark: Callable[[Mapping[str, str]], dict[str, Mark]] = field(repr=False)
    hints: tuple[str, str, str] = field(repr=False)
    sizes: tuple[int, ...] = ()
    picture: Content | None = field(default=None, repr=False)
    lit: frozenset[tuple[int, ...]] = frozenset()
    shape: Shape | None = None
    hints_of: Mapping[str, tuple[str, str, str]] = field(default_factory=dict, repr=False)

    def hint(self, at: int, key: str = "") -> str:
        """Hint `at`, from 0, for one item or for all; the fourth has a line for each solution."""
        if at < HINTS - 1:
            return self.hints_of.get(key, self.hints)[at]
        return "\n".join(f"{item.key}={item.solution}" for item in self.items if key in ("", item.key))


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
    """A typed number, or one worked out of numbers: as in every answer, a decimal comma and a fraction are understood.

    Raises ValueError for anything else.

    >>> number(" −0,25 "), number("1.5e-3"), number("-1/500")
    (-0.25, 0.0015, -0.002)
    """
    value = constant_values(read_plain(text, ()))
    if not isfinite(value):
        raise ValueError("not finite")
    return value


def written(value: float, digits: int) -> str:
    """A number with so many significant digits, zeros at its end too.

    >>> written(0.085, 3), written(-0.53, 3), written(127.0, 3)
    ('0.0850', '-0.530', '127')
    """
    return f"{value:#.{digits}g}".removesuffix(".")


@dataclass(frozen=True)
class Number:
    """A number that an answer may be: its value, and how far the rounding of what it follows from can move it."""

    value: float
    spread: float = 0.0

    def near(self, given: float, digits: int) -> bool:
        """Whether a number is this one to ±1 in the last digit asked, rounding aside; none beyond all bounds is."""
        if not (isfinite(self.value) and isfinite(self.spread)) or 0 < abs(self.value) < 1e-290:
            return False
        unit = last_digit(self.value, digits)
        return abs(given - round(self.value / unit) * unit) <= 1.0001 * unit + self.spread


def mark_number(
    text: str,
    wanted: Number,
    digits: int,
    carried: Number | None = None,
    slips: Sequence[tuple[Number, Mark]] = (),
) -> Mark:
    """The mark of a number.

    carried : what follows from the answers before, right or wrong.
    slips : the numbers that usual slips lead to, and what each still earns.
    """
    try:
        given = number(text)
    except ValueError:
        return Mark(0.0, f"a number is expected, not '{text.strip()[:40]}'")
    if wanted.near(given, digits):
        return Mark(1.0, "right")
    if carried is not None and carried.near(given, digits):
        return Mark(1.0, "rightly computed from your earlier value")
    if any(right is not None and right.near(-given, digits) for right in (wanted, carried)):
        return Mark(0.5, "the sign is wrong")
    for slip, mark in slips:
        if slip.near(given, digits):
            return mark
    shown = len(re.sub(r"\D", "", text.lower().partition("e")[0]).lstrip("0"))
    if 0 < shown < digits and isclose(given, float(f"{wanted.value:.{shown}g}"), rel_tol=1e-9):
        return Mark(0.5, f"digits are missing: {digits} that count are asked")
    return Mark(0.0, "not right")
