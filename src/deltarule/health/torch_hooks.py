"""A PyTorch module of dense layers as a case: its measures are taken by hooks, the verdicts are the same.

    forward hooks on every nn.Linear give y^(m−1) and net^(m−1,m);  what the next nn.Linear receives is y^(m)
    a gradient hook on net^(m−1,m) gives δ^(m);                     weight.grad is (∂E/∂W)ᵀ

The activation between two layers is found by comparing S(net) with y: modules and functions are both understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule import samples
from deltarule.descent.history import History
from deltarule.descent.outcome import Outcome
from deltarule.equations import backprop
from deltarule.equations.activations import ACTIVATIONS, activation
from deltarule.equations.losses import Loss
from deltarule.equations.losses import loss as find_loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError, MissingPart
from deltarule.health.case import Case
from deltarule.health.measures import Measures, probe_rows
from deltarule.health.snapshot import Passes, Snapshot, snapshot
from deltarule.network import Network
from deltarule.objectives.objective import Burst

Floats = NDArray[np.floating]
CLOSE = 1e-5  # float32 modules: S(net) and y agree to this, relative to the larger


def torch_case(module: Any, X: ArrayLike | None, D: ArrayLike | None, loss: str | Loss | None) -> Case:
    """The case of a module as it stands, on samples X (N, I), D (N, K)."""
    if X is None or D is None:
        raise InputError("a module is diagnosed on samples: give its X and D, as in diagnose(module, X, D)")
    return TorchMeasuring(module, X, D, loss).health_case()


@dataclass
class TorchMeasuring:
    """Watches a module that you train in a loop of your own: call `measure(step)` now and then, then `diagnose(watch)`.

    Parameters
    ----------
    module : of dense layers (nn.Linear), element-wise activations between them, dropout too; softmax only at the end.
    X (N, I), D (N, K) : training samples; D may be class numbers for cross_entropy.
    loss : as for `train`; None is mse, or the output's own. A module whose last layer is nn.Linear and that is trained
        with nn.CrossEntropyLoss has softmax inside its loss: say loss="cross_entropy" (and
        "binary_cross_entropy" for nn.BCEWithLogitsLoss).
    """

    module: Any
    X: ArrayLike
    D: ArrayLike
    loss: str | Loss | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _pytorch()
        self._snapshots: list[Snapshot] = []
        self._errors: list[tuple[int, float, float]] = []
        self._start, self._x, self._d, self._loss = self._network()

    def measure(self, step: int, validation_error: float = float("nan")) -> Snapshot:
        """Takes the measures now; the module's weights, gradients and mode are left as they are."""
        rows = probe_rows(len(self._x))
        passes, error = hooked(self.module, self._start.shape, self._x[rows], self._d[rows], self._loss)
        seen = snapshot(passes, error, step)
        self._snapshots.append(seen)
        self._errors.append((step, error, validation_error))
        return seen

    def health_case(self, X: Any = None, D: Any = None) -> Case:
        """What `diagnose` looks at: the module as it stands and, where it was measured on the way, its course."""
        network, *_ = self._network()
        case = Case(network, self._x, self._d, self._loss, settings=dict(self.settings))
        if not self._snapshots:
            rows = probe_rows(len(self._x))
            passes, error = hooked(self.module, network.shape, self._x[rows], self._d[rows], self._loss)
            return Case(network, self._x, self._d, self._loss, measures=Measures((snapshot(passes, error),)))
        measures, last = Measures(tuple(self._snapshots)), self._snapshots[-1]
        history = self._history(network.shape.layers) if len(self._snapshots) > 1 else None
        finite = np.isfinite(last.error) and np.isfinite(network.theta).all()
        outcome = Outcome.of("step_limit" if finite else "diverged", last.step)
        return Case(
            network, self._x, self._d, self._loss,
            start=self._start, settings=case.settings, history=history, outcome=outcome if history else None,
            measures=measures, keeps_best=False,
        )  # fmt: skip

    def _history(self, layers: int) -> History:
        """The course as an epoch for each measure after the first."""
        steps, errors, validation = (
            np.array(column, np.float64) for column in zip(*self._errors[1:], strict=True)
        )
        rates = np.full(len(steps), float(self.settings.get("learning_rate") or np.nan))
        norms = np.array([s.gradient for s in self._snapshots[1:]])
        history = History(layers)
        for n in range(len(steps)):
            one = slice(n, n + 1)
            burst = Burst(
                1, None, errors[one], np.zeros(1), norms[one], rates[one], steps[one].astype(np.int64)
            )
            history.extend(burst, 0.0, None if np.isnan(validation[n]) else float(validation[n]))
        return history

    def _network(self) -> tuple[Network, Floats, Floats, Loss]:
        """The module's weights as a Network, and the checked samples."""
        X = np.asarray(_array(self.X))
        linear = linear_layers(self.module)
        output = _loss_output(self.loss)
        names = activations_of(self.module, linear, X[: min(len(X), 64)], output)
        sizes = (linear[0].in_features, *(layer.out_features for layer in linear))
        shape = Shape(
            tuple(int(n) for n in sizes), tuple(names), all(layer.bias is not None for layer in linear)
        )
        dtype = np.float64 if str(linear[0].weight.dtype) == "torch.float64" else np.float32
        theta = np.empty(shape.size, dtype)
        W, b = shape.views(theta)
        for m, layer in enumerate(linear):
            W[m][:] = _array(layer.weight).T
            if shape.bias:
                b[m][:] = _array(layer.bias)
        found = find_loss(self.loss, names[-1])
        x = samples.inputs(X, shape).astype(dtype, copy=False)
        return (
            Network.from_theta(shape, theta),
            x,
            samples.targets(_array(self.D), len(x), shape, found).astype(dtype, copy=False),
            found,
        )


def linear_layers(module: Any) -> list[Any]:
    """The nn.Linear layers in the order in which they stand; InputError for layers that are not dense."""
    nn = _pytorch("torch.nn")
    layers: list[Any] = []
    for name, part in module.named_modules():
        if isinstance(part, nn.Linear):
            layers.append(part)
        elif next(part.children(), None) is None and next(part.parameters(), None) is not None:
            raise InputError(
                f"diagnose looks at dense layers (nn.Linear) with activations between them, and "
                f"'{name}' is a {type(part).__name__}"
            )
    if not layers:
        raise InputError("diagnose looks at modules of dense layers, and this one has no nn.Linear")
    return layers


def activations_of(module: Any, layers: Sequence[Any], X: Floats, output: str | None) -> list[str]:
    """The activation after each layer, by comparing S(net) with what the next layer, or the caller, receives."""
    net, received, o = _forward(module, layers, X)
    names: list[str] = []
    for m, z in enumerate(net):
        last = m == len(net) - 1
        y = o if last else received[m + 1]
        fits = [
            name
            for name, S in ACTIVATIONS.items()
            if (last or not S.output_only) and y.shape == z.shape and _close(S.S(z), y)
        ]
        if last and output and "identity" in fits:
            fits = [output]  # softmax or logistic is inside the module's own loss
        if not fits:
            raise InputError(
                f"what follows layer {m + 1} of this module is no activation known here ({', '.join(ACTIVATIONS)}): "
                "diagnose looks at dense layers with such activations between them"
            )
        names.append("identity" if "identity" in fits else fits[0])
    return names


def hooked(module: Any, shape: Shape, X: Floats, D: Floats, loss: Loss) -> tuple[Passes, float]:
    """One pass forward and back through the module, and E: net, y, δ and ∂E/∂W as hooks saw them."""
    torch = _pytorch()
    layers = linear_layers(module)
    net: list[Any] = []
    delta: dict[int, Any] = {}

    def seen(layer: Any, inputs: Any, output: Any) -> None:
        m = len(net)
        net.append(output)
        output.register_hook(lambda grad, m=m: delta.__setitem__(m, grad.detach()))

    was_training, saved = module.training, [(p, p.grad) for p in module.parameters()]
    hooks = [layer.register_forward_hook(seen) for layer in layers]
    module.eval()
    try:
        for p in module.parameters():
            p.grad = None
        with torch.enable_grad():
            o = module(torch.as_tensor(X, dtype=layers[0].weight.dtype, device=layers[0].weight.device))
        z: list[Floats] = [_array(n).astype(np.float64) for n in net]
        y = [activation(name).S(values) for name, values in zip(shape.activations, z, strict=True)]
        trace = backprop.Trace(z, [X.astype(np.float64), *y])
        d = D.astype(np.float64)
        at_output = backprop.output_delta(shape, trace, d, loss)
        net[-1].backward(torch.as_tensor(at_output, dtype=net[-1].dtype, device=net[-1].device))
        del o
        dW = [_array(layer.weight.grad).T.astype(np.float64) for layer in layers]
    finally:
        for hook in hooks:
            hook.remove()
        for p, grad in saved:
            p.grad = grad
        module.train(was_training)
    W = [_array(layer.weight).T.astype(np.float64) for layer in layers]
    deltas = [_array(delta[m]).astype(np.float64) for m in range(len(layers))]
    fused = loss.fused(activation(shape.activations[-1]))
    return Passes(shape.activations, W, z, y, deltas, dW, fused), backprop.error(shape, trace, d, loss)


def _forward(module: Any, layers: Sequence[Any], X: Floats) -> tuple[list[Floats], list[Floats], Floats]:
    """net of each layer, what each layer received, and the module's output, without dropout."""
    torch = _pytorch()
    net: list[Floats] = []
    received: list[Floats] = []

    def seen(layer: Any, inputs: Any, output: Any) -> None:
        received.append(_array(inputs[0]).astype(np.float64))
        net.append(_array(output).astype(np.float64))

    was_training = module.training
    hooks = [layer.register_forward_hook(seen) for layer in layers]
    module.eval()
    try:
        with torch.no_grad():
            o = module(torch.as_tensor(X, dtype=layers[0].weight.dtype, device=layers[0].weight.device))
    except RuntimeError as fault:
        raise InputError(
            f"the module cannot take X of shape {X.shape}: {str(fault).splitlines()[0]}"
        ) from None
    finally:
        for hook in hooks:
            hook.remove()
        module.train(was_training)
    if len(net) != len(layers):
        raise InputError(
            f"the module used {len(net)} dense layers in one pass and has {len(layers)}: each must be used once"
        )
    return net, received, _array(o).astype(np.float64)


def _pytorch(name: str = "torch") -> Any:
    """PyTorch, which deltarule does not require: loaded by name, so that all else is checked and runs without it."""
    try:
        return import_module(name)
    except ImportError:
        raise MissingPart(
            "modules are looked at with PyTorch, which is not installed: pip install torch"
        ) from None


def _close(a: Floats, b: Floats) -> bool:
    return bool(np.all(np.abs(a - b) <= CLOSE * np.maximum(1.0, np.abs(b))))


def _loss_output(loss: str | Loss | None) -> str | None:
    name = loss.name if isinstance(loss, Loss) else loss
    return {"cross_entropy": "softmax", "binary_cross_entropy": "logistic"}.get(name or "")


def _array(values: Any) -> NDArray[Any]:
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
