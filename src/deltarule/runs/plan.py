"""What a training does where its settings leave it open: decided before anything is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from deltarule.descent.evidence import Evidence
from deltarule.descent.rules import first_order
from deltarule.descent.rules import rule as find_rule
from deltarule.equations.losses import LOSSES, Loss
from deltarule.runs.settings import Settings, loss_of, rule_of
from deltarule.tables import Table, TargetEncoding
from deltarule.tables.target_kinds import target_kind

VALIDATION = 0.2  # of the rows, for rules that need them, where the table has enough
ENOUGH_ROWS = 50
PATIENCE_STEPS = 2000  # without a lower validation error; at least 20 epochs, at most 200
EPOCHS = {"first order": 2000, "full batch": 500}


@dataclass(frozen=True)
class Plan:
    """The open questions, answered.

    kind : what the targets are.  classes : every class of the table, also one that the training rows may lack.
    output, loss : the loss decides the output where only the loss was named, and the other way round.
    rule, batch, epochs : as `train` takes them.
    validation : the share of rows that steer the stopping.
    """

    settings: Settings
    kind: Literal["numbers", "classes"]
    classes: tuple[str, ...] | None
    output: str
    loss: Loss
    rule: Any
    batch: int | str
    epochs: int
    validation: float

    @classmethod
    def of(cls, settings: Settings, table: Table) -> Plan:
        """The plan for these settings on this table."""
        kind, _ = target_kind(table, settings.target, settings.kind or "auto")
        classes = None
        if kind == "classes":
            classes = TargetEncoding.fit(table, settings.target, "none", "softmax", None, kind).classes
        output = _output(settings, kind)
        rule = "gradient" if settings.lecture and settings.rule == "auto" else rule_of(settings.rule)
        found = find_rule("adam" if rule == "auto" else rule)
        batch = "full" if settings.lecture and settings.batch == "auto" else settings.batch
        return cls(
            settings=settings,
            kind=kind,
            classes=classes,
            output=output,
            loss=loss_of(_loss(settings, kind, output), output),
            rule=rule,
            batch=batch,
            epochs=settings.epochs or EPOCHS["first order" if first_order(found) else "full batch"],
            validation=_validation(settings, table.rows, needed=not isinstance(found, Evidence)),
        )

    def patience(self, rows: int) -> int:
        """Epochs without a lower validation error until the training ends."""
        if self.settings.patience:
            return self.settings.patience
        steps = 1 if self.batch == "full" else -(-rows // (32 if self.batch == "auto" else int(self.batch)))
        return min(200, max(20, PATIENCE_STEPS // steps))


def _output(settings: Settings, kind: str) -> str:
    if settings.lecture:
        return "logistic"
    if settings.output_activation:
        return settings.output_activation
    named = LOSSES.get((settings.loss or "").partition(":")[0])
    if named and named.natural_output:
        return named.natural_output
    return "softmax" if kind == "classes" else "identity"


def _loss(settings: Settings, kind: str, output: str) -> str | None:
    if settings.lecture:
        return "mse"
    if settings.loss is None and kind == "classes" and output == "logistic":
        return "binary_cross_entropy"
    return settings.loss


def _validation(settings: Settings, rows: int, needed: bool) -> float:
    given = settings.validation
    if given is None:
        return VALIDATION if needed and rows >= ENOUGH_ROWS and not settings.lecture else 0.0
    return given if isinstance(given, float) else 0.0
