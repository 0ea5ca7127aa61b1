"""Values as JSON knows them: it has no NaN, no infinity and no arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def finite(value: Any) -> Any:
    """The same values for JSON: NumPy's numbers as Python's, what is not finite as null.

    >>> finite({"error": float("nan"), "theta": np.array([1.0, np.inf])})
    {'error': None, 'theta': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return finite(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
