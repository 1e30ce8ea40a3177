"""The shared cache: one bare repository per registry, filled object by object.

Nothing is checked out. A repository in the cache may be deleted at any time: all of it can be fetched again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agentsync.git.cached_repository import CachedRepository
from agentsync.git.fetching import unwritable
from agentsync.git.git import Progress
from agentsync.git.notes import Notes
from agentsync.git.pruning import Pruned, homes_in, note_use, prune
from agentsync.git.remotes import Remotes
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.platform.files import drop_tree, remove, remove_tree
from agentsync.platform.ownership import insist_on_own
from agentsync.platform.process_lock import Patience

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

_LAYOUT: Final = "git-v1"
_NOTES: Final = "checked-1"
_SEARCHED: Final = "search-*.sqlite*"


class Cache:
    """All cached repositories.

    Every project of a process has its own view of one cache, see `for_project`.

    Args:
        folder: where they are; made when first written to.
        limits: how much is read of a repository.
        offline, progress, counting, patience: see `Remotes`.
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
        self.notes = Notes(folder / _NOTES)  # of locks that were checked
        self.remotes = Remotes(offline=offline, progress=progress, counting=counting, patience=patience or Patience())
        self.limits = limits
        self._permit: Callable[[GitUrl], None] | None = None
        self._urls: dict[str, GitUrl] = {}
        self._repositories: dict[tuple[GitUrl, Limits], CachedRepository] = {}
        self._home = ""
        self._seen: dict[tuple[GitUrl, Limits], CachedRepository] = {}  # in this view
        self._homes: dict[Path, set[str]] = {}  # the projects that used a repository, by its folder
        self._guard = threading.Lock()

    def for_project(self, limits: Limits, permit: Callable[[GitUrl], None], home: Path | None) -> Cache:
        """Return a view of this cache: repositories of equal URL and limits are the same in all views.

        Args:
            permit: raises where a repository must not be used.
            home: the folder of the project's lock, which is written down with the time of the last use; None for one
                that will not be there any more.
        """
        view = copy(self)
        view.limits, view._permit, view._urls, view._home = limits, permit, {}, str(home or "")
        view._seen = {}
        return view

    def offline(self) -> Cache:
        """Return a view of this cache that asks no remote."""
        view = copy(self)
        view.remotes, view._seen = self.remotes.none_asked(), {}
        return view

    def repository(self, url: GitUrl) -> CachedRepository:
        """Return the cached repository of this URL; nothing is fetched yet.

        The first URL of several that name one repository decides how it is reached.

        Raises:
            UnsafeError: where another user could have put it there.
            PolicyError: where the project must not use it.
        """
        if (seen := self._seen.get((url, self.limits))) is not None:
            return seen
        if self._permit is not None:
            self._permit(url)
        with self._guard:
            if not self._repositories:
                insist_on_own(self.folder, may_be_link=True)
                insist_on_own(self.folder / _LAYOUT)
            asked, url = url, self._urls.setdefault(url.key, url)
            folder = self.folder / _LAYOUT / _folder_name(url)
            self._homes.setdefault(folder, set()).add(self._home)
            if (url, self.limits) not in self._repositories:
                insist_on_own(folder)
                self._repositories[url, self.limits] = CachedRepository(url, folder, self.remotes, self.limits)
            # By the URL that was asked for: it was permitted.
            found = self._seen[asked, self.limits] = self._repositories[url, self.limits].through(self.remotes)
            return found

    def close(self) -> None:
        """End the persistent git processes of every repository; the next question starts them again."""
        for repository in self._repositories.values():
            repository.close()
            note_use(repository.folder, repository.url.text, self._homes.get(repository.folder, ()))

    def count(self) -> int:
        """Return how many repositories are cached."""
        return sum(path.is_dir() for path in (self.folder / _LAYOUT).glob("*.git"))

    def homes(self) -> set[Path]:
        """Return the folders of the locks of all projects that are written down as users of a repository."""
        return homes_in(self.folder / _LAYOUT)

    def prune(self, older_than: float, *, keep: Iterable[GitUrl] = (), most: int | None, dry_run: bool) -> Pruned:
        """Delete repositories that were not used for so many seconds, or that do not fit; as `pruning.prune`."""
        insist_on_own(self.folder, may_be_link=True)
        insist_on_own(self.folder / _LAYOUT)
        names = {_folder_name(url) for url in keep}
        return prune(self.folder / _LAYOUT, older_than, keep=names, most=most, dry_run=dry_run)

    def clean(self) -> int:
        """Delete every cached repository; return how many there were."""
        count = self.count()
        self.close()  # no system but Unix deletes what a git has open
        try:
            if (self.folder / _LAYOUT).exists():
                remove_tree(self.folder / _LAYOUT)
            drop_tree(self.folder / _NOTES)
            for rows in self.folder.glob(_SEARCHED):
                remove(rows)
        except OSError as error:
            raise unwritable(self.folder, error.strerror or str(error)) from error
        return count


def _folder_name(url: GitUrl) -> str:
    return f"{hashlib.sha256(url.key.encode()).hexdigest()[:20]}.git"
