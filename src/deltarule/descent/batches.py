"""How many rows a step sees, and whether a training was asked for steps on parts of the rows."""

from __future__ import annotations

from typing import Any

from deltarule.amounts import is_count
from deltarule.errors import InputError

AUTO = 32  # rows: enough for vectors, few enough for many steps an epoch


def rows_a_step(given: Any, N: int, first_order: bool) -> int:
    """Rows of N that each step sees: "auto" is 32 for rules that step along the gradient; others see all.

    Raises InputError for what is no number of rows, and for part of them where the rule needs all.

    >>> rows_a_step("auto", 100, True), rows_a_step("auto", 100, False), rows_a_step("full", 100, True)
    (32, 100, 100)
    >>> rows_a_step(500, 100, True)
    100
    """
    if given is None or given == "full":
        return N
    if given == "auto":
        return min(AUTO, N) if first_order else N
    if is_count(given) and given >= 1:
        if not first_order and given < N:
            raise InputError(
                f"this rule uses all samples in every iteration: leave batch_size out, got {given}"
            )
        return min(int(given), N)
    raise InputError(f"batch_size must be a whole number of 1 or more, 'auto' or 'full', got {given!r}")


def in_parts(batch_size: Any, *steering: Any) -> bool:
    """Whether a batch size, or a learning rate, schedule or limit of the gradient, asks for a rule that takes them."""
    return batch_size not in ("auto", "full", None) or any(given is not None for given in steering)
