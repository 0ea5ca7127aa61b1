"""Errors of the floors below, with the command line's options in the place of Python's arguments."""

from __future__ import annotations

import re

OPTIONS = {
    "committee=True": "--committee",
    "output=": "--output-activation ",
    "restarts=": "--restarts ",
    "rule=": "--rule ",
    "batch_size": "--batch",
    "clip_norm": "--clip",
    "clip_value": "--clip",
    "learning_rate": "--learning-rate",
}
_ARGUMENTS = re.compile(rf"(?<!['\w./-])(?:{'|'.join(OPTIONS)})(?:(?<==)|(?!\.?[\w/-]))")


def in_options(sentence: str) -> str:
    """The sentence; what stands in quotes is the user's own.

    >>> in_options("leave batch_size out, use rule='adam', or write committee=True")
    "leave --batch out, use --rule 'adam', or write --committee"
    >>> in_options("cars.csv has no column 'learning_rate'")
    "cars.csv has no column 'learning_rate'"
    """
    return _ARGUMENTS.sub(lambda found: OPTIONS[found[0]], sentence)
