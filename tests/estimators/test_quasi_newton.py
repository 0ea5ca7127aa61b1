"""solver='lbfgs' visits the points that SciPy's L-BFGS-B visits, and ends where it ends."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from deltarule.estimators.more_thuente import Point, search
from deltarule.estimators.quasi_newton import Pairs, lbfgs


def rosenbrock(x):
    return rosen(x), rosen_der(x)


def quartic(x):
    return float(((x - 3) ** 4).sum()), 4 * (x - 3) ** 3


def steep_then_flat(x):
    return float(np.log1p(x @ x)), 2 * x / (1 + x @ x)


def wavy(x):
    return float((1 - np.cos(3 * x) + 0.1 * x**2).sum()), 3 * np.sin(3 * x) + 0.2 * x


def walled(x):
    return float((np.exp(4 * x) - 20 * x).sum()), 4 * np.exp(4 * x) - 20


def hundredfold(x):
    scale = np.logspace(0, 4, len(x))
    return float(0.5 * scale @ x**2), scale * x


SURFACES = [rosenbrock, quartic, steep_then_flat, wavy, walled, hundredfold]
LIMITS: dict[str, Any] = {"max_iter": 60, "max_fun": 15000, "tol": 1e-8}


class Watched:
    """A surface that remembers where it was asked."""

    def __init__(self, surface: Any) -> None:
        self.surface, self.seen = surface, list[np.ndarray]()

    def gradient(self, x):
        self.seen.append(x.copy())
        return self.surface(x)

    def helped(self, x):
        return nullcontext()


def ours(surface, start, **limits) -> Any:
    watched = Watched(surface)
    error: Any = watched
    given: Any = SimpleNamespace(**LIMITS | limits)
    return lbfgs(error, start, given, None, lambda theta, loss: False), watched.seen


def scipys(surface, start, **limits) -> Any:
    watched, given = Watched(surface), SimpleNamespace(**LIMITS | limits)
    options = {"maxiter": given.max_iter, "maxfun": given.max_fun, "gtol": given.tol}
    return minimize(watched.gradient, start, jac=True, method="L-BFGS-B", options=options), watched.seen


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("seed", range(4))
def test_every_point_it_asks_is_scipys(surface, seed):
    start = np.random.default_rng(seed).normal(size=6) * 2
    (found, own), (theirs, other) = ours(surface, start), scipys(surface, start)
    together = min(len(own), len(other), 25)  # farther on rounding has grown
    assert together > 5
    for mine, its in zip(own[:together], other[:together], strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-6, atol=1e-7)
    assert found.loss == pytest.approx(theirs.fun, rel=1e-6, abs=1e-9)
    assert found.ended == "converged" and theirs.success
    assert abs(len(found.curve) - theirs.nit) <= 3


@pytest.mark.parametrize(("limit", "value"), [("max_iter", 3), ("max_fun", 5)])
def test_a_limit_ends_it_where_scipy_ends(limit, value):
    start = np.array([-1.2, 1.0, 0.5])
    (found, own), (theirs, other) = (
        ours(rosenbrock, start, **{limit: value}),
        scipys(rosenbrock, start, **{limit: value}),
    )
    assert (found.ended, len(found.curve), len(own)) == ("step_limit", theirs.nit, len(other))
    assert theirs.status == 1


def test_a_start_at_the_minimum_is_left_alone():
    found, seen = ours(quartic, np.full(2, 3.0))
    assert found.ended == "converged" and found.curve == [] and len(seen) == 1


def test_a_value_that_is_no_number_shortens_the_step():
    def barrier(x):
        with np.errstate(all="ignore"):
            return float((x - np.log(x)).sum()), 1 - 1 / x

    found, seen = ours(barrier, np.array([20.0, 15.0]))
    assert any((x < 0).any() for x in seen), "the way leads over the edge"
    assert found.ended == "converged"
    assert found.loss == pytest.approx(2, rel=1e-9)


def test_a_slope_that_lies_ends_it_as_stuck():
    found, seen = ours(lambda x: (float(x @ x), -2 * x), np.ones(2))  # uphill is called downhill
    assert found.ended == "stuck" and len(seen) > 10
    np.testing.assert_array_equal(found.theta, np.ones(2))


def test_the_compact_form_is_the_recursion():
    """−H⁻¹g by the two loops of Liu and Nocedal, from the newest ten of fourteen pairs."""
    random, pairs, kept = np.random.default_rng(0), Pairs(30), []
    A = np.diag(np.linspace(1, 20, 30))
    for _ in range(14):
        s = random.normal(size=30)
        y = A @ s
        pairs.add(s, y, float(s @ y), float(y @ y))
        kept = [*kept, (s, y)][-10:]
    g = random.normal(size=30)
    q, shares = g.copy(), []
    for s, y in reversed(kept):
        shares.append(s @ q / (s @ y))
        q -= shares[-1] * y
    s, y = kept[-1]
    q *= s @ y / (y @ y)
    for (s, y), a in zip(kept, reversed(shares), strict=True):
        q += (a - y @ q / (s @ y)) * s
    np.testing.assert_allclose(pairs.direction(g), -q, rtol=1e-9)
    pairs.forget()
    np.testing.assert_array_equal(pairs.direction(g), -g)


@pytest.mark.parametrize("first", [1e-6, 0.1, 1.0, 50.0, 1e6])
@pytest.mark.parametrize("surface", SURFACES[:4])
def test_a_search_falls_and_flattens(surface, first):
    x = np.array([2.0, -1.5, 0.7])
    value, g = surface(x)
    d = -g / np.sqrt(g @ g)

    def phi(t):
        f, slope = surface(x + t * d)
        return f, float(slope @ d)

    start = Point(0.0, value, float(g @ d))
    found = search(phi, start, first)
    assert found is not None and phi(found.t) == (found.value, found.slope)
    assert found.value <= start.value + 1e-3 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
