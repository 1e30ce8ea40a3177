"""The answers that follow from the present refs of a repository: most have not changed since the last question."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import packaging

from agentsync.git.cached_repository import CachedRepository

_NAME: Final = "answers"
# Answers that are kept: each further one takes the place of the oldest.
_MOST: Final = 5_000


class Answers:
    """The answers about one repository; one for earlier refs is overwritten."""

    def __init__(self, repository: CachedRepository) -> None:
        self._notes = repository.notes
        self._guard = threading.Lock()
        noted = self._notes.read(_NAME)
        # Another version of `packaging` may read versions otherwise.
        known = noted.get(packaging.__version__) if isinstance(noted, dict) else None
        self._known: dict[str, Any] = known if isinstance(known, dict) else {}

    def to(self, question: str, refs: str, answer: Callable[[], list[str | None]]) -> list[str | None]:
        """Return the answer to a question, which depends on nothing else but refs with this digest."""
        known = self._known.get(question)
        if isinstance(known, list) and len(known) == 2 and known[0] == refs and isinstance(known[1], list):
            return known[1]
        found = answer()
        with self._guard:
            self._known.pop(question, None)
            while len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[question] = [refs, found]
            self._notes.write(_NAME, {packaging.__version__: self._known})
        return found
