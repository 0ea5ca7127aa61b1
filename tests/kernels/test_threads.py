"""The same bits with one, two or more threads; safe after fork, in joblib and from several Python threads at once."""

from __future__ import annotations

import _thread
import hashlib
import multiprocessing
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba", reason="Numba is not installed: the equations answer alone")

from deltarule import Network, train
from deltarule.descent.adaptive import AdaGrad, Adam, AdamW, NAdam, RMSprop
from deltarule.descent.clipping import Clipping
from deltarule.descent.gradient import GradientDescent, Momentum, Nesterov
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import L2, Penalty
from deltarule.equations.shape import make_shape
from deltarule.equations.starts import start
from deltarule.kernels.cores import available
from deltarule.kernels.team import beside, together
from deltarule.objectives.network_error import NetworkError

# groups with gradients of their own; one gradient for all; parts of a batch; a loss of classes
CUTS = (((8, 64, 64, 1), 256), ((300, 200, 7), 200), ((60, 400, 300, 5), 700), ((8, 64, 64, 1), 1000))


def trained(
    sizes: tuple[int, ...],
    batch: int,
    threads: int | None,
    rule: Any = Adam(),
    steps: int = 7,
    penalty: Penalty | None = L2(1e-3),
    clip: Clipping = Clipping(norm=1.0),
) -> str:
    """A hash of θ, the rule's memory and the errors after some steps."""
    random = np.random.default_rng(0)
    output = "softmax" if sizes[-1] > 1 else "identity"
    shape, N = make_shape(sizes, "tanh", output), 1000
    X = random.standard_normal((N, sizes[0])).astype(np.float32)
    D = np.eye(sizes[-1])[random.integers(0, sizes[-1], N)] if output == "softmax" else random.random((N, 1))
    loss = find_loss(None, output)
    f = NetworkError(shape, X, D, loss, penalty, random.random(N), batch, True, "auto", threads)
    state = f.begin(start("glorot", shape, random).astype(np.float32), rule, key=1)
    burst = f.advance(rule, state, steps, np.full(steps, 1e-3), clip)
    assert burst.steps == steps
    whole = (
        state.theta.tobytes() + state.memory.tobytes() + burst.error.tobytes() + burst.gradient_norm.tobytes()
    )
    return hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize(("sizes", "batch"), CUTS)
def test_the_bits_do_not_depend_on_the_number_of_threads(sizes: tuple[int, ...], batch: int) -> None:
    alone = trained(sizes, batch, 1)
    assert {trained(sizes, batch, threads) for threads in (2, 3, 5)} == {alone}


@pytest.mark.parametrize(("sizes", "batch"), CUTS)
def test_a_step_taken_block_by_block_has_the_bits_of_one_whose_gradient_is_whole(
    sizes: tuple[int, ...], batch: int
) -> None:
    """Nothing is asked of the gradient: each block of θ is moved as soon as its own is there."""
    at_once = {trained(sizes, batch, threads, penalty=None, clip=Clipping()) for threads in (1, 2, 3)}
    assert at_once == {trained(sizes, batch, 1, penalty=None, clip=Clipping(norm=1e30))}


@pytest.mark.parametrize(
    "rule",
    [GradientDescent(), Momentum(), Nesterov(), AdaGrad(), RMSprop(), AdamW(), NAdam()],
    ids=lambda rule: rule.code,
)
def test_no_rule_lets_threads_change_the_bits(rule: Any) -> None:
    assert trained((300, 200, 7), 200, 1, rule) == trained((300, 200, 7), 200, 2, rule)


def test_a_run_cut_into_bursts_gives_the_bits_of_one_burst() -> None:
    shape, random, rule = make_shape((8, 64, 64, 1)), np.random.default_rng(0), Adam()
    X, D = random.standard_normal((1000, 8)), random.random((1000, 1))
    found = []
    for pieces in ([600], [1, 255, 1, 343], [300, 300]):
        f = NetworkError(shape, X, D, find_loss("mse"), batch_size=37, threads=2)
        state = f.begin(start("glorot", shape, np.random.default_rng(1)), rule, key=2)
        for steps in pieces:
            f.advance(rule, state, steps, np.full(steps, 1e-3), Clipping())
        found.append((state.theta.tobytes(), state.memory.tobytes(), state.order.tobytes(), state.error_sum))
    assert found[0] == found[1] == found[2]


def test_two_states_whose_memory_stays_between_bursts_move_as_if_alone() -> None:
    shape, random, rule = make_shape((8, 64, 64, 1)), np.random.default_rng(0), Adam()
    X, D = random.standard_normal((300, 8)), random.random((300, 1))

    def bursts(orders: list[list[int]], stay: bool) -> list[tuple[bytes, bytes]]:
        f = NetworkError(shape, X, D, find_loss("mse"), batch_size=50)
        states = [f.begin(start("glorot", shape, np.random.default_rng(n)), rule, key=n) for n in range(2)]
        for order in orders:
            for n in order:
                f.advance(rule, states[n], 7, np.full(7, 1e-3), Clipping(), stay=stay)
        for state in states:
            f.settle(state)
        return [(state.theta.tobytes(), state.memory.tobytes()) for state in states]

    assert bursts([[0, 0, 1, 0, 1, 1]], stay=True) == bursts([[0, 0, 0], [1, 1, 1]], stay=False)


def whole_gradient(threads: int) -> tuple[NetworkError, Any, bytes]:
    """An error whose gradient is worth two threads, though not the time that one takes to begin; θ, ∂E/∂θ there."""
    random, shape = np.random.default_rng(0), make_shape((13, 100, 1))
    f = NetworkError(
        shape, random.standard_normal((600, 13)), random.random((600, 1)), find_loss("mse", "identity"),
        None, None, None, True, "auto", threads,
    )  # fmt: skip
    theta = start("glorot", shape, random)
    E, g = f.gradient(theta)
    return f, theta, np.append(g, E).tobytes()


def test_gradients_with_helping_threads_beside_them_have_the_bits_of_gradients_alone() -> None:
    f, theta, alone = whole_gradient(2)
    assert whole_gradient(1)[2] == alone
    before = _thread._count()
    with f.helped(theta), f.helped(theta):  # a rule within a rule
        assert become(before + 1)
        for _ in range(2000):
            E, g = f.gradient(theta)
            assert np.append(g, E).tobytes() == alone
        odd = theta.copy()
        odd[3] = np.nan
        assert np.isnan(f.gradient(odd)[0])
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(lambda _: f.gradient(theta), range(300)))
        assert {np.append(g, E).tobytes() for E, g in found} == {alone}
    assert become(before)


def test_what_is_raised_beside_helping_threads_ends_them() -> None:
    f, theta, _ = whole_gradient(2)
    before = _thread._count()
    with pytest.raises(KeyboardInterrupt), f.helped(theta):
        f.gradient(theta)
        raise KeyboardInterrupt
    assert become(before)


@pytest.mark.parametrize(
    "rule", ["lbfgs", "bfgs", "cg", "scg", "rprop", "newton", "gauss_newton", "lm", "evidence"]
)
def test_no_full_batch_rule_lets_threads_change_the_bits(rule: str) -> None:
    random = np.random.default_rng(0)
    X, d = random.standard_normal((600, 13)), random.random(600)
    found = [
        train(
            Network([13, 40, 1], seed=0), X, d, rule=rule, epochs=8, threads=threads
        ).network.theta.tobytes()
        for threads in (1, 2, 3)
    ]
    assert len(set(found)) == 1


def become(threads: int) -> bool:
    """Whether the process has so many threads, at once or soon: one begins and ends in its own time."""
    until = time.monotonic() + 1
    while _thread._count() != threads and time.monotonic() < until:
        time.sleep(0.001)
    return _thread._count() == threads


def test_several_python_threads_train_at_once() -> None:
    wanted = trained((8, 64, 64, 1), 256, 1)
    with ThreadPoolExecutor(4) as pool:
        assert {run.result() for run in [pool.submit(trained, (8, 64, 64, 1), 256, 2) for _ in range(8)]} == {
            wanted
        }


def test_one_objective_is_used_by_several_python_threads() -> None:
    shape, random = make_shape((6, 30, 2)), np.random.default_rng(0)
    f = NetworkError(shape, random.standard_normal((500, 6)), random.random((500, 2)), find_loss("mse"))
    thetas = [random.standard_normal(shape.size) for _ in range(6)]
    wanted = [f.gradient(theta)[1].tobytes() for theta in thetas]
    with ThreadPoolExecutor(6) as pool:
        assert [g.tobytes() for _, g in pool.map(f.gradient, thetas * 5)] == wanted * 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_trains() -> None:
    wanted = trained((8, 64, 64, 1), 256, 2)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert set(pool.starmap(trained, [((8, 64, 64, 1), 256, 2)] * 3)) == {wanted}


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_joblib_trains(backend: str) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    wanted = trained((8, 64, 64, 1), 256, 2)
    found = joblib.Parallel(2, backend=backend)(
        joblib.delayed(trained)((8, 64, 64, 1), 256, 2) for _ in range(4)
    )
    assert set(found) == {wanted}


def test_no_thread_outlives_a_call() -> None:
    before, running, leave = _thread._count(), threading.Barrier(3), threading.Event()
    with beside(lambda k: (running.wait(), leave.wait()), 3):
        running.wait()
        assert _thread._count() == before + 2  # so the count below could be wrong
        leave.set()
    trained((300, 200, 7), 200, 4)
    assert become(before)


def test_what_a_helping_thread_raises_does_not_keep_the_caller_waiting() -> None:
    caught: list[object] = []
    hook, sys.unraisablehook = sys.unraisablehook, lambda raised: caught.append(raised.exc_type)
    try:
        together(lambda k: 1 / (1 - k), 2)
    finally:
        sys.unraisablehook = hook
    assert caught == [ZeroDivisionError]


def test_thread_settings_are_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert available() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "rubbish")
    assert available() >= 1
