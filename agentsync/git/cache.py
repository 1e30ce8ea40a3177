"""The shared cache: one bare repository per registry, filled object by object.

Nothing is ever checked out. A repository in the cache may be deleted at any time: all of it can be
fetched again.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agentsync.git.cached_repository import CachedRepository
from agentsync.git.checked import CHECKED
from agentsync.git.fetching import unwritable
from agentsync.git.git import Progress
from agentsync.model.limits import DEFAULT_LIMITS, Limits
from agentsync.platform.ownership import insist_on_own
from agentsync.platform.process_lock import Patience

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

_LAYOUT: Final = "git-v1"


class Cache:
    """All cached repositories.

    Args:
        folder: where they are; made when first written to.
        offline: never ask a remote.
        progress: called with what is being done, for a person to watch.
        counting: called with how far a fetch is, many times a second.
        limits: how much is read of a repository.
        patience: what to do where another process fetches the same repository.
    """

    def __init__(
        self,
        folder: Path,
        *,
        offline: bool = False,
        progress: Progress | None = None,
        counting: Progress | None = None,
        limits: Limits = DEFAULT_LIMITS,
        patience: Patience | None = None,
    ) -> None:
        self.folder = folder
        self.offline = offline
        self.progress = progress
        self.counting = counting
        self.limits = limits
        self.guard: Callable[[GitUrl], None] | None = None
        self.patience = patience or Patience()
        self._repositories: dict[str, CachedRepository] = {}
        self._guard = threading.Lock()

    def repository(self, url: GitUrl) -> CachedRepository:
        """The cached repository of this URL; nothing is fetched yet.

        Raises:
            UnsafeError: where somebody else could have put it there.
            PolicyError: where the guard does not let it pass.
        """
        if self.guard is not None:
            self.guard(url)
        name = hashlib.sha256(url.key.encode()).hexdigest()[:20]
        with self._guard:
            if not self._repositories:
                insist_on_own(self.folder, may_be_link=True)
                insist_on_own(self.folder / _LAYOUT)
            if name not in self._repositories:
                insist_on_own(self.folder / _LAYOUT / f"{name}.git")
                self._repositories[name] = CachedRepository(self, url, self.folder / _LAYOUT / f"{name}.git")
            return self._repositories[name]

    def close(self) -> None:
        """End what stays for further questions, in every repository; it comes back where there are any."""
        for repository in self._repositories.values():
            repository.close()

    def count(self) -> int:
        """How many repositories are cached."""
        return sum(path.is_dir() for path in (self.folder / _LAYOUT).glob("*.git"))

    def clean(self) -> int:
        """Delete every cached repository; returns how many there were."""
        count = self.count()
        try:
            if (self.folder / _LAYOUT).exists():
                shutil.rmtree(self.folder / _LAYOUT)
            shutil.rmtree(self.folder / CHECKED, ignore_errors=True)
        except OSError as error:
            raise unwritable(self.folder, error.strerror or str(error)) from error
        return count
