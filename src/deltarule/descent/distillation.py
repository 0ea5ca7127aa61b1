"""Distillation: a committee taught to one network of its members' form (Buciluă, Caruana, Niculescu-Mizil 2006;
Hinton, Vinyals, Dean 2015).

    o(x) = the committee's output, the mean of its members'
    x_n, and m points around it:  x_n + Σ_j z_j (x_j − x_n)/√5,      j the 5 nearest rows, z_j ~ N(0, 1)
    F(θ) = Σ_k β_k ½ Σ_p s_p (o_pk(θ) − o_k(x_p))² + Σ_g α_g ½ Σ_{q in g} (θ_q − θ⁰_q)²,      Σ_p s_p = N

A point is drawn from the normal distribution that a row's neighbours span: it leaves out no direction that the rows
take, and takes no other. The points have the committee's outputs and no noise; they count together as the N rows do. α
and β are the members' mean. θ⁰, where the network starts and where the prior is centred, has as many of the committee's
hidden units as one member has, chosen one by one for what each explains of the committee's outputs beside those chosen
before (orthogonal matching pursuit; Pati, Rezaiifar, Krishnaprasad 1993), and output weights from ridge regression:

    G = YᵀY,  g = Yᵀo                                            over the points, less their means where there is a bias
    j ← argmax_j Σ_k β_k g_jk²/(G_jj + mean_k α N_p/(β_k N))
    G ← G − G_j G_jᵀ/G_jj
    g ← g − G_j g_j/G_jj

Units as they are explain most of it; Levenberg-Marquardt then moves them, in a few steps, to make up for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent import loop
from deltarule.descent.evidence_search import NUMBERS, weighted_half_mse
from deltarule.descent.history import History
from deltarule.descent.left_out import seen
from deltarule.descent.levenberg_marquardt import LevenbergMarquardt
from deltarule.descent.output_units import OutputUnits
from deltarule.descent.restarts import committee
from deltarule.descent.stopping import Stopping
from deltarule.descent.weight_groups import Groups
from deltarule.equations.activations import activation
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.kernels.one_thread import one_thread
from deltarule.network import Network
from deltarule.objectives.network_error import NetworkError

Floats = NDArray[np.floating]

NEIGHBOURS = 5  # nearest rows, whose directions a point may take
BESIDE = 4  # points around each row; more where there would be fewer points than weights
STEPS = 20  # of Levenberg-Marquardt, at most
TOLERANCE = 1e-3  # share of F that a step must promise
NEW = 1e-6  # share of a unit's own variance that the units chosen before must leave unexplained


@dataclass(frozen=True)
class Beliefs:
    """What the members' evidence found, on average: α of each weight (P,), and β (K,)."""

    alpha: Floats
    beta: Floats

    @classmethod
    def of(
        cls, histories: Sequence[History], shape: Shape, groups: str, units: OutputUnits | None = None
    ) -> Beliefs:
        """From the last row of each member's history, whose α is of weights in these units."""
        K = shape.sizes[-1]
        strengths = np.mean([_strengths(history, shape, groups) for history in histories], axis=0)
        names = ["beta"] * K if "beta" in histories[0].names else [f"beta {k}" for k in range(1, K + 1)]
        beta = np.mean([[history[name][-1] for name in names] for history in histories], axis=0)
        return cls(strengths / (1.0 if units is None else units.scale**2), beta)


def _strengths(history: History, shape: Shape, groups: str) -> Floats:
    """α of each weight (P,), of one member."""
    found = Groups.of(shape, groups, history["outgoing"][-1] if "outgoing" in history.names else 1.0)
    names = ["alpha"] if len(found.names) == 1 else [f"alpha {name}" for name in found.names]
    return found.strengths(np.array([history[name][-1] for name in names]))


@dataclass(frozen=True)
class Around:
    """The penalty ½ Σ c_p (θ_p − θ⁰_p)², c (P,) ≥ 0: what a penalty answers."""

    c: Floats
    center: Floats

    def value(self, theta: Floats, weights: object = None) -> float:
        """½ Σ c (θ − θ⁰)²."""
        return 0.5 * float(self.c @ (theta - self.center) ** 2)

    def gradient(self, theta: Floats, weights: object = None) -> Floats:
        """c (θ − θ⁰)."""
        return self.c * (theta - self.center)

    def curvature(self, weights: object = None) -> Floats:
        """c."""
        return self.c


def refuse_what_cannot_be_taught(shape: Shape, evidence: bool, loss: Loss) -> None:
    """Raises InputError unless evidence fits numbers by a network with at most one hidden layer."""
    start = "a distilled committee "
    if not evidence:
        raise InputError(
            start
            + "is taught with the penalty and noise that evidence finds: write rule='evidence', or committee=True"
        )
    if loss.name not in NUMBERS or shape.activations[-1] != "identity":
        raise InputError(
            f"{start}is for numbers (loss mse or half_mse, output identity), not for '{loss.name}' with "
            f"{shape.activations[-1]} outputs: write committee=True"
        )
    if shape.layers > 2:
        raise InputError(
            f"{start}chooses among the units of one hidden layer, and this network has {shape.layers - 1}: write "
            "committee=True, or take one hidden layer"
        )


def distilled(
    networks: Sequence[Network],
    beliefs: Beliefs,
    X: Floats,
    s: Floats | None = None,
    *,
    counts: bool = False,
    seed: int | Sequence[int] = 0,
    seconds: float | None = None,
    engine: str = "auto",
    threads: int | None = None,
) -> Network:
    """One network of the members' form that puts out, nearly, what their committee does.

    Parameters: networks of one shape, with one hidden layer or none (whose committee is such a network already);
    X (N, I), s (N,) the rows that trained them; counts, as `Evidence` has it; seed of the points; seconds
    at most for Levenberg-Marquardt.

    >>> from deltarule import train
    >>> X, noise = np.linspace(-1, 1, 60)[:, None], np.random.default_rng(0).standard_normal(60)
    >>> d = np.sin(5 * X[:, 0]) + 0.1 * noise
    >>> several = [train(Network([1, 8, 1], seed=seed), X, d, rule="evidence") for seed in range(3)]
    >>> networks = [training.network for training in several]
    >>> beliefs = Beliefs.of([training.history for training in several], networks[0].shape, "one")
    >>> one, mean = distilled(networks, beliefs, X), np.mean([network.predict(X) for network in networks], axis=0)
    >>> one.sizes, bool(np.sqrt(np.mean((one.predict(X) - mean) ** 2)) < 0.01)
    ((1, 8, 1), True)
    """
    shape = networks[0].shape
    joined = committee(networks)
    if shape.layers == 1:
        return joined
    if s is not None:  # a weight of 0 is no row
        X, s = X[s > 0], s[s > 0]
    N, _ = seen(s, len(X), counts)
    with one_thread():
        points, rows = points_beside(X, max(BESIDE, -(-shape.size // len(X))), np.random.default_rng(seed))
        weights = None if s is None else s[rows]
        o = joined.predict(points).astype(np.float64)
        start = chosen_units(joined, shape, points, o, weights, beliefs, N)
    # targets in their units, and β in its mean's: its size is no matter of F's minimum, but of the damping's
    units = OutputUnits.of(shape, o, weights)
    beta = beliefs.beta * units.u**2
    unit = float(beta.mean())
    penalty: Any = Around(beliefs.alpha * units.scale**2 / (unit * N), start / units.scale)
    objective = NetworkError(
        shape, points, o / units.u, weighted_half_mse(beta / unit), penalty, weights, engine=engine, threads=threads
    )  # fmt: skip
    rule = LevenbergMarquardt(1e-4, gradient=0.0, tolerance=TOLERANCE)
    settings = loop.Settings(epochs=STEPS, stopping=Stopping(seconds=seconds))
    theta = loop.run(objective, rule, start / units.scale, settings).theta * units.scale
    return Network.from_theta(shape, theta.astype(networks[0].dtype))


def points_beside(X: Floats, m: int, random: np.random.Generator) -> tuple[Floats, NDArray[np.intp]]:
    """The rows of X (N, I) and m points around each, (N (1 + m), I), and the row of each.

    Near is told in units of each column's spread; rows that are equal are one, and no neighbours of each other.
    """
    from scipy.spatial import KDTree

    X = X.astype(np.float64, copy=False)
    N, spread = len(X), X.std(axis=0)
    scaled = X / np.where(spread > 0, spread, 1)
    distinct, first, of = np.unique(scaled, axis=0, return_index=True, return_inverse=True)
    k, rows = min(NEIGHBOURS, len(distinct) - 1), np.tile(np.arange(N), 1 + m)
    if k < 1:
        return X[rows], rows
    # the nearest is the row itself
    near = first[np.asarray(KDTree(distinct).query(distinct, k + 1)[1])[:, 1:]]
    beside = rows[N:]
    away = X[near[of.ravel()[beside]]] - X[beside][:, None]  # (N m, k, I)
    z = random.standard_normal((len(beside), k)) / np.sqrt(k)
    return np.vstack([X, X[beside] + np.einsum("pk,pki->pi", z, away)]), rows


def chosen_units(
    joined: Network, shape: Shape, X: Floats, o: Floats, s: Floats | None, beliefs: Beliefs, N: float
) -> Floats:
    """θ⁰ (P,) of the shape: hidden units of the committee, and output weights for its outputs o (R, K) at X (R, I)."""
    share = np.full(len(X), 1 / len(X)) if s is None else s / s.sum()
    net = X @ joined.W[0] + (joined.b[0] if shape.bias else 0)
    Y = activation(shape.activations[0]).S(net)
    center, mean = (share @ Y, share @ o) if shape.bias else (np.zeros(Y.shape[1]), np.zeros(o.shape[1]))
    Y, o = (Y - center) * np.sqrt(share)[:, None], (o - mean) * np.sqrt(share)[:, None]
    G, g = Y.T @ Y, Y.T @ o
    # of the output weights, of F/N
    ridge = beliefs.alpha[shape.W_at(2)].reshape(-1, o.shape[1])[0, 0] / (beliefs.beta * N)
    at = _pursuit(G.copy(), g.copy(), beliefs.beta, float(ridge.mean()), shape.sizes[1])
    theta = np.zeros(shape.size)
    W, b = shape.views(theta)
    W[0][:] = joined.W[0][:, at]
    for k, c in enumerate(ridge):
        W[1][:, k] = np.linalg.solve(G[np.ix_(at, at)] + c * np.eye(len(at)), g[at, k])
    if shape.bias:
        b[0][:] = joined.b[0][at]
        b[1][:] = mean - center[at] @ W[1]
    return theta


def _pursuit(G: Floats, g: Floats, beta: Floats, ridge: float, count: int) -> list[int]:
    """Which units, in the order of their choice; G (U, U) and g (U, K) are used up."""
    chosen: list[int] = []
    least = NEW * np.diag(G)
    for _ in range(count):
        left = np.diag(G)
        gain = np.where(left > least, (g * g) @ beta / np.maximum(left + ridge, 1e-300), -1.0)
        gain[chosen] = -np.inf
        j = int(gain.argmax())
        chosen.append(j)
        if left[j] > least[j]:
            direction, pivot = G[:, j].copy(), float(left[j])
            g -= np.outer(direction, g[j]) / pivot
            G -= np.outer(direction, direction) / pivot
    return chosen
