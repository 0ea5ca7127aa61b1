"""A wrong gradient looked at for the slip that was made: each usual slip is made on purpose, and compared.

The comparison is done layer by layer, for W and b apart: so a slip that only reaches the lower layers is found there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.equations import backprop
from deltarule.equations.activations import activation
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape

Floats = NDArray[np.floating]
_CLOSE = 1e-6  # relative to the largest entry: enough for a gradient by forward differences


@dataclass(frozen=True)
class Made:
    """A backward pass with one slip made on purpose: `name` says it, the fields make it."""

    name: str
    without_slope: frozenset[int] = frozenset()  # layers whose S' is left out
    slope_at_y: frozenset[int] = frozenset()  # layers with S'(y) for S'(net)
    value_for_slope: frozenset[int] = frozenset()  # layers with S for S'
    turned: bool = False  # W for Wᵀ in the backward pass
    shared: bool = False  # the mean over the units above for the sum
    only: int | None = None  # only this output's path, from 0
    shifted: bool = False  # y of the wrong layer: net's own instead of the one that enters
    rolled_y: bool = False  # y_{i+1} for y_i
    rolled_delta: bool = False  # δ_{j+1} for δ_j
    no_bias: bool = False  # the forward pass without b
    no_weight: bool = False  # w left out of δ's sum


def made_slips(shape: Shape) -> Iterator[Made]:
    """The usual slips in a backward pass, single ones first."""
    L = shape.layers
    if shape.activations[-1] != "identity":
        yield Made(f"S'(net) of the output layer {L} is missing", without_slope=frozenset({L}))
    for m in range(L - 1, 0, -1):
        yield Made(f"S'(net) of layer {m} is missing", without_slope=frozenset({m}))
    yield Made("S'(net) is missing in every layer", without_slope=frozenset(range(1, L + 1)))
    if L > 1:
        yield Made("S'(net) is missing in every hidden layer", without_slope=frozenset(range(1, L)))
    for m in (*range(L, 0, -1), 0):
        layers = frozenset({m} if m else range(1, L + 1))
        yield Made("S'(y) stands for S'(net)", slope_at_y=layers)
        yield Made("S(net) stands for S'(net)", value_for_slope=layers)
    if any(a == b > 1 for a, b in zip(shape.sizes[1:-1], shape.sizes[2:], strict=True)):
        yield Made("W is transposed in the backward pass: δ_j needs Σ_k w_jk δ_k", turned=True)
    for m in range(2, L + 1):
        K = shape.sizes[m]
        if K > 1 and m == L:
            yield from (
                Made(f"the sum over k is missing: only output {k + 1} is followed", only=k) for k in range(K)
            )
    if max(shape.sizes[2:], default=1) > 1:
        yield Made("the sum over k is a mean over k", shared=True)
    if L > 1:
        yield Made("the weight w_jk is missing from Σ_k w_jk δ_k", no_weight=True)
    yield Made(
        "the index of the layer is shifted: y_j of the layer itself stands for y_i of the one below",
        shifted=True,
    )
    yield Made("the index i is shifted by one: y_{i+1} stands for y_i", rolled_y=True)
    yield Made("the index j is shifted by one: δ_{j+1} stands for δ_j", rolled_delta=True)
    if shape.bias:
        yield Made("the bias is forgotten in the forward pass", no_bias=True)


def factors(rows: int) -> list[tuple[float, str]]:
    """Constants that get lost, with their names; the nearest at hand first."""
    N = float(rows)
    found = [
        (-1.0, "the sign is wrong"),
        (0.5, "the factor 2 is missing"),
        (2.0, "there is a factor 2 too many"),
        (N, "1/N is missing: the samples are summed, not averaged"),
        (1 / N, "1/N is there twice"),
        (N / 2, "2/N is missing"),
        (-0.5, "the sign is wrong and the factor 2 is missing"),
        (-2.0, "the sign is wrong and there is a factor 2 too many"),
        (-N, "the sign is wrong and 1/N is missing"),
        (-N / 2, "the sign is wrong and 2/N is missing"),
    ]
    return [(value, name) for value, name in found if value != 1.0]


def slips(
    shape: Shape, theta: Floats, X: Floats, D: Floats, loss: Loss, penalty: Penalty, given: Floats
) -> list[str]:
    """What is likely wrong with a gradient (P,); [] where it is right, one sentence each.

    Parameters
    ----------
    given : the gradient to be judged, in θ's order.
    """
    right = _gradient(shape, theta, X, D, loss, penalty, Made("right"))
    if _same(given, right):
        return []
    candidates = [
        (made.name, _gradient(shape, theta, X, D, loss, penalty, made)) for made in made_slips(shape)
    ]
    plain = _gradient(shape, theta, X, D, loss, Penalty(), Made("right"))
    if penalty.l1 or penalty.l2:
        candidates.insert(0, ("the penalty is forgotten", plain))
    rows, outputs = len(X), shape.sizes[-1]
    said: dict[str, list[str]] = {}
    for name, place, transposed in _blocks(shape):
        sentence = _slip_of_block(
            given[place], right[place], [(n, c[place]) for n, c in candidates], transposed, rows, outputs
        )
        if sentence:
            said.setdefault(sentence, []).append(name)
    wrong = {name for names in said.values() for name in names}
    if len(said) == 1 and len(wrong) == len(_blocks(shape)):
        return list(said)
    return [f"{' and '.join(names)}: {sentence}" for sentence, names in said.items()]


def _slip_of_block(
    given: Floats,
    right: Floats,
    candidates: list[tuple[str, Floats]],
    form: tuple[int, int] | None,
    rows: int,
    outputs: int,
) -> str:
    if _same(given, right):
        return ""
    if not np.isfinite(given).all():
        return "there are values that are not finite"
    if form is None and not given.any():
        return "the bias is forgotten: ∂E/∂b_j = Σ_n δ_nj, not 0"
    if not given.any():
        return "it is 0 throughout"
    if form and _same(given, right.reshape(form).T.ravel()):
        return "the matrix is transposed: row i, column j belongs to w_ij"
    for factor, name in factors(rows):
        if _same(given, factor * right):
            return name
    for name, candidate in candidates:
        if _same(given, candidate):
            return name
    if _same(given, right / outputs):
        return "the error is divided by the number of outputs"
    for factor, also in factors(rows):
        for name, candidate in candidates:
            if _same(given, factor * candidate):
                return f"{name}, and {also}"
    return "it differs, by none of the usual slips"


def _blocks(shape: Shape) -> list[tuple[str, slice, tuple[int, int] | None]]:
    found: list[tuple[str, slice, tuple[int, int] | None]] = []
    for m in range(1, shape.layers + 1):
        form = (shape.sizes[m - 1], shape.sizes[m])
        found.append((f"W^({m - 1},{m})", shape.W_at(m), form))
        if shape.bias:
            found.append((f"b^({m})", shape.b_at(m), None))
    return found


def _same(a: Floats, b: Floats) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.abs(a - b).max() <= _CLOSE * max(float(np.abs(b).max()), 1e-300))


def _gradient(
    shape: Shape, theta: Floats, X: Floats, D: Floats, loss: Loss, penalty: Penalty, made: Made
) -> Floats:
    """∂E/∂θ with the slip made."""
    used = theta
    if made.no_bias:
        used = np.where(shape.weight_mask(), theta, 0.0)
    trace = backprop.forward(shape, used, X)
    W, _ = shape.views(used)
    L = shape.layers
    delta = backprop.output_delta(shape, trace, D, loss)
    output = activation(shape.activations[-1])
    if not loss.fused(output) and L in made.without_slope | made.slope_at_y | made.value_for_slope:
        delta = loss.e_prime(trace.o, D) / len(X) * _slope(shape, trace, L, made)
    gradient = np.zeros_like(theta)
    dW, db = shape.views(gradient)
    for m in range(L, 0, -1):
        y = trace.y[m - 1]
        if made.rolled_y:
            y = np.roll(y, -1, axis=1)
        told = np.roll(delta, -1, axis=1) if made.rolled_delta else delta
        if made.shifted and trace.y[m].shape == y.shape:
            y = trace.y[m]
        dW[m - 1][:] = y.T @ told
        if shape.bias:
            db[m - 1][:] = told.sum(axis=0)
        if m > 1:
            delta = _below(W[m - 1], delta, made, m == L) * _slope(shape, trace, m - 1, made)
    return gradient + penalty.gradient(theta, shape.weight_mask())


def _below(W: Floats, delta: Floats, made: Made, top: bool) -> Floats:
    """Σ_k w_jk δ_k, with the slip made."""
    if made.turned and W.shape[0] == W.shape[1]:
        return delta @ W
    if made.no_weight:
        return delta @ np.ones_like(W).T
    if made.only is not None and top:
        return delta[:, [made.only]] @ W[:, [made.only]].T
    total = delta @ W.T
    return total / W.shape[1] if made.shared else total


def _slope(shape: Shape, trace: backprop.Trace, m: int, made: Made) -> Floats:
    known = activation(shape.activations[m - 1])
    if m in made.without_slope:
        return np.ones_like(trace.net[m - 1])
    if m in made.slope_at_y:
        return known.S_prime(trace.y[m])
    return known.S(trace.net[m - 1]) if m in made.value_for_slope else known.S_prime(trace.net[m - 1])
