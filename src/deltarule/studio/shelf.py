"""A few things made from files, kept while the files stay as they are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)
Thing = TypeVar("Thing")


class Shelf(Generic[Name, Thing]):
    """The last things taken.

    room : how many; make : a name → the thing; of : a name → the file whose change makes the thing anew.
    """

    def __init__(self, room: int, make: Callable[[Name], Thing], of: Callable[[Name], Path]) -> None:
        self.room, self.make, self.of = room, make, of
        self._kept: OrderedDict[Name, tuple[tuple[int, int], Thing]] = OrderedDict()
        self._lock = threading.Lock()

    def taken(self, name: Name) -> Thing:
        """The thing of that name, as its file is now."""
        with self._lock:
            stamp = self._stamp(name)
            kept = self._kept.get(name)
            if kept is None or kept[0] != stamp:
                kept = stamp, self.make(name)
            self._kept[name] = kept
            self._kept.move_to_end(name)
            while len(self._kept) > self.room:
                self._kept.popitem(last=False)
            return kept[1]

    def _stamp(self, name: Name) -> tuple[int, int]:
        try:
            found = self.of(name).stat()
        except OSError:  # what makes the thing says what is wrong
            return 0, 0
        return found.st_mtime_ns, found.st_size
