"""Where a number that is not finite was born: the pass of the step that could not be done, looked through in order."""

from __future__ import annotations

import numpy as np

from deltarule.equations import backprop
from deltarule.equations.activations import activation
from deltarule.health.case import Case
from deltarule.health.verdict import Where

ROWS = 4096  # samples looked through


def where_born(case: Case) -> tuple[Where, str]:
    """The layer, and in words the quantity, first not finite at the last good weights; the update where none is."""
    shape, theta = case.network.shape, case.network.theta
    X, D = (part[:ROWS].astype(theta.dtype, copy=False) for part in (case.X, case.D))
    W, b = shape.views(theta)
    with np.errstate(all="ignore"):
        y = X
        for m in range(1, shape.layers + 1):
            net = y @ W[m - 1] + b[m - 1] if shape.bias else y @ W[m - 1]
            y = activation(shape.activations[m - 1]).S(net)
            for quantity, values in ((f"net^({m - 1},{m})", net), (f"y^({m})", y)):
                if not np.isfinite(values).all():
                    n, unit = (int(i) + 1 for i in np.argwhere(~np.isfinite(values))[0])
                    return Where(
                        (m,), {m: (unit,)}
                    ), f"{quantity} overflows, first in unit {unit} on sample {n}"
        trace = backprop.forward(shape, theta, X)
        if not np.isfinite(backprop.error(shape, trace, D, case.loss)):
            return Where((shape.layers,)), "the error E overflows, though every output is finite"
        delta = backprop.output_delta(shape, trace, D, case.loss)
        gradient = backprop.backward(shape, theta, trace, delta)
        for m in range(shape.layers, 0, -1):
            if not np.isfinite(gradient.delta[m - 1]).all():
                return Where((m,)), f"δ^({m}) overflows on the way back"
            if not np.isfinite(gradient.W[m - 1]).all():
                return Where((m,)), f"∂E/∂W^({m - 1},{m}) overflows"
    return Where(), "the update of the weights overflows, though E and its gradient are finite"
