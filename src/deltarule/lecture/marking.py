"""A typed formula marked: right in any equivalent form, or told its slip, or marked factor by factor.

In this order: equal to the solution; equal but for a constant (sign, 2, 1/N); equal to the solution with one usual
slip; a product, whose factors are held against the chain's; else: "write it as a product".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import ExpressionError, InputError
from deltarule.expressions.nodes import ONE, Node, Number, Power, Product, Sum, is_number, multiply, negate
from deltarule.lecture import rendering
from deltarule.lecture.answers import read_answer
from deltarule.lecture.left_side import as_gradient, as_link
from deltarule.lecture.links import Links, worked_out
from deltarule.lecture.symbols import Symbols
from deltarule.lecture.terms import Over, Partial, Quantity, Slope, everything, factors, letters, mean_n
from deltarule.lecture.trials import ROWS, Trials, Values
from deltarule.lecture.variants import changed, variants

SIGN_ONLY = 0.9
MOST_FACTORS = 24
MEANS = "a product of means is not the mean of a product: all that depends on n belongs inside one mean_n(…)"
NO_PRODUCT = "this is none of the usual slips: write it as a product of factors, so that each can be marked"


@dataclass(frozen=True)
class Mark:
    """What one answer earned, from 0 to 1, and why."""

    score: float
    feedback: str

    @property
    def right(self) -> bool:
        """Full marks."""
        return self.score == 1.0


@dataclass(frozen=True, repr=False)
class Marking:
    r"""The marks of an exercise.

    score : from 0 to 1, hints taken into account.  feedback : one line for each answer.

    >>> from deltarule.lecture.exercises import Exercise
    >>> exercise = Exercise("gradients", level=2)
    >>> marking = exercise.mark("\n".join(exercise.solution.splitlines()[:3]))
    >>> marking.score, sum(mark.score for mark in marking.marks.values())
    (0.5, 3.0)
    """

    score: float
    feedback: str
    marks: dict[str, Mark] = field(repr=False, default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.feedback}\nScore: {100 * self.score:.0f} %"


@dataclass(frozen=True)
class Asked:
    """Which derivative is asked for: sign −1 for −∂E/∂w; proportional where any positive constant is right."""

    weight: Quantity
    sign: int = -1
    proportional: bool = False


class GradientMarker:
    """Marks typed answers for ∂E/∂w of one network.

    >>> from deltarule.equations.losses import loss
    >>> from deltarule.equations.shape import make_shape
    >>> shape = make_shape([2, 2, 1], "logistic", "logistic", bias=False)
    >>> marker = GradientMarker(shape, loss("mse"))
    >>> asked = Asked(Quantity("w", 2, (1, 1)))
    >>> marker.mark("-mean_n(2 (o_n1 - d_n1) o_n1 (1 - o_n1) y_n1)", asked).score
    1.0
    >>> marker.mark("-mean_n(2 (o_n1 - d_n1) y_n1)", asked).feedback
    "S'(net_n1^(1,2)) is missing"
    """

    def __init__(self, shape: Shape, loss: Loss, names: Symbols | None = None, seed: int = 0) -> None:
        self.shape, self.links = shape, Links(shape, loss)
        self.names = names or Symbols(shape)
        self.trials = Trials(shape, loss, seed)
        self._variants: dict[str, list[tuple[str, Node, Values]]] = {}

    def solution(self, asked: Asked) -> Node:
        """The chain that is asked for, S' written as S'."""
        chain = self.links.gradient(asked.weight)
        return negate(chain) if asked.sign < 0 else chain

    def parts(self, asked: Asked) -> int:
        """Factors of the chain, the mean and the sums counted."""
        source = asked.weight.kind == "w"
        return _share(self.links.gradient(asked.weight)) + source

    def mark(self, text: str, asked: Asked) -> Mark:
        """The mark of a typed answer."""
        try:
            answer = read_answer(text, self.shape)
            node = as_gradient(answer, asked.weight, asked.sign, self.names)
            values = self.trials.values(node)
        except (ExpressionError, InputError) as fault:
            return Mark(0.0, str(fault))
        remark = ""
        mark = self._judged(node, values, asked)
        slide = _as_the_slide_means(node, asked)
        if not mark.right and slide is not None:
            other = self._judged(slide, self.trials.values(slide), asked)
            if other.score > mark.score:
                mark = other
                remark = " (the slide's ∂o/∂w^(1,2) is read as it is meant: ∂o/∂y = S'(net) w)"
        if answer.remarks:
            said = [*answer.remarks, *([] if mark.right else [mark.feedback])]
            return Mark(max(round(mark.score - 1 / self.parts(asked), 2), 0.0), "; ".join(said))
        return Mark(mark.score, mark.feedback + remark)

    def _judged(self, node: Node, values: Values, asked: Asked) -> Mark:
        right = self.trials.values(self.links.gradient(asked.weight))
        right = Values([asked.sign * array for array in right.arrays])
        if values.zero and not right.zero:
            return Mark(0.0, "this is 0 whatever the weights and samples are")
        if not values.sampled:
            if asked.proportional:
                ratio = values.ratio_but_for_N(right)
                if ratio is not None:
                    return (
                        Mark(1.0, "right") if ratio > 0 else Mark(SIGN_ONLY, "sign only: the rest is right")
                    )
            slip = values.constant_slip(right)
            if slip == "":
                return Mark(1.0, "right")
            averaged = [
                part.index
                for part in everything(node)
                if isinstance(part, Over) and part.kind == "mean" and part.layer >= 0
            ]
            if slip and averaged:  # a mean over two outputs looks like a lost factor 2
                slip = f"the sum over {averaged[0]} is a mean over {averaged[0]}"
            if slip is not None:
                return Mark(
                    SIGN_ONLY if slip.startswith("sign only") else self._less(asked, _lost(slip)), slip
                )
        return self._usual_slip(node, values, asked) or self._by_factors(node, values, asked)

    def _less(self, asked: Asked, lost: int = 1) -> float:
        """What is left once so many factors' shares are lost."""
        return max(round(1 - lost / self.parts(asked), 2), 0.0)

    def _usual_slip(self, node: Node, values: Values, asked: Asked) -> Mark | None:
        """The chain with one slip made that has these values, the mean left out where the answer leaves it out."""
        missing = _lost_over_n(node) if values.sampled else ""
        if values.sampled and _holds(node, "N", "delta"):  # the 1/N is there, and only Σ_n is not
            values = Values([array * N for array, N in zip(values.arrays, ROWS, strict=True)])
        body = self.links.slope(asked.weight.layer, asked.weight.units[-1]) * self.links.source(asked.weight)
        found = self._variants_of(asked, values.sampled)
        candidates = [("", body, self._values(body, values.sampled)), *found] if values.sampled else found
        for exact in (True, False):
            for sentence, made, wrong in candidates:
                slip = values.constant_slip(Values([asked.sign * array for array in wrong.arrays]))
                if slip is None or exact != (slip == ""):
                    continue
                slip = slip.replace("sign only: the rest is right", "the sign is wrong")
                lost = bool(missing) + (max(_share(body) - _share(made), 1) if sentence else 0) + _lost(slip)
                said = [part for part in (missing, sentence, slip) if part]
                return Mark(self._less(asked, lost), ", and ".join(said))
        return None

    def _variants_of(self, asked: Asked, sampled: bool) -> list[tuple[str, Node, Values]]:
        key = f"{asked.weight.key}{sampled}"
        if key not in self._variants:
            made = list(variants(self.links, asked.weight, self.names))
            self._variants[key] = [(sentence, node, self._values(node, sampled)) for sentence, node in made]
        return self._variants[key]

    def _values(self, body: Node, sampled: bool) -> Values:
        return self.trials.values(body if sampled else mean_n(body))

    def _by_factors(self, node: Node, values: Values, asked: Asked) -> Mark:
        """Each factor of a product held against the chain's."""
        chain = self._wanted(
            self.links.slope(asked.weight.layer, asked.weight.units[-1]) * self.links.source(asked.weight)
        )
        found = _flattened(changed(node, self._delta_worked_out))
        if found is None:
            return Mark(0.0, NO_PRODUCT)
        if len(found) > MOST_FACTORS:
            return Mark(0.0, f"{len(found)} factors are more than any chain here has")
        missing, extra = self._matched(found, chain)
        said = [f"{rendering.text(part, self.names)} is missing" for part in missing]
        said += [f"{rendering.text(part, self.names)} does not belong" for part in extra]
        lost_n = values.sampled or not _over_n(node)
        if lost_n:
            said.insert(0, _lost_over_n(node))
        if extra and sum(map(self._leaves, missing)) == sum(map(self._leaves, chain)):
            return Mark(0.0, "no factor is right; " + "; ".join(said))
        if not said and len(_over_n(node)) > 1:
            return Mark(self._less(asked), MEANS)
        if not said:
            return Mark(self._less(asked), "the factors are right, but a constant is not")
        lost = sum(map(_share, missing)) + 0.5 * len(extra) + lost_n
        return Mark(max(round(1 - lost / self.parts(asked), 2), 0.0), "; ".join(said))

    def _delta_worked_out(self, part: Node) -> Node | None:
        """δ as the factors of the chain that it holds, its 1/N too."""
        if isinstance(part, Quantity) and part.kind == "delta":
            return self.links.slope(part.layer, part.units[0]) / Quantity("N")
        return None

    def _wanted(self, product: Node) -> list[Node]:
        """The factors that an answer must have: no numbers, and no S' that is 1."""
        return [
            part
            for part in factors(product)
            if not isinstance(part, Number)
            and not (isinstance(part, Slope) and self.shape.activations[part.layer - 1] == "identity")
        ]

    def _leaves(self, part: Node) -> int:
        """How many factors one of the chain's is, a sum's counted one by one."""
        return sum(map(self._leaves, self._wanted(part.body))) if isinstance(part, Over) else 1

    def _matched(self, found: list[Node], chain: Sequence[Node]) -> tuple[list[Node], list[Node]]:
        """Factors of the chain that are not there, and factors that are too many."""
        left = [part for part in found if not isinstance(part, Number)]
        missing: list[Node] = []
        for wanted in chain:
            taken = self._taken(left, wanted)
            if taken is None:
                missing.append(wanted)
            else:
                left = [part for place, part in enumerate(left) if place not in taken]
        sums = [part for part in missing if isinstance(part, Over)]
        for wanted in sums:  # look inside a sum that is not right as a whole
            inner = next(
                (part for part in left if isinstance(part, Over) and part.index == wanted.index), None
            )
            if inner is not None:
                left.remove(inner)
                missing.remove(wanted)
                less, more = self._matched(list(factors(inner.body)), self._wanted(wanted.body))
                missing += less
                left += more
        return missing, left

    def _taken(self, left: list[Node], wanted: Node) -> tuple[int, ...] | None:
        """Which one or two factors are the wanted one, but for a constant."""
        right = self.trials.values(wanted)
        values = [self.trials.values(part) for part in left]
        for place, found in enumerate(values):
            if _same_axes(found, right) and found.ratio(right) is not None:
                return (place,)
        for a in range(len(left)):
            for b in range(a):
                if not _same_axes(values[a], values[b]):
                    continue
                both = Values([x * y for x, y in zip(values[a].arrays, values[b].arrays, strict=True)])
                if _same_axes(both, right) and both.ratio(right) is not None:
                    return (a, b)
        return None


def _as_the_slide_means(node: Node, asked: Asked) -> Node | None:
    """∂o_nk/∂w_jk^(1,2) in the chain of a first-layer weight read as ∂o_nk/∂y_nj."""
    swapped = changed(node, lambda part: _slide(part, asked.weight.layer))
    return None if swapped.key == node.key else swapped


def _slide(part: Node, above: int) -> Node | None:
    """∂y/∂w of a layer above the weight's as ∂y/∂y of the layer below."""
    if (
        isinstance(part, Partial)
        and part.top.layer > above
        and part.top.kind == "y"
        and part.bottom.kind == "w"
        and part.top.layer == part.bottom.layer
    ):
        return Partial(part.top, Quantity("y", part.top.layer - 1, part.bottom.units[:1]))
    return None


def mark_factor(text: str, marker: GradientMarker, link: Partial, slide: Partial | None = None) -> Mark:
    """The mark of one blank in a chain, whose value depends on n; `slide` is how the slide writes that link."""
    wanted = worked_out(marker.shape, marker.links.loss, link)
    try:
        answer = read_answer(text, marker.shape)
        node = as_link(answer, (link, slide) if slide else (link,), marker.names)
        values = marker.trials.values(node)
    except (ExpressionError, InputError) as fault:
        return Mark(0.0, str(fault))
    right = marker.trials.values(wanted)
    slip = values.constant_slip(right)
    if slip == "":
        return Mark(1.0, "right")
    if slide is not None and node.key == slide.key:
        return Mark(1.0, "right, as the slide has it: its ∂o/∂w^(1,2) means ∂o/∂y = S'(net) w")
    if slip is not None:
        return Mark(0.5, slip)
    for at, part in enumerate(factors(wanted)):
        rest = [p for place, p in enumerate(factors(wanted)) if place != at]
        product: Node = multiply(*rest) if rest else ONE
        if not isinstance(part, Number) and rest and values.equals(marker.trials.values(product)):
            return Mark(0.5, f"{rendering.text(part, marker.names)} is missing")
    return Mark(0.0, "this is not the derivative of that link")


def _flattened(node: Node) -> list[Node] | None:
    """The factors of a product, means and sums over n opened, and what stands in a sum over units without its letter
    taken out of it; None for a sum."""
    found: list[Node] = []
    todo = [node]
    while todo:
        part = todo.pop(0)
        if isinstance(part, Product):
            todo = [*part.factors, *todo]
        elif isinstance(part, Over) and part.index == "n":
            todo.insert(0, part.body)
        elif isinstance(part, Over):
            body = _flattened(part.body) or [part.body]
            inside = [factor for factor in body if part.index in letters(factor)]
            found += [factor for factor in body if part.index not in letters(factor)]
            if inside:
                found.append(replace(part, body=multiply(*inside)))
        elif isinstance(part, Power) and isinstance(part.exponent, Number) and part.exponent.value == 2:
            todo = [part.base, part.base, *todo]
        elif not (
            isinstance(part, Power) and part.base.key == Quantity("N").key and is_number(part.exponent, -1)
        ):
            found.append(part)
    rest = [part for part in found if not isinstance(part, Number)]
    return None if len(rest) == 1 and isinstance(rest[0], Sum) else found


def _lost(slip: str) -> int:
    """How many factors' shares a constant's slip costs: two where the sign is wrong besides."""
    return 2 if "," in slip and "sign" in slip else bool(slip)


def _holds(node: Node, *kinds: str) -> bool:
    return any(isinstance(part, Quantity) and part.kind in kinds for part in everything(node))


def _over_n(node: Node) -> list[Over]:
    return [part for part in everything(node) if isinstance(part, Over) and part.index == "n"]


def _lost_over_n(node: Node) -> str:
    """What an answer that still depends on n lacks."""
    found = _over_n(node)
    if found:
        return f"{found[0].kind}_n(…) ends at its bracket: all that depends on n belongs inside"
    if _holds(node, "N", "delta"):
        inside = ", the 1/N is inside δ" if _holds(node, "delta") else ""
        return f"the sum over n is missing: write sum_n(…){inside}"
    return "the mean over n is missing: write mean_n(…)"


def _share(node: Node) -> int:
    """How many factors of the chain a part of it holds, sums counted."""
    parts = list(everything(node))
    factor = sum(isinstance(p, Slope | Over) or (isinstance(p, Quantity) and p.kind == "w") for p in parts)
    return max(factor + any(isinstance(p, Quantity) and p.kind == "d" for p in parts), 1)


def _same_axes(a: Values, b: Values) -> bool:
    """Whether both depend on the same indices: a factor x_n1 is not 1 for all n."""
    return all(x.shape == y.shape for x, y in zip(a.arrays, b.arrays, strict=True))
