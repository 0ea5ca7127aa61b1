"""Whatever a public call is given, it is a number in range or one sentence says what was expected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import deltarule
from deltarule import L2, Network, Stopping, train
from deltarule.equations.dropout import rates
from deltarule.errors import InputError

X, d = np.arange(6.0)[:, None], np.arange(6.0)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("learning_rate", True, "learning_rate must be a number above 0, got True"),
        ("clip_norm", True, "clip_norm must be a number above 0, got True"),
        ("clip_value", "x", "clip_value must be a number above 0, got 'x'"),
        ("penalty", -1.0, "a penalty's strength l2 must be a number of 0 or more, got -1.0"),
        ("threads", 0, "threads must be a whole number of 1 or more, got 0"),
        ("threads", "2", "threads must be a whole number of 1 or more, got '2'"),
        ("stopping", 5, r"stopping must be a Stopping\(…\), got 5"),
        ("stopping", Stopping, r"got the class Stopping: write Stopping\(…\)"),
        ("resume", "x", r"resume must be a Checkpoint\(…\), got 'x'"),
        ("observers", print, r"write observers=\[observe\]"),
        ("rule", deltarule.Adam, r"got the class Adam: write Adam\(…\)"),
        ("rule", deltarule.LBFGS, r"got the class LBFGS: write LBFGS\(…\)"),
        ("schedule", deltarule.Cosine, r"got the class Cosine: write Cosine\(…\)"),
    ],
)
def test_train_says_what_it_expected(name: str, value: Any, said: str) -> None:
    given: dict[str, Any] = {"rule": "adam", name: value}
    with pytest.raises(InputError, match=said):
        train(Network([1, 2, 1]), X, d, epochs=1, **given)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: Network(3), "sizes must be a list such as .* got 3"),  # type: ignore[arg-type]
        (lambda: Network([1, 2, 1], activation=None), "activation must be .* got None"),  # type: ignore[arg-type]
        (lambda: Network.from_theta(Network([1, 1]).shape, ["a", "b"]), r"θ must be numbers, got \['a', 'b'\]"),
        (lambda: Network.from_theta(Network([1, 1]).shape, [[1], [2, 3]]), r"θ must be numbers, got \[\[1"),  # type: ignore[list-item]
        (lambda: setattr(Network([1, 1]), "theta", ["a", "b"]), r"θ must be numbers, got \['a', 'b'\]"),
        (lambda: Network([1, 1]).hessian_vector(X, d, "abc"), "v must be numbers, got 'abc'"),
        (lambda: deltarule.Huber("wide"), "threshold must be a number above 0, got 'wide'"),  # type: ignore[arg-type]
        (lambda: deltarule.Huber(None), "threshold must be a number above 0, got None"),  # type: ignore[arg-type]
        (lambda: deltarule.Quantile([0.5]), r"level must lie between 0 and 1, got \[0.5\]"),  # type: ignore[arg-type]
        (lambda: rates("half", Network([1, 2, 1]).shape), "dropout must be at least 0 .* got 'half'"),  # type: ignore[arg-type]
        (lambda: rates(["a"], Network([1, 2, 1]).shape), r"dropout must be at least 0 .* got \['a'\]"),  # type: ignore[arg-type]
        (lambda: Network([1, 1]).step(X, d, learning_rate=True), "learning_rate must be a number above 0, got True"),
        (lambda: L2(True), "l2 must be a number of 0 or more, got True"),
        (lambda: Stopping(patience=True), "patience must be a whole number of 1 or more, got True"),
        (lambda: Stopping(score=5), "score must be a function"),  # type: ignore[arg-type]
        (lambda: deltarule.Measuring(every=1.5), "every must be a whole number of 1 or more, got 1.5"),  # type: ignore[arg-type]
        (lambda: deltarule.descend("x**2", [1.0], rule=deltarule.Newton), "got the class Newton"),
        (lambda: Network([1, 2, 1], activation="satlin"), "unknown activation 'satlin': here say logistic"),
        (lambda: train(Network([1, 2, 1]), X, d, loss="sse"), "unknown loss 'sse': here say mse"),
        (lambda: train(Network([1, 2, 1]), X, d, rule="trainb"), "unknown rule 'trainb': here say gradient"),
        (lambda: train(Network([1, 2, 1]), X[None, :, 0], d), r"got \(1, 6\): a sample is a row here, so give X.T"),
        (lambda: deltarule.derive(Network([2, 3, 1]), "-w_12^(0,1)"), "-w_12"),
    ],
)  # fmt: skip
def test_other_calls_do_too(call: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()


def test_error_bars_of_another_network_are_refused() -> None:
    bars = deltarule.error_bars(Network([1, 2, 1]), X, d)
    with pytest.raises(InputError, match="error bars are of a network of 7 weights, and this one has 10"):
        bars.interval(Network([1, 3, 1]), X, 0.9)


def test_no_limit_is_a_limit_that_is_never_reached() -> None:
    limits: Any = {"clip_norm": np.inf, "stopping": Stopping(seconds=np.inf)}
    assert train(Network([1, 2, 1]), X, d, rule="adam", epochs=2, **limits).outcome.name == "step_limit"
