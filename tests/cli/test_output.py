"""What happens where the output cannot be written, has no reader, or is interrupted: a sentence, never a traceback."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.runs.tables_made import bowl
from tests.thinning import slow, thinned

from deltarule.cli import main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a POSIX shell")
DELTARULE = f"{shlex.quote(sys.executable)} -m deltarule"
COMMANDS = [
    "train bowl.csv --target y --hidden 3 --epochs 3 --out again --force",
    "predict run bowl.csv",
    "explain run --row 1",
    "export run --to python",
    "descend x1**2 --from 1",
    "train --help",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    bowl(folder / "bowl.csv")
    words = ["--hidden", "3", "--epochs", "3", "--out", str(folder / "run")]
    assert main(["train", str(folder / "bowl.csv"), "--target", "y", *words]) == 0
    return folder


def shell(place: Path, line: str) -> subprocess.CompletedProcess[str]:
    """As on a usual machine: what is printed waits in a buffer."""
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", line], cwd=place, capture_output=True, text=True, timeout=120, check=False, env=usual
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("command", thinned(COMMANDS, 3))
def test_a_full_disk_is_said_in_a_sentence(place: Path, command: str) -> None:
    ended = shell(place, f"{DELTARULE} {command} > /dev/full")
    assert (ended.returncode, ended.stderr) == (
        2,
        "deltarule: the output cannot be used: No space left on device\n",
    )


@pytest.mark.parametrize(
    ("command", "end"),
    [
        *((command, "| head -1") for command in COMMANDS),
        # what is closed is opened before any command is looked at: each one is tried with one of the two
        *slow(zip(COMMANDS, [">&-", ">&- 2>&-"] * 3, strict=True)),
    ],
)
def test_a_reader_that_goes_is_no_failure(place: Path, command: str, end: str) -> None:
    ended = shell(place, f"set -o pipefail; {DELTARULE} {command} {end}")
    assert ended.returncode == 0
    told = ("python: largest difference", "bowl.csv: missing cells are filled")
    assert ended.stderr == "" or ended.stderr.startswith(told)


UNWRITABLE = [
    "derive 2-2-1 w_11^(0,1) --picture {}/x.svg",
    "flow --depth 3 --out {}/x.svg",
    "export run --to python --out {}/x.py",
    "predict run bowl.csv --out {}/x.csv",
    "exercise --exam 1 --out {}/x",
    "exercise symbols --picture {}/x.svg",
    "report run --out {}/x.html",
    "demo --out {}",
]


@pytest.mark.parametrize("command", UNWRITABLE)
def test_a_place_that_cannot_be_written_is_said_in_a_sentence(
    place: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    before = sorted(Path().rglob("*"))
    capsys.readouterr()
    assert main(shlex.split(command.format("bowl.csv"))) == 2
    said = capsys.readouterr().err
    assert said.startswith("deltarule: ")
    assert said.count("\n") == 1
    assert "bowl.csv" in said
    assert sorted(Path().rglob("*")) == before


STANDING = [
    "derive 2-2-1 w_11^(0,1) --picture there.svg",
    "flow --depth 3 --out there.svg",
    "diagnose run --try clip --out there.svg",
    "exercise symbols --picture there.svg",
    "export run --to python --out there.svg",
    "report run --out there.html",
]


@pytest.mark.parametrize("command", STANDING)
def test_a_file_is_not_replaced_unasked(
    place: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    there = Path(command.split()[-1])
    there.write_text("mine")
    assert main(shlex.split(command)) == 2
    assert f"'{there}' exists and is left as it is" in capsys.readouterr().err
    assert there.read_text() == "mine"


LONG = [
    "demo --out interrupted",
    "flow --depth 1000 --width 256 --rows 20000",
    "descend x1**2 --from 1 --learning-rate 1e-9 --steps 900000000",
    "train bowl.csv --target y --rule gradient --epochs 900000000 --validation 0 --out long --force",
]


@pytest.mark.parametrize("command", LONG)
@pytest.mark.parametrize("seconds", thinned([0.3, 2.0], 2))
def test_ctrl_c_ends_in_a_sentence(place: Path, command: str, seconds: float) -> None:
    """Also where the shell had told background jobs to ignore it: that is undone here, as in a terminal."""
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"import signal, sys; {heard}; from deltarule.cli import main; print(flush=True)"
    running = subprocess.Popen(
        [sys.executable, "-c", f"{program}; sys.exit(main())", *shlex.split(command)],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    running.stdout.readline()  # Python has begun, however busy the machine is
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    try:
        _, said = running.communicate(timeout=20)
    except (
        subprocess.TimeoutExpired
    ):  # Python lost it: what is raised in a callback of the import lock is ignored
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=40)
    assert running.returncode == 130
    assert said.endswith("deltarule: interrupted\n")
    assert "KeyboardInterrupt" not in said or said.startswith(
        "Exception ignored in: <function _get_module_lock"
    )


NARROW = [
    ["train", "bowl.csv", "--target", "y", "--hidden", "3", "--epochs", "3", "--out", "narrow"],
    [
        "train",
        "bowl.csv",
        "--target",
        "y,x1",
        "--hidden",
        "3",
        "--epochs",
        "3",
        "--folds",
        "2",
        "--out",
        "twice",
    ],
    ["check", "2-2-1"],
    ["check", "run"],
    ["descend", "x1**2+3*x1*x2+5*x2**2", "--from", "2,1"],
    ["descend", "x1**2 + x2**2 + x3**2", "--from", "2,1,0.123456", "--from", "3,1,1"],
]


@pytest.mark.parametrize("words", NARROW, ids=" ".join)
def test_a_narrow_terminal_gets_the_same_words_in_lines_that_fit(
    place: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    screens: dict[int, str] = {}
    for width in (50, 60, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main([*words, *(["--force"] if words[0] == "train" else [])]) == 0
        screens[width] = re.sub(r"\d+\.\d s in all", "some time", capsys.readouterr().out)
    assert max(map(len, screens[200].splitlines())) > 60
    for width in (50, 60):
        assert max(map(len, screens[width].splitlines())) <= width
        assert set(screens[width].split()) == set(screens[200].split())


def test_the_terminal_says_itself_how_narrow_it_is(place: Path) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 60))
    words = [sys.executable, "-m", "deltarule", "check", "2-2-1"]
    with subprocess.Popen(words, stdout=theirs, stderr=subprocess.DEVNULL, cwd=place):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while chunk := os.read(ours, 65536):
                shown += chunk
    os.close(ours)
    lines = re.sub("\x1b\\[\\d*m", "", shown.decode()).splitlines()
    assert "the gradient holds" in lines and max(map(len, lines)) <= 60
