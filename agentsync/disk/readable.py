"""The files of a scope as its drift is found: those on disk, or any others that answer the same questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from agentsync.model.drift import Local
from agentsync.model.rel_path import RelPath


class ReadableFiles(Protocol):
    """Files that can be looked at and read."""

    def local(self, path: RelPath) -> Local:
        """Return what stands on a path: its digest, what else it is, or None where nothing is."""

    def local_files(self, paths: Iterable[RelPath]) -> Mapping[RelPath, Local]:
        """Return what stands on each of these paths."""

    def read(self, path: RelPath) -> bytes:
        """Return the bytes of a plain file; raise DiskError where they cannot be read."""
