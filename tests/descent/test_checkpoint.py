"""A training that goes on from its checkpoint is the one that was never stopped: θ, history, outcome, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deltarule import InputError, Network, Stopping, train
from deltarule.descent.checkpoint import Checkpoint
from deltarule.descent.training import Training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
D = np.sin(X @ RNG.normal(size=(3, 2)))
HELD = (RNG.normal(size=(20, 3)), RNG.normal(size=(20, 2)))
NETWORK = Network([3, 6, 2], seed=1)
CASES: dict[str, dict[str, Any]] = {
    **{
        rule: {"rule": rule}
        for rule in ("gradient", "momentum", "nesterov", "adagrad", "rmsprop", "adamw", "nadam")
    },
    "full batch": {"rule": "adam", "batch_size": "full"},
    "penalty and clipping": {"rule": "adam", "penalty": 0.01, "clip_norm": 0.1},
    "cosine": {"rule": "adam", "schedule": "cosine"},
    "plateau": {"rule": "gradient", "schedule": "plateau:patience=1,tolerance=0.5"},
    "adaptive": {"rule": "gradient", "schedule": "adaptive:patience=1,tolerance=0.5"},
    "validation": {"rule": "adam", "validation": HELD, "learning_rate": 0.1},
    "patience": {"rule": "adam", "validation": HELD, "learning_rate": 0.1, "stopping": {"patience": 4}},
    "tolerance": {"rule": "gradient", "stopping": {"tolerance": 0.1, "tolerance_epochs": 3}},
    "plain equations": {"rule": "adam", "engine": "reference"},
}
EPOCHS = 12


def fit(case: str, *, steps: int | None = None, resume: Checkpoint | None = None) -> Training:
    settings = dict(CASES[case])
    stopping = Stopping(**settings.pop("stopping", {}), steps=steps)
    if isinstance(schedule := settings.get("schedule"), str) and ":" in schedule:
        from deltarule.runs.words import schedule_of

        settings["schedule"] = schedule_of(schedule)
    settings = {"batch_size": 8, **settings}
    return train(NETWORK, X, D, epochs=EPOCHS, stopping=stopping, resume=resume, **settings)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("steps", [1, 7, 10, 31])  # within an epoch of seven steps, and at its end
def test_what_goes_on_is_what_was_never_stopped(case: str, steps: int) -> None:
    whole, part = fit(case), fit(case, steps=steps)
    assert part.checkpoint is not None
    written = Checkpoint.from_bytes(part.checkpoint.to_bytes(), part.history, part.network.theta)
    for checkpoint in (part.checkpoint, written):
        both = fit(case, resume=checkpoint)
        assert both.network.theta.tobytes() == whole.network.theta.tobytes()
        assert both.outcome == whole.outcome
        for name in whole.history.names:
            if name != "seconds":
                np.testing.assert_array_equal(both.history[name], whole.history[name])
        assert (np.diff(both.history.seconds) >= 0).all()


def test_going_on_leaves_the_checkpoint_as_it_was() -> None:
    checkpoint = fit("adamw", steps=9).checkpoint
    assert checkpoint is not None
    before = checkpoint.to_bytes(), len(checkpoint.history)
    first, second = fit("adamw", resume=checkpoint), fit("adamw", resume=checkpoint)
    assert (checkpoint.to_bytes(), len(checkpoint.history)) == before
    assert first.network.theta.tobytes() == second.network.theta.tobytes()


def test_only_one_start_by_a_first_order_rule_goes_on() -> None:
    checkpoint = fit("adamw", steps=9).checkpoint
    assert train(NETWORK, X, D, rule="lbfgs", epochs=2).checkpoint is None
    assert train(NETWORK, X, D, rule="adam", restarts=2, epochs=2).checkpoint is None
    for settings in ({"rule": "lbfgs"}, {"rule": "adam", "restarts": 2}):
        with pytest.raises(InputError, match="by a first-order rule such as adam and from one start"):
            train(NETWORK, X, D, resume=checkpoint, **settings)
