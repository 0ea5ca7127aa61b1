"""Long tables of cases: the fast tests try some of them, `make slow` the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def thinned(cases: Iterable[Any], every: int) -> list[Any]:
    """The first of every so many cases for the fast tests, the others marked slow."""
    return [case if n % every == 0 else slow([case])[0] for n, case in enumerate(cases)]


def slow(cases: Iterable[Any]) -> list[Any]:
    """All of them marked slow; of several arguments, as tuples."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
        for case in cases
    ]
