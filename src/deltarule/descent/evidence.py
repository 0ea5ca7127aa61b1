"""Evidence: Levenberg-Marquardt that finds its own penalties (MacKay 1992; Foresee, Hagan 1997).

    F(θ) = Σ_k β_k ½ Σ_n l_nk² + Σ_g α_g ½ Σ_{p in g} ρ_p θ_p²      numbers: noise of variance 1/β_k on output k
    F(θ) = Σ_n e(o_n, d_n)     + Σ_g α_g ½ Σ_{p in g} ρ_p θ_p²      classes and counts: the loss is −ln p
    already, no β
    A = ∇²F ≈ Σ_n JᵀBJ + diag(αρ),     γ_p = [A⁻¹ Σ_n JᵀBJ]_pp,      γ = Σ γ_p the number of weights that the
    data determine
    α_g ← γ_g/Σ_{p in g} ρ_p θ_p²,      β_k ← (N − c γ_k)/Σ_n l_nk²,      after each step that lowers F,
    within bounds: 1e-8 ≤ α ≤ 1e8,      N − c γ_k ≥ N/20,      β_k^−½ ≥ 1e-5 of the targets' spread
    ln p(D) = −F − ½ ln |A| + ½ Σ_g P_g ln α_g + ½ Σ_p ln ρ_p + ½ N Σ_k ln(β_k/2π)

MacKay has c = 1, which is exact where o is linear in θ. Hidden units also move to where the rows are, and γ, linear in
the change of θ, counts that too little: a knot that the data choose uses up about three degrees of freedom (Hinkley
1971; Friedman 1991, sec. 3.6), which with its slopes is about c = 1.5 for each parameter. With c = 1 the noise is told
too small and the network follows it: on Friedman's first function, 200 rows, the test error is half as large again
(`python -m benchmarks.noise`).

ρ is 1 (MacKay, MATLAB), or 16 for the weights that leave hidden units, 4 for hidden biases and 1 for all others: of two
networks that fit alike, the second prior prefers the one of large weights into its units and small ones out of them,
with steeper and finer steps. Which of the two suits is the data's matter, and ln p(D) does not tell it; the error of
rows left out (`left_out`) does, and early. Both are followed from the start, side by side, and after 40 iterations,
or when the first has settled, the one of the lower error goes on. Targets are told in units of about their spread
(`output_units`), and so are the weights and biases of outputs, α among them: nothing found depends on the unit that the
table has.

No validation rows are needed: what the data do not determine is penalised. Softmax has one logit more than
it needs; all K are kept, and the prior makes A positive in the direction that the data cannot see: ln p(D) counts
it as any other weight (the equations of sample space leave it out: `output_curvature.residual_form`). ln p(D) is
that of one minimum, without the 2^H H! mirror images it has. For poisson it lacks a term of D alone.

γ and ln |A| are those of 1 + Λ^−½ G Λ^−½ (Λ = diag αρ), whose eigenvalues 1 + λ/α are 1 or more: its inverse is at
most 1, so γ_p = 1 − [(1 + …)⁻¹]_pp loses nothing that Σ λ/(λ + α) would keep, it serves groups too, and its
triangular inverse costs a fourth of the eigenvalues. Where the samples are fewer, the same from sample space, a sum
without any difference.

From a large α a small table's network may be smoothed flat, all θ = 0, from where no step leads back: a network that
settles with no more determined weights than a line has is begun once more from α = 1, beside the one there is, and
takes its place as soon as its ln p(D) is higher.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.left_out import left_out_error, seen, variances
from deltarule.descent.levenberg_marquardt import Damping, LevenbergMarquardt
from deltarule.descent.output_units import OutputUnits, spread
from deltarule.descent.weight_groups import KINDS, Groups, Strengths
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError, UnknownName
from deltarule.objectives.network_error import NetworkError
from deltarule.objectives.objective import Iteration, State
from deltarule.objectives.quadratic import DenseQuadratic
from deltarule.objectives.sample_space import SampleQuadratic

Floats = NDArray[np.floating]

NUMBERS = ("mse", "half_mse")
LIKELIHOODS = ("binary_cross_entropy", "cross_entropy", "poisson")
ALPHA = (1e-8, 1e8)  # bounds of α
ROUGH = 1.0  # the α of the second beginning
COST = 1.5  # degrees of freedom that a parameter of a network with hidden layers uses up
LEAST = 0.05  # of the rows: the fewest degrees of freedom that are left to tell the noise by
OUTGOING = (1.0, 16.0)  # ρ of the weights that leave hidden units: the priors that are tried
TRIAL = 40  # iterations after which one of them is chosen
QUIET = 10  # iterations over which ln p(D) and γ are looked at
NOISE = 1e-5  # of a target's spread: the smallest noise, so β ≤ 1/(NOISE·spread)²


@dataclass
class Estimate:
    """What is known of the hyperparameters: α (groups,), β (K,), γ by weight (P,), and ln p(D) at the last
    minimum looked at."""

    alpha: Floats
    beta: Floats
    gamma: Floats
    log_evidence: float = -np.inf


@dataclass
class Search:
    """E with the targets in their units; F as an objective, and its LM state with θ in those units; the estimate so
    far, and ln p(D) and γ of the last iterations; θ at the start; the search from there with the other prior, until one
    of the two is chosen; the search that was begun once more, and `again`, whether this is that one."""

    of: NetworkError
    units: OutputUnits
    inner: NetworkError
    state: State
    estimate: Estimate
    groups: Groups
    outgoing: float
    N: float
    start: Floats
    past: list[tuple[float, float]] = field(default_factory=lambda: [])
    rival: Search | None = None
    second: Search | None = None
    again: bool = False
    sse: Floats = field(default_factory=lambda: np.zeros(1))


@dataclass(frozen=True)
class Evidence:
    """Settings of the evidence procedure.

    Parameters
    ----------
    groups : "one" α for all weights and biases (MATLAB's trainbr), "layers": one for each layer's weights
        and one for its
        biases, "inputs": as layers, with one for each input's weights (automatic relevance).
    noise : "outputs", a β for each output, or "shared".
    counts : whether a sample weight says how often a row was seen (N = Σs, scikit-learn's contract; so long as Σs is
        no less than the rows) or how much it matters beside the others (N rows, whatever the unit of s).
    alpha : every α to begin with; None is large, N/10 (at most 100) for numbers and N/100 for classes and
        counts, so that the network grows from smooth to as rough as the data ask for.
    together : steps in which all groups keep one α: a group that has not begun to move would be switched off
        for good.
    outgoing : ρ of the weights that leave hidden units, beside the inputs' weights of the same group; its root for the
        hidden units' biases. None tries 1 and 16 where the targets are numbers and there is one group, and keeps the
        one whose rows, left out, have the lower error. A number leaves the targets in the units given: 1 is MacKay's
        and MATLAB's prior, for targets of about unit spread.
    cost : c, the degrees of freedom that a determined parameter of a network with hidden layers uses up; 1 is MacKay's
        and MATLAB's.
    mu, mu_max : Levenberg-Marquardt's damping of F.
    tolerance : converged when over ten iterations ln p(D) stayed within this share of itself (of 1000, where it is
        less: 0.1, too little to tell two networks apart), and γ within 100 times this share (1 %).

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

    def begin(self, objective: Any, theta: Floats) -> Search:
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
        search = self._search(of, units, theta, alpha, self.outgoing or OUTGOING[0])
        if self._tries(of):
            search.rival = self._search(of, units, theta, alpha, OUTGOING[1])
        return search

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

    def _search(
        self, of: NetworkError, units: OutputUnits, theta: Floats, alpha: float, outgoing: float
    ) -> Search:
        """A search from θ and one α, no larger than N/10 (numbers) or N/100 unless it was given."""
        shape, numbers, s = of.shape, of.loss.name in NUMBERS, of.sample_weight
        groups = Groups.of(shape, self.groups, outgoing)
        N, _ = seen(s, len(of.X), self.counts)
        beta = 1 / spread(of.D, s) ** 2 if numbers else np.ones(shape.sizes[-1])
        if self.noise == "shared":
            beta = np.full_like(beta, 1 / np.mean(1 / beta))
        if self.alpha is None:
            alpha = min(alpha, N / 10 if numbers else N / 100)
        start = Estimate(np.full(len(groups.names), alpha), beta, np.zeros(shape.size))
        inner = _penalised(of, start, groups, N)
        state = State(theta.copy(), np.empty((0, len(theta))))
        state.search = self._lm(N).begin(inner, state.theta)
        return Search(of, units, inner, state, start, groups, outgoing, N, theta.copy())

    def iterate(self, objective: Any, state: State) -> Iteration:
        """One Levenberg-Marquardt step of F, then α and β anew."""
        search: Search = state.search
        if search.second is not None:
            return self._once_more(state, search, search.second)
        ended = self._step(search)
        if search.rival is not None and self._step(search.rival) == "diverged":
            search.rival = None
        if search.rival is not None and (ended or search.state.step >= TRIAL or self._quiet(search.past)):
            if ended or self._rows_prefer(search, search.rival):
                search, ended = search.rival, None
            search.rival = None
        if ended == "diverged" or not self._quiet(search.past):
            return self._tell(state, search, ended)
        if not search.again and self.alpha is None and self._flat(search):
            search.second = self._search(search.of, search.units, search.start, ROUGH, search.outgoing)
            return self._tell(state, search, None)
        return self._tell(state, search, "converged")

    def _once_more(self, state: State, search: Search, second: Search) -> Iteration:
        """One step of the second beginning, which takes the first's place once the data speak for it."""
        ended = self._step(second)
        if ended is None and second.estimate.log_evidence > search.estimate.log_evidence:
            second.again = True
            return self._tell(state, second, None)
        over = ended == "diverged" or self._quiet(second.past)
        return self._tell(state, search, "converged" if over else None)

    def _step(self, search: Search) -> str | None:
        """One step of a search and its α and β anew; "diverged" where it has."""
        step = self._lm(search.N).iterate(search.inner, search.state)
        search.state.step += 1
        if step.ended == "diverged":
            return "diverged"
        search.sse = _squares(search.inner, search.state.theta, search.N)
        refused = not self._estimate(search)
        search.past.append((search.estimate.log_evidence, float(search.estimate.gamma.sum())))
        if step.ended in ("converged", "stuck") or refused:
            damping: Damping = search.state.search
            damping.mu = self.mu / search.N
        return None

    def _rows_prefer(self, search: Search, rival: Search) -> bool:
        """Whether the rows have the lower error with the rival when they are left out, both in the first's noise."""
        beta = search.estimate.beta
        return self._left_out(rival, beta) < self._left_out(search, beta)

    def _left_out(self, search: Search, beta: Floats) -> float:
        """The error of the rows left out, in the unit of the noise that β tells; infinite where A is not positive."""
        model: Any = search.state.search.model
        if model.effective() is None:
            return np.inf
        of, theta = search.of, search.state.theta
        s, rows = of.sample_weight, len(of.X)
        h = getattr(model, "leverage", None)  # sample space has it already
        if h is None:
            share = np.full((rows, 1), 1 / rows) if s is None else (s / s.sum())[:, None]
            X = np.asarray(of.X, np.float64)
            h = search.estimate.beta * share * variances(of.shape, theta, X, model.variances)
        return left_out_error(of, theta, beta, h / seen(s, rows, self.counts)[1][:, None])

    def _quiet(self, past: list[tuple[float, float]]) -> bool:
        """Whether ln p(D) and γ have hardly moved."""
        log_evidence, gamma = np.array(past[-QUIET:]).T
        still = np.ptp(log_evidence) <= self.tolerance * max(1000.0, abs(log_evidence[-1]))
        known = np.ptp(gamma) <= 100 * self.tolerance * max(gamma[-1], 1.0)
        return len(past) >= QUIET and bool(still and known)

    def _flat(self, search: Search) -> bool:
        """Whether a network with hidden layers has no more determined weights than a line has."""
        shape = search.of.shape
        line = (shape.sizes[0] + shape.bias) * shape.sizes[-1]
        return shape.layers > 1 and float(search.estimate.gamma.sum()) <= line

    def _estimate(self, search: Search) -> bool:
        """α, β, γ and ln p(D) at θ; False where A is not positive, and nothing was changed."""
        damping: Damping = search.state.search
        theta, model = search.state.theta, damping.model
        assert isinstance(model, (DenseQuadratic, SampleQuadratic))
        found = model.effective()
        if found is None:
            return False
        gamma, logarithm = found
        groups, N, old = search.groups, search.N, search.estimate
        square = groups.sums(groups.relative * theta * theta)
        log_evidence = -N * (model.error + model.penalty) - 0.5 * (logarithm + len(gamma) * np.log(N))
        log_evidence += 0.5 * float(groups.sizes @ np.log(old.alpha) + np.log(groups.relative).sum())
        alpha = np.clip(groups.sums(gamma) / np.maximum(square, 1e-300), *ALPHA)
        if search.state.step < self.together:
            alpha[:] = np.clip(gamma.sum() / max(float(square.sum()), 1e-300), *ALPHA)
        beta = old.beta
        if search.of.loss.name in NUMBERS:
            log_evidence += 0.5 * N * float(np.log(old.beta / (2 * np.pi)).sum())
            beta = self._noise(search, model, gamma)
        search.estimate = Estimate(alpha, beta, gamma, log_evidence)
        search.inner = _penalised(search.of, search.estimate, groups, N)
        ratio = beta / old.beta
        if (ratio == ratio[0]).all():
            damping.model = model.reweighted(float(ratio[0]), groups.strengths(alpha) / N, theta)
        else:
            damping.model = search.inner.quadratic(theta)
        return True

    def _noise(self, search: Search, model: Any, gamma: Floats) -> Floats:
        """β (K,): (N − c γ_k)/SSE_k with γ_k = β_k Σ_n J_nk A⁻¹ J_nkᵀ, or one for all outputs."""
        of, N, K = search.of, search.N, len(search.sse)
        used = float(gamma.sum()) * (self.cost if of.shape.layers > 1 else 1.0)
        least = (NOISE * spread(of.D, of.sample_weight)) ** 2
        if self.noise == "shared" or K == 1:
            free = max(N * K - used, LEAST * N * K)
            return np.full(K, 1.0) * min(free / max(float(search.sse.sum()), 1e-300), float(1 / least.max()))
        leverage = getattr(model, "leverage", None)  # sample space has it already
        if leverage is None:
            X, s = some_rows(of, of.size)
            by_output = search.estimate.beta * (
                s @ variances(of.shape, search.state.theta, X, model.variances)
            )
        else:
            by_output = leverage.sum(axis=0)
        free = np.maximum(N - used * by_output / max(float(by_output.sum()), 1e-300), LEAST * N)
        return np.minimum(free / np.maximum(search.sse, 1e-300), 1 / least)

    def _tell(self, state: State, search: Search, ended: str | None) -> Iteration:
        """This search is the one that is told, its θ and what is known of it in the units of the targets."""
        state.search = search
        units, of, estimate, damping = search.units, search.of, search.estimate, search.state.search
        state.theta[:] = search.state.theta * units.scale
        model: Any = damping.model
        sse = float(units.u**2 @ search.sse) if of.loss.name in NUMBERS else float(search.sse.sum())
        E = model.error
        if of.loss.name in NUMBERS:
            E = sse / search.N * (0.5 if of.loss.name == "half_mse" else 1.0)
        # F in E's own unit: the penalty beside the error that is minimised
        share = E / model.error if model.error > 0 else 1.0
        columns = {
            "sse": sse,
            "ssw": float(state.theta @ state.theta),
            "gamma": float(estimate.gamma.sum()),
            "mu": damping.mu * search.N,
            "log_evidence": estimate.log_evidence - search.N * float(np.log(units.u).sum()),
        }
        if self._tries(of) or self.outgoing is not None:
            columns["outgoing"] = search.outgoing
        names = ["alpha"] if len(estimate.alpha) == 1 else [f"alpha {name}" for name in search.groups.names]
        columns |= dict(zip(names, estimate.alpha.tolist(), strict=True))
        if of.loss.name in NUMBERS:
            several = len(estimate.beta) > 1 and self.noise == "outputs"
            betas = (estimate.beta / units.u**2).tolist()
            columns |= {f"beta {k}" if several else "beta": b for k, b in enumerate(betas, start=1)}
        norms = of.shape.layer_norms(share * model.gradient / units.scale)
        return Iteration(E, share * model.penalty, norms, ended, None, columns)

    def _lm(self, N: float) -> LevenbergMarquardt:
        return LevenbergMarquardt(self.mu / N, mu_max=self.mu_max, gradient=0.0, tolerance=1e-10)


def _in_units(objective: Any, units: OutputUnits) -> NetworkError:
    """The same objective with targets in units u."""
    if (units.u == 1).all():
        return objective
    return NetworkError(
        objective.shape, objective.X, np.asarray(objective.D, np.float64) / units.u, objective.loss, None,
        objective.sample_weight, engine=objective.engine, threads=objective.threads,
    )  # fmt: skip


def some_rows(objective: Any, P: int) -> tuple[Floats, Floats]:
    """X and s of rows of any weight, spread evenly, whose residuals are half as many as the weights (50 rows at least):
    they show how γ is shared among the outputs, at the price of one more product of P's size."""
    s = np.ones(len(objective.X)) if objective.sample_weight is None else objective.sample_weight
    rows, K = np.flatnonzero(s), objective.D.shape[1]
    few = min(len(rows), max(50, P // (2 * K)))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, few).round().astype(np.intp))]
    return np.asarray(objective.X[rows], np.float64), s[rows]


def weighted_half_mse(beta: Floats) -> Loss:
    """e = β_k l²/2: F's data part is N times its mean."""

    def e(o: Floats, d: Floats) -> Floats:
        return 0.5 * beta * (o - d) * (o - d)

    def e_prime(o: Floats, d: Floats) -> Floats:
        return beta * (o - d)

    def e_second(o: Floats, d: Floats) -> Floats:
        return np.broadcast_to(beta, o.shape)

    return Loss(
        "weighted_half_mse",
        e,
        e_prime,
        e_second,
        "E = (1/2N) Σ_n Σ_k β_k l_nk²",
        constants=tuple(beta.tolist()),
    )


def _penalised(objective: Any, estimate: Estimate, groups: Groups, N: float) -> NetworkError:
    """F/N as an objective."""
    loss = weighted_half_mse(estimate.beta) if objective.loss.name in NUMBERS else objective.loss
    penalty: Any = Strengths(groups.strengths(estimate.alpha) / N)
    return NetworkError(
        objective.shape, objective.X, objective.D, loss, penalty, objective.sample_weight,
        engine=objective.engine, threads=objective.threads,
    )  # fmt: skip


def _squares(objective: Any, theta: Floats, N: float) -> Floats:
    """SSE of each output, (K,): Σ_n s_n l_nk², the sum of s being N."""
    D, s = objective.D, objective.sample_weight
    l = objective.forward(np.asarray(theta, np.float64)).o - D
    if s is None:
        return (l * l).sum(axis=0)
    return (s / s.sum() * N) @ (l * l)
