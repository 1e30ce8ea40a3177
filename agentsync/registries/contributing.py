"""Contributing: edits of one pack, as a commit on the locked one, on their way to a repository."""

from __future__ import annotations

from collections.abc import Mapping

from agentsync.git.cache import Cache
from agentsync.git.contribution import Contribution, mailbox_patch, make_commit, push_branch, review_link
from agentsync.git.fetching import Want
from agentsync.model.git_file import Side
from agentsync.model.git_url import GitUrl
from agentsync.model.lock import LockedPack


class Contributing:
    """The way of one pack's edits.

    Args:
        fork: where its edits go to, None for the registry itself.
    """

    def __init__(self, cache: Cache, registry: GitUrl, fork: GitUrl | None) -> None:
        self._cache = cache
        self._registry = cache.repository(registry)
        self.remote = fork or self._registry.url

    def has_branch(self, name: str) -> bool:
        """Return whether the remote has a branch already."""
        return name in self._cache.repository(self.remote).refs().branches

    def commit(self, pack: LockedPack, files: Mapping[str, Side], message: str) -> Contribution:
        """Commit edits on top of the locked commit, see `make_commit`."""
        return make_commit(self._registry, Want(pack.commit, pack.ref), files, message)

    def patch(self, made: Contribution) -> str:
        """Return a commit as `git am` takes it."""
        return mailbox_patch(self._registry, made)

    def push(self, made: Contribution, branch: str) -> str | None:
        """Push a commit as a new branch; return the page on which a pull request is opened, None for an unknown host.

        Raises:
            RefusedError: where the branch exists, with other content, or the server refuses.
        """
        push_branch(self._registry, made, branch, self.remote)
        return review_link(self.remote, branch, self._registry.refs().default_branch or "main")
