"""Network: a shape and its θ, with the questions one asks of them; and `engine`, which decides who answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from deltarule import samples
from deltarule.amounts import above_zero, array
from deltarule.equations import backprop, curvature
from deltarule.equations.backprop import Gradient, Trace
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.penalties import penalty as find_penalty
from deltarule.equations.shape import Shape, make_shape
from deltarule.equations.starts import start as starting_weights
from deltarule.errors import InputError
from deltarule.kernels.one_thread import one_thread
from deltarule.kernels.planning import Plan, planned

Floats = NDArray[np.floating]

COMPILED_PREDICTION = 1_000_000  # rows times weights above which a prediction is worth setting up
THREADED = 8192  # rows times weights below which no product is so large that BLAS shares it out: OpenBLAS from 9216 on


@dataclass(frozen=True, repr=False)
class Step:
    """One update W ← W + ΔW, b ← b + Δb with Δ = −η ∂E/∂·: what it did to θ and to E."""

    learning_rate: float
    dW: list[Floats]
    db: list[Floats]
    before: Floats
    after: Floats
    error_before: float
    error_after: float

    def __repr__(self) -> str:
        return (
            f"<Step by η = {self.learning_rate:g}: E from {self.error_before:.6g} to {self.error_after:.6g}>"
        )


class Network:
    """A dense feed-forward network: y^(m) = S(y^(m−1) W^(m−1,m) + b^(m)).

    Parameters
    ----------
    sizes : units of layers 0 … L, e.g. [3, 4, 2]; no hidden layer is fine.
    activation : one name, or one for each hidden layer: identity, logistic, tanh, relu, leaky_relu, elu, selu, gelu,
        silu, softplus. tanh by default: smooth, so that every rule can be used.
    output : the output's activation, also softmax or exp; identity by default, for numbers.
    bias : on by default; the lecture's formulas have none.
    start : zeros, uniform, glorot, he, lecun, orthogonal, nguyen_widrow; glorot suits tanh and logistic.
    seed : an integer or a numpy.random.Generator.
    dtype : "float64" or "float32".

    Raises InputError, with one sentence, for anything that cannot be a network.

    `theta` (P,) holds every weight and bias; `W[m]`, `b[m]` are views of it, so writing to one changes the network.

    >>> network = Network([2, 3, 1], seed=0)
    >>> network.W[0][0, 0] = 0.5
    >>> float(network.theta[0]), network.predict([[1.0, 2.0]]).shape
    (0.5, (1, 1))
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Sequence[str] = "tanh",
        output: str = "identity",
        bias: bool = True,
        start: str = "glorot",
        seed: int | np.random.Generator = 0,
        dtype: DTypeLike = "float64",
    ) -> None:
        self.shape = make_shape(sizes, activation, output, bias)
        random = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(_seed(seed))
        self._theta: Floats = starting_weights(start, self.shape, random).astype(_dtype(dtype))

    @classmethod
    def lecture(cls, sizes: Sequence[int], seed: int = 0) -> Network:
        """The lecture's network: logistic in every layer, output included, and no bias.

        The lecture trains it with mse by full-batch gradient descent.

        >>> network = Network.lecture([3, 4, 2])
        >>> network.b, network.theta.shape
        ([], (20,))
        """
        return cls(sizes, activation="logistic", output="logistic", bias=False, start="uniform", seed=seed)

    @classmethod
    def from_theta(cls, shape: Shape, theta: ArrayLike) -> Network:
        """The network of that shape whose θ is a copy of the given vector.

        Parameters
        ----------
        shape : a Shape, such as another network's `shape`.
        theta (P,) : every weight and bias, in the order of `Shape`; float32 and float64 stay, others become float64.

        Returns a Network. Raises InputError where theta is not (P,).

        >>> network = Network([2, 3, 1], seed=1); theta = network.theta + 1
        >>> moved = Network.from_theta(network.shape, theta); theta[:] = 0
        >>> bool((moved.W[0] == network.W[0] + 1).all())
        True
        """
        values = array("θ", theta)
        single = values.dtype == np.float32
        values = values.astype(np.float32 if single else np.float64)
        if values.shape != (shape.size,):
            raise InputError(
                f"θ of a {'-'.join(map(str, shape.sizes))} network has shape ({shape.size},), got {values.shape}"
            )
        network = cls.__new__(cls)
        network.shape, network._theta = shape, values
        return network

    @property
    def theta(self) -> Floats:
        """(P,): every weight and bias, in the order of `Shape`; assigning copies the values in."""
        return self._theta

    @theta.setter
    def theta(self, values: ArrayLike) -> None:
        values = array("θ", values)
        if values.shape != self._theta.shape:
            raise InputError(f"θ of this network has shape {self._theta.shape}, got {values.shape}")
        self._theta[:] = values

    @property
    def W(self) -> list[Floats]:
        """W[m] (units of layer m, units of layer m+1): writable views of θ."""
        return self.shape.views(self._theta)[0]

    @property
    def b(self) -> list[Floats]:
        """b[m] (units of layer m+1,): writable views of θ; [] without bias."""
        return self.shape.views(self._theta)[1]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of layers 0 … L."""
        return self.shape.sizes

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """float64 or float32."""
        return self._theta.dtype

    def copy(self) -> Network:
        """The same network with a θ of its own."""
        return Network.from_theta(self.shape, self._theta)

    def forward(self, X: ArrayLike, D: ArrayLike | None = None) -> Trace:
        """The forward pass: `net[m]` and `y[m]` of every layer, `o`, and with D also `residual` l = o − d.

        Parameters: X (N, I); D (N, K), 1-D only when K = 1.

        >>> trace = Network.lecture([3, 4, 2]).forward([[1.0, 0.0, 1.0]], [[1.0, 0.0]])
        >>> bool((trace.residual == trace.o - [[1.0, 0.0]]).all())
        True
        """
        X = samples.inputs(X, self.shape)
        with self._one_thread(len(X)):
            trace = backprop.forward(self.shape, self._theta, X.astype(self.dtype, copy=False))
        if D is None:
            return trace
        named = find_loss(
            "cross_entropy" if self.shape.activations[-1] == "softmax" else "mse", self.shape.activations[-1]
        )
        D = samples.targets(D, len(X), self.shape, named)
        return replace(trace, residual=trace.o - D)

    def predict(self, X: ArrayLike) -> Floats:
        """o (N, K) for X (N, I); compiled where it pays, and then read where it lies, whatever its strides."""
        X = samples.inputs(X, self.shape)
        if (
            len(X) * self.shape.size >= COMPILED_PREDICTION
            and str(engine(self.shape, len(X), self.dtype)) != "reference"
        ):
            from deltarule.kernels.machine import Machine

            return Machine(self.shape, self.dtype, X).predict(self._theta)
        with self._one_thread(len(X)):
            return backprop.forward(self.shape, self._theta, X.astype(self.dtype, copy=False)).o

    @overload
    def error(
        self, X: ArrayLike, D: ArrayLike, loss: str | Loss | None = ..., penalty: Penalty | float | None = ...,
        sample_weight: ArrayLike | None = ..., per_output: Literal[False] = ...,
    ) -> float: ...  # fmt: skip
    @overload
    def error(
        self, X: ArrayLike, D: ArrayLike, loss: str | Loss | None = ..., penalty: Penalty | float | None = ...,
        sample_weight: ArrayLike | None = ..., *, per_output: Literal[True],
    ) -> Floats: ...  # fmt: skip

    def error(
        self,
        X: ArrayLike,
        D: ArrayLike,
        loss: str | Loss | None = "mse",
        penalty: Penalty | float | None = None,
        sample_weight: ArrayLike | None = None,
        per_output: bool = False,
    ) -> float | Floats:
        """E + penalty; for mse the lecture's (1/N) Σ_n Σ_k l_nk².

        With per_output (K,) parts that add up to E, without the penalty.

        >>> import numpy as np
        >>> network = Network([1, 1]); network.theta[:] = 1, 0
        >>> network.error([[1.0], [2.0]], [0.0, 0.0])
        2.5
        """
        X, D, s, found = self._samples(X, D, loss, sample_weight)
        with self._one_thread(len(X)):
            trace = backprop.forward(self.shape, self._theta, X)
            if per_output:
                return backprop.error_per_output(self.shape, trace, D, found, s)
            return backprop.error(self.shape, trace, D, found, s) + find_penalty(penalty).value(
                self._theta, self.shape.weight_mask()
            )

    def gradient(
        self,
        X: ArrayLike,
        D: ArrayLike,
        loss: str | Loss | None = "mse",
        penalty: Penalty | float | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Gradient:
        """∂(E + penalty)/∂θ by backpropagation: `.W[m]`, `.b[m]`, `.theta` (P,), `.delta[m]` (of E alone), `.error`.

        >>> import numpy as np
        >>> network = Network([2, 3, 1], seed=1); X = np.array([[0.5, -1.0], [2.0, 0.3]]); d = np.array([1.0, 0.0])
        >>> g = network.gradient(X, d); h = 1e-6; up, down = network.copy(), network.copy()
        >>> up.theta[0] += h; down.theta[0] -= h
        >>> bool(abs((up.error(X, d) - down.error(X, d)) / (2 * h) - g.theta[0]) < 1e-8)
        True
        """
        X, D, s, found = self._samples(X, D, loss, sample_weight)
        with self._one_thread(len(X)):
            trace = backprop.forward(self.shape, self._theta, X)
            delta = backprop.output_delta(self.shape, trace, D, found, s)
            gradient = backprop.backward(self.shape, self._theta, trace, delta)
            added, mask = find_penalty(penalty), self.shape.weight_mask()
            gradient.theta[:] += added.gradient(self._theta, mask)
            value = backprop.error(self.shape, trace, D, found, s) + added.value(self._theta, mask)
        return replace(gradient, error=value)

    def hessian(
        self,
        X: ArrayLike,
        D: ArrayLike,
        loss: str | Loss | None = "mse",
        penalty: Penalty | float | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Floats:
        """∂²(E + penalty)/∂θ∂θ (P, P), exact and symmetric; θ's order is `Shape`'s.

        >>> network = Network([2, 3, 1], seed=1); X, d = [[0.5, -1.0], [2.0, 0.3]], [1.0, 0.0]
        >>> H = network.hessian(X, d)
        >>> h = 1e-5; up, down = network.copy(), network.copy(); up.theta[0] += h; down.theta[0] -= h
        >>> column = (up.gradient(X, d).theta - down.gradient(X, d).theta) / (2 * h)
        >>> bool(abs(H[:, 0] - column).max() < 1e-8)
        True
        """
        X, D, s, found = self._doubles(X, D, loss, sample_weight)
        with one_thread():
            return curvature.hessian(self.shape, _double(self._theta), X, D, found, find_penalty(penalty), s)

    def hessian_vector(
        self,
        X: ArrayLike,
        D: ArrayLike,
        v: ArrayLike,
        loss: str | Loss | None = "mse",
        penalty: Penalty | float | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Floats:
        """H v (P,) without H, for v (P,): the price of two gradients (Pearlmutter 1994).

        >>> network = Network([2, 3, 1], seed=1); X, d = [[0.5, -1.0], [2.0, 0.3]], [1.0, 0.0]
        >>> v = np.arange(13.0)
        >>> bool(np.allclose(network.hessian_vector(X, d, v), network.hessian(X, d) @ v))
        True
        """
        X, D, s, found = self._doubles(X, D, loss, sample_weight)
        v, theta = self._vector(v), _double(self._theta)
        with self._one_thread(len(X)):
            trace = backprop.forward(self.shape, theta, X)
            Hv = curvature.hessian_vector(self.shape, theta, trace, D, v, found, s)
        return Hv + find_penalty(penalty).curvature(self.shape.weight_mask()) * v

    def jacobian(self, X: ArrayLike) -> Floats:
        """J (N, K, P): ∂o_nk/∂θ_p.

        >>> Network([2, 1]).jacobian([[5.0, 7.0]]).tolist()
        [[[5.0, 7.0, 1.0]]]
        """
        X = samples.inputs(X, self.shape)
        with one_thread():
            return curvature.jacobian(self.shape, self._theta, X.astype(self.dtype, copy=False))

    def gauss_newton(
        self,
        X: ArrayLike,
        D: ArrayLike,
        loss: str | Loss | None = "mse",
        penalty: Penalty | float | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Floats:
        """The generalised Gauss-Newton matrix (P, P), never negative: (2/N) Σ_n JᵀJ for mse.

        The penalty's curvature is added. The pairs softmax and cross_entropy, logistic and binary_cross_entropy, exp
        and poisson are linearised up to net, all others up to o.

        >>> network = Network([2, 3, 1], seed=1); X, d = [[0.5, -1.0], [2.0, 0.3]], [1.0, 0.0]
        >>> J = network.jacobian(X)[:, 0]
        >>> bool(np.allclose(network.gauss_newton(X, d), 2 / 2 * J.T @ J))
        True
        """
        X, D, s, found = self._doubles(X, D, loss, sample_weight)
        with one_thread():
            return curvature.gauss_newton(
                self.shape, _double(self._theta), X, D, found, find_penalty(penalty), s
            )

    def step(
        self,
        X: ArrayLike,
        D: ArrayLike,
        learning_rate: float,
        loss: str | Loss | None = "mse",
        penalty: Penalty | float | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Step:
        """One step of gradient descent on all given samples, Δw = −η ∂E/∂w; changes the network and says what it did.

        >>> network = Network.lecture([3, 4, 2]); X, D = [[1.0, 0.0, 1.0]], [[1.0, 0.0]]
        >>> step = network.step(X, D, learning_rate=0.5)
        >>> step.error_after < step.error_before
        True
        """
        learning_rate = above_zero("learning_rate", learning_rate)
        gradient = self.gradient(X, D, loss, penalty, sample_weight)
        before = self._theta.copy()
        self._theta += -learning_rate * gradient.theta
        dW, db = self.shape.views(self._theta - before)
        after = float(self.error(X, D, loss, penalty, sample_weight))
        return Step(learning_rate, dW, db, before, self._theta.copy(), gradient.error, after)

    def save(self, folder: str | Path, force: bool = False) -> Path:
        """Writes the network to a folder as network.safetensors: θ, and its shape in the metadata; whole or not at all.

        `Network.load(folder)` gives it back, bit for bit.

        Parameters
        ----------
        folder : made where it is not there.
        force : replace a network that lies there already.

        Returns the file's path. Raises RunError where a network lies there and force is not set, and where nothing can
        be written.

        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Network([2, 3, 1], seed=1).save(folder)
        ...     file.name, file.exists()
        ('network.safetensors', True)
        """
        from deltarule.network_file import save

        return save(self.shape, self._theta, Path(folder), force)

    @classmethod
    def load(cls, folder: str | Path) -> Network:
        """The network that `save` wrote, bit for bit and in its dtype; nothing in the file is run.

        Parameters: folder, the one that `save` was given.

        Returns a Network. Raises RunError where the folder holds none, or one that is damaged.

        >>> from tempfile import TemporaryDirectory
        >>> network = Network([2, 3, 1], output="logistic", seed=1, dtype="float32")
        >>> with TemporaryDirectory() as folder:
        ...     _ = network.save(folder)
        ...     again = Network.load(folder)
        >>> again.shape == network.shape, again.theta.tobytes() == network.theta.tobytes()
        (True, True)
        """
        from deltarule.network_file import load

        return cls.from_theta(*load(Path(folder)))

    def __repr__(self) -> str:
        shape = self.shape
        hidden = sorted(set(shape.activations[:-1])) or ["none"]
        bias = "" if shape.bias else ", no bias"
        sizes = "-".join(map(str, shape.sizes))
        layers = f"hidden {', '.join(hidden)}, output {shape.activations[-1]}{bias}"
        return f"<Network {sizes}: {layers}; {shape.size} weights, {self.dtype}>"

    def _repr_svg_(self) -> str:
        """The picture of units and weights that a notebook shows."""
        from deltarule.diagram import lay_out, svg
        from deltarule.diagram.weights import weights_content

        return svg(lay_out(self.sizes, weights_content(self.sizes, self.W, self.b)))

    def _repr_html_(self) -> str:
        return f"<div>{self._repr_svg_()}<p><code>{repr(self).replace('<', '&lt;')}</code></p></div>"

    def _one_thread(self, rows: int) -> AbstractContextManager[None]:
        """BLAS on one thread, as bits change with their number, where so many rows would be shared out among more."""
        return one_thread() if rows * self.shape.size >= THREADED else nullcontext()

    def _doubles(
        self, X: ArrayLike, D: ArrayLike, loss: str | Loss | None, sample_weight: ArrayLike | None
    ) -> tuple[Floats, Floats, Floats | None, Loss]:
        """The samples in float64: second derivatives are not for float32."""
        X, D, s, found = self._samples(X, D, loss, sample_weight)
        return _double(X), _double(D), None if s is None else _double(s), found

    def _vector(self, v: ArrayLike) -> Floats:
        given = array("v", v).astype(np.float64)
        if given.shape != self._theta.shape:
            raise InputError(f"v must have θ's shape {self._theta.shape}, got {given.shape}")
        return given

    def _samples(
        self, X: ArrayLike, D: ArrayLike, loss: str | Loss | None, sample_weight: ArrayLike | None
    ) -> tuple[Floats, Floats, Floats | None, Loss]:
        found = find_loss(loss, self.shape.activations[-1])
        x = samples.inputs(X, self.shape).astype(self.dtype, copy=False)
        d = samples.targets(D, len(x), self.shape, found).astype(self.dtype, copy=False)
        s = samples.weights(sample_weight, len(x))
        return x, d, None if s is None else s.astype(self.dtype, copy=False), found


def engine(
    shape: Shape, rows: int, dtype: DTypeLike = "float64", loss: str | None = None, rule: str | None = None
) -> Plan:
    """Who answers for this shape on so many rows at a time, decided from these alone: `name` is lanes or tiles
    (compiled), or reference (where Numba is absent, and for a loss or rule that has no compiled telling).

    >>> str(engine(Network([8, 64, 1]).shape, 32)) in ("tiles", "reference")
    True
    """
    return planned(shape, rows, str(_dtype(dtype)), loss, rule)


def _double(values: Floats) -> NDArray[np.float64]:
    return np.asarray(values, np.float64)


def _seed(seed: object) -> int:
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and seed >= 0:
        return int(seed)
    raise InputError(f"seed must be a whole number of 0 or more, or a numpy.random.Generator; got {seed!r}")


def _dtype(dtype: DTypeLike) -> np.dtype[np.floating]:
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise InputError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    return found
