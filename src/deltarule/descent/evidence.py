"""Evidence: Levenberg-Marquardt that finds its own penalties (MacKay 1992; Foresee, Hagan 1997).

    F(θ) = data (β) + Σ_g α_g ½ Σ_{p in g} ρ_p θ_p²,      α, β and ln p(D): one search (`evidence_search`)

ρ is 1 (MacKay, MATLAB), or 16 for the weights that leave hidden units, 4 for hidden biases and 1 for all others:
of two networks that fit alike, the second prior prefers the one of large weights into its units and small ones out
of them, with steeper and finer steps. Which of the two suits is the data's matter, and ln p(D) does not tell it;
the error of rows left out (`left_out`) does, and early. Both are followed from the start, side by side, and after 40
iterations, or when the first is over, the one of the lower error goes on.

The way of a search leads from smooth to rough, and where α and β come to rest is often beyond the best of it: as hidden
units move to where single rows are, F falls, and with it ln p(D). What is kept is therefore the network of the
highest score on the way (`evidence_search`), and a search is over when it has not risen for 30 iterations.

Targets are told in units of about their spread (`output_units`), and so are the weights and biases of outputs, α among
them: nothing found depends on the unit that the table has.

No validation rows are needed: what the data do not determine is penalised. Softmax has one logit more than
it needs; all K are kept, and the prior makes A positive in the direction that the data cannot see: ln p(D) counts
it as any other weight (the equations of sample space leave it out: `output_curvature.residual_form`). ln p(D) is
that of one minimum, without the 2^H H! mirror images it has. For poisson it lacks a term of D alone.

From a large α a network may be smoothed flat, to a line or to θ = 0, from where no step leads back: before a wave or a
product of inputs is followed at all it looks like noise, and α is told by that. A network that settles hardly better
than a line, on rows left out, is therefore begun three times more, from α = 3, from 0.1, and from 0.01 with units as
steep as Nguyen and Widrow have them, each bending at a row; α stays until the network has had time to follow the rows.
They go side by side, and of all four the network of the highest score is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.amounts import count, numbers
from deltarule.descent.evidence_search import COST, NUMBERS, PATIENCE, Search
from deltarule.descent.left_out import in_noise
from deltarule.descent.output_units import OutputUnits
from deltarule.descent.weight_groups import KINDS
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError, UnknownName
from deltarule.objectives.network_error import NetworkError
from deltarule.objectives.objective import Iteration, State

Floats = NDArray[np.floating]

LIKELIHOODS = ("binary_cross_entropy", "cross_entropy", "poisson")
# how a flat network is begun once more, side by side: α, and whether its units are spread over the rows
ROUGHER = ((3.0, False), (0.1, False), (0.01, True))
HELD = 20  # iterations in which α stays there
OUTGOING = (1.0, 16.0)  # ρ of the weights that leave hidden units: the priors that are tried
TRIAL = 40  # iterations after which one of them is chosen
RESTS = "penalties, noise and network have come to rest"
PASSED = f"the log score has not risen for {PATIENCE} iterations, and the network of the highest is kept"


@dataclass
class Searches:
    """The search that is told, that with the other prior until one of the two is chosen, and those begun once more."""

    first: Search
    rival: Search | None = None
    rougher: list[Search] = field(default_factory=lambda: [])


@dataclass(frozen=True)
class Evidence:
    """Settings of the evidence procedure.

    Parameters
    ----------
    groups : "one" α for all weights and biases (MATLAB's trainbr), "layers": one for each layer's weights and one for
        its biases, "inputs": as layers, with one for each input's weights (automatic relevance).
    noise : "outputs", a β for each output, or "shared".
    counts : whether a sample weight says how often a row was seen (N = Σs, scikit-learn's contract; so long as Σs is
        no less than the rows) or how much it matters beside the others (N rows, whatever the unit of s).
    alpha : every α to begin with; None is large, N/10 (at most 100) for numbers and N/100 for classes and
        counts, so that the network grows from smooth to as rough as the data ask for.
    together : steps in which all groups keep one α: a group that has not begun to move would be switched off for good.
    outgoing : ρ of the weights that leave hidden units, beside the inputs' weights of the same group; its root for the
        hidden units' biases. None tries 1 and 16 where the targets are numbers and there is one group, and keeps the
        one whose rows, left out, have the lower error. A number leaves the targets in the units given: 1 is MacKay's
        and MATLAB's prior, for targets of about unit spread.
    cost : c, the degrees of freedom that a determined parameter of a network with hidden layers uses up; 1
        is MacKay's and MATLAB's.
    mu, mu_max : Levenberg-Marquardt's damping of F.
    tolerance : converged when over ten iterations ln p(D) stayed within this share of itself (of 1000, where it is
        less: 0.1, too little to tell two networks apart), and γ within 100 times this share (1 %); or when the score
        has not risen for 30.

    The history tells, of the network of the highest score so far: sse, ssw = Σθ², gamma, alpha, beta, log_evidence
    = ln p(D) and log_score; and mu, of the last step.

    >>> from deltarule import Network, train
    >>> X, noise = np.linspace(-1, 1, 60)[:, None], np.random.default_rng(0).standard_normal(60)
    >>> d = np.sin(3 * X[:, 0]) + 0.1 * noise
    >>> result = train(Network([1, 20, 1], seed=0), X, d, rule="evidence")
    >>> bool(result.history["gamma"][-1] < 12), bool(0.07 < result.history["beta"][-1] ** -0.5 < 0.13)
    (True, True)
    """

    groups: str = "one"
    noise: str = "outputs"
    alpha: float | None = None
    together: int = 20
    counts: bool = False
    outgoing: float | None = None
    cost: float = COST
    mu: float = 0.005
    mu_max: float = 1e10
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        numbers(self)
        count("together", self.together, 0)
        if self.groups not in KINDS:
            raise UnknownName("groups of weights", self.groups, KINDS)
        if self.noise not in ("outputs", "shared"):
            raise UnknownName("noise", self.noise, ("outputs", "shared"))
        if not ((self.alpha is None or 0 < self.alpha < np.inf) and 0 < self.mu < self.mu_max):
            raise InputError(
                f"evidence needs alpha > 0 and 0 < mu < mu_max; got {self.alpha!r}, {self.mu!r}, "
                f"{self.mu_max!r}"
            )
        if self.outgoing not in (None, 1) and self.groups != "one":
            raise InputError(
                f"evidence's outgoing is for one group of weights, and groups='{self.groups}' finds a strength for "
                "each layer: leave one of the two out"
            )
        if self.outgoing is not None and not 0 < self.outgoing < np.inf:
            raise InputError(
                f"evidence's outgoing, the precision of weights that leave hidden units, must be above 0; got "
                f"{self.outgoing!r}"
            )
        if not 1 <= self.cost < 10:
            raise InputError(
                f"evidence's cost, degrees of freedom a parameter, must be 1 or more and below 10; got {self.cost!r}"
            )

    def begin(self, objective: Any, theta: Floats) -> Searches:
        """α and β before any step: β from the targets' spread, α large."""
        loss = getattr(objective, "loss", None)
        if loss is None:
            raise InputError(
                "evidence is for networks, whose weights it penalises: use rule='lm' or 'newton' here"
            )
        if loss.name not in NUMBERS + LIKELIHOODS:
            raise InputError(
                f"evidence needs a loss that is a likelihood ({', '.join(NUMBERS + LIKELIHOODS)}), not "
                f"'{loss.name}': "
                "use rule='lbfgs' for it"
            )
        if getattr(objective.penalty, "l1", 0) or getattr(objective.penalty, "l2", 0):
            raise InputError("evidence finds the penalty itself: leave penalty out, or use rule='lm' with it")
        units = self.units(objective.shape, objective.D, objective.sample_weight, loss)
        of = _in_units(objective, units)
        theta = np.asarray(theta, np.float64) / units.scale
        alpha = self.alpha or (100.0 if loss.name in NUMBERS else np.inf)
        first = Search.begun(self, of, units, theta, alpha, self.outgoing or OUTGOING[0])
        rival = Search.begun(self, of, units, theta, alpha, OUTGOING[1]) if self._tries(of) else None
        return Searches(first, rival)

    def units(self, shape: Shape, D: Floats, s: Floats | None, loss: Loss) -> OutputUnits:
        """What the weights of the outputs are told in: of classes, or where `outgoing` was given, as they are."""
        if loss.name not in NUMBERS or self.outgoing is not None:
            return OutputUnits.none(shape)
        return OutputUnits.of(shape, D, s)

    def _tries(self, of: NetworkError) -> bool:
        """Whether two priors are followed: nothing was said of one, and one is not each group's own matter."""
        return (
            self.outgoing is None and self.groups == "one" and of.shape.layers > 1 and of.loss.name in NUMBERS
        )

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One Levenberg-Marquardt step of F, then α and β anew; told is the network of the highest score so far."""
        searches: Searches = state.search
        if searches.rougher:
            return self._beside(state, searches)
        ended, rival = searches.first.step(), searches.rival
        if rival is not None and rival.step() == "diverged":
            rival = searches.rival = None
        if rival is not None and (ended or searches.first.state.step >= TRIAL or searches.first.over):
            if ended or self._rows_prefer(searches.first, rival):
                searches.first, ended = rival, None
            searches.rival = None
        first = searches.first
        if ended == "diverged" or not first.over:
            return self._tell(state, first, ended)
        if self.alpha is not None or not first.flat:
            return self._tell(state, first, "converged")
        for alpha, spread in ROUGHER:
            theta = spread_over_rows(first.of, first.start) if spread else first.start
            rougher = Search.begun(self, first.of, first.units, theta, alpha, first.outgoing, HELD)
            searches.rougher.append(rougher)
        return self._tell(state, first, None)

    def _beside(self, state: State, searches: Searches) -> Iteration:
        """One step of each that was begun once more and goes on; told is whichever has the highest score so far."""
        for search in [search for search in searches.rougher if not search.over]:
            if search.step() == "diverged":
                searches.rougher.remove(search)
        best = max([searches.first, *searches.rougher], key=lambda search: search.highest)
        over = all(search.over for search in searches.rougher)
        return self._tell(state, best, "converged" if over else None)

    def _rows_prefer(self, search: Search, rival: Search) -> bool:
        """Whether the rows have the lower error with the rival when they are left out, both in the first's noise."""
        one, other = search.best, rival.best
        if one is None or other is None or one.left is None or other.left is None:
            return other is not None
        beta = one.estimate.beta
        return in_noise(other.left, beta) < in_noise(one.left, beta)

    def _tell(self, state: State, search: Search, ended: str | None) -> Iteration:
        """This search is the one that is told: its best θ and what is known of it, in the units of the targets."""
        units, of, best = search.units, search.of, search.best
        if best is None:
            return Iteration(np.nan, 0.0, of.shape.layer_norms(np.full(of.shape.size, np.nan)), ended)
        state.theta[:] = best.theta * units.scale
        estimate = best.estimate
        sse = float(units.u**2 @ best.sse) if of.loss.name in NUMBERS else float(best.sse.sum())
        E = best.error
        if of.loss.name in NUMBERS:
            E = sse / search.N * (0.5 if of.loss.name == "half_mse" else 1.0)
        # F in E's own unit: the penalty beside the error that is minimised
        share = E / best.error if best.error > 0 else 1.0
        columns = {
            "sse": sse,
            "ssw": float(state.theta @ state.theta),
            "gamma": float(estimate.gamma.sum()),
            "mu": search.state.search.mu * search.N,
            "log_evidence": estimate.log_evidence - search.N * float(np.log(units.u).sum()),
            "log_score": best.score - search.N * float(np.log(units.u).sum()),
        }
        if self._tries(of) or self.outgoing is not None:
            columns["outgoing"] = search.outgoing
        names = ["alpha"] if len(estimate.alpha) == 1 else [f"alpha {name}" for name in search.groups.names]
        columns |= dict(zip(names, estimate.alpha.tolist(), strict=True))
        if of.loss.name in NUMBERS:
            several = len(estimate.beta) > 1 and self.noise == "outputs"
            betas = (estimate.beta / units.u**2).tolist()
            columns |= {f"beta {k}" if several else "beta": b for k, b in enumerate(betas, start=1)}
        norms = of.shape.layer_norms(share * best.gradient / units.scale)
        message = (RESTS if search.quiet else PASSED) if ended == "converged" else None
        return Iteration(E, share * best.penalty, norms, ended, message, columns)


def spread_over_rows(objective: Any, theta: Floats) -> Floats:
    """θ with the inputs' weights of each of H units of Nguyen and Widrow's length, 0.7 H^(1/I), and biases with which
    they bend at rows: b = −x W.

    The rows lie evenly among the weights of all rows, so that one of weight 2 is as good as two.

    >>> from deltarule.equations.losses import LOSSES
    >>> shape, X = Shape((1, 2, 1), ("tanh", "identity")), np.array([[-1.0], [1.0]])
    >>> W, b = shape.views(spread_over_rows(NetworkError(shape, X, X, LOSSES["mse"]), np.ones(7)))
    >>> W[0].round(6).tolist(), b[0].round(6).tolist()
    ([[1.4, 1.4]], [1.4, -1.4])
    """
    theta, s = theta.copy(), objective.sample_weight
    W, b = objective.shape.views(theta)
    I, H = W[0].shape
    W[0][:] *= 0.7 * H ** (1 / I) / np.maximum(np.linalg.norm(W[0], axis=0), 1e-300)
    if objective.shape.bias:
        passed = np.cumsum(np.ones(len(objective.X)) if s is None else s)
        rows = np.searchsorted(passed, (np.arange(H) + 0.5) / H * passed[-1])
        b[0][:] = -(np.asarray(objective.X[rows], np.float64) * W[0].T).sum(axis=1)
    return theta


def _in_units(objective: Any, units: OutputUnits) -> NetworkError:
    """The same objective with targets in units u."""
    if (units.u == 1).all():
        return objective
    return NetworkError(
        objective.shape, objective.X, np.asarray(objective.D, np.float64) / units.u, objective.loss, None,
        objective.sample_weight, engine=objective.engine, threads=objective.threads,
        row_groups=objective.row_groups,
    )  # fmt: skip
