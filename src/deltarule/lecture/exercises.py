"""Exercises that mark themselves: variants from a seed, hints that cost, feedback that names the slip."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from deltarule.diagram import lay_out, svg, tikz
from deltarule.diagram.layout import Content
from deltarule.errors import InputError, UnknownName
from deltarule.lecture.answer_sheet import read_sheet, written_key
from deltarule.lecture.answers import GRAMMAR
from deltarule.lecture.marking import Mark, Marking
from deltarule.lecture.proving import Prover
from deltarule.lecture.symbols import check_notation
from deltarule.lecture.tasks import error, gradients, health, numbers, stationary, symbols
from deltarule.lecture.tasks.task import HINTS, Task

KINDS = ("symbols", "gradients", "numbers", "error", "stationary", "health")
CAPS = (1.0, 0.8, 0.6, 0.4, 0.0)  # the best score after so many hints
PROVER = Prover()
# whose networks are taken in turn, by the seed
_IN_TURN = {
    "symbols": symbols.make,
    "gradients": gradients.make,
}
_MAKERS = {
    "numbers": numbers.make,
    "error": error.make,
    "stationary": stationary.make,
    "health": health.make,
}


class Exercise:
    """One variant of an exercise.

    Parameters
    ----------
    kind : symbols, gradients, numbers, error, stationary or health.
    level : 1 the lecture's chain with blanked factors, 2 unaided, 3 several outputs, depths and activations.
    seed : picks the variant; seed 0 of gradients, level 2, asks the lecture's own six.
    notation : lecture, layer or textbook; all are understood in answers.
    practice : hints cost nothing.

    `question` is the text, `solution` the answers, `hint()` the next of four hints (the best score is then 80, 60,
    40 and 0 %), `svg` and `tikz` the picture where there is one.

    Raises InputError for an unknown kind or level.

    >>> exercise = Exercise("gradients", level=2, seed=0)
    >>> exercise.mark("1=-mean_n(2*(o_n1 - d_n1)*o_n1*(1 - o_n1)*y_n1)").marks["1"].feedback
    'right'
    >>> exercise.mark(exercise.solution).score
    1.0
    """

    def __init__(
        self, kind: str, level: int = 1, seed: int = 0, notation: str = "lecture", practice: bool = False
    ) -> None:
        if kind not in KINDS:
            raise UnknownName("exercise", kind, KINDS)
        if level not in (1, 2, 3):
            raise InputError(f"level must be 1, 2 or 3, got {level!r}")
        if not isinstance(seed, (int, np.integer)) or seed < 0:
            raise InputError(f"seed must be a whole number of 0 or more, got {seed!r}")
        self.kind, self.level, self.seed, self.notation, self.practice = (
            kind,
            level,
            int(seed),
            notation,
            practice,
        )
        self.hints_taken = 0
        self.task = _task(kind, level, int(seed), check_notation(notation))

    @property
    def question(self) -> str:
        """What is asked, with a line for each item."""
        items = [f"  {item.key}: {item.prompt}" for item in self.task.items]
        return "\n".join([self.task.title, self.task.text, *items])

    @property
    def solution(self) -> str:
        """One answer a line, as it could be typed."""
        return "\n".join(f"{item.key}={item.solution}" for item in self.task.items)

    @property
    def grammar(self) -> str:
        """How formulas are typed: what `?` shows."""
        return GRAMMAR

    def hint(self, item: str = "") -> str:
        """The next hint: the path, the number of factors, one factor, all of it; for one item, or for the exercise."""
        text = self.task.hint(min(self.hints_taken, HINTS - 1), item)
        self.hints_taken = min(self.hints_taken + 1, HINTS)
        return text

    def mark(self, answers: str | Mapping[str, str], prove: float = 0.0) -> Marking:
        """The score from 0 to 1 and a line for each item.

        Parameters
        ----------
        answers : lines `1=…`, or a mapping from key to answer; in an exercise of one item the key may be left out.
        prove : seconds in which SymPy may prove what the numbers say is right, in a process of its own; 0 is never.

        Raises InputError, with its line, for a line that is no answer, and for anything but text or a mapping.
        """
        given = self._read(answers)
        marks = self.task.mark(given)
        if prove > 0 and self.task.shape is not None:
            marks = self._proved(marks, given, prove)
        cap = 1.0 if self.practice else CAPS[self.hints_taken]
        total = sum(mark.score for mark in marks.values()) / len(marks)
        lines = [f"{key}: {mark.feedback}" for key, mark in marks.items()]
        if total > cap:
            lines.append(
                f"after {self.hints_taken} hint{'s' if self.hints_taken > 1 else ''} at most {100 * cap:.0f} %"
            )
        unknown = [key for key in given if key not in marks]
        lines += [f"{key}: there is no such item" for key in unknown]
        return Marking(round(min(total, cap), 4), "\n".join(lines), marks)

    def _proved(self, marks: dict[str, Mark], given: Mapping[str, str], seconds: float) -> dict[str, Mark]:
        """Right formulas with "(proved)" behind, as far as the time goes."""
        end = time.monotonic() + seconds
        solutions = {item.key: item.solution for item in self.task.items}
        found = dict(marks)
        for key, mark in marks.items():
            left = end - time.monotonic()
            if mark.feedback == "right" and self.task.shape is not None and left > 0.05:
                equal = PROVER.equal(self.task.shape, given[key].rpartition("=")[2], solutions[key], left)
                found[key] = Mark(mark.score, "right (proved)") if equal else mark
        return found

    def _read(self, answers: str | Mapping[str, str]) -> dict[str, str]:
        if isinstance(answers, str):
            return read_sheet(answers, [item.key for item in self.task.items])
        if not isinstance(answers, Mapping):
            raise InputError(
                "answers must be text with a line KEY=… for each, or a mapping from key to answer, "
                f"got {type(answers).__name__}"
            )
        return {written_key(str(key)): str(text) for key, text in answers.items()}

    @property
    def svg(self) -> str | None:
        """The network's picture, the path lit once the first hint was taken; None where there is none."""
        return None if self.task.picture is None else svg(lay_out(self.task.sizes, self._picture()))

    @property
    def tikz(self) -> str | None:
        """The same for LaTeX."""
        return None if self.task.picture is None else tikz(lay_out(self.task.sizes, self._picture()))

    def _picture(self) -> Content:
        task = gradients.lit_picture(self.task) if self.hints_taken else self.task
        assert task.picture is not None
        return task.picture

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li value='{at}'><code>{item.key}</code>: {item.prompt}</li>"
            for at, item in enumerate(self.task.items, 1)
        )
        return f"<h4>{self.task.title}</h4><p>{self.task.text}</p>{self.svg or ''}<ul>{items}</ul>"

    def __repr__(self) -> str:
        return f"<Exercise {self.kind}, level {self.level}, seed {self.seed}>"


def _task(kind: str, level: int, seed: int, notation: str) -> Task:
    random = np.random.default_rng([KINDS.index(kind), level, seed])
    if kind in _IN_TURN:
        return _IN_TURN[kind](level, random, notation, seed)
    return _MAKERS[kind](level, random, notation)
