"""Places for processes that persist: where all are taken, the one that was idle longest gives its place."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Places:
    """So many places; each is kept by a holder until it is given back.

    Args:
        most: how many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._taken: dict[object, Callable[[], object]] = {}  # the one that was used last at the end

    def take(self, holder: object, leave: Callable[[], object]) -> bool:
        """Take a place; return False where all others are in use.

        Args:
            leave: gives the place back where the holder is idle. Any thread may call it, and it waits for none.
        """
        while True:
            with self._guard:
                if len(self._taken) < self._most:
                    self._taken[holder] = leave
                    return True
                others = list(self._taken)
            for other in others:
                self._taken.get(other, lambda: None)()
                if other not in self._taken:
                    break
            else:
                return False

    def use(self, holder: object) -> None:
        """Say that a holder is not idle now."""
        with self._guard:
            if (leave := self._taken.pop(holder, None)) is not None:
                self._taken[holder] = leave

    def give_back(self, holder: object) -> None:
        """Give a place back; doing so again does nothing. Python may call it at any moment, so it waits for nothing."""
        self._taken.pop(holder, None)
