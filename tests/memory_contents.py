"""A pack's files in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from agentsync.model.pack import TreeEntry
from agentsync.store.git_object import object_id
from tests.git_registry import File, Files


class MemoryContents:
    """The files of a pack, as `GitRegistry.publish` takes them.

    Args:
        files: every file by its path.
    """

    def __init__(self, files: Files) -> None:
        self._files = {path: file if isinstance(file, File) else File(file) for path, file in files.items()}
        self.read_paths: list[str] = []

    @property
    def tree(self) -> str:
        """An id that changes with the files."""
        return hashlib.sha1(repr(sorted(self._files.items())).encode(), usedforsecurity=False).hexdigest()

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path."""
        return {path: TreeEntry(_mode(file), object_id(b"blob", _data(file))) for path, file in self._files.items()}

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """How long each of these files is."""
        return {path: len(_data(self._files[path])) for path in paths}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these files."""
        wanted = list(paths)
        self.read_paths += wanted
        return {path: _data(self._files[path]) for path in wanted}


def _data(file: File) -> bytes:
    return file.data.encode() if isinstance(file.data, str) else file.data


def _mode(file: File) -> str:
    if file.gitlink:
        return "160000"
    return "120000" if file.symlink else "100755" if file.executable else "100644"
