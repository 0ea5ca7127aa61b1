"""Identify −∂E/∂w: the links of a given chain, the whole expression, or several outputs, depths and activations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deltarule.equations.losses import loss as find_loss
from deltarule.equations.shape import Shape, make_shape
from deltarule.lecture import rendering
from deltarule.lecture.drawing import path_of, symbols_content
from deltarule.lecture.links import worked_out
from deltarule.lecture.marking import Asked, GradientMarker, Mark, mark_factor
from deltarule.lecture.symbols import Symbols, address, weight_quantity
from deltarule.lecture.tasks.task import Item, Task, item_by_item
from deltarule.lecture.terms import Partial, Quantity

LECTURE = ("w_11^(1,2)", "w_21^(1,2)", "w_11^(0,1)", "w_12^(0,1)", "w_21^(0,1)", "w_22^(0,1)")
_LARGER = (
    ([2, 2, 2], "logistic", "logistic", False),
    ([2, 2, 2, 1], "logistic", "logistic", False),
    ([2, 3, 2], "tanh", "identity", True),
    ([2, 2, 1], "softplus", "logistic", True),
)


def make(level: int, random: np.random.Generator, notation: str, seed: int = 0) -> Task:
    """A task of that level; seed 0 of level 2 asks the lecture's six."""
    if level == 1:
        return _links(
            make_shape([2, 2, 1], "logistic", "logistic", bias=False), LECTURE[seed % len(LECTURE)], notation
        )
    if level == 2:
        if seed == 0:
            shape, chosen, proportional = (
                make_shape([2, 2, 1], "logistic", "logistic", bias=False),
                list(LECTURE),
                False,
            )
        else:
            sizes = [int(random.integers(2, 4)), int(random.integers(2, 4)), 1]
            shape = make_shape(sizes, "logistic", "logistic", bias=False)
            chosen, proportional = _drawn(shape, random, 3), bool(random.integers(2))
        return _whole(shape, chosen, proportional, notation)
    sizes, hidden, output, bias = _LARGER[seed % len(_LARGER)]
    shape = make_shape(sizes, hidden, output, bias)
    return _whole(shape, _drawn(shape, random, 2), False, notation)


def _drawn(shape: Shape, random: np.random.Generator, count: int) -> list[str]:
    """Random weights and biases, one of the first layer among them."""
    first = int(random.integers(shape.W_at(1).stop))
    others = [p for p in range(shape.size) if p != first]
    drawn = random.choice(others, count - 1, replace=False).tolist()
    return [shape.address(p) for p in [first, *drawn]]


@dataclass(frozen=True)
class _Setting:
    shape: Shape
    names: Symbols
    marker: GradientMarker


def _setting(shape: Shape, notation: str) -> _Setting:
    names = Symbols(shape, notation)
    return _Setting(shape, names, GradientMarker(shape, find_loss("mse"), names))


def _described(shape: Shape) -> str:
    sizes = "-".join(map(str, shape.sizes))
    hidden, output = " and ".join(dict.fromkeys(shape.activations[:-1])), shape.activations[-1]
    units = f"{hidden} units" if hidden == output else f"{hidden} hidden units and {output} outputs"
    bias = "with" if shape.bias else "without"
    return f"A {sizes} network of {units}, {bias} biases; E = MSE = (1/N) Σ_n Σ_k (o_nk - d_nk)²."


def _whole(shape: Shape, addresses: Sequence[str], proportional: bool, notation: str) -> Task:
    s = _setting(shape, notation)
    asked = {str(at): Asked(weight_quantity(shape, a), -1, proportional) for at, a in enumerate(addresses, 1)}

    def prompt(one: Asked) -> str:
        name = s.names.text(one.weight)
        return f"What is Δ{name} proportional to?" if proportional else f"-∂E/∂{name} = "

    def mark(item: Item, given: str) -> Mark:
        return s.marker.mark(given, asked[item.key])

    items = tuple(
        Item(key, prompt(one), rendering.text(s.marker.solution(one), s.names)) for key, one in asked.items()
    )
    first = asked["1"]
    what = (
        "Δw = -η ∂E/∂w: say what each Δw is proportional to."
        if proportional
        else "Identify -∂E/∂w for each weight."
    )
    lit = path_of(shape, address(shape, first.weight))
    hints = {key: _hints(s, key, one) for key, one in asked.items()}
    return Task(
        title="Identify the gradients",
        text=f"{_described(shape)} {what}",
        items=items,
        mark=item_by_item(items, mark),
        hints=hints["1"],
        hints_of=hints,
        sizes=shape.sizes,
        shape=shape,
        picture=symbols_content(s.names),
        lit=lit,
    )


def _hints(s: _Setting, key: str, one: Asked) -> tuple[str, str, str]:
    chain = s.marker.links.partials(one.weight)
    names = [s.names.text(link.top) for link in reversed(chain)]
    route = " → ".join([s.names.text(one.weight), *names])
    several = s.marker.links.paths(one.weight) > 1
    slope = rendering.text(s.marker.links.error_slope(s.marker.links.unit(s.shape.layers)), s.names)
    return (
        f"The path of item {key}: {route}{' (several paths: sum over them)' if several else ''}.",
        f"Item {key} has {s.marker.parts(one)} factors, the mean over n{' and the sum' if several else ''} counted.",
        f"One factor is ∂E_n/∂o = {slope}.",
    )


def _links(shape: Shape, weight_address: str, notation: str) -> Task:
    """The lecture's chain, each of its factors to be worked out."""
    s = _setting(shape, notation)
    weight = weight_quantity(shape, weight_address)
    o = Quantity("y", shape.layers, (1,))
    y = Quantity("y", weight.layer, weight.units[-1:])
    chain = [Partial(Quantity("En"), o)]
    slide: Partial | None = None
    if weight.layer < shape.layers:
        chain.append(Partial(o, y))
        slide = Partial(o, Quantity("w", shape.layers, (weight.units[-1], 1)))
    chain.append(Partial(y, weight))
    worked = {str(at): worked_out(shape, s.marker.links.loss, link) for at, link in enumerate(chain, 1)}

    def mark(item: Item, given: str) -> Mark:
        link = chain[int(item.key) - 1]
        allowed = slide if link.bottom.kind == link.top.kind == "y" else None
        return mark_factor(given, s.marker, link, allowed)

    shown = " · ".join("①②③"[at] for at in range(len(chain)))
    items = tuple(
        Item(key, f"{rendering.text(link, s.names)} = ", rendering.text(worked[key], s.names))
        for key, link in zip(worked, chain, strict=True)
    )
    path, _, factor = _hints(s, "1", Asked(weight))
    return Task(
        title="Identify the gradients, link by link",
        text=f"{_described(shape)} -∂E/∂{s.names.text(weight)} = -mean_n({shown}). Work each link out.",
        items=items,
        mark=item_by_item(items, mark),
        hints=(
            path.replace(" of item 1", ""),
            f"{len(chain)} links; S' occurs in {'one' if len(chain) == 2 else 'two'} of them.",
            factor,
        ),
        sizes=shape.sizes,
        shape=shape,
        picture=symbols_content(s.names),
        lit=path_of(shape, weight_address),
    )


def lit_picture(task: Task) -> Task:
    """The task with the path of its first hint lit in the picture."""
    return task if task.picture is None else replace(task, picture=replace(task.picture, lit=task.lit))
