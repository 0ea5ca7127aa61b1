"""MNIST to the published accuracy of plain networks, and how long it takes: `make mnist`.

784-100-10: 98.04 % (Nielsen 2015, chapter 3); 784-800-10: 98.4 % (Simard, Steinkraus, Platt 2003, no distortions).
The recipe is the same for deltarule and PyTorch: relu, softmax, cross-entropy, Adam, a learning rate that falls as a
cosine, L2 in the error. scikit-learn runs its own Adam with the same batch, penalty and epochs, and no schedule.
Each rival stops where its accuracy on the test rows first reaches the published one; it is looked at after each epoch,
outside the clock. The table comes from the folder that DELTARULE_DATA names.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Recipe:
    hidden: int
    published: float
    batch: int
    learning_rate: float
    l2: float
    epochs: int


RECIPES = (Recipe(100, 0.9804, 128, 2e-3, 3e-4, 40), Recipe(800, 0.984, 100, 1e-3, 1e-4, 25))
# seconds of training so far, and the test rows' outputs, after each epoch
Epochs = Iterator[tuple[float, Any]]


def deltarule(recipe: Recipe, X: Any, y: Any, T: Any) -> Epochs:
    from deltarule import L2, Cosine, Network, train

    seen: list[tuple[float, Any]] = []
    steps = -(-len(X) // recipe.batch)
    watched = _Watch(lambda theta: Network.from_theta(network.shape, theta).predict(T), seen, steps)
    network = Network([784, recipe.hidden, 10], "relu", "softmax", start="he", seed=0, dtype="float32")
    watched.begin()
    train(
        network,
        X,
        y,
        rule="adam",
        learning_rate=recipe.learning_rate,
        batch_size=recipe.batch,
        epochs=recipe.epochs,
        penalty=L2(recipe.l2),
        schedule=Cosine(),
        observers=(watched,),
    )
    yield from seen


class _Watch:
    """An observer that predicts after each epoch, and takes that time off the clock."""

    def __init__(self, predict: Callable[[Any], Any], seen: list[tuple[float, Any]], every: int) -> None:
        self.predict, self.seen, self.every = predict, seen, every
        self.spent = self.began = 0.0

    def begin(self) -> None:
        self.began = time.perf_counter()

    def __call__(self, moment: Any) -> None:
        now = time.perf_counter()
        step = moment.state.step
        if step and step % self.every == 0 and len(self.seen) < step // self.every:
            self.seen.append((now - self.began - self.spent, self.predict(moment.state.theta)))
        self.spent += time.perf_counter() - now


def pytorch(recipe: Recipe, X: Any, y: Any, T: Any) -> Epochs:
    import torch

    torch.manual_seed(0)
    x, d, t = torch.from_numpy(X), torch.from_numpy(y), torch.from_numpy(T)
    first, last = torch.nn.Linear(784, recipe.hidden), torch.nn.Linear(recipe.hidden, 10)
    torch.nn.init.kaiming_normal_(first.weight)
    model = torch.nn.Sequential(first, torch.nn.ReLU(), last)
    adam = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, fused=True)
    steps = -(-len(X) // recipe.batch)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, recipe.epochs * steps)
    spent = 0.0
    for _ in range(recipe.epochs):
        began = time.perf_counter()
        order = torch.randperm(len(x))
        for n in range(0, len(x), recipe.batch):
            rows = order[n : n + recipe.batch]
            loss = torch.nn.functional.cross_entropy(model(x[rows]), d[rows])
            loss = loss + 0.5 * recipe.l2 * ((first.weight**2).sum() + (last.weight**2).sum())
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            cosine.step()
        spent += time.perf_counter() - began
        with torch.no_grad():
            yield spent, model(t).numpy()


def sklearn(recipe: Recipe, X: Any, y: Any, T: Any) -> Epochs:
    from sklearn.neural_network import MLPClassifier

    model: Any = MLPClassifier(
        hidden_layer_sizes=(recipe.hidden,),
        alpha=recipe.l2 * recipe.batch,  # it divides by the batch's rows
        batch_size=recipe.batch,
        learning_rate_init=recipe.learning_rate,
        random_state=0,
    )
    spent = 0.0
    for _ in range(recipe.epochs):
        began = time.perf_counter()
        model.partial_fit(X, y, classes=range(10))
        spent += time.perf_counter() - began
        yield spent, model.predict_proba(T)


def main() -> None:
    folder = os.environ.get("DELTARULE_DATA")
    if not folder or not Path(folder, "mnist.npz").exists():
        sys.exit("set DELTARULE_DATA to the folder that holds mnist.npz")
    table = np.load(Path(folder, "mnist.npz"))
    X, T = (
        np.ascontiguousarray(table[name].reshape(-1, 784) / 255, np.float32) for name in ("x_train", "x_test")
    )
    y, d = table["y_train"].astype(np.int64), table["y_test"]
    print(
        "| network | published | | reached | after epoch | seconds to it | all epochs: accuracy | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for recipe in RECIPES:
        for name, run in (("deltarule", deltarule), ("PyTorch", pytorch), ("scikit-learn", sklearn)):
            rows = [(spent, float((o.argmax(1) == d).mean())) for spent, o in run(recipe, X, y, T)]
            there = next((n for n, (_, share) in enumerate(rows) if share >= recipe.published), None)
            when = "no | | " if there is None else f"yes | {there + 1} | {rows[there][0]:.1f}"
            print(
                f"| 784-{recipe.hidden}-10 | {100 * recipe.published:.2f} % | {name} | {when} "
                f"| {100 * rows[-1][1]:.2f} % | {rows[-1][0]:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
