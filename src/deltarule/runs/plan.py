"""What a training does where its settings leave it open: decided before anything is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from deltarule.descent.batches import in_parts, rows_a_step
from deltarule.descent.choosing import choose
from deltarule.descent.evidence import Evidence
from deltarule.descent.evidence_search import NUMBERS
from deltarule.descent.rules import first_order
from deltarule.descent.rules import rule as find_rule
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape, make_shape
from deltarule.errors import InputError
from deltarule.runs.setting_apart import SettingApart
from deltarule.runs.settings import Settings
from deltarule.runs.weights import without_outcome
from deltarule.runs.words import loss_of, named_loss, penalty_of, rule_of
from deltarule.tables import InputEncoding, Table, TargetEncoding
from deltarule.tables.splitting import share_of
from deltarule.tables.target_kinds import target_kind

VALIDATION = 0.2  # of the rows, for rules that need them, where the table has enough
ENOUGH_ROWS = 50
PATIENCE_STEPS = 2000  # without a lower validation error; at least 20 epochs, at most 200
EPOCHS = {"first order": 2000, "full batch": 500}


@dataclass(frozen=True)
class Plan:
    """The open questions, answered.

    kind : what the targets are; seen : a sentence where they could be seen otherwise.
    classes : every class of the table, also one that the training rows may lack.
    output, loss : the loss decides the output where only the loss was named, and the other way round.
    rule, batch, epochs : as `train` takes them; reason : why this rule, where none was named.
    validation : the share of rows that steer the stopping.
    may_be_a_line : whether the log score may choose a network without hidden layers, as none were named.
    """

    settings: Settings
    kind: Literal["numbers", "classes"]
    seen: str
    classes: tuple[str, ...] | None
    output: str
    loss: Loss
    rule: Any
    reason: str
    batch: int | str
    epochs: int
    validation: float
    may_be_a_line: bool

    @classmethod
    def of(cls, settings: Settings, table: Table) -> Plan:
        """The plan for these settings on this table."""
        kind, seen = target_kind(table, settings.target, settings.kind or "auto")
        classes = None
        if kind == "classes":
            classes = TargetEncoding.fit(table, settings.target, "none", "softmax", None, kind).classes
        output = _output(settings, kind)
        outputs = len(TargetEncoding(kind, settings.target, output, classes=classes or ()).meanings)
        loss = loss_of(_loss(settings, kind, output), output)
        rule, reason = _rule(settings, table, output, outputs, loss)
        found = find_rule(rule)
        if kind == "classes" and _may_choose_penalty(settings, found):
            settings = settings.model_copy(update={"penalty": f"l2:{1 / max(table.rows, 1):.2g}"})
        return cls(
            settings=settings,
            kind=kind,
            seen=seen,
            classes=classes,
            output=output,
            loss=loss,
            rule=rule,
            reason=reason,
            batch=settings.batch_size,
            epochs=settings.epochs or EPOCHS["first order" if first_order(found) else "full batch"],
            validation=_validation(settings, table.rows, found, loss),
            may_be_a_line=_sized_by_evidence(settings, rule),
        )

    def shape(self, inputs: int, outputs: int, hidden: tuple[int, ...] | None = None) -> Shape:
        """The network's form; hidden : the sizes of its hidden layers, None for those asked for."""
        return _shape(self.settings, self.output, inputs, outputs, hidden)

    def labels(self, table: Table) -> NDArray[Any] | None:
        """(N,) the classes by which rows are set apart evenly; None for numbers."""
        return table[self.settings.target[0]].words() if self.kind == "classes" else None

    def setting_apart(self, table: Table) -> SettingApart:
        """How the rows that train, steer the stopping and judge are told apart."""
        return SettingApart.of(self.settings, table, self.validation, self.labels(table))

    def patience(self, rows: int) -> int:
        """Epochs without a lower validation error until the training ends."""
        if self.settings.patience:
            return self.settings.patience
        steps = -(-rows // rows_a_step(self.batch, rows, first_order=True))
        return min(200, max(20, PATIENCE_STEPS // steps))


def _shape(
    settings: Settings, output: str, inputs: int, outputs: int, hidden: tuple[int, ...] | None = None
) -> Shape:
    hidden = settings.hidden if hidden is None else hidden
    if settings.lecture:
        return make_shape((inputs, *hidden, outputs), "logistic", "logistic", bias=False)
    activations = settings.activations if hidden else ()
    return make_shape((inputs, *hidden, outputs), activations, output, settings.bias)


def _may_choose_penalty(settings: Settings, rule: Any) -> bool:
    """Whether classes get L2(1/N), as weights of about unit size are expected: evidence finds its own."""
    said = settings.penalty is not None or settings.lecture or settings.rule != "auto"
    return not said and not isinstance(rule, Evidence)


def _sized_by_evidence(settings: Settings, rule: Any) -> bool:
    """Whether nothing was said of the hidden layers and the rule, so that a line may be found to be enough."""
    open_ = settings.rule == "auto" and not settings.model_fields_set & {"hidden", "activation"}
    return open_ and isinstance(find_rule(rule), Evidence)


def _rule(settings: Settings, table: Table, output: str, outputs: int, loss: Loss) -> tuple[Any, str]:
    """The rule that was named, or the one that suits the table's size, with the reason."""
    named = rule_of(settings.rule)
    if named != "auto":
        return named, ""
    if settings.lecture:
        return "gradient", ""
    if table.rows < 2:  # refused where rows are set apart
        return "adam", ""
    by_batches = in_parts(settings.batch, settings.learning_rate, settings.schedule, settings.clip)
    features = without_outcome(table, settings)
    inputs = len(InputEncoding.fit(features, settings.features, settings.scale).names)
    shape = _shape(settings, output, max(inputs, 1), outputs)
    judging = 0 if settings.folds or isinstance(settings.test, str) else share_of(table.rows, settings.test)
    rest = max(table.rows - judging, 1)
    choice = choose(shape, rest, loss, penalty_of(settings.penalty) or Penalty(), by_batches)
    return choice.rule, choice.reason


def _output(settings: Settings, kind: str) -> str:
    if settings.lecture:
        return "logistic"
    if settings.output_activation:
        return settings.output_activation
    named = named_loss(settings.loss)
    if named and named.natural_output:
        return named.natural_output
    return "softmax" if kind == "classes" else "identity"


def _loss(settings: Settings, kind: str, output: str) -> str | None:
    if settings.lecture:
        return "mse"
    if settings.loss is None and kind == "classes" and output == "logistic":
        return "binary_cross_entropy"
    return settings.loss


def _validation(settings: Settings, rows: int, rule: Any, loss: Loss) -> float:
    """The share of rows that say when to stop. Evidence needs none, but where groups of rows belong together and are
    no numbers, which it cannot leave out."""
    given, by_groups = settings.validation, isinstance(rule, Evidence) and settings.groups is not None
    by_heart = by_groups and loss.name not in NUMBERS
    if given is None:
        needed = not isinstance(rule, Evidence) and rows >= ENOUGH_ROWS and not settings.lecture
        return VALIDATION if needed or by_heart else 0.0
    if given == 0.0 and by_heart:
        raise InputError(
            f"evidence learns groups of {loss.name} by heart unless rows held out stop it: leave out --validation 0, "
            "or name another --rule"
        )
    return given if isinstance(given, float) else 0.0
