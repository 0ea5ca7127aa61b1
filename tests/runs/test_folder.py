"""A run folder holds the old run or the new one, whatever happens while it is written."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from deltarule.errors import RunError
from deltarule.runs.folder import commit, is_run, read_content, read_record

WRITER = """
import sys
from pathlib import Path
from deltarule.runs.folder import commit
folder = Path(sys.argv[1])
print("ready", flush=True)
for n in range(1, 100_000):
    number = str(n).encode()
    commit(folder, {"number": n}, {"model.safetensors": number * 5000, "history.csv": number}, force=True)
"""


def names(folder: Path) -> set[str]:
    return {path.name.split("-")[0] for path in folder.iterdir()}


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    commit(
        tmp_path / "run",
        {"settings": {"rule": "adam"}},
        {"model.safetensors": b"weights", "start.safetensors": b"start"},
    )
    record = read_record(tmp_path / "run")
    assert record["settings"] == {"rule": "adam"}
    assert read_content(tmp_path / "run", record, "model") == b"weights"
    assert read_content(tmp_path / "run", record, "start") == b"start"


def test_a_run_is_replaced_only_with_force(tmp_path: Path) -> None:
    commit(tmp_path, {"number": 1}, {"model.safetensors": b"old"})
    with pytest.raises(RunError, match="already holds a run.*--out.*--force"):
        commit(tmp_path, {"number": 2}, {"model.safetensors": b"new"})
    assert read_record(tmp_path)["number"] == 1
    commit(tmp_path, {"number": 2}, {"model.safetensors": b"new"}, force=True)
    assert read_record(tmp_path)["number"] == 2


def test_replacing_removes_what_the_old_run_named_and_nothing_else(tmp_path: Path) -> None:
    commit(tmp_path, {}, {"model.safetensors": b"old", "history.csv": b"1"})
    (tmp_path / "model-notes.txt").write_text("mine")
    (tmp_path / ".model-0123456789abcdef.unfinished-ab12cd34.safetensors").write_text(
        "left by a killed process"
    )
    commit(tmp_path, {}, {"model.safetensors": b"new"}, force=True)
    model = read_record(tmp_path)["files"]["model"]["name"]
    assert {path.name for path in tmp_path.iterdir()} == {"run.json", "model-notes.txt", model}


@pytest.mark.parametrize("name", ["measurements-0123456789abcdef.csv", "model-0123456789abcdef.safetensors"])
def test_a_file_that_is_called_as_ours_are_is_not_removed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    commit(tmp_path, {}, {"model.safetensors": b"old"})
    commit(tmp_path, {}, {"model.safetensors": b"new"}, force=True)
    assert (tmp_path / name).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3


def test_a_record_from_elsewhere_cannot_have_another_file_removed(tmp_path: Path) -> None:
    commit(tmp_path, {}, {"model.safetensors": b"old"})
    text = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").write_text(text.replace(f"model-{sha256(b'old').hexdigest()[:16]}.", "mine."))
    (tmp_path / "mine.safetensors").write_text("mine")
    commit(tmp_path, {}, {"model.safetensors": b"new"}, force=True)
    assert (tmp_path / "mine.safetensors").read_text() == "mine"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(tmp_path, {"number": 1}, {"model.safetensors": b"old"})
    before = set(tmp_path.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match="No space left on device"):
        commit(tmp_path, {"number": 2}, {"model.safetensors": b"new"}, force=True)
    assert set(tmp_path.iterdir()) == before


def test_kill_9_at_any_moment_leaves_a_whole_run(tmp_path: Path) -> None:
    moments = random.Random(0)
    commit(tmp_path, {"number": 0}, {"model.safetensors": b"0" * 5000, "history.csv": b"0"})
    seen = set()
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.15))
            writer.send_signal(signal.SIGKILL)
        record = read_record(tmp_path)
        number = str(record["number"]).encode()
        assert read_content(tmp_path, record, "model") == number * 5000
        assert read_content(tmp_path, record, "history") == number
        seen.add(record["number"])
    assert len(seen) > 1  # the writer did get to write


@pytest.mark.parametrize("call", ["model-", ".model-", "run.json", ".run."])
def test_a_writer_that_dies_at_each_of_its_steps_leaves_the_old_run_or_the_new(
    tmp_path: Path, call: str
) -> None:
    """The process ends itself before the first open, or the first rename, of a name that begins like this."""
    commit(tmp_path, {"number": 1}, {"model.safetensors": b"old"})
    program = f"""
import os
from pathlib import Path
from deltarule import whole_file
from deltarule.runs import folder
opened, renamed = whole_file.NamedTemporaryFile, os.replace
def watched(name, *rest, do, **more):
    if Path(name).name.startswith({call!r}):
        os._exit(9)
    return do(name, *rest, **more)
whole_file.NamedTemporaryFile = lambda **k: watched(k["prefix"], do=lambda _: opened(**k))
def replace(source, target):
    watched(source if {call!r}.startswith('.') else target, do=lambda _: renamed(source, target))
os.replace = replace
folder.commit(Path({str(tmp_path)!r}), {{"number": 2}}, {{"model.safetensors": b"new"}}, force=True)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    record = read_record(tmp_path)
    assert record["number"] == 1
    assert read_content(tmp_path, record, "model") == b"old"
    commit(tmp_path, {"number": 3}, {"model.safetensors": b"third"}, force=True)
    assert names(tmp_path) == {"run.json", "model"}  # and the next writer clears what was left


def test_a_changed_content_file_is_refused(tmp_path: Path) -> None:
    commit(tmp_path, {}, {"model.safetensors": b"weights"})
    record = read_record(tmp_path)
    path = tmp_path / record["files"]["model"]["name"]
    path.write_bytes(b"Weights")
    with pytest.raises(RunError, match="hash differs.*damaged"):
        read_content(tmp_path, record, "model")
    path.unlink()
    with pytest.raises(RunError, match=r"run\.json names, cannot be read"):
        read_content(tmp_path, record, "model")


def test_a_record_that_may_not_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path, {}, {})

    def denied(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(RunError) as fault:
        read_record(tmp_path)
    assert str(fault.value).endswith("(Permission denied): make it a file that this user may read")


BROKEN = [
    ("not JSON", b'{"format": "deltarule run"', "cannot be read"),
    ("not text", b"\xff\xfe\x00\x9c", "cannot be read"),
    ("a list", b"[]", "not written by deltarule"),
    ("another program's", b'{"format": "other"}', "not written by deltarule"),
    ("a later format", b'{"format": "deltarule run", "format_version": 99}', "run format 99.*reads format 1"),
]


@pytest.mark.parametrize(("name", "data", "sentence"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_broken_record_is_told_in_one_sentence(
    tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    (tmp_path / "run.json").write_bytes(data)
    with pytest.raises(RunError, match=sentence):
        read_record(tmp_path)


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no folder"):
        read_record(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"holds no run\.json"):
        read_record(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="is a file"):
        read_record(tmp_path / "file")
    with pytest.raises(RunError, match="is a file"):
        commit(tmp_path / "file", {}, {})
    with pytest.raises(RunError, match="is a file, and '.*inside' would lie in it"):
        commit(tmp_path / "file" / "deep" / "inside", {}, {})
    assert not is_run(tmp_path)


def test_a_record_that_json_cannot_hold_leaves_the_old_run(tmp_path: Path) -> None:
    commit(tmp_path, {"number": 1}, {"model.safetensors": b"old"})
    with pytest.raises(ValueError, match="JSON"):
        commit(tmp_path, {"number": float("nan")}, {"model.safetensors": b"new"}, force=True)
    assert read_record(tmp_path)["number"] == 1


def test_run_json_reads_well(tmp_path: Path) -> None:
    commit(tmp_path, {"split": {"test": [1, 5, 9]}, "columns": [{"name": "größe"}]}, {})
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert '"test": [1, 5, 9]' in text
    assert "größe" in text
    assert json.loads(text)["split"]["test"] == [1, 5, 9]
