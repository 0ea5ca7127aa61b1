"""What MLPRegressor and MLPClassifier share of fit and partial_fit: from rows and parameters to fitted attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from deltarule.descent.budget import Budget
from deltarule.descent.distillation import Beliefs, distilled, refuse_what_cannot_be_taught
from deltarule.descent.evidence import Evidence
from deltarule.descent.outcome import OUTCOMES
from deltarule.descent.restarts import committee
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.estimators import callbacks, partial
from deltarule.estimators.beginning import Beginning, draw
from deltarule.estimators.checkup import checkup
from deltarule.estimators.error_bars import Member
from deltarule.estimators.fitted import FittedNetwork
from deltarule.estimators.fitting import Samples, Task, Trained, train_starts, warn_of
from deltarule.estimators.improvement import Improvement
from deltarule.estimators.observers import OwnScore
from deltarule.estimators.own_words import in_own_words
from deltarule.estimators.parameters import FIRST_ORDER, SKLEARN_SOLVERS, TABLE, check_parameters
from deltarule.estimators.refitting import whole_or_not_at_all
from deltarule.estimators.rows import SparseRows, rows_of, weights_of
from deltarule.estimators.scoring import ScorerOnRows
from deltarule.estimators.solvers import check_combinations, holds_out, scales_inside, solver_of
from deltarule.estimators.standardisation import Standardisation
from deltarule.estimators.starting import starting_theta
from deltarule.health.case import Case
from deltarule.network import Network

Floats = NDArray[np.floating]


def _by_gradients(estimator: Any) -> bool:
    if estimator.solver in FIRST_ORDER:
        return True
    raise AttributeError(
        f"partial_fit takes single steps: solver='adam' and 'sgd' have it, '{estimator.solver}' not"
    )


class Perceptron(callbacks.CallbackSupportMixin, FittedNetwork):
    """The common part; use MLPRegressor or MLPClassifier."""

    def _set(self, parameters: dict[str, Any]) -> None:
        """Keeps the constructor's parameters as they were given: they are checked when a fit begins."""
        for name in TABLE.keys() & parameters.keys():
            setattr(self, name, parameters[name])

    def _row_weights(self, y: Any, s: Any) -> Any:
        """sample_weight, times the classes' where there are any."""
        return s

    def _bars(
        self,
        members: list[Trained],
        shape: Shape,
        samples: Samples,
        scaling: Standardisation | None,
        solver: str,
    ) -> list[Member]:
        """Error bars of each network, where there can be any."""
        return []

    def _target_scaling(self, D: Floats) -> tuple[bool, bool, tuple[float, float] | None]:
        """Whether targets D are scaled inside, and if so whether by one spread for all outputs, and into which range
        where not to mean 0 and spread 1."""
        raise NotImplementedError

    def _warn_of_reach(self, D: Floats, scaling: Standardisation | None) -> None:
        """Warns where the output's activation cannot give what is in D."""

    def _loss_unit(self, spread: float) -> float:
        """What a loss of targets divided by `spread` is in the target's own unit, where that is one number."""
        return 1.0

    def _row_score(self, o: Floats, D: Floats, s: Floats | None) -> float:
        """The score of outputs, as scikit-learn's `score` counts it."""
        raise NotImplementedError

    def _shown(self, o: Floats) -> Any:
        """Outputs (N, K) as `predict` gives them."""
        raise NotImplementedError

    def _stratify(self, D: Floats) -> Any:
        """What the held-out rows should have in equal shares, or None."""
        raise NotImplementedError

    @whole_or_not_at_all
    @callbacks.with_callbacks
    @in_own_words
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Trains the network: from new weights, or with warm_start from those of the fit before.

        Parameters
        ----------
        X (N, I) : dense or sparse, a DataFrame too. float32 is trained in float32 by adam, sgd and lbfgs, all else in
            float64.
        y (N,) or (N, K) : numbers, or classes; (N, labels) of zeros and ones where a row has several labels.
        sample_weight (N,) : each row's weight, 0 or more; None is 1 for each.
        X_val, y_val, sample_weight_val : held-out rows of your own: their loss is kept for each epoch
            (validation_loss_curve_), and early_stopping looks at them instead of a share of X.

        Returns the estimator itself, fitted. A fit that raises leaves it as it was.

        Raises InputError for a parameter, or a combination of parameters, that cannot be used, UnknownName for a name
        that is not known, TooLarge for a matrix that does not fit, and ValueError, as scikit-learn does, for rows that
        cannot be used. Warns with ConvergenceWarning where it ended before it converged; outcome_ says how it ended.

        >>> from deltarule import MLPRegressor
        >>> X = np.linspace(-1, 1, 40)[:, None]; y = np.sin(3 * X[:, 0])
        >>> model = MLPRegressor(hidden_layer_sizes=(5,), solver="lm", random_state=0)
        >>> model.fit(X, y) is model, model.score(X, y) > 0.999
        (True, True)
        """
        check_parameters(vars(self))
        first = not (self.warm_start and hasattr(self, "coefs_"))
        rows, D, s = self._read(X, y, sample_weight, first)
        shape = self._asked_shape(rows.shape[1], D.shape[1])
        check_combinations(self, shape.layers)
        find_loss(self._loss(), shape.activations[-1])  # refuses an output that the loss cannot have
        random = check_random_state(self.random_state)
        own_rows = self._own_rows(X_val, y_val, sample_weight_val)
        beginning = Beginning.of(random, rows.shape[0], own_rows is not None) if first else None
        begun = None if first else self._reached(shape).astype(D.dtype, copy=True)
        drawn = draw(self, shape, Samples(rows, D, s), random, self._stratify, begun, own_rows)
        train_rows, held_out = drawn.train, drawn.held_out
        scaling = self._standardisation(train_rows)
        self._warn_of_reach(train_rows.D, scaling)
        self.output_scaling_ = None if scaling is None else scaling.of_outputs
        data = {
            "X": X,
            "y": y,
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }
        spread = 1.0 if scaling is None else float(scaling.target_spread[0])
        loss, unit = self._loss(spread), self._loss_unit(spread)
        solver, self.solver_reason_ = solver_of(self, shape, len(train_rows), loss)
        if self.committee == "distilled":
            refuse_what_cannot_be_taught(shape, solver == "evidence", loss)
        context = callbacks.begin(self, self.max_iter * self.restarts, data)
        left_over = Budget(self.budget)
        dtype = D.dtype if solver in SKLEARN_SOLVERS else np.float64

        def whole(theta: Floats) -> Floats:
            return (theta if scaling is None else scaling.fold(shape, theta)).astype(D.dtype, copy=False)

        def fitted(theta: Floats) -> dict[str, Any]:
            W, b = shape.views(whole(theta).copy())
            layers = {"n_layers_": len(shape.sizes), "out_activation_": shape.activations[-1]}
            return {"coefs_": W, "intercepts_": b, "output_scaling_": self.output_scaling_, **layers}

        own_score = self._own_score(held_out, lambda theta: (shape, whole(theta)))
        within = scaling if begun is not None else None  # a fit that goes on has the weights of unscaled rows
        starts = [
            ((theta if within is None else within.unfold(shape, theta)).astype(dtype, copy=False), seed)
            for theta, seed in drawn.starts
        ]
        task = Task(
            self, solver, shape, loss, train_rows.seen(scaling, dtype), held_out and held_out.seen(scaling, dtype),
            self._row_score, own_score, fitted, *self._reached_before(first, unit), context, data, unit,
        )  # fmt: skip
        members = train_starts(task, starts, left_over, after=self.committee == "distilled")
        self._kept_start = min(range(len(members)), key=lambda k: members[k].rank)
        best = members[self._kept_start]
        seen = train_rows.seen(scaling, np.float64)
        if self.committee == "distilled":
            taught = self._taught(members, shape, seen, random, left_over.share(1))
            best = replace(best, theta=taught)
        if len(members) < self.restarts or any(member.outcome == "interrupted" for member in members):
            best = replace(best, outcome="interrupted", message=OUTCOMES["interrupted"])
        self._keep(best, shape, whole(best.theta), len(train_rows), first, unit)
        self._beginning = beginning
        bars_of = members if self.committee is True else [best]
        self._error_bars = self._bars(bars_of, shape, seen, scaling, solver)
        if self.committee and self.committee != "distilled":
            joined = committee([Network.from_theta(shape, whole(member.theta)) for member in members])
            self._take(joined.shape, joined.theta)
        self._remember_rows(X)
        if context is not None:
            context.call_on_fit_task_end(
                estimator=self, **data, reconstruction_attributes=lambda: fitted(best.theta)
            )
        warn_of(best.outcome, best.message, self, solver, self.n_iter_)
        return self

    def _taught(
        self, members: list[Trained], shape: Shape, seen: Samples, random: Any, seconds: float | None
    ) -> Floats:
        """θ of one network that puts out nearly what all members do together."""
        if isinstance(seen.X, SparseRows):
            raise InputError(
                "a distilled committee needs dense rows, and this X is sparse: write committee=True"
            )
        networks = [Network.from_theta(shape, member.theta) for member in members]
        units = Evidence(counts=True).units(shape, seen.D, seen.s, find_loss(self._loss()))
        beliefs = Beliefs.of([member.history for member in members if member.history], shape, "one", units)
        seed = int(random.randint(np.iinfo(np.int32).max))
        return distilled(
            networks, beliefs, seen.X, seen.s, counts=True, seed=seed, seconds=seconds, threads=self.threads
        ).theta

    def health_case(self, X: Any = None, D: Any = None) -> Case:
        """What `diagnose(estimator, X, y)` looks at: the network and the samples it was fitted on, as it saw them."""
        network = self.network_  # says so where nothing was fitted
        if X is None or D is None:
            raise InputError(
                "an estimator keeps no samples: write diagnose(estimator, X, y) with those it saw"
            )
        samples = Samples(*self._read(X, D, None, first=False, incremental=True))
        beginning: Beginning | None = getattr(self, "_beginning", None)
        shape = self._asked_shape(samples.X.shape[1], samples.D.shape[1])
        drawn = beginning and beginning.again(self, shape, samples, self._stratify)
        scaling = self._standardisation(drawn.train if drawn else samples)
        scaling = scaling and scaling.after(self.output_scaling_)
        spread = 1.0 if scaling is None else float(scaling.target_spread[0])
        return checkup(self, network, samples, drawn, scaling, self._loss(spread), self._row_score)

    def _read(
        self, X: Any, y: Any, sample_weight: Any, first: bool, incremental: bool = False
    ) -> tuple[Floats | SparseRows, Floats, Floats | None]:
        """X, D and s from what the user gave, checked as scikit-learn checks them."""
        from sklearn.utils.validation import column_or_1d

        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=(np.float64, np.float32),
            reset=first, **self._y_checks,
        )  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        s = weights_of(self._row_weights(y, sample_weight), X.shape[0], X.dtype)
        return rows_of(X), self._encode(y, X.dtype, first, incremental), s

    _y_checks: ClassVar[dict[str, Any]] = {}

    def _reached(self, shape: Shape) -> Floats:
        """θ of the fit before, where its network is the one that is asked for."""
        before = self._shape()
        was, now = ("-".join(map(str, of.sizes)) for of in (before, shape))
        means = ""
        if was == now:
            was, now = (", ".join(of.activations) for of in (before, shape))
            means = f"set activation='{before.activations[0]}' to go on, or "
        if was != now:
            raise InputError(
                f"warm_start and partial_fit go on with the fitted network, {was}, and {now} is asked for now: "
                f"{means}clone the estimator to begin anew"
            )
        return self._theta(shape)

    @property
    def _scaled(self) -> bool:
        return scales_inside(self)

    def _standardisation(self, samples: Samples) -> Standardisation | None:
        if not self._scaled:
            return None
        if isinstance(samples.X, SparseRows):
            raise InputError("a sparse X of this size cannot be standardised inside: write scale=False")
        return Standardisation.fit(samples.X, samples.D, samples.s, *self._target_scaling(samples.D))

    def _reached_before(self, first: bool, unit: float = 1.0) -> tuple[float, int, int]:
        """Of the fits before, where this one goes on: their lowest error, the epochs since, the samples seen; the loss
        that is told is `unit` times what is counted."""
        if first:
            return np.inf, 0, 0
        if getattr(self, "_descent", None) is None:  # another kind of solver, whose loss is not this one's
            return np.inf, 0, getattr(self, "t_", 0)
        lowest = getattr(self, "best_loss_", None)
        if self.early_stopping:
            highest = getattr(self, "best_validation_score_", None)
            lowest = None if highest is None else -highest
        if self.early_stopping and self.scoring != "loss":
            unit = 1.0
        flat = 0 if lowest is None else getattr(self, "_no_improvement_count", 0)
        return np.inf if lowest is None else lowest / unit, flat, getattr(self, "t_", 0)

    def _own_rows(self, X_val: Any, y_val: Any, sample_weight_val: Any) -> Samples | None:
        """The rows that the user holds out."""
        if (X_val is None) != (y_val is None):
            raise InputError("held-out rows need both: X_val and y_val")
        if X_val is None and sample_weight_val is not None:
            raise InputError("sample_weight_val weighs the rows of X_val: give X_val and y_val too")
        if X_val is None:
            return None
        return Samples(*self._read(X_val, y_val, sample_weight_val, first=False, incremental=True))

    def _own_score(self, held_out: Samples | None, fitted: Any) -> OwnScore:
        """What scoring asks for; None where it asks for nothing."""
        if self.scoring is None or held_out is None:
            return None
        if self.scoring == "loss":
            return "loss"
        return ScorerOnRows(self, fitted).on(held_out.X, self._shown(held_out.D), held_out.s)

    def _keep(self, best: Trained, shape: Shape, theta: Floats, N: int, first: bool, unit: float) -> None:
        """The fitted attributes; every loss among them is `unit` times what was counted."""
        self._take(shape, theta)
        goes_on = not first and hasattr(self, "loss_curve_")
        before = self.loss_curve_ if goes_on else []
        self.n_iter_ = len(best.curve)
        self.t_ = (self.t_ if goes_on else 0) + self.n_iter_ * N
        self.loss_curve_ = [*before, *(unit * loss for loss in best.curve)]
        self.loss_ = unit * best.loss
        self.outcome_, self.outcome_message_ = best.outcome, best.message
        self.history_ = best.history
        early = holds_out(self)
        score_unit = unit if self.scoring == "loss" else 1.0
        scores = [score_unit * score for score in best.held_out.scores] if best.held_out else []
        losses = [unit * loss for loss in best.held_out.losses] if best.held_out else None
        old = (getattr(self, "validation_scores_", None) or []) if goes_on else []
        self.validation_scores_ = [*old, *scores] if early else None
        finite = [score for score in self.validation_scores_ or () if not np.isnan(score)]
        self.best_validation_score_ = max(finite, default=None)
        self.best_loss_ = None if early else min(self.loss_curve_, default=self.loss_)
        self.validation_loss_curve_ = losses
        self._descent = partial.Descent.of(best.state, best.improvement)
        self._no_improvement_count = 0 if best.improvement is None else best.improvement.flat

    @in_own_words
    def _partial(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """One epoch over the rows, from where the last one ended."""
        check_parameters(vars(self))
        if self.early_stopping:
            raise InputError(
                "partial_fit does not support early_stopping=True: it sees no rows it could hold out"
            )
        for name, usual in (("restarts", 1), ("committee", False), ("budget", None)):
            given = getattr(self, name)
            if given != usual:
                raise InputError(
                    f"partial_fit is one epoch of one network, and {name}={given!r} is for fit: leave it out"
                )
        if self._scaled:
            raise InputError("partial_fit cannot standardise rows it has not seen: write scale=False")
        if self.output_scaling_ is not None:
            raise InputError(
                "partial_fit goes on with weights that give y, and fit has scaled it: clone the estimator to begin anew"
            )
        first = not hasattr(self, "coefs_")
        X, D, s = self._read(X, y, sample_weight, first, incremental=True)
        shape = self._asked_shape(X.shape[1], D.shape[1])
        check_combinations(self, shape.layers)
        random = check_random_state(self.random_state)
        theta = starting_theta(self, shape, random, D.dtype) if first else self._reached(shape)
        descent = getattr(self, "_descent", None) or partial.Descent.new(
            int(random.randint(np.iinfo(np.int32).max))
        )
        lowest, flat, seen = self._reached_before(first)
        said: list[str] = []
        improvement = Improvement(
            self,
            self.solver,
            lowest,
            flat,
            descent.rate_of(self, seen),
            say=lambda _, line: said.append(line),
        )
        theta, self.loss_ = descent.epoch(self, shape, self._loss(), Samples(X, D, s), theta, improvement)
        self._no_improvement_count = improvement.flat
        self._descent, self._error_bars, self._beginning = descent, [], None
        self._no_error_bars = "partial_fit has moved the weights since they were made: fit gives them"
        self._take(shape, theta)
        self.n_iter_ = 1
        self.t_ = getattr(self, "t_", 0) + len(D)
        self.loss_curve_ = [*getattr(self, "loss_curve_", []), self.loss_]
        self.best_loss_ = min(self.loss_curve_)
        self.validation_scores_ = self.best_validation_score_ = self.validation_loss_curve_ = None
        if self.verbose:
            print("\n".join([f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}", *said]))
        return self


steps_only = available_if(_by_gradients)
