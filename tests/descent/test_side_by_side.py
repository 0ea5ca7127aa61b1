"""Several trainings at a time: their order, their threads, their ends; and a clock that does not count compiling."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from deltarule import Network, train
from deltarule.descent import side_by_side as module
from deltarule.descent import training
from deltarule.descent.side_by_side import side_by_side
from deltarule.errors import InputError
from deltarule.kernels.working_time import stands_still, working_time


def table() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    X = random.standard_normal((80, 3))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * random.standard_normal(80)


@pytest.mark.parametrize("rule", ["evidence", "lm", "adam", "lbfgs"])
def test_side_by_side_or_one_after_another_gives_the_same_bits(rule: str) -> None:
    X, d = table()
    several = [
        train(Network([3, 6, 1]), X, d, rule=rule, restarts=4, epochs=20, threads=n) for n in (1, 2, 4)
    ]
    for other in several[1:]:
        assert np.array_equal(other.network.theta, several[0].network.theta)
        assert other.starts == several[0].starts
        assert other.start and several[0].start
        assert np.array_equal(other.start.theta, several[0].start.theta)


def test_the_start_that_is_told_is_that_of_the_network_kept() -> None:
    X, d = table()
    result = train(Network([3, 6, 1]), X, d, rule="adam", restarts=5, epochs=3)
    assert result.starts is not None and result.starts.best > 0
    again = train(result.start, X, d, rule="adam", epochs=3)
    assert np.array_equal(again.network.theta, result.network.theta)


@pytest.mark.parametrize("team", [1, 3])
def test_an_exception_ends_what_has_not_begun(team: int) -> None:
    begun: list[int] = []

    def begin(k: int, threads: int, interrupted: threading.Event) -> int:
        begun.append(k)
        if k == 0:
            raise InputError("the first")
        time.sleep(0.05)
        return k

    with pytest.raises(InputError, match="the first"):
        side_by_side(50, begin, threads=team, team=team)
    assert len(begun) < 10


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_ends_all_starts_and_is_told(threads: int) -> None:
    X, d = table()
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    result = train(Network([3, 6, 1]), X, d, rule="evidence", restarts=10_000, epochs=100, threads=threads)
    timer.join()
    assert result.outcome.name == "interrupted"
    assert np.isfinite(result.network.theta).all()


def test_memory_limits_how_many_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.memory, "available", lambda: 100 << 20)
    assert module.at_once(8, 8, 20 << 20) == 2


def test_a_budget_does_not_count_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    X, d = table()
    before, usual = working_time(), training.NetworkError

    def slow(*args: object, **more: object) -> object:
        with stands_still():
            time.sleep(0.5)
        return usual(*args, **more)

    monkeypatch.setattr(training, "NetworkError", slow)
    result = train(Network([3, 6, 1]), X, d, rule="adam", budget=0.4, epochs=10**9)
    assert result.outcome.name == "time_limit" and len(result.history) > 1
    assert 0.35 < working_time() - before < 0.9
