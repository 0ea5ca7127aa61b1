"""Which rule suits a network and its data, decided from sizes and settings alone, with the reason; and a sentence
where one was named that does not."""

from __future__ import annotations

from dataclasses import dataclass

from deltarule.descent.adaptive import Adam
from deltarule.descent.evidence import LIKELIHOODS, Evidence
from deltarule.descent.evidence_search import NUMBERS
from deltarule.descent.gauss_newton import GaussNewton
from deltarule.descent.lbfgs import LBFGS
from deltarule.descent.levenberg_marquardt import LevenbergMarquardt
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape
from deltarule.objectives.objective import FirstOrderRule, FullBatchRule

STEP = 5e9  # multiplications of one evidence step that are worth it: about a tenth of a second on two cores
WEIGHTS = 4000  # or residuals, where they are fewer: past it the matrices alone are hundreds of megabytes
PASS = 5e8  # multiplications of one gradient from all samples that are worth a careful step


@dataclass(frozen=True)
class Choice:
    """A rule and why it was chosen, a sentence for a person."""

    rule: FirstOrderRule | FullBatchRule
    reason: str


def choose(shape: Shape, rows: int, loss: Loss, penalty: Penalty, by_batches: bool = False) -> Choice:
    """Evidence for small and medium networks, L-BFGS where it does not apply, Adam for the large.

    Parameters: rows, N; by_batches, whether mini-batch settings were given (learning rate, schedule, batch, clip).

    >>> from deltarule.equations.losses import LOSSES
    >>> choose(Shape((13, 50, 1), ("tanh", "identity")), 506, LOSSES["mse"], Penalty()).reason
    'evidence: 751 weights and 506 samples are few enough for second derivatives, and the penalties come from
    the data'
    """
    P, N = shape.size, rows
    if by_batches:
        return Choice(
            Adam(),
            "adam: a learning rate, schedule, batch size or clip was given, which mini-batch rules use",
        )
    outputs = f" of {shape.sizes[-1]} outputs" if shape.sizes[-1] > 1 else ""
    size = f"{P} weights and {N} samples{outputs}"
    few = few_enough(shape, N)
    plain = not (penalty.l1 or penalty.l2)
    if few and plain and loss.name in NUMBERS + LIKELIHOODS:
        return Choice(
            Evidence(),
            f"evidence: {size} are few enough for second derivatives, and the penalties come from the data",
        )
    smooth = not loss.kinks and not penalty.l1
    if smooth and N * P <= PASS:
        why = (
            f"{size} are too many for second derivatives" if not few
            else "a penalty was given" if not plain
            else f"'{loss.name}' is no likelihood"
        )  # fmt: skip
        return Choice(LBFGS(), f"lbfgs: {why}, and a pass over all samples is cheap")
    if not smooth:
        kinked = "an L1 penalty" if penalty.l1 else f"'{loss.name}'"
        return Choice(Adam(), f"adam: {kinked} has kinks, which rules with curvature cannot use")
    return Choice(Adam(), f"adam: {size} are many, and small batches move sooner")


def few_enough(shape: Shape, rows: int) -> bool:
    """Whether JᵀJ, or JJᵀ where that is smaller, is quickly made and solved."""
    P, residuals = shape.size, rows * shape.sizes[-1]
    side = min(residuals, P)
    return side <= WEIGHTS and residuals * P * side / 2 + side**3 / 3 <= STEP


def quicker(
    rule: FirstOrderRule | FullBatchRule, shape: Shape, rows: int, loss: Loss, penalty: Penalty
) -> str:
    """A sentence where a rule that makes JᵀJ was named for so much that "auto" would not; else nothing.

    >>> from deltarule.equations.losses import LOSSES
    >>> shape = Shape((20, 50, 1), ("tanh", "identity"))
    >>> quicker(LevenbergMarquardt(), shape, 20_000, LOSSES["mse"], Penalty())
    "this rule is slow here, 'auto' takes lbfgs: 1101 weights and 20000 samples are too many for second derivatives,
    and a pass over all samples is cheap"
    >>> quicker(LevenbergMarquardt(), shape, 2_000, LOSSES["mse"], Penalty())
    ''
    """
    if not isinstance(rule, (LevenbergMarquardt, GaussNewton, Evidence)) or few_enough(shape, rows):
        return ""
    return f"this rule is slow here, 'auto' takes {choose(shape, rows, loss, penalty).reason}"
