"""A folder on disk as a pack, for authors: its files and the tree id that git would give them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.errors import UsageError
from agentsync.model.pack import TreeEntry

_PASSED_OVER: Final = frozenset((".git", "__pycache__", ".agentsync"))


class FolderContents:
    """The files of a folder, read once; links are listed but never followed.

    Args:
        folder: the pack's root.
        shown: how messages call it.

    Raises:
        UsageError: where there is no such folder.
        DiskError: where it cannot be read.
    """

    def __init__(self, folder: Path, shown: str) -> None:
        if not folder.is_dir():
            raise UsageError(
                f"there is no folder {shown}", why=f"looked at {folder}", hint="`path:` names a pack on disk"
            )
        self._data: dict[str, bytes] = {}
        self._entries: dict[str, TreeEntry] = {}
        try:
            self._tree = self._add(folder, "")
        except OSError as error:
            raise disk_error(f"cannot read {shown}", error) from error

    @property
    def tree(self) -> str:
        """The id git would give this tree."""
        return self._tree

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path in the folder."""
        return self._entries

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these files."""
        return {path: self._data[path] for path in paths}

    def _add(self, folder: Path, prefix: str) -> str:
        """Read a folder; returns its tree id (git's object format, gitformat-pack(5))."""
        rows: list[tuple[bytes, bytes]] = []
        for entry in os.scandir(folder):
            if entry.name in _PASSED_OVER:
                continue
            path = f"{prefix}{entry.name}"
            name = os.fsencode(entry.name)
            if entry.is_dir(follow_symlinks=False):
                tree = self._add(Path(entry.path), f"{path}/")
                if tree != _EMPTY_TREE:
                    rows.append((name + b"/", b"40000 " + name + b"\0" + bytes.fromhex(tree)))
            elif (mode := _mode(entry)) is not None:
                link = entry.is_symlink()
                data = os.fsencode(os.readlink(entry.path)) if link else Path(entry.path).read_bytes()  # noqa: PTH115
                oid = _object_id(b"blob", data)
                self._data[path], self._entries[path] = data, TreeEntry(mode, oid)
                rows.append((name, mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid)))
        return _object_id(b"tree", b"".join(row for _, row in sorted(rows)))


def _mode(entry: os.DirEntry[str]) -> str | None:
    mode = entry.stat(follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        return "120000"
    if not stat.S_ISREG(mode):
        return None
    return "100755" if mode & 0o100 else "100644"


def _object_id(kind: bytes, data: bytes) -> str:
    return hashlib.sha1(kind + b" %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


_EMPTY_TREE: Final = _object_id(b"tree", b"")
