"""A run folder on disk: `run.json` is the commit point, everything else is content it names by its hash.

    RUN/run.json                     settings, columns, scaler, rows, metrics, versions, and the names below
    RUN/model-<hash>.safetensors     the weights reached
    RUN/start-<hash>.safetensors     the weights begun with
    RUN/history-<hash>.csv           one line an epoch
    RUN/bars-<hash>.safetensors      what error bars need, where there are any
    RUN/state-<hash>.safetensors     where the training stands, where it can go on

Content is written first, under names nobody reads yet; `run.json` comes last, under a temporary name, is flushed to
the disk and renamed into place. A rename either happened or did not: after a kill at any moment the folder holds the
old run or the new one. Content that no `run.json` names is removed only after the rename: what the run before named,
and what a process left that was killed. Other files of the folder are the user's, whatever they are called.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deltarule.errors import RunError
from deltarule.whole_file import UNFINISHED, whole_file

FORMAT = "deltarule run"
VERSION = 1
RECORD = "run.json"
_CONTENT = r"(?:model|start|history|bars|state)-([0-9a-f]{16})"
# what a process leaves that is killed
_HALF_WRITTEN = re.compile(rf"\.(?:run|{_CONTENT})\.{UNFINISHED}\w+\.(?:json|safetensors|csv)")


def is_run(folder: Path) -> bool:
    """Whether a run was committed here."""
    return (folder / RECORD).is_file()


def free_folder(table: str, inside: Path | None = None) -> Path:
    """cars-run for cars.csv, or the first of cars-run-2, cars-run-3 … that is free, here or in another folder."""
    name = "table" if table == "-" else Path(table).name.split(".")[0] or "table"
    folder, number = (inside or Path()) / f"{name}-run", 2
    while folder.exists():
        folder, number = folder.with_name(f"{name}-run-{number}"), number + 1
    return folder


def refuse_overwriting(folder: Path, force: bool) -> None:
    """Raise RunError where writing a run to `folder` would destroy one, or could not work."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"'{folder}' is a file, and a run is a folder: choose another name with --out")
    there = next((place for place in (folder, *folder.parents) if place.exists()), Path())
    if not there.is_dir():
        raise RunError(
            f"'{there}' is a file, and '{folder}' would lie in it: choose another folder with --out"
        )
    if not os.access(there, os.W_OK):
        raise RunError(f"nothing may be written in '{there}': choose another folder with --out")
    if is_run(folder) and not force:
        raise RunError(
            f"'{folder}' already holds a run: choose another folder with --out, or replace it with --force"
        )


def commit(
    folder: Path, record: Mapping[str, Any], contents: Mapping[str, bytes], force: bool = False
) -> None:
    """Write a run as one indivisible step.

    Parameters
    ----------
    record : what `run.json` shall hold; plain JSON values, finite numbers only.
    contents : file name with its suffix, such as `model.safetensors` → its bytes; the hash is put into the name.
    force : replace a run that is there already.
    """
    refuse_overwriting(folder, force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            refuse_overwriting(folder, force)
            before = _named(folder)
            files: dict[str, dict[str, Any]] = {}
            for name, data in contents.items():
                stem, suffix = name.split(".", 1)
                sha256 = _sha256(data)
                files[stem] = {"name": f"{stem}-{sha256[:16]}.{suffix}", "sha256": sha256, "bytes": len(data)}
                _write(folder / files[stem]["name"], data)
            _flush_folder(folder)
            head = {"format": FORMAT, "format_version": VERSION, "files": files}
            _write(folder / RECORD, (_pretty({**head, **record}) + "\n").encode())
            _flush_folder(folder)
            _remove_unnamed(folder, {entry["name"] for entry in files.values()}, before)
    except RunError:
        raise
    except OSError as error:
        raise RunError(f"the run could not be written to '{folder}': {error.strerror or error}") from None


def read_record(folder: Path) -> dict[str, Any]:
    """What `run.json` holds, its format checked."""
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(_no_run(folder)) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunError(f"'{path}' cannot be read ({error}): the run is damaged, train it again") from None
    except OSError as error:
        raise RunError(
            f"'{path}' cannot be read ({error.strerror or error}): make it a file that this user may read"
        ) from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise RunError(f'\'{path}\' was not written by deltarule: expected "format": "{FORMAT}" in it')
    if record.get("format_version") != VERSION:
        raise RunError(
            f"'{path}' has run format {record.get('format_version')}, this deltarule reads format {VERSION}: "
            "use the version it was written with, or train it again"
        )
    return record


def read_content(folder: Path, record: Mapping[str, Any], stem: str) -> bytes:
    """The bytes of `model`, `start` or `history`, checked against the hash that `run.json` gives."""
    try:
        entry = record["files"][stem]
        path, sha256 = folder / Path(entry["name"]).name, entry["sha256"]
    except (KeyError, TypeError):
        raise RunError(
            f"'{folder / RECORD}' names no {stem} file: the run is damaged, train it again"
        ) from None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"'{path}', which {RECORD} names, cannot be read: {error.strerror or error}") from None
    if _sha256(data) != sha256:
        raise RunError(
            f"'{path}' is not what was written (its hash differs): the file is damaged, train the run again"
        )
    return data


def _no_run(folder: Path) -> str:
    if not folder.exists():
        return f"there is no folder '{folder}': give the folder that `deltarule train` wrote"
    if not folder.is_dir():
        return f"'{folder}' is a file: give the folder that `deltarule train` wrote"
    return f"'{folder}' holds no {RECORD}: it is not a run, or its training never ended"


def _write(path: Path, data: bytes) -> None:
    with whole_file(path, force=True, flushed=True) as unfinished:
        unfinished.write_bytes(data)


def _flush_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened, and renames are flushed with the file
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _named(folder: Path) -> set[str]:
    """The content that the run names which stands here; nothing where none does, or a damaged one."""
    try:
        return {str(entry["name"]) for entry in read_record(folder)["files"].values()}
    except (RunError, KeyError, TypeError, AttributeError):
        return set()


def _remove_unnamed(folder: Path, named: set[str], before: set[str]) -> None:
    for path in folder.iterdir():
        if path.name in named or not path.is_file():
            continue
        content = re.fullmatch(rf"{_CONTENT}\.(?:safetensors|csv)", path.name)
        ours = content and (path.name in before or _sha256(path.read_bytes()).startswith(content[1]))
        if ours or _HALF_WRITTEN.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """One writer at a time: a second waits until the first has committed."""
    try:
        import fcntl
    except ImportError:  # Windows: os.replace refuses while the other has the file open
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _pretty(value: Any, indent: str = "") -> str:
    """JSON for people: an object a line per entry, a list of plain values on one line."""
    if isinstance(value, Mapping) and value:
        inner = indent + "  "
        lines = [
            f"{inner}{json.dumps(str(k), ensure_ascii=False)}: {_pretty(v, inner)}" for k, v in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(isinstance(v, Mapping | list | tuple) for v in value):
        inner = indent + "  "
        return "[\n" + ",\n".join(inner + _pretty(v, inner) for v in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
