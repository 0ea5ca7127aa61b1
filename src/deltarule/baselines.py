"""What a network must beat: the best constant or the majority, and a line through the same encoded columns.

numbers: the mean;  least squares, min over w of Σ_n (x_n w + b − d_n)², by singular values
a quantile: that of d;  the same line, and to it that quantile of d − line;  mae: the same of the median
classes: the shares of the training rows;  multinomial logistic regression, a network without hidden layer:
         E = −(1/N) Σ_n log softmax(x_n W + b)_class(n) + (λ/2) Σ w²,  λ = 1/N
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.losses import loss
from deltarule.equations.penalties import L2
from deltarule.model import Model, judged
from deltarule.network import Network
from deltarule.objectives.network_error import NetworkError
from deltarule.tables import Table, TargetEncoding
from deltarule.tables.scaling import Scaling

Floats = NDArray[np.float64]
WORK = 4e10  # rows · weights · iterations that logistic regression may take: about a minute
ITERATIONS = 1000


def baselines(model: Model, train: Table, test: Table) -> dict[str, dict[str, Any]]:
    """Errors on the test rows of what needs no network, fitted on the training rows as the model encodes them.

    Returns {"mean": …, "linear": …} for numbers, {"quantile": …, "shifted_linear": …} where a quantile of them
    was learnt, {"median": …, "shifted_linear": …} by mae, {"majority": …, "logistic": …} for classes, each
    as `model.error` gives it.

    >>> from deltarule.tables import InputEncoding, read_table
    >>> table = read_table({"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 7.0]})
    >>> inputs, targets = InputEncoding.fit(table, ["x"]), TargetEncoding.fit(table, "y")
    >>> errors = baselines(Model(inputs, targets, Network([1, 1]), loss("mse")), table, table)
    >>> round(errors["mean"]["targets"]["y"]["rmse"], 3), errors["linear"]["targets"]["y"]["rmse"] < 1e-12
    (2.236, True)
    """
    X, X_test = model.inputs.transform(train), model.inputs.transform(test)
    targets = model.targets.targets
    if model.targets.kind == "numbers":
        d = model.targets.values(train)
        unscaled = TargetEncoding("numbers", targets, "identity", scalings=(Scaling(),) * len(targets))
        constant, line = d.mean(axis=0), least_squares(X, d, X_test)
        names = "mean", "linear"
        if model.loss.name in ("quantile", "mae"):
            (level,) = model.loss.constants or (0.5,)
            constant = np.quantile(d, level, axis=0)
            line += np.quantile(d - least_squares(X, d, X), level, axis=0)
            names = "median" if model.loss.name == "mae" else "quantile", "shifted_linear"
        rivals = np.tile(constant, (test.rows, 1)), line
        return {name: judged(unscaled, test, o, model.loss) for name, o in zip(names, rivals, strict=True)}
    classes = model.targets.classes
    shares_of = TargetEncoding("classes", targets, "softmax", classes=classes)
    codes = model.targets.codes(train)
    shares = np.bincount(codes, minlength=len(classes)) / len(codes)
    line = logistic_regression(X, codes, len(classes)).predict(X_test).astype(np.float64)
    return {
        "majority": judged(shares_of, test, np.tile(shares, (test.rows, 1))),
        "logistic": judged(shares_of, test, line),
    }


def least_squares(X: Floats, d: Floats, X_test: Floats) -> Floats:
    """(N_test, T) predictions of the line of least squares through X (N, I), d (N, T), the shortest of them
    where several fit alike.

    >>> least_squares(np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]]), np.array([[2.0]])).round(9).tolist()
    [[5.0]]
    """
    center, mean = X.mean(axis=0), d.mean(axis=0)
    w, _, _, _ = np.linalg.lstsq(X - center, d - mean, rcond=None)
    return (X_test - center) @ w + mean


def logistic_regression(X: Floats, codes: NDArray[np.intp], K: int) -> Network:
    """The network without hidden layer that minimises cross-entropy + (λ/2) Σ w², λ = 1/N, found by L-BFGS.

    X (N, I), codes (N,) class numbers 0 … K−1. The penalty keeps the weights finite where a line parts the classes;
    its strength is scikit-learn's default (C = 1; for two classes C = 2).
    """
    from scipy.optimize import minimize

    N = len(X)
    network = Network([X.shape[1], K], output="softmax", start="zeros")
    D = np.zeros((N, K))
    D[np.arange(N), codes] = 1.0
    E = NetworkError(network.shape, X, D, loss("cross_entropy", "softmax"), L2(1.0 / N))
    iterations = int(np.clip(WORK / (N * E.size), 30, ITERATIONS))
    options = {"maxiter": iterations, "maxfun": 2 * iterations, "ftol": 1e-13, "gtol": 1e-7}
    found = minimize(E.gradient, network.theta, jac=True, method="L-BFGS-B", options=options)
    return Network.from_theta(network.shape, found.x)
