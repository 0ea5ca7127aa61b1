"""The numbers that a training or a descent is given, checked before anything moves."""

from __future__ import annotations

from typing import Any

import numpy as np

from deltarule.errors import InputError


def count(name: str, value: Any, least: int = 1) -> int:
    """A whole number of `least` or more.

    >>> count("steps", 20)
    20
    >>> count("steps", 1.5)
    Traceback (most recent call last):
    deltarule.errors.InputError: steps must be a whole number of 1 or more, got 1.5
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise InputError(f"{name} must be a whole number of {least} or more, got {value!r}")


def rate(value: Any) -> float | None:
    """A learning rate above 0, or None for the rule's own."""
    return None if value is None else _above_zero("learning_rate must be", value)


def seconds(budget: Any) -> float:
    """A budget above 0."""
    return _above_zero("budget must be seconds,", budget)


def _above_zero(start: str, value: Any) -> float:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and 0 < value < np.inf:
        return float(value)
    raise InputError(f"{start} a number above 0, got {value!r}")
