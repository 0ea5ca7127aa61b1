"""One training on disk: `train_table` makes a run of a table, `Run.save` and `load` write and read its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deltarule.runs.fitting import train_table as train_table
    from deltarule.runs.run import Run as Run
    from deltarule.runs.run import load as load

__all__ = ["Run", "load", "train_table"]


def __getattr__(name: str) -> Any:
    """Loaded when first used, so that the command line's small parts stay small."""
    if name == "train_table":
        from deltarule.runs.fitting import train_table

        return train_table
    if name in __all__:
        from deltarule.runs import run

        return getattr(run, name)
    raise AttributeError(f"module 'deltarule.runs' has no attribute '{name}'")
