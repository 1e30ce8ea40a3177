"""A conversation that is begun before its first question: the machine connects while the program still loads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentsync.git.conversation import Conversation, converse
from agentsync.git.git import kill_all_of

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl


class EarlyConversation:
    """A conversation that a thread of its own begins.

    Args:
        url: the remote.
        then: called in that thread once it has begun, with the object format of the remote, `sha1` or `sha256`.
    """

    def __init__(self, url: GitUrl, then: Callable[[str], object]) -> None:
        self._url = url
        self._then = then
        self._has_begun = threading.Event()
        self._found: Conversation | None = None
        self._failure: BaseException | None = None
        self._guard = threading.Lock()
        self._is_dropped = False
        self._thread = threading.Thread(target=self._begin, daemon=True)
        self._thread.start()

    def _begin(self) -> None:
        try:
            found = converse(self._url)
            with self._guard:
                self._found = found
                if self._is_dropped and found is not None:
                    found.close()
        except BaseException as failure:
            self._failure = failure
        finally:
            self._has_begun.set()
        if self._found is not None and not self._is_dropped:
            self._then(self._found.object_format)

    def take(self) -> Conversation | None:
        """Wait until it has begun, and return it; None where the remote is not one for it.

        Raises:
            GitFailure: as `converse`.
        """
        self._has_begun.wait()
        if self._failure is not None:
            raise self._failure
        return self._found

    def drop(self) -> None:
        """End it without a question; a thread that still connects ends it then."""
        with self._guard:
            self._is_dropped = True
            if self._found is not None:
                self._found.close()
        if self._thread.is_alive() and self._thread.ident is not None:
            kill_all_of(self._thread.ident)
