"""What a training would be, before it is begun: its rule with the reason, its network, and the command that does it."""

from __future__ import annotations

from typing import Any

from deltarule.diagram import Content, lay_out
from deltarule.diagram.layout import drawn_units
from deltarule.diagram.weights import layer_roles, unit_output
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.runs.command import command
from deltarule.runs.folder import free_folder
from deltarule.runs.plan import Plan
from deltarule.runs.settings import Settings
from deltarule.runs.settings import settings as make_settings
from deltarule.runs.weights import without_outcome
from deltarule.studio.answers import Question
from deltarule.studio.drawing import drawing, named
from deltarule.studio.tables import Tables
from deltarule.tables import InputEncoding, TargetEncoding
from deltarule.tables.targetless import with_targets

LARGEST_PICTURE = 12  # layers drawn
NOT_HERE = ("table", "folds", "threads", "weights")  # how files are named, and what the studio does not offer


class PlanAsked(Question):
    """A table, and settings by the names of a --config file."""

    table: str
    settings: dict[str, Any]


def checked(tables: Tables, asked: PlanAsked) -> Settings:
    """The settings, as `deltarule train` would check them; rows are set apart by shares, never from other files."""
    odd = [name for name in NOT_HERE if name in asked.settings]
    odd += [name for name in ("test", "validation") if isinstance(asked.settings.get(name), str)]
    if odd:
        raise InputError(f"{odd[0]} cannot be set in the studio: say it to deltarule train")
    path = tables.folder.below(asked.table)
    given = {name: value for name, value in asked.settings.items() if value is not None}
    return make_settings({"table": tables.folder.told(path), **given})


def planned(tables: Tables, asked: PlanAsked) -> dict[str, Any]:
    """The plan, in words and as a picture."""
    settings = checked(tables, asked)
    table = with_targets(tables.table(asked.table, settings.sheet, settings.missing), settings.target)
    plan = Plan.of(settings, table)
    rows = plan.setting_apart(table).once()
    inputs = InputEncoding.fit(without_outcome(table, settings), settings.features, settings.scale)
    targets = TargetEncoding.fit(table, settings.target, settings.scale, plan.output, plan.classes, plan.kind)
    shape = plan.shape(len(inputs.names), len(targets.meanings))
    folder = free_folder(asked.table, tables.folder.root)
    return {
        "command": command(settings.model_dump(mode="json", exclude_unset=True), tables.folder.told(folder)),
        "kind": plan.kind,
        "seen": plan.seen,
        "rule": plan.reason.partition(":")[0] if plan.reason else settings.rule,
        "reason": plan.reason,
        "batch": plan.batch,
        "epochs": plan.epochs,
        "validation": plan.validation,
        "line_possible": plan.may_be_a_line,
        "loss": plan.loss.normalisation,
        "sizes": shape.sizes,
        "weights": shape.size,
        "activations": shape.activations,
        "inputs": inputs.names,
        "skipped": inputs.skipped,
        "rows": {"train": len(rows.train), "validation": len(rows.validation), "test": len(rows.test)},
        "picture": picture(shape, inputs.names, targets.meanings),
    }


def picture(shape: Shape, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> dict[str, Any] | None:
    """The network without numbers, its inputs and outputs named; None where it has too many layers to be seen."""
    sizes, last = shape.sizes, shape.layers
    if len(sizes) > LARGEST_PICTURE:
        return None
    drawn = [(p, u) for p in range(last + 1) for u in drawn_units(sizes[p]) if u]
    names_at = {0: inputs, last: outputs}
    content = Content(
        inside={(p, u): unit_output(p, u, last) for p, u in drawn},
        below={(p, u): named(names_at[p][u - 1]) for p, u in drawn if p in names_at},
        layers=[
            role if m == 0 else f"{role}: {shape.activations[m - 1]}"
            for m, role in enumerate(layer_roles(last))
        ],
    )
    return drawing(lay_out(sizes, content), shape)
