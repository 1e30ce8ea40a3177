"""Git's own form of objects: the id of their bytes, and the entries of a tree. Only hashed bytes are believed.

Source of the formats: gitformat-pack(5), and git's `decode_tree_entry` for the modes.
"""

import hashlib
import re
import stat
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from agentsync.late import late
from agentsync.model.git_file import TreeEntry

FOLDER: Final = "040000"
_LINK: Final = 0o12  # the first bits of the mode of a symlink, on every system
# Bytes of commits and trees in memory, of one repository, and what each takes beside its own.
_MOST: Final = 8 * 1024 * 1024
_BESIDE: Final = 400
# Bytes of a usual file.
_SMALL: Final = 1 << 15
_ROW: Final = late(rb"([0-7]{1,7}) ([^\0]+)\0(.{20})", re.DOTALL)
_LONG_ROW: Final = late(rb"([0-7]{1,7}) ([^\0]+)\0(.{32})", re.DOTALL)


class DamagedCache(Exception):
    """The objects of a cached repository are not those that its ids name; fetching it again helps."""


class GitObject(NamedTuple):
    """An object whose bytes are what its id says."""

    oid: str
    kind: bytes
    data: bytes


class ObjectStore:
    """Commits and trees in memory, by id and by the names that lead to them; all are dropped when the space is full."""

    def __init__(self) -> None:
        self._found: dict[str, GitObject] = {}
        self._size = 0

    def get(self, name: str) -> GitObject | None:
        """Return the object of a name, None where it is not in memory."""
        return self._found.get(name)

    def add(self, name: str, found: GitObject) -> None:
        """Add a commit or a tree; blobs are large."""
        if found.kind not in (b"commit", b"tree") or name in self._found:
            return
        self._size += len(found.data) + _BESIDE
        if self._size > _MOST:
            self.clear()
        self._found[name] = self._found[found.oid] = found

    def clear(self) -> None:
        """Drop them all."""
        self._found.clear()
        self._size = 0


def checked(oid: str, kind: bytes, data: bytes) -> GitObject:
    """Return an object; raise DamagedCache where the bytes are not what the id says."""
    refuse_others(oid, kind, data)
    return GitObject(oid, kind, data)


def refuse_others(oid: str, kind: bytes, data: bytes) -> None:
    """Raise DamagedCache where the bytes of an object are not what its id says."""
    if object_id(kind, data, long=len(oid) == 64) != oid:
        raise DamagedCache(f"{kind.decode()} {oid} holds other bytes")


def object_id(kind: bytes, data: bytes, *, long: bool = False) -> str:
    """Return git's id of an object: SHA-1, or SHA-256 in a repository with long ids."""
    algorithm = hashlib.sha256 if long else hashlib.sha1
    head = b"%b %d\0" % (kind, len(data))
    if len(data) <= _SMALL:  # to copy it takes less time than another call
        return algorithm(head + data, usedforsecurity=False).hexdigest()
    digest = algorithm(head, usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def entries_at(tree: GitObject, names: Sequence[str]) -> list[TreeEntry | None]:
    """Return the entries of a tree with these names, in one pass over it; None for one that is not there."""
    wanted = [name.encode("utf-8", "surrogateescape") for name in names]
    left, found = set(wanted), dict[bytes, TreeEntry]()
    for row in _rows(tree):
        if not left:
            break
        if row[2] in left:
            found[row[2]] = _entry(row)
            left.remove(row[2])
    return [found.get(name) for name in wanted]


def entries_of(tree: GitObject) -> Iterator[tuple[bytes, TreeEntry]]:
    """Return the entries of a tree with their names; raise DamagedCache where it is no tree."""
    return ((row[2], _entry(row)) for row in _rows(tree))


def _rows(tree: GitObject) -> Iterator[re.Match[bytes]]:
    pattern = _LONG_ROW if len(tree.oid) == 64 else _ROW
    place = 0
    while place < len(tree.data):
        row = pattern.match(tree.data, place)
        if row is None:
            raise DamagedCache(f"tree {tree.oid} cannot be read")
        yield row
        place = row.end()


def _entry(row: re.Match[bytes]) -> TreeEntry:
    return TreeEntry(_mode(int(row[1], 8)), row[3].hex())


def _mode(mode: int) -> str:
    """Return the mode of an entry as git reads it: one bit of a file's permissions counts."""
    if stat.S_ISREG(mode):
        return "100755" if mode & 0o100 else "100644"
    if stat.S_ISDIR(mode):
        return FOLDER
    return "120000" if mode >> 12 == _LINK else "160000"
