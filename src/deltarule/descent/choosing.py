"""Which rule suits a network and its data, decided from sizes and settings alone, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from deltarule.descent.adaptive import Adam
from deltarule.descent.evidence import LIKELIHOODS, Evidence
from deltarule.descent.evidence_search import NUMBERS
from deltarule.descent.lbfgs import LBFGS
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

    Parameters: rows, N; by_batches, whether a setting of mini-batch rules was given (learning rate,
    schedule, batch, clip).

    >>> from deltarule.equations.losses import LOSSES
    >>> choose(Shape((13, 50, 1), ("tanh", "identity")), 506, LOSSES["mse"], Penalty()).reason
    'evidence: 751 weights and 506 samples are few enough for second derivatives, and the penalties come from
    the data'
    """
    P, N, K = shape.size, rows, shape.sizes[-1]
    if by_batches:
        return Choice(
            Adam(),
            "adam: a learning rate, schedule, batch size or clip was given, which mini-batch rules use",
        )
    size = f"{P} weights and {N} samples"
    few = min(N * K, P) <= WEIGHTS and N * K * P * min(N * K, P) / 2 + min(N * K, P) ** 3 / 3 <= STEP
    plain = not (penalty.l1 or penalty.l2)
    if few and plain and loss.name in NUMBERS + LIKELIHOODS:
        return Choice(
            Evidence(),
            f"evidence: {size} are few enough for second derivatives, and the penalties come from the data",
        )
    smooth = not loss.kinks and not penalty.l1
    if smooth and N * P <= PASS:
        why = (
            "a penalty was given" if not plain
            else f"'{loss.name}' is no likelihood" if few
            else f"{size} are too many for second derivatives"
        )  # fmt: skip
        return Choice(LBFGS(), f"lbfgs: {why}, and a pass over all samples is cheap")
    if not smooth:
        kinked = "an L1 penalty" if penalty.l1 else f"'{loss.name}'"
        return Choice(Adam(), f"adam: {kinked} has kinks, which rules with curvature cannot use")
    return Choice(Adam(), f"adam: {size} are many, and small batches move sooner")
