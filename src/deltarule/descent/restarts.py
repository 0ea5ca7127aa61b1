"""Several starts: which of the networks to keep, how much they agree, and all of them as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.equations.shape import Shape
from deltarule.equations.starts import start as starting_weights
from deltarule.network import Network

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Trial:
    """One start's end: its network, history and outcome, and its score, higher is better."""

    network: Network
    history: History
    outcome: Outcome
    score: float
    judged_by: str


@dataclass(frozen=True)
class Stability:
    """What several starts say together.

    scores (starts,), higher is better, by `judged_by`; best, which was kept; disagreement, the root mean square
    deviation of the starts' outputs from their mean, as a share of the outputs' own spread.
    """

    judged_by: str
    scores: tuple[float, ...]
    best: int
    disagreement: float

    def __str__(self) -> str:
        name = self.judged_by.removeprefix("minus the ")
        told = self.scores if name == self.judged_by else [-score for score in self.scores]
        return (
            f"{len(told)} starts, {name} from {min(told):.6g} to {max(told):.6g}; their outputs differ by "
            f"{100 * self.disagreement:.2g} % of their spread"
        )


def fresh_start(network: Network, seed: int, number: int) -> Network:
    """The same shape with other starting weights, from the seed and the start's number; start 0 is the network itself.

    Weights are LeCun's, and the hidden biases N(0, ½²), so that starts differ in where their units bend.
    """
    if number == 0:
        return network
    random = np.random.default_rng([seed, number])
    theta = starting_weights("lecun", network.shape, random)
    for b in network.shape.views(theta)[1][:-1]:
        b[:] = 0.5 * random.standard_normal(len(b))
    return Network.from_theta(network.shape, theta.astype(network.dtype))


def score(history: History) -> tuple[float, str]:
    """Of a finished run: evidence's log score, else minus the lowest validation error, else minus the objective."""
    if not len(history):
        return -np.inf, "objective"
    if "log_score" in history.names:
        return float(history["log_score"][-1]), "log score"
    validation = history.validation_error
    if np.isfinite(validation).any():
        return -float(np.nanmin(validation)), "minus the validation error"
    return -float(history.objective[-1]), "minus the objective"


def stability(trials: Sequence[Trial], X: Floats) -> Stability:
    """How much the trials agree on X (N, I)."""
    scores = tuple(trial.score for trial in trials)
    best = int(np.argmax([s if np.isfinite(s) else -np.inf for s in scores]))
    o = np.array([trial.network.predict(X) for trial in trials])  # (starts, N, K)
    spread = float(np.sqrt(o.mean(axis=0).var(axis=0).sum()))
    apart = float(np.sqrt(o.var(axis=0).mean(axis=0).sum()))
    return Stability(trials[0].judged_by, scores, best, apart / spread if spread > 0 else apart)


def committee(networks: Sequence[Network]) -> Network:
    """All networks as one whose output's net input is their mean: hidden layers side by side, joined at the output.

    >>> one, other = Network([2, 3, 1], seed=0), Network([2, 3, 1], seed=1); x = [[0.5, -1.0]]
    >>> both = committee([one, other])
    >>> both.sizes, bool(np.allclose(both.predict(x), (one.predict(x) + other.predict(x)) / 2))
    ((2, 6, 1), True)
    """
    first, C = networks[0].shape, len(networks)
    hidden = tuple(C * units for units in first.sizes[1:-1])
    shape = Shape((first.sizes[0], *hidden, first.sizes[-1]), first.activations, first.bias)
    theta = np.zeros(shape.size, networks[0].dtype)
    W, b = shape.views(theta)
    for c, network in enumerate(networks):
        for m in range(first.layers):
            rows = slice(None) if m == 0 else slice(c * first.sizes[m], (c + 1) * first.sizes[m])
            if m == first.layers - 1:
                W[m][rows] += network.W[m] / C
                if first.bias:
                    b[m] += network.b[m] / C
            else:
                columns = slice(c * first.sizes[m + 1], (c + 1) * first.sizes[m + 1])
                W[m][rows, columns] = network.W[m]
                if first.bias:
                    b[m][columns] = network.b[m]
    return Network.from_theta(shape, theta)
