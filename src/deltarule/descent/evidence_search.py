"""One search for penalties and weights: Levenberg-Marquardt, and α and β anew after each of its steps.

    F(θ) = Σ_k β_k ½ Σ_n l_nk² + Σ_g α_g ½ Σ_{p in g} ρ_p θ_p²      numbers: noise of variance 1/β_k on output k
    F(θ) = Σ_n e(o_n, d_n)     + Σ_g α_g ½ Σ_{p in g} ρ_p θ_p²      classes and counts: the loss is −ln p already, no β
    A = ∇²F ≈ Σ_n JᵀBJ + diag(αρ)
    γ_p = [A⁻¹ Σ_n JᵀBJ]_pp
    γ = Σ γ_p                            the number of weights that the data determine
    α_g ← γ_g/Σ_{p in g} ρ_p θ_p²        after each step that lowers F, within the bounds 1e-8 ≤ α ≤ 1e8
    β_k ← (N − c_γ γ_k)/Σ_n l_nk²        likewise, with c_γ = 1 + (c − 1) max(1 − (I + 1)K/γ, 0), within these:
        N − c_γ γ_k ≥ N/20
        β_k^−½ between 1e-5 of the targets' spread and that spread
        β_k ≤ 1000 of any other, in units of spreads: an output fitted exactly would keep all hidden units to itself
    ln p(D) = −F − ½ ln |A| + ½ Σ_g P_g ln α_g + ½ Σ_p ln ρ_p + ½ N Σ_k ln(β_k/2π)

    score = ½ (ln p(D) + N Σ_k ln p_k),  ln p_k = −½ ln 2πe s_k²,  s_k² the mean square of rows left out (`left_out`)
          = N Σ_k ln p_k where rows belong together: those of one group are left out together (`left_out`)
          = ln p(D) of classes and counts

ln p(D) tells each row from those before it, ln p_k from all others: the one is too strict with a network that will see
all rows, the other too lenient with hidden units that have moved to where rows are, for it lets them stay. Where both
fall a network gets worse, and their mean finds the best of the way: on tables with much noise long before α and β rest,
on tables with little at the end (`python -m benchmarks.noise`, `python -m benchmarks.uci`). A network that leaves fewer
than N/20 degrees of freedom has no score: its rows left out say nothing.

MacKay has c = 1, which is exact where o is linear in θ. Hidden units also move to where the rows are, and γ, linear in
the change of θ, counts that too little: a knot that the data choose uses up about three degrees of freedom (Hinkley
1971; Friedman 1991, sec. 3.6), which with its slopes is about c = 1.5 for each parameter beyond the (I + 1)K of a line,
which may be all there is where columns are many and rows few. With c = 1 the noise is told too small and the network
follows it: on Friedman's first function, 200 rows, the test error is half as large again
(`python -m benchmarks.noise`).

Noise and network may chase each other: a smaller noise, a closer fit, a larger γ, fewer degrees of freedom, a larger
noise. α and β therefore go only half as far each time that they turn back.

γ and ln |A| are those of 1 + Λ^−½ G Λ^−½ (Λ = diag αρ), whose eigenvalues 1 + λ/α are 1 or more: its inverse is
at most 1, so γ_p = 1 − [(1 + …)⁻¹]_pp loses nothing that Σ λ/(λ + α) would keep, it serves groups too, and its
triangular inverse costs a fourth of the eigenvalues. Where the samples are fewer, the same from sample space,
a sum without any difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.left_out import (
    groups_left_out,
    in_noise,
    left_out_squares,
    line_error,
    seen,
    variances,
)
from deltarule.descent.levenberg_marquardt import Damping, LevenbergMarquardt
from deltarule.descent.output_units import OutputUnits, spread
from deltarule.descent.weight_groups import Groups, Strengths
from deltarule.equations.losses import Loss
from deltarule.objectives.network_error import NetworkError
from deltarule.objectives.objective import State
from deltarule.objectives.quadratic import DenseQuadratic
from deltarule.objectives.sample_space import SampleQuadratic

Floats = NDArray[np.floating]

NUMBERS = ("mse", "half_mse")
ALPHA = (1e-8, 1e8)  # bounds of α
COST = 1.5  # degrees of freedom that a parameter of a network with hidden layers uses up
LEAST = 0.05  # of the rows: the fewest degrees of freedom that are left to tell the noise by
BETTER = 0.9  # of a line's error: what a network with hidden layers should reach
SLOWEST, FASTER = 1 / 16, 1.2  # of the way that α and β go; and what they are given back
EACH, LOOKED = 10, 3  # rows left out are looked at in each of the first iterations, and then in every third
PATIENCE = 30  # iterations in which the score has not risen
QUIET = 10  # iterations over which ln p(D) and γ are looked at
NOISE = 1e-5  # of a target's spread: the smallest noise, so β ≤ 1/(NOISE·spread)²
APART = 1000.0  # of an output's β, in its spread's unit, over another's: at most


class Settings(Protocol):
    """What a search is told of how; `evidence.Evidence` says what each of them means."""

    @property
    def groups(self) -> str: ...
    @property
    def noise(self) -> str: ...
    @property
    def alpha(self) -> float | None: ...
    @property
    def together(self) -> int: ...
    @property
    def counts(self) -> bool: ...
    @property
    def cost(self) -> float: ...
    @property
    def mu(self) -> float: ...
    @property
    def mu_max(self) -> float: ...
    @property
    def tolerance(self) -> float: ...


@dataclass
class Estimate:
    """What is known of the hyperparameters: α (groups,), β (K,), γ by weight (P,); ln p(D) at the last minimum seen."""

    alpha: Floats
    beta: Floats
    gamma: Floats
    log_evidence: float = -np.inf


@dataclass
class Best:
    """The network of the highest score: θ, what was estimated there, its SSE (K,), E, penalty and ∇F; the mean squares
    of its rows left out (K,), where they are numbers; and in which step it was."""

    theta: Floats
    estimate: Estimate
    sse: Floats
    error: float
    penalty: float
    gradient: Floats
    left: Floats | None
    score: float
    step: int


@dataclass
class Search:
    """One search and where it is: E with the targets in their units, and those; F as an objective, and its LM state
    with θ in those units; what is estimated so far, with the SSE (K,), and ln p(D) and γ of the last iterations;
    θ at the start. held: iterations in which α stays as it began.
    """

    how: Settings
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
    held: int = 0
    pace: float = 1.0
    heading: float = 0.0
    sse: Floats = field(default_factory=lambda: np.zeros(1))
    best: Best | None = None

    @classmethod
    def begun(
        cls, how: Settings, of: NetworkError, units: OutputUnits, theta: Floats, alpha: float, outgoing: float,
        held: int = 0,
    ) -> Search:  # fmt: skip
        """From θ and one α, no larger than N/10 (numbers) or N/100 unless it was given."""
        shape, numbers, s = of.shape, of.loss.name in NUMBERS, of.sample_weight
        groups = Groups.of(shape, how.groups, outgoing)
        N, _ = seen(s, len(of.X), how.counts)
        beta = 1 / spread(of.D, s) ** 2 if numbers else np.ones(shape.sizes[-1])
        if how.noise == "shared":
            beta = np.full_like(beta, 1 / np.mean(1 / beta))
        if how.alpha is None:
            alpha = min(alpha, N / 10 if numbers else N / 100)
        first = Estimate(np.full(len(groups.names), alpha), beta, np.zeros(shape.size))
        inner, state = _penalised(of, first, groups, N), State(theta.copy(), np.empty((0, len(theta))))
        found = cls(how, of, units, inner, state, first, groups, outgoing, N, theta.copy(), held=held)
        state.search = found._rule.begin(inner, state.theta)
        return found

    def step(self) -> str | None:
        """One Levenberg-Marquardt step of F, then α and β anew; "diverged" where it has."""
        done = self._rule.iterate(self.inner, self.state)
        self.state.step += 1
        if done.ended == "diverged":
            return "diverged"
        self.sse = _squares(self.inner, self.state.theta, self.N)
        refused = not self._estimate_anew()
        self.past.append((self.estimate.log_evidence, float(self.estimate.gamma.sum())))
        step = self.state.step
        if self.of.loss.name not in NUMBERS or step < EACH or step % LOOKED == 1:
            self._look()
        if done.ended in ("converged", "stuck") or refused:
            damping: Damping = self.state.search
            damping.mu = self.how.mu / self.N
        return None

    def _look(self) -> None:
        """Keeps this network if no other had so high a score; one that leaves no degrees of freedom has none."""
        N, K = self.N, len(self.sse)
        if (
            self.best is not None
            and self.of.loss.name in NUMBERS
            and self._used(self.estimate.gamma) > (1 - LEAST) * N * K
        ):
            return
        left = self.left_out() if self.of.loss.name in NUMBERS else None
        score = self.estimate.log_evidence
        if left is not None:
            density = -0.5 * self.N * float(np.log(2 * np.pi * np.e * left).sum())
            score = density if self.of.row_groups is not None else 0.5 * (score + density)
        if self.best is None or score > self.best.score:
            model: Any = self.state.search.model
            self.best = Best(
                self.state.theta.copy(), self.estimate, self.sse, model.error, model.penalty, model.gradient,
                left, score, self.state.step,
            )  # fmt: skip

    def left_out(self) -> Floats:
        """The mean squares of the rows left out (K,); infinite where A is not positive."""
        model: Any = self.state.search.model
        if model.effective() is None:
            return np.full(self.of.shape.sizes[-1], np.inf)
        of, theta = self.of, self.state.theta
        if of.row_groups is not None:
            left = groups_left_out(of, theta, self.estimate.beta, model)
            return np.full(of.shape.sizes[-1], np.inf) if left is None else left
        s, rows = of.sample_weight, len(of.X)
        h = getattr(model, "leverage", None)  # sample space has it already
        if h is None:
            share = np.full((rows, 1), 1 / rows) if s is None else (s / s.sum())[:, None]
            X = np.asarray(of.X, np.float64)
            h = self.estimate.beta * share * variances(of.shape, theta, X, model.variances)
        return left_out_squares(of, theta, h / seen(s, rows, self.how.counts)[1][:, None])

    @property
    def over(self) -> bool:
        """Whether nothing better is to be expected: it is quiet, or the score has long been falling."""
        best = self.best.step if self.best else 0
        return self.quiet or self.state.step - max(best, self._bound) >= PATIENCE

    @property
    def highest(self) -> float:
        """The highest score so far."""
        return -np.inf if self.best is None else self.best.score

    @property
    def quiet(self) -> bool:
        """Whether ln p(D) and γ have hardly moved since each group has its own α, and α is told."""
        if len(self.past) < self._bound + QUIET:
            return False
        log_evidence, gamma = np.array(self.past[-QUIET:]).T
        still = np.ptp(log_evidence) <= self.how.tolerance * max(1000.0, abs(log_evidence[-1]))
        known = np.ptp(gamma) <= 100 * self.how.tolerance * max(gamma[-1], 1.0)
        return bool(still and known)

    @property
    def _bound(self) -> int:
        """In how many iterations α is bound: to where it began, or to one for all groups."""
        return max(self.held, self.how.together if len(self.groups.names) > 1 else 0)

    @property
    def flat(self) -> bool:
        """Whether a network with hidden layers is hardly better, on rows left out, than a line or the mean; of classes
        and counts, whether it has no more determined weights than a line."""
        of, best, shape = self.of, self.best, self.of.shape
        if shape.layers == 1 or best is None:
            return False
        if best.left is None:
            return float(best.estimate.gamma.sum()) <= (shape.sizes[0] + shape.bias) * shape.sizes[-1]
        beta, (_, copies) = best.estimate.beta, seen(of.sample_weight, len(of.X), self.how.counts)
        return in_noise(best.left, beta) > BETTER * line_error(of, beta, copies)

    def _estimate_anew(self) -> bool:
        """α, β, γ and ln p(D) at θ; False where A is not positive, and nothing was changed."""
        damping: Damping = self.state.search
        theta, model = self.state.theta, damping.model
        assert isinstance(model, (DenseQuadratic, SampleQuadratic))
        found = model.effective()
        if found is None:
            return False
        gamma, logarithm = found
        groups, N, old = self.groups, self.N, self.estimate
        square = groups.sums(groups.relative * theta * theta)
        log_evidence = -N * (model.error + model.penalty) - 0.5 * (logarithm + len(gamma) * np.log(N))
        log_evidence += 0.5 * float(groups.sizes @ np.log(old.alpha) + np.log(groups.relative).sum())
        alpha = np.clip(groups.sums(gamma) / np.maximum(square, 1e-300), *ALPHA)
        if self.state.step < self.how.together:
            alpha[:] = np.clip(gamma.sum() / max(float(square.sum()), 1e-300), *ALPHA)
        if self.state.step < self.held:
            alpha = old.alpha
        beta = old.beta
        if self.of.loss.name in NUMBERS:
            log_evidence += 0.5 * N * float(np.log(old.beta / (2 * np.pi)).sum())
            beta = self._noise(model, gamma)
        alpha, beta = self._paced(alpha, beta)
        self.estimate = Estimate(alpha, beta, gamma, log_evidence)
        self.inner = _penalised(self.of, self.estimate, groups, N)
        ratio = beta / old.beta
        if (ratio == ratio[0]).all():
            damping.model = model.reweighted(float(ratio[0]), groups.strengths(alpha) / N, theta)
        else:
            damping.model = self.inner.quadratic(theta)
        return True

    def _paced(self, alpha: Floats, beta: Floats) -> tuple[Floats, Floats]:
        """α and β on their way to these: half as far each time that they turn back."""
        old = self.estimate
        change = np.log(beta / old.beta) if self.of.loss.name in NUMBERS else np.log(alpha / old.alpha)
        turned = float(change.sum()) * self.heading < 0
        self.pace = max(0.5 * self.pace, SLOWEST) if turned else min(FASTER * self.pace, 1.0)
        self.heading = float(change.sum())
        return old.alpha * (alpha / old.alpha) ** self.pace, old.beta * (beta / old.beta) ** self.pace

    def _noise(self, model: Any, gamma: Floats) -> Floats:
        """β (K,): (N − c_γ γ_k)/SSE_k with γ_k = β_k Σ_n J_nk A⁻¹ J_nkᵀ, or one for all outputs."""
        of, N, K, used = self.of, self.N, len(self.sse), self._used(gamma)
        variance = spread(of.D, of.sample_weight) ** 2
        least = NOISE**2 * variance
        if self.how.noise == "shared" or K == 1:
            free = max(N * K - used, LEAST * N * K)
            beta = free / max(float(self.sse.sum()), 1e-300)
            return np.full(K, 1.0) * min(max(beta, 1 / variance.mean()), float(1 / least.max()))
        leverage = getattr(model, "leverage", None)  # sample space has it already
        if leverage is None:
            X, s = some_rows(of, of.size)
            by_output = self.estimate.beta * (s @ variances(of.shape, self.state.theta, X, model.variances))
        else:
            by_output = leverage.sum(axis=0)
        free = np.maximum(N - used * by_output / max(float(by_output.sum()), 1e-300), LEAST * N)
        beta = np.clip(free / np.maximum(self.sse, 1e-300), 1 / variance, 1 / least)
        return np.minimum(beta, APART * float((beta * least).min()) / least)

    def _used(self, gamma: Floats) -> float:
        """c_γ γ: the degrees of freedom that the network uses up."""
        shape, determined = self.of.shape, float(gamma.sum())
        line = (shape.sizes[0] + shape.bias) * shape.sizes[-1]
        bent = max(determined - line, 0.0) if shape.layers > 1 else 0.0
        return determined + (self.how.cost - 1.0) * bent

    @property
    def _rule(self) -> LevenbergMarquardt:
        return LevenbergMarquardt(self.how.mu / self.N, mu_max=self.how.mu_max, gradient=0.0, tolerance=1e-10)


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
        engine=objective.engine, threads=objective.threads, row_groups=objective.row_groups,
    )  # fmt: skip


def _squares(objective: Any, theta: Floats, N: float) -> Floats:
    """SSE of each output, (K,): Σ_n s_n l_nk², the sum of s being N."""
    D, s = objective.D, objective.sample_weight
    l = objective.forward(np.asarray(theta, np.float64)).o - D
    if s is None:
        return (l * l).sum(axis=0)
    return (s / s.sum() * N) @ (l * l)
