"""A sheet of typed answers, one a line, `1=…` or `kind=saddle`; on a paper the exercise stands in front, `2.1=…`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deltarule.diagram.layout import BLANKS
from deltarule.errors import InputError

LONGEST = 100_000  # characters of all answers together
_LINE = re.compile(r"\s*((?:\d{1,2}\.)?(?:[\w①-⑳㉑-㉟㊱-㊿]{1,8}|\d{1,3}))\s*[=:)]\s*(.*)")
_NUMBERED = re.compile(r"(?:\d+\.)?\d+")


def read_sheet(text: str, keys: Sequence[str]) -> dict[str, str]:
    """What was typed for each key; empty lines and lines behind # are left out.

    With one key its answer may stand alone. A number that is no key is kept, so that it can be told so.

    Raises InputError, with its line, for a line that is no answer or answers a key again.

    >>> read_sheet("1=o_n1\\n②: x_n2", ["1", "2"])
    {'1': 'o_n1', '2': 'x_n2'}
    """
    if len(text) > LONGEST:
        raise InputError(f"the answers have {len(text):,} characters; at most {LONGEST:,} are read")
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        key, answer = (written_key(match[1]), match[2]) if match else ("", "")
        if key not in keys and not _NUMBERED.fullmatch(key):
            if len(keys) > 1:
                raise InputError(
                    f"line {at} of the answers must be KEY=…, with a key of {_few(keys)}; got '{line.strip()[:60]}'"
                )
            key, answer = keys[0], line
        if key in found:
            raise InputError(f"line {at} of the answers gives {key} again, after line {lines[key]}: keep one")
        found[key], lines[key] = answer, at
    return found


def written_key(written: str) -> str:
    """The key that is meant: ① is 1, also behind an exercise's number."""
    exercise, dot, item = written.rpartition(".")
    return exercise + dot + (str(BLANKS.index(item) + 1) if item in BLANKS and item else item)


def _few(keys: Sequence[str]) -> str:
    return ", ".join(keys) if len(keys) <= 20 else f"{', '.join(keys[:3])}, … {keys[-1]}"
