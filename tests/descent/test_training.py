from typing import Any

import numpy as np
import pytest

from deltarule import InputError, Network, Stopping, UnknownName, train

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])


def two_spirals(turns=1.5, n=97):
    r = np.linspace(0.05, 1, n)
    angle = 2 * np.pi * turns * r
    arm = np.c_[r * np.cos(angle), r * np.sin(angle)]
    return np.vstack([arm, -arm]), np.repeat([0.0, 1.0], n)


def parity(bits):
    X = np.array(np.meshgrid(*[[0.0, 1.0]] * bits)).reshape(bits, -1).T
    return X, X.sum(axis=1) % 2


def test_xor_is_learnt_by_the_lectures_way():
    network = Network([2, 3, 1], "logistic", "logistic", start="uniform", seed=1)
    result = train(network, *XOR, rule="gradient", learning_rate=5.0, batch_size="full", epochs=5000)
    np.testing.assert_allclose(result.network.predict(XOR[0])[:, 0], XOR[1], atol=0.1)


def test_two_spirals_are_learnt():
    X, d = two_spirals()
    network = Network([2, 32, 32, 1], "tanh", "logistic", seed=0)
    result = train(
        network,
        X,
        d,
        rule="adam",
        learning_rate=0.01,
        batch_size="full",
        epochs=2000,
        loss="binary_cross_entropy",
    )
    assert ((result.network.predict(X)[:, 0] > 0.5) == d).all()


def test_parity_of_four_bits_is_learnt():
    X, d = parity(4)
    network = Network([4, 8, 1], "tanh", "logistic", seed=0)
    result = train(
        network,
        X,
        d,
        rule="adam",
        learning_rate=0.05,
        batch_size="full",
        epochs=1500,
        loss="binary_cross_entropy",
    )
    assert ((result.network.predict(X)[:, 0] > 0.5) == d).all()


def test_classes_are_learnt_from_class_numbers():
    X, d = two_spirals(0.6)
    result = train(
        Network([2, 16, 2], output="softmax"), X, d.astype(int), rule="adam", learning_rate=0.02, epochs=200
    )
    assert (result.network.predict(X).argmax(axis=1) == d).mean() > 0.95


@pytest.mark.parametrize("batch", [1, 3, 32, "full", None, 1000])
def test_any_batch_size_runs_all_epochs(batch):
    result = train(Network([2, 3, 1]), *XOR, rule="adam", batch_size=batch, epochs=3)
    assert len(result.history) == 3


N = Network([2, 3, 1])
WRONG = [
    (dict(rule="adm"), "unknown rule 'adm': did you mean 'adam'"),
    (dict(rule=None), "rule must be a name or settings"),
    (dict(learning_rate=-1.0), "learning_rate must be a number above 0"),
    (dict(learning_rate="fast"), "learning_rate must be a number above 0"),
    (dict(batch_size=0), "batch_size must be a whole number of 1 or more"),
    (dict(batch_size=2.5), "batch_size must be"),
    (dict(epochs=0), "epochs must be a whole number of 1 or more"),
    (dict(epochs=1.5), "epochs must be"),
    (dict(loss="msee"), "did you mean 'mse'"),
    (dict(penalty="l2"), "penalty must be"),
    (dict(clip_norm=0), "clip_norm must be a number above 0"),
    (dict(schedule="cosin"), "did you mean 'cosine'"),
    (dict(validation=1.5), "validation as a share"),
    (dict(validation=0.01), "validation as a share"),
    (dict(validation=7), "validation as a share"),
    (dict(validation="half"), "validation must be"),
    (dict(validation=(np.zeros((2, 2)), np.zeros(2), -np.ones(2))), "validation s must be 0 or more"),
    (dict(validation=(np.zeros((2, 3)), np.zeros(2))), r"validation X must have shape \(N, 2\)"),
    (dict(stopping=Stopping(patience=3)), "none were given"),
    (
        dict(stopping=Stopping(score=lambda o, d, s: 0.0)),
        "score looks at validation rows, and none were given",
    ),
    (dict(seed=-1), "seed must be a whole number of 0 or more"),
    (dict(engine="gpu"), "unknown engine 'gpu'"),
]


@pytest.mark.parametrize(("settings", "said"), WRONG, ids=lambda x: str(x)[:40])
def test_settings_that_cannot_be_used_are_refused_in_one_sentence(settings, said):
    with pytest.raises((InputError, UnknownName), match=said) as caught:
        train(N, *XOR, **settings)
    assert "\n" not in str(caught.value)


def test_a_progress_line_tells_epoch_error_and_time_left():
    import io

    from deltarule.descent.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen, pipe = Terminal(), io.StringIO()
    train(
        N,
        *XOR,
        rule="adam",
        epochs=2000,
        observers=[Progress("so it is", screen), Progress("no", pipe)],
        engine="reference",
    )
    assert "/2000  error 0." in screen.getvalue() and "left" in screen.getvalue()
    assert screen.getvalue().endswith("\r")
    assert screen.getvalue().startswith("so it is\n\repoch ") and screen.getvalue().count("so it is") == 1
    assert pipe.getvalue() == ""


def test_a_progress_line_keeps_to_a_narrow_terminal():
    from types import SimpleNamespace

    from deltarule.descent.progress import Progress

    history = type("One", (list,), {"error": [0.123456], "validation_error": [0.25]})([1])
    moment: Any = SimpleNamespace(history=history, epochs=2000, seconds=1.0)
    whole = "epoch 1/2000  error 0.12346  validation 0.25  33 min left"
    assert Progress.line(moment) == Progress.line(moment, len(whole) + 1) == whole
    assert Progress.line(moment, len(whole)) == "epoch 1/2000  error 0.12346  33 min left"
    assert Progress.line(moment, 5) == "epoch 1/2000  33 min left"


@pytest.mark.parametrize(
    ("rule", "sizes", "inputs", "targets"),
    [("newton", [3, 1], 1e150, 1), ("bfgs", [3, 5, 1], 1, 1e150), ("scg", [3, 1], 1, 1e150)],
)
def test_numbers_near_the_end_of_the_range_end_in_an_outcome(
    rule: str, sizes: list[int], inputs: float, targets: float
) -> None:
    X = np.random.default_rng(0).standard_normal((40, 3))
    result = train(Network(sizes), inputs * X, targets * np.sin(X[:, 0]), rule=rule, epochs=60)
    assert np.isfinite(result.network.theta).all()


def test_newton_takes_no_step_that_raises_the_error() -> None:
    X = np.random.default_rng(0).standard_normal((40, 3))
    error = train(Network([3, 1]), X + 1e8, np.sin(X[:, 0]) + 1e8, rule="newton", epochs=60).history.error
    assert (error[1:] <= error[:-1] * (1 + 1e-15)).all()


@pytest.mark.parametrize("given", [{"learning_rate": 0.1}, {"clip_norm": 1.0}, {"schedule": "cosine"}])
def test_what_a_rule_does_not_look_at_is_refused(given: dict[str, Any]) -> None:
    X = np.linspace(-1, 1, 20)[:, None]
    with pytest.raises(InputError, match="leave"):
        train(Network([1, 2, 1]), X, X[:, 0], rule="lm", **given)


def test_a_training_is_shown_in_a_line() -> None:
    X = np.linspace(-1, 1, 20)[:, None]
    shown = repr(train(Network([1, 2, 1]), X, X[:, 0], rule="lm", epochs=2))
    assert shown.startswith("<Training by LevenbergMarquardt: step_limit at step 2; <History")


@pytest.mark.parametrize("held", [True, False])
def test_neither_the_rows_that_train_nor_those_held_out_may_all_weigh_nothing(held: bool) -> None:
    X, order = np.arange(40.0)[:, None], np.random.default_rng(0).permutation(40)
    s = np.ones(40)
    s[order[:8] if held else order[8:]] = 0
    with pytest.raises(InputError, match=f"sample_weight of the rows {'held out' if held else 'that train'}"):
        train(Network([1, 1]), X, X[:, 0], validation=0.2, sample_weight=s, seed=0, rule="adam", epochs=1)
