"""Exercises in the page: asked, hinted at and marked by the lecture's own."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from deltarule.diagram import lay_out
from deltarule.diagram.labels import Label
from deltarule.lecture.exercises import KINDS, Exercise
from deltarule.lecture.tasks.task import HINTS
from deltarule.lecture.typeset import pieces
from deltarule.studio.answers import Question
from deltarule.studio.drawing import drawing

_MINUS = re.compile(r"(?<!\w)-(?=[\w∂(½\s]|$)")  # a sign, not a hyphen between words


class ExerciseAsked(Question):
    """Which variant, and how many hints were taken."""

    kind: str = "gradients"
    level: int = 1
    seed: int = 0
    notation: str = "lecture"
    hints: int = Field(default=0, ge=0, le=HINTS)


class AnswersAsked(ExerciseAsked):
    """What was typed, by item."""

    answers: dict[str, str]


def exercise(asked: ExerciseAsked) -> dict[str, Any]:
    """The question, its picture, and the hints taken so far."""
    found = _made(asked)
    task = found.task
    picture = None if task.picture is None else drawing(lay_out(task.sizes, task.picture))
    return {
        "kinds": KINDS,
        "title": task.title,
        "text": _typeset(task.text),
        "items": [{"key": item.key, "prompt": _typeset(item.prompt)} for item in task.items],
        "hints": [_typeset(task.hint(at)) for at in range(asked.hints)],
        "left": HINTS - asked.hints,
        "grammar": found.grammar,
        "picture": picture,
    }


def _typeset(text: str) -> list[str | list[str]]:
    """The text in pieces: words, with the signs of a formula, and names as base, index and layer."""
    return [
        [piece.base, piece.sub, piece.sup] if isinstance(piece, Label) else _MINUS.sub("−", piece)
        for piece in pieces(text)
    ]


def mark(asked: AnswersAsked) -> dict[str, Any]:
    """A score, and a sentence for each item."""
    marking = _made(asked).mark(asked.answers)
    return {
        "score": marking.score,
        "marks": {key: {"score": m.score, "feedback": m.feedback} for key, m in marking.marks.items()},
    }


def _made(asked: ExerciseAsked) -> Exercise:
    found = Exercise(asked.kind, asked.level, asked.seed, asked.notation)
    found.hints_taken = asked.hints
    return found
