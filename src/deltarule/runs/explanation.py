"""The computation of one sample, number by number: forward, error, backward, and a step that would follow.

E_n = Σ_k e(o_nk, d_nk)        ∂E/∂w = (1/N) Σ_n ∂E_n/∂w + ∂penalty/∂w        Δw = −η ∂E/∂w
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.activations import activation
from deltarule.equations.backprop import Gradient, Trace
from deltarule.equations.penalties import penalty as find_penalty
from deltarule.errors import UnknownName
from deltarule.lecture.backwards import backwards, every_unit_in_digits
from deltarule.lecture.links import Links
from deltarule.lecture.numbers import Numbers
from deltarule.lecture.steps import Line
from deltarule.lecture.symbols import Symbols, weight_quantity
from deltarule.network import Network, Step
from deltarule.runs.run import Run
from deltarule.runs.weights import row_weights
from deltarule.tables.table import Table

Floats = NDArray[np.floating]
MOST = 40  # weights up to which all are shown
LARGEST = 10


@dataclass(frozen=True)
class Factor:
    """One line of a weight's chain; digits : its right side in this sample's numbers, a line for each unit meant.

    given : what holds of the targets in it: those of a softmax sum to 1.
    """

    line: Line
    digits: list[str]
    given: Line | None = None


@dataclass(frozen=True)
class Chain:
    """One weight's ∂E_n/∂w, factor by factor, as a number, and as the difference quotient that it must agree with."""

    factors: tuple[Factor, ...]
    value: float
    quotient: float

    @property
    def difference(self) -> float:
        """Between the two numbers."""
        return abs(self.value - self.quotient)


@dataclass(frozen=True)
class Explanation:
    """What one network computes on one row of the table that it was trained on.

    row : of the table's file, counted from 1.  part : whether the row trained, steered the stopping, or judged.
    at : "start" or "end".  network : with the weights of that moment.
    x (I,), d (K,) : the row as the network sees it.  cells : each used column's name and its cell in the table.
    predicted, wanted : the prediction and the target in the target's own unit, by name.
    trace : net, y and l of this sample (N = 1).  sample : E_n and ∂E_n/∂θ, ∂E_n/∂net.
    X (N, I), D (N, K) : the training rows.  s (N,) : their weights, where a column weighs them.
    """

    run: Run
    row: int
    part: str
    at: str
    network: Network
    x: Floats
    d: Floats
    cells: tuple[tuple[str, str], ...]
    predicted: dict[str, Any]
    wanted: dict[str, Any]
    X: Floats
    D: Floats
    s: Floats | None = None

    @property
    def target_units(self) -> list[tuple[float, float]]:
        """(center, spread) of each numeric target: d = (value − center)/spread."""
        return [(scaling.center, scaling.spread) for scaling in self.run.model.targets.scalings]

    @cached_property
    def trace(self) -> Trace:
        """net and y of every layer, and l = o − d."""
        return self.network.forward(self.x[None, :], self.d[None, :])

    @cached_property
    def sample(self) -> Gradient:
        """E_n, ∂E_n/∂θ and ∂E_n/∂net of this sample alone."""
        return self.network.gradient(self.x[None, :], self.d[None, :], self.run.model.loss)

    @cached_property
    def mean(self) -> Gradient:
        """(1/N) Σ_n E_n over the training rows, or (1/Σs) Σ_n s_n E_n, and its gradient, without the penalty."""
        return self.network.gradient(self.X, self.D, self.run.model.loss, sample_weight=self.s)

    @cached_property
    def penalty(self) -> Floats:
        """(P,): the penalty's part of ∂E/∂θ."""
        shape = self.network.shape
        return find_penalty(self.run.penalty).gradient(self.network.theta, shape.weight_mask())

    def S_prime(self, m: int) -> Floats:
        """S'(net) of layer m's units on this sample."""
        return activation(self.network.shape.activations[m - 1]).S_prime(self.trace.net[m - 1])[0]

    def step(self, learning_rate: float) -> Step:
        """One step of gradient descent on all training rows; the run's network stays as it is."""
        loss, penalty = self.run.model.loss, self.run.penalty
        return self.network.copy().step(self.X, self.D, learning_rate, loss, penalty, self.s)

    def difference_quotient(self, p: int) -> float:
        """(E_n(θ_p + h) − E_n(θ_p − h))/2h, h = ∛ε·max(1, |θ_p|): what ∂E_n/∂θ_p must agree with."""
        h = float(np.cbrt(float_info.epsilon)) * max(1.0, abs(float(self.network.theta[p])))
        errors: list[float] = []
        for sign in (1, -1):
            moved = Network.from_theta(self.network.shape, self.network.theta.astype(np.float64))
            moved.theta[p] += sign * h
            errors.append(float(moved.error(self.x[None, :], self.d[None, :], self.run.model.loss)))
        return (errors[0] - errors[1]) / (2 * h)

    def chain(self, p: int, names: Symbols) -> Chain:
        """∂E_n/∂θ_p from the weight up to the outputs, in these names."""
        shape, loss = self.network.shape, self.run.model.loss
        links = Links(shape, loss)
        numbers = Numbers(shape, self.network.theta, self.x[None, :], self.d[None, :], loss)
        lines = backwards(links, weight_quantity(shape, shape.address(p)))
        factors = [Factor(line, every_unit_in_digits(line, numbers, names)) for line in lines]
        if links.fused and links.output.name == "softmax":
            given = Line(links.over(links.last, "c", links.d("c")), 1.0)
            factors[-1] = replace(factors[-1], given=given)
        return Chain(tuple(factors), float(self.sample.theta[p]), self.difference_quotient(p))

    def chosen(self, weight: str | None = None, everything: bool = False) -> list[int]:
        """Which entries of θ are shown: the one asked for, all, or the ten whose |∂E_n/∂θ| is largest."""
        P = self.network.shape.size
        if weight is not None:
            return [self.network.shape.index(weight)]
        if everything or P <= MOST:
            return list(range(P))
        largest = np.argsort(-np.abs(self.sample.theta), kind="stable")[:LARGEST]
        return [int(p) for p in largest]


def explain(run: Run, table: Table, row: int, at: str = "end") -> Explanation:
    """The computation of a row (of the file, counted from 1) of the table that the run was trained on, at its
    start or its end."""
    if at not in ("start", "end"):
        raise UnknownName("moment", at, ["start", "end"])
    place = run.source.row(row)
    model = run.model
    network = run.network if at == "end" else run.start
    one = table.take([place])
    training = table.take(run.split.train)
    x, d = model.inputs.transform(one)[0], model.targets.transform(one)[0]
    names = model.targets.targets
    predicted = np.ravel(model.targets.inverse(network.predict(x[None, :])))
    wanted = np.ravel(
        [one[name].words()[0] if model.targets.kind == "classes" else one[name].values[0] for name in names]
    )
    return Explanation(
        run=run,
        row=row,
        part=run.part(place),
        at=at,
        network=network,
        x=x,
        d=d,
        cells=tuple((name, one[name].words()[0] or "(missing)") for name in model.inputs.sources),
        predicted=dict(zip(names, predicted.tolist(), strict=True)),
        wanted=dict(zip(names, wanted.tolist(), strict=True)),
        X=model.inputs.transform(training),
        D=model.targets.transform(training),
        s=row_weights(training, run.settings.get("weights")),
    )
