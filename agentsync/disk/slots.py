"""The slots of a scope as they stand on disk: files, and entries in documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentsync.disk.readable import ReadableFiles
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Local
from agentsync.model.plan import Change, Plan
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import EntryPath, Receipt, SlotPath


class Slots:
    """Reader of slots. What reads documents is loaded where there are entries."""

    def __init__(self, folder: ReadableFiles) -> None:
        self._folder = folder

    def entries(self, entries: Mapping[EntryPath, str]) -> Mapping[EntryPath, Local]:
        """Return what stands in each entry; raise UnsafeError as `Folder.local_files` does.

        Args:
            entries: what each is found by where its value was changed, "" for its name alone.
        """
        from agentsync.disk.documents import local_entries

        return local_entries(self._folder, entries)

    def all(self, slots: Iterable[SlotPath]) -> dict[SlotPath, Local]:
        """Return what stands in each of these slots."""
        files, entries = list[RelPath](), dict[EntryPath, str]()
        for slot in sorted(slots):
            if isinstance(slot, EntryPath):
                entries[slot] = ""
            else:
                files.append(slot)
        found: dict[SlotPath, Local] = dict(self._folder.local_files(files).items())
        if entries:
            found.update(self.entries(entries).items())
        return found

    def local(self, slot: SlotPath) -> Local:
        """Return what stands in a slot."""
        return self.all((slot,))[slot]

    def read(self, change: Change) -> bytes:
        """Return the content of a slot as it stands on disk; raise DiskError where it cannot be read."""
        if not isinstance(change.path, EntryPath):
            return self._folder.read(change.path)
        from agentsync.disk.documents import read_entry

        assert isinstance(change.local, FileDigest), "nothing else is read"
        return read_entry(self._folder, change.path, change.local)

    def made(self, plan: Plan, receipt: Receipt | None) -> frozenset[EntryPath]:
        """Return the containers of entries that agentsync made, or makes with a plan."""
        made = receipt.made if receipt is not None else frozenset()
        if new := list(_new_entries(plan.writing)):
            from agentsync.disk.documents import missing_containers

            made |= missing_containers(self._folder, new)
        return made


def _new_entries(changes: Iterable[Change]) -> Iterable[EntryPath]:
    for change in changes:
        if isinstance(change.path, EntryPath) and change.local is None and change.wanted is not None:
            yield change.path
