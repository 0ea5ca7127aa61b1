"""Second derivatives in float64, 13-50-1 with tanh: `python -m benchmarks.second_order`, part of `make bench`.

Everyone in one process, in turns; the fastest of each one's turns.
An iteration of Levenberg-Marquardt counts its refused tries, for all alike. As in a rule's run, BLAS is held to one
thread for a whole turn of ours, and H v is asked for at one θ again and again: the forward pass there is made once.
A turn begins after a pause: a BLAS's threads turn for some hundredths of a second after their last product, and would
take a core from whoever comes next.
torch-levenberg-marquardt is measured where it is installed (`pip install --no-deps torch-levenberg-marquardt==1.2.3`).
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import numpy as np

SIZES = (13, 50, 1)
ROUNDS = 7
PAUSE = 0.1  # seconds
Work = Callable[[], Any]


def data(rows: int) -> tuple[Any, Any, Any]:
    """X, D and θ, random."""
    from deltarule.equations.shape import make_shape

    random, shape = np.random.default_rng(0), make_shape(SIZES)
    X = random.standard_normal((rows, SIZES[0]))
    D = np.sin(X[:, :1]) + X[:, 1:2] * X[:, 2:3] + 0.3 * random.standard_normal((rows, 1))
    return X, D, 0.3 * random.standard_normal(shape.size)


def ours(rows: int, threads: int) -> dict[str, Work]:
    """Each answer's name → what makes it once."""
    from deltarule.descent.levenberg_marquardt import LevenbergMarquardt
    from deltarule.equations.losses import LOSSES
    from deltarule.equations.shape import make_shape
    from deltarule.objectives.network_error import NetworkError
    from deltarule.objectives.objective import State

    X, D, theta = data(rows)
    f = NetworkError(make_shape(SIZES), X, D, LOSSES["mse"], threads=threads)
    v, rule = np.random.default_rng(1).standard_normal(len(theta)), LevenbergMarquardt(gradient=0.0)

    def fit(steps: int = 10) -> int:
        state = State(theta.copy(), np.empty((0, len(theta))))
        state.search = rule.begin(f, state.theta)
        for _ in range(steps):
            rule.iterate(f, state)
        return steps

    return {
        "gradient": lambda: f.gradient(theta), "Hessian·vector": lambda: f.hessian_vector(theta, v),
        "JᵀJ": lambda: f.gauss_newton(theta), "Hessian": lambda: f.hessian(theta), "LM iteration": fit,
    }  # fmt: skip


def jax(rows: int) -> dict[str, Work]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, D, theta = map(jnp.asarray, data(rows))
    I, H, _ = SIZES
    v = jnp.asarray(np.random.default_rng(1).standard_normal(len(theta)))

    def one(theta: Any, x: Any) -> Any:
        W, b, w = theta[: I * H].reshape(I, H), theta[I * H : I * H + H], theta[I * H + H : I * H + 2 * H]
        return jnp.tanh(x @ W + b) @ w + theta[-1]

    def o(theta: Any) -> Any:
        return one(theta, X)

    def error(theta: Any) -> Any:
        return ((o(theta) - D[:, 0]) ** 2).mean()

    def square(theta: Any) -> Any:
        J = jax.jacrev(o)(theta)
        return J.T @ J

    def by_sample(theta: Any) -> Any:
        J = jax.vmap(lambda x: jax.grad(lambda t: one(t, x))(theta))(X)
        return J.T @ J

    made = {
        "gradient": jax.jit(jax.grad(error)),
        "Hessian·vector": jax.jit(lambda t: jax.jvp(jax.grad(error), (t,), (v,))[1]),
        "JᵀJ": jax.jit(square), "Hessian": jax.jit(jax.hessian(error)),
    }  # fmt: skip
    if rows > 1000:  # jax.hessian would take 52 GB, and so would jacrev
        del made["Hessian"]
        made["JᵀJ"] = jax.jit(by_sample)
    return {name: (lambda f=f: f(theta).block_until_ready()) for name, f in made.items()}


def torch(rows: int) -> dict[str, Work]:
    import torch

    X, D, theta = (torch.from_numpy(a) for a in data(rows))
    I, H, _ = SIZES

    def error(theta: Any) -> Any:
        W, b, w = theta[: I * H].reshape(I, H), theta[I * H : I * H + H], theta[I * H + H : I * H + 2 * H]
        return ((torch.tanh(X @ W + b) @ w + theta[-1] - D[:, 0]) ** 2).mean()

    found: dict[str, Work] = {"gradient": lambda: torch.func.grad(error)(theta)}
    if rows < 1000:
        found["Hessian"] = lambda: torch.func.hessian(error)(theta)
    for name, word in (
        ("pytorch_lightning", "LightningModule"),
        ("torchmetrics", "Metric"),
        ("tqdm", "tqdm"),
    ):
        stand_in = ModuleType(name)  # imported by its Lightning adapter, which is not used here
        setattr(stand_in, word, object)
        sys.modules.setdefault(name, stand_in)
    try:
        from torch_levenberg_marquardt.training import LevenbergMarquardtModule
    except ImportError:
        return found

    def fit(steps: int = 5) -> int:
        model = torch.nn.Sequential(torch.nn.Linear(I, H), torch.nn.Tanh(), torch.nn.Linear(H, 1)).double()
        with torch.no_grad():
            model[0].weight[:] = theta[: I * H].reshape(I, H).T
            model[0].bias[:] = theta[I * H : I * H + H]
            model[2].weight[0, :] = theta[I * H + H : I * H + 2 * H]
            model[2].bias[:] = theta[-1]
        module = LevenbergMarquardtModule(model, solve_method="cholesky")
        for _ in range(steps):
            module.training_step(X, D)
        return steps

    return {**found, "LM iteration": fit}


def scipy(rows: int) -> dict[str, Work]:
    from scipy.optimize import least_squares

    from deltarule.equations.losses import LOSSES
    from deltarule.equations.shape import make_shape
    from deltarule.objectives.network_error import NetworkError

    X, D, theta = data(rows)
    f = NetworkError(make_shape(SIZES), X, D, LOSSES["mse"])

    def fit() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return least_squares(
                f.residuals, theta, f.jacobian, method="trf", max_nfev=5, ftol=None, xtol=None, gtol=1e-14
            ).njev

    return {"LM iteration": fit}


def measure(rows: int) -> dict[str, dict[str, float]]:
    """Answer → rival → milliseconds."""
    from deltarule.kernels.one_thread import one_thread

    rivals = {"deltarule": ours(rows, 1), "deltarule, two threads": ours(rows, 2)}
    rivals |= {"JAX": jax(rows), "PyTorch": torch(rows), "SciPy": scipy(rows)}
    found: dict[str, dict[str, float]] = {}
    for answer in rivals["deltarule"]:
        takes = {name: answers[answer] for name, answers in rivals.items() if answer in answers}
        times: dict[str, list[float]] = {name: [] for name in takes}
        for work in takes.values():
            work()
        for _ in range(ROUNDS):
            for name, work in takes.items():
                repeats = 20 if answer in ("gradient", "Hessian·vector") else 1
                time.sleep(PAUSE)
                with one_thread() if name.startswith("deltarule") else nullcontext():
                    began = time.perf_counter()
                    for _ in range(repeats):
                        steps = work()
                    took = (time.perf_counter() - began) / repeats
                times[name].append(took / (steps if isinstance(steps, int) else 1))
        found[answer] = {name: 1e3 * min(values) for name, values in times.items()}
        found[answer]["deltarule"] = min(
            found[answer]["deltarule"], found[answer].pop("deltarule, two threads")
        )
    return found


def table(rows: int, found: dict[str, dict[str, float]]) -> str:
    """Milliseconds of ours, and how many times as long each rival takes."""
    lines = [f"| 13-50-1, N = {rows} | deltarule, ms | JAX | PyTorch | SciPy |", "|---|---|---|---|---|"]
    for answer, times in found.items():
        own = times["deltarule"]
        others = [
            f"{times[name] / own:.3g}x" if name in times else "–" for name in ("JAX", "PyTorch", "SciPy")
        ]
        lines.append(f"| {answer} | {own:.3g} | {' | '.join(others)} |")
    share = found["Hessian·vector"]["deltarule"] / found["gradient"]["deltarule"]
    return "\n".join([*lines, f"Hessian·vector takes {share:.2f} gradients."])


def main() -> None:
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    for rows in (506, 8000):
        print(table(rows, measure(rows)), flush=True)


if __name__ == "__main__":
    main()
