"""PyTorch modules: the same measures by hooks, the same verdicts."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from deltarule.equations.losses import LOSSES
from deltarule.errors import InputError
from deltarule.health.diagnosis import diagnose
from deltarule.health.snapshot import look
from deltarule.network import Network

pytestmark = pytest.mark.compare

X = np.random.default_rng(0).standard_normal((80, 4))
D = np.sin(X[:, :1])


def pytorch() -> Any:
    return import_module("torch")


def module_of(network: Network, activation: str) -> Any:
    nn, tensor = pytorch().nn, pytorch().tensor
    made = {
        "logistic": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "gelu": nn.GELU,
        "softplus": nn.Softplus,
    }
    parts = []
    for W, b in zip(network.W, network.b, strict=True):
        layer = nn.Linear(*W.shape).double()
        layer.weight.data, layer.bias.data = tensor(W.T.copy()), tensor(b.copy())
        parts += [layer, made[activation]()]
    return nn.Sequential(*parts[:-1])


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu", "gelu", "softplus"])
def test_hooks_see_what_backpropagation_computes(activation: str) -> None:
    network = Network([4, 7, 5, 1], activation, seed=3)
    found = diagnose(module_of(network, activation), X, D).measures.first
    known = look(network.shape, network.theta, X, D, LOSSES["mse"])
    assert found.activations == (activation, activation, "identity")
    for name in ("delta", "gradient", "slope", "weight", "weight_factor", "slope_factor", "flat", "y_spread"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(known, name), rtol=1e-9, atol=1e-15, err_msg=name
        )


def test_a_deep_sigmoid_module_gets_the_networks_verdict() -> None:
    network = Network([4] + [12] * 9 + [1], "logistic", seed=0)
    module = diagnose(module_of(network, "logistic"), X, D)
    assert [v.name for v in module.verdicts] == ["vanishing_gradient"]
    assert module.verdicts[0].where == diagnose(network, X, D).verdicts[0].where


def test_a_loop_of_the_users_own_is_watched_and_its_remedy_tried() -> None:
    from deltarule.health.torch_hooks import TorchMeasuring

    torch = pytorch()
    module = module_of(Network([4] + [12] * 9 + [1], "logistic", seed=0), "logistic")
    watch = TorchMeasuring(module, X, D, settings={"rule": "gradient", "learning_rate": 0.1, "epochs": 60})
    descent = torch.optim.SGD(module.parameters(), lr=0.1)
    x, d = torch.tensor(X), torch.tensor(D)
    for step in range(120):
        if step % 20 == 0:
            watch.measure(step)
        descent.zero_grad()
        torch.mean((module(x) - d) ** 2).backward()
        descent.step()
    watch.measure(120)
    found = diagnose(watch)
    assert found.verdicts[0].name == "vanishing_gradient"
    assert found.measures.steps.tolist() == [0, 20, 40, 60, 80, 100, 120]
    assert found.attempt()[0].helped


def test_measuring_leaves_weights_gradients_and_mode_as_they_were() -> None:
    torch, nn = pytorch(), pytorch().nn
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 1))
    module(torch.ones(2, 4)).sum().backward()
    before = [(p.detach().clone(), p.grad.clone()) for p in module.parameters() if p.grad is not None]
    diagnose(module, X, D)
    assert module.training
    for p, (value, grad) in zip(module.parameters(), before, strict=True):
        assert torch.equal(p.detach(), value) and torch.equal(p.grad, grad)


def test_functions_in_forward_and_losses_with_softmax_inside_are_understood() -> None:
    torch, nn = pytorch(), pytorch().nn

    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.second(torch.relu(self.first(x)))

    classes = np.random.default_rng(1).integers(0, 3, len(X))
    case = diagnose(Own(), X, classes, loss="cross_entropy").case
    assert case.network.shape.activations == ("relu", "softmax")


@pytest.mark.parametrize("kind", ["convolution", "none", "unknown"])
def test_modules_that_are_not_dense_are_refused_in_a_sentence(kind: str) -> None:
    nn = pytorch().nn
    module, words = {
        "convolution": (nn.Sequential(nn.Conv1d(1, 1, 3)), "'0' is a Conv1d"),
        "none": (nn.Sequential(nn.ReLU()), "no nn.Linear"),
        "unknown": (
            nn.Sequential(nn.Linear(4, 3), nn.Hardtanh(-0.1, 0.2), nn.Linear(3, 1)),
            "no activation known here",
        ),
    }[kind]
    with pytest.raises(InputError, match=words):
        diagnose(module, X, D)
