"""Answers that follow from the refs of a repository, noted until the refs change.

Most repositories have not changed since the last question, and then every answer is the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import packaging

from agentsync.git.cached_repository import CachedRepository
from agentsync.git.notes import note_name

_NAME: Final = "answers"


class Answers:
    """The answers for the present refs of one repository; those for earlier refs are overwritten.

    Raises:
        FetchError: where the repository cannot be reached.
    """

    def __init__(self, repository: CachedRepository) -> None:
        self._notes = repository.notes
        # Another version of `packaging` may read versions otherwise.
        self._refs = note_name(packaging.__version__, repository.listing_id())
        self._guard = threading.Lock()
        noted = self._notes.read(_NAME)
        known = noted.get(self._refs) if isinstance(noted, dict) else None
        self._known = known if isinstance(known, dict) else {}

    def to(self, question: str, answer: Callable[[], list[str | None]]) -> list[str | None]:
        """Return the answer to a question.

        Args:
            question: all that the answer depends on beside the refs.
        """
        known = self._known.get(question)
        if not isinstance(known, list):
            known = answer()
            with self._guard:
                self._known[question] = known
                self._notes.write(_NAME, {self._refs: self._known})
        return known
