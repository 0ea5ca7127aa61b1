"""Does this gradient vanish or explode, and what helps? Asked about a network whose gradient was really computed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from deltarule.lecture.marking import Mark
from deltarule.lecture.tasks.rounded import last_digit
from deltarule.lecture.tasks.task import Item, Number, Task, item_by_item, mark_number, written
from deltarule.network import Network

_VERDICTS = {
    "vanishes": "vanishes", "vanish": "vanishes", "vanishing": "vanishes", "explodes": "explodes",
    "explode": "explodes", "exploding": "explodes", "healthy": "healthy", "neither": "healthy", "fine": "healthy",
}  # fmt: skip
_NEGATED = re.compile(
    r"\b(?:not|no|non|never|none|nothing|cannot|without|hardly|barely|(?:does|do|is|did|wo|ca)nt)\b|n['’´`]t\b",
    re.IGNORECASE,
)
_CHOICES = {
    "a": "weights of smaller start (glorot or he in place of wide ones)",
    "b": "relu with he start, or tanh with glorot start, in every hidden layer",
    "c": "clipping the norm of the gradient",
    "d": "more layers of the same kind",
    "e": "fewer layers",
    "f": "nothing needs to change",
}


@dataclass(frozen=True)
class _Case:
    """A network whose gradient fares so, and what helps it."""

    activation: str
    start: str
    scale: float
    depth: int
    verdict: str
    helps: frozenset[str]
    why: str


_CASES = (
    _Case(
        "logistic",
        "glorot",
        1.0,
        7,
        "vanishes",
        frozenset("be"),
        "each layer multiplies by S' ≤ 1/4 and a weight",
    ),
    _Case("tanh", "glorot", 0.25, 7, "vanishes", frozenset("be"), "small weights shrink δ at every layer"),
    _Case(
        "identity", "he", 2.5, 7, "explodes", frozenset("abce"), "weights above 1 stretch δ at every layer"
    ),
    _Case("relu", "he", 2.5, 6, "explodes", frozenset("abce"), "weights above 1 stretch δ at every layer"),
    _Case("relu", "he", 1.0, 5, "healthy", frozenset("f"), "he start keeps the size of δ for relu"),
    _Case("tanh", "glorot", 1.0, 3, "healthy", frozenset("f"), "glorot start keeps the size of δ for tanh"),
)


def make(level: int, random: np.random.Generator, notation: str) -> Task:
    """Level 1: the verdict; level 2: also what helps; level 3: also by what factor, in numbers."""
    case = _CASES[int(random.integers(len(_CASES)))]
    network, norms = _measured(case, random)
    while not _shows(case, norms[0] / norms[-1]):  # a draw that does not show what it should
        network, norms = _measured(case, random)
    ratio = float(written(norms[0], 2)) / float(written(norms[-1], 2))  # of what is printed, as it is read
    items = [Item("verdict", "Does the gradient vanish, explode, or is it healthy? ", case.verdict)]
    if level > 1:
        items.append(
            Item(
                "helps",
                "What helps? One or more letters, with commas between: ",
                ",".join(sorted(case.helps)),
            )
        )
    if level > 2:
        items.append(
            Item("ratio", "‖δ^(1)‖ / ‖δ^(L)‖ (2 digits) = ", written(ratio, 2), ratio, last_digit(ratio, 2))
        )
        bound = 0.25 ** (case.depth - 1)
        items.append(
            Item(
                "bound",
                f"The most that S' of {case.depth - 1} logistic layers lets through (2 digits) = ",
                written(bound, 2),
                bound,
                last_digit(bound, 2),
            )
        )

    def mark(item: Item, given: str) -> Mark:
        if item.key == "verdict":
            return _mark_verdict(given, case, ratio)
        if item.key == "helps":
            return _mark_letters(given, case.helps)
        assert item.value is not None
        return mark_number(given, Number(item.value), 2)

    table = ", ".join(f"layer {m}: {written(norm, 2)}" for m, norm in enumerate(norms, 1))
    choices = "; ".join(f"({letter}) {text}" for letter, text in _CHOICES.items())
    return Task(
        title="Does the gradient reach the first layers?",
        text=f"A {'-'.join(map(str, network.sizes))} network of {case.activation} units. The size ‖δ^(m)‖ of ∂E/∂net, "
        f"from the first layer to the last: {table}.{f' What may help: {choices}.' if level > 1 else ''}",
        items=tuple(items),
        mark=item_by_item(items, mark),
        hints=(
            "Compare the first layer with the last: a ratio far below 1 vanishes, far above 1 explodes.",
            f"The ratio of the first to the last is {ratio:.1g}.",
            f"Here {case.why}.",
        ),
    )


def _measured(case: _Case, random: np.random.Generator) -> tuple[Network, list[float]]:
    """The network, and the size of δ at every layer on random samples."""
    sizes = [4, *[6] * case.depth, 2]
    network = Network(sizes, case.activation, "identity", start=case.start, seed=random)
    for W in network.W:
        W *= case.scale
    X, D = random.normal(size=(20, 4)), random.normal(size=(20, 2))
    gradient = network.gradient(X, D)
    return network, [float(np.linalg.norm(delta)) for delta in gradient.delta]


def _shows(case: _Case, ratio: float) -> bool:
    """Whether the numbers leave no doubt."""
    return {"vanishes": ratio < 0.02, "explodes": ratio > 50, "healthy": 0.2 < ratio < 5}[case.verdict]


def _mark_verdict(given: str, case: _Case, ratio: float) -> Mark:
    if _NEGATED.search(given):
        return Mark(0.0, "say what it does, not what it does not: vanishes, explodes or healthy")
    words = re.sub(r"\bneither\b.*\bnor\b.*", "healthy", given.lower())
    meant = {_VERDICTS[word] for word in re.findall("[a-z]+", words) if word in _VERDICTS}
    if len(meant) != 1:
        return Mark(0.0, "say vanishes, explodes or healthy")
    if meant == {case.verdict}:
        return Mark(1.0, f"right: {case.why}")
    return Mark(0.0, f"the first layer's δ is {ratio:.1g} times the last one's")


def _mark_letters(given: str, helps: frozenset[str]) -> Mark:
    letters = set(re.sub("and|und|[^a-z]", "", given.lower()))
    if not letters <= set(_CHOICES):
        return Mark(0.0, f"letters from {', '.join(_CHOICES)} are expected")
    wrong = letters - helps
    if wrong:
        verb = "does" if len(wrong) == 1 else "do"
        half = len(wrong) == 1 < len(letters)  # with more wrong ones, whoever ticks everything would be paid
        return Mark(0.5 if half else 0.0, f"{', '.join(sorted(wrong))} {verb} not help here")
    return Mark(1.0, "right")
