"""Error bars: Laplace's approximation around the trained weights, calibrated on the training rows (MacKay 1992).

    A = Σ_n Σ_k β_k J_nkᵀJ_nk + α
    s_k²(x) = 1/β_k + J_k(x) A⁻¹ J_k(x)ᵀ   noise, and what the data leave open of θ
    o_k(x) ± q s_k(x)                      q a quantile of |l_nk|/s_nk over the training rows, each as if left out:
    h_nk = β_k J_nk A⁻¹ J_nkᵀ              (left_out)
    l ← l/(1 − h)
    s² ← 1/β + (s² − 1/β)/(1 − h)

Where rows were held out, q is a quantile over those, as they are: they did not train.

A normal distribution would put 1.96 for q at 95 %; real residuals have heavier tails, and q is theirs. For a line,
which is linear in θ, that is exact. Hidden units have also moved to where the rows are, and keep that when a row is
left out: h, which is linear in the change of θ, counts too little. A knot that the data choose uses up about three
degrees of freedom (Hinkley 1971; Friedman 1991, sec. 3.6), which with its slopes is about 1.5 for each parameter that
h counts as 1. So with hidden layers l is enlarged by (N/(N − γ))^½ more, γ = Σ h/K: the mean of l² grows as
(1 − γ/N)^−3 in place of −2, generalised cross-validation's for 1.5 γ, to first order. The exact Hessian in place of
JᵀJ would tell the same at a minimum, but a fit that ends before one has an indefinite Hessian, and h of any size.
`python -m benchmarks.intervals` measures this on rows set apart from the training rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule import samples
from deltarule.descent.evidence_search import COST, LEAST, NUMBERS, some_rows, weighted_half_mse
from deltarule.descent.left_out import BLOCK, of_groups, seen, variances
from deltarule.descent.output_units import OutputUnits
from deltarule.equations import curvature
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.kernels.one_thread import one_thread
from deltarule.network import Network
from deltarule.objectives.network_error import NetworkError

Floats = NDArray[np.floating]

WEIGHTS = 2000  # up to which error bars are kept: half a matrix of them in float32 is 8 MB
SHARES = np.linspace(0, 1, 401)  # at which the residuals' quantiles are kept
ROUNDING = 1e-13  # of A's largest diagonal number: what rounding may take from its smallest eigenvalue
OUTERMOST = 1 - 1e-6  # of the shares: an interval that holds everything has no end
ENOUGH = 10  # rows held out by which a tenth is told
LARGEST = 0.99  # of h: a row that nothing else speaks for


@dataclass(frozen=True)
class ErrorBars:
    """What intervals need beside the network: L (P, P) with A = L Lᵀ, β (K,), and quantiles (K, 401) of |l|/s.

    >>> X = np.linspace(-1, 1, 80)[:, None]; noise = 0.1 * np.random.default_rng(0).standard_normal(80)
    >>> from deltarule import train
    >>> network = train(Network([1, 10, 1]), X, np.sin(3 * X[:, 0]) + noise, rule="evidence").network
    >>> bars = error_bars(network, X, np.sin(3 * X[:, 0]) + noise)
    >>> low, high = bars.interval(network, [[0.0], [5.0]], 0.95)
    >>> bool(0.2 < (high - low)[0, 0] < 0.6), bool((high - low)[1, 0] > (high - low)[0, 0])
    (True, True)
    """

    factor: Floats
    beta: Floats
    quantiles: Floats

    def __repr__(self) -> str:
        return f"<ErrorBars: {len(self.factor)} weights, {len(self.beta)} outputs>"

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle holds what a file does."""
        return ErrorBars.from_bytes, (self.to_bytes(),)

    def to_bytes(self) -> bytes:
        """A safetensors file: L as float32, its lower triangle row by row; β and the quantiles as float64."""
        from safetensors.numpy import save as pack

        packed = self.factor[np.tril_indices(len(self.factor))].astype(np.float32)
        return pack(
            {"factor": packed, "beta": self.beta.copy(), "quantiles": np.ascontiguousarray(self.quantiles)}
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> ErrorBars:
        """The error bars that `to_bytes` wrote, L to seven digits."""
        from safetensors.numpy import load as unpack

        parts = unpack(data)
        P = int((np.sqrt(8 * len(parts["factor"]) + 1) - 1) / 2)
        factor = np.zeros((P, P))
        factor[np.tril_indices(P)] = parts["factor"]
        return cls(factor, parts["beta"], parts["quantiles"])

    def deviation(self, network: Network, X: ArrayLike) -> Floats:
        """s (N, K): the predictive standard deviation of each output at each row of X (N, I)."""
        return np.sqrt(1 / self.beta + self._open(network, X))

    def interval(self, network: Network, X: ArrayLike, level: float) -> tuple[Floats, Floats]:
        """(low, high), each (N, K), that holds a new target with probability `level`, 0 < level < 1."""
        if not (isinstance(level, (int, float, np.number)) and 0 < level < 1):
            raise InputError(
                f"an interval's level must lie between 0 and 1, got {level!r}: 0.95 leaves out one in twenty"
            )
        inside = min(level, float(SHARES[-2]))  # further out as a normal distribution goes on
        further = _normal(level) / _normal(inside) if level > inside else 1.0
        q = further * np.array([np.interp(inside, SHARES, row) for row in self.quantiles])
        o, half = network.predict(X).astype(np.float64), q * self.deviation(network, X)
        return o - half, o + half

    def _open(self, network: Network, X: ArrayLike) -> Floats:
        """J A⁻¹ Jᵀ of each output (N, K)."""
        X = samples.inputs(X, network.shape).astype(np.float64, copy=False)
        if network.shape.size != len(self.factor):
            raise InputError(
                f"these error bars are of a network of {len(self.factor)} weights, and this one has "
                f"{network.shape.size}"
            )
        return _variances(network.shape, network.theta.astype(np.float64), X, self.factor)


def error_bars(
    network: Network,
    X: ArrayLike,
    D: ArrayLike,
    loss: Any = None,
    sample_weight: ArrayLike | None = None,
    counts: bool = False,
    held: tuple[ArrayLike, ArrayLike, ArrayLike | None] | None = None,
    groups: ArrayLike | None = None,
) -> ErrorBars:
    """The error bars of a network trained on X, D, whatever the rule.

        s_k²(x) = 1/β_k + J_k(x) A⁻¹ J_k(x)ᵀ,  A = Σ_n Σ_k β_k J_nkᵀJ_nk + α

    α and β are MacKay's at the network's θ, with one α for all weights and biases (in the units of the targets) and a
    β for each output. What adapted units cost is paid by the residuals, each as if its row had been left out.

    Parameters
    ----------
    network : as it was trained; not changed.
    X (N, I), D (N, K) : the rows that trained it, in the units it saw; D 1-D only when K = 1.
    loss : what it was trained with, mse or half_mse, which give the same; None is the output's own, mse for numbers.
    sample_weight : s (N,), how much each row matters; a row of 0 is left out. None is 1 for each.
    counts : whether s says how often a row was seen, so long as they add up to the rows.
    held : (X, D, s) of rows that did not train: ten or more of them say how far off new rows are, without any
        reckoning of what the network owes to its own. None takes the rows of X.
    groups : (N,) labels of rows that belong together: each of X is then told as if its whole group had been left out.

    Returns ErrorBars, in float64: `deviation(network, X)` is s, `interval(network, X, level)` holds new targets. They
    are in the units of D.

    Raises InputError for a loss other than mse and half_mse (a class's probability is its own error bar), rows that
    do not fit the network, and second derivatives that are not finite; TooLarge where A (P, P) does not fit.

    Source: MacKay 1992.

    >>> from deltarule import train
    >>> random = np.random.default_rng(0)
    >>> X = random.uniform(-1, 1, (400, 1)); d = X[:, 0] + 0.1 * random.standard_normal(400)
    >>> network = train(Network([1, 1]), X[:200], d[:200], rule="evidence").network
    >>> bars = error_bars(network, X[:200], d[:200])
    >>> bool(0.09 < bars.deviation(network, [[0.0]])[0, 0] < 0.11)  # the noise was 0.1
    True
    >>> low, high = bars.interval(network, X[200:], 0.9)
    >>> bool(0.85 < np.mean((low[:, 0] < d[200:]) & (d[200:] < high[:, 0])) < 0.95)  # of rows it never saw
    True
    """
    shape = network.shape
    found = find_loss(loss, shape.activations[-1])
    if found.name not in NUMBERS:
        raise InputError(f"error bars are for numbers (loss mse or half_mse), not for '{found.name}'")
    x = samples.inputs(X, shape).astype(np.float64, copy=False)
    d = samples.targets(D, len(x), shape, found).astype(np.float64, copy=False)
    s, together = samples.weights(sample_weight, len(x)), samples.groups(groups, len(x))
    if s is not None:  # a weight of 0 is no row
        together = None if together is None else samples.numbered(together[s > 0])
        x, d, s = x[s > 0], d[s > 0], s[s > 0]
    N, copies = seen(s, len(x), counts)
    weight = np.ones(len(x)) if s is None else s / s.sum() * N
    theta = network.theta.astype(np.float64)
    curvature.refuse_too_large(shape, copies=4)
    with one_thread():
        beta, factor = _posterior(NetworkError(shape, x, d, found, sample_weight=weight), theta)
        left = 1 / beta
        if held is not None and len(apart := samples.inputs(held[0], shape)) >= ENOUGH:
            x = apart.astype(np.float64, copy=False)
            d = samples.targets(held[1], len(x), shape, found)
            s = samples.weights(held[2], len(x))
            weight, N = np.ones(len(x)) if s is None else s / s.mean(), float(len(x))
            ratio = np.abs(network.predict(x) - d) / np.sqrt(left + _variances(shape, theta, x, factor))
        else:
            opened = _variances(shape, theta, x, factor)
            of_row = beta * weight[:, None] * opened
            h = np.minimum(of_row / copies[:, None], LARGEST)
            freed = N - float(np.minimum(of_row, LARGEST * copies[:, None]).sum()) / h.shape[1]
            adapted = (N / freed) ** (COST - 1) if shape.layers > 1 else 1.0
            l = network.predict(x) - d
            if together is None:
                l, opened = l / (1 - h), opened / (1 - h)
            else:
                l, opened = _groups_left_out(
                    shape, theta, x, l, np.sqrt(beta * weight[:, None]), factor, together
                )
            ratio = adapted * np.abs(l) / np.sqrt(left + opened)
    order = np.argsort(ratio, axis=0, kind="stable")
    quantiles = [_quantiles(column[at], weight[at], N) for at, column in zip(order.T, ratio.T, strict=True)]
    return ErrorBars(factor, beta, np.array(quantiles))


def _quantiles(ratio: Floats, weight: Floats, N: float) -> Floats:
    """Of ratios in their order, at SHARES: the share of new targets below the i-th of N is i/(N + 1), where a row
    counts by its weight; beyond the last, which N rows cannot tell, they rise as a normal distribution's do."""
    last, upto = N / (N + 1), np.cumsum(weight)
    places = np.column_stack(
        [upto - np.maximum(weight - 1, 0), upto]
    )  # a row of weight 3 is the i-th to the i+2-th
    found = np.interp(SHARES, places.ravel() / (N + 1), np.repeat(ratio, 2))
    beyond = np.array([_normal(share) / _normal(last) for share in np.minimum(SHARES, OUTERMOST)])
    return np.where(last < SHARES, ratio[-1] * np.maximum(beyond, 1), found)


def _normal(share: float) -> float:
    """The distance from 0 within which a standard normal number lies with this probability."""
    return NormalDist().inv_cdf((1 + share) / 2)


def _posterior(f: NetworkError, theta: Floats) -> tuple[Floats, Floats]:
    """β and the factor of A: one α for all weights and a β for each output, where their equations meet at
    this θ. The sum of f's sample weights is N."""
    P, K, s = len(theta), f.D.shape[1], f.sample_weight
    assert s is not None
    N, rho = float(s.sum()), OutputUnits.of(f.shape, f.D, s).scale ** -2.0
    square = float(rho @ (theta * theta)) or 1.0
    l = Network.from_theta(f.shape, theta).predict(f.X) - f.D
    sse = np.maximum(s @ (l * l), 1e-300)
    alpha, beta, made = min(P, N) / square, N / sse, np.zeros(K)
    A = values = np.empty(0)
    for _ in range(20):
        if K > 1 or not made.any():  # with one output β only stretches the eigenvalues
            A = _data_part(f, theta, beta)
            values, made = np.linalg.eigvalsh(A / np.sqrt(np.outer(rho, rho))), beta
        known = np.maximum(values * (beta[0] / made[0]), 0)
        gamma = float((known / (known + alpha)).sum())
        of_output = gamma * _shares(f, theta, A, alpha * rho, beta) if K > 1 else gamma
        new = max(gamma / square, 1e-8), np.maximum(N - of_output, LEAST * N) / sse
        moved = abs(new[0] / alpha - 1) + float(np.abs(new[1] / beta - 1).max())
        alpha, beta = new
        if moved < 0.02:
            break
    return beta, _factor(_data_part(f, theta, beta), alpha * rho)


def _factor(A: Floats, ridge: Floats) -> Floats:
    """The lower Cholesky factor of A + diag(ridge); where rounding makes that singular, of a little more.

    >>> A = np.ones((2, 2))
    >>> bool(np.isfinite(_factor(A, np.full(2, 1e-300))).all())
    True
    """
    from scipy.linalg.lapack import dpotrf  # pyright: ignore[reportAttributeAccessIssue]  # no stubs

    for more in (0.0, ROUNDING, 1e3 * ROUNDING):
        whole = A.copy()
        whole.flat[:: len(A) + 1] += ridge + more * A.diagonal().max()
        factor, fault = dpotrf(whole, lower=1, clean=1)
        if not fault:
            return np.asarray(factor)
    raise InputError(
        "no error bars: the second derivatives at these weights are not finite; train the network first"
    )


def _shares(f: NetworkError, theta: Floats, A: Floats, ridge: Floats, beta: Floats) -> Floats:
    """(K,), of sum 1: each output's share of γ, β_k Σ_n J_nk (A + ridge)⁻¹ J_nkᵀ, by rows spread evenly."""
    X, s = some_rows(f, len(theta))
    known = beta * (s @ _variances(f.shape, theta, X, _factor(A, ridge)))
    total = float(known.sum())
    return known / total if total > 0 else np.full(len(beta), 1 / len(beta))


def _data_part(f: NetworkError, theta: Floats, beta: Floats) -> Floats:
    """Σ_n Σ_k β_k JᵀJ (P, P)."""
    assert f.sample_weight is not None
    return f.sample_weight.sum() * NetworkError(
        f.shape, f.X, f.D, weighted_half_mse(beta), None, f.sample_weight
    ).gauss_newton(theta)


def _groups_left_out(
    shape: Shape, theta: Floats, X: Floats, l: Floats, noise: Floats, factor: Floats, together: NDArray[np.int64]
) -> tuple[Floats, Floats]:  # fmt: skip
    """l and J A⁻¹ Jᵀ (N, K) of each row as if its group had been left out; noise (N, K) is (s_n β_k)^½.

    Of a group with Z (R, P), ZZᵀ its J A⁻¹ Jᵀ in units of the noise: (1 − ZZᵀ)⁻¹ − 1 = Z B Bᵀ Zᵀ, B from the
    eigenvectors of ZᵀZ, whose eigenvalues h are kept below 1 as those of single rows are.
    """
    from scipy.linalg import solve_triangular

    K, told, left, opened = l.shape[1], noise * l, np.empty(l.shape), np.empty(l.shape)
    step = max(1, BLOCK // (K * shape.size))

    def of_rows(rows: NDArray[np.intp]) -> Floats:
        J = curvature.jacobian(shape, theta, X[rows]).reshape(-1, shape.size)
        weighted = noise[rows].reshape(-1, 1) * J
        return solve_triangular(factor, weighted.T, lower=True, check_finite=False).T

    for rows in of_groups(together):
        pieces = [rows[at : at + step] for at in range(0, len(rows), step)]
        if len(rows) * K <= shape.size and len(pieces) == 1:
            Z = of_rows(rows)
            h, vectors = np.linalg.eigh(Z @ Z.T)
            h = np.clip(h, 0, LARGEST)
            half, along = vectors * np.sqrt(h / (1 - h)), told[rows].ravel()
            left[rows] = told[rows] + (half @ (half.T @ along)).reshape(-1, K)
            opened[rows] = (half * half).sum(axis=1).reshape(-1, K)
            continue
        S, along = np.zeros((shape.size, shape.size)), np.zeros(shape.size)
        for piece in pieces:
            Z = of_rows(piece)
            S += Z.T @ Z
            along += Z.T @ told[piece].ravel()
        values, vectors = np.linalg.eigh(S)
        h = np.clip(values, 0, LARGEST)
        B = vectors * np.sqrt(h / np.maximum(values, 1e-300) / (1 - h))
        for piece in pieces:
            half = of_rows(piece) @ B
            left[piece] = told[piece] + (half @ (B.T @ along)).reshape(-1, K)
            opened[piece] = (half * half).sum(axis=1).reshape(-1, K)
    return left / noise, opened / noise**2


def _variances(shape: Shape, theta: Floats, X: Floats, factor: Floats) -> Floats:
    """J A⁻¹ Jᵀ of each output (N, K), A = factor factorᵀ."""
    from scipy.linalg import solve_triangular

    def of_rows(J: Floats) -> Floats:
        z = solve_triangular(factor, J.T, lower=True, check_finite=False)
        return np.einsum("pn,pn->n", z, z)

    return variances(shape, theta, X, of_rows)
