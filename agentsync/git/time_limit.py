"""A limit for the time that git may take: afterwards every git that the same thread has begun is killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from agentsync.errors import FetchError
from agentsync.git.failures import explained
from agentsync.git.git import GitFailure, kill_all_of

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl


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


@contextmanager
def in_time(url: GitUrl, seconds: float) -> Iterator[None]:
    """Ask a repository no longer than so many seconds; raise FetchError where it fails, or does not end until then."""
    with TimeLimit(seconds) as limit:
        try:
            yield
        except GitFailure as failure:
            if not limit.is_over:
                raise explained(url, failure) from failure
            raise FetchError(
                f"{url.text} cannot be asked",
                why=f"it took longer than {seconds:g} seconds",
                hint="run the command again when its host is less busy",
            ) from failure
