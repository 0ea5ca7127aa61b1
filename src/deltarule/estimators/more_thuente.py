"""How far to go along a direction: the search of Moré and Thuente (1994), with the constants of L-BFGS-B.

    falls       φ(t) ≤ φ(0) + 0.001 t φ'(0)
    flattens    |φ'(t)| ≤ 0.9 |φ'(0)|                 φ(t) = f(θ + t d)

An interval [best, other] holds such a t once it is bracketed; the next t tried is where a cubic or a parabola through
what is known has its minimum. The same trials as SciPy's L-BFGS-B makes, to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, sqrt

FALL, FLAT, NARROW = 1e-3, 0.9, 0.1
LONGEST = 1e10
TRIES = 20


@dataclass(frozen=True)
class Point:
    """φ and its slope at t."""

    t: float
    value: float
    slope: float

    def below(self, slope: float) -> Point:
        """The same point of φ(t) − slope·t."""
        return Point(self.t, self.value - self.t * slope, self.slope - slope)


def search(phi: Callable[[float], tuple[float, float]], start: Point, first: float) -> Point | None:
    """The point that falls and flattens, or the best where rounding leaves no better; None after 20 looks.

    phi(t) gives value and slope; start is φ at 0, its slope below 0; first : the t tried first.

    >>> found = search(lambda t: ((t - 3) ** 4, 4 * (t - 3) ** 3), Point(0.0, 81.0, -108.0), 0.01)
    >>> found.value < 81 and abs(found.slope) < 0.9 * 108
    True
    """
    least = FALL * start.slope
    best = other = start
    bracketed, lowered = False, True
    low, high, t = 0.0, 5 * first, first
    width, before = LONGEST, 2 * LONGEST
    for _ in range(TRIES):
        value, slope = phi(t)
        if not (isfinite(value) and isfinite(slope)):
            t = best.t + 0.1 * (t - best.t)
            continue
        trial, falls = Point(t, value, slope), value <= start.value + t * least
        if lowered and falls and slope >= 0:
            lowered = False
        nowhere = t == best.t or (bracketed and (t <= low or t >= high or high - low <= NARROW * high))
        if (
            nowhere
            or (falls and abs(slope) <= -FLAT * start.slope)
            or (t == LONGEST and falls and slope <= least)
        ):
            return trial
        if lowered and value <= best.value and not falls:
            seen = best.below(least), other.below(least), trial.below(least)
            t, bracketed, best, other = _next(*seen, bracketed, low, high)
            best, other = best.below(-least), other.below(-least)
        else:
            t, bracketed, best, other = _next(best, other, trial, bracketed, low, high)
        if bracketed:
            if abs(other.t - best.t) >= 0.66 * before:
                t = best.t + 0.5 * (other.t - best.t)
            before, width = width, abs(other.t - best.t)
            low, high = min(best.t, other.t), max(best.t, other.t)
        else:
            low, high = t + 1.1 * (t - best.t), t + 4 * (t - best.t)
        t = min(max(t, 0.0), LONGEST)
        if bracketed and (t <= low or t >= high or high - low <= NARROW * high):
            t = best.t
    return None


def _next(
    best: Point, other: Point, trial: Point, bracketed: bool, low: float, high: float
) -> tuple[float, bool, Point, Point]:
    """The next t, whether the interval is bracketed, and its ends."""
    turned = trial.slope * best.slope < 0
    cubic, ratio = _cubic(trial, best)
    if trial.value > best.value:  # higher: a minimum lies between
        cubic = _cubic(best, trial)[0]
        parabola = best.t + 0.5 * (trial.t - best.t) * best.slope / (
            (best.value - trial.value) / (trial.t - best.t) + best.slope
        )
        near = abs(cubic - best.t) < abs(parabola - best.t)
        return cubic if near else cubic + 0.5 * (parabola - cubic), True, best, trial
    if turned:  # lower, beyond the minimum
        secant = _secant(trial, best)
        return cubic if abs(cubic - trial.t) > abs(secant - trial.t) else secant, True, trial, best
    outward = high if trial.t > best.t else low
    if abs(trial.slope) < abs(best.slope):  # lower and flatter
        secant = _secant(trial, best)
        if ratio >= 0:
            cubic = outward
        nearer = abs(cubic - trial.t) < abs(secant - trial.t)
        if bracketed:
            t, limit = cubic if nearer else secant, trial.t + 0.66 * (other.t - trial.t)
            return min(limit, t) if trial.t > best.t else max(limit, t), True, trial, other
        return min(max(secant if nearer else cubic, low), high), False, trial, other
    return _cubic(trial, other)[0] if bracketed else outward, bracketed, trial, other  # lower and as steep


def _cubic(a: Point, b: Point) -> tuple[float, float]:
    """The minimum of the cubic through both points and slopes, how far from a in widths; ∞ where it has none."""
    theta = 3 * (a.value - b.value) / (b.t - a.t) + a.slope + b.slope
    size = max(abs(theta), abs(a.slope), abs(b.slope))
    if size == 0:
        return 0.5 * (a.t + b.t), inf
    square = (theta / size) ** 2 - (a.slope / size) * (b.slope / size)
    gamma = size * sqrt(max(0.0, square)) * (1 if b.t > a.t else -1)
    below = 2 * gamma - a.slope + b.slope
    if below == 0:
        return a.t, inf
    ratio = (gamma - a.slope + theta) / below
    return a.t + ratio * (b.t - a.t), ratio if gamma else inf


def _secant(a: Point, b: Point) -> float:
    """Where the line through both slopes is 0."""
    return a.t + a.slope / (a.slope - b.slope) * (b.t - a.t)
