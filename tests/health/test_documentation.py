"""docs/health.md tells every verdict and every threshold as the code has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deltarule.health import thresholds
from deltarule.health.thresholds import Threshold
from deltarule.health.verdict import NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "health.md").read_text(encoding="utf-8")
KNOWN = {name: value for name, value in vars(thresholds).items() if isinstance(value, Threshold)}


@pytest.mark.parametrize("name", NAMES)
def test_every_verdict_is_told(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", KNOWN)
def test_every_threshold_is_told_with_its_value_and_reason(name: str) -> None:
    reason = KNOWN[name].reason.replace("|", "\\|")
    assert f"| {KNOWN[name].value:g} | {reason} |" in PAGE
