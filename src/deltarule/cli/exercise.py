"""`deltarule exercise`: exercises in the terminal, from a file of answers, or as a printed exam."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deltarule.cli.printing import as_json, bold
from deltarule.errors import InputError, RunError
from deltarule.whole_file import write_whole

if TYPE_CHECKING:
    from deltarule.lecture.exercises import Exercise
    from deltarule.lecture.marking import Marking

_SMALL = ("symbols", "gradients", "numbers", "error", "stationary", "health")
_PROOF_SECONDS = 1.2


def exercise(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help=f"{', '.join(_SMALL)}  [gradients]")
    ] = None,
    level: Annotated[
        int | None, typer.Option("--level", min=1, max=3, help="1 with help, 2 unaided, 3 larger networks.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Which variant.")] = 0,
    notation: Annotated[
        str, typer.Option("--notation", metavar="NAME", help="lecture, layer or textbook.")
    ] = "lecture",
    practice: Annotated[bool, typer.Option("--practice", help="Hints cost nothing.")] = False,
    answers: Annotated[
        str | None,
        typer.Option(
            "--answers",
            metavar="FILE",
            help="Mark these lines KEY=…, with --exam EXERCISE.KEY=…; - is standard input.",
        ),
    ] = None,
    solution: Annotated[bool, typer.Option("--solution", help="Print the solution.")] = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Write the network: .svg or .tex")
    ] = None,
    exam: Annotated[
        int | None,
        typer.Option(
            "--exam", metavar="N", help="Write an exam of N exercises into --out, or mark its --answers."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="The exam's folder.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask, mark and explain: fill the symbols, identify the gradients, compute, and more.

    An exam is its number of exercises, its --seed, and KIND and --level where they were given: the same again,
    with --answers in place of --out, marks the paper.

    In a terminal: ? shows how answers are typed, hint gives the next of four hints, quit ends.
    """
    if exam is not None:
        single = {"--notation": notation != "lecture", "--practice": practice, "--solution": solution}
        for option, given in {**single, "--picture": picture is not None}.items():
            if given:
                raise InputError(f"{option} is for one exercise, not for an exam")
        kinds = (kind,) if kind else ()
        if answers is None:
            return _exam(exam, seed, level, kinds, out, force)
        if out is not None:
            raise InputError("--out writes an exam and --answers marks one: give one of them")
        from deltarule.lecture.exam import compose, mark_paper

        return _print(mark_paper(compose(exam, seed, level, kinds), _typed(answers)), json)
    if out is not None:
        raise InputError("--out is for --exam N, the number of exercises")
    from deltarule.lecture.exercises import Exercise

    asked = Exercise(kind or "gradients", level or 1, seed, notation, practice)
    if picture is not None:
        _draw(asked, picture, force)
    if answers is not None:
        _print(asked.mark(_typed(answers), prove=_PROOF_SECONDS), json)
    elif solution:
        print(asked.solution)
    elif json:
        items = [{"key": item.key, "prompt": item.prompt} for item in asked.task.items]
        print(as_json({"title": asked.task.title, "text": asked.task.text, "items": items}))
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _dialogue(asked)
    else:
        print(f"{asked.question}\nOne answer a line, KEY=…; --answers FILE marks them.")


def _exam(
    count: int, seed: int, level: int | None, kinds: tuple[str, ...], out: Path | None, force: bool
) -> None:
    from deltarule.lecture.exam import write_exam

    if out is None:
        raise InputError("an exam needs a folder, --out DIR, or answers to be marked, --answers FILE")
    files = write_exam(out, count, seed, level, kinds, force)
    print(f"{out}: {', '.join(file.name for file in files)}")


def _dialogue(asked: Exercise) -> None:
    """One item after the other; what was typed is marked at once, and may be typed again."""
    with suppress(ImportError):
        import_module("readline")  # arrows and history in input()
    print(
        f"{bold(asked.task.title)}\n{asked.task.text}\n(? how to type, hint, quit; an empty line leaves an item out)"
    )
    given: dict[str, str] = {}
    for item in asked.task.items:
        while True:
            typed = input(f"\n{item.key}: {item.prompt.rstrip()} ")
            if typed.strip() == "?":
                print(asked.grammar)
            elif typed.strip().lower() in ("hint", "h"):
                print(asked.hint(item.key))
            elif typed.strip().lower() in ("quit", "q"):
                return _print(asked.mark(given), json=False)
            elif not typed.strip():
                break
            else:
                given[item.key] = typed
                mark = asked.mark(given, prove=_PROOF_SECONDS).marks[item.key]
                print(f"   {mark.feedback}")
                if mark.right:
                    break
    _print(asked.mark(given), json=False)


def _print(marking: Marking, json: bool) -> None:
    if json:
        marks = {key: {"score": mark.score, "feedback": mark.feedback} for key, mark in marking.marks.items()}
        print(as_json({"score": marking.score, "marks": marks}))
    else:
        print(marking)


def _typed(file: str) -> str:
    """The answers of a file; - is standard input."""
    if file == "-":
        return sys.stdin.read(200_000).removeprefix("\ufeff")
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RunError(f"'{file}' is no text in UTF-8: write the answers KEY=… into a text file") from None
    except OSError as fault:
        raise RunError(
            f"'{file}' cannot be read ({fault.strerror or fault}): give a file of answers, or - for standard input"
        ) from None


def _draw(asked: Exercise, file: Path, force: bool) -> None:
    drawn = {".svg": asked.svg, ".tex": asked.tikz}.get(file.suffix, "")
    if drawn == "":
        raise InputError(f"--picture writes .svg or .tex, got '{file}'")
    if drawn is None:
        raise InputError(f"exercise '{asked.kind}' has no picture")
    write_whole(file, drawn + "\n", force)
