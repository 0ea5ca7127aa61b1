"""The fitted network of an estimator: its weights, the way from X to outputs, and what it shows of itself."""

from __future__ import annotations

import weakref
from copy import deepcopy
from operator import is_
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape, make_shape
from deltarule.errors import InputError
from deltarule.estimators import partial
from deltarule.estimators.forward import Forward
from deltarule.estimators.parameters import Parameters
from deltarule.estimators.rows import SparseRows, blocks, is_plain, rows_of
from deltarule.estimators.showing import model_of, shown_equation
from deltarule.estimators.starting import hidden_sizes, shape_of
from deltarule.network import Network
from deltarule.tables.scaling import Scaling

Floats = NDArray[np.floating]


class FittedNetwork(Parameters, BaseEstimator):
    """coefs_ and intercepts_, in the units of X and y, whoever set them."""

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
    output_scaling_: list[Scaling] | None = None

    _activations: tuple[str, ...]
    _labels: Any
    _training_rows: Any
    _packed: tuple[Forward, list[Floats]]
    _descent: partial.Descent | None
    _no_improvement_count: int
    _kept_start: int

    def _encode(self, y: Any, dtype: Any, first: bool, incremental: bool) -> Floats:
        """y as D (N, K)."""
        raise NotImplementedError

    def _loss(self, spread: float = 1.0) -> Loss:
        """The loss that the parameters ask for, of targets that were divided by `spread`."""
        raise NotImplementedError

    def _output(self) -> str:
        """The output's activation."""
        raise NotImplementedError

    def _take(self, shape: Shape, theta: Floats) -> None:
        """θ as coefs_ and intercepts_, views of it."""
        network = Network.from_theta(shape, theta)
        self.coefs_, self.intercepts_ = network.W, network.b
        self._activations = shape.activations
        self._packed = Forward(network, self.threads), [*self.coefs_, *self.intercepts_]
        self.n_layers_, self.n_outputs_, self.out_activation_ = (
            len(shape.sizes),
            shape.sizes[-1],
            shape.activations[-1],
        )

    def _remember_rows(self, X: Any) -> None:
        """A weak reference to the training rows, so that `formula` can look at them while they live."""
        try:
            self._training_rows = weakref.ref(X)
        except TypeError:  # a list has no weak references
            self._training_rows = None

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        state.pop("_training_rows", None)
        state.pop("_packed", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "coefs_" in state:
            self._own()

    def _own(self) -> None:
        """coefs_ and intercepts_ from elsewhere become views of one θ again."""
        shape = self._shape()
        self._take(shape, self._theta(shape))

    def derive(self, weight: str, X: Any = None, y: Any = None, **more: Any) -> Any:
        """∂E/∂weight of the fitted network as a chain of factors: `deltarule.derive` with this network and its loss.

        weight : an address such as "w_12^(0,1)" or "b_2^(1)".  X, y : rows for the numbers of a sample.
        more : notation, second, sample, penalty: as there.

        >>> from deltarule import MLPRegressor
        >>> X = np.linspace(-1, 1, 20)[:, None]; y = X[:, 0] ** 2
        >>> model = MLPRegressor(hidden_layer_sizes=(2,), activation="tanh", solver="lbfgs", random_state=0).fit(X, y)
        >>> model.derive("w_21^(1,2)").text
        '∂E/∂w_21^(1,2) = mean_n((o_n1 - d_n1)*y_n2^(1,2))'
        """
        from deltarule.lecture.derivation import derive

        check_is_fitted(self)
        D = None if y is None else self._encoded(y)
        X = None if X is None else self._rows(X)[:]
        return derive(self.network_, weight, loss=self._loss_of_outputs, X=X, D=D, **more)

    def check_gradient(self, X: Any, y: Any, **more: Any) -> Any:
        """∂E/∂w of every weight on these rows by formula, backpropagation and difference quotients, compared.

        >>> from deltarule import MLPClassifier
        >>> X = np.array([[0.0], [1.0], [2.0], [3.0]]); y = ["low", "low", "high", "high"]
        >>> model = MLPClassifier((3,), "tanh", solver="lbfgs", random_state=0, max_iter=5, tol=1.0).fit(X, y)
        >>> model.check_gradient(X, y).holds
        True
        """
        from deltarule.lecture.check import check_gradient

        check_is_fitted(self)
        return check_gradient(
            self.network_, self._rows(X)[:], self._encoded(y), loss=self._loss_of_outputs, **more
        )

    def _encoded(self, y: Any) -> Floats:
        """y, in every form that `fit` takes, as D (N, K) that the network's outputs are compared with."""
        y = y if issparse(y) else np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        D = self._encode(y, np.float64, first=False, incremental=True).astype(np.float64)
        for k, scaling in enumerate(self.output_scaling_ or ()):
            D[:, k] = scaling.scale(D[:, k])
        return D

    @property
    def _loss_of_outputs(self) -> Loss:
        """The loss that the fitted network's own outputs have."""
        return self._loss(self.output_scaling_[0].spread if self.output_scaling_ else 1.0)

    def formula(self, to: str = "python", X: Any = None) -> str:
        """The whole model as "python", "excel", "latex" or "c" text, in the units of X and y.

        X (N, I) : rows to re-evaluate it on; without them the training rows, while they live. The largest difference
        from the model is printed on stderr.

        >>> from deltarule import MLPRegressor
        >>> X = np.linspace(-1, 1, 20)[:, None]
        >>> model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", random_state=0).fit(X, 3 * X[:, 0] + 1)
        >>> "def predict" in model.formula("python")
        True
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", [f"x{i + 1}" for i in range(self.n_features_in_)])
        names = [str(name) for name in names]
        outputs = self.output_scaling_
        model = model_of(self.network_, self._loss_of_outputs, names, *self._outputs_named(), outputs)
        rows = X
        if rows is None and getattr(self, "_training_rows", None) is not None:
            rows = self._training_rows()
        return shown_equation(model, to, None if rows is None else self._rows(rows)[:]).text

    def _outputs_named(self) -> tuple[list[str], list[str] | None]:
        """Names of the outputs (for classes the target's), and the classes where one of them is chosen."""
        raise NotImplementedError

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """This class with the parameters and the fitted state of scikit-learn's, bit for bit.

        >>> from sklearn.neural_network import MLPRegressor as Theirs
        >>> from deltarule import MLPRegressor
        >>> X = np.linspace(-1, 1, 20)[:, None]
        >>> fitted = Theirs(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0).fit(X, X[:, 0] ** 2)
        >>> ours = MLPRegressor.from_sklearn(fitted)
        >>> ours.coefs_[0].tobytes() == fitted.coefs_[0].tobytes()
        True
        """
        from sklearn import neural_network

        kind = next(base.__name__ for base in cls.__mro__ if hasattr(neural_network, base.__name__))
        if not isinstance(fitted, getattr(neural_network, kind)):
            steps = ": pass its last step, pipeline[-1]" if hasattr(fitted, "steps") else ""
            raise InputError(
                f"from_sklearn copies a fitted {kind} of scikit-learn, got {type(fitted).__name__}{steps}"
            )
        check_is_fitted(fitted)
        own = cls().get_params(deep=False)
        model = cls(**{name: value for name, value in fitted.get_params(deep=False).items() if name in own})
        for name, value in vars(fitted).items():
            if name.endswith("_") and not name.startswith("_"):
                setattr(model, name, deepcopy(value))
        model._take_over(fitted)
        model._own()
        return model

    def _take_over(self, fitted: Any) -> None:
        """What else of scikit-learn's estimator goes on: the optimiser's memory."""
        self._descent = partial.Descent.from_sklearn(fitted)
        self._no_improvement_count = getattr(fitted, "_no_improvement_count", 0)

    def _shape(self) -> Shape:
        """The shape of the fitted weights, whatever parameters were set since."""
        sizes = [len(self.coefs_[0]), *(int(np.shape(W)[1]) for W in self.coefs_)]
        fitted = getattr(self, "_activations", ())
        if len(fitted) != len(self.coefs_):  # weights from elsewhere
            return shape_of(self, sizes, self.out_activation_)
        return make_shape(sizes, fitted[:-1], self.out_activation_)

    def _asked_shape(self, inputs: int, outputs: int) -> Shape:
        """The shape that the parameters ask for."""
        if self._output() == "softmax" and outputs == 1:
            raise InputError(
                "output_activation='softmax' shares 1 among two units or more, and one is asked for: use 'logistic' or "
                "'identity'"
            )
        return shape_of(self, [inputs, *hidden_sizes(self.hidden_layer_sizes), outputs], self._output())

    def _theta(self, shape: Shape) -> Floats:
        """θ of coefs_ and intercepts_, whoever set them."""
        given = [*self.coefs_, *self.intercepts_]
        dtype = np.result_type(*(np.asarray(values).dtype for values in given))
        theta = np.empty(shape.size, dtype if dtype in (np.float32, np.float64) else np.float64)
        W, b = shape.views(theta)
        for m in range(shape.layers):
            W[m][:] = self.coefs_[m]
            b[m][:] = self.intercepts_[m]
        return theta

    @property
    def network_(self) -> Network:
        """The fitted network, in the units of X: a copy of coefs_ and intercepts_, with all that Network can show.

        Its outputs are y, or where there is an output_scaling_, what that unscales to y.

        >>> from deltarule import MLPRegressor
        >>> X = np.linspace(-1, 1, 20)[:, None]
        >>> model = MLPRegressor(hidden_layer_sizes=(4,), solver="lm", random_state=0).fit(X, X[:, 0] ** 2)
        >>> model.network_.sizes, bool(np.allclose(model.network_.predict(X)[:, 0], model.predict(X), rtol=1e-12))
        ((1, 4, 1), True)
        """
        check_is_fitted(self)
        return self._forward().network.copy()

    def _forward(self) -> Forward:
        """The way from rows to outputs; what is kept of it holds while coefs_ and intercepts_ are its views."""
        packed = getattr(self, "_packed", None)
        if packed is not None and all(map(is_, packed[1], [*self.coefs_, *self.intercepts_])):
            return packed[0]
        shape = self._shape()
        return Forward(Network.from_theta(shape, self._theta(shape)), self.threads)

    def _rows(self, X: Any) -> Floats | SparseRows:
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)
        if is_plain(X, self.n_features_in_) and not hasattr(self, "feature_names_in_"):
            return X
        checked = validate_data(
            self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False
        )
        return rows_of(checked)

    def _outputs(self, X: Any) -> Floats:
        """o (N, K) of X (N, I), in the unit of y."""
        o = self._net_outputs(X)
        for k, scaling in enumerate(self.output_scaling_ or ()):
            o[:, k] = scaling.unscale(o[:, k].astype(np.float64))
        return o

    def _net_outputs(self, X: Any) -> Floats:
        rows, forward = self._rows(X), self._forward()
        if not isinstance(rows, SparseRows):
            return forward(rows)
        parts = [forward(rows[part]) for part in blocks(rows)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
