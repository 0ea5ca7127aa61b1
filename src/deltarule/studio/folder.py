"""The opened folder: the tables and runs that lie below it, and no way out of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deltarule.errors import InputError, RunError
from deltarule.runs.folder import RECORD, is_run

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".arrow", ".feather", ".ipc", ".npz", ".xlsx")
DEPTH = 3  # folders below the opened one that are looked into
MOST = 5000  # entries looked at: a home folder has many, and none of them matters here


@dataclass(frozen=True)
class Folder:
    """What may be read and written.

    root : the folder, links resolved.  Names are relative to it, with / between their parts on every system.

    >>> Folder.of(".").below("../secret.csv")
    Traceback (most recent call last):
    deltarule.errors.InputError: '../secret.csv' does not lie below the opened folder: give a name in it
    """

    root: Path

    @classmethod
    def of(cls, place: str | Path) -> Folder:
        """The folder at a place; raises InputError where there is none."""
        path = Path(place)
        if not path.is_dir():
            raise InputError(f"there is no folder '{place}': give one that holds tables or runs")
        return cls(path.resolve())

    def below(self, name: str) -> Path:
        """The path of a name; refused where it, or what a link in it leads to, lies elsewhere or is hidden."""
        parts = PurePosixPath(name).parts
        odd = "\0" in name or "\\" in name or name.startswith("/") or not parts
        path = self.root if odd else self.root.joinpath(*parts)
        if odd or any(part.startswith(".") for part in parts) or not self.holds(path):
            raise InputError(f"{name!r} does not lie below the opened folder: give a name in it")
        return path

    def holds(self, path: Path) -> bool:
        """Whether a path, its links followed, lies below."""
        found = path.resolve()
        return found != self.root and found.is_relative_to(self.root)

    def run(self, name: str) -> Path:
        """The path of a run, all of whose files lie below too."""
        path = self.below(name)
        if not is_run(path):
            raise RunError(f"'{name}' holds no {RECORD}: it is not a run, or its training never ended")
        strange = next((entry for entry in path.iterdir() if not self.holds(entry)), None)
        if strange is not None:
            raise InputError(f"'{name}/{strange.name}' does not lie below the opened folder: it is not read")
        return path

    def name(self, path: Path) -> str:
        """The name of a path below."""
        return path.relative_to(self.root).as_posix()

    def told(self, path: Path) -> str:
        """The path as a command typed where the studio was started would have it."""
        here = Path.cwd().resolve()
        return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)

    def tables(self) -> list[tuple[str, int]]:
        """Name and size in bytes of every table, in order."""
        files = [path for path in self._entries() if path.name.lower().endswith(SUFFIXES)]
        return sorted((self.name(path), path.stat().st_size) for path in files if path.is_file())

    def runs(self) -> list[str]:
        """The names of the runs, the last one made first."""
        found = [path for path in self._entries() if path.is_dir() and is_run(path)]
        found.sort(key=lambda path: (path / RECORD).stat().st_mtime, reverse=True)
        return [self.name(path) for path in found]

    def _entries(self) -> Iterator[Path]:
        """What lies below and is not hidden; a run is one entry, whatever it holds."""
        todo, looked = [(self.root, 0)], 0
        while todo:
            folder, depth = todo.pop(0)
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:  # not ours to read
                continue
            for entry in entries:
                looked += 1
                if looked > MOST:
                    return
                path = Path(entry.path)
                if entry.name.startswith(".") or entry.name == "node_modules" or not self.holds(path):
                    continue
                yield path
                if entry.is_dir(follow_symlinks=False) and depth < DEPTH and not is_run(path):
                    todo.append((path, depth + 1))
