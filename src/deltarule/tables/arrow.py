"""pyarrow, the one reader behind CSV, Parquet, Arrow and Feather: imported when it is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from deltarule.errors import MissingPart


def arrow(part: str = "") -> Any:
    """pyarrow, or a part of it such as `csv`: 0.3 s on the first call, nothing after."""
    try:
        return import_module(f"pyarrow.{part}" if part else "pyarrow")
    except ImportError as error:
        raise MissingPart("reading files needs pyarrow: `pip install pyarrow`.") from error
