"""The table of trainings that have a known fault, or none; the same table at other seeds and sizes is kept apart.

Thresholds were chosen looking at `TUNING` alone; `benchmarks/health_cases.py` prints hits and false alarms of
`APART` too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.adaptive import Adam
from deltarule.descent.gradient import Momentum
from deltarule.descent.schedules import Exponential
from deltarule.descent.stopping import Stopping
from deltarule.equations.losses import Huber
from deltarule.equations.penalties import L2
from deltarule.network import Network

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Setting:
    """At what seed and size a case is made: rows and widths are multiplied by `rows` and `width`."""

    seed: int
    rows: float = 1.0
    width: float = 1.0

    def n(self, rows: int) -> int:
        return max(4, round(rows * self.rows))

    def units(self, width: int) -> int:
        return max(2, round(width * self.width))


TUNING = (Setting(seed=1), Setting(seed=2, width=1.5), Setting(seed=3, rows=2.0))
APART = (Setting(31), Setting(32, rows=1.7), Setting(33, width=1.4), Setting(34, rows=1.4, width=2.0))

Made = tuple[Network, Floats, Floats, dict[str, Any]]


@dataclass(frozen=True)
class Trouble:
    """One case: what must be said, where and since when, and by what factor the first remedy must lower the error.

    expected : the verdicts that have no other cause, with | between two that name the same fault; consequences :
    what may be said besides, as following from them.
    layers : the layers that the verdict must name (None: any); since : the latest step at which it may say it began.
    """

    name: str
    expected: frozenset[str]
    make: Callable[[Setting], Made]
    layers: tuple[int, ...] | None = None
    since: float = 0
    factor: float = 1.0
    consequences: frozenset[str] = frozenset()


TABLE: list[Trouble] = []


def case(
    name: str, expected: str = "", consequences: str = "", **rest: Any
) -> Callable[[Callable[[Setting], Made]], Any]:
    def add(make: Callable[[Setting], Made]) -> Callable[[Setting], Made]:
        TABLE.append(
            Trouble(
                name, frozenset(expected.split()), make, consequences=frozenset(consequences.split()), **rest
            )
        )
        return make

    return add


# data ------------------------------------------------------------------------------------------------------------


def smooth(
    s: Setting, rows: int = 200, inputs: int = 4, outputs: int = 1, noise: float = 0.05
) -> tuple[Floats, Floats]:
    """Standard normal inputs, a smooth function of them with unit spread, and noise."""
    random = np.random.default_rng(s.seed)
    X = random.standard_normal((s.n(rows), inputs))
    A, B = random.standard_normal((inputs, outputs)), random.standard_normal((inputs, outputs))
    d = np.sin(X @ A) + 0.5 * X @ B
    d = (d - d.mean(axis=0)) / d.std(axis=0)
    return X, d + noise * random.standard_normal(d.shape)


def line(s: Setting, rows: int = 200, inputs: int = 4, noise: float = 0.1) -> tuple[Floats, Floats]:
    random = np.random.default_rng(s.seed)
    X = random.standard_normal((s.n(rows), inputs))
    d = X @ (random.choice([-1.0, 1.0], (inputs, 1)) * random.uniform(0.3, 1.0, (inputs, 1)))
    return X, d / d.std() + noise * random.standard_normal(d.shape)


def blobs(
    s: Setting, rows: int = 200, inputs: int = 4, classes: int = 3, spread: float = 0.7
) -> tuple[Floats, Floats]:
    """Clusters around random centres, one a class; D is one-hot."""
    random = np.random.default_rng(s.seed)
    centres = random.standard_normal((classes, inputs)) * 1.5
    c = random.integers(0, classes, s.n(rows))
    X = centres[c] + spread * random.standard_normal((len(c), inputs))
    return (X - X.mean(axis=0)) / X.std(axis=0), np.eye(classes)[c]


def inside(d: Floats, low: float = 0.1, high: float = 0.9) -> Floats:
    return low + (high - low) * (d - d.min(axis=0)) / (d.max(axis=0) - d.min(axis=0))


def away(network: Network, X: Floats, d: Floats) -> tuple[Floats, Floats]:
    """The targets or their negatives, whichever the network happens to start farther from."""
    return X, d if network.error(X, d) >= network.error(X, -d) else -d


def scaled(network: Network, factor: float) -> Network:
    """The same network with its weights, not its biases, multiplied."""
    network.theta[network.shape.weight_mask()] *= factor
    return network


def deep(
    s: Setting,
    activation: str,
    layers: int = 10,
    width: int = 12,
    inputs: int = 4,
    outputs: int = 1,
    **rest: Any,
) -> Network:
    """A network whose `layers` layers have weights."""
    return Network([inputs] + [s.units(width)] * (layers - 1) + [outputs], activation, seed=s.seed, **rest)


def biased(network: Network, layer: int, value: float) -> Network:
    network.b[layer - 1][:] = value
    return network


# vanishing -------------------------------------------------------------------------------------------------------

STALL = "plateau underfitting learning_rate_too_small saturated_units"


@case("10-layer logistic, gradient descent", "vanishing_gradient", STALL, layers=(1, 2, 3), factor=2)
def _(s: Setting) -> Made:
    return deep(s, "logistic"), *smooth(s), {"rule": "gradient", "learning_rate": 0.1, "epochs": 100}


@case("10-layer logistic, momentum", "vanishing_gradient", STALL, layers=(1, 2, 3), factor=2)
def _(s: Setting) -> Made:
    return deep(s, "logistic"), *smooth(s), {"rule": "momentum", "learning_rate": 0.02, "epochs": 60}


@case("the lecture's network, ten layers of it", "vanishing_gradient", STALL, layers=(1, 2, 3), factor=1.5)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    network = Network.lecture([4] + [s.units(8)] * 9 + [1], seed=s.seed)
    return (
        network,
        X,
        inside(d),
        {"rule": "gradient", "learning_rate": 0.5, "batch_size": "full", "epochs": 400},
    )


@case("10-layer logistic, classes", "vanishing_gradient", STALL, layers=(1, 2, 3), factor=2)
def _(s: Setting) -> Made:
    return deep(s, "logistic", outputs=3, output="softmax"), *blobs(s), {"rule": "gradient", "epochs": 60}


@case(
    "8-layer tanh, weights a fifth of Glorot's",
    "vanishing_gradient",
    STALL + " bad_start",
    layers=(1, 2),
    factor=2,
)
def _(s: Setting) -> Made:
    return scaled(deep(s, "tanh", 8), 0.2), *smooth(s), {"rule": "gradient", "epochs": 60}


@case(
    "12-layer relu, weights a quarter of He's",
    "vanishing_gradient",
    STALL + " bad_start dead_units",
    layers=(1, 2, 3),
    factor=1.5,
)
def _(s: Setting) -> Made:
    return (
        scaled(deep(s, "relu", 12, start="he"), 0.25),
        *smooth(s),
        {"rule": "gradient", "learning_rate": 0.02, "epochs": 60},
    )


@case("15-layer logistic with Adam, briefly", "vanishing_gradient", STALL, layers=(1, 2, 3), factor=2)
def _(s: Setting) -> Made:
    return deep(s, "logistic", 15), *smooth(s), {"rule": "adam", "epochs": 30}


# exploding -------------------------------------------------------------------------------------------------------

BLOWN = "learning_rate_too_large not_a_number oscillation bad_start plateau underfitting dead_units saturated_units"


@case("10-layer linear, orthogonal times 3", "exploding_gradient", BLOWN, layers=(1, 2), factor=10)
def _(s: Setting) -> Made:
    return (
        scaled(deep(s, "identity", start="orthogonal"), 3),
        *line(s),
        {"rule": "gradient", "learning_rate": 0.01, "epochs": 30},
    )


@case(
    "10-layer relu, orthogonal times 3",
    "exploding_gradient",
    BLOWN + " vanishing_gradient",
    layers=(1, 2),
    factor=10,
)
def _(s: Setting) -> Made:
    network = scaled(deep(s, "relu", width=16, start="orthogonal"), 3)
    return network, *smooth(s), {"rule": "gradient", "learning_rate": 0.01, "epochs": 30}


@case("12-layer leaky relu, He times 3", "exploding_gradient", BLOWN, layers=(1, 2), factor=10)
def _(s: Setting) -> Made:
    return (
        scaled(deep(s, "leaky_relu", 12, start="he"), 3),
        *smooth(s),
        {"rule": "momentum", "learning_rate": 0.01, "epochs": 30},
    )


@case("15-layer relu, He times 2.5, Adam", "exploding_gradient", BLOWN, layers=(1, 2), factor=10)
def _(s: Setting) -> Made:
    return scaled(deep(s, "relu", 15, 16, start="he"), 2.5), *smooth(s), {"rule": "adam", "epochs": 20}


@case("10-layer identity, classes, orthogonal times 3", "exploding_gradient", BLOWN, layers=(1, 2), factor=3)
def _(s: Setting) -> Made:
    network = scaled(deep(s, "identity", outputs=3, output="softmax", start="orthogonal"), 3)
    return network, *blobs(s), {"rule": "gradient", "learning_rate": 0.01, "epochs": 30}


# saturated -------------------------------------------------------------------------------------------------------


@case(
    "logistic, first layer's biases at 20",
    "saturated_units",
    STALL + " vanishing_gradient oscillation",
    layers=(1,),
    factor=1.2,
)
def _(s: Setting) -> Made:
    network = biased(Network([4, s.units(12), 1], "logistic", seed=s.seed), 1, 20)
    return network, *smooth(s), {"rule": "gradient", "learning_rate": 0.02, "epochs": 60}


@case(
    "tanh, second layer's biases at -15",
    "saturated_units",
    STALL + " vanishing_gradient oscillation",
    layers=(2,),
    factor=2,
)
def _(s: Setting) -> Made:
    network = biased(Network([4, s.units(10), s.units(10), 1], "tanh", seed=s.seed), 2, -15)
    return network, *smooth(s), {"rule": "gradient", "learning_rate": 0.02, "epochs": 60}


@case("logistic output stuck at 0 under mse", "saturated_units", STALL, layers=(2,), factor=2)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    network = biased(Network([4, s.units(10), 1], "tanh", output="logistic", seed=s.seed), 2, -12)
    return network, X, inside(d), {"rule": "gradient", "learning_rate": 0.02, "epochs": 60}


# dead ------------------------------------------------------------------------------------------------------------


@case("relu, biases at -10", "dead_units", STALL, layers=(1,), factor=1.5)
def _(s: Setting) -> Made:
    network = biased(Network([4, s.units(16), 1], "relu", start="he", seed=s.seed), 1, -10)
    return network, *smooth(s), {"rule": "gradient", "learning_rate": 0.05, "epochs": 60}


@case(
    "relu, second layer's biases at -20", "dead_units", STALL + " vanishing_gradient", layers=(2,), factor=1.5
)
def _(s: Setting) -> Made:
    network = biased(Network([4, s.units(12), s.units(12), 1], "relu", start="he", seed=s.seed), 2, -20)
    return network, *smooth(s), {"rule": "adam", "epochs": 60}


@case("elu, biases at -25", "dead_units", STALL + " oscillation", layers=(1,), factor=1.3)
def _(s: Setting) -> Made:
    network = biased(Network([4, s.units(12), 1], "elu", start="he", seed=s.seed), 1, -25)
    return network, *smooth(s), {"rule": "gradient", "learning_rate": 0.02, "epochs": 60}


# learning rate ---------------------------------------------------------------------------------------------------


@case(
    "linear model, learning rate 1.1 times the edge", "learning_rate_too_large", BLOWN, since=500, factor=10
)
def _(s: Setting) -> Made:
    X, d = line(s)
    edge = (
        2
        / np.linalg.eigvalsh(
            2 / len(X) * np.column_stack([X, np.ones(len(X))]).T @ np.column_stack([X, np.ones(len(X))])
        ).max()
    )
    settings = {"rule": "gradient", "learning_rate": 1.1 * edge, "batch_size": "full", "epochs": 200}
    return Network([4, 1], seed=s.seed), X, d, settings


@case("relu network, learning rate 2", "learning_rate_too_large", BLOWN, since=500, factor=5)
def _(s: Setting) -> Made:
    network = Network([4, s.units(16), 1], "relu", start="he", seed=s.seed)
    return (
        network,
        *smooth(s),
        {"rule": "gradient", "learning_rate": 2.0, "batch_size": "full", "epochs": 200},
    )


@case("tanh network, Adam at 3", "learning_rate_too_large|oscillation", BLOWN, since=2000, factor=5)
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(16), 1], seed=s.seed),
        *smooth(s),
        {"rule": "adam", "learning_rate": 3.0, "epochs": 60},
    )


@case("momentum at 0.5", "learning_rate_too_large", BLOWN, since=2000, factor=5)
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(16), 1], "relu", start="he", seed=s.seed),
        *smooth(s),
        {"rule": "momentum", "learning_rate": 0.5, "epochs": 60},
    )


@case("softmax, learning rate 100", "learning_rate_too_large", BLOWN, since=2000, factor=3)
def _(s: Setting) -> Made:
    network = Network([4, s.units(12), 3], output="softmax", seed=s.seed)
    return network, *blobs(s, spread=2.5), {"rule": "gradient", "learning_rate": 100.0, "epochs": 60}


@case("gradient descent at 1e-5", "learning_rate_too_small", STALL, since=1e9, factor=3)
def _(s: Setting) -> Made:
    network = Network([4, s.units(12), 1], seed=s.seed)
    return network, *away(network, *smooth(s)), {"rule": "gradient", "learning_rate": 1e-5, "epochs": 60}


@case("Adam at 1e-7", "learning_rate_too_small", STALL, since=1e9, factor=3)
def _(s: Setting) -> Made:
    network = Network([4, s.units(12), 1], seed=s.seed)
    return network, *away(network, *smooth(s)), {"rule": "adam", "learning_rate": 1e-7, "epochs": 60}


@case("softmax, gradient descent at 1e-5", "learning_rate_too_small", STALL, since=1e9, factor=3)
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(12), 3], output="softmax", seed=s.seed),
        *blobs(s),
        {"rule": "gradient", "learning_rate": 1e-5, "epochs": 60},
    )


@case("linear model at 1e-4, full batch", "learning_rate_too_small", STALL, since=1e9, factor=3)
def _(s: Setting) -> Made:
    settings = {"rule": "gradient", "learning_rate": 1e-4, "batch_size": "full", "epochs": 300}
    return Network([4, 1], start="zeros"), *line(s), settings


# scales ----------------------------------------------------------------------------------------------------------

SWAMPED = BLOWN + " vanishing_gradient exploding_gradient learning_rate_too_small unscaled_targets"


@case("inputs of 1e6", "unscaled_inputs", SWAMPED, factor=1.3)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return Network([4, s.units(12), 1], seed=s.seed), 1e6 * X, d, {"rule": "adam", "epochs": 60}


@case("one column a thousand times the others", "unscaled_inputs", SWAMPED, factor=1.5)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return (
        Network([4, s.units(12), 1], seed=s.seed),
        X * [1, 1, 1000, 1],
        d,
        {"rule": "gradient", "learning_rate": 0.05, "epochs": 60},
    )


@case("a year among the inputs", "unscaled_inputs", SWAMPED, factor=1.5)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return (
        Network([4, s.units(12), 1], seed=s.seed),
        X + np.array([0.0, 2000.0, 0.0, 0.0]),
        d,
        {"rule": "gradient", "learning_rate": 0.05, "epochs": 60},
    )


@case("inputs of 1e-4", "unscaled_inputs", SWAMPED, factor=2)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return (
        Network([4, s.units(12), 1], seed=s.seed),
        1e-4 * X,
        d,
        {"rule": "gradient", "learning_rate": 0.05, "epochs": 60},
    )


@case("targets of 1e4", "unscaled_targets", SWAMPED, factor=1.5)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return (
        Network([4, s.units(12), 1], seed=s.seed),
        X,
        1e4 * d,
        {"rule": "gradient", "learning_rate": 0.05, "epochs": 60},
    )


@case("targets around 500 with Adam", "unscaled_targets", SWAMPED, factor=3)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return Network([4, s.units(12), 1], seed=s.seed), X, 500 + 20 * d, {"rule": "adam", "epochs": 60}


@case("targets of 0 to 50 for a logistic output", "unscaled_targets", SWAMPED, factor=3)
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return (
        Network([4, s.units(12), 1], output="logistic", seed=s.seed),
        X,
        inside(d, 0, 50),
        {"rule": "adam", "epochs": 60},
    )


# starts ----------------------------------------------------------------------------------------------------------


@case("tanh, starting weights times 30", "bad_start", BLOWN, layers=(1,), factor=1.3)
def _(s: Setting) -> Made:
    return (
        scaled(Network([6, s.units(12), 1], seed=s.seed), 30),
        *smooth(s, inputs=6),
        {"rule": "gradient", "learning_rate": 0.01, "epochs": 60},
    )


@case("logistic, starting weights times 50", "bad_start", BLOWN, layers=(1,), factor=1.3)
def _(s: Setting) -> Made:
    network = scaled(Network([6, s.units(12), 1], "logistic", seed=s.seed), 50)
    return network, *smooth(s, inputs=6), {"rule": "gradient", "learning_rate": 0.01, "epochs": 60}


@case("tanh, starting weights of 1e-4", "bad_start", STALL + " symmetric_weights", layers=(1,), factor=1.3)
def _(s: Setting) -> Made:
    network = scaled(Network([4, s.units(12), 1], seed=s.seed), 1e-4)
    return (
        network,
        *smooth(s),
        {"rule": "gradient", "learning_rate": 0.05, "batch_size": "full", "epochs": 60},
    )


@case("zero start", "symmetric_weights", STALL + " vanishing_gradient bad_start", layers=(1,), factor=2)
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(12), 1], start="zeros", seed=s.seed),
        *smooth(s),
        {"rule": "gradient", "epochs": 60},
    )


@case(
    "zero start, relu, classes",
    "symmetric_weights",
    STALL + " vanishing_gradient bad_start dead_units",
    layers=(1,),
    factor=2,
)
def _(s: Setting) -> Made:
    network = Network([4, s.units(12), 3], "relu", output="softmax", start="zeros", seed=s.seed)
    return network, *blobs(s), {"rule": "gradient", "epochs": 60}


@case(
    "every weight one half",
    "symmetric_weights",
    STALL + " vanishing_gradient bad_start oscillation",
    layers=(1, 2),
    factor=1.3,
)
def _(s: Setting) -> Made:
    network = Network([4, s.units(10), s.units(10), 1], seed=s.seed)
    network.theta[network.shape.weight_mask()] = 0.5
    return network, *smooth(s), {"rule": "gradient", "learning_rate": 0.05, "epochs": 60}


@case("two epochs of Adam", "ended_early", "", factor=3)
def _(s: Setting) -> Made:
    return Network([4, s.units(20), 1], seed=s.seed), *line(s), {"rule": "adam", "epochs": 2}


@case("three classes, four epochs", "ended_early|learning_rate_too_small", "", factor=2)
def _(s: Setting) -> Made:
    network = Network([4, s.units(12), 3], output="softmax", seed=s.seed)
    return network, *blobs(s), {"rule": "adam", "epochs": 4}


# plateau, oscillation --------------------------------------------------------------------------------------------


@case("parity of two bits, logistic, gradient descent", "plateau", STALL, since=1e9, factor=2)
def _(s: Setting) -> Made:
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    network = Network([2, s.units(3), 1], "logistic", output="logistic", seed=s.seed)
    settings = {"rule": "gradient", "learning_rate": 0.3, "batch_size": "full", "epochs": 300}
    return network, X, np.array([[0.0], [1.0], [1.0], [0.0]]), settings


@case("parity of four bits, tanh, gradient descent", "plateau", STALL, since=1e9, factor=2)
def _(s: Setting) -> Made:
    X = np.array([[2.0 * (n >> k & 1) - 1 for k in range(4)] for n in range(16)])
    network = scaled(Network([4, s.units(8), 1], seed=s.seed), 0.5)
    settings = {"rule": "gradient", "learning_rate": 0.01, "batch_size": "full", "epochs": 500}
    return network, X, X.prod(axis=1, keepdims=True), settings


@case("a learning rate that halves every epoch", "plateau", STALL, since=1e9, factor=1.5)
def _(s: Setting) -> Made:
    settings = {"rule": "gradient", "learning_rate": 0.005, "epochs": 80, "schedule": Exponential(0.5)}
    network = Network([4, s.units(12), 1], seed=s.seed)
    return network, *away(network, *smooth(s)), settings


@case("momentum 0.998, full batch", "oscillation", BLOWN, since=1e9, factor=1.5)
def _(s: Setting) -> Made:
    settings = {"rule": Momentum(0.998), "learning_rate": 0.2, "batch_size": "full", "epochs": 150}
    return Network([4, s.units(12), 1], seed=s.seed), *smooth(s), settings


@case("RMSprop at 0.1", "learning_rate_too_large|oscillation", BLOWN, since=1e9, factor=1.3)
def _(s: Setting) -> Made:
    settings = {"rule": "rmsprop", "learning_rate": 0.1, "epochs": 60}
    return Network([4, s.units(12), 1], seed=s.seed), *smooth(s), settings


@case("four samples a step, Adam at 0.2", "learning_rate_too_large|oscillation", BLOWN, since=1e9, factor=1.3)
def _(s: Setting) -> Made:
    settings = {"rule": "adam", "learning_rate": 0.2, "batch_size": 4, "epochs": 30}
    return Network([4, s.units(12), 1], seed=s.seed), *smooth(s), settings


# fit -------------------------------------------------------------------------------------------------------------


@case("40 noisy rows, 60 units", "overfitting", "", since=1e9, factor=1.0)  # judged by the weights kept
def _(s: Setting) -> Made:
    X, d = smooth(s, 80, inputs=6, noise=0.7)
    half = len(X) // 2
    settings = {"rule": "adam", "learning_rate": 0.01, "epochs": 600, "validation": (X[half:], d[half:])}
    return Network([6, s.units(60), 1], seed=s.seed), X[:half], d[:half], settings


@case("pure noise learnt by heart", "overfitting", "", since=1e9, factor=1.05)
def _(s: Setting) -> Made:
    random = np.random.default_rng(s.seed)
    X, d = random.standard_normal((s.n(80), 8)), random.standard_normal((s.n(80), 1))
    half = len(X) // 2
    settings = {"rule": "adam", "learning_rate": 0.01, "epochs": 400, "validation": (X[half:], d[half:])}
    return Network([8, s.units(60), 1], seed=s.seed), X[:half], d[:half], settings


@case("a straight line through waves", "underfitting", "plateau", since=1e9, factor=2)
def _(s: Setting) -> Made:
    random = np.random.default_rng(s.seed)
    X = random.uniform(-1, 1, (s.n(300), 1))
    d = np.sin(5 * X) + 0.05 * random.standard_normal(X.shape)
    return Network([1, 1], seed=s.seed), X, d, {"rule": "adam", "learning_rate": 0.01, "epochs": 200}


@case("one unit for four waves", "underfitting", "plateau", since=1e9, factor=1.5)
def _(s: Setting) -> Made:
    random = np.random.default_rng(s.seed)
    X = random.uniform(-1, 1, (s.n(300), 1))
    d = np.sin(8 * X) + 0.05 * random.standard_normal(X.shape)
    return Network([1, 1, 1], seed=s.seed), X, d, {"rule": "adam", "learning_rate": 0.02, "epochs": 200}


@case("a penalty that leaves nothing", "underfitting", "plateau", since=1e9, factor=2)
def _(s: Setting) -> Made:
    settings = {"rule": "adam", "learning_rate": 0.01, "epochs": 100, "penalty": L2(2.0)}
    return Network([3, s.units(16), 1], seed=s.seed), *smooth(s, 300, inputs=3), settings


@case("exp output, learning rate 5", "learning_rate_too_large not_a_number", BLOWN, since=2000, factor=3)
def _(s: Setting) -> Made:
    X, d = smooth(s, inputs=3)
    counts = np.random.default_rng(s.seed).poisson(np.exp(0.7 * d)).astype(float)
    settings = {"rule": "gradient", "learning_rate": 5.0, "epochs": 60}
    return Network([3, s.units(10), 1], "relu", output="exp", seed=s.seed), X, counts, settings


# healthy ---------------------------------------------------------------------------------------------------------


@case("healthy: tanh, Adam")
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(16), 1], seed=s.seed),
        *smooth(s),
        {"rule": "adam", "learning_rate": 0.01, "epochs": 100},
    )


@case("healthy: tanh, gradient descent, full batch")
def _(s: Setting) -> Made:
    settings = {"rule": "gradient", "learning_rate": 0.1, "batch_size": "full", "epochs": 400}
    return Network([4, s.units(16), 1], seed=s.seed), *smooth(s), settings


@case("healthy: 10-layer tanh, Glorot, Adam")
def _(s: Setting) -> Made:
    return deep(s, "tanh"), *smooth(s), {"rule": "adam", "epochs": 80}


@case("healthy: 10-layer tanh, orthogonal, gradient descent")
def _(s: Setting) -> Made:
    return (
        deep(s, "tanh", start="orthogonal"),
        *smooth(s),
        {"rule": "gradient", "learning_rate": 0.02, "epochs": 100},
    )


@case("healthy: 10-layer relu, He, Adam")
def _(s: Setting) -> Made:
    return deep(s, "relu", width=24, start="he"), *smooth(s), {"rule": "adam", "epochs": 60}


@case("healthy: 8-layer linear, orthogonal")
def _(s: Setting) -> Made:
    return (
        deep(s, "identity", 8, start="orthogonal"),
        *line(s),
        {"rule": "gradient", "learning_rate": 0.005, "epochs": 40},
    )


@case("healthy: one sample a step")
def _(s: Setting) -> Made:
    settings = {"rule": "gradient", "learning_rate": 0.02, "batch_size": 1, "epochs": 30}
    return Network([4, s.units(12), 1], seed=s.seed), *smooth(s, noise=0.3), settings


@case("healthy: four samples a step, noisy targets")
def _(s: Setting) -> Made:
    settings = {"rule": "adam", "learning_rate": 0.003, "batch_size": 4, "epochs": 30}
    return Network([4, s.units(12), 1], seed=s.seed), *line(s, noise=1.0), settings


@case("healthy: targets that are mostly noise")
def _(s: Setting) -> Made:
    return Network([4, s.units(6), 1], seed=s.seed), *line(s, 400, noise=3.0), {"rule": "adam", "epochs": 60}


@case("healthy: three classes")
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(12), 3], output="softmax", seed=s.seed),
        *blobs(s),
        {"rule": "adam", "learning_rate": 0.01, "epochs": 60},
    )


@case("healthy: classes learnt to the last sample")
def _(s: Setting) -> Made:
    network = Network([4, s.units(12), 3], output="softmax", seed=s.seed)
    return network, *blobs(s, spread=0.3), {"rule": "adam", "learning_rate": 0.02, "epochs": 200}


@case("healthy: two classes, binary cross-entropy")
def _(s: Setting) -> Made:
    X, D = blobs(s, classes=2)
    settings = {"rule": "adam", "learning_rate": 0.01, "epochs": 60, "loss": "binary_cross_entropy"}
    return Network([4, s.units(10), 1], output="logistic", seed=s.seed), X, D[:, :1], settings


@case("healthy: logistic, one hidden layer")
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(16), 1], "logistic", seed=s.seed),
        *smooth(s),
        {"rule": "adam", "learning_rate": 0.02, "epochs": 100},
    )


@case("healthy: logistic, three hidden layers, Adam")
def _(s: Setting) -> Made:
    return deep(s, "logistic", 4), *smooth(s), {"rule": "adam", "learning_rate": 0.01, "epochs": 150}


@case("healthy: the lecture's network")
def _(s: Setting) -> Made:
    X, d = smooth(s, inputs=3, outputs=2)
    settings = {"rule": "gradient", "learning_rate": 2.0, "batch_size": "full", "epochs": 1500}
    return Network.lecture([3, s.units(6), 2], seed=s.seed), X, inside(d), settings


@case("healthy: linear model")
def _(s: Setting) -> Made:
    return (
        Network([4, 1], seed=s.seed),
        *line(s),
        {"rule": "gradient", "learning_rate": 0.05, "batch_size": "full", "epochs": 200},
    )


@case("healthy: learning rate at 0.9 of the edge")
def _(s: Setting) -> Made:
    X, d = line(s)
    A = np.column_stack([X, np.ones(len(X))])
    edge = 2 / np.linalg.eigvalsh(2 / len(X) * A.T @ A).max()
    return (
        Network([4, 1], seed=s.seed),
        X,
        d,
        {"rule": "gradient", "learning_rate": 0.9 * edge, "batch_size": "full", "epochs": 200},
    )


@case("healthy: relu with momentum and cosine")
def _(s: Setting) -> Made:
    settings = {"rule": "momentum", "learning_rate": 0.01, "epochs": 80, "schedule": "cosine"}
    return Network([4, s.units(24), 1], "relu", start="he", seed=s.seed), *smooth(s), settings


@case("healthy: elu, RMSprop")
def _(s: Setting) -> Made:
    return (
        Network([4, s.units(16), 1], "elu", start="he", seed=s.seed),
        *smooth(s),
        {"rule": "rmsprop", "epochs": 100},
    )


@case("healthy: gelu, two hidden layers")
def _(s: Setting) -> Made:
    return (
        deep(s, "gelu", 3, 16, start="he"),
        *smooth(s),
        {"rule": "adam", "learning_rate": 0.005, "epochs": 80},
    )


@case("healthy: silu with a small penalty")
def _(s: Setting) -> Made:
    settings = {"rule": "adam", "learning_rate": 0.01, "epochs": 80, "penalty": L2(1e-3)}
    return deep(s, "silu", 3, 16), *smooth(s), settings


@case("healthy: huber with outliers")
def _(s: Setting) -> Made:
    X, d = smooth(s)
    d[::20] += 8
    return (
        Network([4, s.units(12), 1], seed=s.seed),
        X,
        d,
        {"rule": "adam", "learning_rate": 0.01, "epochs": 80, "loss": Huber(1.0)},
    )


@case("healthy: counts with exp outputs")
def _(s: Setting) -> Made:
    X, d = smooth(s, inputs=3)
    counts = np.random.default_rng(s.seed).poisson(np.exp(0.7 * d)).astype(float)
    return (
        Network([3, s.units(8), 1], output="exp", seed=s.seed),
        X,
        counts,
        {"rule": "adam", "learning_rate": 0.01, "epochs": 80},
    )


@case("healthy: validation rows, enough data")
def _(s: Setting) -> Made:
    settings = {"rule": "adam", "learning_rate": 0.01, "epochs": 60, "validation": 0.25}
    return Network([4, s.units(10), 1], seed=s.seed), *smooth(s, 600, noise=0.3), settings


@case("healthy: stopped early on validation rows")
def _(s: Setting) -> Made:
    settings = {
        "rule": Adam(),
        "learning_rate": 0.01,
        "epochs": 500,
        "validation": 0.3,
        "stopping": Stopping(patience=10),
    }
    return Network([6, s.units(20), 1], seed=s.seed), *smooth(s, 150, inputs=6, noise=0.5), settings


@case("healthy: one input, Nguyen-Widrow")
def _(s: Setting) -> Made:
    random = np.random.default_rng(s.seed)
    X = random.uniform(-1, 1, (s.n(200), 1))
    d = np.sin(5 * X) + 0.05 * random.standard_normal(X.shape)
    return (
        Network([1, s.units(12), 1], start="nguyen_widrow", seed=s.seed),
        X,
        d,
        {"rule": "adam", "learning_rate": 0.01, "epochs": 150},
    )


@case("healthy: rare categories beside numbers")
def _(s: Setting) -> Made:
    X, d = smooth(s, 400)
    kinds = np.eye(12)[np.random.default_rng(s.seed).choice(12, len(X), p=[0.5] + [0.5 / 11] * 11)]
    return (
        Network([16, s.units(12), 1], seed=s.seed),
        np.hstack([X, kinds]),
        d,
        {"rule": "adam", "learning_rate": 0.01, "epochs": 60},
    )


@case("healthy: float32, three outputs")
def _(s: Setting) -> Made:
    X, d = smooth(s, outputs=3)
    network = Network([4, s.units(20), 3], seed=s.seed, dtype="float32")
    return (
        network,
        X.astype(np.float32),
        d.astype(np.float32),
        {"rule": "adam", "learning_rate": 0.01, "epochs": 80},
    )


@case("healthy: uniform start, logistic output, minmax targets")
def _(s: Setting) -> Made:
    X, d = smooth(s)
    return (
        Network([4, s.units(12), 1], output="logistic", start="uniform", seed=s.seed),
        X,
        inside(d),
        {"rule": "adam", "learning_rate": 0.02, "epochs": 100},
    )
