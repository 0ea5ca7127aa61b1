"""A file written whole or not at all: beside its place first, then renamed into it; never over another one unasked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from deltarule.errors import DeltaruleError, RunError

UNFINISHED = "unfinished-"  # in the name of a file that is being written


def refuse_replacing(path: str | Path, force: bool = False, error: type[DeltaruleError] = RunError) -> None:
    """Raise where something stands at `path` and `force` is not set."""
    if os.path.lexists(path) and not force:
        raise error(f"'{path}' exists and is left as it is: choose another name, or replace it with --force")


@contextmanager
def whole_file(
    path: str | Path, force: bool = False, error: type[DeltaruleError] = RunError, flushed: bool = False
) -> Iterator[Path]:
    """Gives a temporary path beside `path`, of the same suffix, and renames what was written there into place.

    A reader never sees half a file; where the block fails, nothing is left behind and what stood there still stands.
    A process that is killed leaves .name.unfinished-… with the suffix. flushed: the content is on the disk before the
    name is, so that a machine that fails leaves the old file or the new one.
    Raises `error` where the file exists and `force` is not set, or nothing can be written there.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder, "told.txt")) as unfinished:
    ...         _ = unfinished.write_text("whole")
    ...     Path(folder, "told.txt").read_text(), len(list(Path(folder).iterdir()))
    ('whole', 1)
    """
    place = Path(path)
    refuse_replacing(place, force, error)
    try:
        with NamedTemporaryFile(
            dir=place.parent, prefix=f".{place.stem}.{UNFINISHED}", suffix=place.suffix, delete=False
        ) as file:
            temporary = Path(file.name)
        try:
            yield temporary
            os.chmod(temporary, 0o666 & ~_umask())
            if flushed:
                _flush(temporary)
            os.replace(temporary, place)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except DeltaruleError:
        raise
    except OSError as fault:
        raise error(f"'{path}' cannot be written ({fault.strerror or fault}): choose another place") from None


def write_whole(path: str | Path, text: str, force: bool = False) -> None:
    """Writes a text as UTF-8 in one step."""
    with whole_file(path, force) as unfinished:
        unfinished.write_bytes(text.encode())


def made_folder(path: str | Path) -> Path:
    """The folder, made if it was not there; raises RunError where it cannot be."""
    place = Path(path)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise RunError(
            f"no folder can be made at '{path}' ({fault.strerror or fault}): choose another place"
        ) from None
    return place


def _flush(path: Path) -> None:
    with path.open("rb+") as file:  # elsewhere than on POSIX only a file that may be written is flushed
        os.fsync(file.fileno())


def _umask() -> int:
    """The permissions that new files are not given; temporary files begin with fewer."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
