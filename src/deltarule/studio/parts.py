"""The optional parts that the studio needs, asked for in one sentence where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from deltarule.errors import MissingPart

PARTS = ("starlette", "uvicorn", "websockets")


def require_parts() -> None:
    """Raise MissingPart where one of them is not installed."""
    missing = [part for part in PARTS if find_spec(part) is None]
    if missing:
        raise MissingPart(
            f"the studio needs {' and '.join(missing)}, not installed here: pip install 'deltarule[studio]'"
        )
