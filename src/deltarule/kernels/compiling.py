"""How kernels are compiled and kept: one folder of compiled code for one state of these sources.

Numba's own cache looks at the file of the outermost function only, so the folder's name is a hash of every
kernel source
and of Numba's version. Where no folder can be written, kernels are compiled for this process alone.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import cfunc, config, njit, types

# "numpy": a division by zero is inf or NaN, not a branch; such a branch keeps LLVM from using vectors
inner = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)


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
        if (
            not hasattr(os, "getuid") or found.stat().st_uid == os.getuid()
        ):  # compiled code of somebody else is not run
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


@contextmanager
def _kept() -> Iterator[bool]:
    """While functions are declared: Numba's cache folder is ours."""
    before, ours = config.CACHE_DIR, folder()
    config.CACHE_DIR = str(ours) if ours else before
    try:
        yield ours is not None
    finally:
        config.CACHE_DIR = before


def kernel(function: Callable[..., Any]) -> Any:
    """A function that Python calls: compiled at its first call, kept on disk, run without the GIL."""
    with _kept() as cached:
        return njit(error_model="numpy", nogil=True, cache=cached)(function)


def declared(function: Callable[..., Any], result: Any, *parameters: Any) -> Any:
    """A C function that kernels call by its address: compiled now, or read from disk."""
    _announce()
    with _kept() as cached:
        return cfunc(result(*parameters), error_model="numpy", cache=cached)(function)


def element(dtype: Any) -> Any:
    """Numba's name of float32 or float64."""
    return types.float32 if dtype == "float32" else types.float64


def pointer_to(dtype: Any) -> Any:
    return types.CPointer(element(dtype))
