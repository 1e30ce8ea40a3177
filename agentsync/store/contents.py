"""The files of a pack at one commit, read as blobs out of a cached repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentsync.errors import UnsafeError
from agentsync.model.pack import TreeEntry
from agentsync.store.cached_repository import CachedRepository
from agentsync.store.fetching import Want


class GitContents:
    """A pack's tree in the cache; blobs that are not there yet are fetched in one batch a read."""

    def __init__(self, repository: CachedRepository, want: Want) -> None:
        self._repository = repository
        self._want = want
        self._entries = repository.entries(want.tree)
        self._sizes: dict[str, int] = {}
        self._read: dict[str, bytes] = {}

    @property
    def tree(self) -> str:
        """Git's id of the pack's root tree."""
        return self._want.tree

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path in the pack."""
        return self._entries

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """How many bytes each of these files has; the blobs are fetched, and not read.

        Raises:
            FetchError: where one is not in the cache and cannot be fetched.
        """
        wanted = list(paths)
        new = {self._entries[path].oid for path in wanted} - self._sizes.keys()
        if new:
            self._sizes |= self._repository.healing(lambda: self._fetched(new))
        return {path: self._sizes[self._entries[path].oid] for path in wanted}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these files; each blob is hashed again.

        Raises:
            FetchError: where one is not in the cache and cannot be fetched.
            IntegrityError: where one is not what its id says, even after fetching it again.
            UnsafeError: where one, or all of them together, are larger than anything that is read.
        """
        wanted = list(paths)
        new = [path for path in wanted if self._entries[path].oid not in self._read]
        if new:
            if why := self._repository.limits.why_unread(self.sizes(new)):
                raise UnsafeError(f"{self._repository.url} holds more than is read", why=why)
            oids = [self._entries[path].oid for path in new]
            self._read |= self._repository.healing(lambda: self._load(oids))
        return {path: self._read[self._entries[path].oid] for path in wanted}

    def _fetched(self, oids: Iterable[str]) -> dict[str, int]:
        self._repository.need([self._want])
        return self._repository.need_blobs(oids)

    def _load(self, oids: Iterable[str]) -> dict[str, bytes]:
        sizes = {oid: self._sizes.pop(oid) for oid in oids if oid in self._sizes}
        if not sizes:
            # The second attempt: what was damaged is gone from the cache by now, and its sizes with it.
            sizes = self._fetched(oids)
        found = self._repository.blobs(sizes)
        self._sizes |= sizes
        return found
