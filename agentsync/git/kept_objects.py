"""Commits and trees that were read and hashed: they can never be other ones, so none is asked for twice."""

from __future__ import annotations

from typing import Final

from agentsync.git.git_object import GitObject

# Bytes of commits and trees that are kept of one repository.
_MOST: Final = 4 * 1024 * 1024


class KeptObjects:
    """Commits and trees of one repository, as far as there is room for them."""

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
