"""The numbers that a network, a training, a rule or a schedule is given, checked before anything moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError


def shown(given: Any) -> str:
    """What was given, for a sentence; of a class, how it is called.

    >>> shown(int), shown(3)
    ('the class int: write int(…)', '3')
    """
    return (
        f"the class {given.__name__}: write {given.__name__}(…)" if isinstance(given, type) else repr(given)
    )


def count(name: str, value: Any, least: int = 1) -> int:
    """A whole number of `least` or more.

    >>> count("steps", 20)
    20
    >>> count("steps", 1.5)
    Traceback (most recent call last):
    deltarule.errors.InputError: steps must be a whole number of 1 or more, got 1.5
    """
    if is_count(value) and value >= least:
        return int(value)
    raise InputError(f"{name} must be a whole number of {least} or more, got {value!r}")


def rate(value: Any) -> float | None:
    """A learning rate above 0, or None for the rule's own."""
    return None if value is None else above_zero("learning_rate", value)


def seconds(budget: Any) -> float:
    """A budget above 0."""
    return _in_range("budget must be seconds, a number above 0", budget, lambda v: 0 < v < np.inf)


def above_zero(name: str, value: Any, most: float = np.inf) -> float:
    """A number above 0, finite, and at most `most`."""
    limit = "" if most == np.inf else f" and at most {most:g}"
    return _in_range(f"{name} must be a number above 0{limit}", value, lambda v: 0 < v < np.inf and v <= most)


def from_zero(name: str, value: Any) -> float:
    """A number of 0 or more, finite."""
    return _in_range(f"{name} must be a number of 0 or more", value, lambda v: 0 <= v < np.inf)


def share(name: str, value: Any, one: bool = False) -> float:
    """A number from 0 to below 1, or to 1 where that is allowed."""
    limit = "at most" if one else "below"
    return _in_range(
        f"{name} must be at least 0 and {limit} 1", value, lambda v: 0 <= v < 1 or (one and v == 1)
    )


def numbers(settings: Any) -> None:
    """Every field of a rule's settings that is annotated as a number holds one, before their ranges are looked at.

    >>> from dataclasses import make_dataclass
    >>> numbers(make_dataclass("LBFGS", [("gradient", "float")])("x"))
    Traceback (most recent call last):
    deltarule.errors.InputError: LBFGS's gradient must be a number, got 'x'
    """
    for field in fields(settings):
        value = getattr(settings, field.name)
        number = "float" in str(field.type) and not (value is None and "None" in str(field.type))
        if number and not is_number(value):
            raise InputError(f"{type(settings).__name__}'s {field.name} must be a number, got {value!r}")


def array(name: str, values: Any) -> NDArray[Any]:
    """Real numbers as an array: whole and floating kinds stay as they are, objects that are numbers become float64.

    >>> array("θ", ["a", "b"])
    Traceback (most recent call last):
    deltarule.errors.InputError: θ must be numbers, got ['a', 'b']
    """
    try:
        found = np.asarray(values)
        found = found.astype(np.float64) if found.dtype.kind in "bO" else found
    except (TypeError, ValueError):  # such as lists of different lengths
        found = np.empty(0, dtype=np.str_)
    if found.dtype.kind in "iuf":
        return found
    raise InputError(f"{name} must be numbers, got {shortened(repr(values))}")


def shortened(text: str) -> str:
    """A text cut after 60 characters, for a sentence."""
    return text if len(text) <= 60 else f"{text[:60]}…"


def _in_range(sentence: str, value: Any, inside: Callable[[Any], bool]) -> float:
    if is_number(value) and inside(value):
        return float(value)
    raise InputError(f"{sentence}, got {value!r}")


def is_count(value: Any) -> bool:
    """Whether this is a whole number, of any size: not a truth value."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether this is a real number: not a truth value, not NaN."""
    return (is_count(value) or isinstance(value, (float, np.floating))) and value == value
