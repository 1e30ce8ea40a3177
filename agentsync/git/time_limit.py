"""A limit for the time that git may take: afterwards every git that the same thread has begun is killed."""

from __future__ import annotations

import threading
from types import TracebackType

from agentsync.git.git import kill_all_of


class TimeLimit:
    """A block whose gits are killed after so many seconds; what waits for them fails with GitFailure then."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._thread = threading.get_ident()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> TimeLimit:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        kill_all_of(self._thread)
