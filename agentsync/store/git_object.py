"""An object of git whose bytes were hashed, and some of them kept: they can never be other ones."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

# Bytes of commits and trees that are kept of one repository.
_MOST: Final = 4 * 1024 * 1024


class GitObject(NamedTuple):
    """An object whose bytes are what its id says."""

    oid: str
    kind: bytes
    data: bytes


class KeptObjects:
    """Commits and trees of one repository that were read, as far as there is room for them."""

    def __init__(self) -> None:
        self._found: dict[str, GitObject] = {}
        self._size = 0

    def get(self, name: str) -> GitObject | None:
        """What a name stands for: an id, or a way from an id to another object."""
        return self._found.get(name)

    def keep(self, name: str, found: GitObject | None) -> None:
        """Keep an object by a name and by its id; what is missing may come yet, and files are large."""
        if found is None or found.kind not in (b"commit", b"tree") or name in self._found:
            return
        self._size += len(found.data)
        if self._size > _MOST:
            self.clear()
        self._found[name] = self._found[found.oid] = found

    def clear(self) -> None:
        """Forget them all."""
        self._found.clear()
        self._size = 0


def object_id(kind: bytes, data: bytes, *, long: bool = False) -> str:
    """Git's id of an object: SHA-1, or SHA-256 in a repository with long ids."""
    algorithm = hashlib.sha256 if long else hashlib.sha1
    return algorithm(b"%b %d\0%b" % (kind, len(data), data), usedforsecurity=False).hexdigest()
