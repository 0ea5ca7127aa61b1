"""Whether helping threads pay: tried out by the clock, step by step. No bit depends on it."""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiling import inner
from deltarule.kernels.threads import clock

# what is kept of it, at control[TRIAL]; times in nanoseconds
SHARED, STEPS, SPENT, BEGAN, COST, WINDOWS = range(6)
ALONE_FOR, WINDOW = (
    250_000,
    1_000_000,
)  # how long a step alone is looked at, and how long shared ones at a time
LONG = 60  # windows until the other way is tried anew
HOPED = 200_000  # within which a helping thread must have begun


@inner
def begun(control: Any, trial: Any) -> None:
    """A step begins, or the first of several."""
    trial[BEGAN] = clock(control)


@inner
def judged(control: Any, trial: Any) -> None:
    """A step has ended; whether the next is shared.

    Alone for a quarter of a millisecond, then shared, a window of a millisecond after the other, while a step takes no
    longer than alone; where it does, since a core is taken, alone for sixty windows. Both are tried anew after sixty.
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
    elif spent > 2 * cost * steps + HOPED or (spent >= WINDOW and spent > cost * steps):
        trial[SHARED], trial[WINDOWS] = 0, LONG
    elif spent < WINDOW:
        return
    else:
        trial[WINDOWS] += 1
        if trial[WINDOWS] == LONG:
            trial[SHARED], trial[WINDOWS] = 0, 0
    trial[SPENT] = trial[STEPS] = 0
