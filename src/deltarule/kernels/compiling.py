"""How kernels are compiled and kept: one folder of compiled code for one state of these sources.

Numba's own cache looks at the file of the outermost function only, so the folder's name is a hash of every
kernel source and of Numba's version. Where no folder can be written, kernels are compiled for this process alone.

Numba tells functions apart by name, argument types and a number that counts within one process. Two functions made by
one factory have the same name; compiled by two processes they may have the same number too, and a third process that
reads both would run the one for the other: so each is `named` after what it was made of. And two processes that add
to one index at once may put each other's code under the wrong signature: so they do it `in_turn`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, wraps
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import numba
from numba import cfunc, config, njit, types

from deltarule.kernels.working_time import stands_still

Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def folder() -> Path | None:
    """Where compiled kernels are kept; None where nothing is writable."""
    state = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        state.update(source.read_bytes())
    name = f"kernels-{state.hexdigest()[:16]}"
    chosen = os.environ.get("DELTARULE_CACHE") or os.environ.get("NUMBA_CACHE_DIR")
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    for place in (
        [chosen]
        if chosen
        else [
            os.path.join(home, "deltarule"),
            os.path.join(tempfile.gettempdir(), f"deltarule-{os.getuid() if hasattr(os, 'getuid') else 0}"),
        ]
    ):
        found = Path(place) / name
        try:
            found.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=found):
                pass
        except OSError:
            continue
        # compiled code of somebody else is not run
        if not hasattr(os, "getuid") or found.stat().st_uid == os.getuid():
            return found
    return None


@cache
def _announce() -> None:
    """Says, once, that compiling takes a moment: on a terminal, or to whoever listens to the log."""
    found = folder()
    if found is None or not any(found.glob("*.nbi")):
        level = logging.WARNING if sys.stderr is not None and sys.stderr.isatty() else logging.INFO
        again = "each time, as no folder can be written" if found is None else "once"
        logging.getLogger("deltarule").log(
            level, "deltarule compiles its kernels for this processor (some seconds, %s) …", again
        )


_declaring = RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_declaring.acquire, after_in_parent=_declaring.release, after_in_child=_declaring.release
    )


@contextmanager
def _kept() -> Iterator[bool]:
    """While a function is declared: Numba's cache folder is ours.

    One thread at a time: the folder put back by one would else be another's, whose code then lies wherever it runs.
    """
    with _declaring:
        before, ours = config.CACHE_DIR, folder()
        config.CACHE_DIR = str(ours) if ours else before
        try:
            yield ours is not None
        finally:
            config.CACHE_DIR = before


def named(function: Function, *words: object) -> Function:
    """The function, its name made whole by what it was made of.

    >>> def over(): ...
    >>> named(over, "tanh", "float32").__qualname__
    'over_tanh_float32'
    """
    function.__qualname__ = "_".join([function.__name__, *map(str, words)])
    return function


@contextmanager
def in_turn(name: str) -> Iterator[None]:
    """While code of that name is looked for, compiled and kept: no other process does the same."""
    found = folder()
    if found is None:
        yield
        return
    with open(found / f"{name.replace('<locals>', '')}.lock", "ab") as file:
        _lock(file.fileno(), True)
        try:
            yield
        finally:
            _lock(file.fileno(), False)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, held: bool) -> None:
        while True:
            os.lseek(file, 0, os.SEEK_SET)
            try:
                return msvcrt.locking(file, msvcrt.LK_LOCK if held else msvcrt.LK_UNLCK, 1)
            except OSError:  # it gives up after ten seconds
                if not held:
                    raise
else:
    import fcntl

    def _lock(file: int, held: bool) -> None:
        with suppress(OSError):  # a file system without locks: names alone keep code apart
            fcntl.flock(file, fcntl.LOCK_EX if held else fcntl.LOCK_UN)


# a function that kernels call, compiled anew for each constant it is called with: for the shortest loops
# "numpy": a division by zero is inf or NaN, not a branch; such a branch keeps LLVM from using vectors
inner_by_constants = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)


def inner(function: Callable[..., Any]) -> Any:
    """A function that kernels call, compiled once: LLVM puts constants in where it is inlined."""
    made = inner_by_constants(function)
    compiled = made.compile

    @wraps(compiled)
    def compile_for_any_number(signature: Any) -> Any:
        constants = types.IntegerLiteral | types.BooleanLiteral
        return compiled(tuple(types.unliteral(x) if isinstance(x, constants) else x for x in signature))

    made.compile = compile_for_any_number
    return made


def kernel(function: Callable[..., Any]) -> Any:
    """A function that Python calls: compiled at its first call, kept on disk, run without the GIL."""
    with _kept() as cached:
        made = njit(error_model="numpy", nogil=True, cache=cached)(function)
    compiled = made.compile

    @wraps(compiled)
    def compile_in_turn(signature: Any) -> Any:
        with stands_still(), in_turn(function.__qualname__):
            return compiled(signature)

    made.compile = compile_in_turn
    return made


def declared(function: Callable[..., Any], result: Any, *parameters: Any) -> Any:
    """A C function that kernels call by its address: compiled now, or read from disk."""
    _announce()
    with stands_still(), in_turn(function.__qualname__), _kept() as cached:
        return cfunc(result(*parameters), error_model="numpy", cache=cached)(function)


def element(dtype: Any) -> Any:
    """Numba's name of float32 or float64."""
    return types.float32 if dtype == "float32" else types.float64


def pointer_to(dtype: Any) -> Any:
    return types.CPointer(element(dtype))
