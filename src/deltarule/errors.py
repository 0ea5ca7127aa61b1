"""What can go wrong, as a tree. Each error also is the builtin that callers expect.

    DeltaruleError
    ├── InputError (ValueError)        a value, shape, dtype or combination that cannot be used
    │   ├── UnknownName                a name that is not in a list; says the nearest one that is
    │   ├── ExpressionError            a typed formula that cannot be read
    │   └── TableError                 a file or column that cannot be used
    ├── RunError (OSError)             a run folder that cannot be read or must not be overwritten
    ├── TooLarge (MemoryError)         a matrix that would not fit, known beforehand
    └── MissingPart (ImportError)      an optional part that is not installed

    KeyboardInterrupt                  Ctrl-C: nothing went wrong, so it is no DeltaruleError and ends what is not asked
    └── FoldsInterrupted               … but the errors of the folds that were finished come with it

Every message is one sentence or two: what was expected, what came, where, and what to do.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


class DeltaruleError(Exception):
    """The root: catch this to catch everything the library says on purpose."""


class InputError(DeltaruleError, ValueError):
    """A value, shape, dtype or combination that cannot be used."""


class UnknownName(InputError):
    """A name that is not in a list; the message gives the nearest one that is, or `here`, what to say in its place.

    >>> print(UnknownName("activation", "tahn", ["tanh", "relu"]))
    unknown activation 'tahn': did you mean 'tanh'? Known: tanh, relu.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], here: str | None = None) -> None:
        known = list(known)
        near = [] if here else get_close_matches(str(name).lower(), known, n=1, cutoff=0.6)
        hint = f"here say {here}. " if here else f"did you mean '{near[0]}'? " if near else ""
        super().__init__(f"unknown {kind} '{name}': {hint}Known: {', '.join(known)}.")
        self.nearest = near[0] if near else None


class ExpressionError(InputError):
    """A typed formula that cannot be read; `position` counts characters from 1 where it is known."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


class TableError(InputError):
    """A file or column that cannot be used; file, line and column stand in the sentence."""


class RunError(DeltaruleError, OSError):
    """A run folder that cannot be read, or that must not be overwritten."""


class TooLarge(DeltaruleError, MemoryError):
    """A matrix or table that would not fit into memory, refused before it is made."""


class MissingPart(DeltaruleError, ImportError):
    """An optional part that is not installed; the message names the extra to install."""


class FoldsInterrupted(KeyboardInterrupt):
    """Ctrl-C before there was a network: `folds`, the errors of the folds finished by then, out of `asked`."""

    def __init__(self, folds: list[dict[str, Any]], asked: int) -> None:
        super().__init__(f"interrupted after {len(folds)} of {asked} folds")
        self.folds, self.asked = folds, asked


def sentence_of(fault: DeltaruleError | MemoryError | OSError) -> str:
    """What is said of a fault to who asked for the work, on one line.

    >>> sentence_of(FileNotFoundError(2, "No such file or directory", "cars.csv"))
    "'cars.csv' cannot be used: No such file or directory"
    """
    if isinstance(fault, DeltaruleError):
        return " ".join(str(fault).split())
    if isinstance(fault, MemoryError):
        return "this does not fit into memory: take fewer rows, fewer hidden units or smaller batches"
    what = f"'{fault.filename}'" if fault.filename else "the output"
    return f"{what} cannot be used: {fault.strerror or errno.errorcode.get(fault.errno or 0, fault)}"


def retold(sentence: str, names: Mapping[str, str]) -> str:
    """A floor's sentence in the words of one above it; what stands in quotes is the user's own.

    >>> retold("leave batch_size out, use rule='adam'", {"rule=": "--rule ", "batch_size": "--batch"})
    "leave --batch out, use --rule 'adam'"
    >>> retold("cars.csv has no column 'batch_size'", {"batch_size": "--batch"})
    "cars.csv has no column 'batch_size'"
    """
    argument = rf"(?<!['\w./-])(?:{'|'.join(map(re.escape, names))})(?:(?<==)|(?!\.?[\w/-]))"
    return re.sub(argument, lambda found: names[found[0]], sentence)
