"""Whether helping threads pay: tried out by the clock, step by step. No bit depends on it."""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiling import inner
from deltarule.kernels.threads import TRIAL, clock

# what is kept of it, at control[TRIAL]; times in nanoseconds
SHARED, STEPS, SPENT, BEGAN, COST, WINDOWS, GAINED = range(7)
# how long a step alone is looked at, and how long shared ones at a time
ALONE_FOR, WINDOW = 250_000, 1_000_000
LONG = 60  # windows until the other way is tried anew
UNKNOWN = 1 << 50  # what a step alone takes that has not been looked at
LOST, SAVED = 2 * WINDOW, 20 * WINDOW  # what sharing may have cost when it ends, and what is kept of its gain


def shared_from_the_start(control: Any) -> None:
    """For a step so long that it pays where a core is free at all, and costs little where none is."""
    control[TRIAL + SHARED], control[TRIAL + COST] = 1, UNKNOWN


@inner
def begun(control: Any, trial: Any) -> None:
    """A step begins, or the first of several."""
    trial[BEGAN] = clock(control)


@inner
def judged(control: Any, trial: Any) -> None:
    """A step has ended; whether the next is shared.

    Alone for a quarter of a millisecond, then shared, a window of a millisecond after the other. What a window takes
    less or longer than alone is added up: a core that is away for once is made up for, one that stays away is not, and
    then it is alone for sixty windows. Both are tried anew after sixty.
    """
    now = clock(control)
    trial[SPENT] += now - trial[BEGAN]
    trial[STEPS] += 1
    trial[BEGAN] = now
    spent, steps, cost = trial[SPENT], trial[STEPS], trial[COST]
    if not trial[SHARED]:
        if spent < (ALONE_FOR if trial[WINDOWS] == 0 else LONG * WINDOW):
            return
        alone = spent // steps
        trial[COST] = alone if cost == 0 else min(alone, cost + cost // 16)  # at its best: others slow it too
        trial[SHARED], trial[WINDOWS] = 1, 0
    elif spent < WINDOW:
        return
    else:
        trial[GAINED] = min(trial[GAINED] + cost * steps - spent, SAVED)
        trial[WINDOWS] += 1
        if trial[GAINED] < -LOST:
            trial[SHARED], trial[WINDOWS], trial[GAINED] = 0, LONG, 0
        elif trial[WINDOWS] == LONG:
            trial[SHARED], trial[WINDOWS] = 0, 0
    trial[SPENT] = trial[STEPS] = 0
