"""E for several outputs: computed from a table of o and d, written as a formula, and its slope ∂E/∂o."""

from __future__ import annotations

import numpy as np

from deltarule.equations.losses import loss as find_loss
from deltarule.equations.shape import make_shape
from deltarule.errors import ExpressionError, InputError
from deltarule.lecture.answers import read_answer
from deltarule.lecture.links import Links
from deltarule.lecture.marking import Mark
from deltarule.lecture.rendering import text
from deltarule.lecture.rules import loss_value
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.tasks.rounded import last_digit
from deltarule.lecture.tasks.task import Item, Number, Task, item_by_item, mark_number, written
from deltarule.lecture.terms import mean_n
from deltarule.lecture.trials import Trials

DIGITS = 3


def make(level: int, random: np.random.Generator, notation: str) -> Task:
    """Level 1: E_1, MSE_k and MSE of a table; level 2: also the formula; level 3: also ∂E/∂o and a loss with ½."""
    N, K = int(random.integers(2, 4)), 2 if level < 3 else 3
    o = np.round(random.uniform(0, 1, (N, K)), 1)
    d = np.round(random.integers(0, 2, (N, K)).astype(float), 1)
    o[o == d] = 0.3
    square = (o - d) ** 2
    values: dict[str, tuple[str, float]] = {
        "1": ("E_1, the error of sample 1", float(square[0].sum())),
        "2": ("MSE_1, the part of output 1", float(square[:, 0].mean())),
        "3": ("MSE = E", float(square.sum() / N)),
    }
    if level == 3:
        values["4"] = ("∂E/∂o_12 (sample 1, output 2)", float(2 * (o[0, 1] - d[0, 1]) / N))
        values["5"] = ("E with half_mse, (1/2N) Σ_n Σ_k (o - d)²", float(square.sum() / (2 * N)))
    items = [
        Item(key, f"{name} = ", written(value, DIGITS), value, last_digit(value, DIGITS))
        for key, (name, value) in values.items()
    ]
    shape = make_shape([2, 2, K], "logistic", "logistic", bias=False)
    marker = _FormulaMarker(N, K)
    if level > 1:
        items.append(
            Item("E", "E as a formula in o_nk and d_nk = ", marker.solution(Symbols(shape, notation)))
        )

    def mark(item: Item, given: str) -> Mark:
        return marker.mark(given) if item.value is None else _number(given, item.value, N, K)

    table = "; ".join(
        f"n = {n}: o = ({', '.join(f'{v:g}' for v in o[n - 1])}), d = ({', '.join(f'{v:g}' for v in d[n - 1])})"
        for n in range(1, N + 1)
    )
    return Task(
        title="The error of several outputs",
        text=f"{K} outputs, {N} samples. {table}. MSE = (1/N) Σ_n Σ_k l_nk²: no ½, not divided by K. "
        f"{DIGITS} significant digits.",
        items=tuple(items),
        mark=item_by_item(items, mark),
        hints=(
            "l_nk = o_nk - d_nk; E_n adds the squares of one sample's outputs, MSE is the mean of the E_n.",
            f"MSE adds {N * K} squares and divides by N = {N}.",
            f"l_11 = {o[0, 0] - d[0, 0]:.3g}.",
        ),
    )


def _number(given: str, wanted: float, N: int, K: int) -> Mark:
    slips: list[tuple[float, str]] = [
        (1 / K, f"it is divided by K = {K}: MSE is not"),
        (0.5, "a factor ½ is too many"),
        (2.0, "a factor 2 is too many"),
        (float(N), "1/N is missing"),
    ]
    named = [(Number(factor * wanted), Mark(0.5, sentence)) for factor, sentence in slips]
    return mark_number(given, Number(wanted), DIGITS, slips=named)


class _FormulaMarker:
    """Marks E typed as a formula."""

    def __init__(self, N: int, K: int) -> None:
        self.N = N
        self.shape = make_shape([2, 2, K], "logistic", "logistic", bias=False)
        loss = find_loss("mse")
        links = Links(self.shape, loss)
        self.trials = Trials(self.shape, loss)
        k = links.unit(2)
        self.node = mean_n(links.over(2, k, loss_value(loss, links.y(2, k), links.d(k))))
        self.slips: list[tuple[float, str]] = [
            (1 / K, "it is divided by K: MSE is not"),
            (0.5, "a factor ½ is too many"),
        ]

    def solution(self, names: Symbols) -> str:
        return text(self.node, names)

    def mark(self, given: str) -> Mark:
        try:
            found = self.trials.values(read_answer(given, self.shape).node)
        except (ExpressionError, InputError) as fault:
            return Mark(0.0, str(fault))
        right = self.trials.values(self.node)
        if found.sampled:
            return Mark(0.0, "the mean over n is missing: write mean_n(…)")
        if found.equals(right, 1 / self.N, 1):
            return Mark(1.0, f"right, with N = {self.N} put in: 1/N holds for any number of samples")
        for factor, sentence in self.slips:
            if found.equals(right, factor):
                return Mark(0.5, sentence)
        slip = found.constant_slip(right)
        if slip is not None:
            return (
                Mark(1.0, "right")
                if slip == ""
                else Mark(0.5, "a factor ½ is too many" if "2 is missing" in slip else slip)
            )
        return Mark(0.0, "not right: E = mean_n(sum_k(…))")
