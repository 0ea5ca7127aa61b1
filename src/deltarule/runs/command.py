"""Settings as the command line that trains with them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any


def command(settings: Mapping[str, Any], out: str | None = None) -> str:
    """`deltarule train …` with these settings, as a shell reads it; what is None or left out keeps its default.

    >>> command({"table": "cars.csv", "target": ["price"], "hidden": [8, 4], "bias": False}, "cars-run")
    'deltarule train cars.csv --target price --hidden 8,4 --no-bias --out cars-run'
    >>> command({"table": "cars.csv", "target": ["price"], "restarts": 5, "committee": "distilled"})
    'deltarule train cars.csv --target price --restarts 5 --distilled'
    """
    words = ["deltarule", "train", str(settings["table"])]
    for key, value in settings.items():
        if key == "table" or value is None or (key == "missing" and not value):
            continue
        flag = f"--{key.replace('_', '-')}"
        if key == "bias":
            words += [] if value else ["--no-bias"]
        elif key == "committee" and value == "distilled":
            words.append("--distilled")
        elif isinstance(value, bool):
            words += [flag] if value else []
        else:
            words += [flag, _word(value)]
    return shlex.join(words + ([] if out is None else ["--out", out]))


def _word(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
