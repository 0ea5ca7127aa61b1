"""The loop's outcomes, each caused; its history; its bits."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from deltarule import Network, Stopping, train
from deltarule.descent.gradient import GradientDescent
from deltarule.descent.loop import Settings, _Loop, run
from deltarule.descent.outcome import Outcome
from deltarule.descent.rules import RULES
from deltarule.descent.stopping import Watch
from deltarule.equations.losses import LOSSES
from deltarule.kernels.one_thread import one_thread
from deltarule.objectives.network_error import NetworkError

random = np.random.default_rng(0)
X = random.uniform(-1, 1, (40, 2))
D = np.sin(2 * X[:, 0]) * X[:, 1]
NETWORK = Network([2, 6, 1], seed=1)


class Quadratic:
    """f(θ) = ½ Σ λ_p θ_p²: gradient descent converges on it just below η = 2/λ_max."""

    curvature = np.array([1.0, 10.0])
    size = 2

    def value(self, theta):
        return float(0.5 * self.curvature @ theta**2)

    def gradient(self, theta):
        return self.value(theta), self.curvature * theta


@pytest.mark.parametrize(("share", "name"), [(0.99, "step_limit"), (1.01, "diverged")])
def test_the_largest_safe_learning_rate_of_a_quadratic_is_two_over_its_largest_curvature(share, name):
    settings = Settings(epochs=3000, learning_rate=share * 2 / 10)
    result = run(Quadratic(), GradientDescent(), np.array([1.0, 1.0]), settings)
    assert result.outcome.name == name
    assert (np.abs(result.theta) < 1e-6).all() if name == "step_limit" else np.abs(result.theta).max() > 1e6


def test_all_epochs_are_run_unless_asked_otherwise():
    result = train(NETWORK, X, D, epochs=7, rule="adam")
    assert result.outcome.name == "step_limit"
    assert len(result.history) == 7
    assert result.history.step.tolist() == [2 * e for e in range(1, 8)]
    assert result.history.gradient_norm.shape == (7, 2)
    assert (result.history.learning_rate == 0.001).all()


def test_the_given_network_is_left_alone():
    before = NETWORK.theta.copy()
    assert (train(NETWORK, X, D, epochs=3, rule="adam").network.theta != before).any()
    assert (NETWORK.theta == before).all()


def test_training_lowers_the_error():
    result = train(NETWORK, X, D, learning_rate=0.01, epochs=200, rule="adam")
    assert result.network.error(X, D) < 0.1 * NETWORK.error(X, D)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    one, same, other = (train(NETWORK, X, D, epochs=5, batch_size=8, seed=s, rule="adam") for s in (3, 3, 4))
    assert (one.network.theta == same.network.theta).all()
    assert (one.history.error == same.history.error).all()
    assert (one.network.theta != other.network.theta).any()


def test_divergence_is_caught_at_its_step_and_the_weights_stay_finite():
    result = train(
        Network([2, 6, 1], "relu", seed=1),
        X,
        D,
        rule="gradient",
        learning_rate=1e6,
        epochs=300,
        batch_size="full",
    )
    assert result.outcome.name == "diverged"
    assert result.outcome.step == len(result.history) < 300
    assert np.isfinite(result.network.theta).all()


def test_a_diverged_run_keeps_the_last_weights_whose_error_is_finite():
    D = np.full(40, 1e150)  # each step overshoots two thousandfold: E is not finite after the second
    settings = dict(rule="gradient", learning_rate=1e3, batch_size="full")
    result = train(Network([2, 1]), X, D, epochs=50, **settings)
    assert result.outcome.name == "diverged"
    assert np.isfinite(result.network.error(X, D))
    last = train(Network([2, 1]), X, D, epochs=result.outcome.step - 1, **settings)
    assert (result.network.theta == last.network.theta).all()


@pytest.mark.parametrize(("stopping", "heard"), [(Stopping(), 0), (Stopping(tolerance=0.0), 30)])
def test_epochs_are_walked_one_by_one_only_where_someone_listens(stopping, heard, monkeypatch):
    epochs = []
    monkeypatch.setattr(Watch, "epoch_end", lambda *said: epochs.append(said))
    result = train(NETWORK, X, D, rule="gradient", learning_rate=0.01, epochs=30, stopping=stopping)
    assert (len(result.history), len(epochs)) == (30, heard)


@pytest.mark.parametrize("growth", [1.02, 1.5])
def test_a_slow_divergence_keeps_the_last_finite_weights_and_trains_once(growth, monkeypatch):
    x, zeros, runs = np.ones((4000, 1)), np.zeros(4000), []
    start = Network([1, 1], bias=False)
    start.theta[:] = 1e151  # E = θ²: its sum over the samples is no number long before E is none
    settings = dict(rule="gradient", learning_rate=(1 + growth) / 2, batch_size="full")
    monkeypatch.setattr("deltarule.descent.loop.one_thread", lambda: runs.append(1) or one_thread())
    result = train(start, x, zeros, epochs=10**6, **settings)
    assert result.outcome.name == "diverged"
    assert len(runs) == 2
    assert np.isfinite(result.network.error(x, zeros))
    steps = result.outcome.step
    before = [train(start, x, zeros, epochs=n, **settings).network.theta for n in (steps - 1, steps)]
    assert result.network.theta in before


@pytest.mark.parametrize("rule", ["gradient", "adam"])
def test_the_way_back_from_a_copy_taken_on_the_way_is_the_same_bits(rule, monkeypatch):
    f = NetworkError(NETWORK.shape, X, D[:, None], LOSSES["mse"], batch_size=8, dropout=0.2)
    moves, loops = RULES[rule](), []
    for name, value in {"replay.SECONDS": 0, "replay.SHARE": np.inf, "loop.BURST_SECONDS": 1e-4}.items():
        monkeypatch.setattr(f"deltarule.descent.{name}", value)

    def diverged(loop):
        loops.append(loop)
        return Outcome.of("diverged", loop.state.step)

    before = run(f, moves, NETWORK.theta, Settings(learning_rate=0.01, stopping=Stopping(steps=499)))
    monkeypatch.setattr(_Loop, "_limit_outcome", diverged)
    monkeypatch.setattr("deltarule.descent.loop._finite_value", lambda *_: False)
    kept = run(f, moves, NETWORK.theta, Settings(learning_rate=0.01, stopping=Stopping(steps=500)))
    assert loops[0].replay._kept.step > 0
    assert kept.theta.tobytes() == before.theta.tobytes() != kept.state.theta.tobytes()


def test_a_network_that_is_not_finite_at_the_start_diverges_at_step_zero():
    network = NETWORK.copy()
    network.theta[0] = np.inf
    result = train(network, X, D, epochs=3, rule="adam")
    assert (result.outcome.name, result.outcome.step, len(result.history)) == ("diverged", 0, 0)


@pytest.mark.parametrize("rule", ["gradient", "adam", "lm", "evidence", "lbfgs", "newton", "rprop"])
def test_a_start_that_is_not_finite_is_named_as_the_cause(rule):
    network = NETWORK.copy()
    network.theta[0] = np.nan
    outcome = train(network, X, D, epochs=3, rule=rule).outcome
    assert outcome.name == "diverged"
    assert "1 number of the start is not finite" in outcome.message
    assert "learning rate" not in outcome.message


def test_an_error_that_is_not_finite_at_the_start_is_named_as_the_cause():
    network = NETWORK.copy()
    network.theta[:] = 1e300
    outcome = train(network, X, D, epochs=3, rule="gradient").outcome
    assert outcome.name == "diverged"
    assert "not a finite number at the start" in outcome.message


def test_tolerance_ends_when_the_error_stops_falling():
    result = train(
        NETWORK, X, D, epochs=5000, learning_rate=0.01, stopping=Stopping(tolerance=1e-3), rule="adam"
    )
    assert result.outcome.name == "converged"
    error = result.history.error
    lowest = np.minimum.accumulate(error)
    assert (error[-11:] > lowest[-12:-1] - 1e-3).all()


def test_a_small_gradient_ends_the_run():
    result = train(
        Network([2, 1]),
        X,
        D,
        rule="gradient",
        batch_size="full",
        epochs=5000,
        stopping=Stopping(gradient_norm=1e-6),
    )
    assert result.outcome.name == "converged"
    assert (
        np.linalg.norm(result.history.gradient_norm[-1])
        <= 1e-6
        < np.linalg.norm(result.history.gradient_norm[-2])
    )


def test_a_target_error_ends_the_run():
    result = train(
        NETWORK, X, D, epochs=5000, learning_rate=0.01, stopping=Stopping(target=0.01), rule="adam"
    )
    assert result.history.error[-1] <= 0.01 < result.history.error[-2]


def test_patience_keeps_the_weights_of_the_lowest_validation_error():
    few = X[:12], D[:12] + 0.5 * random.standard_normal(12)
    result = train(
        Network([2, 40, 1], seed=0),
        *few,
        validation=(X[12:], D[12:]),
        learning_rate=0.02,
        epochs=3000,
        stopping=Stopping(patience=30),
        rule="adam",
    )
    assert result.outcome.name == "stopped_early"
    validation = result.history.validation_error
    assert result.network.error(X[12:], D[12:]) == pytest.approx(validation.min(), rel=1e-9)
    assert int(np.argmin(validation)) == len(validation) - 31


def test_a_score_of_ones_own_keeps_the_weights_of_its_highest():
    def within(o, d, s):  # the share of outputs that are off by less than a tenth
        scores.append(float(np.mean(abs(o - d) < 0.1)))
        return scores[-1]

    scores = []
    result = train(
        NETWORK, X[:12], D[:12], validation=(X[12:], D[12:]), learning_rate=0.02, epochs=300, rule="adam",
        stopping=Stopping(patience=40, score=within),
    )  # fmt: skip
    assert len(scores) == len(result.history)
    best = int(np.argmax(scores))
    assert len(scores) in (best + 41, 300)
    assert within(result.network.predict(X[12:]), D[12:].reshape(-1, 1), None) == scores[best]
    np.testing.assert_allclose(
        result.network.error(X[12:], D[12:]), result.history.validation_error[best], rtol=1e-9
    )


def test_validation_rows_as_a_share_are_not_trained_on():
    seen = train(NETWORK, X, D, validation=0.25, epochs=3, batch_size=1, rule="adam")
    assert seen.history.step[0] == 30


def test_validation_rows_may_have_weights():
    s = random.uniform(0.5, 2, len(X))
    seen = train(NETWORK, X, D, validation=(X, D, s), epochs=3, rule="adam")
    lowest = seen.network.error(X, D, sample_weight=s)
    assert seen.history.validation_error.min() == pytest.approx(lowest, rel=1e-12)  # sums in another order


def test_time_and_steps_are_limits():
    timed = train(
        NETWORK, X, D, epochs=10**7, stopping=Stopping(seconds=0.3), engine="reference", rule="adam"
    )
    assert timed.outcome.name == "time_limit"
    assert 0.3 <= timed.history.seconds[-1] + 0.05 < 0.6
    counted = train(NETWORK, X, D, epochs=100, stopping=Stopping(steps=5), rule="adam")
    assert (counted.outcome.name, counted.outcome.step) == ("step_limit", 5)


def test_a_first_step_longer_than_the_budget_is_the_only_one(monkeypatch):
    """Compiling at the first call counts: the clock starts before it, and one step is done all the same."""

    from deltarule.descent import loop

    now = [0.0]
    monkeypatch.setattr(loop, "working_time", lambda: now[0])

    class Slow(Quadratic):
        def gradient(self, theta):
            now[0] += 10.0
            return super().gradient(theta)

    settings = Settings(epochs=100, learning_rate=0.1, stopping=Stopping(seconds=3.0))
    result = run(Slow(), GradientDescent(), np.array([1.0, 1.0]), settings)
    assert (result.outcome.name, result.outcome.step) == ("time_limit", 1)
    assert result.history.seconds.tolist() == [10.0]


def test_ctrl_c_keeps_what_was_reached():
    handler = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    press = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    press.start()
    try:
        began = time.perf_counter()
        result = train(NETWORK, X, D, epochs=10**7, engine="reference", rule="adam")
        assert time.perf_counter() - began < 2
    finally:
        press.cancel()
        signal.signal(signal.SIGINT, handler)
    assert result.outcome.name == "interrupted"
    assert result.outcome.message.endswith("the weights reached were kept")
    assert result.network.error(X, D) < NETWORK.error(X, D)


@pytest.mark.parametrize("restarts", [1, 2])
def test_an_interruption_keeps_what_validation_rows_judge_best_and_says_so(restarts):
    handler = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    press = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    press.start()
    try:
        held_out = {"validation": (X, D), "restarts": restarts, "rule": "adam"}
        result = train(NETWORK, X, D, epochs=10**7, engine="reference", **held_out)
    finally:
        press.cancel()
        signal.signal(signal.SIGINT, handler)
    assert result.outcome.name == "interrupted"
    assert result.outcome.message.endswith("the validation error's lowest point were kept")
    assert result.network.error(X, D) == pytest.approx(np.nanmin(result.history.validation_error))


def test_observers_see_exactly_the_steps_they_ask_for():
    class Watcher:
        every = 7

        def __init__(self):
            self.steps = []

        def __call__(self, moment):
            if moment.state.step % 7 == 0 and moment.outcome is None:
                self.steps.append(moment.state.step)

    watcher = Watcher()
    train(NETWORK, X, D, epochs=20, batch_size=4, observers=[watcher], rule="adam")
    assert watcher.steps == list(range(0, 200, 7))


def test_the_history_is_written_and_read_back_exactly():
    from deltarule.descent.history import History

    history = train(NETWORK, X, D, epochs=5, validation=0.2, rule="adam").history
    again = History.from_csv(history.to_csv())
    assert again.names == history.names
    assert all(np.array_equal(again[n], history[n], equal_nan=True) for n in history.names)
