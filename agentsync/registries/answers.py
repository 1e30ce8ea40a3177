"""What was worked out of the refs of a repository, remembered until they change.

Most repositories have moved nothing since they were asked last, and then every answer is the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import packaging

from agentsync import __version__
from agentsync.git.cached_repository import CachedRepository
from agentsync.registries.memory import Memory, named

_NAME: Final = "answers"


class Answers:
    """The answers for one repository; those for refs that are no more are forgotten.

    Args:
        repository: the repository.

    Raises:
        FetchError: where it cannot be reached.
    """

    def __init__(self, repository: CachedRepository) -> None:
        self._memory = Memory(repository.folder)
        # Whatever reads versions may read them otherwise when it changes.
        self._about = named(__version__, packaging.__version__, repository.listing_id())
        self._guard = threading.Lock()
        told = self._memory.recall(_NAME)
        known = told.get(self._about) if isinstance(told, dict) else None
        self._known = known if isinstance(known, dict) else {}

    def to(self, question: str, answer: Callable[[], list[str | None]]) -> list[str | None]:
        """The answer to a question.

        Args:
            question: all that the answer depends on beside the refs.
            answer: works it out.
        """
        known = self._known.get(question)
        if not isinstance(known, list):
            known = answer()
            with self._guard:
                self._known[question] = known
                self._memory.remember(_NAME, {self._about: self._known})
        return known
