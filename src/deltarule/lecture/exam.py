"""Papers and keys: exercises of one seed as Markdown, HTML, LaTeX, a notebook, and Moodle XML for the numbers; and the
marks of a paper that was answered."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from deltarule.errors import InputError, RunError, UnknownName
from deltarule.lecture.answer_sheet import read_sheet
from deltarule.lecture.exercises import KINDS, Exercise
from deltarule.lecture.formulas_in_text import tex
from deltarule.lecture.marking import Mark, Marking
from deltarule.lecture.tasks.task import Item
from deltarule.lecture.typeset import rich
from deltarule.whole_file import made_folder, write_whole

_ORDER = ("gradients", "symbols", "numbers", "error", "stationary", "health")
_MOST = 50


def compose(count: int, seed: int, level: int | None = None, kinds: tuple[str, ...] = ()) -> list[Exercise]:
    """So many exercises of one seed: the kinds in turn, the levels rising unless one is asked for.

    >>> [exercise.kind for exercise in compose(3, seed=7)]
    ['gradients', 'symbols', 'numbers']
    """
    if not 1 <= count <= _MOST:
        raise InputError(f"an exam has 1 to {_MOST} exercises, got {count}")
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise UnknownName("exercise", unknown[0], KINDS)
    order = [kind for kind in _ORDER if kind in kinds] if kinds else list(_ORDER)
    found: list[Exercise] = []
    for at in range(count):
        rising = 1 + min(2, 3 * at // max(count, 1))
        found.append(Exercise(order[at % len(order)], level or rising, seed * 100 + at + 1))
    return found


def write_exam(
    folder: str | Path,
    count: int,
    seed: int = 0,
    level: int | None = None,
    kinds: tuple[str, ...] = (),
    force: bool = False,
) -> list[Path]:
    """Writes paper and key into a folder; the same seed writes the same bytes.

    paper.md, key.md (pictures beside them), paper.html, key.html, paper.tex, key.tex, exam.ipynb, and moodle.xml where
    numbers are asked.

    Raises RunError where the folder already has files, unless force.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     files = write_exam(Path(folder, "exam"), 2, seed=3)
    ...     paper = files[0].read_text(encoding="utf-8")
    >>> files[0].name, any(exercise.solution in paper for exercise in compose(2, seed=3))
    ('paper.md', False)
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())) and not force:
        raise RunError(f"{place} is not empty: give another folder, or --force to write into it")
    exercises = compose(count, seed, level, kinds)
    files = {
        "paper.md": markdown(exercises, seed, key=False),
        "key.md": markdown(exercises, seed, key=True),
        "paper.html": html(exercises, seed, key=False),
        "key.html": html(exercises, seed, key=True),
        "paper.tex": latex(exercises, seed, key=False),
        "key.tex": latex(exercises, seed, key=True),
        "exam.ipynb": notebook(exercises, seed),
    }
    if any(item.value is not None for exercise in exercises for item in exercise.task.items):
        files["moodle.xml"] = moodle(exercises)
    for at, exercise in enumerate(exercises, 1):
        if exercise.svg:
            files[f"picture-{at}.svg"] = exercise.svg + "\n"
    made_folder(place)
    for name, text in files.items():
        write_whole(place / name, text, force=True)
    return [place / name for name in files]


def mark_paper(exercises: Sequence[Exercise], answers: str) -> Marking:
    """The marks of a paper, from lines `2.1=…`: exercise 2, item 1. Every exercise counts the same.

    Raises InputError, with its line, for a line that is no answer or answers an item again.

    >>> paper = compose(2, seed=7)
    >>> mark_paper(paper, "1." + paper[0].solution.splitlines()[0]).marks["1.1"].feedback
    'right'
    """
    given = read_sheet(
        answers, [f"{at}.{item.key}" for at, e in enumerate(exercises, 1) for item in e.task.items]
    )
    marks: dict[str, Mark] = {}
    lines: list[str] = []
    scores: list[float] = []
    for at, exercise in enumerate(exercises, 1):
        marking = exercise.mark({item.key: given.pop(f"{at}.{item.key}", "") for item in exercise.task.items})
        marks.update({f"{at}.{key}": mark for key, mark in marking.marks.items()})
        lines.append(f"{at}. {exercise.task.title}: {100 * marking.score:.0f} %")
        lines += [f"{at}.{key}: {mark.feedback}" for key, mark in marking.marks.items()]
        scores.append(marking.score)
    lines += [f"{key}: there is no such item" for key in given]
    return Marking(round(sum(scores) / len(scores), 4), "\n".join(lines), marks)


def _title(seed: int, key: bool) -> str:
    return f"{'Key' if key else 'Exam'}, variant {seed}"


def markdown(exercises: list[Exercise], seed: int, key: bool) -> str:
    """The paper or the key as Markdown; pictures are files beside it."""
    parts = [f"# {_title(seed, key)}"]
    for at, exercise in enumerate(exercises, 1):
        parts.append(f"## {at}. {exercise.task.title}\n\n{exercise.task.text}")
        if exercise.svg and not key:
            parts.append(f"![network](picture-{at}.svg)")
        parts.append("\n".join(_markdown_item(item, key) for item in exercise.task.items))
    return "\n\n".join(parts) + "\n"


def _markdown_item(item: Item, key: bool) -> str:
    asked = f"- **{item.key}** {item.prompt}"
    return f"{asked.rstrip()} `{item.solution}`" if key else asked


def html(exercises: list[Exercise], seed: int, key: bool) -> str:
    """The paper or the key as one self-contained page."""
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{_title(seed, key)}</title>',
        "<style>body{font:16px/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}"
        "li{margin:.6rem 0}.blank{display:inline-block;min-width:20rem;border-bottom:1px solid #888}"
        "</style></head><body>",
        f"<h1>{_title(seed, key)}</h1>",
    ]
    for at, exercise in enumerate(exercises, 1):
        parts.append(f"<h2>{at}. {escape(exercise.task.title)}</h2><p>{rich(exercise.task.text)}</p>")
        if exercise.svg and not key:
            parts.append(exercise.svg)
        parts.append("<ul>")
        for item in exercise.task.items:
            answer = f"<code>{escape(item.solution)}</code>" if key else '<span class="blank">&nbsp;</span>'
            parts.append(f"<li><b>{escape(item.key)}</b> {rich(item.prompt)} {answer}</li>")
        parts.append("</ul>")
    return "\n".join([*parts, "</body></html>"]) + "\n"


def latex(exercises: list[Exercise], seed: int, key: bool) -> str:
    """The paper or the key as a LaTeX document for pdflatex."""
    parts = [
        r"\documentclass[11pt]{article}",
        r"\usepackage[utf8]{inputenc}\usepackage{amsmath,tikz}\usepackage[margin=2.2cm]{geometry}",
        rf"\title{{{_title(seed, key)}}}\date{{}}\begin{{document}}\maketitle",
    ]
    for exercise in exercises:
        parts.append(rf"\section{{{tex(exercise.task.title)}}}" + "\n" + tex(exercise.task.text))
        if exercise.tikz and not key:
            parts.append(
                rf"\begin{{center}}\resizebox{{0.8\linewidth}}{{!}}{{{exercise.tikz}}}\end{{center}}"
            )
        parts.append(r"\begin{description}")
        for item in exercise.task.items:
            answer = r"\hrulefill" if not key else ""
            parts.append(rf"\item[{tex(item.key)}] {tex(item.prompt)} {answer}")
            if key:
                parts.append(
                    "\\begin{verbatim}\n" + "\n".join(textwrap.wrap(item.solution, 80)) + "\n\\end{verbatim}"
                )
        parts.append(r"\end{description}")
    return "\n".join([*parts, r"\end{document}"]) + "\n"


def notebook(exercises: list[Exercise], seed: int) -> str:
    """A notebook in which each exercise is shown and marks what is typed under it."""
    cells: list[dict[str, Any]] = [_cell("markdown", f"# {_title(seed, False)}", "title")]
    for at, e in enumerate(exercises, 1):
        blank = "\n".join(f"{item.key}=" for item in e.task.items)
        call = f'Exercise("{e.kind}", level={e.level}, seed={e.seed})'
        made = f"from deltarule import Exercise\n\nexercise = {call}\nexercise"
        cells += [
            _cell("markdown", f"## {at}. {e.task.title}", f"title-{at}"),
            _cell("code", made, f"exercise-{at}"),
            _cell("code", f'print(exercise.mark(r"""\n{blank}\n"""))', f"answer-{at}"),
        ]
    record = {
        "cells": cells,
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _cell(kind: str, source: str, name: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return {**cell, "execution_count": None, "outputs": []} if kind == "code" else cell


def moodle(exercises: list[Exercise]) -> str:
    """Moodle XML: one numerical question for each number asked."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for at, exercise in enumerate(exercises, 1):
        for item in exercise.task.items:
            if item.value is None:
                continue
            text = f"<p>{rich(exercise.task.text)}</p><p>{rich(item.prompt)}</p>"
            parts += [
                '<question type="numerical">',
                f"<name><text>{at}.{escape(item.key)} {escape(exercise.task.title)}</text></name>",
                f'<questiontext format="html"><text><![CDATA[{text}]]></text></questiontext>',
                "<defaultgrade>1</defaultgrade><penalty>0.2</penalty>",
                f'<answer fraction="100"><text>{item.value:.8g}</text>',
                f"<tolerance>{1.5 * item.tolerance:.8g}</tolerance></answer>",
                "</question>",
            ]
    return "\n".join([*parts, "</quiz>"]) + "\n"
