"""Errors of the floors below, with the command line's options in the place of Python's arguments."""

from __future__ import annotations

from deltarule.errors import retold

OPTIONS = {
    "committee=True": "--committee",
    "output=": "--output-activation ",
    "restarts=": "--restarts ",
    "rule=": "--rule ",
    "sheet=": "--sheet ",
    "batch_size": "--batch",
    "clip_norm": "--clip",
    "clip_value": "--clip",
    "learning_rate": "--learning-rate",
}


def in_options(sentence: str) -> str:
    """The sentence, as the command line says it.

    >>> in_options("leave batch_size out, or write committee=True")
    'leave --batch out, or write --committee'
    """
    return retold(sentence, OPTIONS)
