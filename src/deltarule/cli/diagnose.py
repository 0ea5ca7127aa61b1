"""`deltarule diagnose`: why a run did not learn, or that it is healthy; and a remedy tried beside the original."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deltarule.cli.printing import WIDE, as_json, room, wrapped

if TYPE_CHECKING:
    from deltarule.health.diagnosis import Diagnosis
    from deltarule.health.trial import Trial

TOP = "top"
FILES = ("--out", "--table")  # options that a file follows
TRIED = (
    "activation",
    "clip",
    "penalty",
    "start",
    "scale",
    "learning-rate",
    "rule",
    "epochs",
    "schedule",
    "depth",
    "width",
    "stopping",
    "evidence",
    "all",
    TOP,
)


def diagnose(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder that deltarule train wrote.")],
    attempt: Annotated[
        str | None,
        typer.Option(
            "--try",
            metavar="[REMEDY]",
            help=(
                "Train with a remedy beside the original: activation, clip, penalty, start, scale, "
                "learning-rate, rule … or all  [the top one]"
            ),
        ),
    ] = None,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="Train again, same seed, to measure every layer on the way and not only at the ends.",
        ),
    ] = False,
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="FILE", help="The table, where it has moved since the training."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="With --try: draw both trainings, as svg, png or pdf."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the picture's file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is wrong with a run, where and since when, and what helps; or that it is healthy."""
    from deltarule.errors import InputError, UnknownName
    from deltarule.health.diagnosis import diagnose as examine
    from deltarule.pictures.canvas import check_suffix, save
    from deltarule.runs.run import load
    from deltarule.whole_file import refuse_replacing

    if attempt is not None and attempt not in TRIED:
        raise UnknownName("remedy", attempt, TRIED)
    if out is not None and attempt is None:
        raise InputError("--out draws a remedy beside the original: add --try")
    if out is not None:
        check_suffix(out)
        refuse_replacing(out, force)
    found = examine(load(run), table, replay=replay)
    trials = found.attempt(None if attempt == TOP else attempt) if attempt and not found.healthy else ()
    if out is not None and trials:
        from deltarule.pictures.comparison import comparison

        save(comparison(trials[0])[0], out, force=force)
    if json:
        print(as_json(_record(found, trials)))
        return
    print(found.report(int(min(room(), WIDE))))
    for trial in trials:
        print(f"\n{wrapped(trial.text(), room())}")
    if out is not None and trials:
        print(f"\nDrawn in {out}.")
    if attempt and found.healthy:
        print("\nNothing was tried: there is no fault that a remedy could help.")
    if not trials and not found.healthy:
        print(f"\nTo see whether the first remedy helps:  deltarule diagnose {run} --try")


def with_default_remedy(words: Sequence[str]) -> list[str]:
    """The words of a command line, `--try` without a remedy completed to `--try top`.

    >>> with_default_remedy(["diagnose", "RUN", "--try"]), with_default_remedy(["diagnose", "--try", "clip", "RUN"])
    (['diagnose', 'RUN', '--try', 'top'], ['diagnose', '--try', 'clip', 'RUN'])
    >>> with_default_remedy(["diagnose", "--out", "both.svg", "--try", "RUN"])
    ['diagnose', '--out', 'both.svg', '--try', 'top', 'RUN']
    """
    completed: list[str] = []
    for place, word in enumerate(words):
        completed.append(word)
        after = words[place + 1] if place + 1 < len(words) else "-"
        # a folder may follow, or a word that was meant as a remedy: only the last word can be a RUN already named
        if word == "--try" and (after.startswith("-") or (after not in TRIED and not _named(words[:place]))):
            completed.append(TOP)
    return completed


def _named(before: Sequence[str]) -> bool:
    """Whether RUN stands among these words."""
    own = [at + 1 for at, word in enumerate(before) if word in FILES]
    return len([word for at, word in enumerate(before) if not word.startswith("-") and at not in own]) > 1


def _record(found: Diagnosis, trials: Sequence[Trial]) -> dict[str, Any]:
    return {
        **found.to_json(),
        "tried": [
            {
                "kind": t.remedy.kind,
                "title": t.remedy.title,
                "judged_on": t.judged_on,
                "error_without": t.original.reached,
                "error_with": t.changed.reached,
                "gain": t.gain,
                "helped": t.helped,
            }
            for t in trials
        ],
    }
