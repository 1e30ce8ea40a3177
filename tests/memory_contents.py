"""A pack's files in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property

from agentsync.git.git_object import object_id
from agentsync.model.git_file import TreeEntry
from agentsync.model.links import Links, follow
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

    @cached_property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path."""
        return {**self._own, **self.links.files}

    @cached_property
    def links(self) -> Links:
        """What its symlinks stand for."""
        texts = {path: _data(file).decode() for path, file in self._files.items() if file.symlink}
        return follow(self._own, texts) if texts else Links()

    @cached_property
    def _own(self) -> dict[str, TreeEntry]:
        return {path: TreeEntry(_mode(file), object_id(b"blob", _data(file))) for path, file in self._files.items()}

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """How long each of these files is."""
        return {path: len(data) for path, data in self._data_of(paths).items()}

    def _data_of(self, paths: Iterable[str]) -> dict[str, bytes]:
        origins = self.links.origins
        return {path: _data(self._files[origins.get(path, path)]) for path in paths}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these files."""
        wanted = list(paths)
        self.read_paths += wanted
        return self._data_of(wanted)


def _data(file: File) -> bytes:
    return file.data.encode() if isinstance(file.data, str) else file.data


def _mode(file: File) -> str:
    if file.gitlink:
        return "160000"
    return "120000" if file.symlink else "100755" if file.executable else "100644"
