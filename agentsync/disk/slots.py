"""The slots of a scope as they stand on disk: files, and entries in documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentsync.disk.folder import Folder
from agentsync.model.drift import Local
from agentsync.model.slot import SlotPath, as_file


class Slots:
    """Reader of slots."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def local(self, slots: Iterable[SlotPath]) -> Mapping[SlotPath, Local]:
        """Return what stands in each of these slots; raise UnsafeError as `Folder.local_files` does."""
        return dict(self._folder.local_files(map(as_file, slots)).items())

    def read(self, slot: SlotPath) -> bytes:
        """Return the content of a slot; raise DiskError where it cannot be read."""
        return self._folder.read(as_file(slot))
