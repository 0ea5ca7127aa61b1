"""The lecture's picture: how the gradient fares on its way from the output to the first layer, before any training.

‖δ^(m)‖ ≤ ‖δ^(L)‖ Π_{q=m}^{L−1} max|S'_q| ‖W^(q,q+1)‖₂          for logistic units: (1/4)^(L−m) times the weights
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule import samples
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.errors import InputError
from deltarule.health.snapshot import Snapshot, look
from deltarule.network import Network

Numbers = NDArray[np.float64]
COLUMNS = {  # of the table, and what stands above them in a terminal
    "network": "",
    "layer": "layer",
    "delta": "‖δ‖",
    "gradient": "‖∂E/∂W‖",
    "slope": "mean |S'|",
    "weight": "‖W‖₂",
    "slope_product": "Π mean|S'|",
    "weight_product": "Π ‖W‖₂",
    "bound": "Π max|S'|",
}


@dataclass(frozen=True)
class Flow:
    """One network's gradient on its way back; entry m−1 of each array belongs to layer m = 1 … L."""

    name: str
    snapshot: Snapshot

    @property
    def delta(self) -> Numbers:
        """‖δ^(m)‖_F over all samples, the 1/N inside."""
        return self.snapshot.delta

    @property
    def gradient(self) -> Numbers:
        """‖∂E/∂W^(m−1,m)‖_F."""
        return self.snapshot.gradient

    @property
    def slope(self) -> Numbers:
        """mean |S'(net)|."""
        return self.snapshot.slope

    @property
    def weight(self) -> Numbers:
        """‖W^(m−1,m)‖₂."""
        return self.snapshot.weight

    @property
    def slope_product(self) -> Numbers:
        """Π_{q=m}^{L−1} mean |S'_q|: what the slopes leave of the output's δ."""
        return _backwards(self.slope[:-1])

    @property
    def weight_product(self) -> Numbers:
        """Π_{q=m}^{L−1} ‖W^(q,q+1)‖₂: what the weights can at most make of it."""
        return _backwards(self.weight[1:])

    @property
    def bound(self) -> Numbers:
        """Π_{q=m}^{L−1} max |S'_q|: (1/4)^(L−m) for logistic units, 1 for tanh and relu."""
        return _backwards(self.snapshot.slope_max[:-1])


@dataclass(frozen=True, repr=False)
class GradientFlow:
    """The flows of one or several networks on the same samples, each reached by its name as in `flow["tanh"]`.

    >>> from deltarule.network import Network
    >>> X = np.random.default_rng(0).standard_normal((50, 4))
    >>> deep = {S: Network([4] + [16] * 9 + [1], S, bias=False) for S in ("logistic", "tanh")}
    >>> flow = gradient_flow(deep, X, np.ones((50, 1)))
    >>> flow.names, len(flow.table)
    (['logistic', 'tanh'], 20)
    >>> bool(flow["logistic"].delta[0] < 1e-3 * flow["tanh"].delta[0])
    True
    """

    flows: tuple[Flow, ...]

    def __repr__(self) -> str:
        told = [
            f"{f.name} ‖δ^(1)‖ {f.delta[0]:.3g}, ‖δ^({len(f.delta)})‖ {f.delta[-1]:.3g}" for f in self.flows
        ]
        return f"<GradientFlow: {'; '.join(told)}>"

    def __getitem__(self, name: str) -> Flow:
        for flow in self.flows:
            if flow.name == name:
                return flow
        raise InputError(f"no flow is called '{name}': there are {', '.join(f.name for f in self.flows)}")

    @property
    def names(self) -> list[str]:
        """The networks' names, in order."""
        return [flow.name for flow in self.flows]

    @property
    def table(self) -> list[dict[str, str | int | float]]:
        """A row for each network and layer, from the first layer to the output."""
        rows: list[dict[str, str | int | float]] = []
        for f in self.flows:
            columns = (f.delta, f.gradient, f.slope, f.weight, f.slope_product, f.weight_product, f.bound)
            for m, values in enumerate(zip(*columns, strict=True), start=1):
                rows.append(dict(zip(COLUMNS, (f.name, m, *map(float, values)), strict=True)))
        return rows

    def text(self, width: int = 60) -> str:
        """The table, and ‖δ^(m)‖ drawn on a log axis, for a terminal."""
        return f"{self.drawing(width)}\n\n{self._table_text()}"

    def _table_text(self) -> str:
        lines = [f"{'':<12}{'layer':>6}" + "".join(f"{h:>12}" for h in list(COLUMNS.values())[2:])]
        for row in self.table:
            numbers = "".join(f"{row[c]:>12.3g}" for c in list(COLUMNS)[2:])
            lines.append(f"{row['network']:<12}{row['layer']:>6}{numbers}")
        return "\n".join(lines)

    def drawing(self, width: int = 60) -> str:
        """‖δ^(m)‖ of each layer on a log axis of so many characters."""
        marks = "●○▲△■□◆◇"
        logs = [[log10(v) if v > 0 and isfinite(v) else None for v in f.delta.tolist()] for f in self.flows]
        known = [v for line in logs for v in line if v is not None]
        if not known:
            return "every δ is 0: nothing flows back"
        low, high = np.floor(min(known)), np.ceil(max(known))
        span = max(high - low, 1.0)
        title = "‖δ^(m)‖ of each layer, log axis: " + "  ".join(
            f"{marks[i % len(marks)]} {f.name}" for i, f in enumerate(self.flows)
        )
        left, right = f"1e{int(low):+d}", f"1e{int(high):+d}"
        lines = [title, f"        {left}{' ' * max(width - len(left) - len(right) + 1, 1)}{right}"]
        for m in range(max(len(line) for line in logs), 0, -1):
            cells = [" "] * (width + 1)
            for i, line in enumerate(logs):
                value = line[m - 1] if m <= len(line) else None
                if value is not None:
                    at = round((value - low) / span * width)
                    while at < len(cells) and cells[at] != " ":  # beside one that stands there
                        at += 1
                    cells[at : at + 1] = marks[i % len(marks)]
            nothing = any(m <= len(line) and line[m - 1] is None for line in logs)
            lines.append(f"layer {m:<2}{''.join(cells).rstrip()}{'  0 or no number' if nothing else ''}")
        return "\n".join(lines)


def gradient_flow(
    network: Network | Sequence[Network] | Mapping[str, Network],
    X: ArrayLike,
    D: ArrayLike,
    loss: str | Loss | None = None,
    sample_weight: ArrayLike | None = None,
) -> GradientFlow:
    """How much of the gradient arrives at each layer, for one network or several side by side.

    Parameters
    ----------
    network : a Network, several, or several by name; without names the hidden activation is the name.
    X (N, I), D (N, K) : the samples, as for `Network.gradient`.
    loss : None is mse, or the output's own.
    sample_weight : s (N,) or None.

    Returns a GradientFlow. Raises InputError for what cannot be used.

    Source: Hochreiter 1991; Glorot, Bengio 2010.

    >>> networks = {name: Network([4] * 10 + [1], name, seed=1) for name in ("logistic", "tanh")}
    >>> X = np.random.default_rng(0).standard_normal((50, 4)); D = X[:, :1]
    >>> flow = gradient_flow(networks, X, D)
    >>> bool(flow["logistic"].delta[0] < 1e-3 * flow["tanh"].delta[0]), float(flow["logistic"].bound[0]) == 0.25**9
    (True, True)
    """
    if isinstance(network, Network):
        named = {_name(network): network}
    elif isinstance(network, Mapping):
        named = dict(network)
    else:
        named = {}
        for n in network:
            name, twin = _name(n), 2
            while name in named:
                name, twin = f"{_name(n)} {twin}", twin + 1
            named[name] = n
    if not named:
        raise InputError("gradient_flow needs at least one network, got none")
    flows: list[Flow] = []
    for name, n in named.items():
        found = find_loss(loss, n.shape.activations[-1])
        x = samples.inputs(X, n.shape).astype(n.dtype, copy=False)
        d = samples.targets(D, len(x), n.shape, found).astype(n.dtype, copy=False)
        flows.append(Flow(name, look(n.shape, n.theta, x, d, found, samples.weights(sample_weight, len(x)))))
    return GradientFlow(tuple(flows))


def _name(network: Network) -> str:
    hidden = dict.fromkeys(network.shape.activations[:-1])
    return ", ".join(hidden) or network.shape.activations[-1]


def _backwards(factors: Numbers) -> Numbers:
    """Π_{q ≥ m} of (L−1,) factors, and 1 for the output: (L,)."""
    with np.errstate(over="ignore", invalid="ignore"):  # exploding is what this shows
        return np.concatenate([np.cumprod(factors[::-1])[::-1], [1.0]])
