"""A few things made from files, kept while the files stay as they are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Shelf(Generic[Thing]):
    """The last things taken.

    room : how many; make : a path → the thing; of : the file whose change makes it anew, where that is another one.
    """

    def __init__(
        self, room: int, make: Callable[[Path], Thing], of: Callable[[Path], Path] | None = None
    ) -> None:
        self.room, self.make, self.of = room, make, of or (lambda path: path)
        self._kept: OrderedDict[Path, tuple[tuple[int, int], Thing]] = OrderedDict()
        self._lock = threading.Lock()

    def taken(self, path: Path) -> Thing:
        """The thing of that path, as its file is now."""
        with self._lock:
            stamp = self._stamp(path)
            kept = self._kept.get(path)
            if kept is None or kept[0] != stamp:
                kept = stamp, self.make(path)
            self._kept[path] = kept
            self._kept.move_to_end(path)
            while len(self._kept) > self.room:
                self._kept.popitem(last=False)
            return kept[1]

    def _stamp(self, path: Path) -> tuple[int, int]:
        try:
            found = self.of(path).stat()
        except OSError:  # what makes the thing says what is wrong
            return 0, 0
        return found.st_mtime_ns, found.st_size
