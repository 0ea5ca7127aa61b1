"""When helping threads are taken: told by steps whose length is made up, the clock aside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

from deltarule.kernels.compiling import kernel
from deltarule.kernels.sharing import BEGAN, COST, LONG, SHARED, judged, shared_from_the_start
from deltarule.kernels.threads import CLOCK, CONTROL, TRIAL, clock, system_calls
from deltarule.kernels.vectors import at, numbers

MS = 1_000_000  # nanoseconds


@kernel
def step(control: Any, length: int) -> int:
    """A step that took so many nanoseconds; whether the next is shared."""
    here = numbers(control)
    trial = at(here, TRIAL)
    trial[BEGAN] = clock(here) - length
    judged(here, trial)
    return trial[SHARED]


def made() -> Any:
    control = np.zeros(CONTROL, np.int64)
    control[CLOCK] = system_calls()[2]
    return control


def steps(control: Any, length: int, many: int) -> list[int]:
    return [step(control, length) for _ in range(many)]


def test_alone_first_then_shared_while_it_pays() -> None:
    control = made()
    assert step(control, MS) == 1  # alone for a quarter of a millisecond, and that was it
    assert set(steps(control, MS * 6 // 10, LONG)) == {1}


def test_a_core_that_is_away_for_once_is_made_up_for_by_what_was_gained() -> None:
    control = made()
    step(control, MS)
    steps(control, MS // 2, 20)
    assert step(control, 6 * MS) == 1
    assert set(steps(control, MS // 2, 20)) == {1}


def test_a_core_that_stays_away_is_waited_for_no_longer_and_asked_again_later() -> None:
    control = made()
    step(control, MS)
    steps(control, MS // 2, 10)
    assert step(control, 5 * MS) == 1  # what was gained before
    assert step(control, 5 * MS) == 0
    waited = steps(control, MS, LONG)
    assert LONG - 2 <= waited.index(1) < LONG


def test_a_long_step_is_shared_at_once_and_compared_with_alone_after_sixty() -> None:
    control = made()
    shared_from_the_start(control)
    assert set(steps(control, 30 * MS, LONG - 1)) == {1}
    assert step(control, 30 * MS) == 0
    assert step(control, 50 * MS) == 1
    assert control[TRIAL + COST] == pytest.approx(50 * MS, rel=0.01)
