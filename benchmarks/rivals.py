"""One way to train each workload for each rival: a function of a number of epochs that returns when they are done.

Each is written as its users would write fast code: PyTorch eager with fused Adam, JAX with a whole epoch under jit and
scan, scikit-learn's own `fit`. All shuffle, all gather their batches, all run Adam in float32.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from benchmarks.workloads import Workload

Run = Callable[[int], None]


def deltarule(work: Workload, threads: int) -> Run:
    from deltarule import Network, train

    X, D = work.data()
    network = Network(list(work.sizes), work.hidden, work.output, dtype="float32")

    def run(epochs: int) -> None:
        train(
            network,
            X,
            D,
            rule="adam",
            learning_rate=1e-3,
            batch_size=work.batch,
            epochs=epochs,
            loss=work.loss,
            threads=threads,
        )

    return run


def pytorch(work: Workload, threads: int) -> Run:
    import torch

    torch.set_num_threads(threads)
    X, D = (torch.from_numpy(a) for a in work.data())
    kinds: dict[str, Any] = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "logistic": torch.nn.Sigmoid}
    layers: list[Any] = []
    for m, (i, j) in enumerate(zip(work.sizes[:-1], work.sizes[1:], strict=True)):
        layers.append(torch.nn.Linear(i, j))
        if m < len(work.sizes) - 2:
            layers.append(kinds[work.hidden]())
    model = torch.nn.Sequential(*layers)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    classes = D.argmax(1)
    full = work.batch >= work.rows

    def run(epochs: int) -> None:
        for _ in range(epochs):
            order = torch.randperm(work.rows)
            for n in range(0, work.rows, work.batch):
                rows = order[n : n + work.batch]
                x, d, c = (X, D, classes) if full else (X[rows], D[rows], classes[rows])
                o = model(x)
                loss = (
                    torch.nn.functional.cross_entropy(o, c)
                    if work.output == "softmax"
                    else ((o - d) ** 2).sum(1).mean()
                )
                adam.zero_grad(set_to_none=True)
                loss.backward()
                adam.step()

    return run


def jax(work: Workload, threads: int) -> Run:
    import jax
    import jax.numpy as jnp

    X, D = (jnp.asarray(a) for a in work.data())
    S: Any = {"tanh": jnp.tanh, "relu": jax.nn.relu, "logistic": jax.nn.sigmoid}[work.hidden]
    keys = jax.random.split(jax.random.key(0), len(work.sizes))
    theta = [
        (jax.random.normal(key, (i, j)) / jnp.sqrt(i), jnp.zeros(j))
        for key, i, j in zip(keys, work.sizes[:-1], work.sizes[1:], strict=False)
    ]
    full = work.batch >= work.rows

    def error(theta: Any, x: Any, d: Any) -> Any:
        for W, b in theta[:-1]:
            x = S(x @ W + b)
        o = x @ theta[-1][0] + theta[-1][1]
        if work.output == "softmax":
            return -(d * jax.nn.log_softmax(o)).sum(1).mean()
        return ((o - d) ** 2).sum(1).mean()

    def step(state: Any, rows: Any) -> Any:
        theta, m, v, t = state
        x, d = (X, D) if full else (X[rows], D[rows])
        g = jax.grad(error)(theta, x, d)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        theta = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), theta, m, v)
        return (theta, m, v, t), None

    @jax.jit
    def epoch(state: Any, key: Any) -> Any:
        steps = work.rows // work.batch
        order = jax.random.permutation(key, work.rows)[: steps * work.batch].reshape(steps, work.batch)
        return jax.lax.scan(step, state, order)[0]

    zeros = jax.tree.map(jnp.zeros_like, theta)
    state: list[Any] = [(theta, zeros, zeros, jnp.zeros(()))]

    def run(epochs: int) -> None:
        for n in range(epochs):
            state[0] = epoch(state[0], jax.random.key(n))
        jax.block_until_ready(state[0])

    return run


def sklearn(work: Workload, threads: int) -> Run:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    X, D = work.data()
    kind: Any = MLPClassifier if work.output == "softmax" else MLPRegressor
    target = D.argmax(1) if work.output == "softmax" else D.ravel() if D.shape[1] == 1 else D

    def run(epochs: int) -> None:
        model = kind(
            hidden_layer_sizes=work.sizes[1:-1], activation=work.hidden, solver="adam", alpha=0.0,
            batch_size=work.batch, max_iter=epochs, tol=0.0, n_iter_no_change=10**9, random_state=0,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, target)

    return run


RIVALS: dict[str, Callable[[Workload, int], Run]] = {
    "deltarule": deltarule,
    "PyTorch": pytorch,
    "JAX": jax,
    "scikit-learn": sklearn,
}
