"""The files of a pack at one commit, read as blobs out of a cached repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentsync.model.pack import TreeEntry
from agentsync.store.cache import CachedRepository, Want


class GitContents:
    """A pack's tree in the cache; blobs that are not there yet are fetched in one batch a read."""

    def __init__(self, repository: CachedRepository, want: Want) -> None:
        self._repository = repository
        self._want = want
        self._entries = repository.entries(want.tree)
        self._read: dict[str, bytes] = {}

    @property
    def tree(self) -> str:
        """Git's id of the pack's root tree."""
        return self._want.tree

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path in the pack."""
        return self._entries

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these files; each blob is hashed again.

        Raises:
            FetchError: where one is not in the cache and cannot be fetched.
            IntegrityError: where one is not what its id says, even after fetching it again.
        """
        wanted = list(paths)
        new = {self._entries[path].oid for path in wanted} - self._read.keys()
        if new:
            self._read |= self._repository.healing(lambda: self._load(new))
        return {path: self._read[self._entries[path].oid] for path in wanted}

    def _load(self, oids: Iterable[str]) -> dict[str, bytes]:
        self._repository.need([self._want])
        self._repository.need_blobs(oids)
        return self._repository.blobs(oids)
