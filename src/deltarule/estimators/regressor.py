"""MLPRegressor: numbers from rows."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from deltarule.descent.error_bars import WEIGHTS
from deltarule.equations.activations import ACTIVATIONS
from deltarule.equations.losses import LOSSES, Huber, Loss, Quantile
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.estimators.error_bars import Member, together
from deltarule.estimators.fitting import Samples, Trained
from deltarule.estimators.parameters import documented
from deltarule.estimators.perceptron import Perceptron, steps_only
from deltarule.estimators.refitting import whole_or_not_at_all
from deltarule.estimators.rows import SparseRows
from deltarule.estimators.standardisation import Standardisation
from deltarule.estimators.targets import determination
from deltarule.network import Network
from deltarule.tables.targets import RANGE_OF

Floats = NDArray[np.floating]
NO_CURVATURE = (
    "they come from curvature or from several networks: fit with solver='evidence' or 'lm', or with restarts=5, "
    "committee=True"
)
NAMES = {"squared_error": "half_mse", "poisson": "poisson", "absolute_error": "mae"}


@documented
class MLPRegressor(RegressorMixin, Perceptron):
    """A dense network for numbers, with scikit-learn's interface: E = (1/2Σs) Σ_n s_n Σ_k l_nk² + (alpha/2Σs) Σ w².

    With K > 1 outputs scikit-learn reports this loss divided by K, though its gradient is the same.

    Attributes (fitted): coefs_, intercepts_, loss_, best_loss_, loss_curve_, validation_scores_,
    best_validation_score_, validation_loss_curve_, t_, n_iter_, n_layers_, n_outputs_, out_activation_,
    n_features_in_, feature_names_in_, network_, history_; outcome_, how the fit ended, by name, and outcome_message_,
    in a sentence; solver_reason_, why solver='auto' chose the one that ran (else ''); output_scaling_, by which outputs
    are unscaled where output_activation cannot reach y and it is scaled inside (else None).

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressor(hidden_layer_sizes=(10,), solver="lbfgs", max_iter=2000, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.5)
    True
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        hidden_activation: Any = None,
        output_activation: str | None = None,
        start: str | None = None,
        scale: bool | None = None,
        quantile: float = 0.5,
        huber_threshold: float = 1.0,
        l1: float = 0.0,
        dropout: Any = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        scoring: Any = None,
        restarts: int = 1,
        committee: bool | str = False,
        threads: int | None = None,
        budget: float | None = None,
    ) -> None:
        self._set(locals())

    @steps_only
    @whole_or_not_at_all
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch over these rows, from the weights and the rule's memory of the call before."""
        return self._partial(X, y, sample_weight)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """The outputs: (N,) for one target, (N, K) for several; with return_std also each one's standard deviation.

        Error bars count the targets' noise and what the training rows leave open: of solver 'evidence' and 'lm', and of
        a committee.

        >>> random = np.random.default_rng(0)
        >>> X = random.uniform(-1, 1, (100, 1)); y = 2 * X[:, 0] + 0.1 * random.standard_normal(100)
        >>> model = MLPRegressor(hidden_layer_sizes=(), solver="evidence").fit(X, y)
        >>> outputs, deviation = model.predict([[0.5], [10.0]], return_std=True)
        >>> outputs.round(1).tolist(), bool(0.08 < deviation[0] < 0.12 < deviation[1])
        ([1.0, 19.9], True)
        """
        shown = self._shown(self._outputs(X))
        if not return_std:
            return shown
        deviation, _ = together(self._members(), self._rows(X)[:])
        return shown, deviation.reshape(shown.shape)

    def predict_interval(self, X: Any, coverage: float = 0.95) -> tuple[Floats, Floats]:
        """Lower and upper ends between which a new target lies with the probability `coverage`.

        They are as wide as the residuals of the training rows ask for, each row judged as if it had been left out:
        o ± q s, s the deviation of `predict(X, return_std=True)` and q a quantile of |o − y|/s (`error_bars`).

        Parameters
        ----------
        X (N, I) : rows in the units of the fit.
        coverage : above 0 and below 1; 0.95 leaves out one in twenty.

        Returns (low, high), each (N,) for one target and (N, K) for several, in the unit of y. Raises InputError for a
        coverage outside its range, and where the fit kept no error bars: it does with solver='evidence' or 'lm' and
        with a committee, for loss='squared_error', dense rows and up to 2000 weights. Raises NotFittedError before fit.

        >>> random = np.random.default_rng(0)
        >>> X = random.uniform(-1, 1, (400, 1)); y = np.sin(3 * X[:, 0]) + 0.1 * random.standard_normal(400)
        >>> model = MLPRegressor(hidden_layer_sizes=(8,), solver="evidence", random_state=0).fit(X[:200], y[:200])
        >>> low, high = model.predict_interval(X[200:], coverage=0.9)
        >>> bool(0.84 < np.mean((low < y[200:]) & (y[200:] < high)) < 0.96)  # of rows it never saw
        True
        """
        shown = self.predict(X)
        _, half = together(self._members(), self._rows(X)[:], coverage)
        return shown - half.reshape(shown.shape), shown + half.reshape(shown.shape)

    def _members(self) -> list[Member]:
        members: list[Member] = getattr(self, "_error_bars", [])
        if not members:
            check_is_fitted(self)
            raise InputError(f"no error bars: {getattr(self, '_no_error_bars', NO_CURVATURE)}")
        return members

    def _bars(
        self,
        members: list[Trained],
        shape: Shape,
        samples: Samples,
        scaling: Standardisation | None,
        solver: str,
    ) -> list[Member]:
        self._no_error_bars = self._against_error_bars(shape, samples, solver)
        if self._no_error_bars or isinstance(samples.X, SparseRows):
            return []
        networks = [Network.from_theta(shape, member.theta.astype(np.float64)) for member in members]
        try:
            return [Member.of(network, samples.X, samples.D, samples.s, scaling) for network in networks]
        except InputError as error:  # the fit itself stands
            self._no_error_bars = str(error).removeprefix("no error bars: ")
            return []

    def _against_error_bars(self, shape: Shape, samples: Samples, solver: str) -> str:
        """Why a fit keeps no error bars, and what to do; nothing where it does."""
        if self.loss != "squared_error":
            return f"they are for loss='squared_error', not for '{self.loss}'; loss='quantile' gives bounds of its own"
        if solver not in ("evidence", "lm") and not self.committee:
            return NO_CURVATURE
        if isinstance(samples.X, SparseRows):
            return "they need rows that are dense, and this X is sparse and too large to be made so"
        if shape.size > WEIGHTS:
            units = (WEIGHTS - shape.sizes[-1]) // (1 + shape.sizes[0] + shape.sizes[-1])
            fewer = f": hidden_layer_sizes=({units},) has fewer" if units > 0 else ""
            return f"they keep the curvature of at most {WEIGHTS} weights, and this network has {shape.size}{fewer}"
        return ""

    _y_checks: ClassVar[dict[str, Any]] = {"y_numeric": True}

    def _encode(self, y: Any, dtype: Any, first: bool, incremental: bool) -> Floats:
        D = np.asarray(y, dtype=dtype)
        if self.loss == "poisson" and not D.min() >= 0:
            raise InputError(
                "Some value(s) of y are out of the valid range of the loss 'poisson', which is for counts and amounts "
                f"of 0 or more; the smallest is {D.min():g}"
            )
        return D[:, None] if D.ndim == 1 else D

    def _loss(self, spread: float = 1.0) -> Loss:
        if self.loss == "huber":
            return Huber(self.huber_threshold / spread)
        return Quantile(self.quantile) if self.loss == "quantile" else LOSSES[NAMES[self.loss]]

    def _loss_unit(self, spread: float) -> float:
        if self.loss == "huber":
            return spread * spread
        return spread if self.loss in ("quantile", "absolute_error") else 1.0

    def _output(self) -> str:
        return self.output_activation or ("exp" if self.loss == "poisson" else "identity")

    def _target_scaling(self, D: Floats) -> tuple[bool, bool, tuple[float, float] | None]:
        output = self._output()
        within = RANGE_OF.get(output) if self._beyond(D) else None
        return output == "identity" or within is not None, self.loss != "squared_error", within

    def _beyond(self, D: Floats) -> str:
        """How far D (N, K) goes beyond what the output's activation puts out, in words; nothing where it does not."""
        S, least, greatest = ACTIVATIONS[self._output()], float(D.min()), float(D.max())
        if S.low <= least and greatest <= S.high:
            return ""
        reach = (
            f"no number below {S.low:.2g}" if np.isinf(S.high) else f"numbers from {S.low:g} to {S.high:g}"
        )
        return f"output_activation='{S.name}' gives {reach}, and y goes from {least:g} to {greatest:g}"

    def _warn_of_reach(self, D: Floats, scaling: Standardisation | None) -> None:
        beyond = self._beyond(D)
        if beyond and (scaling is None or not scaling.outside):
            place = "scale=True places y inside, or " if self._output() in RANGE_OF else ""
            warnings.warn(f"{beyond}: {place}leave output_activation out", stacklevel=4)

    def _shown(self, o: Floats) -> Floats:
        return o[:, 0] if o.shape[1] == 1 else o

    def _row_score(self, o: Floats, D: Floats, s: Floats | None) -> float:
        return determination(o, D, s)

    def _outputs_named(self) -> tuple[list[str], list[str] | None]:
        K = self.n_outputs_
        return (["y"] if K == 1 else [f"y{k + 1}" for k in range(K)]), None

    def _stratify(self, D: Floats) -> Any:
        return None
