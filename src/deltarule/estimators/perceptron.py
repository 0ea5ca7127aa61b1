"""What MLPRegressor and MLPClassifier share: fit and partial_fit, the fitted weights, and the way from X to outputs."""

from __future__ import annotations

import weakref
from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from deltarule.descent.restarts import committee
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.estimators import callbacks, partial
from deltarule.estimators.error_bars import ErrorBars
from deltarule.estimators.fitting import Clock, Samples, Task, Trained, train, warn_of
from deltarule.estimators.parameters import FIRST_ORDER, SKLEARN_SOLVERS, TABLE, check_parameters
from deltarule.estimators.rows import SparseRows, blocks, rows_of, weights_of
from deltarule.estimators.showing import model_of, shown_equation
from deltarule.estimators.solvers import check_combinations, scales_inside, solver_of
from deltarule.estimators.standardisation import Standardisation
from deltarule.estimators.starting import hidden_sizes, shape_of, starting_theta
from deltarule.network import Network

Floats = NDArray[np.floating]


def _by_gradients(estimator: Any) -> bool:
    if estimator.solver in FIRST_ORDER:
        return True
    raise AttributeError(
        f"partial_fit takes single steps: solver='adam' and 'sgd' have it, '{estimator.solver}' not"
    )


class Perceptron(callbacks.CallbackSupportMixin, BaseEstimator):
    """The common part; use MLPRegressor or MLPClassifier."""

    coefs_: list[Floats]
    intercepts_: list[Floats]
    n_features_in_: int
    n_outputs_: int
    n_layers_: int
    n_iter_: int
    t_: int
    out_activation_: str
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    validation_loss_curve_: list[float] | None
    outcome_: str

    def _set(self, parameters: dict[str, Any]) -> None:
        """Keeps the constructor's parameters as they were given: they are checked when a fit begins."""
        for name in TABLE.keys() & parameters.keys():
            setattr(self, name, parameters[name])

    # what the two classes tell: how y becomes D, the loss and the output, and a score ------------------------------

    def _encode(self, y: Any, dtype: Any, first: bool, incremental: bool) -> Floats:
        raise NotImplementedError

    def _row_weights(self, y: Any, s: Any) -> Any:
        return s

    def _bars(
        self,
        members: list[Trained],
        shape: Shape,
        samples: Samples,
        scaling: Standardisation | None,
        solver: str,
    ) -> list[ErrorBars]:
        return []

    def _loss(self) -> Loss:
        raise NotImplementedError

    def _output(self) -> str:
        raise NotImplementedError

    def _target_scaling(self) -> tuple[bool, bool]:
        raise NotImplementedError

    def _row_score(self, o: Floats, D: Floats, s: Floats | None) -> float:
        raise NotImplementedError

    def _stratify(self, D: Floats) -> Any:
        raise NotImplementedError

    # fitting --------------------------------------------------------------------------------------------------------

    @callbacks.with_callbacks
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
        """Trains the network.

        X (N, I) : dense or sparse, a DataFrame too.  y (N,) or (N, K).  sample_weight (N,) : each row's weight.
        X_val, y_val, sample_weight_val : held-out rows of your own: their loss is kept for each epoch
            (validation_loss_curve_), and early_stopping looks at them instead of a share of X.
        """
        check_parameters(self.get_params(deep=False))
        first = not (self.warm_start and hasattr(self, "coefs_"))
        rows, D, s = self._read(X, y, sample_weight, first)
        shape = self._asked_shape(rows.shape[1], D.shape[1])
        check_combinations(self, shape.layers)
        find_loss(self._loss(), shape.activations[-1])  # refuses an output that the loss cannot have
        random = check_random_state(self.random_state)
        begun = self._begin(shape, D.dtype, random, first)
        train_rows, held_out = self._hold_out(Samples(rows, D, s), random, X_val, y_val, sample_weight_val)
        scaling = self._standardisation(train_rows)
        data = {
            "X": X,
            "y": y,
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }
        context = callbacks.begin(self, self.max_iter * self.restarts, data)
        clock = Clock(self.budget)
        solver, self.solver_reason_ = solver_of(self, shape, len(train_rows), self._loss())
        dtype = D.dtype if solver in SKLEARN_SOLVERS else np.float64

        def whole(theta: Floats) -> Floats:
            return (theta if scaling is None else scaling.fold(shape, theta)).astype(D.dtype, copy=False)

        def fitted(theta: Floats) -> dict[str, Any]:
            layers = {"n_layers_": len(shape.sizes), "out_activation_": shape.activations[-1]}
            return {**self._weights(shape, whole(theta).copy()), **layers}

        if begun is not None and scaling is not None:
            begun = scaling.unfold(shape, begun)
        members: list[Trained] = []
        for left in range(self.restarts, 0, -1):
            theta = starting_theta(self, shape, random, D.dtype) if begun is None or members else begun
            theta = theta.astype(dtype, copy=False)
            rows_held = held_out and held_out.seen(scaling, dtype)
            task = Task(
                self, solver, shape, self._loss(), train_rows.seen(scaling, dtype), rows_held, self._row_score,
                int(random.randint(np.iinfo(np.int32).max)), clock.share(left), fitted, context, data,
            )  # fmt: skip
            members.append(train(task, theta))
        best = min(members, key=lambda member: member.rank)
        self._keep(best, shape, len(train_rows), first, fitted)
        bars = self._bars(members, shape, train_rows.seen(scaling, np.float64), scaling, solver)
        at = next(i for i, member in enumerate(members) if member is best)
        self._error_bars = bars if self.committee else bars[at : at + 1]
        if self.committee:
            joined = committee([Network.from_theta(shape, whole(member.theta)) for member in members])
            for name, value in self._weights(joined.shape, joined.theta).items():
                setattr(self, name, value)
        self._remember_rows(X)
        if context is not None:
            context.call_on_fit_task_end(
                estimator=self, **data, reconstruction_attributes=lambda: fitted(best.theta)
            )
        warn_of(best.outcome, best.message, self, solver, self.n_iter_)
        return self

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

    def _begin(self, shape: Shape, dtype: Any, random: Any, first: bool) -> Floats | None:
        """The starting θ, drawn before all else as scikit-learn does; a warm start has the weights reached."""
        if first:
            return starting_theta(self, shape, random, dtype) if not self._scaled else None
        theta = self._theta(shape)
        return theta.astype(dtype, copy=True)

    @property
    def _scaled(self) -> bool:
        return scales_inside(self)

    def _standardisation(self, samples: Samples) -> Standardisation | None:
        if not self._scaled:
            return None
        if isinstance(samples.X, SparseRows):
            raise InputError("a sparse X of this size cannot be standardised inside: write scale=False")
        return Standardisation.fit(samples.X, samples.D, samples.s, *self._target_scaling())

    def _hold_out(
        self, samples: Samples, random: Any, X_val: Any, y_val: Any, sample_weight_val: Any
    ) -> tuple[Samples, Samples | None]:
        """The rows to train on, and those held out: the user's own, or a share where early_stopping asks for one."""
        if (X_val is None) != (y_val is None):
            raise InputError("held-out rows need both: X_val and y_val")
        if X_val is not None:
            X, D, s = self._read(X_val, y_val, sample_weight_val, first=False, incremental=True)
            return samples, Samples(X, D, s)
        if not (self.early_stopping and self.solver != "lbfgs"):
            return samples, None
        from sklearn.model_selection import train_test_split

        N = len(samples)
        train_at, held_at = train_test_split(
            np.arange(N),
            random_state=random,
            test_size=self.validation_fraction,
            stratify=self._stratify(samples.D),
        )
        if len(held_at) < 2:
            raise InputError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )

        def part(at: NDArray[np.intp]) -> Samples:
            X = SparseRows(samples.X.matrix[at]) if isinstance(samples.X, SparseRows) else samples.X[at]
            return Samples(X, samples.D[at], None if samples.s is None else samples.s[at])

        return part(train_at), part(held_at)

    def _keep(self, best: Trained, shape: Shape, N: int, first: bool, fitted: Any) -> None:
        """The fitted attributes."""
        for name, value in fitted(best.theta).items():
            setattr(self, name, value)
        goes_on = not first and hasattr(self, "loss_curve_")
        before = self.loss_curve_ if goes_on else []
        self.n_outputs_ = shape.sizes[-1]
        self.n_iter_ = len(best.curve)
        self.t_ = (self.t_ if goes_on else 0) + self.n_iter_ * N
        self.loss_curve_ = [*before, *best.curve]
        self.loss_ = best.loss
        self.outcome_, self.outcome_message_ = best.outcome, best.message
        self.history_ = best.history
        early = self.early_stopping and self.solver != "lbfgs"
        scores = best.held_out.scores if best.held_out else []
        losses = best.held_out.losses if best.held_out else None
        old = (getattr(self, "validation_scores_", None) or []) if goes_on else []
        self.validation_scores_ = [*old, *scores] if early else None
        finite = [score for score in self.validation_scores_ or () if not np.isnan(score)]
        self.best_validation_score_ = max(finite, default=None)
        self.best_loss_ = None if early else min(self.loss_curve_, default=self.loss_)
        self.validation_loss_curve_ = losses
        self._descent = partial.Descent.of(best.state)

    def _weights(self, shape: Shape, theta: Floats) -> dict[str, list[Floats]]:
        """coefs_ and intercepts_ as views of θ."""
        W, b = shape.views(theta)
        return {"coefs_": W, "intercepts_": b}

    def _remember_rows(self, X: Any) -> None:
        """A weak reference to the training rows, so that `formula` can look at them while they live."""
        try:
            self._training_rows = weakref.ref(X)
        except TypeError:  # a list has no weak references
            self._training_rows = None

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {**state, "_training_rows": None} if "_training_rows" in state else state

    # the fitted network -----------------------------------------------------------------------------------------------

    def derive(self, weight: str, X: Any = None, y: Any = None, **more: Any) -> Any:
        """∂E/∂weight of the fitted network as a chain of factors: `deltarule.derive` with this network and its loss.

        weight : an address such as "w_12^(0,1)" or "b_2^(1)".  X, y : rows for the numbers of a sample.
        more : notation, second, sample, penalty: as there.
        """
        from deltarule.lecture.derivation import derive

        D = None if y is None else self._encode(np.asarray(y), np.float64, first=False, incremental=True)
        X = None if X is None else self._rows(X)[:]
        return derive(self.network_, weight, loss=self._loss(), X=X, D=D, **more)

    def check_gradient(self, X: Any, y: Any, **more: Any) -> Any:
        """∂E/∂w of every weight on these rows by formula, backpropagation and difference quotients, compared."""
        from deltarule.lecture.check import check_gradient

        D = self._encode(np.asarray(y), np.float64, first=False, incremental=True)
        return check_gradient(self.network_, self._rows(X)[:], D, loss=self._loss(), **more)

    def formula(self, to: str = "python", X: Any = None) -> str:
        """The whole model as "python", "excel", "latex" or "c" text, in the units of X and y.

        X (N, I) : rows to re-evaluate it on; without them the training rows, while they live. The largest difference
        from the model is printed on stderr.
        """
        names = getattr(self, "feature_names_in_", [f"x{i + 1}" for i in range(self.n_features_in_)])
        model = model_of(self.network_, self._loss(), [str(name) for name in names], *self._outputs_named())
        rows = X
        if rows is None and getattr(self, "_training_rows", None) is not None:
            rows = self._training_rows()
        return shown_equation(model, to, None if rows is None else self._rows(rows)[:]).text

    def _outputs_named(self) -> tuple[list[str], list[str] | None]:
        """Names of the outputs (for classes the target's), and the classes where one of them is chosen."""
        raise NotImplementedError

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """This class with the parameters and the fitted state of scikit-learn's, bit for bit."""
        check_is_fitted(fitted)
        own = cls().get_params(deep=False)
        model = cls(**{name: value for name, value in fitted.get_params(deep=False).items() if name in own})
        for name, value in vars(fitted).items():
            if name.endswith("_") and not name.startswith("_"):
                setattr(model, name, deepcopy(value))
        model._take_over(fitted)
        return model

    def _take_over(self, fitted: Any) -> None:
        """What else of scikit-learn's estimator goes on: the optimiser's memory."""
        self._descent = partial.Descent.from_sklearn(fitted)

    def _shape(self) -> Shape:
        """The shape of the fitted weights."""
        sizes = [len(self.coefs_[0]), *(int(np.shape(W)[1]) for W in self.coefs_)]
        return shape_of(self, sizes, self.out_activation_)

    def _asked_shape(self, inputs: int, outputs: int) -> Shape:
        """The shape that the parameters ask for."""
        return shape_of(self, [inputs, *hidden_sizes(self.hidden_layer_sizes), outputs], self._output())

    def _theta(self, shape: Shape) -> Floats:
        """θ of coefs_ and intercepts_, whoever set them."""
        dtype = np.result_type(*(np.asarray(values).dtype for values in (*self.coefs_, *self.intercepts_)))
        theta = np.empty(shape.size, dtype if dtype in (np.float32, np.float64) else np.float64)
        W, b = shape.views(theta)
        for m in range(shape.layers):
            W[m][:] = self.coefs_[m]
            b[m][:] = self.intercepts_[m]
        return theta

    @property
    def network_(self) -> Network:
        """The fitted network, in the units of X: a copy of coefs_ and intercepts_, with all that Network can show."""
        check_is_fitted(self)
        shape = self._shape()
        return Network.from_theta(shape, self._theta(shape))

    def _rows(self, X: Any) -> Floats | SparseRows:
        check_is_fitted(self)
        checked = validate_data(
            self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False
        )
        return rows_of(checked)

    def _outputs(self, X: Any) -> Floats:
        """o (N, K) of X (N, I)."""
        rows, network = self._rows(X), self.network_
        parts = [network.predict(rows[part]) for part in blocks(rows)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _partial(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """One epoch over the rows, from where the last one ended."""
        check_parameters(self.get_params(deep=False))
        if self.early_stopping:
            raise InputError(
                "partial_fit does not support early_stopping=True: it sees no rows it could hold out"
            )
        if self._scaled:
            raise InputError("partial_fit cannot standardise rows it has not seen: write scale=False")
        first = not hasattr(self, "coefs_")
        X, D, s = self._read(X, y, sample_weight, first, incremental=True)
        shape = self._asked_shape(X.shape[1], D.shape[1])
        check_combinations(self, shape.layers)
        random = check_random_state(self.random_state)
        theta = starting_theta(self, shape, random, D.dtype) if first else self._theta(shape)
        descent = getattr(self, "_descent", None) or partial.Descent.new(
            int(random.randint(np.iinfo(np.int32).max))
        )
        theta, self.loss_ = descent.epoch(
            self, shape, self._loss(), Samples(X, D, s), theta, getattr(self, "t_", 0)
        )
        self._descent = descent
        for name, value in self._weights(shape, theta).items():
            setattr(self, name, value)
        self.n_layers_, self.n_outputs_, self.out_activation_ = (
            len(shape.sizes),
            shape.sizes[-1],
            shape.activations[-1],
        )
        self.n_iter_ = 1
        self.t_ = getattr(self, "t_", 0) + len(D)
        self.loss_curve_ = [*getattr(self, "loss_curve_", []), self.loss_]
        self.best_loss_ = min(self.loss_curve_)
        self.validation_scores_ = self.best_validation_score_ = self.validation_loss_curve_ = None
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
        return self


steps_only = available_if(_by_gradients)
