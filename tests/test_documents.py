"""README and every page of docs/ do what they print: Python examples as doctests, terminal examples as commands.

In a ```python block, lines with >>> are examples with their output; in a ```console block, `$ command` is run, the
first of a page and what has pipes by a shell, `deltarule` else from here, which is quicker; what follows, up to the
next `$`, is what it prints. `...` stands for anything (times, mostly); a command's
numbers may differ in their last digits, as those of a training do between machines. Blocks of a page run in order, in
one folder of their own, and share their names; the demo's tables are in its demo-run. A block after
`<!-- not run -->` is left out.
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deltarule.cli import main
from deltarule.cli.demo import write_diabetes, write_linnerud

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
LONG = ("from-matlab.md", "lecture.md")  # these take longer, and stand among the slow tests
BLOCK = re.compile(r"(<!-- not run -->\s*\n)?^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e[+-]?\d+)?")


def blocks(page: Path) -> list[tuple[int, str, str]]:
    """(line, kind, text) of every block that is run."""
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start(3)].count("\n") + 1, m[2], m[3]) for m in BLOCK.finditer(text) if not m[1]]


def pages() -> list[Any]:
    """Those with examples."""
    return [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] if page.name in LONG else [])
        for page in PAGES
        if page.exists() and blocks(page)
    ]


@pytest.mark.parametrize("page", pages())
def test_a_page_prints_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo-run").mkdir()
    write_linnerud(tmp_path / "demo-run" / "linnerud.csv")
    write_diabetes(tmp_path / "demo-run" / "diabetes.csv")
    names: dict[str, object] = {}
    faults: list[str] = []
    shell = True
    for line, kind, text in blocks(page):
        if kind == "python":
            found = python(text, names)
        else:
            found, shell = console(text, shell), False
        faults += [f"{page.name}, line {line + at}: {fault}" for at, fault in found]
    assert not faults, "\n\n".join(faults)


def python(text: str, names: dict[str, object]) -> list[tuple[int, str]]:
    if ">>>" not in text:
        exec(compile(text, "page", "exec"), names)  # a page of ours, not a user's text
        return []
    examples = doctest.DocTestParser().get_doctest(text, names, "page", None, 0)
    faults: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    runner.run(examples, out=faults.append, clear_globs=False)
    names.update(examples.globs)
    return [(0, fault) for fault in faults]


def same(expected: str, printed: str) -> bool:
    """Word for word but for spaces; numbers to three digits, and as they are where they count something."""
    expected, printed = (re.sub(r"\s+", " ", text.strip()) for text in (expected, printed))
    parts = [
        NUMBER.sub("(#)", re.escape(part).replace("\\-", "-").replace("\\.", "."))
        for part in expected.split("...")
    ]
    pattern = ".*?".join(part.replace("(#)", f"({NUMBER.pattern})") for part in parts)
    found = re.fullmatch(pattern, printed)
    if not found:
        return False
    shown = [number for part in expected.split("...") for number in NUMBER.findall(part)]
    return all(alike(a, b) for a, b in zip(shown, found.groups(), strict=True))


def alike(shown: str, printed: str) -> bool:
    if shown == printed:
        return True
    if re.fullmatch(r"-?[\d,]+", shown):
        return False
    return float(shown.replace(",", "")) == pytest.approx(
        float(printed.replace(",", "")), rel=2e-3, abs=1e-11
    )


SAME = [
    ("RMSE 53.34 ... done", "RMSE   53.341 after 12 s, done", True),
    ("RMSE 53.34", "RMSE 54.34", False),
    ("RMSE 53.34", "MSE 53.34", False),
    ("601 weights", "602 weights", False),
    ("a ... b", "a, then b and more", False),
    ("-0.5 (x)", "-0.5 (x)", True),
]


@pytest.mark.parametrize(("expected", "printed", "answer"), SAME)
def test_what_is_not_printed_is_noticed(expected, printed, answer):
    assert same(expected, printed) is answer


def run(command: str, shell: bool) -> tuple[int, str]:
    """The exit code and what is printed."""
    words = shlex.split(command, comments=True)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (("COLUMNS", "100"), ("NO_COLOR", "1"), ("PATH", f"{BIN}:{os.environ['PATH']}")):
            environment.setenv(name, value)
        if shell or words[0] != "deltarule" or "|" in words:
            done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=300)
            return done.returncode, done.stdout + done.stderr
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words[1:])
    return code, out.getvalue() + err.getvalue()


def console(text: str, shell: bool) -> list[tuple[int, str]]:
    """What a command prints that is not what follows it; the first by a shell if so."""
    faults = []
    for part in re.split(r"^(?=\$ )", text, flags=re.MULTILINE):
        if not part.startswith("$ "):
            continue
        command, _, expected = part[2:].partition("\n")
        code, printed = run(command, shell)
        shell = False
        if expected.strip() and not same(expected, printed):
            faults.append((0, f"$ {command}\nexpected:\n{expected}\nprinted:\n{printed}"))
        if not expected.strip() and code:
            faults.append((0, f"$ {command}\nended with {code}:\n{printed}"))
    return faults
