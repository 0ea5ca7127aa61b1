"""How much memory a matrix needs, and how much there is: asked before it is made."""

from __future__ import annotations

import os
from pathlib import Path

from deltarule.errors import TooLarge

TRIFLE = 1 << 24  # bytes that are not asked about: a look at the system takes longer than many an iteration


def available() -> int | None:
    """Bytes that can still be used, container limits counted; None where the system does not say."""
    known = [n for n in (_meminfo(), _container()) if n is not None]
    if known:
        return min(known)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def refuse_beyond(needed: int, what: str, instead: str) -> None:
    """Raises TooLarge, in one sentence, when `needed` bytes are more than there are."""
    if needed < TRIFLE:
        return
    limit = available()
    if limit is not None and needed > limit:
        raise TooLarge(f"{what} needs {size(needed)} of memory and {size(limit)} can be had: {instead}")


def size(count: int) -> str:
    """A number of bytes for a person.

    >>> size(4_518_000)
    '4.52 MB'
    """
    value, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if value < 1000 or unit == "PB":
            break
        value /= 1000
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"


def _meminfo() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _container() -> int | None:
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        return None if limit == "max" else max(int(limit) - used, 0)
    except (OSError, ValueError):
        return None
